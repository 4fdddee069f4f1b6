/*
 * The gate: lets through the events that a filter picks. A command and its reply stand or fall together, so a command
 * that only its reply can decide about is kept until then.
 */
#ifndef VFU_CLI_OUTPUT_GATE_H
#define VFU_CLI_OUTPUT_GATE_H

#include "decoder/filter/filter.h"

struct cli_gate;

/*
 * The filter becomes the gate's. With keep_order what comes behind an undecided command waits for it, so that the order
 * of reading is kept (files); without, it goes on at once, and the command is let through just before its reply (live).
 * NULL when out of memory.
 */
struct cli_gate *cli_gate_new(struct vfu_filter *filter, bool keep_order,
                              void (*pass)(void *context, const struct vfu_event *event), void *context);
void cli_gate_event(struct cli_gate *g, const struct vfu_event *event);
/* Nothing more comes for now: what waits only for the sake of the order goes on. */
void cli_gate_idle(struct cli_gate *g);
/* Nothing more comes at all: what is undecided is decided as it stands. */
void cli_gate_end(struct cli_gate *g);
void cli_gate_free(struct cli_gate *g);

#endif
