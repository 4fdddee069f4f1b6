/*
 * Parsing a filter: or, and, not, parentheses, tests. A mistake is told with its column. What may stand at the end of a text
 * that is being typed is found by parsing up to there.
 */
#include "decoder/filter/inside.h"

#include <stdlib.h>

enum { DEPTH = 32, WORDS = 3 /* a node keeps a word, and two parts of it */ };

static struct filter_node *add(struct filter_parser *p, enum filter_kind kind)
{
    if (p->f->count == FILTER_NODES) {
        filter_fail(p, "the filter is too long");
        return NULL;
    }
    p->f->nodes[p->f->count] = (struct filter_node){ .kind = kind, .mask = UINT64_MAX };
    return &p->f->nodes[p->f->count++];
}

/* What may be asked of which type; in the order of enum filter_type. */
static bool may_compare(struct filter_parser *p, const struct filter_node *n)
{
    bool equal = n->op == VFU_EQ || n->op == VFU_NE;

    switch (n->type) {
    case TYPE_ALONE:
        return filter_fail(p, "%.60s stands alone", n->name);
    case TYPE_TEXT:
        return filter_fail(p, "%s is asked by contains", n->name);
    case TYPE_WORD:
        return equal || filter_fail(p, "a rule, a reason, a plugin or a log is named by == or !=");
    case TYPE_STRING:
        return equal || filter_fail(p, "%.60s is text: ==, != or contains", n->name);
    case TYPE_REGISTER:
        return equal || n->op == VFU_IN || filter_fail(p, "a register is named by == or !=, or lies in A..B");
    default:
        return true;
    }
}

static bool may_stand_alone(struct filter_parser *p, const struct filter_node *n)
{
    if (p->early && n->type == TYPE_REGISTER)
        return filter_fail(p, "registers have no names before plugins see a message, once it was passed on");
    return n->type != TYPE_TEXT || filter_fail(p, "text contains \"...\" is what can be asked");
}

/* & MASK: is one of these bits set? Unless an operator follows. */
static bool parse_mask(struct filter_parser *p, struct filter_node *n)
{
    if (n->type != TYPE_NUMBER)
        return filter_fail(p, "%.60s is no number: it has no bits", n->name);
    filter_advance(p);
    n->kind = FILTER_COMPARE;
    n->op = VFU_NE;
    return filter_parse_mask(p, n);
}

static bool parse_contains(struct filter_parser *p, struct filter_node *n)
{
    if (n->type != TYPE_STRING && n->type != TYPE_TEXT && n->type != TYPE_BYTES && n->type != TYPE_REGISTER)
        return filter_fail(p, "%.60s is no text: text, name, spec, json, register and bytes may contain some", n->name);
    filter_advance(p);
    n->kind = FILTER_CONTAINS;
    return filter_parse_contained(p, n);
}

static bool parse_test(struct filter_parser *p)
{
    const struct vfu_name *names = NULL;
    enum vfu_operator op;
    struct filter_node *n;

    /* A register's name may have blanks. */
    if ((p->quoted && (!p->closed || !strchr(p->word, '.'))) || !p->word[0] || !filter_is_name(p->word[0]))
        return filter_fail(p, p->word[0] ? "%.60s: a field's name is expected here" : "%sthe filter ends too early", p->word);
    n = add(p, FILTER_THERE);
    if (!n || !filter_parse_subject(p, n, &names))
        return false;
    filter_advance(p);
    if (filter_word_is(p, "&", NULL) && !parse_mask(p, n))
        return false;
    if (filter_at_cursor(p))
        return filter_offer_operators(p, n);
    if (filter_word_is(p, "contains", NULL))
        return parse_contains(p, n);
    if (p->quoted || !vfu_operator_by_name(filter_word_is(p, "=", NULL) ? "==" : p->word, &op))
        return n->kind != FILTER_THERE || may_stand_alone(p, n);
    n->kind = FILTER_COMPARE;
    n->op = op;
    if (!may_compare(p, n))
        return false;
    filter_advance(p);
    return n->op == VFU_IN ? filter_parse_range(p, n, names) : filter_parse_value(p, n, names, &n->low);
}

static bool parse_or(struct filter_parser *p);

static bool parse_in_parentheses(struct filter_parser *p)
{
    filter_advance(p);
    p->open++;
    if (!parse_or(p))
        return false;
    if (!filter_word_is(p, ")", NULL))
        return filter_fail(p, "a ) is missing");
    p->open--;
    filter_advance(p);
    return true;
}

static bool parse_not(struct filter_parser *p)
{
    struct filter_node *n;
    bool good;

    if (++p->depth > DEPTH)
        return filter_fail(p, "nested too deep");
    if (filter_at_cursor(p))
        return filter_offer_test(p);
    if (filter_word_is(p, "not", "!")) {
        filter_advance(p);
        good = parse_not(p);
        n = good ? add(p, FILTER_NOT) : NULL;
        if (n)
            n->left = (uint16_t)(p->f->count - 2);
        good = n != NULL;
    } else {
        good = filter_word_is(p, "(", NULL) ? parse_in_parentheses(p) : parse_test(p);
        if (good && filter_at_cursor(p))
            good = filter_offer_joins(p);
    }
    p->depth--;
    return good;
}

/* A chain of one operator: `next` parses what is between. */
static bool parse_chain(struct filter_parser *p, enum filter_kind kind, const char *word, const char *sign,
                        bool (*next)(struct filter_parser *))
{
    struct filter_node *n;
    unsigned left;

    if (!next(p))
        return false;
    while (filter_word_is(p, word, sign)) {
        left = p->f->count - 1;
        filter_advance(p);
        if (!next(p))
            return false;
        n = add(p, kind);
        if (!n)
            return false;
        n->left = (uint16_t)left;
        n->right = (uint16_t)(p->f->count - 2);
    }
    return true;
}

static bool parse_and(struct filter_parser *p)
{
    return parse_chain(p, FILTER_AND, "and", "&&", parse_not);
}

static bool parse_or(struct filter_parser *p)
{
    return parse_chain(p, FILTER_OR, "or", "||", parse_and);
}

static bool parse_all(struct filter_parser *p)
{
    filter_advance(p);
    return parse_or(p) &&
           ((!p->word[0] && !p->quoted) || filter_fail(p, "%.60s: and, or, or the end is expected here", p->word));
}

static struct vfu_filter *parse(struct filter_parser *p)
{
    size_t size = strlen(p->text) + 1;
    struct vfu_filter *f = calloc(1, sizeof *f);
    bool good;

    p->f = f;
    p->at = p->from = p->text;
    p->word = malloc(size);
    if (f)
        f->words = malloc(WORDS * size);
    good = f && f->words && p->word ? parse_all(p) : filter_fail(p, "out of memory");
    free(p->word);
    if (good)
        return f;
    vfu_filter_free(f);
    return NULL;
}

struct vfu_filter *vfu_filter_parse(const char *text, const struct vfu_filter_known *known, struct vfu_filter_error *error)
{
    struct filter_parser p = { .text = text, .known = known, .error = error };

    return parse(&p);
}

struct vfu_filter *vfu_filter_parse_early(const char *text, const struct vfu_filter_known *known, struct vfu_filter_error *error)
{
    struct filter_parser p = { .text = text, .known = known, .early = true, .error = error };

    return parse(&p);
}

size_t vfu_filter_complete(const char *text, bool early, const struct vfu_filter_known *known,
                           void (*take)(void *context, const char *word), void *context)
{
    const struct filter_offers offers = { take, context };
    struct vfu_filter_error error;
    struct filter_parser p = { .text = text, .known = known, .early = early, .offers = &offers, .error = &error };

    vfu_filter_free(parse(&p));
    return (size_t)(p.from - text);
}
