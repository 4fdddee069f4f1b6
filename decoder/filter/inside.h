/*
 * A parsed filter: nodes in an array, children before their parents. parse.c makes it, filter.c runs it.
 */
#ifndef VFU_DECODER_FILTER_INSIDE_H
#define VFU_DECODER_FILTER_INSIDE_H

#include "decoder/filter/filter.h"
#include "decoder/wire/compare.h"
#include "decoder/wire/decode.h"

enum { FILTER_NODES = 256, FILTER_BYTES = 64 };

enum filter_kind {
    FILTER_AND,
    FILTER_OR,
    FILTER_NOT,
    FILTER_THERE, /* a bare name */
    FILTER_COMPARE,
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
    SUBJECT_NO,
    SUBJECT_LATENCY, /* ns */
    SUBJECT_TIME,    /* ns since the epoch, or since the first event: see since_start */
    SUBJECT_FDS,     /* how many, or of which type */
    SUBJECT_ERROR,
    SUBJECT_NO_REPLY,
    SUBJECT_PROBLEM,
    SUBJECT_REASON,
    SUBJECT_NOTE,    /* of a plugin */
    SUBJECT_WARNING, /* a note that is one */
    SUBJECT_LOG,     /* an event of that kind, and of which log it is */
    SUBJECT_MARK,    /* likewise, and what it says */
};

struct filter_node {
    enum filter_kind kind;
    uint16_t left, right; /* AND, OR, NOT (left) */
    enum filter_subject subject;
    enum vfu_operator op; /* COMPARE */
    char name[32];   /* of the field */
    const struct vfu_field *header; /* the header's of that name, or NULL */
    uint32_t payload_of;            /* bits: the commands, by number, whose payload has one of that name */
    char value[32];  /* the value's name, if it has one: which number that is, the field under test says */
    uint64_t low, high;
    bool low_since_start, high_since_start; /* TIME: the value counts from the first event on */
    bool by_name;    /* FDS: the value is a type, not how many */
    bool is_bytes;   /* the value is hex */
    uint8_t bytes[FILTER_BYTES];
    size_t size;
};

struct vfu_filter {
    struct filter_node nodes[FILTER_NODES];
    unsigned count; /* the last node is the whole */
    bool single;
    uint64_t first_ns; /* realtime of the first event; 0: not known yet */
};

/* --- names.c: what can be asked about --- */

/* What an event has itself. */
struct filter_own {
    const char *name;
    enum filter_subject subject;
    const struct vfu_name *names; /* of its values; NULL: they have none */
    bool single;                  /* it is about one message, not about a pair */
};
const struct filter_own *filter_own_by_name(const char *name);
/* The commands whose payload has such a field, as bits by their numbers. */
uint32_t filter_payloads_with(const char *name);
/*
 * Has any message's payload a field of this name? Then *known, and *bytes if one is not a number. True: one of them has
 * that name for a value (`value` may be NULL), which is *number.
 */
bool filter_names_anywhere(const char *field, const char *value, uint64_t *number, bool *known, bool *bytes);

#endif
