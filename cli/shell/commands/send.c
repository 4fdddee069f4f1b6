/*
 * send: any message, built from the field names of the protocol table.
 */
#include "cli/shell/commands/inside.h"
#include "cli/shell/message.h"
#include "decoder/wire/parse.h"

#include <stdlib.h>
#include <string.h>

/* The names that a field's value may have, behind "field=" and what stands before the last '|'. */
static void complete_value(const struct vfu_field *field, struct cli_matches *m)
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

static void complete_fields(const struct vfu_layout *layout, const char *in_front, struct cli_matches *m)
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

static void complete_words(struct shell *sh, int argc, char **argv, struct cli_matches *m)
{
    static const char *const others[] = { "fd=memfd:", "fd=eventfd", "fd=file:", "raw=" };
    const struct vfu_command *command = argc > 0 ? vfu_command_by_name(argv[0]) : NULL;

    (void)sh;
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
static void hint_words(struct shell *sh, int argc, char **argv, bool in_word, char *hint, size_t size)
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
        if (!in_word && f->kind != VFU_LIST && f->kind != VFU_OBJECT && !f->alias && !f->is_argsz &&
            !is_set(argc, argv, f->name))
            shell_hint_add(hint, size, " ", f->name, "=");
    }
}

enum { COMMAND, WORDS, OPTIONS };
static const struct shell_arg send_args[] = {
    [COMMAND] = { "COMMAND", .kind = SHELL_PROTOCOL,
                  .wrong = "no such command of the protocol (help send lists them)" },
    [WORDS] = { "[field=value]... [header.FIELD=N]... [fd=KIND]... [raw=HEX]", .kind = SHELL_TEXT,
                .flags = SHELL_OPTIONAL | SHELL_MANY | SHELL_BARE, .complete = complete_words, .hint = hint_words },
    [OPTIONS] = SHELL_MESSAGE_OPTIONS(0),
    { 0 },
};

static enum shell_result send(struct shell *sh, const struct shell_value *args)
{
    enum shell_result result = SHELL_FAILED;
    struct shell_message m;

    if (shell_message_start(sh, &m, (unsigned)args[COMMAND].number) &&
        shell_message_set(sh, &m, &args[WORDS], &args[OPTIONS]))
        result = shell_message_send(sh, &m);
    shell_message_free(&m);
    return result;
}

const struct shell_command cmd_send = {
    .name = "send",
    .help = "send any message, and show its reply whole",
    .more = "COMMAND is a name or a number; fields not named are 0, argsz and size are filled in. Flags and other\n"
            "names may be used: flags=readable|writeable, index=bar0. fd= attaches memfd:SIZE, eventfd or file:PATH.\n"
            "raw= stands in the place of the payload, or follows the fields if there are any.\n"
            "--split N sends it in pieces of N bytes. --pipeline N sends N of them before it waits for the replies,\n"
            "with ids that count up unless header.id= is given; the replies are then in `replies`.\n"
            "Example: send DMA_MAP flags=readable address=0x100000 size=4K fd=memfd:4K\n"
            "         send REGION_READ region=bar0 count=4 header.size=20",
    .flags = SHELL_PAGED,
    .args = send_args,
    .run = send,
};
