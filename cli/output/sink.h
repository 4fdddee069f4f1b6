/*
 * The sinks of a run: text or NDJSON, a capture file, a trace. Each in a thread of its own behind a queue, or called
 * directly.
 */
#ifndef VFU_CLI_OUTPUT_SINK_H
#define VFU_CLI_OUTPUT_SINK_H

#include "cli/output/output.h"

struct cli_sink;

/* Open what the options ask for; `how` and the options live longer. NULL: a message was printed. */
struct cli_sink *cli_sink_text(const struct cli_args *args, const struct cli_output_how *how, bool to_stderr);
struct cli_sink *cli_sink_capture(const struct cli_args *args, const struct cli_output_how *how, const char *path,
                                  uint32_t snaplen);
struct cli_sink *cli_sink_trace(const struct cli_args *args, const struct cli_output_how *how);
/* Put it to work, once all are open. False: a message was printed. */
bool cli_sink_start(struct cli_sink *s);

/* From one thread; relative times count from `time_ns`, which is said before the first event. */
void cli_sink_begin(struct cli_sink *s, uint64_t time_ns);
void cli_sink_event(struct cli_sink *s, const struct vfu_event *event);
/* Not queued: bring it up to date. */
void cli_sink_flush(struct cli_sink *s);
/* Has it failed? The person was told. */
bool cli_sink_failed(const struct cli_sink *s);
/* Let it take what is queued; how many messages it had to leave out, which was said. */
uint64_t cli_sink_finish(struct cli_sink *s);
/* Close and free (NULL is fine); false: not all of it could be written. */
bool cli_sink_close(struct cli_sink *s);

#endif
