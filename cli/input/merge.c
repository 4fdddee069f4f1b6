/*
 * Several captures as one, in the order of their records' times. Of each one record is read ahead, and it is opened when its
 * turn comes: memory and descriptors go by how many overlap. Their clocks but the one on the wall may be of different
 * machines, so that times are told by that.
 */
#include "cli/input/inside.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>
#include <string.h>

static bool is_record(enum vfu_captured got)
{
    return got == VFU_CAPTURED_MESSAGE || got == VFU_CAPTURED_EVENT;
}

static bool is_before(const void *items, size_t i, uint64_t key)
{
    return ((const struct input_conn *)items)[i].theirs < key;
}

/* A connection's number over all captures. */
static uint32_t conn_of(struct cli_inputs *in, struct input_source *s, uint32_t theirs)
{
    size_t at = vfu_lower_bound(s->conns, s->conn_count, theirs, is_before);

    if (!theirs)
        return 0;
    if (at < s->conn_count && s->conns[at].theirs == theirs)
        return s->conns[at].ours;
    if (!VFU_GROW(s->conns, s->conn_room, s->conn_count + 1))
        return theirs;
    memmove(s->conns + at + 1, s->conns + at, (s->conn_count++ - at) * sizeof *s->conns);
    s->conns[at] = (struct input_conn){ .theirs = theirs, .ours = ++in->conns };
    return s->conns[at].ours;
}

static void adapt(struct cli_inputs *in, struct input_source *s, struct vfu_event *event)
{
    if (!s->shifted)
        s->shift_ns = event->time.wall_ns - event->time.mono_ns;
    s->shifted = true;
    event->time.mono_ns += s->shift_ns;
    event->conn = conn_of(in, s, event->conn);
    event->file = s->name;
}

/* Read one ahead. False: it has none, or nothing is to be read any more. */
static bool read_ahead(struct cli_inputs *in, size_t which)
{
    struct input_source *s = &in->sources[which];

    struct input_part *p = &s->parts[s->at < s->count ? s->at : 0];

    if (!s->at_hand && p->ahead) { /* the first look has it */
        s->got = p->got;
        s->event = *p->ahead;
        free(p->ahead);
        p->ahead = NULL;
    } else if (!s->at_hand) {
        s->got = input_source_next(in, s, &s->event);
    }
    s->at_hand = is_record(s->got);
    return s->at_hand;
}

static uint64_t time_of(const struct cli_inputs *in, size_t which)
{
    return in->sources[which].event.time.wall_ns;
}

/* The one whose record is the first; `count`: there is none. */
static size_t first_active(const struct cli_inputs *in)
{
    size_t first = in->count;

    for (size_t i = 0; i < in->active_count; i++) {
        size_t which = in->active[i];

        if (first == in->count || time_of(in, which) < time_of(in, first) ||
            (time_of(in, which) == time_of(in, first) && which < first))
            first = which;
    }
    return first;
}

/* Begin those whose turn has come. */
static void start_more(struct cli_inputs *in)
{
    while (in->started < in->count) {
        size_t first = first_active(in);

        if (first < in->count && in->sources[in->started].parts[0].first_ns > time_of(in, first))
            return;
        if (read_ahead(in, in->started))
            in->active[in->active_count++] = in->started;
        else if (in->sources[in->started].got == VFU_CAPTURED_STOPPED)
            return;
        in->started++;
    }
}

/* Up to when nobody else has anything. */
static uint64_t limit_of(const struct cli_inputs *in)
{
    size_t first = first_active(in);
    uint64_t limit = first < in->count ? time_of(in, first) : UINT64_MAX;

    if (in->started < in->count && in->sources[in->started].parts[0].first_ns < limit)
        limit = in->sources[in->started].parts[0].first_ns;
    return limit;
}

/* Another one is the first now. */
static void change(struct cli_inputs *in)
{
    start_more(in);
    in->current = first_active(in);
    for (size_t i = 0; i < in->active_count; i++) {
        if (in->active[i] != in->current)
            continue;
        in->active[i] = in->active[--in->active_count];
        break;
    }
    in->limit_ns = limit_of(in);
}

/* Of one, by itself. */
static enum vfu_captured next_of(struct cli_inputs *in, struct input_source *s, struct vfu_event *event)
{
    enum vfu_captured got;

    if (s->parts[0].ahead) {
        if (!read_ahead(in, (size_t)(s - in->sources)))
            return s->got;
        *event = s->event;
        s->at_hand = false;
        got = s->got;
    } else {
        got = input_source_next(in, s, event);
    }
    if (is_record(got))
        event->file = s->name;
    return got;
}

enum vfu_captured cli_inputs_next(struct cli_inputs *in, struct vfu_event *event, size_t *which)
{
    struct input_source *s;

    if (in->count == 1) {
        struct vfu_capreader *only = in->sources[0].parts[0].reader;
        enum vfu_captured got;

        *which = 0;
        if (in->sources[0].count > 1 || in->sources[0].name || !only)
            return next_of(in, &in->sources[0], event);
        got = vfu_capreader_next(only, event, &in->error); /* by far the most: no more is done than that */
        return is_record(got) ? got : input_source_end(in, &in->sources[0], got);
    }
    if (in->current == in->count || !read_ahead(in, in->current)) {
        if (in->current < in->count && in->sources[in->current].got == VFU_CAPTURED_STOPPED)
            return VFU_CAPTURED_STOPPED;
        change(in);
    } else if (!in->stays && time_of(in, in->current) >= in->limit_ns) {
        in->active[in->active_count++] = in->current;
        change(in);
    }
    if (in->current == in->count)
        return in->started < in->count ? VFU_CAPTURED_STOPPED : VFU_CAPTURED_END;
    s = &in->sources[in->current];
    *event = s->event;
    *which = in->current;
    s->at_hand = false;
    in->stays = event->kind == VFU_EVENT_MEMORY;
    adapt(in, s, event);
    return s->got;
}

enum vfu_captured cli_inputs_next_of(struct cli_inputs *in, size_t which, struct vfu_event *event)
{
    return next_of(in, &in->sources[which], event);
}
