/*
 * vfuscope browse FILE...: the full screen, of captures.
 */
#include "cli/browse/browse.h"
#include "cli/cli.h"
#include "cli/output/maps.h"
#include "cli/output/output.h"
#include "cli/signals.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    { "strict", 0, NULL, "what real peers break and live with counts as a violation too", .group = CLI_JUDGING },
    { "ignore", 0, "RULE", "leave a rule of the protocol out (all: check none); may be repeated", .group = CLI_JUDGING },
    { "plugin", 0, "NAME", "ask this plugin about every device, or the one in FILE about those it is for", .group = CLI_JUDGING },
    { "no-plugins", 0, NULL, "only the plugins of --plugin", .group = CLI_JUDGING },
    CLI_MAPS_OPTIONS,
    { "color", 0, "WHEN", "colours: auto (default), always or never", .values = "auto always never", .group = CLI_OUTPUT },
    { "no-color", 0, NULL, "no colours, as --color=never", .group = CLI_OUTPUT },
    { 0 },
};

static enum cli_status run(const struct cli_args *args)
{
    struct browse_how how = { .args = args, .end_fd = -1 };
    enum cli_status status, read;

    if (!cli_wants_colour(args, &how.coloured) || !browse_has_terminal())
        return CLI_USAGE;
    how.signals_fd = cli_signals_open(browse_signals);
    how.name = args->rest_count == 1 && strcmp(args->rest[0], "-") == 0 ? "standard input" : args->rest[0];
    how.model = browse_model_open(args, args->rest, (size_t)args->rest_count, &status);
    if (!how.model)
        return status;
    status = browse_run(&how);
    read = browse_model_close(how.model);
    if (how.signals_fd >= 0)
        close(how.signals_fd);
    return status != CLI_OK ? status : read;
}

const struct cli_command cli_browse = {
    .name = "browse",
    .usage = "FILE...",
    .summary = "look around in captures, full screen (- is standard input)",
    .purpose = CLI_SEE,
    .paging = CLI_LIVE,
    .examples = {
        { "browse boot.pcap", "page through it; ? shows the keys, q ends" },
        { "browse from.pcap to.pcap", "both ends of a migration, as one" },
    },
    .options = options,
    .min_args = 1,
    .max_args = INT_MAX,
    .run = run,
};
