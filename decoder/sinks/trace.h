/*
 * The trace sink: Chrome's trace event format (JSON), which Perfetto and chrome://tracing show. A process a connection;
 * tracks for the client's commands, the server's, ioeventfds and interrupts; a slice from each command to its reply.
 */
#ifndef VFU_DECODER_SINKS_TRACE_H
#define VFU_DECODER_SINKS_TRACE_H

#include "decoder/wire/event.h"
#include "decoder/wire/writer.h"

struct vfu_trace;

/* NULL when out of memory. */
struct vfu_trace *vfu_trace_new(void);
void vfu_trace_free(struct vfu_trace *t);
/* Add an event. What is written is a JSON array that only vfu_trace_end closes. */
void vfu_trace_event(struct vfu_trace *t, const struct vfu_event *event, struct vfu_writer *w);
/* Close what is open, and the array. */
void vfu_trace_end(struct vfu_trace *t, struct vfu_writer *w);

#endif
