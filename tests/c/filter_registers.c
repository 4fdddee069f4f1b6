/*
 * Filters of what accesses are about: their number, registers by name and by place, their fields, masks; what a table that
 * is known before says of names; and text.
 */
#include "decoder/filter/filter.h"
#include "decoder/wire/protocol.h"
#include "test.h"

#include <string.h>

enum { ROOM = 512 };

/* A message under test, and the registers that plugins named. */
struct sample {
    struct vfu_event event;
    uint8_t bytes[ROOM];
    struct vfu_register_at at[VFU_REGISTERS_NAMED];
};

static const struct vfu_register_value shst[] = { { 0, "normal" }, { 1, "occurring" }, { 2, "complete" }, { 3, "64K" } };
static const struct vfu_register_field csts_fields[] = { { "RDY", 0, 1, 0, NULL }, { "SHST", 2, 2, 4, shst } };
static const struct vfu_register_field cap_fields[] = { { "MQES", 0, 16, 0, NULL }, { "CSS", 37, 8, 0, NULL } };
static const struct vfu_register_value sizes[] = { { 6, "64" }, { 4, "16" } };
static const struct vfu_register_field cc_fields[] = { { "EN", 0, 1, 0, NULL }, { "IOSQES", 16, 4, 2, sizes } };
static const struct vfu_register csts = { .name = "nvme.csts", .width = 4, .field_count = 2, .fields = csts_fields };
static const struct vfu_register cc = { .name = "nvme.cc", .width = 4, .field_count = 2, .fields = cc_fields };
static const struct vfu_register cap = { .name = "nvme.cap", .width = 8, .field_count = 2, .fields = cap_fields };
static const struct vfu_register bell = { .name = "nvme.sqtdbl", .width = 4 };
static const struct vfu_register_field command_fields[] = { { "bus master", 2, 1, 0, NULL } };
static const struct vfu_register command = { .name = "pci.command", .width = 2, .field_count = 1, .fields = command_fields };
static const struct vfu_register status = { .name = "pci.status word", .width = 2 };
static const struct vfu_register located = { .name = "virtio.queue", .width = 2 };

static struct vfu_register_place places[] = {
    { .reg = &cap, .region = 0, .offset = 0 },         { .reg = &cc, .region = 0, .offset = 0x14 },
    { .reg = &csts, .region = 0, .offset = 0x1c },     { .reg = &bell, .region = 0, .offset = 0x1000, .count = 4, .stride = 8 },
    { .reg = &command, .region = 7, .offset = 4 },     { .reg = &status, .region = 7, .offset = 6 },
    { .reg = &located, .region = VFU_FILTER_NOWHERE },
};
static struct vfu_register_map map = { places, sizeof places / sizeof places[0] };
static unsigned asked;

static const struct vfu_register_map *registers(void *context)
{
    asked++;
    return context;
}

static const struct vfu_filter_known known = { registers, &map };

static void put(struct sample *s, unsigned width, uint64_t number)
{
    for (unsigned i = 0; i < width; i++)
        s->bytes[s->event.message.captured++] = i < sizeof number ? (uint8_t)(number >> 8 * i) : 0;
}

/* A command on a region, or its reply; with data where `has_data` says so. */
static struct vfu_event *access_of(struct sample *s, uint16_t number, bool reply, uint32_t region, uint64_t offset,
                                   unsigned width, bool has_data, uint64_t data)
{
    *s = (struct sample){ .event = { .kind = VFU_EVENT_MESSAGE, .id = 7, .command_number = number,
                                     .flags = reply ? VFU_TYPE_REPLY : 0, .command = vfu_command_by_number(number),
                                     .message = { .conn = 1, .no = 37, .bytes = s->bytes,
                                                  .from = reply ? VFU_SERVER : VFU_CLIENT } } };
    put(s, 2, 7);
    put(s, 2, number);
    put(s, 4, 32 + (has_data ? width : 0));
    put(s, 4, s->event.flags);
    put(s, 4, 0);
    put(s, 8, offset);
    put(s, 4, region);
    put(s, 4, width);
    if (has_data)
        put(s, width, data);
    s->event.message.size = s->event.size = (uint32_t)s->event.message.captured;
    return &s->event;
}

/* What plugins name. */
static struct vfu_event *named(struct sample *s)
{
    const uint8_t *payload = s->bytes + VFU_HEADER_SIZE;

    s->event.register_count = vfu_register_map_find(&map, payload[8], payload[0] | (uint64_t)payload[1] << 8, payload[12], s->at);
    s->event.registers = s->at;
    return &s->event;
}

static enum vfu_verdict verdict(const char *text, bool early, const struct vfu_event *one, const struct vfu_event *other)
{
    struct vfu_filter_error error = { 0 };
    struct vfu_filter *f = early ? vfu_filter_parse_early(text, &known, &error) : vfu_filter_parse(text, NULL, &error);
    enum vfu_verdict result;

    if (!f) {
        printf("# %s: column %u: %s\n", text, error.column, error.text);
        return (enum vfu_verdict)-1;
    }
    result = vfu_filter_match(f, one, other, false);
    vfu_filter_free(f);
    return result;
}

#define YES(event, text) test_check(verdict(text, false, event, NULL) == VFU_YES, text, __FILE__, __LINE__)
#define NO(event, text) test_check(verdict(text, false, event, NULL) == VFU_NO, text, __FILE__, __LINE__)
#define EARLY(want, event, text) test_check(verdict(text, true, event, NULL) == (want), text, __FILE__, __LINE__)

static void wrong_(unsigned column, const char *word, const char *text, bool early, int line)
{
    struct vfu_filter_error error = { 0 };
    struct vfu_filter *f = early ? vfu_filter_parse_early(text, &known, &error) : vfu_filter_parse(text, &known, &error);

    if (!test_check(!f && error.column == column && strstr(error.text, word), text, __FILE__, line))
        printf("#     column %u: %s\n", error.column, error.text);
    vfu_filter_free(f);
}
#define WRONG(column, word, text) wrong_(column, word, text, false, __LINE__)
#define WRONG_EARLY(column, word, text) wrong_(column, word, text, true, __LINE__)

static void good_(const char *text, bool early, int line)
{
    struct vfu_filter_error error = { 0 };
    struct vfu_filter *f = early ? vfu_filter_parse_early(text, &known, &error) : vfu_filter_parse(text, &known, &error);

    if (!test_check(f != NULL, text, __FILE__, line))
        printf("#     column %u: %s\n", error.column, error.text);
    vfu_filter_free(f);
}
#define GOOD(text) good_(text, false, __LINE__)

static void values(void)
{
    struct sample s, r, other;
    struct vfu_event *e = access_of(&s, VFU_REGION_WRITE, false, 2, 0x20, 2, true, 0xabcd);

    test_case("value: the access's bytes as a number");
    YES(e, "value == 0xabcd");
    YES(e, "value");
    YES(e, "value in 0xabcd..0xabcd");
    NO(e, "value == 0xcdab");
    NO(e, "value < 5");
    e = access_of(&s, VFU_REGION_READ, false, 2, 0x20, 4, false, 0);
    NO(e, "value");
    NO(e, "value == 0");
    NO(e, "value != 0");
    test_case("value: of the reply, for its command");
    access_of(&r, VFU_REGION_READ, true, 2, 0x20, 4, true, 3);
    CHECK_EQ(verdict("value == 3", false, e, &r.event), VFU_YES);
    CHECK_EQ(verdict("value == 3", false, &r.event, e), VFU_YES);
    CHECK_EQ(verdict("value == 4", false, &r.event, e), VFU_NO);
    test_case("value: of 1, 2, 4 and 8 bytes, of no others");
    YES(access_of(&s, VFU_REGION_WRITE, false, 2, 0, 1, true, 0x80), "value == 0x80");
    YES(access_of(&s, VFU_REGION_WRITE, false, 2, 0, 8, true, UINT64_C(0x8000000000000001)), "value == 0x8000000000000001");
    NO(access_of(&s, VFU_REGION_WRITE, false, 2, 0, 3, true, 1), "value");
    NO(access_of(&s, VFU_REGION_WRITE, false, 2, 0, 16, true, 1), "value");
    test_case("value: nothing of a cut one, nor of what is no access to a region");
    e = access_of(&s, VFU_REGION_WRITE, false, 2, 0, 4, true, 1);
    e->message.captured -= 1;
    NO(e, "value");
    NO(access_of(&other, VFU_DMA_WRITE, false, 0, 0, 4, true, 1), "value");
}

static void masks(void)
{
    struct sample s;
    struct vfu_event *e = access_of(&s, VFU_REGION_WRITE, false, 2, 0x20, 4, true, 0x50);

    test_case("& MASK: is one of the bits set");
    YES(e, "value & 0x10");
    YES(e, "value & 0x30");
    NO(e, "value & 0x20");
    NO(e, "value & 0");
    test_case("& MASK OP VALUE, which binds tighter than and, or, not");
    YES(e, "value & 0xf0 == 0x50");
    NO(e, "value & 0xf0 == 0x40");
    YES(e, "value & 0x30 != 0x20");
    YES(e, "value & 0xf0 in 0x40..0x60");
    YES(e, "value & 0x40 and value & 0x10");
    NO(e, "value & 0x40 and value & 0x20");
    YES(e, "not value & 0x20 && value & 0x10 > 5");
    YES(e, "offset & 0x20 == 0x20 and header.command & 2 == 2 and conn & 1 and no & 0xf == 5 and id & 7");
    NO(e, "latency > 1us or value & 8 or fds & 1");
    test_case("& of a field that the message lacks is false");
    NO(e, "address & 1");
    NO(e, "address & 1 != 1");
    WRONG(9, "bits", "latency & 5");
    WRONG(6, "bits", "data & 5");
    WRONG(10, "bits", "register & 5");
    WRONG(9, "mask", "value & bar0");
    WRONG(8, "missing", "value &");
    WRONG(14, "number", "value & 1 == x");
    WRONG(11, "and, or", "value & 1 & 2");
}

static void place(void)
{
    struct sample s;
    struct vfu_event *e = access_of(&s, VFU_REGION_READ, false, 1, 0x14, 4, false, 0), *r;
    struct vfu_event io = { .kind = VFU_EVENT_IOEVENTFD };

    test_case("a place is touched by any of its bytes, whether it has a name or not");
    YES(e, "register == bar1+0x14");
    YES(e, "register == \"bar1+0x17\"");
    YES(e, "register == 1+0x15");
    NO(e, "register == bar1+0x13");
    NO(e, "register == bar1+0x18");
    NO(e, "register == bar0+0x14");
    YES(e, "register != bar1+0x18");
    NO(e, "register != bar1+0x15");
    test_case("a range of places, by both its ends or the second one's offset");
    YES(e, "register in bar1+0x0..bar1+0x14");
    YES(e, "register in bar1+0x17..bar1+0x3f");
    YES(e, "register in bar1+0x15..0x16");
    NO(e, "register in bar1+0x0..bar1+0x13");
    NO(e, "register in bar1+0x18..bar1+0x3f");
    test_case("at the end of what numbers hold");
    e = access_of(&s, VFU_REGION_READ, false, 1, UINT64_MAX - 3, 4, false, 0);
    YES(e, "register == bar1+0xffffffffffffffff");
    NO(e, "register == bar1+0");
    test_case("what has no place has none, nor another one");
    r = access_of(&s, VFU_DEVICE_GET_INFO, false, 1, 0, 0, false, 0);
    NO(r, "register == bar0+0");
    NO(r, "register != bar0+0");
    NO(access_of(&s, VFU_REGION_READ, false, 1, 0x14, 0, false, 0), "register == bar1+0x14");
    test_case("an ioeventfd's");
    io.ioeventfd.region = 2;
    io.ioeventfd.offset = 0x1000;
    YES(&io, "register == bar2+0x1000");
    NO(&io, "register == bar2+0x1001");
    WRONG(27, "one region", "register in bar0+0x0 ..   bar1+0x3f");
    WRONG(13, "neither a register", "register == 5");
    WRONG(13, "neither a register", "register == bar0");
    WRONG(13, "not a place", "register in nvme.cc..nvme.csts");
    WRONG(25, "empty", "register in bar0+0x10..0");
    WRONG(10, "named", "register < bar0+0x14");
}

static void names(void)
{
    struct sample s, r;
    struct vfu_event *e;

    test_case("a register by name, in any case, in quotes or without");
    access_of(&s, VFU_REGION_READ, true, 0, 0x1c, 4, true, 0x9);
    e = named(&s);
    YES(e, "register");
    YES(e, "register == nvme.csts");
    YES(e, "register == \"NVMe.CSTS\"");
    NO(e, "register == nvme.cst");
    NO(e, "register == nvme.cc");
    YES(e, "register != nvme.cc");
    NO(e, "register != nvme.csts");
    YES(e, "register contains csts");
    NO(e, "register contains CSTS");
    test_case("what is in it, and in its fields");
    YES(e, "nvme.csts == 9");
    YES(e, "nvme.csts & 1");
    YES(e, "nvme.csts & 0xc == 8");
    NO(e, "nvme.csts == 8");
    YES(e, "nvme.csts.rdy == 1");
    YES(e, "nvme.csts.shst == complete and nvme.csts.SHST == \"complete\" and nvme.csts.shst == 2 and nvme.csts.shst > 1");
    NO(e, "nvme.csts.shst == normal");
    YES(e, "nvme.csts.shst != normal");
    YES(e, "nvme.csts.shst in 1..3");
    NO(e, "nvme.csts.none == 0");
    NO(e, "nvme.csts.none != 0");
    YES(e, "nvme.csts");
    YES(e, "nvme.csts.rdy");
    NO(e, "nvme.cc");
    test_case("names of values that look like numbers");
    access_of(&s, VFU_REGION_WRITE, false, 0, 0x14, 4, true, 6 << 16);
    e = named(&s);
    YES(e, "nvme.cc.iosqes == 6");
    NO(e, "nvme.cc.iosqes == 64");
    YES(e, "nvme.cc.iosqes == \"64\"");
    YES(e, "nvme.cc.iosqes == \"6\"");
    NO(e, "nvme.cc.iosqes == \"16\"");
    access_of(&s, VFU_REGION_READ, true, 0, 0x1c, 4, true, 0xc);
    YES(named(&s), "nvme.csts.shst == 64K");

    test_case("a part of it: its own fields, and bits that are masked out of what is not there");
    access_of(&s, VFU_REGION_READ, true, 0, 4, 4, true, 0x20);
    e = named(&s);
    YES(e, "register == nvme.cap");
    YES(e, "register == nvme.cap+4");
    NO(e, "register == nvme.cap+2");
    YES(e, "nvme.cap.css == 1");
    NO(e, "nvme.cap.mqes == 0");
    NO(e, "nvme.cap == 0x20");
    NO(e, "nvme.cap != 0x20");
    YES(e, "nvme.cap & 0x2000000000");
    YES(e, "nvme.cap & 0xff00000000 == 0x2000000000");
    NO(e, "nvme.cap & 1 == 0");

    test_case("two at once, and names with blanks");
    access_of(&s, VFU_REGION_WRITE, false, 7, 4, 4, true, 0x12340004);
    e = named(&s);
    YES(e, "pci.command == 4 and pci.status_word == 0x1234 and pci.command.bus_master == 1");
    YES(e, "\"pci.status word\" == 0x1234 and 'pci.command.bus master' == 1");
    YES(e, "register == \"pci.status word\" and register == pci.status_word and register == pci.command");

    test_case("arrays");
    access_of(&s, VFU_REGION_WRITE, false, 0, 0x1008, 4, true, 5);
    e = named(&s);
    YES(e, "register == \"nvme.sqtdbl[1]\"");
    YES(e, "register == nvme.sqtdbl[1] and nvme.sqtdbl[1] == 5 and nvme.sqtdbl == 5");
    YES(e, "register == nvme.sqtdbl");
    NO(e, "register == nvme.sqtdbl[0]");
    NO(e, "nvme.sqtdbl[11] == 5");

    test_case("a command and its reply");
    access_of(&s, VFU_REGION_READ, false, 0, 0x1c, 4, false, 0);
    access_of(&r, VFU_REGION_READ, true, 0, 0x1c, 4, true, 1);
    CHECK_EQ(verdict("nvme.csts.rdy == 1", false, named(&s), named(&r)), VFU_YES);
    CHECK_EQ(verdict("nvme.csts.rdy == 0", false, named(&s), named(&r)), VFU_NO);
    YES(named(&s), "nvme.csts");
    NO(named(&s), "nvme.csts == 0");

    test_case("without plugins nothing has a name");
    access_of(&s, VFU_REGION_READ, true, 0, 0x1c, 4, true, 1);
    NO(&s.event, "register");
    NO(&s.event, "register == nvme.csts");
    NO(&s.event, "register != nvme.csts");
    NO(&s.event, "nvme.csts == 1");
}

static void known_names(void)
{
    test_case("a name of a map that is known is checked against it");
    GOOD("nvme.csts == 5 and nvme.csts.shst == complete and register == nvme.cc and NVME.CC.EN == 1");
    GOOD("nvme.sqtdbl[3] == 1 and virtio.queue[900] == 1 and pci.command.bus_master == 1");
    WRONG(1, "did you mean nvme.csts", "nvme.cstx == 5");
    WRONG(15, "did you mean nvme.cc.en", "nvme.csts and nvme.cc.em == 1");
    WRONG(1, "no such register", "nvme.sqtdbl[4] == 1");
    WRONG(1, "no such register", ".cc");
    WRONG(1, "no such register", "other.");
    WRONG(13, "did you mean nvme.csts", "register == nvme.cts");
    WRONG(13, "no such register", "register == nvme.cc.en");
    WRONG(19, "did you mean complete", "nvme.csts.shst == compleat");
    WRONG(14, "neither a number", "nvme.csts == complete");
    WRONG(19, "neither a number", "nvme.csts.shst in a..b");
    test_case("one of another map is none");
    GOOD("mine.status == busy and mine.status.bit == 1 and register == mine.other[3]");
    WRONG(15, "not a number", "mine.status < busy");
    test_case("tables are asked for when a register is named, and not before");
    asked = 0;
    GOOD("command == REGION_READ and value & 1 and register == bar0+0x14 and header.size == 5");
    CHECK_EQ(asked, 0);
    GOOD("nvme.csts");
    CHECK(asked > 0);
    test_case("what may have been meant");
    WRONG(1, "did you mean command", "comand == 1");
    WRONG(12, "did you mean REGION_READ", "command == REGION_RED");
    WRONG(1, "no message has a field", "a+5 == 1");
}

static void early(void)
{
    struct sample s;
    struct vfu_event *e = access_of(&s, VFU_REGION_WRITE, false, 0, 0x14, 4, true, 0x60001);

    test_case("before plugins look, a register is where the tables have it");
    EARLY(VFU_YES, e, "nvme.cc.en == 1");
    EARLY(VFU_NO, e, "nvme.cc.en == 0");
    EARLY(VFU_YES, e, "nvme.cc == 0x60001 and nvme.cc & 1 and nvme.cc and register == nvme.cc");
    EARLY(VFU_YES, e, "nvme.cc.iosqes == \"64\" and nvme.cc.iosqes == 6");
    EARLY(VFU_NO, e, "nvme.cc.iosqes == \"16\"");
    EARLY(VFU_NO, e, "nvme.csts or register == nvme.csts or nvme.csts.rdy == 0");
    EARLY(VFU_YES, e, "register != nvme.csts");
    EARLY(VFU_NO, e, "register != nvme.cc");
    EARLY(VFU_YES, access_of(&s, VFU_REGION_WRITE, false, 0, 0x1008, 4, true, 7), "nvme.sqtdbl[1] == 7 and register == nvme.sqtdbl");
    EARLY(VFU_NO, &s.event, "nvme.sqtdbl[2] == 7");
    EARLY(VFU_YES, access_of(&s, VFU_REGION_READ, true, 0, 0x1c, 4, true, 8), "nvme.csts.shst == complete");
    EARLY(VFU_NO, access_of(&s, VFU_REGION_READ, true, 1, 0x1c, 4, true, 8), "nvme.csts.shst == complete");
    EARLY(VFU_YES, &s.event, "text contains \"REGION_READ\" and register == bar1+0x1c");
    test_case("and one that none of them gives a place is a mistake");
    WRONG_EARLY(1, "config space", "virtio.queue == 5");
    WRONG_EARLY(1, "before the traffic", "mine.status == 5");
    WRONG_EARLY(13, "before the traffic", "register == mine.status");
    WRONG_EARLY(1, "did you mean nvme.csts", "nvme.cstx == 5");
    WRONG_EARLY(19, "plugins", "register contains x");
    WRONG_EARLY(9, "plugins", "register");
}

static void version(struct sample *s, const char *json)
{
    access_of(s, VFU_VERSION, false, 0, 0, 0, false, 0);
    s->event.message.captured = VFU_HEADER_SIZE;
    put(s, 4, 1u << 16);
    for (; *json; json++)
        put(s, 1, (uint8_t)*json);
    put(s, 1, 0);
    s->event.message.size = s->event.size = (uint32_t)s->event.message.captured;
}

static void text(void)
{
    static const struct vfu_note notes[] = { { .plugin = "nvme", .text = "CC.EN 0 -> 1" } };
    static const struct vfu_rule rule = { .id = "region-bounds" };
    static const struct vfu_problem problems[] = { { .rule = &rule, .text = "beyond the end" } };
    struct vfu_event io = { .kind = VFU_EVENT_CONNECT };
    struct sample s;
    struct vfu_event *e = access_of(&s, VFU_REGION_WRITE, false, 0, 0x14, 4, true, 0x60001);

    e->notes = notes;
    e->note_count = 1;
    e->problems = problems;
    e->problem_count = 1;
    test_case("text: what the line says, and what stands below it; plain bytes");
    YES(e, "text contains \"REGION_WRITE\" and text contains bar0+0x14");
    YES(e, "text contains \"CC.EN 0 -> 1\" and text contains 'beyond the' and text contains region-bounds");
    YES(e, "text contains \"#37\"");
    NO(e, "text contains \"region_write\"");
    NO(e, "text contains \"cc.en 0\"");
    NO(e, "text contains \"bar0+0x15\"");
    YES(e, "not text contains nothing");
    test_case("text: VERSION's whole JSON, which is a field too");
    version(&s, "{\"capabilities\":{\"max_msg_fds\":8}, \"x\\\"y\": 1}");
    YES(&s.event, "text contains \"\\\"max_msg_fds\\\":8\" and json contains max_msg and json contains '\"x\\\"y\"'");
    YES(&s.event, "json contains \"x\\\\\\\"y\"");
    NO(&s.event, "json contains fds9 or json == x");
    test_case("bytes contain bytes, strings strings");
    YES(e = access_of(&s, VFU_REGION_WRITE, false, 0, 0x14, 4, true, 0x60001), "data contains 0006");
    NO(e, "data contains 0100" "01");
    NO(e, "data contains 1000");
    strcpy(io.connect.name, "qemu-system");
    io.connect.pid = 7;
    YES(&io, "name contains qemu and name == \"qemu-system\" and text contains qemu-s");
    NO(&io, "name == qemu or name != qemu-system or spec");
    NO(e, "name or spec or name contains q");
    WRONG(15, "nothing is contained", "text contains \"\"");
    WRONG(15, "second quote", "text contains \"a");
    WRONG(15, "hex", "data contains xyz");
    WRONG(6, "contains", "text == a");
    WRONG(5, "contains", "text");
    WRONG(8, "no text", "offset contains 5");
    WRONG(6, "==", "name < 5");
}

/* A word at a seam between the pieces in which a line is written: long ones have several. */
static void seams(void)
{
    static struct vfu_note notes[64];
    struct sample s;
    struct vfu_event *e = access_of(&s, VFU_REGION_WRITE, false, 0, 0x14, 4, true, 1);
    uint32_t random = 1; /* so that no part comes twice */
    char filter[100];

    test_case("text: at a seam between pieces");
    for (unsigned i = 0; i < 64; i++) {
        notes[i] = (struct vfu_note){ .plugin = "x" };
        for (unsigned k = 0; k < 200; k++)
            notes[i].text[k] = (char)('a' + (random = random * 1103515245 + 12345) / 65536 % 26);
        notes[i].text[200] = (char)('0' + i % 10);
    }
    e->notes = notes;
    e->note_count = 64;
    for (unsigned i = 0; i < 64; i++) {
        for (unsigned k = 0; k + 20 < 200; k += 7) {
            snprintf(filter, sizeof filter, "text contains %.20s", notes[i].text + k);
            if (verdict(filter, false, e, NULL) != VFU_YES)
                CHECK(!"found");
        }
        snprintf(filter, sizeof filter, "text contains \"%s\n        x: %.9s\"", i ? notes[i - 1].text + 190 : "", notes[i].text);
        YES(e, filter);
    }
    NO(e, "text contains aaaaaaaaaaaa");
}

/* --- what may come next --- */

static char offered[8192];

static void offer(void *context, const char *word)
{
    size_t used = strlen(offered);

    (void)context;
    snprintf(offered + used, sizeof offered - used, "%s%s", used ? " " : "", word);
}

/* Is just this offered, in this place? */
static void offers_(const char *text, size_t before, const char *words, int line)
{
    size_t at;

    offered[0] = '\0';
    at = vfu_filter_complete(text, false, &known, offer, NULL);
    if (!test_check(at == before && strcmp(offered, words) == 0, text, __FILE__, line))
        printf("#     %zu: %s\n", at, offered);
}
#define OFFERS(text, before, words) offers_(text, before, words, __LINE__)

static void completes_early(void)
{
    test_case("before a message is passed on: only what can be asked then");
    offered[0] = '\0';
    vfu_filter_complete("no", true, &known, offer, NULL);
    CHECK(strcmp(offered, "no no_reply not") == 0);
    offered[0] = '\0';
    vfu_filter_complete("virtio.", true, &known, offer, NULL);
    CHECK(strcmp(offered, "") == 0);
    offered[0] = '\0';
    vfu_filter_complete("nvme.cs", true, &known, offer, NULL);
    CHECK(strcmp(offered, "nvme.csts") == 0);
}

static void completes(void)
{
    test_case("fields");
    OFFERS("lat", 0, "latency");
    OFFERS("conn == 1 and chan", 14, "channel");
    OFFERS("not (lat", 5, "latency");
    OFFERS("conn == 1 and no", 14, "no no_reply note not");
    OFFERS("nvme.cs", 0, "nvme.csts");
    OFFERS("nvme.csts.", 0, "nvme.csts.rdy nvme.csts.shst");
    OFFERS("nvme.csts", 0, "nvme.csts nvme.csts.rdy nvme.csts.shst");
    OFFERS("pci.command.b", 0, "pci.command.bus_master");
    OFFERS("pci.s", 0, "pci.status_word");
    test_case("operators, and what joins tests");
    OFFERS("command ", 8, "== != < <= > >= in & and or");
    OFFERS("(command ", 9, "== != < <= > >= in & and or )");
    OFFERS("value & 1 ", 10, "== != < <= > >= in and or");
    OFFERS("text ", 5, "contains");
    OFFERS("problem ", 8, "== != and or");
    OFFERS("register ", 9, "== != in contains and or");
    OFFERS("json c", 5, "contains");
    OFFERS("no_reply ", 9, "and or");
    OFFERS("value == 1 a", 11, "and");
    OFFERS("(value == 1) ", 13, "and or");
    OFFERS("command >", 8, "> >=");
    test_case("values");
    OFFERS("command == REGION_R", 11, "REGION_READ");
    OFFERS("command == region_r", 11, "REGION_READ");
    OFFERS("channel != ", 11, "main twin");
    OFFERS("problem == map-o", 11, "map-overlap");
    OFFERS("reason == no-mem", 10, "");
    OFFERS("register == nvme.c", 12, "nvme.cap nvme.cc nvme.csts");
    OFFERS("register == \"nvme.cs", 12, "\"nvme.csts\"");
    OFFERS("register == conf", 12, "config+0x");
    OFFERS("nvme.csts.shst == ", 18, "normal occurring complete 64k");
    OFFERS("nvme.csts.shst == 'c", 18, "'complete'");
    OFFERS("value == ", 9, "");
    test_case("nothing behind a mistake, nor where anything may stand");
    OFFERS("foo == ", 0, "");
    OFFERS("value & ", 8, "");
    OFFERS("text contains ", 14, "");
    OFFERS("latency > 1", 10, "");
    OFFERS("register == \"nvme.csts\"", 12, "");
}

int main(void)
{
    vfu_register_map_sort(places, map.count);
    values();
    masks();
    place();
    names();
    known_names();
    early();
    text();
    seams();
    completes();
    completes_early();
    return test_end();
}
