/*
 * expect: what the last command must have come to, or an interrupt that must come.
 */
#include "cli/shell/commands/inside.h"
#include "decoder/filter/filter.h"
#include "decoder/wire/compare.h"
#include "decoder/wire/decode.h"

#include <stdio.h>
#include <string.h>

/* What the last command came to. */
static void complete_field(struct shell *sh, int argc, char **argv, struct cli_matches *m)
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

/* The last reply's field of this name; NULL: it has none. */
static const struct vfu_field *field_of_reply(struct shell *sh, const char *name)
{
    const struct vfu_event *reply = sh->link.client.reply.event;
    const struct vfu_value *v;
    struct vfu_decoded d;

    if (!reply)
        return NULL;
    vfu_decode(reply, &d);
    v = vfu_value_by_name(d.values, d.count, name);
    return v ? v->field : NULL;
}

/* The names that the field's values have: the reply's, else all that a filter knows. */
static void each_expected(struct shell *sh, int argc, char **argv, void (*take)(void *context, const char *word), void *context)
{
    const char *name = argc > 1 && strncmp(argv[0], "reply.", 6) == 0 ? argv[0] + 6 : argv[0];
    const struct vfu_field *field = argc > 1 ? field_of_reply(sh, name) : NULL;
    char text[120];

    for (const struct vfu_name *n = field ? field->names : NULL; n && n->name; n++)
        take(context, n->name);
    if (!field && argc > 1 && (size_t)snprintf(text, sizeof text, "%s == ", name) < sizeof text)
        vfu_filter_complete(text, false, NULL, take, context);
}

static void take_match(void *context, const char *word)
{
    shell_match(context, word);
}

static void complete_expected(struct shell *sh, int argc, char **argv, struct cli_matches *m)
{
    each_expected(sh, argc, argv, take_match, m);
}

struct hint {
    char *text;
    size_t size;
};

static void take_hint(void *context, const char *word)
{
    struct hint *h = context;

    if (!strstr(h->text, word)) /* some come twice */
        shell_hint_add(h->text, h->size, "|", word, "");
}

static void hint_expected(struct shell *sh, int argc, char **argv, bool in_word, char *hint, size_t size)
{
    struct hint h = { hint, size };

    if (argc > 2) /* it is there */
        return;
    if (!in_word)
        each_expected(sh, argc, argv, take_hint, &h);
    if (!hint[0])
        shell_hint_add(hint, size, "", "VALUE", "");
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
    [VALUE] = { "VALUE", .kind = SHELL_TEXT, .flags = SHELL_REST, .complete = complete_expected, .hint = hint_expected },
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

/* Memory's name, for its IOVA; not where the field has a value of that name. */
static bool is_memory(struct shell *sh, const char *name, const char *word, uint64_t *iova)
{
    const struct vfu_field *field = field_of_reply(sh, strncmp(name, "reply.", 6) == 0 ? name + 6 : name);
    uint64_t number;

    return !(field && field->names && vfu_parse_named(field->names, word, &number)) && shell_named_address(sh, word, iova);
}

/* VALUE may have blanks: a path, a text. */
static enum shell_result expect_field(struct shell *sh, const struct shell_value *args)
{
    const struct shell_value *words = &args[VALUE];
    struct shell_buffer value;
    uint64_t iova;
    bool holds;

    shell_buffer_init(&value);
    for (int i = 0; i < words->list.count; i++) {
        vfu_write_text(&value.w, i ? " " : "");
        vfu_write_text(&value.w, words->list.word[i]);
    }
    if (words->list.count == 1 && is_memory(sh, args[FIELD].text, words->list.word[0], &iova)) {
        shell_buffer_free(&value);
        shell_buffer_init(&value);
        vfu_write_0x(&value.w, iova);
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
            "OP is == != < <= > >= or `in A..B`; VALUE a number, a name (also of memory: its IOVA), or hex. A flag field\n"
            "equals a name when that bit is set. In a script an error reply does not end it if an expect follows.\n"
            "Example: expect reply.size == 1M\n         expect irq msi 0 within 1s",
    .flags = SHELL_NO_RESULT | SHELL_EXPECTS | SHELL_COMPARES,
    .args = expect_args,
    .stray = "within TIME and count N may follow",
    .run = expect,
};
