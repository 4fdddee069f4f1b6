/*
 * The commands of the tap's prompt (commands.h) from the screen of `tap --browse`.
 */
#ifndef VFU_CLI_TAP_SCREEN_H
#define VFU_CLI_TAP_SCREEN_H

#include "cli/browse/browse.h"
#include "cli/tap/commands.h"

struct tap_screen;

/* With times as the log has them. NULL: a message was printed. */
struct tap_screen *tap_screen_new(const struct cli_args *args, enum vfu_time_format times);
/* Once neither the tap nor the screen runs any more. */
void tap_screen_free(struct tap_screen *s);
/* For the tap's side: use, saw, intercept, end. */
struct tap_commands *tap_screen_commands(const struct tap_screen *s);
/* For the screen; NULL of none. */
const struct browse_traffic *tap_screen_traffic(const struct tap_screen *s);

#endif
