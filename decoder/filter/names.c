/*
 * What a filter can ask about, by name: the event's own, and the fields that any message may have.
 */
#include "decoder/filter/inside.h"
#include "decoder/reasons/reasons.h"

#include <string.h>

/* The names that all fields of this name have, anywhere in a layout; see filter_names_anywhere. */
static bool names_in(const struct vfu_layout *l, const char *field, const char *value, uint64_t *number, unsigned *kinds)
{
    bool found = false;

    for (const struct vfu_field *f = l->fields; f->name && !found; f++) {
        if (strcmp(f->name, field) == 0) {
            *kinds |= 1u << f->kind;
            found = value && vfu_name_value(f->names, value, number);
        }
        if (f->item && !found)
            found = names_in(f->item, field, value, number, kinds);
    }
    return found;
}

static bool names_in_shape(const struct vfu_shape *shape, const char *field, const char *value, uint64_t *number,
                           unsigned *kinds)
{
    const struct vfu_layout *l;

    for (unsigned i = 0; (l = vfu_shape_layout(shape, i)) != NULL; i++)
        if (names_in(l, field, value, number, kinds))
            return true;
    return false;
}

bool filter_names_anywhere(const char *field, const char *value, uint64_t *number, unsigned *kinds)
{
    const struct vfu_command *commands;
    size_t count;
    bool found;

    *kinds = 0;
    found = names_in(&vfu_unknown_layout, field, value, number, kinds);
    commands = vfu_commands(&count);
    for (size_t i = 0; i < count && !found; i++)
        found = names_in_shape(&commands[i].request, field, value, number, kinds) ||
                names_in_shape(&commands[i].reply, field, value, number, kinds);
    return found;
}

static const struct vfu_name type_names[] = { { 0, "command" }, { 1, "reply" }, { 2, "unknown" }, { 0, NULL } };

static const struct filter_own all_own[] = {
    { "command", SUBJECT_COMMAND, TYPE_NUMBER, NULL, false, false },
    { "from", SUBJECT_FROM, TYPE_NUMBER, vfu_side_names, true, false },
    { "type", SUBJECT_TYPE, TYPE_NUMBER, type_names, true, false },
    { "channel", SUBJECT_CHANNEL, TYPE_NUMBER, vfu_channel_names, false, false },
    { "conn", SUBJECT_CONN, TYPE_NUMBER, NULL, false, false },
    { "file", SUBJECT_FILE, TYPE_STRING, NULL, false, true },
    { "no", SUBJECT_NO, TYPE_NUMBER, NULL, false, false },
    { "latency", SUBJECT_LATENCY, TYPE_TIME, NULL, false, false },
    { "time", SUBJECT_TIME, TYPE_TIME, NULL, false, true },
    { "fds", SUBJECT_FDS, TYPE_NUMBER, vfu_fd_type_names, false, false },
    { "error", SUBJECT_ERROR, TYPE_NUMBER, vfu_errno_names, false, false },
    { "no_reply", SUBJECT_NO_REPLY, TYPE_ALONE, NULL, false, false },
    { "problem", SUBJECT_PROBLEM, TYPE_WORD, NULL, false, false },
    { "reason", SUBJECT_REASON, TYPE_WORD, NULL, false, false },
    { "note", SUBJECT_NOTE, TYPE_WORD, NULL, false, true },
    { "warning", SUBJECT_WARNING, TYPE_WORD, NULL, false, true },
    { "log", SUBJECT_LOG, TYPE_STRING, NULL, false, true },
    { "mark", SUBJECT_MARK, TYPE_STRING, NULL, false, true },
    { "value", SUBJECT_VALUE, TYPE_NUMBER, NULL, false, false },
    { "register", SUBJECT_REGISTER, TYPE_REGISTER, NULL, false, false },
    { "name", SUBJECT_NAME, TYPE_STRING, NULL, false, true },
    { "spec", SUBJECT_SPEC, TYPE_STRING, NULL, false, true },
    { "text", SUBJECT_TEXT, TYPE_TEXT, NULL, false, false },
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

static void fields_in(const struct vfu_layout *l, void (*take)(void *context, const char *name), void *context)
{
    for (const struct vfu_field *f = l->fields; f->name; f++) {
        take(context, f->name);
        if (f->item)
            fields_in(f->item, take, context);
    }
}

void filter_each_field(void (*take)(void *context, const char *name), void *context)
{
    size_t count;
    const struct vfu_command *commands = vfu_commands(&count);
    const struct vfu_layout *l;

    for (size_t i = 0; i < sizeof all_own / sizeof *all_own; i++)
        take(context, all_own[i].name);
    fields_in(&vfu_header_layout, take, context);
    for (size_t i = 0; i < count; i++) {
        for (unsigned k = 0; (l = vfu_shape_layout(&commands[i].request, k)) != NULL; k++)
            fields_in(l, take, context);
        for (unsigned k = 0; (l = vfu_shape_layout(&commands[i].reply, k)) != NULL; k++)
            fields_in(l, take, context);
    }
}

static void each_name(const struct vfu_name *names, void (*take)(void *context, const char *name), void *context)
{
    for (; names && names->name; names++)
        take(context, names->name);
}

static void values_in(const struct vfu_layout *l, const char *field, void (*take)(void *context, const char *name), void *context)
{
    for (const struct vfu_field *f = l->fields; f->name; f++) {
        if (strcmp(f->name, field) == 0)
            each_name(f->names, take, context);
        if (f->item)
            values_in(f->item, field, take, context);
    }
}

static void each_rule(void (*take)(void *context, const char *name), void *context)
{
    size_t rule_count, misfit_count;
    const struct vfu_rule *rules = vfu_rules(&rule_count), *misfits = vfu_misfits(&misfit_count);

    for (size_t i = 0; i < rule_count; i++)
        take(context, rules[i].id);
    for (size_t i = 0; i < misfit_count; i++)
        take(context, misfits[i].id);
}

static void each_reason(void (*take)(void *context, const char *name), void *context)
{
    size_t count;
    const struct vfu_reason *reasons = vfu_reasons(&count);

    for (size_t i = 0; i < count; i++)
        take(context, reasons[i].id);
}

static void each_field_value(const struct filter_node *n, void (*take)(void *context, const char *name), void *context)
{
    size_t count;
    const struct vfu_command *commands = vfu_commands(&count);
    const struct vfu_layout *l;

    for (size_t i = 0; i < count; i++) {
        for (unsigned k = 0; (l = vfu_shape_layout(&commands[i].request, k)) != NULL; k++)
            values_in(l, n->name, take, context);
        for (unsigned k = 0; (l = vfu_shape_layout(&commands[i].reply, k)) != NULL; k++)
            values_in(l, n->name, take, context);
    }
}

void filter_each_value(const struct filter_node *n, void (*take)(void *context, const char *name), void *context)
{
    const struct filter_own *own = filter_own_by_name(n->name);
    size_t count;
    const struct vfu_command *commands = vfu_commands(&count);

    each_name(n->header ? n->header->names : NULL, take, context);
    each_name(own ? own->names : NULL, take, context);
    for (size_t i = 0; i < count && n->subject == SUBJECT_COMMAND; i++)
        take(context, commands[i].name);
    if (n->subject == SUBJECT_PROBLEM)
        each_rule(take, context);
    else if (n->subject == SUBJECT_REASON)
        each_reason(take, context);
    else if (n->subject == SUBJECT_FIELD)
        each_field_value(n, take, context);
}
