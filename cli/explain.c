/*
 * vfuscope explain NAME: what a rule, a misfit, a reason, a requirement or a case means, who breaks it, what to do.
 */
#include "cli/explain.h"
#include "cli/cli.h"
#include "cli/named.h"
#include "cli/wrap.h"
#include "decoder/wire/writer.h"

#include <stdio.h>
#include <string.h>

enum { INDENT = 4, LIST_AT = 30 };

/* --- text --- */

/* Words, wrapped; the first line begins with a heading. */
static void put_wrapped(const char *heading, const char *text)
{
    cli_wrap(text, printf("%*s%s", INDENT, "", heading), INDENT);
}

static void put_paragraph(const char *heading, const char *text)
{
    if (!text)
        return;
    printf("\n");
    put_wrapped(heading, text);
}

/* Lines as they are. */
static void put_example(const char *lines)
{
    if (!lines)
        return;
    printf("\n%*sAs the tap prints it:\n", INDENT, "");
    for (size_t length; *lines; lines += length + (lines[length] == '\n')) {
        length = strcspn(lines, "\n");
        printf("%*s%.*s\n", 2 * INDENT, "", (int)length, lines);
    }
}

static void put_text(const struct cli_named *n)
{
    const struct vfu_explanation *e = n->explanation;
    bool severe = n->severity && strcmp(n->severity, n->kind) != 0; /* a misfit is one */
    char help[320];

    snprintf(help, sizeof help, "%s (%s)", n->help, n->section);
    printf("%s: a %s%s%s\n", n->name, n->kind, severe ? ", " : "", severe ? n->severity : "");
    put_wrapped("", help);
    if (n->dialect) {
        put_wrapped("but", n->dialect);
        put_wrapped("", "(a violation only with --strict)");
    }
    if (!e)
        return;
    put_paragraph("", e->means);
    put_paragraph("In practice:", e->who);
    put_example(e->example);
    put_paragraph("What to do:", e->todo);
}

/* --- JSON --- */

static void put_member(struct vfu_writer *w, const char *name, const char *text)
{
    if (!text)
        return;
    vfu_write_text(w, ",\"");
    vfu_write_text(w, name);
    vfu_write_text(w, "\":\"");
    vfu_write_json_string(w, (const uint8_t *)text, strlen(text));
    vfu_write_char(w, '"');
}

static bool flush(void *context, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, context) == size;
}

static void put_json(const struct cli_named *n)
{
    static const struct vfu_explanation none;
    const struct vfu_explanation *e = n->explanation ? n->explanation : &none;
    char room[512];
    struct vfu_writer w = vfu_writer(room, sizeof room, flush, stdout);

    vfu_write_text(&w, "{\"kind\":\"");
    vfu_write_text(&w, n->kind);
    vfu_write_char(&w, '"');
    put_member(&w, "name", n->name);
    put_member(&w, "severity", n->severity);
    put_member(&w, "section", n->section);
    put_member(&w, "text", n->help);
    put_member(&w, "dialect", n->dialect);
    put_member(&w, "means", e->means);
    put_member(&w, "who", e->who);
    put_member(&w, "example", e->example);
    put_member(&w, "todo", e->todo);
    vfu_write_text(&w, "}\n");
    vfu_writer_flush(&w);
}

/* --- names --- */

void cli_explain_offer(struct vfu_near *near)
{
    struct cli_named n;

    for (size_t i = 0; cli_named(i, &n); i++)
        vfu_near_offer(near, n.name);
}

static enum cli_status say_unknown(const char *wanted)
{
    char text[VFU_NEAR_TEXT];
    struct vfu_near near;

    vfu_near_begin(&near, wanted);
    cli_explain_offer(&near);
    if (near.count)
        cli_error("explain %s: no such name%s", wanted, vfu_near_text(&near, text));
    else
        cli_error("explain %s: no such rule, reason, misfit, requirement or case (vfuscope explain lists them)", wanted);
    return CLI_USAGE;
}

static void put_row(const struct cli_named *n)
{
    char left[80], text[320];

    snprintf(left, sizeof left, "  %s", n->name);
    snprintf(text, sizeof text, "%s (%s)", n->help, n->section);
    cli_put_row(left, LIST_AT, text);
}

/* A line on each, under a heading for each kind: of all, or of these two kinds. */
static void list(const char *one, const char *other)
{
    const char *kind = "";
    struct cli_named n;

    for (size_t i = 0; cli_named(i, &n); i++) {
        if (one && strcmp(n.kind, one) != 0 && strcmp(n.kind, other) != 0)
            continue;
        if (strcmp(kind, n.kind) != 0)
            printf("%s%ss\n", kind[0] ? "\n" : "", n.kind);
        kind = n.kind;
        put_row(&n);
    }
}

void cli_explain_reasons(void)
{
    list("reason", "misfit");
}

/* Each once. */
void cli_explain_names(void)
{
    struct cli_named n, other;

    for (size_t i = 0; cli_named(i, &n); i++) {
        size_t first = 0;

        while (cli_named(first, &other) && strcmp(other.name, n.name) != 0)
            first++;
        if (first == i)
            printf(" %s", n.name);
    }
}

/* NULL: all. */
static bool put_all(const char *wanted, bool json)
{
    bool found = false;
    struct cli_named n;

    for (size_t i = 0; cli_named(i, &n); i++) {
        if (wanted && strcmp(n.name, wanted) != 0)
            continue;
        if (found && !json)
            printf("\n");
        (json ? put_json : put_text)(&n);
        found = true;
    }
    return found || !wanted;
}

bool cli_explain_knows(const char *name)
{
    struct cli_named n;
    size_t i = 0;

    while (cli_named(i, &n) && strcmp(n.name, name) != 0)
        i++;
    return cli_named(i, &n);
}

bool cli_explain_name(const char *name)
{
    return put_all(name, false);
}

static enum cli_status run(const struct cli_args *args)
{
    const char *wanted = args->rest_count ? args->rest[0] : NULL;
    bool json = cli_has(args, "json");

    if (wanted || json)
        return put_all(wanted, json) ? CLI_OK : say_unknown(wanted);
    list(NULL, NULL);
    return CLI_OK;
}

static const struct cli_option options[] = {
    { "json", 0, NULL, "one JSON object a meaning; without NAME all of them", .group = CLI_OUTPUT },
    { 0 },
};

const struct cli_command cli_explain = {
    .name = "explain",
    .usage = "[NAME]",
    .summary = "what a rule, a reason, a misfit, a requirement or a case means",
    .options = options,
    .purpose = CLI_UNDERSTAND,
    .paging = CLI_PAGED,
    .examples = {
        { "explain region-bounds", "what the rule is, who breaks it, and what to do" },
        { "explain --json | jq -r .name", "every name that there is" },
    },
    .max_args = 1,
    .print_words = cli_explain_names,
    .run = run,
};
