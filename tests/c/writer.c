/*
 * The writer that text sinks write through: numbers, sizes, escaping, a full buffer.
 */
#include "decoder/wire/writer.h"
#include "test.h"

static char output[4096];
static char taken[4096]; /* what the flush function got */
static size_t taken_size, taken_calls;
static bool flush_works;

static bool take(void *context, const char *bytes, size_t size)
{
    (void)context;
    taken_calls++;
    if (!flush_works || taken_size + size > sizeof taken)
        return false;
    memcpy(taken + taken_size, bytes, size);
    taken_size += size;
    return true;
}

static struct vfu_writer fresh(void)
{
    memset(output, 0, sizeof output);
    return vfu_writer(output, sizeof output - 1, NULL, NULL);
}

static void counts(void)
{
    struct vfu_writer w = fresh();

    test_case("one thing, and how many there are otherwise");
    for (uint64_t n = 0; n < 3; n++) {
        vfu_write_count(&w, n, "byte");
        vfu_write_char(&w, ' ');
    }
    CHECK_TEXT(output, "0 bytes 1 byte 2 bytes ");
}

static void numbers(void)
{
    struct vfu_writer w = fresh();

    test_case("numbers");
    vfu_write_decimal(&w, 0);
    vfu_write_char(&w, ' ');
    vfu_write_decimal(&w, UINT64_MAX);
    vfu_write_char(&w, ' ');
    vfu_write_decimal_padded(&w, 42, 6, '0');
    vfu_write_char(&w, ' ');
    vfu_write_decimal_padded(&w, 1234567, 6, ' ');
    vfu_write_char(&w, ' ');
    vfu_write_0x(&w, 0);
    vfu_write_char(&w, ' ');
    vfu_write_0x(&w, 0xdeadbeefcafef00d);
    vfu_write_char(&w, ' ');
    vfu_write_hex(&w, (const uint8_t *)"\x00\x0f\xa0\xff", 4);
    CHECK_TEXT(output, "0 18446744073709551615 000042 1234567 0x0 0xdeadbeefcafef00d 000fa0ff");
}

static void sizes(void)
{
    static const struct {
        uint64_t n;
        const char *text;
    } list[] = {
        { 0, "0" },           { 100, "100" },         { 4096, "4K" },       { 4097, "4097" },
        { 65536, "64K" },     { 1048576, "1M" },      { 3145728, "3M" },    { 1073741824, "1G" },
        { 65537, "0x10001" }, { 0x40000000000, "4096G" },
    };

    test_case("sizes, as people write them");
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        struct vfu_writer w = fresh();

        vfu_write_size(&w, list[i].n);
        if (list[i].n == 0x40000000000) /* whatever the unit, it says the same */
            CHECK(strcmp(output, "4096G") == 0 || strcmp(output, "4T") == 0);
        else
            CHECK_TEXT(output, list[i].text);
    }
}

static void escaping(void)
{
    /* ESC [ 2 J, DEL, a lone continuation byte, an overlong slash, a surrogate, beyond U+10FFFF, a C1 control (CSI) */
    static const uint8_t hostile[] = "\x1b[2J\x7f\x80|\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80|\xc2\x9b|ok \xc3\xa4\xe2\x82\xac\\\"\n\t";
    static const uint8_t mixed[] = "a\"\\\x01\x1f\n\x80\xc3\xa4\xed\xa0\x80\0z";
    /* U+061C | U+200E U+200F | U+202A U+202E | U+2066 U+2069; then those beside them */
    static const uint8_t turning[] = "\xd8\x9c|\xe2\x80\x8e\xe2\x80\x8f|\xe2\x80\xaa\xe2\x80\xae|\xe2\x81\xa6\xe2\x81\xa9";
    static const uint8_t neighbours[] = "\xc2\xa0\xd8\x9b\xd8\x9d\xe2\x80\x8d\xe2\x80\x90\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"
                                        "\xe0\xa0\x8e\xf0\x92\x80\xae\xf0\x9f\x98\x80";
    struct vfu_writer w = fresh();

    test_case("text off the wire, for a terminal");
    vfu_write_escaped(&w, hostile, sizeof hostile - 1);
    for (const char *c = output; *c; c++)
        CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
    CHECK(strstr(output, "\\x1b[2J\\x7f\\x80|"));
    CHECK(strstr(output, "\\xc0\\xaf"));
    CHECK(strstr(output, "\\xed\\xa0\\x80"));
    CHECK(strstr(output, "\\xf4\\x90\\x80\\x80"));
    CHECK(strstr(output, "\\xc2\\x9b"));
    CHECK(strstr(output, "ok \xc3\xa4\xe2\x82\xac\\\\\""));
    CHECK(strstr(output, "\\x0a\\x09"));

    test_case("the inside of a JSON string");
    w = fresh();
    vfu_write_json_string(&w, mixed, sizeof mixed - 1);
    CHECK(strstr(output, "a\\\"\\\\\\u0001\\u001f"));
    CHECK(strstr(output, "\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd"));
    CHECK(strstr(output, "\\u0000z"));
    CHECK(!strchr(output, '\n'));

    test_case("what turns the direction of text around");
    w = fresh();
    vfu_write_escaped(&w, turning, sizeof turning - 1);
    CHECK_TEXT(output, "\\xd8\\x9c|\\xe2\\x80\\x8e\\xe2\\x80\\x8f|\\xe2\\x80\\xaa\\xe2\\x80\\xae|\\xe2\\x81\\xa6\\xe2\\x81\\xa9");
    w = fresh();
    vfu_write_json_string(&w, turning, sizeof turning - 1);
    CHECK_TEXT(output, "\\u061c|\\u200e\\u200f|\\u202a\\u202e|\\u2066\\u2069");

    test_case("and their neighbours, which do not: as they are");
    w = fresh();
    vfu_write_escaped(&w, neighbours, sizeof neighbours - 1);
    CHECK_TEXT(output, (const char *)neighbours);
    w = fresh();
    vfu_write_json_string(&w, neighbours, sizeof neighbours - 1);
    CHECK_TEXT(output, (const char *)neighbours);

    test_case("a line of ours with words of others: backslashes stay");
    w = fresh();
    vfu_write_printable(&w, "C:\\x1b \x1b[2J\n\xc2\x9b\x9b\xe2\x80\xae");
    CHECK_TEXT(output, "C:\\x1b \\x1b[2J\\x0a\\xc2\\x9b\\x9b\\xe2\\x80\\xae");

    test_case("a sequence that the end cuts");
    w = fresh();
    vfu_write_json_string(&w, (const uint8_t *)"x\xe2\x82\xac", 3);
    CHECK(output[0] == 'x' && strncmp(output + 1, "\xef\xbf\xbd", 3) == 0);
    w = fresh();
    vfu_write_escaped(&w, (const uint8_t *)"x\xe2\x82\xac", 3);
    CHECK_TEXT(output, "x\\xe2\\x82");
}

static void columns(void)
{
    struct vfu_writer w = fresh();

    test_case("columns");
    vfu_write_text(&w, "ab");
    vfu_write_pad(&w, 0, 5);
    vfu_write_text(&w, "cdefgh");
    vfu_write_pad(&w, 0, 5);
    vfu_write_text(&w, "i");
    CHECK_TEXT(output, "ab   cdefgh i");
}

static void flushing(void)
{
    char small[8];
    struct vfu_writer w = vfu_writer(small, sizeof small, take, NULL);

    test_case("a small buffer that is emptied");
    flush_works = true;
    vfu_write_text(&w, "0123456789");
    vfu_write(&w, "abcdefghijklmnopqrstuvwxyz", 26);
    vfu_write_decimal(&w, 1234567890123);
    vfu_write_hex(&w, (const uint8_t *)"0123456789", 10);
    CHECK_EQ(vfu_writer_position(&w), 10 + 26 + 13 + 20);
    CHECK(vfu_writer_flush(&w));
    CHECK_EQ(taken_size, 10 + 26 + 13 + 20);
    CHECK(memcmp(taken, "0123456789abcdefghijklmnopqrstuvwxyz123456789012330313233343536373839", 69) == 0);
    CHECK(!w.failed);

    test_case("a flush that fails is remembered");
    flush_works = false;
    vfu_write_text(&w, "0123456789");
    CHECK(w.failed);
    flush_works = true;
    CHECK(!vfu_writer_flush(&w));

    test_case("no flush: what does not fit is dropped, and that is remembered");
    w = vfu_writer(small, sizeof small, NULL, NULL);
    vfu_write_text(&w, "0123456789");
    CHECK(w.failed);
    CHECK(w.used <= sizeof small);
}

int main(void)
{
    counts();
    numbers();
    sizes();
    escaping();
    columns();
    flushing();
    return test_end();
}
