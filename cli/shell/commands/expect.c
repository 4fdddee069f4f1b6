/*
 * expect: what the last command must have come to, or an interrupt that must come.
 */
#include "cli/shell/commands/inside.h"
#include "decoder/filter/filter.h"
#include "decoder/wire/compare.h"

#include <stdio.h>
#include <string.h>

/* What the last command came to. */
static void complete_field(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    struct vfu_decoded d;
    char word[80];

    (void)argc;
    (void)argv;
    shell_match(m, "value");
    if (!sh->link.client.reply.event)
        return;
    vfu_decode(sh->link.client.reply.event, &d);
    for (unsigned i = 0; i < d.count; i++)
        if ((size_t)snprintf(word, sizeof word, "reply.%s", d.values[i].field->name) < sizeof word)
            shell_match(m, word);
}

static void take(void *context, const char *word)
{
    shell_match(context, word);
}

/* The names that the field's values have, as in a filter. */
static void complete_expected(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    const char *field = argc > 1 && strncmp(argv[0], "reply.", 6) == 0 ? argv[0] + 6 : argv[0];
    char text[120];

    (void)sh;
    if (argc > 1 && (size_t)snprintf(text, sizeof text, "%s == ", field) < sizeof text)
        vfu_filter_complete(text, false, NULL, take, m);
}

enum { ERROR, ERRNO, FIELD, OP, VALUE, IRQ, INDEX, VECTOR, WITHIN, COUNT };
static const struct vfu_name ops[] = {
    { 0, "==" }, { 1, "!=" }, { 2, "<" }, { 3, "<=" }, { 4, ">" }, { 5, ">=" }, { 6, "in" }, { 0, NULL },
};
static const struct shell_arg expect_args[] = {
    [ERROR] = { .word = "error" },
    [ERRNO] = { "ERRNO", .kind = SHELL_NAMED, .flags = SHELL_OPTIONAL | SHELL_BARE, .names = vfu_errno_names,
                .most = UINT32_MAX, .wrong = "no error (a name such as EINVAL, or a number)" },
    [FIELD] = { "FIELD", .kind = SHELL_TEXT, .flags = SHELL_ELSE, .complete = complete_field },
    [OP] = { "OP", .kind = SHELL_WORD, .names = ops, .wrong = "the operators are == != < <= > >= and in" },
    [VALUE] = { "VALUE", .kind = SHELL_TEXT, .flags = SHELL_REST, .complete = complete_expected },
    [IRQ] = { .word = "irq", .flags = SHELL_ELSE },
    [INDEX] = SHELL_ARG_INDEX,
    [VECTOR] = { "VECTOR", .kind = SHELL_NUMBER, .most = UINT32_MAX },
    [WITHIN] = { "TIME", "within", SHELL_TIME },
    [COUNT] = { "N", "count", SHELL_NUMBER, SHELL_OPTIONAL, .least = 1, .otherwise = 1 },
    { 0 },
};

static enum shell_result expect_error(struct shell *sh, const struct shell_value *errno_)
{
    const char *found = vfu_name_of(vfu_errno_names, sh->outcome.refused);
    bool given = errno_->given;

    if (!sh->outcome.last_refused)
        shell_fail(sh, "an error%s%s was expected, and the last command had none", given ? " " : "",
                   given ? errno_->text : "");
    else if (given && sh->outcome.refused != errno_->number)
        shell_fail(sh, "error %.40s was expected, and the server answered %s (%u)", errno_->text,
                   found ? found : "another", sh->outcome.refused);
    else
        return SHELL_OK;
    return SHELL_FAILED;
}

/* VALUE may have blanks: a path, a text. */
static enum shell_result expect_field(struct shell *sh, const struct shell_value *args)
{
    const struct shell_value *words = &args[VALUE];
    struct shell_buffer value;
    bool holds;

    shell_buffer_init(&value);
    for (int i = 0; i < words->list.count; i++) {
        vfu_write_text(&value.w, i ? " " : "");
        vfu_write_text(&value.w, words->list.word[i]);
    }
    holds = shell_field_holds(sh, args[FIELD].text, args[OP].text, shell_buffer_text(&value));
    shell_buffer_free(&value);
    return holds ? SHELL_OK : SHELL_FAILED;
}

static enum shell_result expect(struct shell *sh, const struct shell_value *args)
{
    if (args[ERROR].given)
        return expect_error(sh, &args[ERRNO]);
    if (args[IRQ].given)
        return cmd_irq_wait_for(sh, (uint32_t)args[INDEX].number, (uint32_t)args[VECTOR].number,
                                (int)args[WITHIN].number, args[COUNT].number);
    return expect_field(sh, args);
}

const struct shell_command cmd_expect = {
    .name = "expect",
    .help = "fail unless the last command came to this",
    .more = "FIELD is any member that --json shows of the last command: value, data, reply.num_regions,\n"
            "reply.capabilities[0].areas[1].size, header.flags; a bare name is looked for in the reply too.\n"
            "OP is == != < <= > >= or `in A..B`; VALUE a number, a name, or hex. A flag field equals a name when that\n"
            "bit is set. In a script an error reply does not end it if an expect follows.\n"
            "Example: expect reply.size == 1M\n         expect irq msi 0 within 1s",
    .flags = SHELL_NO_RESULT | SHELL_EXPECTS,
    .args = expect_args,
    .stray = "within TIME and count N may follow",
    .run = expect,
};
