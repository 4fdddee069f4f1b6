/*
 * How events look: each sink formats them into a writer. What a capture file looks like is capture/file's.
 */
#ifndef VFU_DECODER_SINKS_SINKS_H
#define VFU_DECODER_SINKS_SINKS_H

#include "decoder/wire/decode.h"
#include "decoder/wire/event.h"
#include "decoder/wire/writer.h"

/* --- text --- */

enum vfu_time_format { VFU_TIME_RELATIVE, VFU_TIME_ABSOLUTE, VFU_TIME_DELTA };

/* What the person asked for, and what the text sink remembers between events. Zero is a good start. */
struct vfu_text {
    enum vfu_time_format time_format;
    bool tree;  /* -v: the field tree below each line */
    bool hex;   /* -x: payloads whole, in hex */
    bool colour;
    bool started;
    uint64_t first_ns, last_ns; /* times of the first and the last event: realtime */
};

/* One line (and more with tree or hex) for an event, each ended by a newline. */
void vfu_text_event(struct vfu_text *text, const struct vfu_event *event, struct vfu_writer *w);
/* Only the field tree: every field on a line of its own. */
void vfu_text_tree(struct vfu_writer *w, const struct vfu_value *values, unsigned count, unsigned indent);
/* 16 bytes a line: offset, hex, characters. */
void vfu_text_hexdump(struct vfu_writer *w, const uint8_t *bytes, size_t size, unsigned indent, uint64_t offset);
/* readable|writeable|0x40; "0" when none is set */
void vfu_text_flags(struct vfu_writer *w, uint64_t bits, const struct vfu_name *names);

/* --- JSON --- */

struct vfu_json {
    bool hex; /* -x: data whole, not cut to 64 bytes */
};

/* One NDJSON object and a newline. */
void vfu_json_event(const struct vfu_json *json, const struct vfu_event *event, struct vfu_writer *w);
/* Only the message's payload, as the object that stands at "payload". */
void vfu_json_payload(const struct vfu_json *json, const struct vfu_event *event, struct vfu_writer *w);
/* Only the members of a command's outcome that the shell needs: "error":{...}. */
void vfu_json_error(uint32_t error, struct vfu_writer *w);
/* ,"because":[{"reason":...}]; nothing where there are none. */
void vfu_json_because(const struct vfu_because *because, unsigned count, struct vfu_writer *w);

/*
 * --- trace: Chrome's trace event format (JSON), which Perfetto and chrome://tracing show. A process a connection;
 * tracks for the client's commands, the server's, ioeventfds, interrupts; a slice from each command to its reply. ---
 */

struct vfu_trace;

/* NULL when out of memory. */
struct vfu_trace *vfu_trace_new(void);
void vfu_trace_free(struct vfu_trace *t);
/* Add an event. What is written is a JSON array that only vfu_trace_end closes. */
void vfu_trace_event(struct vfu_trace *t, const struct vfu_event *event, struct vfu_writer *w);
/* Close what is open, and the array. */
void vfu_trace_end(struct vfu_trace *t, struct vfu_writer *w);

/* --- summary: counts per command, for -c. A fixed size, whatever the traffic. --- */

struct vfu_summary;
struct vfu_session;

struct vfu_summary *vfu_summary_new(void); /* NULL when out of memory */
void vfu_summary_free(struct vfu_summary *s);
void vfu_summary_event(struct vfu_summary *s, const struct vfu_event *event);
/* It is this late (monotonic): what waits has waited until now, not only until the last event. */
void vfu_summary_at(struct vfu_summary *s, uint64_t mono_ns);
/* What plugins cost so far; replaces what was told before. The names must stay. */
struct vfu_summary_plugin {
    const char *name;
    uint64_t calls, ns, notes;
};
void vfu_summary_plugins(struct vfu_summary *s, const struct vfu_summary_plugin *plugins, unsigned count);
/* session may be NULL; it says what is outstanding. dropped: what sinks left out. */
/* What the peers do now; the caller's, until the summary is written or told otherwise. */
void vfu_summary_doing(struct vfu_summary *s, const struct vfu_doing *list, unsigned count);
void vfu_summary_text(const struct vfu_summary *s, const struct vfu_session *session, struct vfu_left_out dropped,
                      struct vfu_writer *w);
void vfu_summary_json(const struct vfu_summary *s, const struct vfu_session *session, struct vfu_left_out dropped,
                      struct vfu_writer *w);

/* --- why: the verdict (decoder/reasons/verdict.h), as one page of text or one JSON object and a newline --- */

struct vfu_why;
void vfu_why_text(const struct vfu_why *verdict, struct vfu_writer *w);
void vfu_why_json(const struct vfu_why *verdict, struct vfu_writer *w);

#endif
