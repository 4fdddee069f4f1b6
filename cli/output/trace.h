/*
 * --trace FILE: the file of a trace viewer, as a sink.
 */
#ifndef VFU_CLI_OUTPUT_TRACE_H
#define VFU_CLI_OUTPUT_TRACE_H

#include "decoder/wire/error.h"
#include "decoder/wire/event.h"

#include <stdatomic.h>

struct cli_trace;

/* give_up: see capture/outfile.h. NULL: error says why. */
struct cli_trace *cli_trace_open(const char *path, atomic_bool *give_up, struct vfu_error *error);
/* False: it could not be written; error says why. */
bool cli_trace_event(struct cli_trace *t, const struct vfu_event *event, struct vfu_error *error);
bool cli_trace_flush(struct cli_trace *t, struct vfu_error *error);
/* Ends the file, and frees. */
bool cli_trace_close(struct cli_trace *t, struct vfu_error *error);

#endif
