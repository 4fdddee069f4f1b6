/*
 * Filters: expressions over the table's field names and the event's own. See vfuscope-filter(7).
 *
 *     command == REGION_WRITE and region == bar0 and offset in 0x14..0x1c
 *     error or latency > 1ms
 *     nvme.cc.en == 1 or register in bar0+0x1000..bar0+0x1fff and value & 0xff != 0
 *
 * A test is true of a pair, a command and its reply, if it is true of either; `and`, `or` and `not` work on that. So
 * `offset == 4 and error` finds the failed access although the error reply has no offset. A filter that tests `type`
 * or `from` looks at single messages instead.
 */
#ifndef VFU_DECODER_FILTER_FILTER_H
#define VFU_DECODER_FILTER_FILTER_H

#include "decoder/registers/registers.h"
#include "decoder/wire/event.h"

struct vfu_filter;

/* A place's region that is none: where the register lies is not known yet. */
#define VFU_FILTER_NOWHERE UINT32_MAX

/*
 * What is known by name before there is traffic. Registers get their names while it runs, with the plugins of the device that
 * comes, or from the capture; so a name that no table has is no mistake, but false. Where a table has others of its map
 * (nvme.cxts), it is one, with what may have been meant. Asked for when a filter names the first register, since plugins have to
 * be started for it; NULL: they can't be had, and nothing is a mistake then. Filters keep nothing of it.
 */
struct vfu_filter_known {
    const struct vfu_register_map *(*registers)(void *context);
    void *context;
};

struct vfu_filter_error {
    unsigned column; /* from 1: where in the text the mistake is */
    char text[512];
};

/* NULL: `error` says what is wrong and where. Free with vfu_filter_free. known: may be NULL, then nothing is. */
struct vfu_filter *vfu_filter_parse(const char *text, const struct vfu_filter_known *known, struct vfu_filter_error *error);
/*
 * One that decides about a message before it is passed on: what plugins say of it is a mistake. Events have no registers then:
 * a name stands for the place that a table gives it, whichever device it is, and one that none gives a place is a mistake.
 */
struct vfu_filter *vfu_filter_parse_early(const char *text, const struct vfu_filter_known *known, struct vfu_filter_error *error);
void vfu_filter_free(struct vfu_filter *f);

/*
 * What may come next where a text ends: fields, operators, values, each as the whole word that is to stand in the place of what
 * was typed of it; some come twice. How much of the text stands before that word. early: of one that vfu_filter_parse_early
 * takes.
 */
size_t vfu_filter_complete(const char *text, bool early, const struct vfu_filter_known *known,
                           void (*take)(void *context, const char *word), void *context);

/* Times that count from the start count from this one on, realtime in nanoseconds: the first event's. */
void vfu_filter_begin(struct vfu_filter *f, uint64_t first_ns);

/* Does it test `type` or `from`, so that each message stands for itself? */
bool vfu_filter_is_single(const struct vfu_filter *f);

enum vfu_verdict {
    VFU_NO,
    VFU_YES,
    VFU_UNDECIDED, /* the reply, which is yet to come, may change it */
};

/*
 * The verdict on a message. With `awaited` the message is a command whose reply may still come: what only the reply can
 * tell is undecided. `other` is the other half of the pair where it is at hand, or NULL. Never allocates.
 */
enum vfu_verdict vfu_filter_match(const struct vfu_filter *f, const struct vfu_event *event,
                                  const struct vfu_event *other, bool awaited);

/* The verdict on a message of which the header has come; what the rest can tell is undecided. */
enum vfu_verdict vfu_filter_match_header(const struct vfu_filter *f, const struct vfu_event *event);

#endif
