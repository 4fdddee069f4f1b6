/*
 * send: any message, built from the field names of the protocol table.
 */
#include "cli/shell/commands/all.h"
#include "cli/shell/message.h"
#include "decoder/wire/parse.h"

#include <stdlib.h>
#include <string.h>

/* A name, or a number that may be one nobody knows. */
static bool parse_command(struct shell *sh, const char *text, unsigned *number)
{
    const struct vfu_command *command = vfu_command_by_name(text);
    uint64_t n;

    if (command) {
        *number = command->number;
        return true;
    }
    if (!vfu_parse_number(text, &n) || n > UINT16_MAX)
        return shell_fail(sh, "%.80s: no such command of the protocol (help send lists them)", text);
    *number = (unsigned)n;
    return true;
}

static enum shell_result exec(struct shell *sh, int argc, char **argv)
{
    enum shell_result result = SHELL_FAILED;
    struct shell_message m;
    unsigned command = 0;
    bool built;

    if (!parse_command(sh, argv[0], &command))
        return SHELL_FAILED;
    built = shell_message_start(sh, &m, command) && shell_message_words(sh, &m, argc, argv, 1);
    if (built)
        result = shell_message_send(sh, &m);
    shell_message_free(&m);
    return result;
}

/* The names that a field's value may have, behind "field=" and what stands before the last '|'. */
static void complete_value(const struct vfu_field *field, struct shell_matches *m)
{
    const char *start = strchr(m->prefix, '='), *bar = strrchr(m->prefix, '|');
    char word[160];
    int keep;

    if (bar && bar > start && field->kind == VFU_FLAGS)
        start = bar;
    keep = (int)(start - m->prefix) + 1;
    for (const struct vfu_name *n = field->names; n && n->name; n++) {
        if ((size_t)snprintf(word, sizeof word, "%.*s%s", keep, m->prefix, n->name) < sizeof word)
            shell_match(m, word);
    }
}

static void complete_fields(const struct vfu_layout *layout, const char *in_front, struct shell_matches *m)
{
    char word[80];

    for (const struct vfu_field *f = layout->fields; f && f->name; f++) {
        size_t size = (size_t)snprintf(word, sizeof word, "%s%s=", in_front, f->name);

        if (f->kind == VFU_LIST || f->kind == VFU_OBJECT || size >= sizeof word)
            continue;
        if (strncmp(m->prefix, word, size) == 0)
            complete_value(f, m);
        else
            shell_match(m, word);
    }
}

static void complete(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    static const char *const others[] = { "fd=memfd:", "fd=eventfd", "fd=file:", "raw=",
                                          "--no-wait", "--split", "--pipeline" };
    const struct vfu_command *command = argc > 0 ? vfu_command_by_name(argv[0]) : NULL;
    size_t count;
    const struct vfu_command *all = vfu_commands(&count);

    (void)sh;
    if (argc == 0) {
        for (size_t i = 0; i < count; i++)
            shell_match(m, all[i].name);
        return;
    }
    if (command)
        complete_fields(command->request.layout, "", m);
    complete_fields(&vfu_header_layout, "header.", m);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        shell_match(m, others[i]);
}

static bool is_set(int argc, char **argv, const char *field)
{
    size_t length = strlen(field);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], field, length) == 0 && argv[i][length] == '=')
            return true;
    return false;
}

/* Fields of `send COMMAND` that were not set yet; or the names of the one that is being set. */
static void hint_fields(struct shell *sh, int argc, char **argv, bool in_word, char *hint, size_t size)
{
    const struct vfu_command *command = vfu_command_by_name(argv[0]);
    const struct vfu_field *f = command ? command->request.layout->fields : NULL;

    (void)sh;
    for (; f && f->name; f++) {
        size_t length = strlen(f->name);
        const char *last = argv[argc - 1];

        if (in_word && strncmp(last, f->name, length) == 0 && strcmp(last + length, "=") == 0) {
            for (const struct vfu_name *n = f->names; n && n->name; n++)
                shell_hint_add(hint, size, "|", n->name, "");
            return;
        }
        if (!in_word && f->kind != VFU_LIST && f->kind != VFU_OBJECT && !f->alias && strcmp(f->name, "argsz") != 0 &&
            !is_set(argc, argv, f->name))
            shell_hint_add(hint, size, " ", f->name, "=");
    }
}

const struct shell_command cmd_send = {
    .name = "send",
    .usage = "COMMAND [field=value]... [header.FIELD=N]... [fd=KIND]... [raw=HEX] [--no-wait] [--split N] "
             "[--pipeline N]",
    .help = "send any message, and show its reply whole",
    .more = "COMMAND is a name or a number; fields not named are 0, argsz and size are filled in. Flags and other\n"
            "names may be used: flags=readable|writeable, index=bar0. fd= attaches memfd:SIZE, eventfd or file:PATH.\n"
            "raw= stands in the place of the payload, or follows the fields if there are any.\n"
            "--split N sends it in pieces of N bytes. --pipeline N sends N of them before it waits for the replies,\n"
            "with ids that count up unless header.id= is given; the replies are then in `replies`.\n"
            "Example: send DMA_MAP flags=readable address=0x100000 size=4K fd=memfd:4K\n"
            "         send REGION_READ region=bar0 count=4 header.size=20",
    .min = 1,
    .max = -1,
    .flags = SHELL_PAGED,
    .exec = exec,
    .complete = complete,
    .hint = hint_fields,
};
