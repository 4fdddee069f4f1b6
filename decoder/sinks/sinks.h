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

/* What is remembered of the exchange whose line is not ended. */
struct vfu_text_half {
    uint64_t no;     /* of its command; 0: there is none */
    uint32_t conn;   /* its */
    unsigned column; /* where the line goes on, counted as if its time and number took no more room than they mostly do */
    unsigned shift;  /* columns that they take more: a date, a long name of a file */
    bool held;       /* nothing of it was written: it may be one more of the same poll */
    bool named;      /* the registers that it is about */
    uint64_t wall_ns; /* of its command */
    size_t below;    /* bytes of what is to stand below it */
    char room[4096]; /* these */
};

/* Reads of one place that bring the same value, with nothing between. */
struct vfu_text_poll {
    uint64_t times;           /* how often it came; 0: there is none */
    uint64_t unsaid;          /* of these: not shown yet */
    uint64_t first_ns, last_ns, said_ns;
    uint64_t region, offset, count;
    uint64_t no, latency_ns; /* of the last one */
    uint32_t conn;
    const char *file;         /* the event's */
    uint8_t data[8];
    char value[20];           /* as it is shown */
    struct vfu_register_at registers[VFU_REGISTERS_NAMED]; /* that it reads: register_count of them */
    unsigned register_count;
};

/* Latencies so far, in buckets of a quarter of a power of two. */
struct vfu_text_slow {
    uint32_t count, counts[256];
    uint64_t limit; /* what one in a hundred takes longer than; 0: not known yet */
};

/* What the person asked for, and what the text sink remembers between events. Zero is a good start. */
struct vfu_text {
    enum vfu_time_format time_format;
    bool tree;  /* -v: the field tree below each line */
    bool hex;   /* -x: payloads whole, in hex */
    bool colour;
    unsigned file_width; /* of several files: columns of the longest name; 0: there are no several */
    bool pairs;     /* a line a command with its reply */
    bool fold;      /* with pairs: polls, too */
    bool bare;      /* with pairs: without times, numbers and latencies */
    unsigned width; /* with pairs: columns a line may have; 0: any number */
    bool started;
    uint64_t first_ns, last_ns; /* times of the first and the last event: realtime */
    struct vfu_text_half half;
    struct vfu_text_poll poll;
    struct vfu_text_slow slow;
};

/* One line (and more with tree or hex) for an event, each ended by a newline. */
void vfu_text_event(struct vfu_text *text, const struct vfu_event *event, struct vfu_writer *w);
/* What its line and those below it say, without the time: for who looks for a word. */
void vfu_text_words(const struct vfu_event *event, struct vfu_writer *w);
/* Of a message's line only what stands behind command and id, with blanks before it: fields, an error, descriptors, what is odd. */
void vfu_text_said(const struct vfu_event *event, struct vfu_writer *w);
/* The lines below it, indented: reasons, problems, notes. */
void vfu_text_below(const struct vfu_event *event, struct vfu_writer *w);
/* Every field of a message on a line of its own, then the registers that it accesses, then bytes beyond. */
void vfu_text_fields(const struct vfu_event *event, struct vfu_writer *w);
/* With pairs: nothing more comes, or for a while: end the line, and say what was folded. */
void vfu_text_end(struct vfu_text *text, struct vfu_writer *w);
/* Only the field tree: every field on a line of its own. */
void vfu_text_tree(struct vfu_writer *w, const struct vfu_value *values, unsigned count, unsigned indent);
/* 16 bytes a line: offset, hex, characters. */
void vfu_text_hexdump(struct vfu_writer *w, const uint8_t *bytes, size_t size, unsigned indent, uint64_t offset);
/* readable|writeable|0x40; "0" when none is set */
void vfu_text_flags(struct vfu_writer *w, uint64_t bits, const struct vfu_name *names);

/* --- differences (difference.c) --- */

struct vfu_exchange;
struct vfu_differing;

/* An exchange on one line, without time, number, latency and newline. */
void vfu_text_exchange(struct vfu_writer *w, const struct vfu_exchange *x, bool colour);
/* What two of them that are about the same place do not have in common: where, then "0x00 -> 0x80", "flags a -> b", ... */
void vfu_text_change(struct vfu_writer *w, const struct vfu_exchange *a, const struct vfu_exchange *b,
                     const struct vfu_differing *list, unsigned count, bool colour);
/* Only its command: "REGION_READ" */
void vfu_text_command(struct vfu_writer *w, const struct vfu_exchange *x);
/* Only where: "r  bar0+0x20.l", "DEVICE_GET_REGION_INFO bar0", "DMA_MAP" */
void vfu_text_where(struct vfu_writer *w, const struct vfu_exchange *x);
/*
 * The same as a line of a hunk: "!#12/#14  r  bar0+0x20.l  0x00 -> 0x80". What only one has, whose other is NULL: "-#12  ...",
 * "+#14  ..."; what is the same in both: " #12/#14  ...". Numbers take `width` columns. Without the newline, so that more may
 * be said.
 */
void vfu_text_difference(struct vfu_writer *w, const struct vfu_exchange *a, const struct vfu_exchange *b,
                         const struct vfu_differing *list, unsigned count, unsigned width, bool colour);
/* Members of an object: ,"from":"client","command":"REGION_READ","command_number":9 */
void vfu_json_command(struct vfu_writer *w, const struct vfu_exchange *x);
/* These, and ,"region":0,"offset":"0x20","register":"edu.status" */
void vfu_json_place(struct vfu_writer *w, const struct vfu_exchange *x);
/* ,"fields":["data"],"a":{"no":12,"reply_no":13,"data":"00"},"b":{...} */
void vfu_json_change(struct vfu_writer *w, const struct vfu_exchange *a, const struct vfu_exchange *b,
                     const struct vfu_differing *list, unsigned count);
/* {"no":12,"reply_no":13,"text":"r bar0+0x20.l 0x80"} */
void vfu_json_exchange(struct vfu_writer *w, const struct vfu_exchange *x);

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
/* What the peers do now; the caller's, until the summary is written or told otherwise. */
void vfu_summary_doing(struct vfu_summary *s, const struct vfu_doing *list, unsigned count);
/* How its text looks. */
struct vfu_summary_look {
    unsigned width; /* columns that a line may have; 0: tables have 80, sentences are not wrapped */
    bool colour;
    bool blocks;    /* bars are made of block elements, in UTF-8; else of # */
    bool unchecked; /* rules are ignored: nothing is said of there being none that was broken */
};
/* session may be NULL; it says what is outstanding. dropped: what sinks left out. */
void vfu_summary_text(const struct vfu_summary *s, const struct vfu_session *session, struct vfu_left_out dropped,
                      const struct vfu_summary_look *look, struct vfu_writer *w);
void vfu_summary_json(const struct vfu_summary *s, const struct vfu_session *session, struct vfu_left_out dropped,
                      struct vfu_writer *w);

/* --- why: the verdict (decoder/reasons/verdict.h), as one page of text or one JSON object and a newline --- */

struct vfu_why;
void vfu_why_text(const struct vfu_why *verdict, struct vfu_writer *w);
void vfu_why_json(const struct vfu_why *verdict, struct vfu_writer *w);

/* The lines of its page, for who shows it otherwise; not wrapped, not escaped: vfu_write_printable is for that. */
enum vfu_why_line {
    VFU_WHY_TEXT,
    VFU_WHY_HEADING, /* of the items that follow */
    VFU_WHY_ITEM,
    VFU_WHY_BELOW,   /* more about the item before it */
    VFU_WHY_MORE,    /* the last: which names `explain` knows */
};
struct vfu_why_taker {
    void (*take)(void *context, enum vfu_why_line kind, const char *text);
    void *context;
};
void vfu_why_lines(const struct vfu_why *verdict, const struct vfu_why_taker *to);

#endif
