/*
 * The encoder: finds a named field's place by the table and writes it there. Makes room, counts, and chains as it goes.
 */
#include "decoder/wire/decode.h"
#include "decoder/wire/encode.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/header.h"
#include "decoder/wire/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A field's place in the message: where its layout starts, and how far that reaches. */
struct place {
    const struct vfu_layout *layout;
    const struct vfu_field *field;
    size_t base;  /* offset in the message of the layout's start */
    bool payload; /* the layout is the payload itself, not an item in it */
    bool header;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct vfu_build *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(b->error, sizeof b->error, format, args);
    va_end(args);
    return false;
}

/* At least `size` bytes, the new ones zero. */
static bool reach(struct vfu_build *b, size_t size)
{
    if (size <= b->size)
        return true;
    if (size > VFU_MAX_MESSAGE)
        return fail(b, "the message would have %zu bytes, more than any peer takes (%d)", size, VFU_MAX_MESSAGE);
    if (!VFU_GROW(b->bytes, b->capacity, size))
        return fail(b, "out of memory");
    memset(b->bytes + b->size, 0, size - b->size);
    b->size = size;
    return true;
}

static uint64_t get(const struct vfu_build *b, size_t offset, unsigned width)
{
    struct vfu_cursor c = vfu_cursor(b->bytes, b->size, false);

    vfu_cursor_seek(&c, offset);
    return vfu_cursor_uint(&c, width);
}

static bool put(struct vfu_build *b, size_t offset, unsigned width, uint64_t number)
{
    uint16_t n16 = (uint16_t)number;
    uint32_t n32 = (uint32_t)number;
    uint8_t n8 = (uint8_t)number;
    const void *from = width == 1 ? (void *)&n8 : width == 2 ? (void *)&n16 : width == 4 ? (void *)&n32 : (void *)&number;

    if (!reach(b, offset + width))
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

static const struct vfu_layout *payload_layout(const struct vfu_build *b)
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
static const struct vfu_field *field_of(const struct vfu_build *b, const struct place *p, const char *name, size_t length)
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
    return fail(b, "no field %.40s; there %s %s", name, names[0] ? "are" : "is", names[0] ? names : "none, only raw=");
}

static bool is_set_by_hand(const struct vfu_build *b, const struct place *p)
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

static void count_up(struct vfu_build *b, const struct place *p, uint64_t number)
{
    struct place count = *p;

    if (!p->field->count)
        return;
    count.field = field_of(b, p, p->field->count, strlen(p->field->count));
    if (count.field && !is_set_by_hand(b, &count))
        put(b, p->base + count.field->offset, count.field->width, number);
}

/* The start of item `index` of a chain, made at the end if it is the next one. SIZE_MAX: b->error says why. */
static size_t chain_item(struct vfu_build *b, const struct place *p, uint64_t index)
{
    const struct vfu_field *head = vfu_field_by_name(p->layout, p->field->chain);
    const struct vfu_field *link = vfu_field_by_name(p->field->item, "next");
    size_t at, next, fixed = p->base + p->layout->size;

    if (!reach(b, fixed))
        return SIZE_MAX;
    if (get(b, p->base + head->offset, head->width) == 0) {
        /* DEVICE_GET_INFO's cap_offset itself lies behind the fixed part. */
        size_t end = (size_t)head->offset + head->width;
        size_t first = end > p->layout->size ? (end + 7) & ~(size_t)7 : p->layout->size;

        if (!put(b, p->base + head->offset, head->width, first) || !reach(b, p->base + first + p->field->item->size))
            return SIZE_MAX;
    }
    at = p->base + get(b, p->base + head->offset, head->width);
    while (index--) {
        next = get(b, at + link->offset, link->width);
        if (next == 0) {
            next = (b->size - p->base + 7) & ~(size_t)7;
            if (index || !put(b, at + link->offset, link->width, next) || !reach(b, p->base + next + p->field->item->size)) {
                fail(b, "%s: the one before must be set first", p->field->name);
                return SIZE_MAX;
            }
        }
        at = p->base + next;
    }
    return at;
}

static size_t list_item(struct vfu_build *b, const struct place *p, uint64_t index)
{
    size_t stride = p->field->item->size, at;

    if (p->field->chain)
        return chain_item(b, p, index);
    if (index > VFU_MAX_MESSAGE / stride) {
        fail(b, "%s[%llu]: out of reach", p->field->name, (unsigned long long)index);
        return SIZE_MAX;
    }
    at = p->base + p->field->offset + (size_t)index * stride;
    if (b->size < at + stride) {
        if (!reach(b, at + stride))
            return SIZE_MAX;
        count_up(b, p, index + 1);
    }
    return at;
}

/* Find `name` from a layout on: a field, OBJECT.field, or LIST[index].field. */
static bool resolve(struct vfu_build *b, struct place *p, const char *name)
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
                return fail(b, "%s: write it as %s[0].FIELD", p->field->name, p->field->name);
            at = list_item(b, p, index);
            if (at == SIZE_MAX)
                return false;
            p->base = at;
            name = end + 1;
        } else if (*name) {
            return fail(b, "%s has no parts", p->field->name);
        } else if (p->field->kind == VFU_LIST || p->field->kind == VFU_OBJECT) {
            return fail(b, "%s: write it as %s%s.FIELD", p->field->name, p->field->name,
                        p->field->kind == VFU_LIST ? "[0]" : "");
        } else {
            return true;
        }
        p->layout = p->field->item;
        p->payload = false;
        name++;
    }
}

static bool find(struct vfu_build *b, struct place *p, const char *name)
{
    static const char prefix[] = "header.";

    *p = (struct place){ .layout = &vfu_header_layout, .header = true };
    if (strncmp(name, prefix, sizeof prefix - 1) == 0)
        return resolve(b, p, name + sizeof prefix - 1);
    *p = (struct place){ .layout = payload_layout(b), .base = VFU_HEADER_SIZE, .payload = true };
    if (resolve(b, p, name))
        return true;
    /* A bare name that the payload does not have means the header's. */
    if (!strpbrk(name, ".[") && !p->field && field_of(b, &(struct place){ .layout = &vfu_header_layout }, name, strlen(name))) {
        *p = (struct place){ .layout = &vfu_header_layout, .header = true };
        return resolve(b, p, name);
    }
    return false;
}

static bool note_item(struct vfu_build *b, const struct place *p)
{
    if (is_set_by_hand(b, p))
        return true;
    if (!VFU_GROW(b->item_counts, b->item_room, b->item_count + 1))
        return fail(b, "out of memory");
    b->item_counts[b->item_count++] = p->base + p->field->offset;
    return true;
}

static bool note_set(struct vfu_build *b, const struct place *p)
{
    if (p->header && strcmp(p->field->name, "size") == 0)
        b->size_set = true;
    if (p->payload && p->field->is_argsz)
        b->argsz_set = true;
    if (p->payload && p->field - p->layout->fields < 64)
        b->counts_set |= 1ull << (p->field - p->layout->fields);
    return p->payload || p->header || note_item(b, p);
}

static bool set_number(struct vfu_build *b, const struct place *p, uint64_t number)
{
    size_t at = p->base + p->field->offset;
    unsigned width = p->field->width;

    if (p->field->kind >= VFU_BYTES)
        return fail(b, "%s: takes %s", p->field->name, p->field->kind == VFU_JSON ? "text" : "bytes, as hex");
    if (width < 8 && number >> (8 * width))
        return fail(b, "%s: 0x%llx does not fit in %u bits", p->field->name, (unsigned long long)number, 8 * width);
    if (p->field->mask && (number & ~p->field->mask) == 0)
        number |= get(b, at, width) & ~p->field->mask; /* the other field of these bytes stays */
    return note_set(b, p) && put(b, at, width, number);
}

static bool set_bytes(struct vfu_build *b, const struct place *p, const void *bytes, size_t size)
{
    size_t at = p->base + p->field->offset;

    if (p->field->kind < VFU_BYTES)
        return fail(b, "%s: takes a number", p->field->name);
    if (!reach(b, at + size))
        return false;
    if (size)
        memcpy(b->bytes + at, bytes, size);
    if (p->payload && at + size < b->size)
        b->size = at + size; /* set again, shorter */
    count_up(b, p, size);
    return true;
}

/* NAME, NUMBER, or several joined by '|'. */
static bool parse_value(struct vfu_build *b, const struct vfu_field *f, const char *text, uint64_t *number)
{
    *number = 0;
    while (*text) {
        char word[48];
        size_t length = strcspn(text, f->kind == VFU_FLAGS ? "|" : "");
        uint64_t one;

        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), text);
        if (!vfu_parse_named(f->names, word, &one))
            return fail(b, "%s: %s is neither a number nor a name it has", f->name, word);
        *number |= one;
        text += length + (text[length] == '|');
    }
    return true;
}

bool vfu_build_set(struct vfu_build *b, const char *name, const char *value)
{
    struct place p;
    uint64_t number;
    uint8_t *bytes;
    size_t size;
    bool done;

    if (!find(b, &p, name))
        return false;
    if (p.field->kind == VFU_JSON)
        return set_bytes(b, &p, value, strlen(value) + 1);
    if (p.field->kind == VFU_BYTES) {
        if (!vfu_parse_hex(value, &bytes, &size))
            return fail(b, "%s: %.40s is not an even number of hex digits", p.field->name, value);
        done = set_bytes(b, &p, bytes, size);
        free(bytes);
        return done;
    }
    if (!*value)
        return fail(b, "%s: needs a value", p.field->name);
    return parse_value(b, p.field, value, &number) && set_number(b, &p, number);
}

bool vfu_build_set_number(struct vfu_build *b, const char *name, uint64_t value)
{
    struct place p;

    return find(b, &p, name) && set_number(b, &p, value);
}

bool vfu_build_set_bytes(struct vfu_build *b, const char *name, const void *bytes, size_t size)
{
    struct place p;

    return find(b, &p, name) && set_bytes(b, &p, bytes, size);
}

bool vfu_build_append(struct vfu_build *b, const void *bytes, size_t size)
{
    size_t at = b->size;

    if (!reach(b, at + size))
        return false;
    if (size)
        memcpy(b->bytes + at, bytes, size);
    return true;
}

void vfu_build_clear_payload(struct vfu_build *b)
{
    b->size = VFU_HEADER_SIZE;
    b->raw = true;
    b->argsz_set = true; /* what is raw stays as it is given */
}

bool vfu_build_start(struct vfu_build *b, unsigned command, bool reply)
{
    *b = (struct vfu_build){ .command = vfu_command_by_number(command), .reply = reply };
    return reach(b, VFU_HEADER_SIZE) && put(b, offsetof(struct vfu_header, command), 2, command) &&
           put(b, offsetof(struct vfu_header, flags), 4, reply ? VFU_TYPE_REPLY : VFU_TYPE_COMMAND) &&
           reach(b, VFU_HEADER_SIZE + payload_layout(b)->size);
}

bool vfu_build_load(struct vfu_build *b, const struct vfu_event *event)
{
    const struct vfu_message *m = &event->message;

    *b = (struct vfu_build){ .command = event->command, .reply = vfu_event_is_reply(event), .size_set = true,
                             .argsz_set = true, .raw = true, .loaded = true };
    if (m->captured < VFU_HEADER_SIZE || m->swapped)
        return fail(b, "the message is not whole");
    if (!reach(b, m->captured))
        return false;
    memcpy(b->bytes, m->bytes, m->captured);
    return true;
}

/*
 * In a request argsz is the room for the reply: enough for whatever may follow the fixed part. In a reply it is what
 * the reply has.
 */
static uint64_t argsz_of(const struct vfu_build *b)
{
    const struct vfu_field *count = vfu_reply_count(b->command);
    uint64_t size = b->size - VFU_HEADER_SIZE, more;

    if (b->reply)
        return size;
    more = count ? get(b, VFU_HEADER_SIZE + count->offset, count->width) : 0;
    size = b->command->reply.layout->size > size ? b->command->reply.layout->size : size;
    return size + more > b->command->argsz_room ? size + more : b->command->argsz_room;
}

bool vfu_build_end(struct vfu_build *b)
{
    const struct vfu_layout *layout = payload_layout(b);
    const struct vfu_field *first = b->command ? layout->fields : NULL;

    /* What was set may have chosen a longer layout than the one it started with: a feature's data. */
    if (!b->raw && !reach(b, (size_t)VFU_HEADER_SIZE + layout->size))
        return false;
    if (b->command && first->is_argsz && !b->argsz_set && b->size >= (size_t)VFU_HEADER_SIZE + first->width) {
        uint64_t argsz = argsz_of(b);

        if (!put(b, VFU_HEADER_SIZE, first->width, argsz > UINT32_MAX ? UINT32_MAX : argsz))
            return false;
    }
    return b->size_set || put(b, offsetof(struct vfu_header, size), 4, b->size);
}

void vfu_build_free(struct vfu_build *b)
{
    free(b->bytes);
    free(b->item_counts);
    b->bytes = NULL;
    b->item_counts = NULL;
    b->size = b->capacity = b->item_count = b->item_room = 0;
}
