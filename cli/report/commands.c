/*
 * Commands: how many of each, and how long their replies took.
 */
#include "cli/report/inside.h"

#include <stdlib.h>

/* The one of this command; NULL: there is no room. */
static struct report_command *command_of(struct report_commands *c, const struct vfu_event *e, enum vfu_side from)
{
    uint16_t number = e->command ? e->command_number : 0; /* unknown ones are one */

    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].number == number && c->list[i].from == from)
            return &c->list[i];
    if (!c->list)
        c->list = calloc(REPORT_COMMANDS, sizeof *c->list);
    if (!c->list || c->count == REPORT_COMMANDS)
        return NULL;
    c->list[c->count] = (struct report_command){ .number = number, .from = (uint8_t)from };
    return &c->list[c->count++];
}

/* 1, 2, 5, 10, ... us: the first that is not below it. */
static unsigned step_of(uint64_t ns)
{
    static const unsigned parts[] = { 1000, 2000, 5000 };
    uint64_t scale = 1;

    for (unsigned step = 0; step < REPORT_STEPS - 1; step++) {
        if (ns <= parts[step % 3] * scale)
            return step;
        scale *= step % 3 == 2 ? 10 : 1;
    }
    return REPORT_STEPS - 1;
}

static unsigned fine_of(uint64_t ns)
{
    unsigned power = 63 - (unsigned)__builtin_clzll(ns | 8);

    return (power - 3) * 8 + (unsigned)((ns >> (power - 3)) & 7);
}

void report_commands_event(struct report_commands *c, const struct vfu_event *e)
{
    struct report_command *row;
    bool reply = vfu_event_is_reply(e);

    if (!reply && !vfu_event_is_command(e))
        return;
    row = command_of(c, e, reply ? (e->from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT) : e->from);
    if (!row)
        return;
    row->bytes += e->message.size;
    row->count += !reply;
    row->errors += reply && e->flags & VFU_ERROR;
    if (!reply || !e->paired)
        return;
    row->replies++;
    row->total_ns += e->latency_ns;
    row->longest_ns = e->latency_ns > row->longest_ns ? e->latency_ns : row->longest_ns;
    row->steps[step_of(e->latency_ns)]++;
    row->fine[fine_of(e->latency_ns)]++;
}
