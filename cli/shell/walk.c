/*
 * Which word of a line is which argument, by the command's declaration: see inside.h.
 */
#include "cli/shell/inside.h"

#include <ctype.h>
#include <string.h>

static bool is_end(const struct shell_arg *arg)
{
    return !arg->name && !arg->word && !arg->names;
}

bool shell_is_option(const struct shell_arg *arg)
{
    return arg->word && arg->flags & SHELL_OPTIONAL && !(arg->flags & SHELL_HERE);
}

bool shell_is_operator(const char *word)
{
    return word[0] != '-' && !isalnum((unsigned char)word[0]);
}

static bool is_list(const struct shell_arg *arg)
{
    return arg->flags & (SHELL_MANY | SHELL_REST);
}

bool shell_is_firm(const struct shell_arg *arg)
{
    if (arg->flags & (SHELL_OPTIONAL | SHELL_MANY))
        return false;
    switch (arg->kind) {
    case SHELL_PLACE:
    case SHELL_RANGE:
    case SHELL_NAMED:
    case SHELL_WORD:
    case SHELL_PROTOCOL:
        return true;
    default:
        return arg->flags & SHELL_REST;
    }
}

/* --- forms --- */

/* Is it another choice than the argument before? */
static bool is_alternative(const struct shell_arg *args, const struct shell_form *form, unsigned i)
{
    return i > form->first && args[i - 1].flags & SHELL_OR;
}

/* How many words an argument is, without the one in front; of a list, one of it. */
static int words_of(const struct shell_arg *arg)
{
    return arg->kind == SHELL_FLAG ? 0 : arg->kind == SHELL_RANGE && !is_list(arg) ? 2 : 1;
}

/* An operand may be glued to its operator. */
static int least_words(const struct shell_arg *arg)
{
    if (is_list(arg))
        return arg->flags & SHELL_OPTIONAL ? (int)arg->least : 1;
    if (arg->flags & SHELL_OPTIONAL)
        return 0;
    return words_of(arg) + (arg->word && !shell_is_operator(arg->word));
}

/* -1: any number. */
static int most_words(const struct shell_arg *arg)
{
    if (arg->flags & SHELL_HIDDEN && shell_is_option(arg))
        return 0;
    if (is_list(arg))
        return arg->flags & SHELL_REST && arg->most ? (int)arg->most : -1;
    return words_of(arg) + (arg->word != NULL);
}

static void count_words(const struct shell_arg *args, struct shell_form *form)
{
    int either = 0; /* of those of which only one may stand */

    for (unsigned i = form->first; i < form->end; i++) {
        int most = most_words(&args[i]);

        form->min += is_alternative(args, form, i) ? 0 : least_words(&args[i]);
        either = most < 0 || either < 0 ? -1 : most > either ? most : either;
        if (args[i].flags & SHELL_OR)
            continue;
        form->max = either < 0 || form->max < 0 ? -1 : form->max + either;
        either = 0;
    }
}

bool shell_next_form(const struct shell_arg *args, struct shell_form *form)
{
    unsigned i = form->end;

    *form = (struct shell_form){ .first = i, .end = i };
    if (is_end(&args[i]))
        return false;
    for (i++; !is_end(&args[i]) && !(args[i].flags & SHELL_ELSE); i++)
        ;
    form->end = i;
    if (args[form->first].kind == SHELL_FLAG && !(args[form->first].flags & SHELL_OPTIONAL))
        form->literal = args[form->first].word;
    count_words(args, form);
    return true;
}

/* --- words --- */

void shell_walk_begin(struct shell_walk *w, const struct shell_arg *args, const struct shell_form *form,
                      struct shell_value values[SHELL_ARGS])
{
    *w = (struct shell_walk){ args, *form, form->first, -1, values };
    memset(values, 0, SHELL_ARGS * sizeof values[0]);
}

/* Was the other one of two given, or of three? */
static bool is_excluded(const struct shell_walk *w, unsigned i)
{
    unsigned from = i, to = i;

    while (is_alternative(w->args, &w->form, from))
        from--;
    while (w->args[to].flags & SHELL_OR)
        to++;
    for (; from <= to; from++)
        if (from != i && w->values[from].given)
            return true;
    return false;
}

bool shell_walk_may(const struct shell_walk *w, unsigned i)
{
    const struct shell_arg *a = &w->args[i];

    if (is_excluded(w, i))
        return false;
    if (shell_is_option(a))
        return !w->values[i].given;
    return i >= w->due && (!w->values[i].given || is_list(a));
}

bool shell_walk_must(const struct shell_walk *w, unsigned i)
{
    const struct shell_arg *a = &w->args[i];

    return !(a->flags & SHELL_OPTIONAL) && !w->values[i].given && !(a->unless && w->values[a->unless].given);
}

/* Does the word in front stand here? Behind an operator its operand may. */
static bool begins(const struct shell_arg *arg, const char *word)
{
    return strcmp(arg->word, word) == 0 ||
           (shell_is_operator(arg->word) && strncmp(arg->word, word, strlen(arg->word)) == 0);
}

static bool fits(const struct shell_arg *arg, const char *word)
{
    if (arg->word)
        return begins(arg, word);
    /* What may be left out is what it is by its names. */
    return !(arg->flags & SHELL_OPTIONAL) || (arg->kind != SHELL_WORD && arg->kind != SHELL_WIDTH) ||
           shell_exact(arg->names, word);
}

/* Words of a list are put side by side, to the front of where the first of them stood. */
static void add_to_list(struct shell_value *v, char **argv, int at)
{
    if (!v->given)
        v->list.word = argv + at;
    v->list.word[v->list.count++] = argv[at];
}

/* argv[at] is argument i, or the word in front of it. */
static void take(struct shell_walk *w, unsigned i, char **argv, int at)
{
    const struct shell_arg *a = &w->args[i];
    struct shell_value *v = &w->values[i];

    w->open = -1;
    if (a->word) {
        const char *glued = argv[at] + strlen(a->word);

        if (a->kind != SHELL_FLAG && !*glued)
            w->open = (int)i;
        v->text = glued;
    } else {
        if (is_list(a))
            add_to_list(v, argv, at);
        else if (a->kind == SHELL_RANGE)
            w->open = (int)i;
        v->text = v->given ? v->text : argv[at];
    }
    v->given = true;
    if (!shell_is_option(a))
        w->due = is_list(a) ? i : i + 1;
}

/* Another word of an argument that began before. */
static void take_open(struct shell_walk *w, char *word)
{
    struct shell_value *v = &w->values[w->open];

    if (w->args[w->open].word)
        v->text = word;
    else
        v->second = word;
    w->open = -1;
}

/* Behind a place a word with dashes is an option, if there are any. */
static bool has_options(const struct shell_walk *w)
{
    if (w->args[w->form.first].kind != SHELL_PLACE)
        return false;
    for (unsigned i = w->form.first; i < w->form.end; i++)
        if (shell_is_option(&w->args[i]) && w->args[i].word[0] == '-')
            return true;
    return false;
}

static bool take_option(struct shell_walk *w, char **argv, int at)
{
    for (unsigned i = w->form.first; i < w->form.end; i++) {
        if (!shell_is_option(&w->args[i]) || !begins(&w->args[i], argv[at]) || is_excluded(w, i))
            continue;
        take(w, i, argv, at);
        return true;
    }
    return false;
}

unsigned shell_walk_due(const struct shell_walk *w)
{
    unsigned i = w->due;

    while (i < w->form.end && (shell_is_option(&w->args[i]) || is_excluded(w, i)))
        i++;
    return i;
}

enum shell_step shell_walk_take(struct shell_walk *w, char **argv, int at)
{
    const char *word = argv[at];
    bool dashes = strncmp(word, "--", 2) == 0;
    unsigned i = shell_walk_due(w);

    if (w->open >= 0) {
        take_open(w, argv[at]);
        return SHELL_TAKEN;
    }
    if (dashes && !(i < w->form.end && shell_is_firm(&w->args[i]))) {
        if (take_option(w, argv, at))
            return SHELL_TAKEN;
        if (has_options(w))
            return SHELL_NO_OPTION;
    }
    for (; i < w->form.end; i++) {
        const struct shell_arg *a = &w->args[i];

        if (shell_is_option(a) || is_excluded(w, i))
            continue;
        if (fits(a, word)) {
            take(w, i, argv, at);
            return SHELL_TAKEN;
        }
        if (!(a->flags & (SHELL_OPTIONAL | SHELL_OR)))
            break;
    }
    if (!dashes && take_option(w, argv, at))
        return SHELL_TAKEN;
    if (i == w->form.end)
        return SHELL_STRAY;
    while (is_alternative(w->args, &w->form, i))
        i--;
    w->due = i;
    return SHELL_LACKS;
}

static bool take_all(struct shell_walk *w, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (shell_walk_take(w, argv, i) != SHELL_TAKEN)
            return false;
    return true;
}

/* Does a form begin with this word? */
static bool is_literal(const struct shell_arg *args, const char *word)
{
    struct shell_form form = { 0 };

    while (shell_next_form(args, &form))
        if (form.literal && strcmp(form.literal, word) == 0)
            return true;
    return false;
}

bool shell_walk_next(struct shell_walk *w, const struct shell_arg *args, struct shell_form *form,
                     struct shell_value values[SHELL_ARGS], int argc, char **argv)
{
    bool literal = argc > 0 && is_literal(args, argv[0]);

    while (shell_next_form(args, form)) {
        if (literal && !(form->literal && strcmp(form->literal, argv[0]) == 0))
            continue;
        shell_walk_begin(w, args, form, values);
        if (take_all(w, argc, argv))
            return true;
    }
    return false;
}
