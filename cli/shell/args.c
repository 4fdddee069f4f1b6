/*
 * Words as the values of a command's arguments, and what is wrong with them: see args.h.
 */
#include "cli/shell/inside.h"

#include "decoder/wire/parse.h"

#include <string.h>

const struct vfu_name shell_widths[] = { { 1, "b" }, { 2, "w" }, { 4, "l" }, { 8, "q" }, { 0, NULL } };
const struct vfu_name shell_on_off[] = { { true, "on" }, { false, "off" }, { 0, NULL } };
const struct vfu_name shell_vias[] = { { true, "mmap" }, { false, "message" }, { 0, NULL } };

/* --- values --- */

static const char *label_of(const struct shell_arg *a)
{
    return a->label ? a->label : a->word && a->word[0] == '-' ? a->word : a->name;
}

static bool is_number(struct shell *sh, const struct shell_arg *a, struct shell_value *v)
{
    const char *what = a->word ? a->word : label_of(a);

    if (!shell_number(sh, label_of(a), v->text, &v->number))
        return false;
    if (v->number >= a->least && (!a->most || v->number <= a->most))
        return true;
    if (a->least && a->most)
        return shell_fail(sh, "%s: %.40s: from %llu to %llu", what, v->text, (unsigned long long)a->least,
                          (unsigned long long)a->most);
    if (a->least)
        return shell_fail(sh, "%s: at least %llu", what, (unsigned long long)a->least);
    if (a->most == UINT32_MAX)
        return shell_fail(sh, "%s: %.80s: above 32 bits", what, v->text);
    return shell_fail(sh, "%s: %.80s: above %llu", what, v->text, (unsigned long long)a->most);
}

static bool is_named(struct shell *sh, const struct shell_arg *a, struct shell_value *v)
{
    if (vfu_parse_named(a->names, v->text, &v->number) && (!a->most || v->number <= a->most))
        return true;
    return shell_fail(sh, "%.80s: %s", v->text, a->wrong);
}

/* None of the names: list them, behind the option that it is for. */
static bool fail_word(struct shell *sh, const struct shell_arg *a, const char *word)
{
    bool option = a->word && a->word[0] == '-';
    char names[80];

    shell_usage_names(a->names, ", ", " or ", names, sizeof names);
    return shell_fail(sh, "%s%s%.80s: %s", option ? a->word : "", option ? ": " : "", word,
                      a->wrong ? a->wrong : names);
}

static bool is_word(struct shell *sh, const struct shell_arg *a, struct shell_value *v)
{
    const struct vfu_name *n = shell_exact(a->names, v->text);

    if (!n)
        return fail_word(sh, a, v->text);
    v->number = n->value;
    return true;
}

static bool is_vectors(struct shell *sh, struct shell_value *v)
{
    const char *dash = strchr(v->text, '-');
    uint32_t first, last;
    char word[80];

    snprintf(word, sizeof word, "%.*s", dash ? (int)(dash - v->text) : 79, v->text);
    if (!shell_u32(sh, "FIRST", word, &first))
        return false;
    last = first;
    if (dash && !shell_u32(sh, "LAST", dash + 1, &last))
        return false;
    v->vectors.first = first;
    v->vectors.count = last - first + 1;
    return (last >= first && v->vectors.count > 0) || shell_fail(sh, "LAST is below FIRST");
}

static bool is_protocol(struct shell *sh, const struct shell_arg *a, struct shell_value *v)
{
    const struct vfu_command *command = vfu_command_by_name(v->text);

    if (command)
        v->number = command->number;
    return command || (vfu_parse_number(v->text, &v->number) && v->number <= UINT16_MAX) ||
           shell_fail(sh, "%.80s: %s", v->text, a->wrong);
}

static bool convert(struct shell *sh, const struct shell_arg *a, struct shell_value *v)
{
    int ms;

    if (a->flags & (SHELL_MANY | SHELL_REST))
        return true;
    switch (a->kind) {
    case SHELL_NUMBER:
    case SHELL_ADDRESS:
        return is_number(sh, a, v);
    case SHELL_RANGE:
        return shell_range(sh, v->text, v->second, &v->range);
    case SHELL_NAMED:
        return is_named(sh, a, v);
    case SHELL_WORD:
    case SHELL_WIDTH:
        return is_word(sh, a, v);
    case SHELL_PLACE:
        return shell_place(sh, v->text, &v->place);
    case SHELL_VECTORS:
        return is_vectors(sh, v);
    case SHELL_PROTOCOL:
        return is_protocol(sh, a, v);
    case SHELL_TIME:
        if (!shell_time(sh, v->text, &ms))
            return false;
        v->number = (uint64_t)ms;
        return true;
    default:
        return true;
    }
}

/* Each in its turn, but one that is not whole; a width that is not given is the place's. */
static bool convert_all(struct shell *sh, const struct shell_walk *w)
{
    unsigned width = 0;

    for (unsigned i = w->form.first; i < w->form.end; i++) {
        const struct shell_arg *a = &w->args[i];
        struct shell_value *v = &w->values[i];

        if ((int)i == w->open)
            continue;
        if (!v->given && !(a->flags & (SHELL_MANY | SHELL_REST)))
            v->number = a->kind == SHELL_WIDTH && !a->otherwise ? width : a->otherwise;
        if (v->given && !convert(sh, a, v))
            return false;
        if (a->kind == SHELL_PLACE && v->given)
            width = v->place.width;
    }
    return true;
}

/* --- what is wrong with the words --- */

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
            return !fail_word(sh, &w->args[i], w->values[i + 1].text);
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
        return convert_all(sh, w) && shell_fail(sh, "%s %s is missing (usage: %s %s)", a->word, a->name, c->name,
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
    if ((a->flags & SHELL_OPTIONAL || shell_is_operator(a->word)) && !convert_all(sh, w))
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
    if ((step == SHELL_STRAY && fail_width(sh, w)) || !convert_all(sh, w))
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
    return walk(sh, c, &w, argc, argv) && convert_all(sh, &w);
}
