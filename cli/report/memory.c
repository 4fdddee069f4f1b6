/*
 * A message without what may be guest memory, and why it may be.
 */
#include "cli/report/inside.h"
#include "decoder/wire/decode.h"

#include <stdlib.h>
#include <string.h>

static uint64_t *count_of(struct report_hidden *h, const struct vfu_event *e)
{
    if (e->flags & VFU_ERROR)
        return &h->bodies;
    if (e->message.captured < e->message.size)
        return &h->cut;
    if (!e->command)
        return &h->unknown;
    if (e->decoded && e->decoded->extra_size)
        return &h->surplus;
    switch (e->command->moves.space) {
    case VFU_MEMORY_SPACE:
        return &h->dma;
    case VFU_STATE_SPACE:
        return &h->state;
    case VFU_REGION_SPACE:
        return &h->registers;
    default:
        return &h->surplus;
    }
}

/* Where it was: of several parts all that lies between them, too. */
static void note_hidden(struct report_hidden *hidden, struct report_clean *c, const struct vfu_event *event)
{
    const struct vfu_message *m = &c->event.message;
    const struct vfu_part *last = m->left_out + m->left_out_count - 1;

    c->hidden = true;
    c->at = m->left_out->at > VFU_HEADER_SIZE ? m->left_out->at - VFU_HEADER_SIZE : 0;
    c->end = (size_t)last->at + last->size > VFU_HEADER_SIZE ? (size_t)last->at + last->size - VFU_HEADER_SIZE : 0;
    ++*count_of(hidden, event);
}

void report_clean(const struct vfu_event *event, bool with_memory, struct report_hidden *hidden, struct report_clean *c)
{
    struct vfu_event decoded = *event;
    struct vfu_decoded room;

    c->event = *event;
    c->room.bytes = NULL;
    c->hidden = false;
    c->at = c->end = 0;
    if (!with_memory) {
        c->room.bytes = malloc(event->message.captured + 1);
        if (c->room.bytes) {
            vfu_leave_out_memory(&c->event, true, &c->room);
        } else { /* nothing is better than too much */
            c->event.message.captured = VFU_HEADER_SIZE;
            c->event.decoded = NULL;
        }
    }
    decoded.decoded = vfu_decoded_of(event, &room);
    if (c->event.message.left_out_count)
        note_hidden(hidden, c, &decoded);
}

void report_clean_free(struct report_clean *c)
{
    free(c->room.bytes);
}
