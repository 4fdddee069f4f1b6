/*
 * The options about the rules of the protocol that tap and decode share: --rules, --ignore, --strict, --fail-on.
 */
#ifndef VFU_CLI_OUTPUT_RULES_H
#define VFU_CLI_OUTPUT_RULES_H

#include "cli/cli.h"
#include "decoder/session/session.h"

/* List them, on standard output. */
void cli_rules_list(void);
/* Set the session's rules up as asked for. False: a message was printed; exit with CLI_USAGE. */
bool cli_rules_apply(const struct cli_args *args, struct vfu_session *session);

/* What makes the exit status 1. */
enum cli_fail_on { CLI_FAIL_NEVER, CLI_FAIL_VIOLATION, CLI_FAIL_SUSPICIOUS };
bool cli_rules_fail_on(const struct cli_args *args, enum cli_fail_on *fail_on);
/* Does the event have such a problem? */
bool cli_rules_failed(enum cli_fail_on fail_on, const struct vfu_event *event);

#endif
