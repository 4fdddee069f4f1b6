/*
 * The screens of their own, in the order of their tabs: what each says.
 */
#include "cli/browse/pages.h"

#include <stdio.h>

static void why(struct browse *b, struct browse_lines *l)
{
    struct browse_text t;
    size_t which = 0;

    if (b->state.reading && !b->how->live)
        browse_lines_words(l, "(of what was read so far)");
    do { /* of several files each has its own verdict, and numbers */
        size_t first;

        if (which)
            browse_lines_words(l, "");
        first = l->count;
        browse_model_why(b->model, which, browse_text_begin(&t));
        browse_page_take(b, l, &t);
        while (first < l->count)
            l->list[first++].file = browse_model_file(b->model, which);
    } while (browse_model_file(b->model, ++which));
}

static void summary(struct browse *b, struct browse_lines *l)
{
    struct vfu_summary_look look = { .width = browse_terminal_columns(b->terminal), .colour = true,
                                     .blocks = browse_terminal_is_utf8(b->terminal) };
    struct browse_text t;

    browse_model_summary(b->model, &look, browse_text_begin(&t));
    browse_page_take(b, l, &t);
}

/* What plugins say, the newest at the end: up to the chosen one. */
static void queues(struct browse *b, struct browse_lines *l)
{
    enum { LINES = 2000 };
    uint32_t last = b->chosen == BROWSE_NONE ? b->state.items : b->chosen + 1, first = last;
    struct browse_item item;
    unsigned found = 0;

    while (first > 0 && found < LINES)
        if (browse_model_item(b->model, --first, &item) && item.marks & BROWSE_NOTE)
            found++;
    for (uint32_t i = first; i < last; i++)
        if (browse_model_item(b->model, i, &item) && item.marks & BROWSE_NOTE)
            browse_page_notes(b, l, i);
    if (!found)
        browse_lines_words(l, "No plugin has said anything so far (they know NVMe and virtio; --plugin names others).");
}

const struct browse_page browse_pages[] = {
    { "why", "What is wrong, and whose fault it is", false, why },
    { "dma", "The DMA map", true, browse_page_dma },
    { "regions", "The device's regions, and what can be mapped of them", true, browse_page_regions },
    { "irqs", "Interrupts, by vector", true, browse_page_irqs },
    { "waits", "Commands that wait for their reply", true, browse_page_waiting },
    { "queues", "What plugins say of the device's queues", true, queues },
    { "sums", "Everything, summed up", false, summary },
    { "peers", "Who speaks", false, browse_page_peers },
    { 0 },
};
