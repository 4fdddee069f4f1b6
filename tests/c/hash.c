/*
 * The keyed hash, and the tables that use it: who knows the code, but not this run's key, can't make them slow. Steps are
 * counted, not times.
 */
#include "decoder/session/inside.h"
#include "decoder/sinks/inside.h"
#include "decoder/wire/hash.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

enum { CHOSEN = 400, RESET = 13 };

static const struct vfu_hash_key no_key; /* what an attacker can guess */

/* Python's hash of the same 16 bytes: PYTHONHASHSEED=0 python3 -c 'hash(struct.pack("<QQ", 1, 2))', SipHash-1-3 too */
static void is_siphash(void)
{
    test_case("the hash is SipHash-1-3");
    CHECK_EQ(vfu_hash(&no_key, 0, 0), UINT64_C(0x76be999e3e25b2a0));
    CHECK_EQ(vfu_hash(&no_key, 1, 2), UINT64_C(0xfb058313e6201d48));
    CHECK_EQ(vfu_hash(&no_key, UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)),
             UINT64_C(0x26a9fe81d3b46069));
    CHECK(vfu_hash(&(struct vfu_hash_key){ { 1, 0 } }, 1, 2) != vfu_hash(&no_key, 1, 2));
    CHECK(vfu_hash(&(struct vfu_hash_key){ { 0, 1 } }, 1, 2) != vfu_hash(&no_key, 1, 2));
}

/* The key of another run of this program. */
static struct vfu_hash_key other_run(const char *self)
{
    struct vfu_hash_key key = { { 0, 0 } };
    char command[512];
    FILE *f;

    snprintf(command, sizeof command, "'%s' key", self);
    f = popen(command, "r");
    if (CHECK(f)) {
        CHECK_EQ(fread(&key, sizeof key, 1, f), 1);
        pclose(f);
    }
    return key;
}

static void secrets(const char *self)
{
    struct vfu_hash_key mine = vfu_hash_secret(), again = vfu_hash_secret(), other = other_run(self);

    test_case("the key stays the same in a run, and is another in each");
    CHECK(memcmp(&mine, &again, sizeof mine) == 0);
    CHECK(mine.word[0] != other.word[0]);
    CHECK(mine.word[1] != other.word[1]);
    CHECK(mine.word[0] != 0 && mine.word[1] != 0);
}

/* The most steps that finding a command takes. */
static unsigned longest_chain(const struct vfu_pairing *p)
{
    unsigned longest = 0;

    for (uint32_t bucket = 0; bucket < p->room; bucket++) {
        unsigned length = 0;

        for (uint32_t i = p->buckets[bucket]; i != UINT32_MAX; i = p->entries[i].other)
            length++;
        longest = length > longest ? length : longest;
    }
    return longest;
}

static void send_command(struct vfu_session *s, uint16_t id, uint16_t command)
{
    struct {
        uint16_t id, command;
        uint32_t size, flags, error;
    } h = { .id = id, .command = command, .size = sizeof h };
    struct vfu_message m = { .conn = 1, .from = VFU_CLIENT, .bytes = (const uint8_t *)&h, .captured = sizeof h,
                             .size = sizeof h };
    struct vfu_event event;

    vfu_session_message(s, &m, &event);
}

static void pairing(void)
{
    struct vfu_session *s = vfu_session_new(NULL);
    const struct vfu_pairing *p;
    unsigned sent = 0;

    test_case("ids and commands that share a bucket without the key are spread by it");
    for (uint32_t n = 0; sent < CHOSEN; n++)
        if ((vfu_hash(&no_key, n & 0xffff, n >> 16) & 511) == 7) {
            send_command(s, (uint16_t)n, (uint16_t)(n >> 16));
            sent++;
        }
    p = &vfu_peers_find(s, 1)->pairing[VFU_MAIN][VFU_CLIENT];
    CHECK_EQ(p->count, CHOSEN);
    CHECK_EQ(p->room, 512);
    CHECK(longest_chain(p) < 20);

    test_case("however many have one id and command, they are one step");
    for (unsigned n = 0; n < 5000; n++)
        send_command(s, 1, RESET);
    CHECK_EQ(p->count, CHOSEN + 5000);
    CHECK(longest_chain(p) < 20);
    vfu_session_free(s);
}

enum { KINDS = 60, STEPS = 40000, ROOM = 300 };

/* Beside a plain list, oldest first: add and take at random, of few ids and commands, so that buckets hold several. */
static void pairing_like_a_list(void)
{
    struct vfu_pairing p = { .key = vfu_hash_secret() };
    struct {
        unsigned kind;
        uint64_t no;
    } list[ROOM];
    unsigned count = 0, wrong = 0;

    test_case("pairing finds what a plain list finds");
    srand(1);
    for (uint64_t no = 1; no <= STEPS; no++) {
        unsigned kind = (unsigned)rand() % KINDS, at = 0;
        struct vfu_event e = { .id = (uint16_t)(kind % 7), .command_number = (uint16_t)(kind / 7), .message.no = no };
        const struct vfu_pending *found;

        if (count < ROOM && rand() % 256 < (no / 2000 % 2 ? 140 : 116)) {
            wrong += vfu_pairing_add(&p, &e);
            list[count].kind = kind;
            list[count++].no = no;
            continue;
        }
        while (at < count && list[at].kind != kind)
            at++;
        found = vfu_pairing_take(&p, e.id, e.command_number);
        wrong += (found != NULL) != (at < count);
        if (at < count) {
            wrong += !found || found->no != list[at].no;
            memmove(list + at, list + at + 1, (--count - at) * sizeof list[0]);
        }
        wrong += p.count != count || (count && vfu_pairing_oldest(&p)->no != list[0].no);
    }
    CHECK_EQ(wrong, 0);
    vfu_pairing_free(&p);
}

/* Slots in use, one beside the other: what a look-up may have to walk over. */
static unsigned longest_run(const struct summary_registers *s)
{
    unsigned longest = 0, length = 0;

    for (unsigned i = 0; i < 2 * SUMMARY_REGISTERS; i++) { /* round once more: runs go over the end */
        const struct summary_register *r = &s->slots[i % SUMMARY_REGISTERS];

        length = r->reads || r->writes ? length + 1 : 0;
        longest = length > longest ? length : longest;
    }
    return longest;
}

static void registers(void)
{
    static struct summary_registers s;
    struct {
        uint16_t id, command;
        uint32_t size, flags, error;
        uint64_t offset;
        uint32_t region, count;
    } read = { .command = VFU_REGION_READ, .size = sizeof read, .count = 4 };
    struct vfu_event event = { .command = vfu_command_by_number(VFU_REGION_READ), .command_number = VFU_REGION_READ,
                               .size = sizeof read,
                               .message = { .bytes = (const uint8_t *)&read, .captured = sizeof read,
                                            .size = sizeof read } };

    test_case("registers that share a slot without the key are spread by it");
    summary_registers_start(&s);
    for (uint64_t offset = 0; s.used < CHOSEN; offset++)
        if (vfu_hash(&no_key, 0, offset) % SUMMARY_REGISTERS == 7) {
            read.offset = offset;
            summary_access(&s, &event);
        }
    CHECK(longest_run(&s) < CHOSEN / 4);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        struct vfu_hash_key key = vfu_hash_secret();

        return fwrite(&key, sizeof key, 1, stdout) != 1;
    }
    is_siphash();
    secrets(argv[0]);
    pairing();
    pairing_like_a_list();
    registers();
    return test_end();
}
