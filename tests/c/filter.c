/*
 * Filters: what each operator says of fields of every width and kind, how tests join, what is asked of a pair, and where
 * a mistake is pointed at.
 */
#include "decoder/filter/filter.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/protocol.h"
#include "test.h"

#include <inttypes.h>

enum { ROOM = 256, FDS = 3 };

/* A message under test: its event, and what that points to. */
struct sample {
    struct vfu_event event;
    uint8_t bytes[ROOM];
    struct vfu_fd fds[FDS];
};

static void put(struct sample *s, unsigned width, uint64_t number)
{
    size_t at = s->event.message.captured;
    bool swapped = s->event.message.swapped;

    for (unsigned i = 0; i < width; i++)
        s->bytes[at + (swapped ? width - 1 - i : i)] = (uint8_t)(number >> 8 * i);
    s->event.message.captured += width;
}

/* Begin one; its payload is put behind. This machine is little-endian, or the sample is swapped. */
static void start(struct sample *s, uint16_t id, uint16_t command, uint32_t flags, uint32_t error)
{
    bool swapped = s->event.message.swapped;

    *s = (struct sample){ .event = { .kind = VFU_EVENT_MESSAGE, .id = id, .command_number = command, .flags = flags,
                                     .error = error, .command = vfu_command_by_number(command),
                                     .message = { .conn = 3, .no = 77, .bytes = s->bytes, .fds = s->fds,
                                                  .swapped = swapped,
                                                  .from = flags & VFU_TYPE_MASK ? VFU_SERVER : VFU_CLIENT } } };
    put(s, 2, id);
    put(s, 2, command);
    put(s, 4, 0);
    put(s, 4, flags);
    put(s, 4, error);
}

/* It is whole; the header says so. */
static struct vfu_event *end(struct sample *s)
{
    size_t size = s->event.message.captured;

    s->event.message.captured = 4;
    put(s, 4, size);
    s->event.message.captured = size;
    s->event.message.size = size;
    s->event.size = (uint32_t)size;
    return &s->event;
}

static struct vfu_event *dma_map(struct sample *s, uint32_t flags, uint64_t size)
{
    start(s, 0x8001, VFU_DMA_MAP, 0, 0);
    put(s, 4, 32);
    put(s, 4, flags);
    put(s, 8, 0);
    put(s, 8, UINT64_C(0x8000000000001000));
    put(s, 8, size);
    return end(s);
}

static struct vfu_event *header_only(struct sample *s, uint16_t command, uint32_t flags, uint32_t error)
{
    start(s, 9, command, flags, error);
    return end(s);
}

/* A write of two bytes to BAR 1, offset 0x20. */
static struct vfu_event *region_write(struct sample *s)
{
    start(s, 9, VFU_REGION_WRITE, 0, 0);
    put(s, 8, 0x20);
    put(s, 4, 1);
    put(s, 4, 2);
    put(s, 2, 0xcdab);
    return end(s);
}

/* What a text says of a pair; NULL: of no message's pair, only of `one`. */
static enum vfu_verdict verdict(const char *text, const struct vfu_event *one, const struct vfu_event *other, bool awaited)
{
    struct vfu_filter_error error = { 0 };
    struct vfu_filter *f = vfu_filter_parse(text, NULL, &error);
    enum vfu_verdict result;

    if (!f) {
        printf("# %s: column %u: %s\n", text, error.column, error.text);
        return (enum vfu_verdict)-1;
    }
    result = vfu_filter_match(f, one, other, awaited);
    vfu_filter_free(f);
    return result;
}

static void holds(enum vfu_verdict want, const char *text, const struct vfu_event *e, int line)
{
    enum vfu_verdict got = verdict(text, e, NULL, false);

    if (!test_check(got == want, text, __FILE__, line))
        printf("#     (%d, not %d)\n", (int)got, (int)want);
}
#define YES(event, text) holds(VFU_YES, text, event, __LINE__)
#define NO(event, text) holds(VFU_NO, text, event, __LINE__)

/* --- numbers --- */

/* All operators, of a field that holds `is`, against the number before it, itself and the one behind it. */
static void operators_on(const struct vfu_event *e, const char *field, uint64_t is)
{
    static const struct {
        const char *op;
        bool below, same, above; /* does IS OP VALUE hold, of a value below, the same, above */
    } ops[] = { { "==", false, true, false }, { "=", false, true, false },  { "!=", true, false, true },
                { "<", false, false, true },  { "<=", false, true, true },  { ">", true, false, false },
                { ">=", true, true, false } };
    static const struct {
        int from, to;
        bool inside;
    } ranges[] = { { -1, 1, true }, { 0, 0, true }, { 0, 1, true }, { -1, 0, true }, { 1, 1, false }, { -1, -1, false } };
    char text[200];

    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        for (int step = -1; step <= 1; step++) {
            bool is_so = step < 0 ? ops[i].below : step == 0 ? ops[i].same : ops[i].above;

            snprintf(text, sizeof text, "%s %s 0x%" PRIx64, field, ops[i].op, is + (uint64_t)(int64_t)step);
            holds(is_so ? VFU_YES : VFU_NO, text, e, __LINE__);
        }
    }
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        snprintf(text, sizeof text, "%s in %" PRIu64 "..0x%" PRIx64, field, is + (uint64_t)(int64_t)ranges[i].from,
                 is + (uint64_t)(int64_t)ranges[i].to);
        holds(ranges[i].inside ? VFU_YES : VFU_NO, text, e, __LINE__);
    }
    snprintf(text, sizeof text, "%s", field);
    YES(e, text);
}

/* The highest bit is set: a number below zero, if anybody took it for one. */
static void numbers(void)
{
    struct sample s = { 0 };

    for (int swapped = 0; swapped < 2; swapped++) {
        test_case("all operators on 2 bytes%s", swapped ? ", the other byte order" : "");
        s.event.message.swapped = swapped;
        start(&s, 0xfffe, VFU_VERSION, 0, 0);
        put(&s, 2, 0x8001);
        put(&s, 2, 0x0100);
        operators_on(end(&s), "major", 0x8001);
        operators_on(&s.event, "minor", 0x100);
        operators_on(&s.event, "id", 0xfffe);
        operators_on(&s.event, "header.id", 0xfffe);

        test_case("all operators on 4 bytes%s", swapped ? ", the other byte order" : "");
        s.event.message.swapped = swapped;
        start(&s, 1, VFU_REGION_READ, 0, 0);
        put(&s, 8, UINT64_C(0x8000000000000001));
        put(&s, 4, 0x80000001);
        put(&s, 4, 0xfffffffe);
        operators_on(end(&s), "count", 0xfffffffe);
        operators_on(&s.event, "region", 0x80000001); /* has names, but none for this */
        operators_on(&s.event, "size", 32);           /* the header's */

        test_case("all operators on 8 bytes%s", swapped ? ", the other byte order" : "");
        operators_on(&s.event, "offset", UINT64_C(0x8000000000000001));
    }
    s.event.message.swapped = false;

    test_case("all operators on flags, and on a field that shares its bytes with others");
    operators_on(dma_map(&s, 0x80000003, 0x1000), "flags", 0x80000003);
    operators_on(&s.event, "address", UINT64_C(0x8000000000001000));
    start(&s, 1, VFU_DEVICE_FEATURE, 0, 0);
    put(&s, 4, 8);
    put(&s, 4, 0x10002); /* to get feature 2, MIG_DEVICE_STATE */
    operators_on(end(&s), "feature", 2);
    operators_on(&s.event, "flags", 0x10002); /* raw, as in the JSON */

    test_case("all operators on what the event has itself");
    s.event.message.no = 0x8000;
    s.event.message.conn = 0x80000001;
    s.event.paired = true;
    s.event.latency_ns = 1000;
    operators_on(&s.event, "no", 0x8000);
    operators_on(&s.event, "conn", 0x80000001);
    operators_on(&s.event, "command", VFU_DEVICE_FEATURE);
    s.event.message.nfds = 2;
    operators_on(&s.event, "fds", 2);
    operators_on(header_only(&s, VFU_DEVICE_RESET, VFU_TYPE_REPLY | VFU_ERROR, 22), "error", 22);
}

static void values(void)
{
    struct sample s = { 0 };

    test_case("numbers and times as people write them");
    dma_map(&s, 3, 0x100000);
    YES(&s.event, "size == 1M");
    YES(&s.event, "size == 1024k");
    YES(&s.event, "size == 1048576");
    YES(&s.event, "size in 4K..1M");
    NO(&s.event, "size in 4K..1023K");
    YES(&s.event, "size in 0 .. 0xffffffffffffffff");
    s.event.paired = true;
    s.event.latency_ns = 1500000;
    YES(&s.event, "latency == 1.5ms");
    YES(&s.event, "latency > 1499us and latency < 0.0016s");
    YES(&s.event, "latency in 1ms..2ms");
    NO(&s.event, "latency in 1ms..1.4ms");
    s.event.paired = false;
    NO(&s.event, "latency >= 0us");
    NO(&s.event, "latency");
}

/* --- names, flags, bytes --- */

static void names(void)
{
    struct sample s = { 0 };

    test_case("a number by its name");
    region_write(&s);
    YES(&s.event, "region == bar1");
    YES(&s.event, "region == BAR1");
    NO(&s.event, "region == bar2");
    NO(&s.event, "region != bar1");
    YES(&s.event, "region != bar2");
    YES(&s.event, "region in bar0..bar5");
    NO(&s.event, "region in bar2..bar5");
    YES(&s.event, "region < bar2");
    NO(&s.event, "region > bar1");
    YES(&s.event, "command == REGION_WRITE");
    YES(&s.event, "command == vfio_user_region_write");
    YES(&s.event, "command != REGION_READ");
    NO(&s.event, "command == REGION_READ");
    YES(&s.event, "from == client and type == command and channel == main");
    NO(&s.event, "from == server or type == reply or type == unknown or channel == twin");

    test_case("one name means another number in another command");
    start(&s, 1, VFU_DEVICE_SET_IRQS, 0, 0);
    put(&s, 4, 20);
    put(&s, 4, 0x24); /* data_eventfd, action trigger */
    put(&s, 4, 2);
    put(&s, 4, 0);
    put(&s, 4, 1);
    YES(end(&s), "flags == eventfd");
    YES(&s.event, "index == msix");
    start(&s, 1, VFU_DEVICE_GET_IRQ_INFO, VFU_TYPE_REPLY, 0);
    put(&s, 4, 16);
    put(&s, 4, 0x4); /* automasked; not 1, which is its eventfd */
    put(&s, 4, 2);
    put(&s, 4, 8);
    NO(end(&s), "flags == eventfd");
    YES(&s.event, "flags != eventfd");
    YES(&s.event, "flags == automasked");
    NO(&s.event, "flags == readable"); /* a word of other flags */
    YES(&s.event, "flags != readable");
}

static void flags(void)
{
    struct sample s = { 0 };

    test_case("a flag field equals a name when that bit is set, and a number when all are");
    dma_map(&s, 3, 0x1000);
    YES(&s.event, "flags == readable");
    YES(&s.event, "flags == writeable and flags == readable");
    NO(&s.event, "flags == mmap");
    YES(&s.event, "flags != mmap");
    NO(&s.event, "flags != readable");
    YES(&s.event, "flags == 3");
    NO(&s.event, "flags == 1");
    YES(&s.event, "flags != 1");

    test_case("the header's flags");
    NO(&s.event, "header.flags == error");
    YES(&s.event, "header.flags != error");
    header_only(&s, VFU_DEVICE_RESET, VFU_TYPE_REPLY | VFU_ERROR, 5);
    YES(&s.event, "header.flags == error and flags == error");
    NO(&s.event, "header.flags == no_reply or flags == no_reply");
    YES(&s.event, "header.flags == 0x21");
    YES(&s.event, "header.error == EIO and error == EIO and header.error == 5");
    NO(&s.event, "error == EINVAL or error != EIO");
    YES(&s.event, "error and not no_reply");
    header_only(&s, VFU_DEVICE_RESET, VFU_NO_REPLY, 5);
    NO(&s.event, "error"); /* a number there, but no Error flag */
    YES(&s.event, "no_reply");
}

static void bytes(void)
{
    struct sample s = { 0 };

    test_case("bytes are equal whole");
    region_write(&s);
    YES(&s.event, "data == abcd");
    YES(&s.event, "data == ABCD");
    NO(&s.event, "data == ab");
    NO(&s.event, "data == abcd00");
    NO(&s.event, "data == abce");
    NO(&s.event, "data != abcd");
    YES(&s.event, "data != abce");
    YES(&s.event, "data");
    NO(&s.event, "data > abcc"); /* they have no order */
    NO(header_only(&s, VFU_DEVICE_RESET, 0, 0), "data != abcd");

    test_case("fds: how many, and of which type");
    region_write(&s);
    NO(&s.event, "fds");
    YES(&s.event, "fds == 0");
    NO(&s.event, "fds != eventfd");
    s.event.message.nfds = 2;
    s.fds[0].type = VFU_FD_EVENTFD;
    s.fds[1].type = VFU_FD_MEMFD;
    YES(&s.event, "fds");
    YES(&s.event, "fds == 2 and fds > 1");
    YES(&s.event, "fds == memfd and fds == eventfd");
    NO(&s.event, "fds == socket");
}

/* --- what is there, more than once, or not --- */

static void missing(void)
{
    struct sample s = { 0 };

    test_case("a test of a field that a message lacks is false, whatever the operator");
    region_write(&s);
    NO(&s.event, "address");
    NO(&s.event, "address == 0");
    NO(&s.event, "address != 0");
    NO(&s.event, "address < 0xffffffffffffffff");
    NO(&s.event, "address in 0..0xffffffffffffffff");
    YES(&s.event, "not address != 0");

    test_case("of a cut message, what is not at hand is not there");
    s.event.message.captured = VFU_HEADER_SIZE + 12;
    YES(&s.event, "offset == 0x20 and region == bar1");
    NO(&s.event, "count == 2");
    NO(&s.event, "count != 2");
    YES(&s.event, "header.size == 34 and size == 34");
}

static void repeated(void)
{
    struct sample s = { 0 };

    test_case("a field of a list's items: true if it is true of one");
    start(&s, 1, VFU_REGION_WRITE_MULTI, 0, 0);
    put(&s, 8, 2);
    for (unsigned i = 0; i < 2; i++) {
        put(&s, 8, 0x10 + i * 0x10);
        put(&s, 4, i);
        put(&s, 4, 4);
        put(&s, 8, 0x11 * (i + 1));
    }
    end(&s);
    YES(&s.event, "wr_cnt == 2 and writes");
    YES(&s.event, "offset == 0x10 and offset == 0x20");
    NO(&s.event, "offset == 0x30");
    YES(&s.event, "offset != 0x10"); /* the other one */
    NO(&s.event, "count != 4");
    YES(&s.event, "region == bar0 and region == bar1");
    YES(&s.event, "data == 22000000");
    YES(&s.event, "offset in 0x18..0x28");
    NO(&s.event, "offset in 0x11..0x1f");

    test_case("a field of an object inside");
    start(&s, 1, VFU_DMA_UNMAP, 0, 0);
    put(&s, 4, 40);
    put(&s, 4, 1); /* get_dirty_bitmap */
    put(&s, 8, 0x4000);
    put(&s, 8, 0x8000);
    put(&s, 8, 4096);
    put(&s, 8, 8);
    end(&s);
    YES(&s.event, "pgsize == 4K and bitmap");
    YES(&s.event, "size == 0x8000 and size == 8"); /* its own and the bitmap's */
}

/* A region's info with one capability, of two sparse areas */
static struct vfu_event *region_info(struct sample *s)
{
    start(s, 5, VFU_DEVICE_GET_REGION_INFO, VFU_TYPE_REPLY, 0);
    put(s, 4, 80);
    put(s, 4, 0xf);
    put(s, 4, 2);
    put(s, 4, 32);
    put(s, 8, 0x4000);
    put(s, 8, 0);
    put(s, 2, 1); /* sparse_mmap */
    put(s, 2, 1);
    put(s, 4, 0);
    put(s, 4, 1);
    put(s, 4, 0);
    put(s, 8, 0x1000);
    put(s, 8, 0x2000);
    return end(s);
}

/* --- whose is a bare name? --- */

static void bare(void)
{
    struct sample s = { 0 }, reply = { 0 };

    test_case("a bare name is the payload's field where the command has one");
    dma_map(&s, 0x10, UINT64_C(0x100000000));
    YES(&s.event, "size == 0x100000000 and flags == 0x10");
    NO(&s.event, "size == 48 or flags == 0");
    YES(&s.event, "header.size == 48 and header.flags == 0");

    test_case("and not the header's where that command's message lacks it: a plain reply, an error, a cut one");
    header_only(&reply, VFU_DMA_MAP, VFU_TYPE_REPLY, 0);
    NO(&reply.event, "size < 0x1000");
    NO(&reply.event, "size != 5 or size or flags or flags == 1 or flags != 1");
    YES(&reply.event, "header.size == 16 and header.flags == 1");
    header_only(&reply, VFU_DMA_UNMAP, VFU_TYPE_REPLY | VFU_ERROR, 22);
    NO(&reply.event, "size < 0x1000 or flags == error or size");
    YES(&reply.event, "header.flags == error and header.size == 16");
    s.event.message.captured = VFU_HEADER_SIZE;
    NO(&s.event, "size or flags or size == 48");

    test_case("an injection's filter strikes only what was asked for");
    dma_map(&s, 3, 0x2000);
    header_only(&reply, VFU_DMA_MAP, VFU_TYPE_REPLY, 0);
    CHECK_EQ(verdict("command == DMA_MAP and size < 0x1000", &reply.event, &s.event, false), VFU_NO);
    dma_map(&s, 3, 0xfff);
    CHECK_EQ(verdict("command == DMA_MAP and size < 0x1000", &reply.event, &s.event, false), VFU_YES);

    test_case("else it is the header's");
    region_write(&s);
    YES(&s.event, "size == 34 and flags == 0 and id == 9 and size and flags");
    header_only(&s, 999, 0, 0);
    YES(&s.event, "size == 16 and id == 9 and flags == 0");
    header_only(&s, VFU_DEVICE_RESET, VFU_NO_REPLY, 0);
    YES(&s.event, "size == 16 and flags == no_reply");

    test_case("what only a list's items have leaves the name to the header, but for their own words");
    region_info(&s);
    YES(&s.event, "id == 5");
    NO(&s.event, "id == 1");
    YES(&s.event, "id == sparse_mmap");
    NO(&s.event, "id == msix_mappable");
    YES(&s.event, "size == 0x4000 and size == 0x2000 and flags == caps");
    YES(&s.event, "header.id == 5");
    s.event.message.captured -= 40;
    NO(&s.event, "id == sparse_mmap");
    YES(&s.event, "id == 5");
}

/* --- how tests join --- */

static void joins(void)
{
    /* A: true. B: false. As the text stands, in C */
    static const struct {
        const char *text;
        bool result;
    } joined[] = {
        { "A", true }, { "B", false }, { "not A", false }, { "not B", true }, { "not not A", true }, { "! B", true }, { "!B", true },
        { "A and A", true }, { "A and B", false }, { "B and A", false }, { "A or B", true }, { "B or A", true }, { "B or B", false },
        { "A or A and B", true },   /* and binds closer */
        { "B and A or A", true },
        { "(A or A) and B", false },
        { "B and (A or A)", false },
        { "not B and B", false },   /* not binds closest */
        { "not (B and B)", true },
        { "not A or A", true },
        { "not (A or A)", false },
        { "A and not B", true },
        { "A && !B || B", true },
        { "B || B && A", false },
        { "B or B or A", true },
        { "A and A and B", false },
        { "((A))", true },
        { "(((not ((B)))))", true },
    };
    struct sample s = { 0 };

    region_write(&s);
    for (size_t i = 0; i < sizeof joined / sizeof *joined; i++) {
        char text[400];
        size_t size = 0;

        test_case("%s", joined[i].text);
        for (const char *c = joined[i].text; *c; c++)
            size += (size_t)snprintf(text + size, sizeof text - size, "%.*s", *c == 'A' || *c == 'B' ? 11 : 1,
                                     *c == 'A' ? "offset > 16" : *c == 'B' ? "offset < 16" : c);
        holds(joined[i].result ? VFU_YES : VFU_NO, text, &s.event, __LINE__);
    }
    test_case("a sign needs no blanks");
    YES(&s.event, "offset==0x20&&(count<=2)and!no_reply");
}

/* --- problems, notes, and what is no message --- */

static void worded(void)
{
    static const struct vfu_rule broken = { .id = "map-overlap" }, other = { .id = "map-wrap" };
    static const struct vfu_problem problems[] = { { .rule = &broken }, { .rule = &other } };
    static const struct vfu_note notes[] = { { .plugin = "nvme" }, { .plugin = "pci", .warning = true } };
    struct sample s = { 0 };

    test_case("problems, by rule");
    region_write(&s);
    NO(&s.event, "problem or problem == map-overlap");
    YES(&s.event, "problem != map-overlap");
    s.event.problems = problems;
    s.event.problem_count = 2;
    YES(&s.event, "problem and problem == map-wrap and problem == map-overlap");
    NO(&s.event, "problem != map-wrap");
    NO(&s.event, "problem == map-over");

    test_case("reasons, by name");
    NO(&s.event, "reason or reason == region-end or reason != region-end");
    s.event.because = (const struct vfu_because[]){ { .reason = "region-end" }, { .reason = "too-large" } };
    s.event.because_count = 2;
    YES(&s.event, "reason and reason == region-end and reason == too-large and reason != no-region");
    NO(&s.event, "reason == region or reason != too-large");
    s.event.because_count = 0;

    test_case("notes and warnings, by plugin");
    NO(&s.event, "note or warning or note == nvme or note != nvme");
    s.event.notes = notes;
    s.event.note_count = 2;
    YES(&s.event, "note and warning and note == nvme and note == pci");
    YES(&s.event, "warning == pci and warning != nvme and note != virtio");
    NO(&s.event, "warning == nvme or note != nvme");
}

static void events(void)
{
    struct vfu_event irq = { .kind = VFU_EVENT_INTERRUPT, .conn = 4, .interrupt = { .index = 2, .vector = 7, .count = 3 } };
    struct vfu_event io = { .kind = VFU_EVENT_IOEVENTFD, .conn = 4, .ioeventfd = { .region = 1, .offset = 64, .count = 9 } };
    struct vfu_event stray = { .kind = VFU_EVENT_UNFRAMED, .conn = 4, .channel = VFU_TWIN, .from = VFU_SERVER };
    struct vfu_event lost = { .kind = VFU_EVENT_DROPPED };

    test_case("what is no message has the fields of its JSON");
    YES(&irq, "index == msix and count == 3 and conn == 4");
    NO(&irq, "index == msi or region == bar1 or offset or no or size or command == 0");
    YES(&io, "region == bar1 and offset == 64 and count == 9 and conn == 4");
    NO(&io, "index == msix or region != bar1");
    YES(&stray, "from == server and channel == twin");
    NO(&stray, "from == client or channel == main");
    NO(&irq, "from == client or from == server");

    test_case("what is missing is always said");
    YES(&lost, "command == REGION_READ");
}

/* --- a command and its reply --- */

static void pairs(void)
{
    struct sample command = { 0 }, reply = { 0 };
    struct vfu_event *c = region_write(&command), *r;

    header_only(&reply, VFU_REGION_WRITE, VFU_TYPE_REPLY | VFU_ERROR, 5);
    r = &reply.event;
    r->paired = true;
    r->latency_ns = 1000;

    test_case("a pair: what either has is true of both");
    CHECK_EQ(verdict("offset == 0x20 and error", c, r, false), VFU_YES);
    CHECK_EQ(verdict("offset == 0x20 and error", r, c, false), VFU_YES);
    CHECK_EQ(verdict("offset == 0x24 and error", r, c, false), VFU_NO);
    CHECK_EQ(verdict("not error", c, r, false), VFU_NO);
    CHECK_EQ(verdict("not error", c, NULL, false), VFU_YES);

    test_case("a command whose reply is to come: what that can tell is undecided");
    CHECK_EQ(verdict("error", c, NULL, true), VFU_UNDECIDED);
    CHECK_EQ(verdict("not error", c, NULL, true), VFU_UNDECIDED);
    CHECK_EQ(verdict("offset == 0x20", c, NULL, true), VFU_YES);
    CHECK_EQ(verdict("offset == 0x24", c, NULL, true), VFU_UNDECIDED);
    CHECK_EQ(verdict("command == REGION_READ", c, NULL, true), VFU_NO);
    CHECK_EQ(verdict("command == REGION_READ or conn == 1 or channel == twin", c, NULL, true), VFU_NO);
    CHECK_EQ(verdict("command == REGION_READ and error", c, NULL, true), VFU_NO);
    CHECK_EQ(verdict("error and command == REGION_READ", c, NULL, true), VFU_NO);
    CHECK_EQ(verdict("command == REGION_WRITE or error", c, NULL, true), VFU_YES);
    CHECK_EQ(verdict("error or command == REGION_WRITE", c, NULL, true), VFU_YES);
    CHECK_EQ(verdict("error or command == REGION_READ", c, NULL, true), VFU_UNDECIDED);
    CHECK_EQ(verdict("error and command == REGION_WRITE", c, NULL, true), VFU_UNDECIDED);

    test_case("type and from make each message stand for itself");
    CHECK_EQ(verdict("type == reply and offset == 0x20", r, c, false), VFU_NO);
    CHECK_EQ(verdict("type == reply and error", r, c, false), VFU_YES);
    CHECK_EQ(verdict("type == command and error", c, r, false), VFU_NO);
    CHECK_EQ(verdict("from == client and offset == 0x24", c, NULL, true), VFU_NO);
}

static enum vfu_verdict by_header(const char *text, const struct vfu_event *e)
{
    struct vfu_filter_error error;
    struct vfu_filter *f = vfu_filter_parse_early(text, NULL, &error);
    enum vfu_verdict result = f ? vfu_filter_match_header(f, e) : (enum vfu_verdict)-1;

    vfu_filter_free(f);
    return result;
}

static void early(void)
{
    struct sample s = { 0 };
    struct vfu_event *e = region_write(&s);

    test_case("of a header alone, only what it and its sender decide");
    CHECK_EQ(by_header("command == REGION_READ", e), VFU_NO);
    CHECK_EQ(by_header("command == REGION_WRITE", e), VFU_YES);
    CHECK_EQ(by_header("command == REGION_WRITE and offset == 4", e), VFU_UNDECIDED);
    CHECK_EQ(by_header("command == REGION_READ and offset == 4", e), VFU_NO);
    CHECK_EQ(by_header("from == server or type == reply", e), VFU_NO);
    CHECK_EQ(by_header("error", e), VFU_UNDECIDED);
}

/* --- mistakes --- */

static void wrong_(const char *text, unsigned column, const char *word, bool is_early, int line)
{
    struct vfu_filter_error error = { 0 };
    struct vfu_filter *f = is_early ? vfu_filter_parse_early(text, NULL, &error) : vfu_filter_parse(text, NULL, &error);

    if (!test_check(!f && error.column == column && strstr(error.text, word), text, __FILE__, line))
        printf("#     column %u: %s\n", error.column, error.text);
    vfu_filter_free(f);
}
#define WRONG(column, word, text) wrong_(text, column, word, false, __LINE__)

static void mistakes(void)
{
    struct sample s = { 0 };
    char text[2000];

    test_case("a mistake is pointed at");
    WRONG(1, "too early", "");
    WRONG(4, "too early", "   ");
    WRONG(1, "no message has a field foo", "foo == 1");
    WRONG(1, "no message has a field header.offset", "header.offset == 1");
    WRONG(11, "msix", "region == msix");
    WRONG(10, "EWHAT", "error == EWHAT");
    WRONG(12, "NOTHING", "command == NOTHING");
    WRONG(9, "value is missing", "size == ");
    WRONG(8, "12x", "size > 12x");
    WRONG(9, "-1", "size == -1");
    WRONG(9, "18446744073709551616", "size == 18446744073709551616"); /* one more than 64 bits hold */
    WRONG(9, "hex", "data == xyz");
    WRONG(11, "time", "latency > 5");
    WRONG(12, "range", "offset in 5");
    WRONG(15, "empty", "offset in 9..5");
    WRONG(14, "missing", "offset in 9..");
    WRONG(10, "alone", "no_reply == 1");
    WRONG(9, "named by", "problem < map-wrap");
    WRONG(10, "too early", "error and");
    WRONG(11, "field's name", "error and )");
    WRONG(4, "too early", "not");
    WRONG(7, ") is missing", "(error");
    WRONG(6, "expected here", "error)");
    WRONG(7, "no_reply", "error no_reply");
    WRONG(9, "a mask is a number", "error & no_reply");
    WRONG(1, "field's name", "== 5");
    WRONG(18, "neither", "error and size < writeable-ish and error");

    test_case("what plugins say comes too late for what decides before");
    wrong_("error or note", 10, "plugins", true, __LINE__);
    wrong_("warning == nvme", 1, "plugins", true, __LINE__);

    test_case("nothing is cut: a long word is taken whole, or a mistake");
    header_only(&s, 7, 0, 0);
    snprintf(text, sizeof text, "command == %0300d", 7);
    YES(&s.event, text);
    snprintf(text, sizeof text, "command == %0300d", 17); /* octal, as in C */
    NO(&s.event, text);
    snprintf(text, sizeof text, "size == 1%0200d", 0);
    WRONG(9, "neither", text);
    snprintf(text, sizeof text, "%0200d == 1", 0);
    WRONG(1, "no message", text);
    NO(&s.event, "problem == reply-without-command-of-the-other-side");
    NO(&s.event, "note == a-name-that-no-plugin-can-have-as-it-is-too-long");
    snprintf(text, sizeof text, "data == %0130d", 0); /* 65 bytes */
    WRONG(9, "64 bytes", text);

    test_case("the longest filters");
    memset(text, '(', 40);
    snprintf(text + 40, sizeof text - 40, "error");
    WRONG(33, "nested too deep", text);
    text[0] = '\0';
    for (unsigned i = 0; i < 129; i++)
        strcat(text, i ? " or error" : "error");
    WRONG(1158, "too long", text); /* 128 tests and what joins them take 255 of 256; another one, but not its `or` */
}

int main(void)
{
    numbers();
    values();
    names();
    flags();
    bytes();
    missing();
    repeated();
    bare();
    joins();
    worded();
    events();
    pairs();
    early();
    mistakes();
    return test_end();
}
