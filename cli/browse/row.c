/*
 * The line of an item, as decode prints it with --pairs.
 */
#include "cli/browse/inside.h"

/* What times count from, and how they look. */
static void set_times(const struct browse *b, const struct browse_item *item, struct vfu_text *t)
{
    t->started = true;
    t->first_ns = b->times == TIMES_CHOSEN ? b->since_ns : b->state.first_ns;
    t->last_ns = t->first_ns;
    t->time_format = b->times == TIMES_ABSOLUTE ? VFU_TIME_ABSOLUTE : VFU_TIME_RELATIVE;
    (void)item;
}

/* Since the one above it in the list. */
static void set_delta(struct browse *b, uint32_t item, struct vfu_text *t)
{
    uint32_t row = browse_view_row(b->view, item);
    struct browse_item above;

    t->time_format = VFU_TIME_DELTA;
    if (row != BROWSE_NONE && row > 0 && browse_model_item(b->model, browse_view_item(b->view, row - 1), &above))
        t->last_ns = above.wall_ns;
}

/* It fell out of the live file. */
static void only_known(const struct browse_item *item, struct vfu_writer *w)
{
    vfu_write_text(w, "\033[2m              ");
    if (item->no) {
        vfu_write_char(w, '#');
        vfu_write_decimal(w, item->no);
        vfu_write_text(w, "  ");
    }
    vfu_write_text(w, item->marks & BROWSE_GONE ? "(fell out of the bounded file)" : "(can't be read)");
}

void browse_row(struct browse *b, uint32_t number, struct vfu_writer *w)
{
    struct vfu_text t = { .pairs = true, .colour = true };
    struct browse_item item;
    struct browse_events *events;

    if (!browse_model_item(b->model, number, &item))
        return;
    events = browse_model_load(b->model, number);
    if (!events) {
        only_known(&item, w);
        return;
    }
    set_times(b, &item, &t);
    if (b->times == TIMES_DELTA)
        set_delta(b, number, &t);
    t.slow.limit = b->state.slow_ns;
    vfu_text_event(&t, browse_events_command(events), w);
    if (browse_events_reply(events))
        vfu_text_event(&t, browse_events_reply(events), w);
    vfu_text_end(&t, w);
    browse_events_free(events);
}
