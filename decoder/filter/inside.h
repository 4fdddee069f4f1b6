/*
 * A parsed filter: nodes in an array, children before their parents. words.c < values.c, registers.c < parse.c make it,
 * filter.c runs it, with tests of registers (bits.c) and of text (text.c); names.c and complete.c know what may stand where.
 */
#ifndef VFU_DECODER_FILTER_INSIDE_H
#define VFU_DECODER_FILTER_INSIDE_H

#include "decoder/filter/filter.h"
#include "decoder/wire/compare.h"
#include "decoder/wire/decode.h"

#include <string.h>

enum { FILTER_NODES = 256, FILTER_BYTES = 64, FILTER_TEXT = 256 /* bytes that `contains` looks for, at most */ };

enum filter_kind {
    FILTER_AND,
    FILTER_OR,
    FILTER_NOT,
    FILTER_THERE, /* a bare name */
    FILTER_COMPARE,
    FILTER_CONTAINS,
};

/* What a test looks at: the event's own, or FIELD: the payload's if the command has one, else the header's, by name. */
enum filter_subject {
    SUBJECT_FIELD,
    SUBJECT_HEADER, /* header.NAME */
    SUBJECT_COMMAND,
    SUBJECT_FROM,
    SUBJECT_TYPE,
    SUBJECT_CHANNEL,
    SUBJECT_CONN,
    SUBJECT_FILE, /* of several that are read as one */
    SUBJECT_NO,
    SUBJECT_LATENCY, /* ns */
    SUBJECT_TIME,    /* ns since the epoch, or since the first event: see since_start */
    SUBJECT_FDS,     /* how many, or of which type */
    SUBJECT_ERROR,
    SUBJECT_NO_REPLY,
    SUBJECT_PROBLEM,
    SUBJECT_REASON,
    SUBJECT_NOTE,     /* of a plugin */
    SUBJECT_WARNING,  /* a note that is one */
    SUBJECT_LOG,      /* an event of that kind, and of which log it is */
    SUBJECT_MARK,     /* likewise, and what it says */
    SUBJECT_VALUE,    /* of an access, as a number */
    SUBJECT_REGISTER, /* that an access is about, by name or by its place */
    SUBJECT_BITS,     /* what is in a register, or in a field of it: nvme.csts, nvme.cc.en */
    SUBJECT_NAME,     /* of a process, or of what a peer looks like */
    SUBJECT_SPEC,     /* of an injection */
    SUBJECT_TEXT,     /* what the line says, and what stands below it */
};

/* How a subject's values are written, and what may be asked of it. */
enum filter_type {
    TYPE_NUMBER,   /* or the name of one */
    TYPE_BYTES,    /* hex */
    TYPE_WORD,     /* a rule, a reason, a plugin */
    TYPE_STRING,
    TYPE_TEXT,     /* nothing but `contains` */
    TYPE_TIME,
    TYPE_REGISTER, /* a name, or a place */
    TYPE_ALONE,    /* only whether it is there */
};

struct filter_node {
    enum filter_kind kind;
    uint16_t left, right; /* AND, OR, NOT (left) */
    enum filter_subject subject;
    enum filter_type type;
    enum vfu_operator op; /* COMPARE */
    const char *name;     /* of the field, or of the register */
    const struct vfu_field *header; /* the header's of that name, or NULL */
    uint32_t payload_of;            /* bits: the commands, by number, whose payload has one of that name */
    const char *value; /* the value's name, if it has one: which number that is, the field under test says; else NULL */
    uint64_t low, high;
    uint64_t mask;     /* of numbers, before they are compared */
    bool low_since_start, high_since_start; /* TIME: the value counts from the first event on */
    bool by_name;      /* FDS: the value is a type, not how many */
    bool has_number;   /* BITS: where no field has such a name for a value, `low` is meant */
    bool is_bytes;     /* the value is hex */
    bool is_place;     /* REGISTER: the bytes low to high of `region`; else `value` is its name */
    uint32_t region;
    uint8_t bytes[FILTER_BYTES];
    size_t size;       /* of `bytes`; CONTAINS: of `value` */
    bool is_placed;    /* decided before plugins are asked: where it lies stands here, with the one field that matters */
    struct vfu_register_place placed;
    struct vfu_register reg;
    struct vfu_register_field field;
};

struct vfu_filter {
    struct filter_node nodes[FILTER_NODES];
    unsigned count; /* the last node is the whole */
    char *words;    /* what nodes name */
    size_t words_used;
    bool single;
    uint64_t first_ns; /* realtime of the first event; 0: not known yet */
};

/* --- words.c: a filter's words, one by one --- */

/* Who hears what may stand where a text ends. */
struct filter_offers {
    void (*take)(void *context, const char *word);
    void *context;
};

struct filter_parser {
    struct vfu_filter *f;
    const struct vfu_filter_known *known;
    const char *text, *at; /* at: behind the word at hand */
    const char *from;      /* where the word at hand begins */
    char *word;            /* empty: the end, unless it is quoted; room for the whole text */
    bool closed;           /* and the second quote was there */
    bool quoted;           /* it stood in quotes: a value, whatever is in it */
    unsigned depth, open;  /* open: parentheses */
    bool early; /* decided before there are notes */
    const struct filter_offers *offers; /* completing: the text ends at the cursor, and parsing there; else NULL */
    struct vfu_filter_error *error;
};

/* Something is wrong with the word at hand; false. */
__attribute__((format(printf, 2, 3))) bool filter_fail(struct filter_parser *p, const char *format, ...);
/* Could a name or a number begin so? */
bool filter_is_name(char c);
/* The next word: a name or a number, an operator, a parenthesis. A.. ends a number in front of the dots. */
void filter_advance(struct filter_parser *p);
/* Is it this one, or that, and not quoted? */
bool filter_word_is(const struct filter_parser *p, const char *a, const char *b);
/* A copy of the first `size` bytes of the word at hand; `from` lies in it. */
const char *filter_keep(struct filter_parser *p, const char *from, size_t size);
/* Is the word at hand the one that is being typed? */
static inline bool filter_at_cursor(const struct filter_parser *p)
{
    return p->offers && !*p->at;
}

/* --- names.c: what can be asked about --- */

/* What an event has itself. */
struct filter_own {
    const char *name;
    enum filter_subject subject;
    enum filter_type type;
    const struct vfu_name *names; /* of its values; NULL: they have none */
    bool single;                  /* it is about one message, not about a pair */
    bool late;                    /* not known of a message before it is passed on, or of none */
};
const struct filter_own *filter_own_by_name(const char *name);
/* The commands whose payload has such a field, as bits by their numbers. */
uint32_t filter_payloads_with(const char *name);
/*
 * Has any message's payload a field of this name? Then *kinds, bits: 1 << enum vfu_kind. True: one of them has that name for a
 * value (`value` may be NULL), which is *number.
 */
bool filter_names_anywhere(const char *field, const char *value, uint64_t *number, unsigned *kinds);
/* All that may be asked about, but registers; the names that values of this field have. Some come twice. */
void filter_each_field(void (*take)(void *context, const char *name), void *context);
void filter_each_value(const struct filter_node *n, void (*take)(void *context, const char *name), void *context);

/* --- values.c: FIELD OP VALUE --- */

/* What the word at hand names; *names get those of its values. */
bool filter_parse_subject(struct filter_parser *p, struct filter_node *n, const struct vfu_name **names);
/* What is looked for in it, behind `contains`. */
bool filter_parse_contained(struct filter_parser *p, struct filter_node *n);
/* Behind `&`. */
bool filter_parse_mask(struct filter_parser *p, struct filter_node *n);
/* Behind `in`, or another operator. */
bool filter_parse_range(struct filter_parser *p, struct filter_node *n, const struct vfu_name *names);
bool filter_parse_value(struct filter_parser *p, struct filter_node *n, const struct vfu_name *names, uint64_t *number);

/* --- registers.c: registers by name --- */

/* vfu_register_named of one at hand: with its own number, if with one. */
bool filter_names_register_at(const char *text, const struct vfu_register_at *r, const char **rest);
/* The field of this name, or NULL. */
const struct vfu_register_field *filter_register_field(const struct vfu_register *reg, const char *name);
/* The number that a field calls so; false: none. */
bool filter_field_value(const struct vfu_register_field *f, const char *name, uint64_t *number);
/* Those that are known; NULL: none. */
const struct vfu_register_map *filter_known_registers(const struct filter_parser *p);
/* Of the known ones the first that `name` names, in whole or with a field (*field, else NULL); NULL: there is none. */
const struct vfu_register_place *filter_known_register(const struct filter_parser *p, const char *name,
                                                       const struct vfu_register_field **field);
/* The word at hand is a register's name, or (fields) that of a field of one: false if it can't be. */
bool filter_check_register(struct filter_parser *p, struct filter_node *n, bool fields);

/* --- complete.c --- */

/* What may stand at the word at hand is offered; false, so that parsing ends. */
bool filter_offer_test(struct filter_parser *p);
bool filter_offer_operators(struct filter_parser *p, const struct filter_node *n);
bool filter_offer_joins(struct filter_parser *p);
bool filter_offer_values(struct filter_parser *p, const struct filter_node *n);

/* --- running: filter.c asks bits.c and text.c --- */

/* A message under test; decoded when the first test of a field asks. */
struct filter_message {
    const struct vfu_event *event;
    const struct vfu_decoded *decoded; /* NULL: not yet */
    bool only_header;                  /* more of it has not come */
    uint64_t first_ns;
    struct vfu_decoded room;
};

static inline const struct vfu_decoded *filter_decoded(struct filter_message *m)
{
    if (!m->decoded)
        m->decoded = vfu_decoded_of(m->event, &m->room);
    return m->decoded;
}

static inline bool filter_compare(const struct filter_node *n, uint64_t number)
{
    return n->kind == FILTER_THERE || vfu_compare(n->op, number & n->mask, n->low, n->high);
}

bool filter_test_value(const struct filter_node *n, struct filter_message *m);
bool filter_test_register(const struct filter_node *n, struct filter_message *m);
bool filter_test_bits(const struct filter_node *n, struct filter_message *m);
/* Is the node's value in these bytes? Or the same, as its operator says. */
bool filter_test_string(const struct filter_node *n, const void *bytes, size_t size);
bool filter_test_text(const struct filter_node *n, struct filter_message *m);

#endif
