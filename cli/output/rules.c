/*
 * The options about the rules of the protocol: see rules.h; and the sink of --fail-on.
 */
#include "cli/output/inside.h"
#include "cli/output/rules.h"
#include "cli/wrap.h"
#include "decoder/reasons/reasons.h"
#include "decoder/wire/near.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_AT = 39 };

static void list(const struct vfu_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char left[80], text[320];

        snprintf(left, sizeof left, "%-26s %s", rules[i].id, vfu_severity_name(rules[i].severity));
        snprintf(text, sizeof text, "%s (%s)", rules[i].help, rules[i].section);
        cli_put_row(left, LIST_AT, text);
        if (rules[i].dialect)
            cli_wrap(rules[i].dialect, printf("%*s" "but", LIST_AT, ""), LIST_AT);
    }
}

/* What the plugins that are there may say; without them there is nothing to say, and the tap says why. */
static void list_plugins(void)
{
    struct vfu_plugin_finding *findings;
    struct vfu_error error;
    size_t count;

    if (!vfu_plugin_findings(&findings, &count, &error))
        return;
    for (size_t i = 0; i < count; i++)
        if (findings[i].misfit)
            list(findings[i].misfit, 1);
    free(findings);
}

void cli_rules_list(void)
{
    size_t count;
    const struct vfu_rule *rules = vfu_rules(&count);

    list(rules, count);
    rules = vfu_misfits(&count);
    list(rules, count);
    list_plugins();
}

void cli_rules_apply(const struct cli_args *args, struct vfu_session *session)
{
    struct vfu_rule_settings *settings = vfu_session_rules(session);

    settings->strict = cli_has(args, "strict");
    settings->without_plugins = cli_has(args, "no-plugins");
    for (size_t i = 0; i < args->set_count; i++)
        if (strcmp(args->set[i].option->name, "ignore") == 0 && strcmp(args->set[i].value, "all") == 0)
            settings->checks = NULL;
}

static void say_no_rule(const char *name)
{
    size_t counts[2];
    const struct vfu_rule *lists[2] = { vfu_rules(&counts[0]), vfu_misfits(&counts[1]) };
    char text[VFU_NEAR_TEXT];
    struct vfu_near near;

    vfu_near_begin(&near, name);
    for (unsigned k = 0; k < 2; k++)
        for (size_t i = 0; i < counts[k]; i++)
            vfu_near_offer(&near, lists[k][i].id);
    cli_error("--ignore %s: no such rule%s (--rules lists them)", name, vfu_near_text(&near, text));
}

bool cli_rules_ignore(const struct cli_args *args, struct vfu_session *session)
{
    for (size_t i = 0; i < args->set_count; i++) {
        const char *rule = args->set[i].value;

        if (strcmp(args->set[i].option->name, "ignore") == 0 && strcmp(rule, "all") != 0 &&
            !vfu_ignore(vfu_session_rules(session), rule)) {
            say_no_rule(rule);
            return false;
        }
    }
    return true;
}

/* --- --fail-on: a sink that only looks, and whose end says what it has seen --- */

struct fail_on {
    enum vfu_severity least; /* that counts */
    bool broken;
};

static bool parse_fail_on(struct cli_sink *s, const struct cli_args *args)
{
    const char *severity = cli_value(args, "fail-on");
    char near[VFU_NEAR_TEXT];
    struct fail_on *own;

    if (!severity)
        return true;
    if (vfu_severity_by_name(severity) == VFU_SEVERITIES) {
        cli_error("--fail-on %s: violation, misfit or suspicious%s", severity,
                  vfu_near_words(severity, "violation misfit suspicious", near));
        return false;
    }
    own = calloc(1, sizeof *own);
    if (!own) {
        cli_error("out of memory");
        return false;
    }
    own->least = vfu_severity_by_name(severity);
    s->unfiltered = true;
    s->own = own;
    return true;
}

static bool fail_on_event(void *context, const struct vfu_event *event, struct vfu_error *error)
{
    struct fail_on *own = context;

    (void)error;
    for (unsigned i = 0; i < event->problem_count; i++)
        own->broken |= vfu_severity_rank(event->problems[i].severity) >= vfu_severity_rank(own->least);
    return true;
}

static bool close_fail_on(void *context, struct vfu_error *error)
{
    bool broken = ((struct fail_on *)context)->broken;

    (void)error;
    free(context);
    return !broken;
}

const struct cli_sink_kind cli_sink_fail_on = {
    .name = "fail-on",
    .collects = true,
    .parse = parse_fail_on,
    .event = fail_on_event,
    .close = close_fail_on,
};
