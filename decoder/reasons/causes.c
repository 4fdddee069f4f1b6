/*
 * What follows from what: of fifty findings that one thing brings about, the one is said. A row says which marks a broken
 * rule leaves on its connection, and which marks, left before, explain it. Only what follows by the protocol's own
 * mechanics stands here: a finding without a row is one of its own.
 */
#include "decoder/reasons/evidence.h"
#include "decoder/wire/decode.h"

#include <string.h>

#define BIT(mark) (1u << (mark))
enum {
    /* No reply can come any more, or none that is understood. */
    SILENCE = BIT(MARK_UNFRAMED) | BIT(MARK_STALLED) | BIT(MARK_DEAF) | BIT(MARK_VERSION) | BIT(MARK_BAD_REPLY),
    /* What is read is not what was written. */
    OUT_OF_STEP = BIT(MARK_UNFRAMED) | BIT(MARK_BAD_COMMAND),
};

static const struct {
    const char *rule;
    unsigned leaves, follows;
} causes[] = {
    /* Framing, and the sizes that lose it */
    { "size-impossible", BIT(MARK_UNFRAMED), OUT_OF_STEP },
    { "stalled", BIT(MARK_STALLED), BIT(MARK_UNFRAMED) | BIT(MARK_DEAF) },
    { "too-short", BIT(MARK_BAD_COMMAND), BIT(MARK_UNFRAMED) },
    { "too-long", BIT(MARK_BAD_COMMAND), BIT(MARK_UNFRAMED) },
    { "unknown-command", 0, OUT_OF_STEP },
    { "reserved-flags", 0, OUT_OF_STEP },
    { "error-in-command", 0, OUT_OF_STEP },
    /* What comes in the place of a reply */
    { "reply-without-command", BIT(MARK_BAD_REPLY), OUT_OF_STEP },
    { "command-mismatch", BIT(MARK_BAD_REPLY), OUT_OF_STEP },
    { "unknown-type", BIT(MARK_BAD_REPLY), OUT_OF_STEP },
    { "reply-to-no-reply", 0, OUT_OF_STEP },
    { "duplicate-reply", 0, OUT_OF_STEP | BIT(MARK_BAD_REPLY) },
    /* No reply */
    { "overdue", 0, SILENCE },
    { "both-wait", 0, SILENCE },
    { "never-answered", 0, SILENCE },
    /* VERSION */
    { "version-not-first", BIT(MARK_VERSION), OUT_OF_STEP },
    { "major-changed", BIT(MARK_VERSION), 0 },
    { "minor-raised", BIT(MARK_VERSION), 0 },
    { "json-invalid", BIT(MARK_VERSION), 0 },
    { "json-wrong-type", BIT(MARK_VERSION), 0 },
    { "json-without-nul", BIT(MARK_VERSION), 0 },
    { "version-unanswered", 0, BIT(MARK_VERSION) },
    { "version-twice", 0, BIT(MARK_VERSION) },
    /* Descriptors */
    { "fds-cut", BIT(MARK_FDS), 0 },
    { "irq-none-to-take", BIT(MARK_FDS), BIT(MARK_FDS) },
    { "fd-index", BIT(MARK_FDS), BIT(MARK_FDS) },
    { "fd-missing", 0, BIT(MARK_FDS) },
    { "irq-fd-count", 0, BIT(MARK_FDS) },
    { "map-flags", 0, BIT(MARK_FDS) },
    { "twin-bypassed", 0, BIT(MARK_FDS) },
    /* What was refused is not there afterwards */
    { "dma-outside", 0, BIT(MARK_MAP_REFUSED) },
    { "unmap-unknown", 0, BIT(MARK_MAP_REFUSED) },
    { "migration-arc", BIT(MARK_STATE_REFUSED), BIT(MARK_STATE_REFUSED) },
    { "migration-state", BIT(MARK_STATE_REFUSED), 0 },
    { "migration-data-state", 0, BIT(MARK_STATE_REFUSED) },
    { "logging-not-started", 0, BIT(MARK_LOG_REFUSED) },
};
enum { CAUSES = sizeof causes / sizeof *causes };

const char *evidence_cause_rule(unsigned i)
{
    return i < CAUSES ? causes[i].rule : NULL;
}

static unsigned row_of(const struct vfu_rule *rule)
{
    unsigned i = 0;

    while (i < CAUSES && strcmp(causes[i].rule, rule->id) != 0)
        i++;
    return i;
}

/* Does it name what a refused DMA_MAP was to map? */
static bool is_in_refused(const struct vfu_evidence *e, const struct vfu_event *event)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d;
    const struct vfu_value *at;

    if (event->kind != VFU_EVENT_MESSAGE)
        return false;
    d = vfu_decoded_of(event, &room);
    at = vfu_value_by_name(d->values, d->count, "address");
    for (unsigned i = 0; at && i < EVIDENCE_REFUSED_MAPS; i++)
        if (e->refused_maps[i].size && e->refused_maps[i].conn == event->conn && at->number >= e->refused_maps[i].address &&
            at->number - e->refused_maps[i].address < e->refused_maps[i].size)
            return true;
    return false;
}

int evidence_cause(const struct vfu_evidence *e, const struct evidence_trail *t, const struct vfu_rule *rule,
                   const struct vfu_event *event)
{
    unsigned row = t->marked ? row_of(rule) : CAUSES;

    for (unsigned mark = 0; row < CAUSES && mark < MARKS; mark++) {
        if (!t->marks[mark].finding || !(causes[row].follows & BIT(mark)))
            continue;
        if (mark == MARK_MAP_REFUSED && !is_in_refused(e, event))
            continue;
        return t->marks[mark].finding - 1;
    }
    return -1;
}

void evidence_mark(struct evidence_trail *t, enum evidence_mark mark, unsigned finding, uint64_t no)
{
    if (!t->marks[mark].finding)
        t->marks[mark].finding = (uint8_t)(finding + 1);
    t->marks[mark].no = no;
    t->marked = true;
}

bool evidence_mark_rule(struct evidence_trail *t, const struct vfu_rule *rule, unsigned finding, uint64_t no)
{
    unsigned row = row_of(rule);

    for (unsigned mark = 0; row < CAUSES && mark < MARKS; mark++)
        if (causes[row].leaves & BIT(mark))
            evidence_mark(t, (enum evidence_mark)mark, finding, no);
    return row < CAUSES && causes[row].leaves;
}

bool evidence_lacks_fds(const struct vfu_rule *rule)
{
    unsigned row = row_of(rule);

    return row < CAUSES && (causes[row].leaves | causes[row].follows) & BIT(MARK_FDS);
}

void evidence_in_step(struct evidence_trail *t)
{
    t->marks[MARK_BAD_COMMAND].finding = 0;
}

int evidence_hang_cause(const struct evidence_trail *t, const struct vfu_hang *hang)
{
    enum vfu_hang_kind kind = hang->kind;
    /* What a hang is itself is not its cause. */
    unsigned itself = kind == VFU_HANG_REST ? BIT(MARK_STALLED) : kind == VFU_HANG_DEAF ? BIT(MARK_DEAF) : 0;

    for (unsigned mark = 0; mark < MARKS; mark++)
        if (t->marks[mark].finding && SILENCE & ~itself & BIT(mark) &&
            /* what came in a reply's place takes away one that was due */
            (mark != MARK_BAD_REPLY || kind != VFU_HANG_REPLY || hang->no < t->marks[mark].no))
            return t->marks[mark].finding - 1;
    return -1;
}
