/*
 * Numbers of what several captures have, in the one that is made of them.
 */
#ifndef VFU_CLI_OUTPUT_RENUMBER_H
#define VFU_CLI_OUTPUT_RENUMBER_H

#include "decoder/wire/event.h"

struct cli_renumbered;

/* NULL when out of memory. */
struct cli_renumbered *cli_renumbered_new(void);
void cli_renumbered_free(struct cli_renumbered *r);
/* The event is the caller's own, but for what it points to, some of which is replaced: good until the next call. */
void cli_renumber(struct cli_renumbered *r, struct vfu_event *event);

#endif
