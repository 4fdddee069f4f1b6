/*
 * One capture, or the files of a ring, which go on as one: what ends one of its files and begins the next is no record.
 */
#include "cli/input/inside.h"
#include "cli/output/output.h"

#include <stdio.h>

void input_damaged(struct cli_inputs *in, const char *why)
{
    if (in->wait.idle)
        in->wait.idle(in->wait.context);
    cli_error("%s", why);
    in->damaged = true;
    snprintf(in->damage, sizeof in->damage, "%s", why);
}

void input_part_close(struct input_part *p)
{
    if (!p->reader)
        return;
    cli_say_unread(p->reader, p->path);
    vfu_capreader_close(p->reader);
    p->reader = NULL;
}

/* Is the next file not the one that follows? */
static void say_gap(const struct input_source *s)
{
    const struct input_part *p = &s->parts[s->at];

    if (p[1].number != p->number + 1)
        cli_error("%s: between it and %s files of the ring are missing", p->path, p[1].path);
}

static bool is_seam(const struct input_source *s, const struct vfu_event *event)
{
    return (event->kind == VFU_EVENT_CAPTURE && s->at > 0) || (event->kind == VFU_EVENT_END && s->at + 1 < s->count);
}

enum vfu_captured input_source_end(struct cli_inputs *in, struct input_source *s, enum vfu_captured got)
{
    bool open = s->parts[s->at].reader;

    if (got == VFU_CAPTURED_STOPPED || (!open && in->wait.stopped && in->wait.stopped(in->wait.context)))
        return VFU_CAPTURED_STOPPED;
    if (got == VFU_CAPTURED_BAD)
        input_damaged(in, in->error.text);
    input_part_close(&s->parts[s->at]);
    if (s->at + 1 < s->count)
        say_gap(s);
    s->at++;
    return VFU_CAPTURED_END;
}

/* Of the file at hand. */
static enum vfu_captured next_of_part(struct cli_inputs *in, struct input_source *s, struct vfu_event *event)
{
    struct input_part *p = &s->parts[s->at];
    enum vfu_captured got = VFU_CAPTURED_BAD;

    if (!p->reader)
        p->reader = vfu_capreader_open(p->path, &in->wait, &in->error);
    while (p->reader && (got = vfu_capreader_next(p->reader, event, &in->error)) == VFU_CAPTURED_EVENT && is_seam(s, event))
        ;
    return got <= VFU_CAPTURED_EVENT ? got : input_source_end(in, s, got);
}

enum vfu_captured input_source_next(struct cli_inputs *in, struct input_source *s, struct vfu_event *event)
{
    enum vfu_captured got = VFU_CAPTURED_END;

    while (s->at < s->count && got == VFU_CAPTURED_END)
        got = next_of_part(in, s, event);
    return got;
}
