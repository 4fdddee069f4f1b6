/*
 * What a filter can ask about, by name: the event's own, and the fields that any message may have.
 */
#include "decoder/filter/inside.h"

#include <string.h>

/* The names that all fields of this name have, anywhere in a layout; see filter_names_anywhere. */
static bool names_in(const struct vfu_layout *l, const char *field, const char *value, uint64_t *number, bool *known,
                     bool *bytes)
{
    bool found = false;

    for (const struct vfu_field *f = l->fields; f->name && !found; f++) {
        if (strcmp(f->name, field) == 0) {
            *known = true;
            *bytes |= f->kind == VFU_BYTES;
            found = value && vfu_name_value(f->names, value, number);
        }
        if (f->item && !found)
            found = names_in(f->item, field, value, number, known, bytes);
    }
    return found;
}

static bool names_in_shape(const struct vfu_shape *shape, const char *field, const char *value, uint64_t *number,
                           bool *known, bool *bytes)
{
    const struct vfu_layout *l;

    for (unsigned i = 0; (l = vfu_shape_layout(shape, i)) != NULL; i++)
        if (names_in(l, field, value, number, known, bytes))
            return true;
    return false;
}

bool filter_names_anywhere(const char *field, const char *value, uint64_t *number, bool *known, bool *bytes)
{
    const struct vfu_command *commands;
    size_t count;
    bool found = names_in(&vfu_unknown_layout, field, value, number, known, bytes);

    commands = vfu_commands(&count);
    for (size_t i = 0; i < count && !found; i++)
        found = names_in_shape(&commands[i].request, field, value, number, known, bytes) ||
                names_in_shape(&commands[i].reply, field, value, number, known, bytes);
    return found;
}

static const struct vfu_name type_names[] = { { 0, "command" }, { 1, "reply" }, { 2, "unknown" }, { 0, NULL } };

static const struct filter_own all_own[] = {
    { "command", SUBJECT_COMMAND, NULL, false },
    { "from", SUBJECT_FROM, vfu_side_names, true },
    { "type", SUBJECT_TYPE, type_names, true },
    { "channel", SUBJECT_CHANNEL, vfu_channel_names, false },
    { "conn", SUBJECT_CONN, NULL, false },
    { "no", SUBJECT_NO, NULL, false },
    { "latency", SUBJECT_LATENCY, NULL, false },
    { "time", SUBJECT_TIME, NULL, false },
    { "fds", SUBJECT_FDS, vfu_fd_type_names, false },
    { "error", SUBJECT_ERROR, vfu_errno_names, false },
    { "no_reply", SUBJECT_NO_REPLY, NULL, false },
    { "problem", SUBJECT_PROBLEM, NULL, false },
    { "reason", SUBJECT_REASON, NULL, false },
    { "note", SUBJECT_NOTE, NULL, false },
    { "warning", SUBJECT_WARNING, NULL, false },
    { "log", SUBJECT_LOG, NULL, false },
    { "mark", SUBJECT_MARK, NULL, false },
};

const struct filter_own *filter_own_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof all_own / sizeof *all_own; i++)
        if (strcmp(all_own[i].name, name) == 0)
            return &all_own[i];
    return NULL;
}

uint32_t filter_payloads_with(const char *name)
{
    uint32_t bits = 0;
    size_t count;
    const struct vfu_command *commands = vfu_commands(&count);

    for (size_t i = 0; i < count; i++)
        bits |= (uint32_t)vfu_payload_has(&commands[i], name) << commands[i].number;
    return bits;
}
