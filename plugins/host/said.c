/*
 * What plugins say of an event: notes, misfits, and why it was refused; beside what the session and a capture have of it.
 */
#include "decoder/reasons/reasons.h"
#include "plugins/host/inside.h"

#include <string.h>

static void add_note(struct plugin_said *s, const struct plugin_note *n, const char *plugin)
{
    struct vfu_note *to = &s->notes[s->note_count];

    if (s->note_count == PLUGIN_NOTES)
        return;
    memcpy(to->plugin, plugin, sizeof to->plugin);
    memcpy(to->text, n->text, sizeof to->text);
    to->warning = n->kind == NOTE_WARNING;
    s->note_count++;
}

static void cut(char *to, size_t size, const char *text)
{
    size_t length = strnlen(text, size - 1);

    memcpy(to, text, length);
    to[length] = '\0';
}

static void add_misfit(struct plugin_said *s, const struct plugin_note *n, const struct plugin_finding *f,
                       const struct vfu_rule_settings *rules, const struct vfu_event *event)
{
    struct vfu_problem p = { .rule = f->misfit, .severity = VFU_MISFIT, .nobody = f->by == VFP_NOBODY,
                             .at_fault = f->by == VFP_NOBODY ? event->from : f->by == VFP_CLIENT ? VFU_CLIENT : VFU_SERVER };

    if (s->problem_count == VFU_EVENT_PROBLEMS - VFU_MAX_PROBLEMS || (rules && !(rules->checks && rules->checks->judge(rules, &p))))
        return;
    cut(p.text, sizeof p.text, n->text);
    s->problems[s->problem_count++] = p;
}

static void add_reason(struct plugin_said *s, const struct plugin_note *n, const struct plugin_finding *f)
{
    struct vfu_because *b = &s->because[s->because_count];

    if (s->because_count == VFU_MAX_BECAUSE)
        return;
    *b = (struct vfu_because){ .certain = n->kind == NOTE_REASON, .of_plugin = true, .count = n->count };
    memcpy(b->messages, n->messages, n->count * sizeof n->messages[0]);
    cut(b->reason, sizeof b->reason, f->reason->id);
    cut(b->text, sizeof b->text, n->text);
    s->because_count++;
}

void plugin_said_add(struct plugin_said *s, const struct plugin_note *n, const struct plugin_hello *hello,
                     const struct plugin_findings *findings, const struct vfu_rule_settings *rules,
                     const struct vfu_event *event)
{
    if (n->kind < NOTE_MISFIT)
        add_note(s, n, hello->names[n->plugin]);
    else if (n->kind == NOTE_MISFIT)
        add_misfit(s, n, &findings->list[n->row], rules, event);
    else if (event->kind == VFU_EVENT_MESSAGE && event->flags & VFU_ERROR)
        add_reason(s, n, &findings->list[n->row]);
}

void plugin_said_request(struct plugin_said *s, const struct plugin_request *r, const struct plugin_hello *hello)
{
    struct vfu_request *to = &s->requests[s->request_count];

    if (s->request_count == PLUGIN_REQUESTS)
        return;
    *to = r->request;
    memcpy(to->plugin, hello->names[r->plugin], sizeof to->plugin);
    s->request_count++;
}

/* --- beside what there is --- */

/* May a plugin that is here say this reason? */
static bool is_ours(const struct plugin_findings *findings, const char *reason)
{
    for (uint32_t i = 0; i < findings->count; i++)
        if (findings->list[i].reason && strcmp(findings->list[i].reason->id, reason) == 0)
            return true;
    return false;
}

static bool is_said(const struct plugin_said *s, const struct vfu_rule *rule)
{
    for (unsigned i = 0; i < s->problem_count; i++)
        if (s->problems[i].rule == rule)
            return true;
    return false;
}

/* May a plugin that is here say this misfit? What a capture has of it may be of a plugin that is not. */
static bool is_here(const struct plugin_findings *findings, const struct vfu_rule *rule)
{
    for (uint32_t i = 0; i < findings->count; i++)
        if (findings->list[i].misfit == rule)
            return true;
    return false;
}

static void put_problems(struct plugin_said *s, const struct plugin_findings *findings, struct vfu_event *event)
{
    struct vfu_problem all[VFU_EVENT_PROBLEMS];
    unsigned count = 0;

    for (unsigned i = 0; i < event->problem_count && count < VFU_EVENT_PROBLEMS; i++) {
        const struct vfu_rule *rule = event->problems[i].rule;

        if (!rule->plugin || (event->partial ? !is_said(s, rule) : !is_here(findings, rule)))
            all[count++] = event->problems[i];
    }
    for (unsigned i = 0; i < s->problem_count && count < VFU_EVENT_PROBLEMS; i++)
        all[count++] = s->problems[i];
    memcpy(s->problems, all, count * sizeof all[0]);
    event->problems = s->problems;
    event->problem_count = count;
}

static void put_reasons(struct plugin_said *s, const struct plugin_findings *findings, struct vfu_event *event)
{
    struct vfu_because all[VFU_MAX_BECAUSE];
    unsigned count = 0;

    for (unsigned i = 0; i < event->because_count && count < VFU_MAX_BECAUSE; i++)
        if (!event->because[i].of_plugin || !is_ours(findings, event->because[i].reason) || (event->partial && !s->because_count))
            all[count++] = event->because[i];
    for (unsigned i = 0; i < s->because_count && count < VFU_MAX_BECAUSE; i++)
        all[count++] = s->because[i];
    memcpy(s->because, all, count * sizeof all[0]);
    event->because = s->because;
    event->because_count = count;
}

void plugin_said_put(struct plugin_said *s, struct plugin_recorded *recorded, const struct plugin_hello *hello,
                     const struct plugin_findings *findings, struct vfu_event *event)
{
    if (event->note_count || recorded->count)
        s->note_count = plugin_recorded_add(recorded, hello, event, s->notes, s->note_count, sizeof s->notes / sizeof *s->notes);
    if (event->request_count)
        s->request_count = plugin_recorded_requests(recorded, hello, event, s->requests, s->request_count,
                                                    sizeof s->requests / sizeof *s->requests);
    event->requests = s->requests;
    event->request_count = s->request_count;
    event->notes = s->notes;
    event->note_count = s->note_count;
    if (s->problem_count || event->problem_count)
        put_problems(s, findings, event);
    if (s->because_count || event->because_count)
        put_reasons(s, findings, event);
    s->note_count = s->problem_count = s->because_count = s->request_count = 0;
}
