/*
 * Injection: what `tap --inject FILTER:ACTION[:ACTION]...[:when=WHEN]` asks for, and when it strikes. Knows nothing of
 * sockets: the tap asks for each message and carries the answer out.
 */
#ifndef VFU_CAPTURE_TAP_INJECT_H
#define VFU_CAPTURE_TAP_INJECT_H

#include "decoder/filter/filter.h"
#include "decoder/wire/error.h"

enum {
    VFU_INJECT_ERROR = 1 << 0,     /* answer the command in the server's place, with `error` */
    VFU_INJECT_DELAY = 1 << 1,     /* pass it on `delay_ns` later */
    VFU_INJECT_DROP = 1 << 2,      /* do not pass it on */
    VFU_INJECT_DUPLICATE = 1 << 3, /* pass it on twice */
    VFU_INJECT_CORRUPT = 1 << 4,   /* overwrite bytes of the whole message from `corrupt_at` on */
    VFU_INJECT_TRUNCATE = 1 << 5,  /* pass on its first `truncate` bytes; the size field stays */
    VFU_INJECT_CLOSE = 1 << 6,     /* close the connection instead */
    VFU_INJECT_DROP_FDS = 1 << 7,  /* pass it on without its file descriptors */
    VFU_INJECT_SET = 1 << 8,       /* give fields of it other values */
    VFU_INJECT_SPLIT = 1 << 9,     /* pass on its first `split` bytes, and some ms later the rest */
    VFU_INJECT_GLUE = 1 << 10,     /* pass it on together with the next one of its direction */
    VFU_INJECT_HOLD = 1 << 11,     /* pass it on behind the next `hold` ones of its direction */
};

enum { VFU_CORRUPT_BYTES = 64, VFU_SETS = 8 };

struct vfu_injection {
    const char *spec; /* as it was given; the caller's */
    struct vfu_filter *filter;
    unsigned actions; /* VFU_INJECT_* */
    uint32_t error;   /* an errno */
    uint64_t delay_ns;
    uint64_t corrupt_at;
    uint8_t corrupt[VFU_CORRUPT_BYTES];
    size_t corrupt_size;
    uint64_t truncate, split, hold;
    struct vfu_injected_field {
        char *name, *value; /* as the prompt's edit takes them; owned */
    } sets[VFU_SETS];
    size_t set_count;
    uint64_t first, last, step; /* which of the messages that the filter matched: from first to last, every step-th */
    double probability;         /* 0 to 1; 1 when not given */
    uint64_t matched;           /* so far */
    uint64_t struck;
};

/* How much of a SPEC is its filter: up to a colon that does not stand in the filter's quotes; without a second quote, all. */
size_t vfu_inject_filter_size(const char *text);
/* Parse a SPEC, which must live as long as the injection. False: the error says what is wrong, with its column. */
bool vfu_inject_parse(const char *spec, const struct vfu_filter_known *known, struct vfu_injection *injection, struct vfu_error *error);
void vfu_inject_free(struct vfu_injection *injection);

/*
 * Does it strike this message? Counts the matches. A command and its reply are one match, which strikes the command
 * unless only the reply decides it; a filter on `type` or `from` picks single messages. `request` is the command that a
 * reply answers, where it is at hand, or NULL; `random` is the state of the generator behind probability=, seeded by the
 * caller, not 0.
 */
bool vfu_inject_strikes(struct vfu_injection *injection, const struct vfu_event *event,
                        const struct vfu_event *request, uint64_t *random);

#endif
