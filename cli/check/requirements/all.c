/*
 * The subcommand check, and what it asks of a server: the themes, in the order in which they are run.
 */
#include "cli/check/clients/clients.h"
#include "cli/check/requirements/inside.h"
#include "decoder/reasons/reasons.h"

#include <string.h>

static const struct check_requirement *const themes[] = {
    check_version, check_header, check_replies, check_clients,  check_info,      check_irqs,    check_misfits,
    check_pci,     check_access, check_writes,  check_dma,      check_features,  check_migration, check_logging,
    NULL,
};

static const struct vfu_explained *const explained[] = {
    check_explain_version, check_explain_header, check_explain_clients,   check_explain_info,    check_explain_irqs,
    check_explain_access,  check_explain_dma,    check_explain_migration, check_explain_logging, check_explain_pci,
    NULL,
};

const struct check_requirement *check_requirement_at(size_t i)
{
    for (const struct check_requirement *const *theme = themes; *theme; theme++)
        for (const struct check_requirement *r = *theme; r->id; r++)
            if (i-- == 0)
                return r;
    return NULL;
}

const struct vfu_explanation *check_explanation(const struct check_requirement *r)
{
    const struct vfu_explanation *found = vfu_explained_find(explained, r->id);
    const struct vfu_rule *misfit = found ? NULL : vfu_rule_by_id(r->id, strlen(r->id));

    return misfit ? &misfit->explains : found; /* what asks for a misfit is named for it */
}

static enum cli_status run(const struct cli_args *args)
{
    if (cli_has(args, "client"))
        return check_client_cases(args);
    return check_main(args, themes);
}

const struct cli_command cli_check = {
    .name = "check",
    .usage = "[SOCKET] [-- COMMAND...]",
    .summary = "what the specification asks of a server, or of a client, one by one",
    .purpose = CLI_BREAK,
    .examples = {
        { "check device.sock --json", "what a server fulfils and what not, for a script" },
        { "check device.sock --only 'irq-*' -- ./my-server device.sock",
          "start a server, and check how it handles interrupts" },
    },
    .options = check_options,
    .max_args = 1,
    .takes_command = true,
    .run = run,
};
