/*
 * Where a named field is in a message that is being built, by the table. Makes room, counts, and chains as it goes.
 */
#include "decoder/wire/decode.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/header.h"
#include "decoder/wire/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool build_fail(struct vfu_build *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(b->error, sizeof b->error, format, args);
    va_end(args);
    return false;
}

bool build_reach(struct vfu_build *b, size_t size)
{
    if (size <= b->size)
        return true;
    if (size > VFU_MAX_MESSAGE)
        return build_fail(b, "the message would have %zu bytes, more than any peer takes (%d)", size, VFU_MAX_MESSAGE);
    if (!VFU_GROW(b->bytes, b->capacity, size))
        return build_fail(b, "out of memory");
    memset(b->bytes + b->size, 0, size - b->size);
    b->size = size;
    return true;
}

uint64_t build_get(const struct vfu_build *b, size_t offset, unsigned width)
{
    struct vfu_cursor c = vfu_cursor(b->bytes, b->size, false);

    vfu_cursor_seek(&c, offset);
    return vfu_cursor_uint(&c, width);
}

bool build_put(struct vfu_build *b, size_t offset, unsigned width, uint64_t number)
{
    uint16_t n16 = (uint16_t)number;
    uint32_t n32 = (uint32_t)number;
    uint8_t n8 = (uint8_t)number;
    const void *from = width == 1   ? (void *)&n8
                       : width == 2 ? (void *)&n16
                       : width == 4 ? (void *)&n32
                                    : (void *)&number;

    if (!build_reach(b, offset + width))
        return false;
    memcpy(b->bytes + offset, from, width);
    return true;
}

/* What the decoder would see in what is built so far. */
static void see(const struct vfu_build *b, struct vfu_event *e, struct vfu_view *view)
{
    memset(e, 0, sizeof *e);
    e->message.bytes = b->bytes;
    e->message.captured = e->message.size = b->size;
    e->size = (uint32_t)b->size;
    e->flags = b->reply ? VFU_TYPE_REPLY : VFU_TYPE_COMMAND;
    e->command = b->command;
    e->command_number = vfu_header_read(b->bytes, false).command;
    *view = (struct vfu_view){ .event = e,
                               .payload = vfu_cursor(b->bytes + VFU_HEADER_SIZE, b->size - VFU_HEADER_SIZE, false),
                               .payload_size = b->size - VFU_HEADER_SIZE };
}

const struct vfu_layout *build_layout(const struct vfu_build *b)
{
    const struct vfu_shape *shape;
    struct vfu_event e;
    struct vfu_view view;

    if (!b->command)
        return &vfu_unknown_layout;
    shape = b->reply ? &b->command->reply : &b->command->request;
    if (b->size == VFU_HEADER_SIZE)
        return shape->layout;
    see(b, &e, &view);
    /* As if more followed: a layout may depend on whether there is data, which is yet to be set. */
    view.payload_size += VFU_MAX_MESSAGE;
    return vfu_shape_layout(shape, vfu_choose(shape, &view));
}

/* The field of that name; where there are several (they go by type), the one that is present. */
static const struct vfu_field *field_of(const struct vfu_build *b, const struct build_place *p, const char *name,
                                        size_t length)
{
    const struct vfu_field *first = NULL;
    struct vfu_value values[VFU_MAX_VALUES];
    struct vfu_view view = { .payload = vfu_cursor(b->bytes, b->size, false) };
    struct vfu_event e;
    unsigned count = 0;

    see(b, &e, &view);
    view.payload.start = view.payload.at = b->bytes + (p->base < b->size ? p->base : b->size);
    view.payload_size = p->payload ? b->size - p->base : p->layout->size;
    view.layout = p->layout;
    view.values = values;
    for (const struct vfu_field *f = p->layout->fields; f->name; f++) {
        struct vfu_cursor c = view.payload;
        bool present;

        view.count = count;
        present = vfu_holds(f->when, &view);
        if (strlen(f->name) == length && memcmp(f->name, name, length) == 0) {
            if (present)
                return f;
            first = first ? first : f;
        }
        vfu_cursor_seek(&c, f->offset);
        if (present && f->kind < VFU_BYTES && count < VFU_MAX_VALUES) {
            values[count].field = f;
            values[count].raw = vfu_cursor_uint(&c, f->width);
            values[count].number = f->mask ? values[count].raw & f->mask : values[count].raw;
            count++;
        }
    }
    return first;
}

static bool unknown_field(struct vfu_build *b, const struct vfu_layout *layout, const char *name)
{
    char names[VFU_ENCODE_ERROR] = "";
    size_t used = 0;

    for (const struct vfu_field *f = layout->fields; f->name && used < sizeof names; f++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", f->name);
    return build_fail(b, "no field %.40s; there %s %s", name, names[0] ? "are" : "is",
                      names[0] ? names : "none, only raw=");
}

bool build_is_set(const struct vfu_build *b, const struct build_place *p)
{
    size_t at = p->base + p->field->offset, place = (size_t)(p->field - p->layout->fields);

    if (b->loaded)
        return true;
    if (p->payload)
        return place < 64 && b->counts_set & 1ull << place;
    for (size_t i = 0; i < b->item_count; i++)
        if (b->item_counts[i] == at)
            return true;
    return false;
}

void build_count_up(struct vfu_build *b, const struct build_place *p, uint64_t number)
{
    struct build_place count = *p;

    if (!p->field->count)
        return;
    count.field = field_of(b, p, p->field->count, strlen(p->field->count));
    if (count.field && !build_is_set(b, &count))
        build_put(b, p->base + count.field->offset, count.field->width, number);
}

/* The start of item `index` of a chain, made at the end if it is the next one. SIZE_MAX: b->error says why. */
static size_t chain_item(struct vfu_build *b, const struct build_place *p, uint64_t index)
{
    const struct vfu_field *head = vfu_field_by_name(p->layout, p->field->chain);
    const struct vfu_field *link = vfu_field_by_name(p->field->item, "next");
    size_t at, next, fixed = p->base + p->layout->size;

    if (!build_reach(b, fixed))
        return SIZE_MAX;
    if (build_get(b, p->base + head->offset, head->width) == 0) {
        /* DEVICE_GET_INFO's cap_offset itself lies behind the fixed part. */
        size_t end = (size_t)head->offset + head->width;
        size_t first = end > p->layout->size ? (end + 7) & ~(size_t)7 : p->layout->size;

        if (!build_put(b, p->base + head->offset, head->width, first) ||
            !build_reach(b, p->base + first + p->field->item->size))
            return SIZE_MAX;
    }
    at = p->base + build_get(b, p->base + head->offset, head->width);
    while (index--) {
        next = build_get(b, at + link->offset, link->width);
        if (next == 0) {
            next = (b->size - p->base + 7) & ~(size_t)7;
            if (index || !build_put(b, at + link->offset, link->width, next) ||
                !build_reach(b, p->base + next + p->field->item->size)) {
                build_fail(b, "%s: the one before must be set first", p->field->name);
                return SIZE_MAX;
            }
        }
        at = p->base + next;
    }
    return at;
}

static size_t list_item(struct vfu_build *b, const struct build_place *p, uint64_t index)
{
    size_t stride = p->field->item->size, at;

    if (p->field->chain)
        return chain_item(b, p, index);
    if (index > VFU_MAX_MESSAGE / stride) {
        build_fail(b, "%s[%llu]: out of reach", p->field->name, (unsigned long long)index);
        return SIZE_MAX;
    }
    at = p->base + p->field->offset + (size_t)index * stride;
    if (b->size < at + stride) {
        if (!build_reach(b, at + stride))
            return SIZE_MAX;
        build_count_up(b, p, index + 1);
    }
    return at;
}

/* Find `name` from a layout on: a field, OBJECT.field, or LIST[index].field. */
static bool resolve(struct vfu_build *b, struct build_place *p, const char *name)
{
    for (;;) {
        size_t length = strcspn(name, ".[");
        char *end;

        p->field = field_of(b, p, name, length);
        if (!p->field)
            return unknown_field(b, p->layout, name);
        name += length;
        if (p->field->kind == VFU_OBJECT && *name == '.') {
            p->base += p->field->offset;
        } else if (p->field->kind == VFU_LIST && *name == '[') {
            uint64_t index = strtoull(name + 1, &end, 10);
            size_t at;

            if (end == name + 1 || *end != ']' || end[1] != '.')
                return build_fail(b, "%s: write it as %s[0].FIELD", p->field->name, p->field->name);
            at = list_item(b, p, index);
            if (at == SIZE_MAX)
                return false;
            p->base = at;
            name = end + 1;
        } else if (*name) {
            return build_fail(b, "%s has no parts", p->field->name);
        } else if (p->field->kind == VFU_LIST || p->field->kind == VFU_OBJECT) {
            return build_fail(b, "%s: write it as %s%s.FIELD", p->field->name, p->field->name,
                        p->field->kind == VFU_LIST ? "[0]" : "");
        } else {
            return true;
        }
        p->layout = p->field->item;
        p->payload = false;
        name++;
    }
}

bool build_find(struct vfu_build *b, struct build_place *p, const char *name)
{
    static const char prefix[] = "header.";
    const struct build_place header = { .layout = &vfu_header_layout, .header = true };

    *p = header;
    if (strncmp(name, prefix, sizeof prefix - 1) == 0)
        return resolve(b, p, name + sizeof prefix - 1);
    *p = (struct build_place){ .layout = build_layout(b), .base = VFU_HEADER_SIZE, .payload = true };
    if (resolve(b, p, name))
        return true;
    /* A bare name that the payload does not have means the header's. */
    if (p->field || strpbrk(name, ".[") || !vfu_field_by_name(&vfu_header_layout, name))
        return false;
    *p = header;
    return resolve(b, p, name);
}
