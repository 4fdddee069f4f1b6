/*
 * Formatting into a caller's buffer: numbers, hex, sizes, and text that is not ours.
 */
#include "decoder/wire/error.h"
#include "decoder/wire/writer.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

bool vfu_writer_flush(struct vfu_writer *w)
{
    if (w->used && w->flush && !w->failed) {
        if (!w->flush(w->context, w->buffer, w->used))
            w->failed = true;
    }
    if (w->flush) {
        w->flushed += w->used;
        w->used = 0;
    }
    return !w->failed;
}

void vfu_write(struct vfu_writer *w, const char *bytes, size_t size)
{
    while (size > w->capacity - w->used) {
        size_t part = w->capacity - w->used;

        memcpy(w->buffer + w->used, bytes, part);
        w->used += part;
        bytes += part;
        size -= part;
        if (!w->flush) {
            w->failed = true;
            return;
        }
        vfu_writer_flush(w);
    }
    memcpy(w->buffer + w->used, bytes, size);
    w->used += size;
}

/* The decimal digits of n at the end of a buffer of 20; where they start. */
static char *decimal(uint64_t n, char buffer[20])
{
    char *at = buffer + 20;

    do {
        *--at = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    return at;
}

void vfu_write_decimal(struct vfu_writer *w, uint64_t n)
{
    char buffer[20], *at = decimal(n, buffer);

    vfu_write(w, at, (size_t)(buffer + sizeof buffer - at));
}

void vfu_write_decimal_padded(struct vfu_writer *w, uint64_t n, unsigned width, char pad)
{
    char buffer[40], *at = decimal(n, buffer + sizeof buffer - 20);
    const char *from = buffer + (width < sizeof buffer ? sizeof buffer - width : 0);

    while (at > from)
        *--at = pad;
    vfu_write(w, at, (size_t)(buffer + sizeof buffer - at));
}

void vfu_write_count(struct vfu_writer *w, uint64_t n, const char *what)
{
    vfu_write_decimal(w, n);
    vfu_write_char(w, ' ');
    vfu_write_text(w, what);
    vfu_write_text(w, vfu_plural(n));
}

void vfu_write_0x(struct vfu_writer *w, uint64_t n)
{
    char buffer[18], *at = buffer + sizeof buffer;

    do {
        *--at = hex_digits[n & 15];
        n >>= 4;
    } while (n);
    *--at = 'x';
    *--at = '0';
    vfu_write(w, at, (size_t)(buffer + sizeof buffer - at));
}

void vfu_write_base64(struct vfu_writer *w, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < size; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16 | (i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0) | (i + 2 < size ? bytes[i + 2] : 0);
        char four[4] = { digits[three >> 18], digits[three >> 12 & 63], '=', '=' };

        if (i + 1 < size)
            four[2] = digits[three >> 6 & 63];
        if (i + 2 < size)
            four[3] = digits[three & 63];
        vfu_write(w, four, sizeof four);
    }
}

void vfu_write_hex(struct vfu_writer *w, const uint8_t *bytes, size_t size)
{
    char block[128];

    while (size) {
        size_t part = size < sizeof block / 2 ? size : sizeof block / 2;

        for (size_t i = 0; i < part; i++) {
            block[2 * i] = hex_digits[bytes[i] >> 4];
            block[2 * i + 1] = hex_digits[bytes[i] & 15];
        }
        vfu_write(w, block, 2 * part);
        bytes += part;
        size -= part;
    }
}

void vfu_write_size(struct vfu_writer *w, uint64_t n)
{
    static const char units[] = "KMGTPE";
    int unit = -1;
    uint64_t whole = n;

    while (whole >= 1024 && whole % 1024 == 0 && unit < 5) {
        whole /= 1024;
        unit++;
    }
    /* 64K - 1 is a number for people, 0xfffeffff is not. */
    if (whole > 65536) {
        vfu_write_0x(w, n);
        return;
    }
    vfu_write_decimal(w, whole);
    if (unit >= 0)
        vfu_write_char(w, units[unit]);
}

void vfu_write_pad(struct vfu_writer *w, uint64_t start, unsigned column)
{
    static const char blanks[] = "                                ";
    uint64_t at = vfu_writer_position(w) - start, missing = at < column ? column - at : 1;

    for (; missing >= sizeof blanks; missing -= sizeof blanks - 1)
        vfu_write(w, blanks, sizeof blanks - 1);
    vfu_write(w, blanks, missing);
}

/*
 * The length of the valid UTF-8 sequence at `at` (1 to 4), or 0. Overlong forms, surrogates and what lies above
 * U+10FFFF are invalid.
 */
static size_t utf8_length(const uint8_t *at, size_t left)
{
    uint8_t c = at[0];
    size_t size = c < 0x80 ? 1 : c >= 0xc2 && c <= 0xdf ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;

    if (size == 0 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && at[1] < 0xa0) || (c == 0xed && at[1] > 0x9f) || (c == 0xf0 && at[1] < 0x90) ||
        (c == 0xf4 && at[1] > 0x8f))
        return 0;
    return size;
}

bool vfu_is_utf8(const uint8_t *bytes, size_t size)
{
    size_t length = 1;

    for (size_t i = 0; i < size && length; i += length)
        length = utf8_length(bytes + i, size - i);
    return length != 0;
}

/* The code point of a valid sequence. */
static uint32_t code_point(const uint8_t *at, size_t length)
{
    uint32_t code = length == 1 ? at[0] : at[0] & 0xffu >> (length + 1);

    for (size_t i = 1; i < length; i++)
        code = code << 6 | (at[i] & 0x3f);
    return code;
}

/*
 * C0 and C1 controls and DEL, on which a terminal acts; and what turns the direction of text around, so that what is read is not
 * what is there.
 */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void write_escaped(struct vfu_writer *w, const uint8_t *bytes, size_t size, const char *backslash)
{
    for (size_t i = 0; i < size;) {
        size_t length = utf8_length(bytes + i, size - i);

        if (bytes[i] == '\\') {
            vfu_write_text(w, backslash);
            i++;
        } else if (length == 0 || is_control(code_point(bytes + i, length))) {
            vfu_write(w, "\\x", 2);
            vfu_write_hex(w, bytes + i, 1);
            i++; /* the rest of a longer one are invalid bytes of their own, escaped next */
        } else {
            vfu_write(w, (const char *)bytes + i, length);
            i += length;
        }
    }
}

void vfu_write_escaped(struct vfu_writer *w, const uint8_t *bytes, size_t size)
{
    write_escaped(w, bytes, size, "\\\\");
}

void vfu_write_printable(struct vfu_writer *w, const char *text)
{
    write_escaped(w, (const uint8_t *)text, strlen(text), "\\");
}

static void write_json_escape(struct vfu_writer *w, uint32_t code)
{
    char escape[] = "\\uXXXX";

    for (unsigned i = 0; i < 4; i++)
        escape[5 - i] = hex_digits[code >> 4 * i & 15];
    vfu_write(w, escape, 6);
}

void vfu_write_json_string(struct vfu_writer *w, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t length = utf8_length(bytes + i, size - i);
        uint32_t code = length ? code_point(bytes + i, length) : 0;

        if (length == 0) {
            vfu_write(w, "\xef\xbf\xbd", 3);
            i++;
            continue;
        }
        if (code == '"' || code == '\\') {
            vfu_write_char(w, '\\');
            vfu_write_char(w, (char)code);
        } else if (is_control(code)) {
            write_json_escape(w, code);
        } else {
            vfu_write(w, (const char *)bytes + i, length);
        }
        i += length;
    }
}
