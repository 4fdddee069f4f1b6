/*
 * Why: reasons for error replies, what does not fit together in a device (misfits), and who the peers look like. Only what
 * is certain, or marked as a guess: where the session does not know, nothing is said.
 */
#ifndef VFU_DECODER_REASONS_REASONS_H
#define VFU_DECODER_REASONS_REASONS_H

#include "decoder/rules/rules.h"

/* The checks of a session that says all this: vfu_session_new(&vfu_all_checks). */
extern const struct vfu_checks vfu_all_checks;

/* A reason: table.c has them, the files of their themes find them. */
struct vfu_reason {
    const char *id;      /* stable: scripts know it */
    const char *section; /* of the specification */
    const char *help;    /* what it says, in one line */
    struct vfu_explanation explains;
};
/* All of them; `count` gets how many. */
const struct vfu_reason *vfu_reasons(size_t *count);

/* What has to fit together: of severity VFU_MISFIT. */
const struct vfu_rule *vfu_misfits(size_t *count);

/*
 * Misfits that others say: plugins, whose host adds them, and captures, of plugins that are not here. They stay for the
 * program's life, as what points to them does. Before threads start, or in the one that reads a capture.
 */
/* Add one, which is to stay as its texts are. What is there now by its id; NULL: there is no room. */
const struct vfu_rule *vfu_misfit_add(const struct vfu_rule *misfit);
/* Likewise a reason of a plugin's. */
const struct vfu_reason *vfu_reason_add(const struct vfu_reason *reason);
/* One that nothing is known of but its id; what is no id, or one too many, is called `unknown-misfit`. */
const struct vfu_rule *vfu_misfit_unknown(const char *id, size_t size);
/* The i-th of those that were added, but for unknown ones; NULL: no more. */
const struct vfu_rule *vfu_misfit_added(size_t i);

/* A program that speaks vfio-user, and how it is known (peers.c): all of it has to fit. */
struct vfu_peer_kind {
    const char *id; /* stable */
    enum vfu_side side;
    const char *name;      /* for people */
    const char *json;      /* VERSION's text: # is any number, [what may be missing]; NULL: there is none */
    int minor, version_id; /* of VERSION; below 0: any */
    unsigned later;        /* signs that have to show behind VERSION: bits, 1 << enum vfu_sign */
    struct vfu_explanation explains;
};
/* All of them, the more exact ones first; `count` gets how many. */
const struct vfu_peer_kind *vfu_peers_known(size_t *count);
/* What is known to go wrong with peers (trouble.c); NULL: nothing with this id. */
const struct vfu_trouble *vfu_trouble_by_id(const char *id);

/* The rule or the misfit with this id, which needs no end; NULL: there is none. */
const struct vfu_rule *vfu_rule_by_id(const char *id, size_t size);
/* Leave a rule or a misfit out; false: there is none with this id. */
bool vfu_ignore(struct vfu_rule_settings *settings, const char *id);

#endif
