/*
 * The words of events, and events that outlive their source: a copy in one piece of memory, which the caller provides.
 */
#include "decoder/wire/event.h"

#include <string.h>

const char *vfu_severity_name(enum vfu_severity severity)
{
    return severity == VFU_VIOLATION ? "violation" : "suspicious";
}

static size_t problems_size(const struct vfu_event *e)
{
    return e->problem_count * sizeof *e->problems;
}

static size_t notes_size(const struct vfu_event *e)
{
    return e->note_count * sizeof *e->notes;
}

static size_t bytes_size(const struct vfu_event *e)
{
    return e->message.bytes ? e->message.captured : 0;
}

size_t vfu_event_size(const struct vfu_event *e)
{
    size_t size = sizeof *e + problems_size(e) + notes_size(e) + e->message.nfds * sizeof *e->message.fds + bytes_size(e);

    return (size + 15) & ~(size_t)15;
}

struct vfu_event *vfu_event_copy(const struct vfu_event *e, void *room)
{
    struct vfu_event *copy = room;
    size_t fds = e->message.nfds * sizeof *e->message.fds;
    uint8_t *at = (uint8_t *)(copy + 1);

    *copy = *e;
    copy->decoded = NULL;
    if (e->problem_count)
        copy->problems = memcpy(at, e->problems, problems_size(e));
    at += problems_size(e);
    if (e->note_count)
        copy->notes = memcpy(at, e->notes, notes_size(e));
    at += notes_size(e);
    if (fds)
        copy->message.fds = memcpy(at, e->message.fds, fds);
    if (bytes_size(e))
        copy->message.bytes = memcpy(at + fds, e->message.bytes, bytes_size(e));
    return copy;
}
