/*
 * The plugins that a command line asks for.
 */
#include "cli/output/inside.h"

#include <string.h>

static void say(void *context, const char *text)
{
    (void)context;
    cli_error("%s", text);
}

bool cli_plugins_open(const struct cli_args *args, struct vfu_plugins_how how, struct vfu_plugins **plugins)
{
    const char *named[CLI_MAX_SET];

    how.named = named;
    how.named_count = 0;
    for (size_t i = 0; i < args->set_count; i++)
        if (strcmp(args->set[i].option->name, "plugin") == 0)
            named[how.named_count++] = args->set[i].value;
    how.only_named = cli_has(args, "no-plugins");
    how.say = say;
    return vfu_plugins_open(&how, plugins);
}
