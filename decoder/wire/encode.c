/*
 * The encoder: numbers, bytes and text written where their fields are (place.c), and what follows from them: counts,
 * argsz, the size.
 */
#include "decoder/wire/encode.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/header.h"
#include "decoder/wire/inside.h"
#include "decoder/wire/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool note_item(struct vfu_build *b, const struct build_place *p)
{
    if (build_is_set(b, p))
        return true;
    if (!VFU_GROW(b->item_counts, b->item_room, b->item_count + 1))
        return build_fail(b, "out of memory");
    b->item_counts[b->item_count++] = p->base + p->field->offset;
    return true;
}

static bool note_set(struct vfu_build *b, const struct build_place *p)
{
    if (p->header && strcmp(p->field->name, "size") == 0)
        b->size_set = true;
    if (p->payload && p->field->is_argsz)
        b->argsz_set = true;
    if (p->payload && p->field - p->layout->fields < 64)
        b->counts_set |= 1ull << (p->field - p->layout->fields);
    return p->payload || p->header || note_item(b, p);
}

static bool set_number(struct vfu_build *b, const struct build_place *p, uint64_t number)
{
    size_t at = p->base + p->field->offset;
    unsigned width = p->field->width;

    if (p->field->kind >= VFU_BYTES)
        return build_fail(b, "%s: takes %s", p->field->name, p->field->kind == VFU_JSON ? "text" : "bytes, as hex");
    if (width < 8 && number >> (8 * width))
        return build_fail(b, "%s: 0x%llx does not fit in %u bits", p->field->name, (unsigned long long)number,
                          8 * width);
    if (p->field->mask && (number & ~p->field->mask) == 0)
        number |= build_get(b, at, width) & ~p->field->mask; /* the other field of these bytes stays */
    return note_set(b, p) && build_put(b, at, width, number);
}

static bool set_bytes(struct vfu_build *b, const struct build_place *p, const void *bytes, size_t size)
{
    size_t at = p->base + p->field->offset;

    if (p->field->kind < VFU_BYTES)
        return build_fail(b, "%s: takes a number", p->field->name);
    if (!build_reach(b, at + size))
        return false;
    if (size)
        memcpy(b->bytes + at, bytes, size);
    if (p->payload && at + size < b->size)
        b->size = at + size; /* set again, shorter */
    build_count_up(b, p, size);
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
        if (length >= sizeof word || !vfu_parse_named(f->names, word, &one))
            return build_fail(b, "%s: %s%s is neither a number nor a name it has", f->name, word,
                              length < sizeof word ? "" : "...");
        *number |= one;
        text += length + (text[length] == '|');
    }
    return true;
}

bool vfu_build_set(struct vfu_build *b, const char *name, const char *value)
{
    struct build_place p;
    uint64_t number;
    uint8_t *bytes;
    size_t size;
    bool done;

    if (!build_find(b, &p, name))
        return false;
    if (p.field->kind == VFU_JSON)
        return set_bytes(b, &p, value, strlen(value) + 1);
    if (p.field->kind == VFU_BYTES) {
        if (!vfu_parse_hex(value, &bytes, &size))
            return build_fail(b, "%s: %.40s is not an even number of hex digits", p.field->name, value);
        done = set_bytes(b, &p, bytes, size);
        free(bytes);
        return done;
    }
    if (!*value)
        return build_fail(b, "%s: needs a value", p.field->name);
    return parse_value(b, p.field, value, &number) && set_number(b, &p, number);
}

bool vfu_build_has(struct vfu_build *b, const char *name)
{
    struct build_place p;

    return build_find(b, &p, name);
}

bool vfu_build_set_number(struct vfu_build *b, const char *name, uint64_t value)
{
    struct build_place p;

    return build_find(b, &p, name) && set_number(b, &p, value);
}

bool vfu_build_set_bytes(struct vfu_build *b, const char *name, const void *bytes, size_t size)
{
    struct build_place p;

    return build_find(b, &p, name) && set_bytes(b, &p, bytes, size);
}

bool vfu_build_append(struct vfu_build *b, const void *bytes, size_t size)
{
    size_t at = b->size;

    if (!build_reach(b, at + size))
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
    return build_reach(b, VFU_HEADER_SIZE) && build_put(b, offsetof(struct vfu_header, command), 2, command) &&
           build_put(b, offsetof(struct vfu_header, flags), 4, reply ? VFU_TYPE_REPLY : VFU_TYPE_COMMAND) &&
           build_reach(b, VFU_HEADER_SIZE + build_layout(b)->size);
}

bool vfu_build_load(struct vfu_build *b, const struct vfu_event *event)
{
    const struct vfu_message *m = &event->message;

    *b = (struct vfu_build){ .command = event->command, .reply = vfu_event_is_reply(event), .size_set = true,
                             .argsz_set = true, .raw = true, .loaded = true };
    if (m->captured < VFU_HEADER_SIZE || m->swapped)
        return build_fail(b, "the message is not whole");
    if (!build_reach(b, m->captured))
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
    more = count ? build_get(b, VFU_HEADER_SIZE + count->offset, count->width) : 0;
    size = b->command->reply.layout->size > size ? b->command->reply.layout->size : size;
    return size + more > b->command->argsz_room ? size + more : b->command->argsz_room;
}

bool vfu_build_end(struct vfu_build *b)
{
    const struct vfu_layout *layout = build_layout(b);
    const struct vfu_field *first = b->command ? layout->fields : NULL;

    /* What was set may have chosen a longer layout than the one it started with: a feature's data. */
    if (!b->raw && !build_reach(b, (size_t)VFU_HEADER_SIZE + layout->size))
        return false;
    if (first && first->is_argsz && !b->argsz_set && b->size >= (size_t)VFU_HEADER_SIZE + first->width) {
        uint64_t argsz = argsz_of(b);

        if (!build_put(b, VFU_HEADER_SIZE, first->width, argsz > UINT32_MAX ? UINT32_MAX : argsz))
            return false;
    }
    return b->size_set || build_put(b, offsetof(struct vfu_header, size), 4, b->size);
}

void vfu_build_free(struct vfu_build *b)
{
    free(b->bytes);
    free(b->item_counts);
    b->bytes = NULL;
    b->item_counts = NULL;
    b->size = b->capacity = b->item_count = b->item_room = 0;
}
