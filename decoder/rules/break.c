/*
 * How a check says that a rule is broken, and what the checks of all themes share.
 */
#include "decoder/rules/inside.h"

#include <stdarg.h>
#include <stdio.h>

bool vfu_judge(const struct vfu_rule_settings *settings, struct vfu_problem *problem)
{
    size_t rule = (size_t)(problem->rule - vfu_rule_table);

    if (settings->ignored[rule / 64] & 1ull << rule % 64)
        return false;
    if (settings->strict && problem->rule->dialect)
        problem->severity = VFU_VIOLATION;
    return true;
}

static void add_problem(struct vfu_check *c, enum vfu_rule_number rule, enum vfu_side at_fault, const char *format,
                        va_list args)
{
    struct vfu_problem *p = &c->problems[c->count];

    if (c->count == VFU_MAX_PROBLEMS)
        return;
    p->rule = &vfu_rule_table[rule];
    p->severity = p->rule->severity;
    p->at_fault = at_fault;
    p->nobody = false;
    p->repeated = false;
    if (!vfu_judge(c->settings, p))
        return;
    vsnprintf(p->text, sizeof p->text, format, args);
    c->count++;
}

void vfu_break(struct vfu_check *c, enum vfu_rule_number rule, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_problem(c, rule, c->event->from, format, args);
    va_end(args);
}

void vfu_break_by(struct vfu_check *c, enum vfu_rule_number rule, enum vfu_side at_fault, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_problem(c, rule, at_fault, format, args);
    va_end(args);
}

uint64_t vfu_check_asked(const struct vfu_check *c, const char *name, uint64_t otherwise)
{
    return vfu_request_number(&(struct vfu_view){ .event = c->event }, name, otherwise);
}

const char *vfu_check_name(const struct vfu_name *names, uint64_t value, char room[24])
{
    const char *name = vfu_name_of(names, value);

    if (name)
        return name;
    snprintf(room, 24, "%llu", (unsigned long long)value);
    return room;
}
