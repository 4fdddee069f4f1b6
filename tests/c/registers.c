/*
 * Registers by place, and what the bits of an access say of them: in part, of several at once, of arrays, at the ends of
 * what numbers hold.
 */
#include "decoder/registers/registers.h"
#include "test.h"

#include <string.h>

static const struct vfu_register_value modes[] = { { 0, "idle" }, { 5, "fast" } };
static const struct vfu_register_field bits[] = {
    { "EN", 0, 1, 0, NULL }, { "MODE", 4, 4, 2, modes }, { "SIZE", 8, 8, 0, NULL }, { "HIGH", 32, 16, 0, NULL }
};
static const struct vfu_register cap = { .name = "dev.cap", .width = 8, .field_count = 4, .fields = bits };
static const struct vfu_register command = { .name = "dev.command", .width = 2 }, status = { .name = "dev.status", .width = 2 };
static const struct vfu_register bell = { .name = "dev.bell", .width = 4 };

static struct vfu_register_place places[] = {
    { .reg = &bell, .region = 0, .offset = 0x1000, .count = 3, .stride = 8 },
    { .reg = &status, .region = 7, .offset = 6 },
    { .reg = &cap, .region = 0, .offset = 0 },
    { .reg = &command, .region = 7, .offset = 4 },
    { .reg = &bell, .region = 1, .offset = UINT64_MAX - 7, .count = UINT32_MAX, .stride = UINT64_MAX },
};
static struct vfu_register_map map = { places, sizeof places / sizeof places[0] };
static struct vfu_register_at found[VFU_REGISTERS_NAMED];

static const char *name(unsigned i)
{
    static char text[64];
    struct vfu_writer w = vfu_writer(text, sizeof text - 1, NULL, NULL);

    vfu_register_write_name(&w, &found[i]);
    text[w.used] = '\0';
    return text;
}

static const char *fields(uint64_t value, unsigned width)
{
    static char text[128];
    struct vfu_writer w = vfu_writer(text, sizeof text - 1, NULL, NULL);

    vfu_register_write_fields(&w, &found[0], value, width);
    text[w.used] = '\0';
    return text;
}

static void by_place(void)
{
    test_case("by place");
    CHECK_EQ(vfu_register_map_find(&map, 0, 0, 8, found), 1);
    CHECK(!strcmp(name(0), "dev.cap"));
    CHECK_EQ(vfu_register_map_find(&map, 0, 4, 4, found), 1);
    CHECK(!strcmp(name(0), "dev.cap+4"));
    CHECK_EQ(vfu_register_map_find(&map, 0, 8, 4, found), 0);
    CHECK_EQ(vfu_register_map_find(&map, 2, 0, 4, found), 0);
    CHECK_EQ(vfu_register_map_find(&map, 7, 4, 4, found), 2);
    CHECK(!strcmp(name(0), "dev.command"));
    CHECK(!strcmp(name(1), "dev.status"));
    test_case("of an array, and what lies between its registers");
    CHECK_EQ(vfu_register_map_find(&map, 0, 0x1010, 4, found), 1);
    CHECK(!strcmp(name(0), "dev.bell[2]"));
    CHECK_EQ(vfu_register_map_find(&map, 0, 0x100c, 4, found), 0);
    CHECK_EQ(vfu_register_map_find(&map, 0, 0x1018, 4, found), 0);
    test_case("a dump is no access to registers");
    CHECK_EQ(vfu_register_map_find(&map, 7, 0, 256, found), 0);
    CHECK_EQ(vfu_register_map_find(&map, 7, 4, 0, found), 0);
    test_case("at the end of what numbers hold");
    CHECK_EQ(vfu_register_map_find(&map, 1, UINT64_MAX - 3, 4, found), 0);
    CHECK_EQ(vfu_register_map_find(&map, 1, UINT64_MAX - 7, 4, found), 1);
    CHECK_EQ(vfu_register_map_find(&map, 1, UINT64_MAX, 8, found), 0);
}

static void by_bits(void)
{
    uint64_t v = 0, known = 0;

    test_case("fields");
    vfu_register_map_find(&map, 0, 0, 8, found);
    CHECK(!strcmp(fields(UINT64_C(0x1200001051), 8), "EN, MODE fast, SIZE 0x10, HIGH 0x12"));
    CHECK(!strcmp(fields(0, 8), ""));
    CHECK(!strcmp(fields(UINT64_C(0x1200000031), 4), "EN, MODE 3"));
    test_case("a part knows its own bits only");
    vfu_register_map_find(&map, 0, 4, 4, found);
    CHECK(!strcmp(fields(0x12, 4), "HIGH 0x12"));
    CHECK(!vfu_register_field(&found[0], &bits[0], 1, 4, &v));
    CHECK(vfu_register_field(&found[0], &bits[3], 0x12, 4, &v));
    CHECK_EQ(v, 0x12);
    test_case("the second of two");
    vfu_register_map_find(&map, 7, 4, 4, found);
    CHECK_EQ(vfu_register_bits(&found[1], 0x12345678, 4, &known), 0x1234);
    CHECK_EQ(known, 0xffff);
    CHECK_EQ(vfu_register_bits(&found[0], 0x12345678, 4, &known), 0x5678);
    CHECK_EQ(known, 0xffff);
}

/* Arrays that lie in each other's gaps, and one that goes around all the others: what is found is what is there. */
static void arrays_in_arrays(void)
{
    static const struct vfu_register gain = { .name = "adc.ch[].gain", .width = 2 }, mode = { .name = "adc.ch[].mode", .width = 2 };
    static const struct vfu_register far = { .name = "adc.far", .width = 1 }, id = { .name = "adc.id", .width = 4 };
    static struct vfu_register_place lie[] = {
        { .reg = &gain, .offset = 0x10, .count = 1000, .stride = 16 }, { .reg = &mode, .offset = 0x12, .count = 1000, .stride = 16 },
        { .reg = &far, .offset = 0x18, .count = 2, .stride = 0x100000 }, { .reg = &id, .offset = 0x24 },
        { .reg = &id, .region = 1, .offset = 0x14 },
        { .reg = &gain, .region = 2, .count = 1000, .stride = 16 }, { .reg = &far, .region = 2, .offset = 4 }, { .reg = &id, .region = 2, .offset = 8 },
    };
    const struct vfu_register_map all = { lie, sizeof lie / sizeof lie[0] };
    const char *rest;
    uint64_t index;

    vfu_register_map_sort(lie, all.count);
    test_case("arrays in the gaps of arrays");
    CHECK_EQ(vfu_register_map_find(&all, 0, 0x30, 4, found), 2);
    CHECK_TEXT(name(0), "adc.ch[2].gain");
    CHECK_TEXT(name(1), "adc.ch[2].mode");
    CHECK_EQ(vfu_register_map_find(&all, 0, 0x100018, 1, found), 1);
    CHECK_TEXT(name(0), "adc.far[1]");
    CHECK_EQ(vfu_register_map_find(&all, 0, 0x24, 4, found), 1);
    CHECK_TEXT(name(0), "adc.id");
    CHECK_EQ(vfu_register_map_find(&all, 0, 0x14, 4, found), 0);
    CHECK_EQ(vfu_register_map_find(&all, 1, 0x14, 4, found), 1);
    CHECK_EQ(vfu_register_map_find(&all, 2, 16 * 500, 2, found), 1);
    CHECK_TEXT(name(0), "adc.ch[500].gain");
    CHECK_EQ(vfu_register_map_find(&all, 0, 0x10 + 16 * 999, 2, found), 1);
    CHECK_TEXT(name(0), "adc.ch[999].gain");
    CHECK(vfu_register_named("ADC.ch[7].gain", &gain, &index, &rest) && index == 7 && !*rest);
    CHECK(vfu_register_named("adc.ch.gain.low", &gain, &index, &rest) && index == UINT64_MAX && strcmp(rest, ".low") == 0);
    CHECK(!vfu_register_named("adc.ch[7].gai", &gain, &index, &rest) && !vfu_register_named("adc.ch[7].gains", &gain, &index, &rest));
    CHECK(vfu_register_named("adc.far[1]+4", &far, &index, &rest) && index == 1 && strcmp(rest, "+4") == 0);
}

int main(void)
{
    vfu_register_map_sort(places, map.count);
    by_place();
    by_bits();
    arrays_in_arrays();
    return test_end();
}
