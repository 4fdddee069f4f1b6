/*
 * Two runs side by side: the longest common one, of small sequences beside a naive search, and of large and hostile ones
 * within bounds; and what of two exchanges is no difference.
 */
#include "decoder/align/align.h"
#include "decoder/sinks/sinks.h"
#include "test.h"

#include <stdlib.h>

enum { LARGE = 100000 };

/* How many are common, after checking that they are, and in order. */
static size_t common(const uint64_t *a, size_t n, const uint64_t *b, size_t m, bool *cut)
{
    uint32_t *other = malloc((n + 1) * sizeof *other), last = VFU_ALONE;
    size_t count = 0;

    *cut = false;
    CHECK(other && vfu_lcs(a, n, b, m, other, cut));
    for (size_t i = 0; i < n; i++) {
        if (other[i] == VFU_ALONE)
            continue;
        if (!CHECK(other[i] < m && a[i] == b[other[i]] && (last == VFU_ALONE || other[i] > last)))
            break;
        last = other[i];
        count++;
    }
    free(other);
    return count;
}

/* By the table of all prefixes. */
static size_t naive(const uint64_t *a, size_t n, const uint64_t *b, size_t m)
{
    size_t table[33][33] = { { 0 } };

    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++)
            table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1
                          : table[i - 1][j] > table[i][j - 1] ? table[i - 1][j] : table[i][j - 1];
    return table[n][m];
}

static unsigned random_below(unsigned limit)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % limit;
}

static void small(void)
{
    uint64_t a[32], b[32];
    bool cut;

    test_case("small ones, as a naive search has them");
    for (unsigned round = 0; round < 20000; round++) {
        unsigned n = random_below(33), m = random_below(33), kinds = 1 + random_below(8);

        for (unsigned i = 0; i < n; i++)
            a[i] = random_below(kinds);
        for (unsigned i = 0; i < m; i++)
            b[i] = random_below(kinds);
        if (!CHECK_EQ(common(a, n, b, m, &cut), naive(a, n, b, m)) || !CHECK(!cut))
            break;
    }
}

static void fill(uint64_t *list, size_t count, uint64_t first, uint64_t step)
{
    for (size_t i = 0; i < count; i++)
        list[i] = first + i * step;
}

static void large(uint64_t *a, uint64_t *b)
{
    bool cut;

    test_case("large: all the same");
    fill(a, LARGE, 7, 0);
    fill(b, LARGE, 7, 0);
    CHECK_EQ(common(a, LARGE, b, LARGE, &cut), LARGE);
    CHECK(!cut);
    CHECK_EQ(common(a, LARGE, b, 10, &cut), 10);
    CHECK_EQ(common(a, 3, b, LARGE, &cut), 3);
    test_case("large: one is empty");
    CHECK_EQ(common(a, LARGE, b, 0, &cut), 0);
    CHECK_EQ(common(a, 0, b, LARGE, &cut), 0);
    CHECK_EQ(common(a, 0, b, 0, &cut), 0);
    test_case("large: nothing is the same");
    fill(a, LARGE, 0, 2);
    fill(b, LARGE, 1, 2);
    CHECK_EQ(common(a, LARGE, b, LARGE, &cut), 0);
    test_case("large: the other way round");
    fill(a, LARGE, 0, 1);
    fill(b, LARGE, LARGE - 1, (uint64_t)-1);
    CHECK(common(a, LARGE, b, LARGE, &cut) <= 1);
    test_case("large: a few were put in and taken out");
    fill(b, LARGE, 0, 1);
    for (size_t i = 0; i < 1000; i++)
        b[i * 97] = LARGE + i;
    CHECK_EQ(common(a, LARGE, b, LARGE, &cut), LARGE - 1000);
    CHECK(!cut);
    test_case("large: the begin is missing");
    fill(b, LARGE, 5000, 1);
    CHECK_EQ(common(a, LARGE, b, LARGE, &cut), LARGE - 5000);
    test_case("large: much was put in of what is there anyway");
    for (size_t i = 0; i < LARGE; i++)
        a[i] = i % 1000;
    for (size_t i = 0; i < LARGE; i++)
        b[i] = i < 20000 || i >= 60000 ? i % 1000 : random_below(1000);
    CHECK(common(a, LARGE, b, LARGE, &cut) >= 60000);
    test_case("large: noise");
    for (size_t i = 0; i < LARGE; i++) {
        a[i] = random_below(4);
        b[i] = random_below(4);
    }
    CHECK(common(a, LARGE, b, LARGE, &cut) > LARGE / 2); /* 0.65 of it, as is known of four letters */
    CHECK(cut);
}

/* --- runs of exchanges --- */

static struct vfu_hash_key key;

/* One side's traffic: made into conversations as it goes. */
struct traffic {
    struct vfu_session *session;
    struct vfu_conversations talk;
};

static void send_bytes(struct traffic *t, enum vfu_side from, uint8_t *bytes, size_t size)
{
    const struct vfu_message m = { .time = { 1, 1 }, .conn = 1, .from = from, .bytes = bytes, .captured = size, .size = size };
    struct vfu_event event;

    vfu_session_message(t->session, &m, &event);
    CHECK(vfu_conversations_event(&t->talk, &event));
}

static void put(uint8_t *at, uint64_t value, size_t size)
{
    memcpy(at, &value, size); /* of this machine's order */
}

/* A header, and after it the bytes that are there already. */
static void send_message(struct traffic *t, enum vfu_side from, unsigned id, unsigned command, unsigned flags, uint8_t *bytes, size_t size)
{
    put(bytes, id, 2);
    put(bytes + 2, command, 2);
    put(bytes + 4, size, 4);
    put(bytes + 8, flags, 4);
    put(bytes + 12, 0, 4);
    send_bytes(t, from, bytes, size);
}

/* A register is read, or written, and holds this. */
static void access_register(struct traffic *t, bool write, uint64_t offset, uint32_t value)
{
    uint8_t bytes[36] = { 0 };

    put(bytes + 16, offset, 8);
    put(bytes + 28, 4, 4);
    put(bytes + 32, value, 4);
    send_message(t, VFU_CLIENT, 7, write ? VFU_REGION_WRITE : VFU_REGION_READ, 0, bytes, write ? 36 : 32);
    send_message(t, VFU_SERVER, 7, write ? VFU_REGION_WRITE : VFU_REGION_READ, VFU_TYPE_REPLY, bytes, write ? 32 : 36);
}

static bool start(struct traffic *t)
{
    *t = (struct traffic){ .session = vfu_session_new(NULL) };
    return CHECK(t->session);
}

static void end(struct traffic *t)
{
    vfu_conversations_free(&t->talk);
    vfu_session_free(t->session);
}

/* What is the same in the client's commands, what is not, and what is elsewhere. */
static void compare_runs(const struct traffic *a, const struct traffic *b, size_t same, size_t changed, size_t only_a, size_t only_b,
                         size_t moved)
{
    const struct vfu_side_by_side how = { 0 };
    const struct vfu_run none = { 0 };
    struct vfu_alignment l;
    size_t counts[4] = { 0 }, elsewhere = 0;

    CHECK(vfu_align_runs(&l, &how, &key, a->talk.count ? &a->talk.list[0].runs[0] : &none,
                         b->talk.count ? &b->talk.list[0].runs[0] : &none));
    for (size_t i = 0; i < l.count; i++) {
        counts[l.steps[i].kind]++;
        elsewhere += l.steps[i].elsewhere != VFU_ALONE && l.steps[i].kind == VFU_STEP_ONLY_A;
    }
    CHECK_EQ(counts[VFU_STEP_SAME], same);
    CHECK_EQ(counts[VFU_STEP_CHANGED], changed);
    CHECK_EQ(counts[VFU_STEP_ONLY_A], only_a);
    CHECK_EQ(counts[VFU_STEP_ONLY_B], only_b);
    CHECK_EQ(elsewhere, moved);
    vfu_alignment_free(&l);
}

static void runs(void)
{
    struct traffic a, b, none;

    if (!start(&a) || !start(&b) || !start(&none))
        return;
    for (unsigned i = 0; i < 1000; i++) {
        access_register(&a, true, 4 * i, i);
        access_register(&b, true, 4 * (999 - i), 999 - i);
    }
    vfu_conversations_end(&a.talk);
    vfu_conversations_end(&b.talk);
    vfu_conversations_end(&none.talk);
    test_case("runs: the same, the other way round, empty");
    compare_runs(&a, &a, 1000, 0, 0, 0, 0);
    compare_runs(&a, &b, 1, 0, 999, 999, 999);
    compare_runs(&a, &none, 0, 0, 1000, 0, 0);
    compare_runs(&none, &b, 0, 0, 0, 1000, 0);
    compare_runs(&none, &none, 0, 0, 0, 0, 0);
    end(&b);
    if (!start(&b))
        return;
    for (unsigned i = 0; i < 1000; i++)
        access_register(&b, true, 4 * i, i + 1);
    vfu_conversations_end(&b.talk);
    test_case("runs: every value is another");
    compare_runs(&a, &b, 0, 1000, 0, 0, 0);
    end(&a);
    end(&b);
    end(&none);
}

static void polls(void)
{
    struct traffic a, b;

    if (!start(&a) || !start(&b))
        return;
    test_case("polls: folded as they come, a hundred thousand of them");
    access_register(&a, true, 0, 1);
    for (unsigned i = 0; i < LARGE; i++)
        access_register(&a, false, 0, i == LARGE - 1);
    access_register(&b, true, 0, 1);
    access_register(&b, false, 0, 1);
    vfu_conversations_end(&a.talk);
    vfu_conversations_end(&b.talk);
    CHECK_EQ(a.talk.list[0].runs[0].count, 2);
    CHECK_EQ(a.talk.list[0].runs[0].list[1].times, LARGE);
    CHECK_EQ(a.talk.list[0].runs[0].list[1].before_count, 1);
    compare_runs(&a, &b, 2, 0, 0, 0, 0);
    end(&b);
    if (!start(&b))
        return;
    test_case("polls: that end in another value, or saw another one before it");
    access_register(&b, true, 0, 1);
    access_register(&b, false, 0, 3);
    access_register(&b, false, 0, 1);
    vfu_conversations_end(&b.talk);
    compare_runs(&a, &b, 1, 1, 0, 0, 0);
    access_register(&b, true, 0, 1);
    access_register(&b, false, 0, 0);
    vfu_conversations_end(&b.talk);
    compare_runs(&a, &b, 1, 1, 0, 2, 0);
    end(&a);
    end(&b);
}

/* --- whatever the bytes are --- */

static void random_traffic(struct traffic *t, unsigned messages)
{
    static uint8_t bytes[4096];

    for (unsigned i = 0; i < messages; i++) {
        unsigned command = random_below(20), size = 16 + random_below(random_below(8) ? 80 : 1000);
        bool reply = random_below(2);

        for (unsigned k = 16; k < size; k++)
            bytes[k] = (uint8_t)(random_below(3) ? random_below(5) : random_below(256));
        send_message(t, command == VFU_DMA_READ || command == VFU_DMA_WRITE ? (enum vfu_side)!reply : (enum vfu_side)reply,
                     random_below(3), command,
                     (reply ? VFU_TYPE_REPLY : 0) | (random_below(9) ? 0 : VFU_ERROR) | (random_below(20) ? 0 : 1u << random_below(32)),
                     bytes, size);
    }
    vfu_conversations_end(&t->talk);
}

static void show_all(const struct traffic *a, const struct traffic *b)
{
    static char room[1 << 16];
    static const struct vfu_ignored ignored = { .names = { "size", "bar0+0x0", "nvme.cc" }, .count = 3 };

    for (int side = 0; side < 2; side++) {
        const struct vfu_run *x = &a->talk.list[0].runs[side], *y = &b->talk.list[0].runs[side];
        struct vfu_addresses p, q;
        struct vfu_side_by_side how = { &p, &q, random_below(2) ? &ignored : NULL };
        struct vfu_alignment l;

        CHECK(vfu_addresses_find(&p, &a->talk.list[0]) && vfu_addresses_find(&q, &b->talk.list[0]));
        CHECK(vfu_align_runs(&l, &how, &key, x, y));
        for (size_t i = 0; i < l.count; i++) {
            struct vfu_writer w = vfu_writer(room, sizeof room, NULL, NULL);
            const struct vfu_exchange *one = l.steps[i].a == VFU_ALONE ? NULL : &x->list[l.steps[i].a];
            const struct vfu_exchange *two = l.steps[i].b == VFU_ALONE ? NULL : &y->list[l.steps[i].b];
            struct vfu_differing list[VFU_MAX_DIFFERING];
            unsigned count = one && two ? vfu_exchanges_differ(&how, one, two, list) : 0;

            vfu_text_difference(&w, one, two, list, count, 12, true);
            vfu_json_place(&w, one ? one : two);
            vfu_json_exchange(&w, one ? one : two);
            if (count)
                vfu_json_change(&w, one, two, list, count);
            CHECK(w.used > 0);
        }
        vfu_alignment_free(&l);
        vfu_addresses_free(&p);
        vfu_addresses_free(&q);
    }
}

static void hostile(void)
{
    struct traffic a, b;

    test_case("whatever the bytes are");
    for (unsigned round = 0; round < 100; round++) {
        if (!start(&a) || !start(&b))
            return;
        random_traffic(&a, 100);
        random_traffic(&b, 100);
        show_all(&a, &b);
        show_all(&a, &a);
        end(&a);
        end(&b);
    }
}

int main(void)
{
    uint64_t *a = malloc(LARGE * sizeof *a), *b = malloc(LARGE * sizeof *b);

    key = vfu_hash_secret();
    small();
    if (a && b)
        large(a, b);
    runs();
    polls();
    hostile();
    free(a);
    free(b);
    return test_end();
}
