/*
 * A register that a message is about, as an annotation has it: its name, and where there is a value all that it takes to say what
 * its bits mean, so that a reader needs neither plugin nor map, nor another record: captures are cut and merged. Big-endian:
 *
 *   flags u8 (0x80: of an array; else enum vfu_register_flag), bytes of the register u8, number of fields u8, length of its name u8,
 *   where the access begins i32 (enum vfu_register_at's at), index u32, name; of each field
 *   low bit u8, bits u8, number of named values u8, length of its name u8, name; of each value
 *   the value in as many bytes as its bits take, length of its name u8, name
 */
#include "capture/file/inside.h"
#include "decoder/wire/cursor.h"

#include <string.h>

enum { REGISTER_HEAD = 12, FIELD_HEAD = 4, INDEXED = 0x80 };
enum { FIELDS = 64, VALUES = 256, TEXT = 8192 /* of one register: more is left out */ };
enum { SWAP = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };

/* --- writing --- */

/* What is written, as far as there is room. */
struct room {
    uint8_t *at;
    size_t size, used;
    bool full;
};

static void put(struct room *r, uint64_t n, unsigned width)
{
    if (r->full || width > r->size - r->used) {
        r->full = true;
        return;
    }
    for (unsigned i = 0; i < width; i++)
        r->at[r->used++] = (uint8_t)(n >> 8 * (width - 1 - i));
}

static size_t short_length(const char *text) { return strnlen(text, UINT8_MAX); }

static void put_text(struct room *r, const char *text)
{
    size_t size = short_length(text);

    if (r->full || size > r->size - r->used) {
        r->full = true;
        return;
    }
    memcpy(r->at + r->used, text, size);
    r->used += size;
}

static unsigned value_bytes(unsigned bits) { return bits >= 64 ? 8 : (bits + 7) / 8; }

static void put_field(struct room *r, const struct vfu_register_field *f)
{
    unsigned values = f->value_count < UINT8_MAX ? f->value_count : UINT8_MAX;

    put(r, f->low, 1);
    put(r, f->bits, 1);
    put(r, values, 1);
    put(r, short_length(f->name), 1);
    put_text(r, f->name);
    for (unsigned i = 0; i < values; i++) {
        put(r, f->values[i].value, value_bytes(f->bits));
        put(r, short_length(f->values[i].name), 1);
        put_text(r, f->values[i].name);
    }
}

size_t file_register_put(const struct vfu_register_at *reg, bool with_fields, uint8_t *at, size_t size)
{
    struct room r = { .at = at, .size = size };
    unsigned fields = with_fields ? reg->reg->field_count < FIELDS ? reg->reg->field_count : FIELDS : 0;

    put(&r, (reg->reg->flags & ~(unsigned)(INDEXED | VFU_REGISTER_FIRST)) | (reg->indexed ? INDEXED : 0u), 1);
    put(&r, reg->reg->width, 1);
    put(&r, fields, 1);
    put(&r, short_length(reg->reg->name), 1);
    put(&r, (uint32_t)reg->at, 4);
    put(&r, reg->index, 4);
    put_text(&r, reg->reg->name);
    for (unsigned i = 0; i < fields; i++)
        put_field(&r, &reg->reg->fields[i]);
    return r.full ? 0 : r.used;
}

/* --- reading --- */

/* A register, while it is put together. */
struct made {
    struct vfu_register reg;
    struct vfu_register_field fields[FIELDS];
    struct vfu_register_value values[VALUES];
    unsigned value_count;
    char text[TEXT];
    size_t used;
};

/* A text as a terminal can show it. NULL: it is cut, empty, or too much. */
static const char *get_text(struct vfu_cursor *c, size_t size, struct made *to)
{
    const uint8_t *bytes = vfu_cursor_bytes(c, size);
    char text[UINT8_MAX + 1], *at = to->text + to->used;
    struct vfu_writer w = vfu_writer(at, sizeof to->text - to->used, NULL, NULL);

    if (c->failed || !size)
        return NULL;
    memcpy(text, bytes, size);
    text[size] = '\0';
    vfu_write_printable(&w, text);
    vfu_write_char(&w, '\0');
    to->used += w.used;
    return w.failed || !*at ? NULL : at;
}

static bool get_field(struct vfu_cursor *c, struct made *to)
{
    struct vfu_register_field *f = &to->fields[to->reg.field_count++];
    unsigned low = vfu_cursor_u8(c), bits = vfu_cursor_u8(c), values = vfu_cursor_u8(c), size = vfu_cursor_u8(c);

    *f = (struct vfu_register_field){ .name = get_text(c, size, to), .low = (uint8_t)low, .bits = (uint8_t)bits,
                                      .values = to->values + to->value_count };
    if (!f->name || !bits || low + bits > 8u * to->reg.width)
        return false;
    for (; values; values--) {
        struct vfu_register_value *v = &to->values[to->value_count];
        const uint8_t *bytes = vfu_cursor_bytes(c, value_bytes(bits));

        if (c->failed || to->value_count == VALUES)
            return false;
        *v = (struct vfu_register_value){ 0 };
        for (unsigned i = 0; i < value_bytes(bits); i++)
            v->value = v->value << 8 | bytes[i];
        size = vfu_cursor_u8(c);
        v->name = get_text(c, size, to);
        if (!v->name)
            return false;
        to->value_count++;
        f->value_count++;
    }
    return true;
}

bool file_register_get(const uint8_t *bytes, size_t size, struct vfu_register_at *reg)
{
    struct vfu_cursor c = vfu_cursor(bytes, size, SWAP);
    unsigned flags = vfu_cursor_u8(&c), width = vfu_cursor_u8(&c), fields = vfu_cursor_u8(&c), name = vfu_cursor_u8(&c);
    uint32_t at = vfu_cursor_u32(&c), index = vfu_cursor_u32(&c);
    struct made made;

    made.used = made.value_count = 0;
    made.reg = (struct vfu_register){ .width = (uint8_t)width, .flags = (uint8_t)(flags & ~(unsigned)INDEXED), .fields = made.fields };
    made.reg.name = get_text(&c, name, &made);
    if (!made.reg.name || fields > FIELDS || (width != 1 && width != 2 && width != 4 && width != 8) ||
        (int32_t)at <= -8 || (int32_t)at >= (int32_t)width)
        return false;
    while (made.reg.field_count < fields)
        if (!get_field(&c, &made))
            return false;
    *reg = (struct vfu_register_at){ vfu_register_keep(&made.reg), index, (int32_t)at, flags & INDEXED };
    return reg->reg;
}
