/*
 * The options about the rules of the protocol that tap and decode share: --rules, --ignore, --strict.
 */
#ifndef VFU_CLI_OUTPUT_RULES_H
#define VFU_CLI_OUTPUT_RULES_H

#include "cli/cli.h"
#include "decoder/session/session.h"

/* List them, on standard output. */
void cli_rules_list(void);
/* Set the session's rules up as asked for. */
void cli_rules_apply(const struct cli_args *args, struct vfu_session *session);
/* And those that are to be ignored, once plugins are there, which have some, too. False: a message was printed. */
bool cli_rules_ignore(const struct cli_args *args, struct vfu_session *session);

#endif
