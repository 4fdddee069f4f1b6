/*
 * The topics of help, which no command or name is.
 */
#include "cli/explain.h"
#include "cli/fields.h"
#include "cli/help.h"
#include "cli/output/rules.h"
#include "cli/version.h"
#include "cli/wrap.h"

#include <stdio.h>
#include <string.h>

struct row {
    const char *name, *text;
};

/* A heading, and rows below it, their texts in the column `at`. */
static void put_rows(const char *heading, const struct row *rows, size_t count, int at)
{
    char left[80];

    printf("%s\n", heading);
    for (size_t i = 0; i < count; i++) {
        snprintf(left, sizeof left, "  %s", rows[i].name);
        cli_put_row(left, at, rows[i].text);
    }
    printf("\n");
}

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* --- filters --- */

static const struct row tests[] = {
    { "FIELD", "the message has it" },
    { "FIELD OP VALUE", "OP is ==, !=, <, <=, > or >=" },
    { "FIELD in A..B", "both ends included" },
    { "FIELD & MASK [OP VALUE]", "one of these bits is set, or so it is with the others left out" },
    { "FIELD contains TEXT", "these bytes stand in it" },
    { "not A, A and B, A or B", "and parentheses" },
};
static const struct row own_fields[] = {
    { "command", "its name: REGION_READ, DMA_MAP, ..." },
    { "from, type", "client or server, command or reply; these pick single messages, all else picks a command with its reply" },
    { "error", "the reply's: EINVAL; alone: any" },
    { "latency", "how long the reply took: 500us, 1.5ms" },
    { "no, time, conn, channel", "the number, when (0.25, 250ms, \"2026-01-31T13:05:00Z\"), which connection, main or twin" },
    { "fds", "how many descriptors, or of which type: memfd, eventfd, ..." },
    { "problem, reason", "the rule that is broken, why a command was refused" },
    { "note, warning", "what plugins say, by the plugin's name" },
    { "value", "of 1, 2, 4 or 8 bytes of data, as a number" },
    { "register", "nvme.csts, or the place: bar0+0x14; nvme.cc.en is a field of one" },
    { "text", "what the message's lines say" },
    { "log, mark", "events: of which log; all of them if alone" },
    { "name, spec", "of events: who connected, which injection" },
    { "header.id, header.size", "the header's own, also header.flags, .command, .error" },
};
static const struct row values[] = {
    { "0x14, 4K, 1M", "numbers" },
    { "bar0, msix, memfd", "the names that a field has; a flag field equals each that is set" },
    { "00ff12", "hex, for bytes" },
    { "\"...\", '...'", "any of them, and what holds blanks" },
};
static const struct row filter_examples[] = {
    { "'error or latency > 1ms'", "what failed or took long" },
    { "'region == bar0 and offset in 0x14..0x1c'", "a few registers" },
    { "'command == DMA_MAP and size >= 1G'", "large memory" },
    { "'nvme.cc.en == 1 or value & 0xff != 0'", "what is in registers" },
    { "'text contains \"INTx\"'", "whatever the lines say" },
};

struct line {
    int used, indent;
};

static void put_field(void *context, const char *name)
{
    struct line *l = context;
    int size = (int)strlen(name);

    if (l->used < l->indent)
        l->used += printf("%*s", l->indent - l->used, "");
    if (l->used + 1 + size > cli_width())
        l->used = printf("\n%*s", l->indent, "") - 1;
    l->used += printf(" %s", name);
}

static void put_filters(void)
{
    enum { AT = 28, FIELDS_AT = 28 };
    size_t count;
    const struct vfu_command *all = vfu_commands(&count);

    put_rows("Tests", tests, COUNT(tests), AT);
    put_rows("Fields of all messages", own_fields, COUNT(own_fields), AT);
    printf("Fields of payloads, by command\n");
    for (size_t i = 0; i < count; i++) {
        struct line l = { printf("  %s", all[i].name), FIELDS_AT - 1 };

        cli_each_field(&all[i], put_field, &l);
        printf("\n");
    }
    printf("\n");
    put_rows("Values", values, COUNT(values), AT);
    put_rows("Examples", filter_examples, COUNT(filter_examples), 46);
    printf("Manual: vfuscope-filter(7)\n");
}

/* --- the configuration file --- */

static const struct row config_lines[] = {
    { "COMMAND OPTION...", "options that the command has unless the command line says otherwise" },
    { "alias NAME COMMAND OPTION...", "vfuscope NAME stands for them; it can't be a command's name" },
    { "# ...", "a comment; quotes and backslashes are as in the shell's scripts" },
};
static const struct row config_examples[] = {
    { "decode -t absolute --plugin pci", "how captures are shown" },
    { "tap --ignore region-not-asked", "my server's client is known for it" },
    { "alias slow decode --filter 'latency > 1ms'", "vfuscope slow boot.pcap" },
};
static const struct row config_others[] = {
    { "--no-NAME", "take NAME back, for once" },
    { "--no-config", "do not read the file" },
    { "VFUSCOPE_CONFIG=FILE", "read this one; none if it is empty" },
};

static void put_config(void)
{
    printf("$XDG_CONFIG_HOME/vfuscope/config, or ~/.config/vfuscope/config\n\n");
    put_rows("Lines", config_lines, COUNT(config_lines), 34);
    put_rows("Examples", config_examples, COUNT(config_examples), 46);
    put_rows("Without it", config_others, COUNT(config_others), 34);
    printf("Manual: vfuscope(1)\n");
}

/* --- plugins --- */

static const struct row plugin_others[] = {
    { "VFUSCOPE_PLUGIN_PATH=FOLDERS", "look there instead, with colons between them; empty: nowhere" },
    { "--plugin NAME, --plugin FILE", "this one takes every device" },
    { "--no-plugins", "none is loaded" },
};

static void put_plugins(void)
{
    cli_version_plugins();
    printf("\n");
    put_rows("Others", plugin_others, COUNT(plugin_others), 34);
    printf("Manual: vfuscope-plugin(7)\n");
}

/* --- the table --- */

static const struct {
    const char *name, *what;
    void (*print)(void);
} topics[] = {
    { "filters", "how messages are picked: fields, operators, values", put_filters },
    { "config", "default options, and aliases", put_config },
    { "plugins", "what says what registers mean: where it is looked for, and what there is", put_plugins },
    { "rules", "the rules of the protocol, and what does not fit together", cli_rules_list },
    { "reasons", "why commands are refused, and what does not fit together", cli_explain_reasons },
};

bool cli_help_topic(const char *name)
{
    for (size_t i = 0; i < COUNT(topics); i++)
        if (strcmp(topics[i].name, name) == 0) {
            topics[i].print();
            return true;
        }
    return false;
}

const char *cli_help_topic_at(size_t i, const char **what)
{
    if (i >= COUNT(topics))
        return NULL;
    *what = topics[i].what;
    return topics[i].name;
}
