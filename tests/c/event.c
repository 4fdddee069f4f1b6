/*
 * A copy of an event outlives its source: all that the event points to comes along. tests/event.bats looks whether each
 * pointer that the compiler knows is named here.
 */
#include "decoder/wire/event.h"
#include "decoder/wire/protocol.h"
#include "test.h"

#include <stdlib.h>

#define ANY VFU_EVENT_KINDS
#define OTHER (VFU_EVENT_KINDS + 1) /* any but a message */

enum { PROBLEMS = 3, BECAUSE = 2, REGISTERS = 4, REQUESTS = 3, NOTES = 5, FDS = 2, SPANS = 3, DOING = 3 };
enum { BYTES = 77, MEMORY = 1001, STRAY = 23, SPEC = 601, LINE = 97, WORDS = 51 };

/* A pointer of events of a kind, and what it points to: so many bytes that come along, or none. */
struct pointer {
    const char *name;
    enum vfu_event_kind kind;
    size_t at, size;
};
#define POINTER(kind, member, count) \
    { #member, kind, offsetof(struct vfu_event, member), (count) * sizeof *((struct vfu_event *)0)->member }

static const struct pointer copied[] = {
    POINTER(ANY, problems, PROBLEMS),
    POINTER(ANY, notes, NOTES),
    POINTER(ANY, because, BECAUSE),
    POINTER(ANY, registers, REGISTERS),
    POINTER(ANY, requests, REQUESTS),
    POINTER(VFU_EVENT_MESSAGE, message.fds, FDS),
    POINTER(VFU_EVENT_MESSAGE, message.left_out, SPANS),
    POINTER(VFU_EVENT_MESSAGE, message.bytes, BYTES),
    POINTER(VFU_EVENT_MEMORY, memory.bytes, MEMORY),
    POINTER(VFU_EVENT_UNFRAMED, unframed.bytes, STRAY),
    POINTER(VFU_EVENT_INJECTED, injected.spec, SPEC),
    POINTER(VFU_EVENT_CAPTURE, capture.options, LINE),
    POINTER(VFU_EVENT_LOG, line.text, WORDS),
    POINTER(OTHER, doing, DOING),
};
enum { COPIED = sizeof copied / sizeof *copied };

static bool is_of(const struct pointer *p, enum vfu_event_kind kind)
{
    return p->kind == ANY || p->kind == kind || (p->kind == OTHER && kind != VFU_EVENT_MESSAGE);
}

static uint8_t *get(const struct vfu_event *e, const struct pointer *p)
{
    uint8_t *at;

    memcpy(&at, (const char *)e + p->at, sizeof at);
    return at;
}

static void set(struct vfu_event *e, const struct pointer *p, uint8_t *to)
{
    memcpy((char *)e + p->at, &to, sizeof to);
}

/* Something else for each byte of each. */
static uint8_t pattern(const struct pointer *p, size_t i)
{
    return (uint8_t)((p - copied) * 41 + (long)i * 7 + 1);
}

/* An event of which no bit is as it would be by itself, with all that it points to. */
static struct vfu_event make(enum vfu_event_kind kind)
{
    struct vfu_event e;

    memset(&e, 0xa5, sizeof e);
    e.kind = kind;
    e.problem_count = PROBLEMS;
    e.note_count = NOTES;
    e.because_count = BECAUSE;
    e.register_count = REGISTERS;
    e.request_count = REQUESTS;
    e.file = "b.pcap";
    if (kind != VFU_EVENT_MESSAGE)
        e.doing_count = DOING;
    if (kind == VFU_EVENT_MESSAGE) {
        e.message.nfds = FDS;
        e.message.left_out_count = SPANS;
        e.message.captured = BYTES;
        e.command = vfu_command_by_number(VFU_REGION_READ);
    } else if (kind == VFU_EVENT_MEMORY) {
        e.memory.size = MEMORY;
    } else if (kind == VFU_EVENT_UNFRAMED) {
        e.unframed.size = STRAY;
    } else if (kind == VFU_EVENT_INJECTED) {
        e.injected.size = SPEC;
    } else if (kind == VFU_EVENT_CAPTURE) {
        e.capture.size = LINE;
    } else if (kind == VFU_EVENT_LOG) {
        e.line.size = WORDS;
    }
    for (const struct pointer *p = copied; p < copied + COPIED; p++) {
        uint8_t *bytes = is_of(p, kind) ? malloc(p->size) : NULL;

        if (!bytes)
            continue;
        for (size_t i = 0; i < p->size; i++)
            bytes[i] = pattern(p, i);
        set(&e, p, bytes);
    }
    return e;
}

/* The source is gone: its bytes are others now, and then not there. */
static void forget(const struct vfu_event *e)
{
    for (const struct pointer *p = copied; p < copied + COPIED; p++) {
        if (!is_of(p, e->kind))
            continue;
        memset(get(e, p), 0xdd, p->size);
        free(get(e, p));
    }
}

static void check_copied(const struct pointer *p, const struct vfu_event *copy, size_t size)
{
    const uint8_t *at = get(copy, p), *room = (const uint8_t *)copy;
    bool same = true;

    test_case("%s: comes along, of kind %d", p->name, copy->kind);
    if (!CHECK(at >= room + sizeof *copy && at + p->size <= room + size))
        return;
    for (size_t i = 0; i < p->size; i++)
        same &= at[i] == pattern(p, i);
    CHECK(same);
}

/* What is no pointer that came along is what it was. */
static void check_rest(struct vfu_event e, struct vfu_event copy)
{
    test_case("all that is no pointer, of kind %d", e.kind);
    for (const struct pointer *p = copied; p < copied + COPIED; p++) {
        if (is_of(p, e.kind)) {
            set(&e, p, NULL);
            set(&copy, p, NULL);
        }
    }
    if (e.kind == VFU_EVENT_MESSAGE)
        copy.decoded = e.decoded;
    CHECK(memcmp(&e, &copy, sizeof e) == 0);
}

static void check(enum vfu_event_kind kind)
{
    struct vfu_event e = make(kind), *copy;
    size_t size = vfu_event_size(&e);
    void *room = malloc(size);

    copy = room ? vfu_event_copy(&e, room) : NULL;
    forget(&e);
    test_case("file: stays, its name lives on");
    CHECK(copy && copy->file == e.file);
    for (const struct pointer *p = copied; copy && p < copied + COPIED; p++)
        if (is_of(p, kind))
            check_copied(p, copy, size);
    if (kind == VFU_EVENT_MESSAGE) {
        test_case("command: stays, it is the table's");
        CHECK(copy->command == e.command);
        test_case("decoded: stays behind, it is the session's");
        CHECK(!copy->decoded);
    } else if (kind == VFU_EVENT_PEER) {
        test_case("peer.known: stays, it is the table's");
        CHECK(memcmp(copy->peer.known, e.peer.known, sizeof e.peer.known) == 0);
    }
    check_rest(e, *copy);
    test_case("the next copy may stand behind it, of kind %d", kind);
    CHECK_EQ(size % 16, 0);
    free(room);
}

/* An event that points to nothing has nothing to bring. */
static void check_bare(void)
{
    struct vfu_event e = { .kind = VFU_EVENT_CONNECT, .conn = 7 }, copy;

    test_case("an event without anything");
    CHECK(vfu_event_size(&e) - sizeof e < 16);
    vfu_event_copy(&e, &copy);
    CHECK(memcmp(&e, &copy, sizeof e) == 0);
}

int main(void)
{
    check(VFU_EVENT_MESSAGE);
    check(VFU_EVENT_DISCONNECT);
    check(VFU_EVENT_MEMORY);
    check(VFU_EVENT_UNFRAMED);
    check(VFU_EVENT_INJECTED);
    check(VFU_EVENT_CAPTURE);
    check(VFU_EVENT_LOG);
    check(VFU_EVENT_PEER);
    check_bare();
    return test_end();
}
