/*
 * What of a message counts as guest memory: by messages as literal bytes, in all of the golden captures by their commands'
 * own counts; and a message without it, decoded, says what it said before, but for that.
 */
#include "capture/file/capfile.h"
#include "decoder/reasons/reasons.h"
#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/memory.h"
#include "test.h"

#include <glob.h>
#include <stdlib.h>

enum { MOST = 1 << 20 };

static uint8_t zeroed[MOST];
static char output[1 << 22];

/* --- messages as bytes: "COMMAND[:FLAGS] PAYLOAD", in hex, from the side that says it; a > is where memory begins, a < where it ends --- */

struct example {
    const char *what;
    enum vfu_side from;
    unsigned command, flags;
    const char *payload;
};

static const struct example examples[] = {
    { "a DMA_READ's reply: its data", VFU_CLIENT, 11, 1, "0010000000000000 0400000000000000 >01020304<" },
    { "the command has none", VFU_SERVER, 11, 0, "0010000000000000 0400000000000000" },
    { "a DMA_WRITE: its data", VFU_SERVER, 12, 0, "0010000000000000 0400000000000000 >01020304<" },
    { "its reply has none", VFU_CLIENT, 12, 1, "0010000000000000 0400000000000000" },
    { "with a count of 32 bits", VFU_SERVER, 12, 0, "0010000000000000 04000000 >01020304<" },
    { "older QEMU's, padded: the padding too", VFU_CLIENT, 11, 1, "0010000000000000 04000000 >0102030405060708<" },
    { "more than its count", VFU_CLIENT, 11, 1, "0010000000000000 0200000000000000 >01020304050607<" },
    { "a count that is not true", VFU_SERVER, 12, 0, "0010000000000000 0040000000000000 >01020304<" },
    { "a count whose upper half may be data", VFU_SERVER, 12, 0, "0010000000000000 >0040000001020304 05060708<" },
    { "an error reply: its body", VFU_CLIENT, 11, 0x21, ">0010000000000000 0400000000000000 01020304<" },
    { "of a region access too", VFU_SERVER, 9, 0x21, ">2000000000000000 00000000 04000000 01020304<" },
    { "a register that is read", VFU_SERVER, 9, 1, "2000000000000000 00000000 08000000 0102030405060708" },
    { "a register that is written", VFU_CLIENT, 10, 0, "2000000000000000 00000000 01000000 01" },
    { "what is behind it", VFU_CLIENT, 10, 0, "2000000000000000 00000000 01000000 01 >02<" },
    { "more than a register, read", VFU_SERVER, 9, 1, "2000000000000000 00000000 09000000 >010203040506070809<" },
    { "and written", VFU_CLIENT, 10, 0, "2000000000000000 00000000 09000000 >010203040506070809<" },
    { "a count of more than there is", VFU_CLIENT, 10, 0, "2000000000000000 00000000 00010000 >0102<" },
    { "several writes: what is behind each one's value", VFU_CLIENT, 15, 0,
      "0200000000000000 2000000000000000 00000000 04000000 01020304 >05060708< "
      "3000000000000000 00000000 08000000 0102030405060708" },
    { "of more than a register: nothing from there on makes sense", VFU_CLIENT, 15, 0,
      "0200000000000000 2000000000000000 00000000 09000000 >0102030405060708 "
      "3000000000000000 00000000 08000000 0102030405060708<" },
    { "and what their number leaves out", VFU_CLIENT, 15, 0,
      "0100000000000000 2000000000000000 00000000 08000000 0102030405060708 >0102<" },
    { "the device's state, read", VFU_SERVER, 17, 1, "0c000000 04000000 >01020304<" },
    { "more of it than it says", VFU_SERVER, 17, 1, "0c000000 01000000 >01020304<" },
    { "written", VFU_CLIENT, 18, 0, "0c000000 04000000 >01020304<" },
    { "an unknown command", VFU_CLIENT, 99, 0, ">01020304<" },
    { "its reply", VFU_SERVER, 99, 1, ">01020304<" },
    { "a type that there is not", VFU_CLIENT, 9, 2, ">2000000000000000 00000000 04000000<" },
    { "of a feature that is not known", VFU_SERVER, 16, 1, "0c000000 20000100 >01020304<" },
    { "what is known of one", VFU_SERVER, 16, 1, "10000000 01000100 0300000000000000" },
    { "a secret", VFU_CLIENT, 16, 0, "18000000 00000200 >0102030405060708090a0b0c0d0e0f10<" },
    { "dirty pages are none", VFU_SERVER, 16, 1,
      "28000000 08000100 0010000000000000 0010000000000000 0010000000000000 0100000000000000" },
    { "room for a reply", VFU_CLIENT, 5, 0,
      "24000000 00000000 00000000 00000000 0000000000000000 0000000000000000 >01020304<" },
    { "a device's capabilities in any order, and nothing else of it", VFU_SERVER, 5, 1,
      "50000000 08000000 00000000 40000000 0010000000000000 0000000000000000 "
      "0200 0100 00000000 01000000 02000000 >aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa< 0300 0100 20000000 " },
    { "a text ends with its NUL", VFU_CLIENT, 1, 0, "0000 0100 7b7d00 >0102<" },
    { "what a message of a header alone has", VFU_CLIENT, 13, 0, ">01<" },
    { "a message that ends in its fixed part", VFU_SERVER, 9, 1, "2000000000000000 >0000 00<" },
};

/* The message of its header and payload; parts gets what is marked. Its size. */
static size_t make(const struct example *x, uint8_t *bytes, struct vfu_part parts[8], unsigned *count)
{
    size_t size = VFU_HEADER_SIZE;
    unsigned value;

    memset(bytes, 0, VFU_HEADER_SIZE);
    *count = 0;
    for (const char *at = x->payload; *at;) {
        if (*at == '>')
            parts[(*count)++] = (struct vfu_part){ (uint32_t)size, 0 };
        else if (*at == '<')
            parts[*count - 1].size = (uint32_t)size - parts[*count - 1].at;
        else if (*at != ' ' && sscanf(at++, "%2x", &value) == 1)
            bytes[size++] = (uint8_t)value;
        at++;
    }
    bytes[2] = (uint8_t)x->command;
    bytes[4] = (uint8_t)size;
    bytes[8] = (uint8_t)x->flags;
    return size;
}

static void show(const struct vfu_part *parts, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        printf("#   %u bytes at %u\n", parts[i].size, parts[i].at);
}

static bool check_parts(const struct vfu_part *got, unsigned got_count, const struct vfu_part *want, unsigned count)
{
    bool same = got_count == count && memcmp(got, want, count * sizeof *got) == 0;

    if (!CHECK(same)) {
        show(got, got_count);
        printf("# not\n");
        show(want, count);
    }
    return same;
}

static struct vfu_message message_of(enum vfu_side from, const uint8_t *bytes, size_t size)
{
    return (struct vfu_message){ .conn = 1, .from = from, .bytes = bytes, .captured = size, .size = size,
                                 .swapped = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ };
}

static const char *json_of(const struct vfu_event *e)
{
    const struct vfu_json json = { .hex = true };
    struct vfu_writer w = vfu_writer(output, sizeof output - 1, NULL, NULL);

    vfu_json_event(&json, e, &w);
    output[w.used] = '\0';
    return output;
}

static bool in_parts(const struct vfu_part *parts, unsigned count, size_t at)
{
    for (unsigned i = 0; i < count; i++)
        if (at >= parts[i].at && at < (size_t)parts[i].at + parts[i].size)
            return true;
    return false;
}

/* Without its memory a message is as long, has 0 there and the rest as it was; and once more nothing of it comes back. */
static void check_without(const struct vfu_event *e, const struct vfu_part *parts, unsigned count)
{
    struct vfu_without_memory room = { .bytes = zeroed }, again = { .bytes = zeroed };
    struct vfu_event without = *e, twice;

    CHECK(vfu_leave_out_memory(&without, false, &room));
    CHECK_EQ(without.message.captured, e->message.captured);
    CHECK_EQ(without.message.left_out_count, count);
    for (size_t i = 0; i < e->message.captured; i++) {
        if (without.message.bytes[i] != (in_parts(parts, count, i) ? 0 : e->message.bytes[i])) {
            CHECK(!"a byte is as it should be");
            break;
        }
    }
    CHECK(vfu_decoded_of(&without, &(struct vfu_decoded){ 0 })->extra_size == 0 || !count);
    twice = without;
    CHECK(vfu_leave_out_memory(&twice, false, &again));
    for (unsigned i = 0; i < count; i++) /* older QEMU's forms can't be told apart then: there it may be more */
        CHECK(in_parts(twice.message.left_out, twice.message.left_out_count, parts[i].at) &&
              in_parts(twice.message.left_out, twice.message.left_out_count, parts[i].at + parts[i].size - 1));
}

static void check_example(const struct example *x)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct vfu_part want[8], got[VFU_MEMORY_PARTS];
    uint8_t bytes[256];
    unsigned count;
    size_t size = make(x, bytes, want, &count);
    struct vfu_message m = message_of(x->from, bytes, size);
    struct vfu_event e;

    test_case("%s", x->what);
    vfu_session_message(s, &m, &e);
    check_parts(got, vfu_memory_of(&e, got), want, count);
    check_without(&e, want, count);
    vfu_session_free(s);
}

/* Cut to each length: what is left out of the whole message is, as far as it is there, and more where it can't be placed. */
static void check_cut(const struct example *x)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct vfu_part want[8], got[VFU_MEMORY_PARTS];
    uint8_t bytes[256];
    unsigned count;
    size_t size = make(x, bytes, want, &count);
    bool good = true;

    test_case("%s, cut", x->what);
    for (size_t captured = VFU_HEADER_SIZE; captured < size && good; captured++) {
        struct vfu_message m = message_of(x->from, bytes, size);
        struct vfu_event e;
        unsigned of;

        m.captured = captured;
        vfu_session_message(s, &m, &e);
        of = vfu_memory_of(&e, got);
        for (size_t i = 0; i < captured && good; i++)
            good = CHECK(!in_parts(want, count, i) || in_parts(got, of, i));
    }
    vfu_session_free(s);
}

/* --- the golden captures --- */

static uint64_t number_at(const struct vfu_message *m, size_t at, unsigned width)
{
    uint64_t value = 0;

    for (unsigned i = width; i-- > 0;)
        value = value << 8 | m->bytes[at + i];
    return value;
}

/* How many bytes of memory a message of these captures has, by the specification: all of them are healthy. */
static uint64_t memory_by_hand(const struct vfu_event *e)
{
    const struct vfu_message *m = &e->message;
    bool reply = e->flags & 1;
    uint64_t count;

    if (e->flags & VFU_ERROR || e->command_number == 99)
        return m->captured - VFU_HEADER_SIZE;
    switch (e->command_number) {
    case VFU_DMA_READ:
        return reply ? m->captured - 32 : 0;
    case VFU_DMA_WRITE:
        return reply ? 0 : m->captured - 32;
    case VFU_REGION_READ:
    case VFU_REGION_WRITE:
        count = m->captured >= 32 ? number_at(m, 28, 4) : 0;
        return count > 8 && reply == (e->command_number == VFU_REGION_READ) ? m->captured - 32 : 0;
    case VFU_MIG_DATA_READ:
        return reply ? m->captured - 24 : 0;
    case VFU_MIG_DATA_WRITE:
        return reply ? 0 : m->captured - 24;
    case VFU_DEVICE_GET_REGION_INFO: /* a buffer as large as the reply's */
        return reply ? 0 : m->captured - 48;
    default:
        return 0;
    }
}

static unsigned numbers_of(const struct vfu_event *e, uint64_t *numbers)
{
    struct vfu_decoded d;
    unsigned count = 0;

    vfu_decode(e, &d);
    for (unsigned i = 0; i < d.count; i++)
        if (d.values[i].field->kind < VFU_BYTES)
            numbers[count++] = d.values[i].raw;
    return count;
}

/* All that is no memory reads as before. */
static void check_same(const struct vfu_event *e)
{
    struct vfu_without_memory room = { .bytes = zeroed };
    struct vfu_event without = *e;
    uint64_t now[VFU_MAX_VALUES], then[VFU_MAX_VALUES];
    unsigned count = numbers_of(e, then);

    CHECK(vfu_leave_out_memory(&without, false, &room));
    if (!(e->flags & VFU_ERROR) && CHECK_EQ(numbers_of(&without, now), count))
        CHECK(memcmp(now, then, count * sizeof *now) == 0);
}

static void check_capture(const char *path)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct vfu_error error = { 0 };
    struct vfu_capreader *r = vfu_capreader_open(path, NULL, &error);
    uint64_t messages = 0, memory = 0, by_hand = 0;
    struct vfu_event read;
    enum vfu_captured what;

    test_case("%s", path);
    while (CHECK(r) && (what = vfu_capreader_next(r, &read, &error)) <= VFU_CAPTURED_EVENT) {
        struct vfu_part parts[VFU_MEMORY_PARTS];
        struct vfu_event e;

        if (what == VFU_CAPTURED_EVENT)
            continue;
        vfu_session_message(s, &read.message, &e);
        messages++;
        for (unsigned i = vfu_memory_of(&e, parts); i-- > 0;)
            memory += parts[i].size;
        by_hand += memory_by_hand(&e);
        check_same(&e);
    }
    CHECK(messages > 0);
    CHECK_EQ(memory, by_hand);
    if (r)
        vfu_capreader_close(r);
    vfu_session_free(s);
}

/* --- what is no message --- */

static void check_events(void)
{
    static const uint8_t bytes[] = { 1, 2, 3 };
    struct vfu_without_memory room = { .bytes = zeroed };
    struct vfu_event e = { .kind = VFU_EVENT_UNFRAMED, .unframed = { .bytes = bytes, .size = 3, .guess = "text: secret" } };

    test_case("bytes that are no message");
    CHECK(vfu_leave_out_memory(&e, false, &room));
    CHECK_EQ(e.unframed.size, 0);
    CHECK_EQ(e.unframed.left_out, 3);
    CHECK(!strstr(json_of(&e), "secret"));
    test_case("what plugins read");
    e = (struct vfu_event){ .kind = VFU_EVENT_MEMORY };
    CHECK(!vfu_leave_out_memory(&e, true, &room));
    test_case("a line of another log, unless it is wanted");
    e = (struct vfu_event){ .kind = VFU_EVENT_LOG };
    CHECK(!vfu_leave_out_memory(&e, false, &room));
    CHECK(vfu_leave_out_memory(&e, true, &room));
    test_case("all else stays");
    e = (struct vfu_event){ .kind = VFU_EVENT_MARK };
    CHECK(vfu_leave_out_memory(&e, false, &room));
}

/* Of a reply: what it has of its command. */
static void check_request(void)
{
    static const struct example command = { "", VFU_SERVER, 12, 0, "0010000000000000 0400000000000000 01020304" };
    static const struct example reply = { "", VFU_CLIENT, 12, 1, "0010000000000000 0400000000000000" };
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct vfu_without_memory room = { .bytes = zeroed };
    struct vfu_part parts[8];
    uint8_t asked[256], told[256];
    unsigned count;
    struct vfu_message m = message_of(VFU_SERVER, asked, make(&command, asked, parts, &count));
    struct vfu_message n = message_of(VFU_CLIENT, told, make(&reply, told, parts, &count));
    struct vfu_event e;

    test_case("a reply has its command's data no more");
    vfu_session_message(s, &m, &e);
    vfu_session_message(s, &n, &e);
    CHECK_EQ(e.request_size, 20);
    CHECK(vfu_leave_out_memory(&e, false, &room));
    CHECK_EQ(e.request_size, 16);
    for (size_t i = e.request_size; i < sizeof e.request; i++)
        CHECK_EQ(e.request[i], 0);
    vfu_session_free(s);
}

int main(void)
{
    glob_t files;

    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        check_example(&examples[i]);
        check_cut(&examples[i]);
    }
    check_request();
    check_events();
    if (glob("tests/golden/*.pcap", 0, NULL, &files) != 0) {
        printf("not ok tests/golden: no files (run from the top)\n");
        return 1;
    }
    for (size_t i = 0; i < files.gl_pathc; i++)
        if (!strstr(files.gl_pathv[i], "messages"))
            check_capture(files.gl_pathv[i]);
    globfree(&files);
    return test_end();
}
