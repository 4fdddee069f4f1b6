/*
 * `vfuscope help -k WORD...`: see help.h.
 */
#include "cli/fields.h"
#include "cli/help.h"
#include "cli/named.h"
#include "cli/wrap.h"

#include <stdio.h>
#include <string.h>

enum { AT = 30, LEFT = 80, TEXT = 512 };

struct search {
    cli_commands commands;
    char *const *words;
    int count;
    const char *heading; /* the last that was printed */
    bool any;
};

/* Each word is in one of them. */
static bool has_words(const struct search *s, const char *name, const char *text)
{
    for (int i = 0; i < s->count; i++)
        if (!strcasestr(name, s->words[i]) && !strcasestr(text, s->words[i]))
            return false;
    return true;
}

static void put(struct search *s, const char *heading, const char *name, const char *text)
{
    char left[LEFT + 2];

    if (s->heading != heading)
        printf("%s%s\n", s->any ? "\n" : "", heading);
    s->heading = heading;
    s->any = true;
    snprintf(left, sizeof left, "  %.*s", LEFT - 1, name);
    cli_put_row(left, AT, text);
}

/* Commands, and topics: what `help` has a page of. */
static void search_commands(struct search *s)
{
    static const char heading[] = "Commands";

    for (cli_commands c = s->commands; *c; c++)
        if (has_words(s, (*c)->name, (*c)->summary))
            put(s, heading, (*c)->name, (*c)->summary);
}

static void search_topics(struct search *s)
{
    static const char heading[] = "Topics of help";
    const char *name, *what;

    for (size_t i = 0; (name = cli_help_topic_at(i, &what)) != NULL; i++)
        if (has_words(s, name, what))
            put(s, heading, name, what);
}

/* Has the command this very option, which commands share? */
static bool has_option(const struct cli_command *command, const struct cli_option *option)
{
    const struct cli_option *o;

    for (size_t i = 0; (o = cli_option_of(command, i)) != NULL; i++)
        if (o == option)
            return true;
    return false;
}

static void put_option(struct search *s, const struct cli_option *o, cli_commands first)
{
    static const char heading[] = "Options";
    char name[LEFT], text[TEXT];
    int size = snprintf(text, sizeof text, "%s (%s", o->help, (*first)->name);

    for (cli_commands c = first + 1; *c; c++)
        if (has_option(*c, o))
            size += snprintf(text + size, sizeof text - (size_t)size, ", %s", (*c)->name);
    snprintf(text + size, sizeof text - (size_t)size, ")");
    if (o->letter)
        snprintf(name, sizeof name, "-%c, --%s%s%s", o->letter, o->name, o->arg ? " " : "", o->arg ? o->arg : "");
    else
        snprintf(name, sizeof name, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
    put(s, heading, name, text);
}

/* One that several commands share is told once. */
static void search_options(struct search *s)
{
    const struct cli_option *o;

    for (cli_commands c = s->commands; *c; c++)
        for (size_t i = 0; (o = cli_option_of(*c, i)) != NULL; i++) {
            cli_commands before = s->commands;

            while (before < c && !has_option(*before, o))
                before++;
            if (before == c && has_words(s, o->name, o->help))
                put_option(s, o, c);
        }
}

static void search_shell(struct search *s)
{
    static const char heading[] = "Commands of the shell";
    const char *name, *what;

    for (size_t i = 0; (name = cli_shell_command(i, &what)) != NULL; i++)
        if (has_words(s, name, what))
            put(s, heading, name, what);
}

static void search_names(struct search *s)
{
    static const char heading[] = "Rules, misfits, reasons, requirements, cases";
    struct cli_named n;
    char text[TEXT];

    for (size_t i = 0; cli_named(i, &n); i++) {
        snprintf(text, sizeof text, "%s: %s (%s)", n.kind, n.help, n.section);
        if (has_words(s, n.name, text))
            put(s, heading, n.name, text);
    }
}

struct field_search {
    struct search *s;
    char (*names)[LEFT];
    size_t count;
};

enum { FIELDS = 256 };

static void take_field(void *context, const char *name)
{
    struct field_search *f = context;

    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->names[i], name) == 0)
            return;
    if (f->count < FIELDS && has_words(f->s, name, ""))
        snprintf(f->names[f->count++], LEFT, "%s", name);
}

struct bearer {
    const char *name;
    bool is;
};

static void compare(void *context, const char *name)
{
    struct bearer *b = context;

    b->is |= strcmp(b->name, name) == 0;
}

/* Each once, with the commands that have it. */
static void search_fields(struct search *s)
{
    static const char heading[] = "Fields of messages";
    char names[FIELDS][LEFT], text[TEXT];
    struct field_search f = { .s = s, .names = names };
    size_t count;
    const struct vfu_command *all = vfu_commands(&count);

    for (size_t i = 0; i < count; i++)
        cli_each_field(&all[i], take_field, &f);
    for (size_t k = 0; k < f.count; k++) {
        int size = 0;

        for (size_t i = 0; i < count; i++) {
            struct bearer b = { .name = names[k] };

            cli_each_field(&all[i], compare, &b);
            if (b.is && size < TEXT)
                size += snprintf(text + size, sizeof text - (size_t)size, "%s%s", size ? ", " : "of ", all[i].name);
        }
        put(s, heading, names[k], text);
    }
}

bool cli_search(cli_commands commands, char *const *words, int count)
{
    struct search s = { .commands = commands, .words = words, .count = count };

    search_commands(&s);
    search_options(&s);
    search_shell(&s);
    search_topics(&s);
    search_names(&s);
    search_fields(&s);
    return s.any;
}
