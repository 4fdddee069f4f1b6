/*
 * The rules of the protocol, checked on every message in every source: who broke what, while it happens. A false alarm is
 * worse than a gap: a rule that needs what was not seen (a capture that begins in the middle) says nothing.
 */
#ifndef VFU_DECODER_RULES_RULES_H
#define VFU_DECODER_RULES_RULES_H

#include "decoder/session/session.h"

/* The checks of a session: vfu_session_new(&vfu_rule_checks). */
extern const struct vfu_checks vfu_rule_checks;
/* Its `event`. */
unsigned vfu_rules_event(struct vfu_peers *peers, const struct vfu_event *event, const struct vfu_rule_settings *settings,
                         struct vfu_problem *problems);

/* All rules; `count` gets how many. */
const struct vfu_rule *vfu_rules(size_t *count);
/* What is said of it at length; NULL: nothing is. */
const struct vfu_explanation *vfu_rule_explanation(const struct vfu_rule *rule);
/* The text about `id` in some of these lists, which NULL ends; NULL: there is none. */
const struct vfu_explanation *vfu_explained_find(const struct vfu_explained *const *lists, const char *id);
/* Leave a rule out; false: there is none with this id. */
bool vfu_rules_ignore(struct vfu_rule_settings *settings, const char *id);

#endif
