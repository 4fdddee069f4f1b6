/*
 * Everything that has a name, from the tables of rules, misfits, reasons and requirements.
 */
#include "cli/check/requirements/requirements.h"
#include "cli/named.h"
#include "decoder/reasons/reasons.h"

static bool name_rule(const struct vfu_rule *(*rules)(size_t *count), size_t *i, const char *kind, struct cli_named *named)
{
    size_t count;
    const struct vfu_rule *r = rules(&count);

    if (*i >= count) {
        *i -= count;
        return false;
    }
    r += *i;
    *named = (struct cli_named){ kind, r->id, vfu_severity_name(r->severity), r->section, r->help, r->dialect,
                                 vfu_rule_explanation(r) };
    return true;
}

static bool name_reason(size_t *i, struct cli_named *named)
{
    size_t count;
    const struct vfu_reason *r = vfu_reasons(&count);

    if (*i >= count) {
        *i -= count;
        return false;
    }
    r += *i;
    *named = (struct cli_named){ "reason", r->id, NULL, r->section, r->help, NULL, &r->explains };
    return true;
}

static bool name_requirement(size_t i, struct cli_named *named)
{
    const struct check_requirement *r = check_requirement_at(i);

    if (r)
        *named = (struct cli_named){ "requirement", r->id, vfu_severity_name(r->severity), r->section, r->text, NULL,
                                     check_explanation(r) };
    return r != NULL;
}

bool cli_named(size_t i, struct cli_named *named)
{
    return name_rule(vfu_rules, &i, "rule", named) || name_rule(vfu_misfits, &i, "misfit", named) ||
           name_reason(&i, named) || name_requirement(i, named);
}
