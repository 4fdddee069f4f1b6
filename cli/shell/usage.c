/*
 * The usage of a command, made of its declaration: whole, and what of it may still come.
 */
#include "cli/shell/inside.h"

#include <string.h>

/* What is being written, always ended by a NUL; what does not fit is cut. */
struct text {
    char *at;
    size_t size;
};

static void add(struct text *t, const char *words)
{
    size_t used = strlen(t->at);

    snprintf(t->at + used, t->size - used, "%s", words);
}

void shell_usage_names(const struct vfu_name *names, const char *between, const char *last, char *text, size_t size)
{
    struct text t = { text, size };

    text[0] = '\0';
    for (const struct vfu_name *n = names; n->name; n++) {
        if (n != names)
            add(&t, n[1].name ? between : last);
        add(&t, n->name);
    }
}

static void add_value(struct text *t, const struct shell_arg *a)
{
    char names[80];

    if (a->name) {
        add(t, a->name);
    } else if (a->names) {
        shell_usage_names(a->names, "|", "|", names, sizeof names);
        add(t, names);
    }
}

static void add_arg(struct text *t, const struct shell_arg *a)
{
    if (a->word) {
        add(t, a->word);
        if (a->kind != SHELL_FLAG)
            add(t, " ");
    }
    add_value(t, a);
}

/* Arguments i and, as long as it says "or the next", the next; where they end. */
static unsigned add_group(struct text *t, const struct shell_arg *args, unsigned i)
{
    bool bare = args[i].flags & SHELL_BARE, brackets = args[i].flags & SHELL_OPTIONAL && !bare;

    if (brackets)
        add(t, "[");
    add_arg(t, &args[i]);
    while (args[i].flags & SHELL_OR) {
        if (args[++i].flags & SHELL_HIDDEN)
            continue;
        add(t, " | ");
        add_arg(t, &args[i]);
    }
    if (brackets)
        add(t, "]");
    if (args[i].flags & SHELL_MANY && !bare)
        add(t, "...");
    return i + 1;
}

static void add_rest(struct text *t, const struct shell_walk *w)
{
    bool first = true;

    if (w->open >= 0) {
        const struct shell_arg *a = &w->args[w->open];
        const char *second = a->kind == SHELL_RANGE ? strchr(a->name, ' ') : NULL;

        if (second)
            add(t, second + 1);
        else
            add_value(t, a);
        first = false;
    }
    for (unsigned i = w->form.first; i < w->form.end;) {
        if (w->args[i].flags & SHELL_HIDDEN || !shell_walk_may(w, i)) {
            i++;
            continue;
        }
        if (!first)
            add(t, " ");
        first = false;
        i = add_group(t, w->args, i);
    }
}

void shell_usage_rest(const struct shell_walk *w, char *text, size_t size)
{
    struct text t = { text, size };

    text[0] = '\0';
    add_rest(&t, w);
}

const char *shell_usage(const struct shell_command *c, char text[SHELL_USAGE])
{
    struct text t = { text, SHELL_USAGE };
    struct shell_value values[SHELL_ARGS];
    struct shell_form form = { 0 };
    struct shell_walk w;
    bool first = true;

    text[0] = '\0';
    if (!c->args)
        return text;
    if (c->flags & SHELL_OR_NONE)
        add(&t, "[");
    while (shell_next_form(c->args, &form)) {
        if (!first)
            add(&t, " | ");
        first = false;
        shell_walk_begin(&w, c->args, &form, values);
        add_rest(&t, &w);
    }
    if (c->flags & SHELL_OR_NONE)
        add(&t, "]");
    return text;
}
