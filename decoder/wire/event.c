/*
 * The words of events, and events that outlive their source: a copy in one piece of memory, which the caller provides.
 */
#include "decoder/wire/event.h"
#include "decoder/wire/image.h"

#include <stdio.h>
#include <string.h>

const char *vfu_severity_name(enum vfu_severity severity)
{
    static const char *const names[] = { [VFU_VIOLATION] = "violation", [VFU_SUSPICIOUS] = "suspicious",
                                         [VFU_MISFIT] = "misfit" };

    return names[severity];
}

enum vfu_severity vfu_severity_by_name(const char *name)
{
    for (int i = 0; i < VFU_SEVERITIES; i++)
        if (strcmp(name, vfu_severity_name((enum vfu_severity)i)) == 0)
            return (enum vfu_severity)i;
    return VFU_SEVERITIES;
}

unsigned vfu_severity_rank(enum vfu_severity severity)
{
    return severity == VFU_VIOLATION ? 2 : severity == VFU_MISFIT ? 1 : 0;
}

const char *vfu_event_text(const struct vfu_event *e)
{
    static const char lost[] = "not passed on: its reader has not read the ones before";

    switch (e->kind) {
    case VFU_EVENT_DISCONNECT:
        return e->disconnect.why;
    case VFU_EVENT_UNFRAMED:
        return e->unframed.why;
    case VFU_EVENT_INTERRUPT:
        return e->interrupt.lost ? lost : "";
    case VFU_EVENT_IOEVENTFD:
        return e->ioeventfd.lost ? lost : "";
    case VFU_EVENT_INJECTED:
        return e->injected.spec;
    case VFU_EVENT_OVERDUE:
        return e->overdue.what;
    case VFU_EVENT_STALLED:
        return e->stalled.what;
    case VFU_EVENT_UNREAD:
        return e->unread.what;
    case VFU_EVENT_PEER:
        return e->peer.name;
    case VFU_EVENT_END:
        return e->end.goes_on ? "the next file of the ring goes on"
               : e->end.cut   ? "missing: the capture was cut here, or is still being written"
                              : "";
    default:
        return "";
    }
}

void vfu_event_unframed(struct vfu_event *e, enum vfu_framing framing, uint32_t size)
{
    if (framing == VFU_MISSIZED)
        snprintf(e->unframed.why, sizeof e->unframed.why, "behind a header with size %u", size);
    else
        snprintf(e->unframed.why, sizeof e->unframed.why, "a header with size %u, %s", size,
                 size < VFU_HEADER_SIZE ? "less than a header" : "more than any message may have");
}

void vfu_event_unframed_bytes(struct vfu_event *e, uint8_t room[VFU_UNFRAMED_MAX], const uint8_t *kept, size_t kept_size,
                              const uint8_t *more, size_t more_size)
{
    size_t size = kept_size < VFU_UNFRAMED_MAX ? kept_size : VFU_UNFRAMED_MAX, left = VFU_UNFRAMED_MAX - size;

    left = more_size < left ? more_size : left;
    if (size)
        memcpy(room, kept, size);
    if (left)
        memcpy(room + size, more, left);
    e->unframed.bytes = room;
    e->unframed.size = size + left;
}

void vfu_event_say_stalled(struct vfu_event *e)
{
    const struct vfu_command *command = vfu_command_by_number(e->stalled.command);
    unsigned long long got = e->stalled.got, s = e->stalled.waiting_ms / 1000;
    unsigned tenths = e->stalled.waiting_ms % 1000 / 100;

    if (got < VFU_HEADER_SIZE)
        snprintf(e->stalled.what, sizeof e->stalled.what, "%llu of a header's 16 bytes, for %llu.%u s", got, s, tenths);
    else
        snprintf(e->stalled.what, sizeof e->stalled.what, "%s id %u, %llu of %u bytes, for %llu.%u s",
                 command ? command->name : "UNKNOWN", e->stalled.id, got, e->stalled.size, s, tenths);
}

void vfu_event_say_unread(struct vfu_event *e)
{
    const struct vfu_command *command = vfu_command_by_number(e->unread.command);
    int used = snprintf(e->unread.what, sizeof e->unread.what, "%s%s id %u, %u bytes, for process %u",
                        e->unread.reply ? "the reply to " : "", command ? command->name : "UNKNOWN", e->unread.id,
                        e->unread.size, e->unread.pid);

    if (used > 0 && (size_t)used < sizeof e->unread.what && e->unread.messages > 1)
        snprintf(e->unread.what + used, sizeof e->unread.what - (size_t)used, "; %u messages, %llu bytes in all",
                 e->unread.messages, (unsigned long long)e->unread.bytes);
}

/*
 * All that an event of its kind points to: how many bytes that is. With a room they go there (or are there already), and the
 * event points at them. What is aligned stands in front of what is not.
 */
__attribute__((always_inline)) static inline size_t carry(struct vfu_event *e, uint8_t *room, bool there)
{
    size_t used = 0;

#define CARRY(pointer, count)                                     \
    do {                                                          \
        size_t size = (count) * sizeof *(pointer);                \
                                                                  \
        if (room && size && there)                                \
            (pointer) = (void *)(room + used);                    \
        else if (room && size)                                    \
            (pointer) = memcpy(room + used, (pointer), size);     \
        used += size;                                             \
    } while (0)

    if (e->register_count)
        CARRY(e->registers, e->register_count);
    if (e->request_count)
        CARRY(e->requests, e->request_count);
    if (e->problem_count || e->note_count || e->because_count) { /* hardly ever */
        CARRY(e->because, e->because_count);
        CARRY(e->problems, e->problem_count);
        CARRY(e->notes, e->note_count);
    }
    if (e->kind != VFU_EVENT_MESSAGE)
        CARRY(e->doing, e->doing_count);
    if (e->kind == VFU_EVENT_MESSAGE) {
        CARRY(e->message.fds, e->message.nfds);
        CARRY(e->message.left_out, e->message.left_out_count);
        CARRY(e->message.bytes, e->message.captured);
    } else if (e->kind == VFU_EVENT_MEMORY) {
        CARRY(e->memory.bytes, e->memory.size);
    } else if (e->kind == VFU_EVENT_UNFRAMED) {
        CARRY(e->unframed.bytes, e->unframed.size);
    } else if (e->kind == VFU_EVENT_INJECTED) {
        CARRY(e->injected.spec, e->injected.size);
    } else if (e->kind == VFU_EVENT_CAPTURE) {
        CARRY(e->capture.options, e->capture.size);
    } else if (vfu_event_is_beside(e)) {
        CARRY(e->line.text, e->line.size);
    }
#undef CARRY
    return used;
}

size_t vfu_event_size(const struct vfu_event *e)
{
    size_t size = sizeof *e + carry((struct vfu_event *)e, NULL, false);

    return (size + 15) & ~(size_t)15;
}

struct vfu_event *vfu_event_copy(const struct vfu_event *e, void *room)
{
    struct vfu_event *copy = room;

    *copy = *e;
    if (copy->kind == VFU_EVENT_MESSAGE)
        copy->decoded = NULL; /* the session's, and large: it is decoded again */
    carry(copy, (uint8_t *)(copy + 1), false);
    return copy;
}

struct vfu_event *vfu_event_moved(void *room)
{
    struct vfu_event *e = room;

    carry(e, (uint8_t *)(e + 1), true);
    return e;
}
