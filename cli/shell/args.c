/*
 * The words of a line against what their command declares, and what is said where they don't fit: see args.h.
 */
#include "cli/shell/inside.h"

#include <string.h>

/* The usage of the command; of the form that its first word chose, if one did. */
static bool fail_usage(struct shell *sh, const struct shell_command *c, const struct shell_walk *w, const char *word)
{
    struct shell_value values[SHELL_ARGS];
    char usage[SHELL_USAGE];
    struct shell_walk whole;

    shell_usage(c, usage);
    if (w && w->form.literal) {
        shell_walk_begin(&whole, w->args, &w->form, values);
        shell_usage_rest(&whole, usage, sizeof usage);
    }
    return shell_fail(sh, "%.80s%susage: %s%s%s", word ? word : "", word ? ": " : "", c->name, usage[0] ? " " : "",
                      usage);
}

/* In `read bar0 x 4` there is no place for the 4: x was to be the width. True: that is said. */
static bool fail_width(struct shell *sh, const struct shell_walk *w)
{
    for (unsigned i = w->form.first; i + 1 < w->due; i++)
        if (w->args[i].kind == SHELL_WIDTH && !w->values[i].given && w->values[i + 1].given &&
            !w->args[i + 1].word)
            return !shell_fail_word(sh, &w->args[i], w->values[i + 1].text);
    return false;
}

/* A word that has no place. */
static bool fail_stray(struct shell *sh, const struct shell_command *c, const char *word)
{
    return c->stray ? shell_fail(sh, "%.80s: %s", word, c->stray) : fail_usage(sh, c, NULL, word);
}

/* Argument i is missing behind the last word. */
static bool fail_missing(struct shell *sh, const struct shell_command *c, const struct shell_walk *w, unsigned i,
                         const char *last)
{
    const struct shell_arg *a = &w->args[i];
    char usage[SHELL_USAGE];

    if (a->word && shell_is_operator(a->word))
        return shell_convert(sh, w) && shell_fail(sh, "%s %s is missing (usage: %s %s)", a->word, a->name, c->name,
                                                shell_usage(c, usage));
    if (a->missing && a->kind == SHELL_WORD)
        return shell_fail(sh, "%.80s: %s", last, a->missing);
    if (a->missing)
        return shell_fail(sh, "%s", a->missing);
    return fail_usage(sh, c, w, NULL);
}

/* The last word was one in front of a value, or the first of two. */
static bool fail_open(struct shell *sh, const struct shell_command *c, const struct shell_walk *w)
{
    const struct shell_arg *a = &w->args[w->open];

    if (!a->word)
        return fail_usage(sh, c, w, NULL);
    if ((a->flags & SHELL_OPTIONAL || shell_is_operator(a->word)) && !shell_convert(sh, w))
        return false;
    if (a->missing)
        return shell_fail(sh, "%s: %s", a->word, a->missing);
    if (shell_is_operator(a->word) && !shell_is_option(a))
        return shell_fail(sh, "a number must follow %s", a->word);
    if (a->flags & SHELL_OPTIONAL)
        return fail_stray(sh, c, a->word);
    return fail_usage(sh, c, w, NULL);
}

/* A word that does not go on from what stands before it. */
static bool fail_step(struct shell *sh, const struct shell_command *c, const struct shell_walk *w, enum shell_step step,
                      const char *word)
{
    if (step == SHELL_LACKS)
        return fail_missing(sh, c, w, w->due, word);
    if ((step == SHELL_STRAY && fail_width(sh, w)) || !shell_convert(sh, w))
        return false; /* what stands before it is wrong already */
    if (step == SHELL_NO_OPTION)
        return shell_fail(sh, "%.80s: no such option here", word);
    return fail_stray(sh, c, word);
}

static bool walk(struct shell *sh, const struct shell_command *c, struct shell_walk *w, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        enum shell_step step = shell_walk_take(w, argv, i);

        if (step != SHELL_TAKEN)
            return fail_step(sh, c, w, step, argv[i]);
    }
    if (w->open >= 0)
        return fail_open(sh, c, w);
    for (unsigned i = w->form.first; i < w->form.end; i++)
        if (shell_walk_must(w, i))
            return fail_missing(sh, c, w, i, argv[argc - 1]);
    return true;
}

/* --- which form --- */

static const struct shell_arg none[] = { { 0 } };

/* Can it begin with this word, by its names? */
static bool may_begin(const struct shell_arg *arg, const char *word)
{
    return arg->kind != SHELL_WORD || shell_exact(arg->names, word);
}

/* That which begins with the first word; else the first that has so many words; else the last that begins with none. */
static struct shell_form choose(const struct shell_arg *args, int argc, char **argv)
{
    struct shell_form form = { 0 }, by_count = { 0 }, last = { 0 };

    while (shell_next_form(args, &form)) {
        bool fits = form.max < 0 || argc <= form.max;

        if (form.literal && argc > 0 && strcmp(form.literal, argv[0]) == 0) {
            if (fits)
                return form;
            last = form;
        } else if (!form.literal) {
            if (!last.literal)
                last = form;
            if (!by_count.end && fits && argc >= form.min && may_begin(&args[form.first], argc ? argv[0] : ""))
                by_count = form;
        }
    }
    return by_count.end ? by_count : last;
}

static bool fits_count(const struct shell_command *c, int argc)
{
    const struct shell_arg *args = c->args ? c->args : none;
    struct shell_form form = { 0 };
    int min = INT32_MAX, max = 0;

    while (shell_next_form(args, &form)) {
        min = form.min < min ? form.min : min;
        max = form.max < 0 || max < 0 ? -1 : form.max > max ? form.max : max;
    }
    if (c->flags & SHELL_OR_NONE || min == INT32_MAX)
        min = 0;
    return argc >= min && (max < 0 || argc <= max);
}

bool shell_args_parse(struct shell *sh, const struct shell_command *c, int argc, char **argv,
                      struct shell_value values[SHELL_ARGS])
{
    const struct shell_arg *args = c->args ? c->args : none;
    struct shell_form form;
    struct shell_walk w;

    memset(values, 0, SHELL_ARGS * sizeof values[0]);
    if (!fits_count(c, argc))
        return fail_usage(sh, c, NULL, NULL);
    if (argc == 0 && c->flags & SHELL_OR_NONE)
        return true;
    form = choose(args, argc, argv);
    shell_walk_begin(&w, args, &form, values);
    return walk(sh, c, &w, argc, argv) && shell_convert(sh, &w);
}
