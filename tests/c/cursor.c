/*
 * The cursor: every width at every distance from the end, both byte orders, failure that stays, seeking.
 */
#include "decoder/wire/cursor.h"
#include "test.h"

static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0x04, 0x85, 0x06, 0x07, 0x88, 0x09 };

static void widths(bool swap)
{
    struct vfu_cursor c = vfu_cursor(bytes, sizeof bytes, swap);

    test_case("widths, %s byte order", swap ? "the other" : "this machine's");
    CHECK_EQ(vfu_cursor_u8(&c), 0x01);
    CHECK_EQ(vfu_cursor_u16(&c), swap ? 0x0203 : 0x0302);
    CHECK_EQ(vfu_cursor_u32(&c), swap ? 0x04850607 : 0x07068504);
    CHECK_EQ(vfu_cursor_left(&c), 2);
    CHECK(!c.failed);
    c = vfu_cursor(bytes, sizeof bytes, swap);
    CHECK_EQ(vfu_cursor_u64(&c), swap ? 0x0102030485060788 : 0x8807068504030201);
    CHECK_EQ(vfu_cursor_left(&c), 1);
    for (unsigned width = 1; width <= 8; width *= 2) {
        struct vfu_cursor a = vfu_cursor(bytes, sizeof bytes, swap), b = a;
        uint64_t n = width == 1   ? vfu_cursor_u8(&b)
                     : width == 2 ? vfu_cursor_u16(&b)
                     : width == 4 ? vfu_cursor_u32(&b)
                                  : vfu_cursor_u64(&b);

        CHECK_EQ(vfu_cursor_uint(&a, width), n);
        CHECK(a.at == bytes + width);
    }
}

static void ends(void)
{
    for (unsigned width = 1; width <= 8; width *= 2) {
        test_case("a read of %u bytes at each distance from the end", width);
        for (size_t size = 0; size <= sizeof bytes; size++) {
            struct vfu_cursor c = vfu_cursor(bytes, size, false);
            uint64_t n = vfu_cursor_uint(&c, width);

            CHECK_EQ(c.failed, size < width);
            CHECK_EQ(n == 0, size < width);
            CHECK(c.at == bytes + (size < width ? 0 : width));
        }
    }
}

static void sticks(void)
{
    struct vfu_cursor c = vfu_cursor(bytes, 4, false);

    test_case("failure stays");
    vfu_cursor_u64(&c);
    CHECK(c.failed);
    CHECK_EQ(vfu_cursor_u8(&c), 0);
    CHECK_EQ(vfu_cursor_u16(&c), 0);
    CHECK_EQ(vfu_cursor_u32(&c), 0);
    CHECK(vfu_cursor_bytes(&c, 0) == NULL);
    CHECK(c.at == bytes);
    vfu_cursor_seek(&c, 2);
    CHECK(c.failed);
    CHECK(c.at == bytes);
}

static void bytes_in_place(void)
{
    struct vfu_cursor c = vfu_cursor(bytes, sizeof bytes, true);

    test_case("bytes in place");
    CHECK(vfu_cursor_bytes(&c, 3) == bytes);
    CHECK(vfu_cursor_bytes(&c, 0) == bytes + 3);
    CHECK(vfu_cursor_bytes(&c, 6) == bytes + 3);
    CHECK_EQ(vfu_cursor_left(&c), 0);
    CHECK(vfu_cursor_bytes(&c, 0) == bytes + sizeof bytes);
    CHECK(!c.failed);
    CHECK(vfu_cursor_bytes(&c, 1) == NULL);
    CHECK(c.failed);

    test_case("a size that wraps round");
    c = vfu_cursor(bytes, sizeof bytes, false);
    vfu_cursor_u8(&c);
    CHECK(vfu_cursor_bytes(&c, SIZE_MAX) == NULL);
    CHECK(c.failed);
}

static void seeks(void)
{
    struct vfu_cursor c = vfu_cursor(bytes, sizeof bytes, false);

    test_case("seek");
    vfu_cursor_seek(&c, sizeof bytes);
    CHECK(!c.failed);
    CHECK_EQ(vfu_cursor_left(&c), 0);
    vfu_cursor_seek(&c, 4);
    CHECK_EQ(vfu_cursor_u8(&c), 0x85);
    vfu_cursor_seek(&c, sizeof bytes + 1);
    CHECK(c.failed);
    c = vfu_cursor(bytes, sizeof bytes, false);
    vfu_cursor_seek(&c, SIZE_MAX);
    CHECK(c.failed);
}

int main(void)
{
    widths(false);
    widths(true);
    ends();
    sticks();
    bytes_in_place();
    seeks();
    return test_end();
}
