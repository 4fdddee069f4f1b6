/*
 * The person's configuration file, $XDG_CONFIG_HOME/vfuscope/config: default options of commands, and aliases. See vfuscope(1), CONFIGURATION.
 */
#ifndef VFU_CLI_CONFIG_H
#define VFU_CLI_CONFIG_H

#include "cli/help.h"
#include "cli/shell/line.h"

enum { CLI_CONFIG_LINES = 256 };

/* A line that says something: COMMAND OPTION... or alias NAME COMMAND OPTION... */
struct cli_config_line {
    struct cli_before before;    /* argv is words.word, from the command on, or from what the alias stands for on */
    struct shell_words words;
    char where[512];
    const char *alias;           /* its name; NULL: it is none */
    const struct cli_command *command; /* of an alias of an alias what that comes to */
};

struct cli_config {
    struct cli_config_line *lines; /* count of them */
    size_t count;
};

/*
 * Read and check it; without one, or where it is not the person's own (which is said), there are no lines. False: a message was
 * printed; exit with CLI_USAGE. Free in either case.
 */
bool cli_config_read(struct cli_config *c, cli_commands commands);
void cli_config_free(struct cli_config *c);

/* The alias of this name; NULL: there is none. */
const struct cli_config_line *cli_config_alias(const struct cli_config *c, const char *name);
/* The default options of a command, in the order of their lines; how many. What they point to is the configuration's. */
size_t cli_config_options(const struct cli_config *c, const struct cli_command *command, struct cli_before list[CLI_CONFIG_LINES]);
/*
 * The command line that an alias stands for: argv[0] is its name, and then the command's. Free the list, not what it points to.
 * NULL: out of memory.
 */
char **cli_config_expand(const struct cli_config *c, const struct cli_config_line *alias, int *argc, char **argv);

#endif
