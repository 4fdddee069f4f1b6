/*
 * Everything that has a name, from the tables of rules, misfits, reasons, requirements and cases, and from those of plugins.
 */
#include "cli/check/clients/clients.h"
#include "cli/check/requirements/requirements.h"
#include "cli/named.h"
#include "decoder/reasons/reasons.h"
#include "plugins/host/host.h"

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

static bool name_requirement(size_t *i, struct cli_named *named)
{
    const struct check_requirement *r = check_requirement_at(*i);
    size_t count = 0;

    if (!r)
        while (check_requirement_at(count))
            count++;
    *i -= count;
    if (r)
        *named = (struct cli_named){ "requirement", r->id, vfu_severity_name(r->severity), r->section, r->text, NULL,
                                     check_explanation(r) };
    return r != NULL;
}

static bool name_case(size_t i, struct cli_named *named)
{
    struct check_client_case c;

    if (!check_client_case_at(i, &c))
        return false;
    *named = (struct cli_named){ "case", c.id, vfu_severity_name(c.severity), c.section, c.text, NULL, c.explains };
    return true;
}

/* What plugins say, which are asked once; those that can't be loaded say nothing, and the tap says why. */
static bool name_finding(bool of_misfits, size_t *i, struct cli_named *named)
{
    static struct vfu_plugin_finding *list;
    static size_t count;
    static bool asked;
    struct vfu_error error;

    if (!asked)
        vfu_plugin_findings(&list, &count, &error);
    asked = true;
    for (const struct vfu_plugin_finding *f = list; f < list + count; f++) {
        const struct vfu_rule *m = f->misfit;
        const struct vfu_reason *r = f->reason;

        if (!m == of_misfits || (*i)-- > 0)
            continue;
        *named = m ? (struct cli_named){ "misfit", m->id, vfu_severity_name(m->severity), m->section, m->help, NULL, &m->explains }
                   : (struct cli_named){ "reason", r->id, NULL, r->section, r->help, NULL, &r->explains };
        return true;
    }
    return false;
}

bool cli_named(size_t i, struct cli_named *named)
{
    return name_rule(vfu_rules, &i, "rule", named) || name_rule(vfu_misfits, &i, "misfit", named) ||
           name_finding(true, &i, named) || name_reason(&i, named) || name_finding(false, &i, named) ||
           name_requirement(&i, named) || name_case(i, named);
}
