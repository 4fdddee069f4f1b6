/*
 * Parsing a filter: or, and, not, parentheses, tests. A mistake is told with its column.
 */
#include "decoder/filter/inside.h"
#include "decoder/wire/parse.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 32 };

struct parser {
    struct vfu_filter *f;
    const char *text, *at; /* at: behind the word at hand */
    const char *from;      /* where the word at hand begins */
    char *word;            /* empty: the end, unless it is quoted; room for the whole text */
    bool closed;           /* and the second quote was there */
    bool quoted;           /* it stood in quotes: a value, whatever is in it */
    unsigned depth;
    bool early; /* decided before there are notes */
    struct vfu_filter_error *error;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct parser *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(p->error->text, sizeof p->error->text, format, args);
    va_end(args);
    p->error->column = (unsigned)(p->from - p->text) + 1;
    return false;
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_.-", c));
}

/* What stands in quotes, without them; where the second one is missing, to the end. */
static void take_quoted(struct parser *p)
{
    char quote = *p->at++;
    size_t size = 0;

    while (p->at[size] && p->at[size] != quote)
        size++;
    memcpy(p->word, p->at, size);
    p->word[size] = '\0';
    p->at += size;
    p->closed = *p->at == quote;
    p->at += p->closed;
}

/* The next word: a name or a number, an operator, a parenthesis. A.. ends a number in front of the dots. */
static void advance(struct parser *p)
{
    size_t size = 0;

    while (isspace((unsigned char)*p->at))
        p->at++;
    p->from = p->at;
    p->quoted = *p->at == '"' || *p->at == '\'';
    if (p->quoted) {
        take_quoted(p);
        return;
    }
    if (is_name(*p->at) && !(p->at[0] == '.' && p->at[1] == '.')) {
        while (is_name(p->at[size]) && !(p->at[size] == '.' && p->at[size + 1] == '.'))
            size++;
    } else if (*p->at) {
        static const char *const twice[] = { "..", "&&", "||" };
        enum vfu_operator op;

        size = vfu_operator_at(p->at, &op);
        size += size == 0;
        for (size_t i = 0; i < sizeof twice / sizeof *twice; i++)
            if (strncmp(p->at, twice[i], 2) == 0)
                size = 2;
    }
    memcpy(p->word, p->at, size);
    p->word[size] = '\0';
    p->at += size;
}

static bool word_is(const struct parser *p, const char *a, const char *b)
{
    return !p->quoted && (strcmp(p->word, a) == 0 || (b && strcmp(p->word, b) == 0));
}

static struct filter_node *add(struct parser *p, enum filter_kind kind)
{
    if (p->f->count == FILTER_NODES) {
        fail(p, "the filter is too long");
        return NULL;
    }
    p->f->nodes[p->f->count] = (struct filter_node){ .kind = kind };
    return &p->f->nodes[p->f->count++];
}

/* Its value is one of many words: a rule, a reason, a plugin. */
static bool is_worded(enum filter_subject subject)
{
    return subject == SUBJECT_PROBLEM || subject == SUBJECT_REASON || subject == SUBJECT_NOTE || subject == SUBJECT_WARNING ||
           subject == SUBJECT_LOG || subject == SUBJECT_MARK;
}

/* What the word at hand names. DEVICE_GET_REGION_INFO's `type` and others of the event's own names can't be fields. */
static bool parse_subject(struct parser *p, struct filter_node *n, const struct vfu_name **names)
{
    const struct filter_own *own = filter_own_by_name(p->word);
    bool known = false, bytes = false;
    const char *name = p->word;
    uint64_t number;

    if (own) {
        n->subject = own->subject;
        if (p->early && n->subject == SUBJECT_TIME)
            return fail(p, "time: what is done to messages goes by their number, see when=");
        if (p->early && (n->subject == SUBJECT_LOG || n->subject == SUBJECT_MARK))
            return fail(p, "%.60s: of no message", p->word);
        if (p->early && (n->subject == SUBJECT_NOTE || n->subject == SUBJECT_WARNING))
            return fail(p, "%.60s: plugins see a message once it was passed on", p->word);
        *names = own->names;
        p->f->single |= own->single;
        return true;
    }
    if (strncmp(name, "header.", 7) == 0) {
        n->subject = SUBJECT_HEADER;
        name += 7;
        n->header = vfu_field_by_name(&vfu_header_layout, name);
        *names = n->header ? n->header->names : NULL;
    } else {
        n->subject = SUBJECT_FIELD;
        filter_names_anywhere(name, NULL, &number, &known, &bytes);
        n->header = vfu_field_by_name(&vfu_header_layout, name);
        n->payload_of = filter_payloads_with(name);
    }
    known |= n->header != NULL;
    if (!known || strlen(name) >= sizeof n->name)
        return fail(p, "no message has a field %.60s", p->word);
    strcpy(n->name, name);
    return true;
}

static bool parse_hex(struct filter_node *n, const char *text)
{
    uint8_t *bytes;
    size_t size;
    bool good = vfu_parse_hex(text, &bytes, &size);

    if (good && size <= FILTER_BYTES) {
        memcpy(n->bytes, bytes, size);
        n->size = size;
        n->is_bytes = true;
    }
    free(good ? bytes : NULL);
    return good && size <= FILTER_BYTES;
}

/* A name that the subject's values have; *number is one that it means somewhere. */
static bool parse_named(struct parser *p, const struct filter_node *n, const struct vfu_name *names, uint64_t *number,
                        bool *bytes)
{
    const struct vfu_command *command = n->subject == SUBJECT_COMMAND ? vfu_command_by_name(p->word) : NULL;
    bool known = false;

    if (command)
        *number = command->number;
    if (command || vfu_name_value(names, p->word, number))
        return true;
    return n->subject == SUBJECT_FIELD && (filter_names_anywhere(n->name, p->word, number, &known, bytes) ||
                                           (n->header && vfu_name_value(n->header->names, p->word, number)));
}

/* The word at hand is the value by name. */
static bool take_name(struct parser *p, struct filter_node *n)
{
    if (strlen(p->word) >= sizeof n->value)
        return fail(p, "%.60s...: there is no such long name", p->word);
    strcpy(n->value, p->word);
    return true;
}

/* The word at hand as a value of the node's subject. */
static bool parse_value(struct parser *p, struct filter_node *n, const struct vfu_name *names, uint64_t *number)
{
    bool bytes = false;

    if (!p->word[0] && !p->quoted)
        return fail(p, "a value is missing");
    if (p->quoted && !p->closed)
        return fail(p, "the second quote is missing");
    if (is_worded(n->subject)) {
        if (!take_name(p, n))
            return false;
    } else if (n->subject == SUBJECT_LATENCY) {
        if (!vfu_parse_time(p->word, number))
            return fail(p, "%.60s: not a time such as 10us or 1ms", p->word);
    } else if (n->subject == SUBJECT_TIME) {
        if (!vfu_parse_instant(p->word, number, number == &n->low ? &n->low_since_start : &n->high_since_start))
            return fail(p, "%.60s: not a time since the start (0.25, 250ms), nor a quoted date with time and zone", p->word);
    } else if (parse_named(p, n, names, number, &bytes)) {
        n->by_name = true;
        if (n->subject != SUBJECT_COMMAND && !take_name(p, n))
            return false;
    } else if (bytes) {
        if (!parse_hex(n, p->word))
            return fail(p, "%.60s: not hex of at most %d bytes", p->word, FILTER_BYTES);
    } else if (!vfu_parse_number(p->word, number)) {
        return fail(p, "%.60s: neither a number nor a name that this field has", p->word);
    }
    advance(p);
    return true;
}

static bool parse_range(struct parser *p, struct filter_node *n, const struct vfu_name *names)
{
    if (!parse_value(p, n, names, &n->low))
        return false;
    if (!word_is(p, "..", NULL))
        return fail(p, "in needs a range, A..B");
    advance(p);
    return parse_value(p, n, names, &n->high) && (n->low <= n->high || n->low_since_start != n->high_since_start || fail(p, "the range is empty"));
}

static bool parse_test(struct parser *p)
{
    const struct vfu_name *names = NULL;
    struct filter_node *n;

    if (p->quoted || !p->word[0] || !is_name(p->word[0]))
        return fail(p, p->word[0] ? "%.60s: a field's name is expected here" : "%sthe filter ends too early", p->word);
    n = add(p, FILTER_THERE);
    if (!n || !parse_subject(p, n, &names))
        return false;
    advance(p);
    if (!vfu_operator_by_name(word_is(p, "=", NULL) ? "==" : p->word, &n->op))
        return true;
    n->kind = FILTER_COMPARE;
    if (n->subject == SUBJECT_NO_REPLY)
        return fail(p, "no_reply stands alone");
    if (is_worded(n->subject) && n->op > VFU_NE)
        return fail(p, "a rule, a plugin or a log is named by == or !=");
    advance(p);
    return n->op == VFU_IN ? parse_range(p, n, names) : parse_value(p, n, names, &n->low);
}

static bool parse_or(struct parser *p);

static bool parse_not(struct parser *p)
{
    struct filter_node *n;
    bool good;

    if (++p->depth > DEPTH)
        return fail(p, "nested too deep");
    if (word_is(p, "not", "!")) {
        advance(p);
        good = parse_not(p);
        n = good ? add(p, FILTER_NOT) : NULL;
        if (n)
            n->left = (uint16_t)(p->f->count - 2);
        good = n != NULL;
    } else if (word_is(p, "(", NULL)) {
        advance(p);
        good = parse_or(p);
        if (good && !word_is(p, ")", NULL))
            good = fail(p, "a ) is missing");
        if (good)
            advance(p);
    } else {
        good = parse_test(p);
    }
    p->depth--;
    return good;
}

/* A chain of one operator: `next` parses what is between. */
static bool parse_chain(struct parser *p, enum filter_kind kind, const char *word, const char *sign,
                        bool (*next)(struct parser *))
{
    struct filter_node *n;
    unsigned left;

    if (!next(p))
        return false;
    while (word_is(p, word, sign)) {
        left = p->f->count - 1;
        advance(p);
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

static bool parse_and(struct parser *p)
{
    return parse_chain(p, FILTER_AND, "and", "&&", parse_not);
}

static bool parse_or(struct parser *p)
{
    return parse_chain(p, FILTER_OR, "or", "||", parse_and);
}

static struct vfu_filter *parse(const char *text, bool early, struct vfu_filter_error *error)
{
    struct parser p = { .f = calloc(1, sizeof(struct vfu_filter)), .text = text, .at = text, .from = text,
                        .word = malloc(strlen(text) + 1), .early = early, .error = error };
    bool good = (p.f && p.word) || fail(&p, "out of memory");

    if (good) {
        advance(&p);
        good = parse_or(&p);
    }
    if (good && (p.word[0] || p.quoted))
        good = fail(&p, "%.60s: and, or, or the end is expected here", p.word);
    free(p.word);
    if (good)
        return p.f;
    free(p.f);
    return NULL;
}

struct vfu_filter *vfu_filter_parse(const char *text, struct vfu_filter_error *error)
{
    return parse(text, false, error);
}

struct vfu_filter *vfu_filter_parse_early(const char *text, struct vfu_filter_error *error)
{
    return parse(text, true, error);
}
