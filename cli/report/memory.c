/*
 * What of a message may be guest memory, and the message without it.
 */
#include "cli/report/inside.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/transfer.h"

#include <stdlib.h>
#include <string.h>

enum { REGISTER_BYTES = 8 /* of a region's data: more are no register */ };

static bool is_memory(const struct vfu_event *e, const struct vfu_value *v, struct report_hidden *hidden)
{
    enum vfu_space space = e->command ? e->command->moves.space : VFU_NO_SPACE;
    uint64_t *count = NULL;

    if (v->field->kind != VFU_BYTES || !v->size)
        return false;
    if (e->message.captured < e->message.size)
        count = &hidden->cut;
    else if (!e->command)
        count = &hidden->unknown;
    else if (space == VFU_MEMORY_SPACE)
        count = &hidden->dma;
    else if (space == VFU_STATE_SPACE)
        count = &hidden->state;
    else if (space == VFU_REGION_SPACE && v->size > REGISTER_BYTES)
        count = &hidden->registers;
    if (count)
        ++*count;
    return count;
}

static void wipe(struct report_clean *c, const uint8_t *bytes, size_t size)
{
    size_t at = (size_t)(bytes - c->event.message.bytes) - VFU_HEADER_SIZE;

    memset(c->bytes + VFU_HEADER_SIZE + at, 0, size);
    c->at = !c->hidden || at < c->at ? at : c->at;
    c->end = at + size > c->end ? at + size : c->end;
    c->hidden = true;
}

void report_clean(const struct vfu_event *event, bool with_memory, struct report_hidden *hidden, struct report_clean *c)
{
    const struct vfu_message *m = &event->message;
    unsigned kept = 0;

    c->event = *event;
    c->bytes = NULL;
    c->hidden = false;
    c->at = c->end = 0;
    if (with_memory || m->captured <= VFU_HEADER_SIZE)
        return;
    c->bytes = malloc(m->captured);
    if (!c->bytes) { /* nothing is better than too much */
        c->event.message.captured = VFU_HEADER_SIZE;
        c->event.decoded = NULL;
        c->hidden = true;
        return;
    }
    memcpy(c->bytes, m->bytes, m->captured);
    vfu_decode(event, &c->decoded);
    if (event->flags & VFU_ERROR) { /* nobody has to set its fields */
        hidden->bodies++;
        wipe(c, m->bytes + VFU_HEADER_SIZE, m->captured - VFU_HEADER_SIZE);
        c->decoded.count = 0;
        c->decoded.extra_size = 0;
        c->event.decoded = &c->decoded;
        c->event.message.bytes = c->bytes;
        return;
    }
    if (c->decoded.extra_size) {
        wipe(c, c->decoded.extra, c->decoded.extra_size);
        hidden->surplus++;
    }
    for (unsigned i = 0; i < c->decoded.count; i++) {
        const struct vfu_value *v = &c->decoded.values[i];

        if (is_memory(event, v, hidden))
            wipe(c, v->bytes, v->size);
        else
            c->decoded.values[kept++] = *v;
    }
    c->decoded.count = kept;
    c->event.decoded = &c->decoded;
    c->event.message.bytes = c->bytes;
}

void report_clean_free(struct report_clean *c)
{
    free(c->bytes);
}
