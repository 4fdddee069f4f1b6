/*
 * The options about the rules of the protocol: see rules.h.
 */
#include "cli/output/rules.h"
#include "decoder/rules/rules.h"

#include <stdio.h>
#include <string.h>

void cli_rules_list(void)
{
    size_t count;
    const struct vfu_rule *rules = vfu_rules(&count);

    for (size_t i = 0; i < count; i++) {
        printf("%-26s %-10s  %s (%s)\n", rules[i].id, vfu_severity_name(rules[i].severity), rules[i].help,
               rules[i].section);
        if (rules[i].dialect)
            printf("%-38s  but %s\n", "", rules[i].dialect);
    }
}

bool cli_rules_apply(const struct cli_args *args, struct vfu_session *session)
{
    struct vfu_rule_settings *settings = vfu_session_rules(session);

    settings->strict = cli_has(args, "strict");
    for (size_t i = 0; i < args->set_count; i++) {
        if (strcmp(args->set[i].option->name, "ignore") != 0)
            continue;
        if (strcmp(args->set[i].value, "all") == 0) {
            settings->checks = NULL;
        } else if (!vfu_rules_ignore(settings, args->set[i].value)) {
            cli_error("--ignore %s: no such rule (--rules lists them)", args->set[i].value);
            return false;
        }
    }
    return true;
}

bool cli_rules_fail_on(const struct cli_args *args, enum cli_fail_on *fail_on)
{
    const char *text = cli_value(args, "fail-on");

    *fail_on = CLI_FAIL_NEVER;
    if (!text)
        return true;
    if (strcmp(text, "violation") == 0)
        *fail_on = CLI_FAIL_VIOLATION;
    else if (strcmp(text, "suspicious") == 0)
        *fail_on = CLI_FAIL_SUSPICIOUS;
    else
        cli_error("--fail-on %s: violation or suspicious", text);
    return *fail_on != CLI_FAIL_NEVER;
}

bool cli_rules_failed(enum cli_fail_on fail_on, const struct vfu_event *event)
{
    for (unsigned i = 0; i < event->problem_count && fail_on != CLI_FAIL_NEVER; i++)
        if (fail_on == CLI_FAIL_SUSPICIOUS || event->problems[i].severity == VFU_VIOLATION)
            return true;
    return false;
}
