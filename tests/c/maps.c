/*
 * Maps of registers from files: what is in them once they are read, what is said of bad ones and where, and hostile ones, which end
 * with a line, too.
 */
#include "plugins/maps/maps.h"
#include "test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct vfu_error error;
static char remarks[512];

static void remark(void *context, const char *text)
{
    (void)context;
    snprintf(remarks + strlen(remarks), sizeof remarks - strlen(remarks), "%s\n", text);
}

static struct vfu_devmap *parse_with(const char *text, struct vfu_maps_how how)
{
    how.remark = remark;
    remarks[0] = '\0';
    error.text[0] = '\0';
    return vfu_maps_parse(text, strlen(text), &how, &error);
}

static struct vfu_devmap *parse(const char *text)
{
    return parse_with(text, (struct vfu_maps_how){ 0 });
}

/* A map with these registers in bar0. */
static struct vfu_devmap *registers(const char *list)
{
    char text[4096];

    snprintf(text, sizeof text, "{\"name\": \"dev\", \"regions\": {\"bar0\": {\"registers\": [%s]}}}", list);
    return parse(text);
}

static void fails(struct vfu_devmap *m, const char *why)
{
    CHECK(m == NULL);
    CHECK_TEXT(error.text, why);
    vfu_devmap_free(m);
}

/* The names at a place, with commas. */
static const char *at(const struct vfu_devmap *m, uint32_t region, uint64_t offset, uint64_t size)
{
    static char text[512];
    struct vfu_register_at found[VFU_REGISTERS_NAMED];
    unsigned count = m ? vfu_register_map_find(&m->map, region, offset, size, found) : 0;
    struct vfu_writer w = vfu_writer(text, sizeof text - 1, NULL, NULL);

    for (unsigned i = 0; i < count; i++) {
        vfu_write_text(&w, i ? "," : "");
        vfu_register_write_name(&w, &found[i]);
    }
    text[w.used] = '\0';
    return text;
}

static const struct vfu_devmap_register *named(const struct vfu_devmap *m, const char *name)
{
    const struct vfu_register_place *place;
    uint64_t index;

    return m && vfu_devmap_find(m, name, &place, &index) ? vfu_devmap_register_of(place->reg) : NULL;
}

/* --- our own format --- */

static void json_reads(void)
{
    const struct vfu_register_place *one, *other;
    size_t from = 0;
    struct vfu_devmap *m = registers(
        "{\"name\": \"status\", \"offset\": \"0x20\", \"access\": \"rw1c\", \"reset\": \"0x10\", \"fields\": [{\"name\": \"busy\", \"bits\": 0},"
        " {\"name\": \"mode\", \"bits\": \"7:4\", \"values\": {\"0\": \"idle\", \"0x1\": \"fast\"}}]},"
        "{\"name\": \"ring\", \"offset\": \"0x100\", \"width\": 8, \"count\": 4, \"stride\": \"0x10\", \"role\": \"dma_address\"},"
        "{\"name\": \"size\", \"offset\": 264, \"count\": 4, \"stride\": 16, \"role\": \"length\"},"
        "{\"name\": \"ch\", \"offset\": \"1K\", \"count\": 1000000000, \"stride\": \"0x100\", \"registers\": ["
        "  {\"name\": \"gain\", \"offset\": 4, \"width\": 2}, {\"name\": \"tap\", \"offset\": 8, \"width\": 1, \"count\": 8}]}");

    CHECK(m == NULL); /* a billion blocks with an array in each */
    CHECK_TEXT(error.text, "regions.bar0.registers[3].registers[1]: more than 65536 registers");
    m = registers("{\"name\": \"status\", \"offset\": \"0x20\", \"access\": \"rw1c\", \"reset\": \"0x10\", \"fields\": ["
                  "{\"name\": \"busy\", \"bits\": 0}, {\"name\": \"mode\", \"bits\": \"7:4\", \"values\": {\"0\": \"idle\", \"0x1\": \"fast\"}}]},"
                  "{\"name\": \"ring\", \"offset\": \"0x100\", \"width\": 8, \"count\": 4, \"stride\": \"0x10\", \"role\": \"dma_address\"},"
                  "{\"name\": \"size\", \"offset\": 264, \"count\": 4, \"stride\": 16, \"role\": \"length\"},"
                  "{\"name\": \"ch\", \"offset\": \"1K\", \"count\": 1000000000, \"stride\": \"0x100\", \"registers\": ["
                  "  {\"name\": \"gain\", \"offset\": 4, \"width\": 2}, {\"name\": \"no\", \"offset\": 8, \"width\": 1}]},"
                  "{\"name\": \"port\", \"offset\": \"0x200\", \"count\": 2, \"stride\": 64, \"registers\": ["
                  "  {\"name\": \"word\", \"offset\": 0, \"count\": 4}]}");
    CHECK_TEXT(error.text, "");
    CHECK_TEXT(at(m, 0, 0x20, 4), "dev.status");
    CHECK_TEXT(at(m, 0, 0x1f, 1), "");
    CHECK_TEXT(at(m, 0, 0x22, 4), "dev.status+2");
    CHECK_TEXT(at(m, 0, 0x130, 8), "dev.ring[3]");
    CHECK_TEXT(at(m, 0, 0x138, 4), "dev.size[3]");
    CHECK_TEXT(at(m, 0, 0x140, 8), "");
    CHECK_TEXT(at(m, 0, 0x404 + 256ull * 999999999, 2), "dev.ch[999999999].gain");
    CHECK_TEXT(at(m, 0, 0x404 + 256ull * 1000000000, 2), "");
    CHECK_TEXT(at(m, 0, 0x508, 1), "dev.ch[1].no");
    CHECK_TEXT(at(m, 0, 0x24c, 4), "dev.port[1].word[3]");
    CHECK_TEXT(at(m, 1, 0x20, 4), "");
    CHECK(named(m, "DEV.Status") && named(m, "dev.ch[5].gain") && named(m, "dev.ch.gain") && !named(m, "dev.ring[4]"));
    CHECK(named(m, "dev.ring")->length == named(m, "dev.size"));
    CHECK_EQ(named(m, "dev.status")->access, VFU_ACCESS_RW1C);
    CHECK(named(m, "dev.status")->has_reset && named(m, "dev.status")->reset == 0x10);
    CHECK_TEXT(vfu_register_value_name(&named(m, "dev.status")->reg.fields[1], 1), "fast");
    CHECK(m && !vfu_devmap_overlap(m, &from, &one, &other));
    vfu_devmap_free(m);
}

static void json_is_for(void)
{
    struct vfu_devmap *m = parse("{\"name\": \"d\", \"pci\": [\"1234:11e8\", \"8086:*\"], \"class\": \"0x02\", \"regions\": {}}");

    CHECK(m && vfu_devmap_claims(m, 0x1234, 0x11e8, 0xff00) && vfu_devmap_claims(m, 0x8086, 1, 0) && !vfu_devmap_claims(m, 0x1234, 1, 0x020000));
    vfu_devmap_free(m);
    m = parse("{\"name\": \"d\", \"class\": \"0x0108\", \"regions\": {}}");
    CHECK(m && vfu_devmap_claims(m, 1, 2, 0x010802) && !vfu_devmap_claims(m, 1, 2, 0x010702));
    vfu_devmap_free(m);
    m = parse("{\"name\": \"d\", \"regions\": {}}");
    CHECK(m && vfu_devmap_claims(m, 1, 2, 3));
    vfu_devmap_free(m);
}

static void json_moves(void)
{
    const char *text = "{\"name\": \"d\", \"regions\": {\"bar0\": {\"registers\": [{\"name\": \"r\", \"offset\": 4}]}}}";
    const char *two = "{\"name\": \"d\", \"regions\": {\"bar0\": {\"registers\": []}, \"bar1\": {\"registers\": []}}}";
    struct vfu_devmap *m = parse_with(text, (struct vfu_maps_how){ .has_region = true, .region = 2, .offset = 0x1000 });

    CHECK_TEXT(at(m, 2, 0x1004, 4), "d.r");
    vfu_devmap_free(m);
    fails(parse_with(two, (struct vfu_maps_how){ .has_region = true, .region = 2 }),
          "regions: it has several, and region= says where one is to lie");
}

#define REGISTER(members) "{\"name\": \"r\", \"offset\": 0, " members "}"

static void json_mistakes(void)
{
    fails(parse(""), "it is empty");
    fails(parse("{\n  \"name\": \"d\",\n  \"regions\": {]\n}"), "line 3, column 15: a string is expected");
    fails(parse("{\"name\": \"\xc3\xa9\", ]"), "line 1, column 15: a string is expected");
    fails(parse("{\"name\": \"d\", \"regions\": {}"), "line 1, column 28: it ends too early");
    fails(parse("{\"name\": 0x10}"), "line 1, column 10: no number; in a string it may be: \"0x20\"");
    fails(parse("{\"name\": \"d\" \"b\"}"), "line 1, column 14: a comma or } is expected");
    fails(parse("{\"name\": \"d\", \"regions\": {}}\n x"), "line 2, column 2: something stands behind the map");
    fails(parse("[]"), "an object is expected");
    fails(parse("{}"), "name: it is missing");
    fails(parse("{\"name\": \"a b\"}"), "name: letters, digits, _, - and . are expected, 63 at most");
    fails(parse("{\"name\": \"d\"}"), "regions: it is missing");
    fails(parse("{\"name\": \"d\", \"pci\": \"12345:1\", \"regions\": {}}"),
          "pci: vendor and device are expected as four hex digits each: \"1234:11e8\", or \"1234:*\"");
    fails(parse("{\"name\": \"d\", \"pci\": [\"1234:1111\", 5], \"regions\": {}}"),
          "pci[1]: vendor and device are expected as four hex digits each: \"1234:11e8\", or \"1234:*\"");
    fails(parse("{\"name\": \"d\", \"class\": \"2\", \"regions\": {}}"), "class: 2, 4 or 6 hex digits are expected: \"0x010802\"");
    fails(parse("{\"name\": \"d\", \"regions\": {\"bar9\": {}}}"),
          "regions.bar9: no region (bar0 to bar5, rom, config, vga or a number)");
    fails(parse("{\"name\": \"d\", \"regions\": {\"bar0\": {}}}"), "regions.bar0.registers: it is missing");
    fails(registers("{}"), "regions.bar0.registers[0].name: it is missing");
    fails(registers("{\"name\": \"a\", \"offset\": 0}, 5"), "regions.bar0.registers[1]: an object is expected");
    fails(registers("{\"name\": \"r\"}"), "regions.bar0.registers[0].offset: it is missing");
    fails(registers(REGISTER("\"width\": 3")), "regions.bar0.registers[0].width: 1, 2, 4 or 8 is expected, in bytes");
    fails(registers("{\"name\": \"r\", \"offset\": \"x\"}"), "regions.bar0.registers[0].offset: a number is expected: 32, or \"0x20\"");
    fails(registers("{\"name\": \"r\", \"offset\": -1}"), "regions.bar0.registers[0].offset: a number is expected: 32, or \"0x20\"");
    fails(registers(REGISTER("\"access\": \"rx\"")),
          "regions.bar0.registers[0].access: one of ro wo rw rw1c rc reserved is expected");
    fails(registers(REGISTER("\"reset\": \"0x100000000\"")), "regions.bar0.registers[0].reset: more than 0xffffffff");
    fails(registers(REGISTER("\"count\": 0")), "regions.bar0.registers[0].count: 1 or more is expected");
    fails(registers(REGISTER("\"count\": 2, \"stride\": 2")),
          "regions.bar0.registers[0].stride: 2 bytes are less than the register has");
    fails(registers(REGISTER("\"stride\": 8")), "regions.bar0.registers[0].stride: without a count it means nothing");
    fails(registers("{\"name\": \"r\", \"offset\": \"0xffffffffffffffff\"}"),
          "regions.bar0.registers[0]: offset: it ends above the last address");
    fails(registers(REGISTER("\"fields\": [{\"name\": \"a\", \"bits\": 0}, {\"name\": \"f\", \"bits\": \"4:7\"}]")),
          "regions.bar0.registers[0].fields[1].bits: \"7:4\" or \"3\" is expected, the high one first");
    fails(registers(REGISTER("\"fields\": [{\"name\": \"f\", \"bits\": \"32\"}]")),
          "regions.bar0.registers[0].fields[0].bits: the register has 32, from 0 to 31");
    fails(registers(REGISTER("\"fields\": [{\"name\": \"f\", \"bits\": 0, \"values\": {\"2\": \"x\"}}]")),
          "regions.bar0.registers[0].fields[0].values.2: the field has 1 bit");
    fails(registers(REGISTER("\"role\": \"dma_address\", \"length\": \"len\"")), "dev.r: there is no register dev.len, which it names");
    fails(registers(REGISTER("\"length\": \"len\"")),
          "regions.bar0.registers[0].length: only of a register with the role dma_address or dma_low");
    fails(registers(REGISTER("\"widths\": [3]")), "regions.bar0.registers[0].widths: 1, 2, 4 or 8 is expected, or a list of these");
    fails(registers("{\"name\": \"b\", \"offset\": 0, \"registers\": [{\"name\": \"c\", \"offset\": 0, \"registers\": 5}]}"),
          "regions.bar0.registers[0].registers[0].registers: a list is expected");
}

static void json_remarks(void)
{
    vfu_devmap_free(registers(REGISTER("\"acces\": \"ro\", \"x-own\": 1, \"$id\": 2")));
    CHECK_TEXT(error.text, "");
    CHECK_TEXT(remarks, "regions.bar0.registers[0].acces: no member that is known; did you mean access?\n");
    vfu_devmap_free(registers(REGISTER("\"\": 1, \"name width\": 2")));
    CHECK_TEXT(remarks, "regions.bar0.registers[0].: no member that is known\nregions.bar0.registers[0].name width: no member that is known\n");
}

static void overlaps(void)
{
    struct vfu_devmap *m = registers("{\"name\": \"a\", \"offset\": 0}, {\"name\": \"b\", \"offset\": 2}, {\"name\": \"rx\", \"offset\": 8, \"access\": \"ro\"},"
                                     "{\"name\": \"tx\", \"offset\": 8, \"access\": \"wo\"}, {\"name\": \"arr\", \"offset\": 16, \"count\": 4, \"stride\": 8},"
                                     "{\"name\": \"in\", \"offset\": 28}, {\"name\": \"over\", \"offset\": 34, \"width\": 2}");
    const struct vfu_register_place *one = NULL, *other = NULL;
    size_t from = 0;

    CHECK(m && vfu_devmap_overlap(m, &from, &one, &other));
    CHECK_TEXT(one ? one->reg->name : "", "dev.a");
    CHECK_TEXT(other ? other->reg->name : "", "dev.b");
    CHECK(m && vfu_devmap_overlap(m, &from, &one, &other));
    CHECK_TEXT(one ? one->reg->name : "", "dev.arr");
    CHECK_TEXT(other ? other->reg->name : "", "dev.over");
    CHECK(m && !vfu_devmap_overlap(m, &from, &one, &other));
    vfu_devmap_free(m);
}

/* --- text that is made up --- */

struct text {
    char *bytes;
    size_t size, room;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
    va_list args;

    if (t->room - t->size < 512) {
        t->room = 2 * t->room + 4096;
        t->bytes = realloc(t->bytes, t->room);
    }
    va_start(args, format);
    t->size += (size_t)vsnprintf(t->bytes + t->size, t->room - t->size, format, args);
    va_end(args);
}

static struct vfu_devmap *parse_made(struct text *t)
{
    struct vfu_devmap *m = parse(t->bytes);

    free(t->bytes);
    *t = (struct text){ 0 };
    return m;
}

static void many(void)
{
    struct text t = { 0 };
    struct vfu_devmap *m;

    add(&t, "{\"name\": \"d\", \"regions\": {\"bar0\": {\"registers\": [");
    for (unsigned i = 0; i < 20000; i++)
        add(&t, "%s{\"name\": \"r%u\", \"offset\": %u, \"fields\": [{\"name\": \"f\", \"bits\": \"7:4\"}]}", i ? "," : "", i, 4 * i);
    add(&t, "]}}}");
    m = parse_made(&t);
    CHECK_TEXT(error.text, "");
    CHECK_TEXT(at(m, 0, 4 * 19999, 4), "d.r19999");
    CHECK_TEXT(at(m, 0, 4 * 777 + 2, 4), "d.r777+2,d.r778");
    vfu_devmap_free(m);

    add(&t, "{\"name\": \"d\", \"regions\": {\"bar0\": {\"registers\": [");
    for (unsigned i = 0; i < 300; i++)
        add(&t, "%s{\"name\": \"r%u\", \"offset\": %u, \"count\": 1000, \"stride\": 4096}", i ? "," : "", i, 4 * i);
    add(&t, "]}}}");
    fails(parse_made(&t), "d.r256: more than 256 registers lie around its place");

    add(&t, "{\"name\": \"d\", \"regions\": {\"bar0\": {\"registers\": [");
    for (unsigned i = 0; i < 300; i++)
        add(&t, "%s{\"name\": \"r%u\", \"offset\": 8}", i ? "," : "", i);
    add(&t, "]}}}");
    CHECK(parse_made(&t) == NULL);
    CHECK(strstr(error.text, "more than 256 registers lie around its place") != NULL);

    add(&t, "{\"name\": \"d\", \"regions\": {\"bar0\": ");
    for (unsigned i = 0; i < 100; i++)
        add(&t, "{\"name\": \"b\", \"offset\": 0, \"registers\": [");
    add(&t, "{\"name\": \"r\", \"offset\": 0}");
    for (unsigned i = 0; i < 100; i++)
        add(&t, "]}");
    add(&t, "}}");
    CHECK(parse_made(&t) == NULL);
    CHECK(strstr(error.text, "more than 16 blocks within each other") != NULL);

    for (unsigned i = 0; i < 5000; i++)
        add(&t, "[");
    fails(parse_made(&t), "line 1, column 1002: it lies too deep");
}

#ifdef HAVE_EXPAT
/* --- SVD --- */

/* A device with these peripherals. */
static struct vfu_devmap *device(const char *peripherals)
{
    char text[8192];

    snprintf(text, sizeof text, "<?xml version=\"1.0\"?><device><name>chip</name><size>32</size>\n<peripherals>%s</peripherals></device>",
             peripherals);
    return parse(text);
}

/* A peripheral with these registers. */
static struct vfu_devmap *peripheral(const char *list)
{
    char text[6144];

    snprintf(text, sizeof text, "<peripheral><name>P</name><baseAddress>0x40000000</baseAddress><registers>%s</registers></peripheral>", list);
    return device(text);
}

#define NAMED(name) "<name>" name "</name>"
#define REG(name, offset, more) "<register>" NAMED(name) "<addressOffset>" offset "</addressOffset>" more "</register>"
#define DIM(count, step) "<dim>" count "</dim><dimIncrement>" step "</dimIncrement>"

static void svd_reads(void)
{
    struct vfu_devmap *m = device(
        "<peripheral>" NAMED("UART1") "<baseAddress>0x40011000</baseAddress><vendor><name>X</name></vendor><registers>"
        REG("SR", "0x0", "<access>read-only</access><resetValue>0xC0</resetValue><readAction>clear</readAction><fields>"
            "<field>" NAMED("TXE") "<bitRange>[7:7]</bitRange></field><field>" NAMED("MODE") "<lsb>0</lsb><msb>1</msb><enumeratedValues>"
            "<enumeratedValue>" NAMED("Off") "<value>0</value></enumeratedValue><enumeratedValue>" NAMED("On") "<value>#01</value>"
            "</enumeratedValue></enumeratedValues></field></fields>")
        REG("DR[%s]", "0x100", DIM("100", "8")) REG("CH%s", "0x10", DIM("3", "4") "<dimIndex>A,B,C</dimIndex>")
        "<cluster>" NAMED("Q[%s]") DIM("4", "0x10") "<addressOffset>0x40</addressOffset>" REG("LOW", "4", "<size>16</size>") "</cluster>"
        "</registers></peripheral>"
        "<peripheral derivedFrom=\"UART1\">" NAMED("UART2") "<baseAddress>0x40010000</baseAddress></peripheral>");

    CHECK_TEXT(error.text, "");
    CHECK_TEXT(at(m, 0, 0, 4), "UART2.SR");
    CHECK_TEXT(at(m, 0, 0x1000, 4), "UART1.SR");
    CHECK_TEXT(at(m, 0, 0x1018, 4), "UART1.CHC");
    CHECK_TEXT(at(m, 0, 0x1074, 2), "UART1.Q[3].LOW");
    CHECK_TEXT(at(m, 0, 0x1100 + 8 * 99, 4), "UART1.DR[99]");
    CHECK_TEXT(at(m, 0, 0x1100 + 8 * 100, 4), "");
    CHECK_EQ(named(m, "UART1.SR")->reg.flags, VFU_REGISTER_READ_ONLY | VFU_REGISTER_READ_CHANGES);
    CHECK(named(m, "UART1.SR")->has_reset && named(m, "UART1.SR")->reset == 0xc0);
    CHECK_TEXT(vfu_register_value_name(&named(m, "UART2.SR")->reg.fields[1], 1), "On");
    CHECK_EQ(named(m, "UART1.SR")->reg.fields[0].low, 7);
    CHECK_EQ(named(m, "UART1.Q[0].LOW")->reg.width, 2);
    vfu_devmap_free(m);

    m = peripheral(REG("DR[%s]", "0", DIM("1000000000", "8")));
    CHECK_TEXT(at(m, 0, 8ull * 999999999, 4), "P.DR[999999999]");
    vfu_devmap_free(m);
    m = peripheral(REG("A", "0", "<access>read-write</access><fields><field>" NAMED("F%s") DIM("2", "4") "<bitOffset>1</bitOffset>"
                                 "<bitWidth>3</bitWidth></field></fields>")
                   "<register derivedFrom=\"A\">" NAMED("B") "<addressOffset>4</addressOffset></register>");
    CHECK_TEXT(error.text, "");
    CHECK(named(m, "P.B") && named(m, "P.B")->reg.field_count == 2 && named(m, "P.B")->reg.fields[1].low == 5);
    CHECK_TEXT(named(m, "P.B")->reg.fields[1].name, "F1");
    vfu_devmap_free(m);
}

static void svd_mistakes(void)
{
    struct text t = { 0 };

    fails(parse("<device><name>x</nam></device>"), "line 1, column 18: mismatched tag");
    fails(parse("<a/>"), "line 1, column 1: no SVD: its outermost element is not <device>");
    fails(parse("<device></device>"), "it has no <peripherals>");
    fails(parse("<!DOCTYPE d [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><device><name>&b;</name></device>"),
          "line 1, column 25: entities are not taken: an SVD needs none");
    fails(parse("<!DOCTYPE d [<!ENTITY x SYSTEM \"/etc/passwd\">]><device><name>&x;</name></device>"),
          "line 1, column 45: entities are not taken: an SVD needs none");
    fails(peripheral(REG("A", "x", "")), "line 2: P.A.addressOffset: a number is expected");
    fails(peripheral("<register>" NAMED("A") "</register>"), "line 2: P.A.addressOffset: it is missing");
    fails(peripheral("<register derivedFrom=\"NO\">" NAMED("A") "</register>"), "line 2: P.A.derivedFrom: there is nothing of that name");
    fails(peripheral("<register derivedFrom=\"B\">" NAMED("A") "</register><register derivedFrom=\"A\">" NAMED("B") "</register>"),
          "line 2: P.A.derivedFrom: it is derived from itself, or from what it lies in");
    fails(peripheral("<cluster>" NAMED("A") "<addressOffset>0</addressOffset><cluster derivedFrom=\"P.A\">" NAMED("B")
                     "</cluster></cluster>"),
          "line 2: P.A.B.derivedFrom: it is derived from itself, or from what it lies in");
    fails(peripheral(REG("A", "0", "<fields><field>" NAMED("F") "<bitRange>[32:30]</bitRange></field></fields>")),
          "line 2: P.A.F: its bits are not in the register");
    fails(peripheral(REG("A%s", "0", DIM("1000000000", "4"))), "line 2: P.A%s.dim: too many of them have names of their own");
    fails(peripheral(REG("A%s", "0", DIM("3", "4") "<dimIndex>X,Y</dimIndex>")), "line 2: P.A%s.dimIndex: it has fewer names than dim says");
    fails(peripheral(REG("A", "0", "<size>65</size>")), "line 2: P.A.size: 1 to 64 bits are expected");

    for (unsigned i = 0; i < 100; i++)
        add(&t, "<device>");
    fails(parse_made(&t), "line 1, column 513: elements lie too deep within each other");

    /* Each cluster is ten of the next, and none has a register. */
    add(&t, "<device><peripherals><peripheral><name>P</name><baseAddress>0</baseAddress><registers>");
    for (unsigned i = 0; i < 12; i++) {
        add(&t, "<cluster><name>C%u</name><addressOffset>0</addressOffset>", i);
        for (unsigned k = 0; k < 10 && i < 11; k++)
            add(&t, "<cluster derivedFrom=\"P.C%u\"><name>D%u</name></cluster>", i + 1, k);
        add(&t, "</cluster>");
    }
    add(&t, "</registers></peripheral></peripherals></device>");
    CHECK(parse_made(&t) == NULL);
    CHECK(strstr(error.text, "too much is derived from other elements") != NULL);
}
#endif

int main(void)
{
#ifdef HAVE_EXPAT
    test_case("SVD: peripherals, clusters, arrays, fields");
    svd_reads();
    test_case("SVD: mistakes, entities, loops, depth");
    svd_mistakes();
#endif
    test_case("our format: registers, arrays, blocks, fields");
    json_reads();
    test_case("for which devices");
    json_is_for();
    test_case("in which region, at which offset");
    json_moves();
    test_case("mistakes, by line and column or by path");
    json_mistakes();
    test_case("members that nobody knows");
    json_remarks();
    test_case("overlaps");
    overlaps();
    test_case("20,000 registers; too many arrays around a place; too deep");
    many();
    return test_end();
}
