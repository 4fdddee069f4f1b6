/*
 * Inside cli/output: what a sink is, and what sinks and the output are made of.
 */
#ifndef VFU_CLI_OUTPUT_INSIDE_H
#define VFU_CLI_OUTPUT_INSIDE_H

#include "capture/file/outfile.h"
#include "cli/output/output.h"
#include "cli/output/ranges.h"
#include "decoder/filter/filter.h"
#include "decoder/reasons/verdict.h"
#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/writer.h"
#include "plugins/host/host.h"

#include <sys/queue.h>
#include <sys/stat.h>

/* --- sinks: rows of the table in sinks.c, and those at work, which are sink.c's --- */

/* What the sinks of a run know about it. */
struct cli_run {
    struct cli_output_how how;
    struct cli_plugins *plugins; /* NULL: none */
    struct cli_registers *registers; /* likewise */
    uint64_t first_ns; /* realtime of the first event there is, shown or not; known before a sink gets one */
    const struct vfu_doing *doing; /* what the peers do now, while `so_far` is called: doing_count of them */
    unsigned doing_count;
    atomic_bool hushed; /* nothing is shown at a terminal any more */
    bool stdout_taken; /* by a sink that has it alone */
    bool over;         /* the sinks have taken all that came; if they are closed without, nothing began */
    struct vfu_left_out left_out; /* where sinks were too slow; once it is over */
    size_t hints;      /* of the session's, that were told */
};

struct cli_sink {
    STAILQ_ENTRY(cli_sink) entry, side; /* output.c's */
    const struct cli_sink_kind *kind;
    const struct cli_run *run;
    const char *name;     /* for people: its file's; `open` may know better */
    void *own;            /* set by `parse`, for the other functions */
    size_t keep;          /* bytes of each message that it needs; 0: all */
    bool asked_for;       /* its file was named: it is to hold every message */
    bool unfiltered;      /* it gets what the filter leaves out, too */
    bool no_memory;       /* it leaves guest memory out, though its kind keeps it */
    atomic_bool *give_up; /* once set, a blocked write has to fail */
    atomic_bool own_give_up;
    struct vfu_queue *queue; /* NULL: called directly */
    bool failed, said_left_out; /* and the person was told */
    bool unread; /* it failed since who read it has left */
};

/*
 * A row of the table. A function that gets an error and returns false says why; where nobody need be told, it says
 * nothing. Events and flushes come from one thread: the sink's own, unless it collects.
 */
struct cli_sink_kind {
    const char *name;
    const struct cli_option *options; /* those that came with it: a list, may be NULL */
    const struct cli_option *file;    /* the one that says which file it writes; NULL: none */
    bool alone;    /* standard output, if that is its file, is for nothing else */
    bool memory;   /* it keeps guest memory, and gets VFU_EVENT_MEMORY */
    bool frames;   /* it shows or keeps where a capture begins and ends: VFU_EVENT_CAPTURE, VFU_EVENT_END */
    bool collects; /* it writes at the end only: quick, so that it has no queue */
    /* If the options ask for it, set s->own. False: a message was printed. Before any file is touched. */
    bool (*parse)(struct cli_sink *s, const struct cli_args *args);
    bool (*open)(struct cli_sink *s, struct vfu_error *error); /* its file; may be NULL */
    bool (*event)(void *own, const struct vfu_event *event, struct vfu_error *error);
    bool (*flush)(void *own, struct vfu_error *error); /* what was kept back goes out; may be NULL */
    bool (*end)(void *own, struct vfu_error *error); /* the last that it writes, after a run; a flush follows; may be NULL */
    bool (*close)(void *own, struct vfu_error *error); /* and free, be it open or not */
    void (*so_far)(void *own); /* tell on standard error what was collected so far; may be NULL */
    /* Would it write to the file that is read? Then a message was printed. NULL: it writes just what `file` says. */
    bool (*overwrites)(const struct cli_args *args, const char *input, const struct stat *in);
};

extern const struct cli_sink_kind *const cli_sink_kinds[]; /* the table; ends with NULL */
extern const struct cli_sink_kind cli_sink_capture, cli_sink_fail_on, cli_sink_json, cli_sink_summary, cli_sink_text,
    cli_sink_trace, cli_sink_why;

/* The verdict by now, of the sink why's own (why.c). */
enum vfu_why_status cli_why_write(void *own, bool as_json, struct vfu_writer *w);

/* Standard output is for one that has it alone, or for all others. *taken: for one. False: a message was printed. */
bool cli_sinks_share_stdout(const struct cli_args *args, bool *taken);

/* *s is NULL if the options do not ask for one. `run` and `args` live longer. False: a message was printed. */
bool cli_sink_new(const struct cli_sink_kind *kind, const struct cli_args *args, const struct cli_run *run,
                  struct cli_sink **s);
bool cli_sink_open(struct cli_sink *s);
/* Put it to work, once all are open. */
bool cli_sink_start(struct cli_sink *s);
/* From one thread, as what follows. */
void cli_sink_event(struct cli_sink *s, const struct vfu_event *event);
/* Not queued: bring it up to date. */
void cli_sink_flush(struct cli_sink *s);
/* Has it failed? The person was told. */
bool cli_sink_failed(const struct cli_sink *s);
/* Let it take what is queued; how many messages it had to leave out, which was said. */
struct vfu_left_out cli_sink_finish(struct cli_sink *s);
/* Tell what was left out, if anything was. */
void cli_say_left_out(const char *name, struct vfu_left_out left_out);
/* Close and free. FAILED: not all of it could be written, or it makes the exit status 1; UNREAD: its reader has left. */
enum cli_status cli_sink_close(struct cli_sink *s);

/* --- where sinks that format write: a file, with a buffer before it (stream.c) --- */

struct cli_stream {
    struct vfu_writer writer;
    struct vfu_outfile out;
    struct vfu_error error; /* why the writer failed */
    char buffer[64 << 10];
};

/* Begin with one that is zero. */
bool cli_stream_open(struct cli_stream *s, const char *path, enum vfu_outfile_kind kind, atomic_bool *give_up,
                     struct vfu_error *error);
/* On a standard file, which stays open; name is for people. */
void cli_stream_use(struct cli_stream *s, int fd, const char *name, atomic_bool *give_up);
/* Could everything be written so far? */
static inline bool cli_stream_good(const struct cli_stream *s, struct vfu_error *error)
{
    if (!s->writer.failed)
        return true;
    *error = s->error;
    return false;
}
bool cli_stream_flush(struct cli_stream *s, struct vfu_error *error);
/* Flush and close; one that is zero, too. */
bool cli_stream_close(struct cli_stream *s, struct vfu_error *error);

/* --- where a capture goes: a file, or a ring of them (ring.c) --- */

struct cli_ring;

struct cli_ring_how {
    const char *path;
    uint64_t size, files; /* the next one at so many bytes (0: one file without end); so many are kept */
    uint32_t snaplen;
    atomic_bool *give_up;
};

struct cli_ring *cli_ring_open(const struct cli_ring_how *how, struct vfu_error *error);
bool cli_ring_event(struct cli_ring *r, const struct vfu_event *event, struct vfu_error *error);
bool cli_ring_flush(struct cli_ring *r, struct vfu_error *error);
/* And free. */
bool cli_ring_close(struct cli_ring *r, struct vfu_error *error);
/* Is it a file that a ring of this name may write to, or remove? How many there will be nobody knows: any N counts. */
bool cli_ring_has(const char *path, const struct stat *file);

/* --- writing to the file that is read would empty it first, or never end (overwrite.c) --- */

bool cli_is_same_file(const struct stat *a, const struct stat *b);
/* Is `path`, or what "-" stands for, the input? Then a message was printed. */
bool cli_overwrites(const char *path, const struct stat *in);

/* --- the gate: lets through the events that a filter picks (gate.c) --- */

struct cli_gate;

/* How much of what the filter leaves out is shown around what it picks: messages, before and behind each. */
struct cli_context {
    unsigned before, after;
};

/* What is picked; it is freed as one. */
struct cli_pick {
    struct vfu_filter *filter; /* of messages, and without ranges of all */
    struct cli_ranges *ranges; /* NULL: none; they live longer */
    struct vfu_filter *others; /* with ranges: of what is no message, and lies in one; NULL: all of that */
    uint64_t most;             /* so many messages of it, with their replies; 0: all */
};

void cli_pick_free(struct cli_pick *pick);

/*
 * The pick becomes the gate's. With keep_order what comes behind an undecided command waits for it, so that the order
 * of reading is kept (files); without, it goes on at once, and the command is let through just before its reply (live).
 * NULL when out of memory.
 */
struct cli_gate *cli_gate_new(const struct cli_pick *pick, bool keep_order, struct cli_context context_of,
                              void (*pass)(void *context, const struct vfu_event *event), void *context);
/* Times count from this one on, whatever comes before it; else from the first event's. */
void cli_gate_begin(struct cli_gate *g, uint64_t wall_ns);
void cli_gate_event(struct cli_gate *g, const struct vfu_event *event);
/* Nothing more comes for now: what waits only for the sake of the order goes on. */
void cli_gate_idle(struct cli_gate *g);
/* Nothing more comes at all: what is undecided is decided as it stands. */
void cli_gate_end(struct cli_gate *g);
/* Were as many messages picked as are wanted, and has all come that is shown with them? From any thread. */
bool cli_gate_done(const struct cli_gate *g);
void cli_gate_free(struct cli_gate *g);

/* --- what options say, if they are given; false: a message was printed (style.c) --- */

enum cli_when { CLI_AUTO, CLI_ALWAYS, CLI_NEVER };
bool cli_parse_colour(const struct cli_args *args, enum cli_when *when);
/* Is output to `fd` to be coloured then? */
bool cli_is_coloured(enum cli_when when, int fd);
/* The filter that this option is; *filter is NULL if it was not given. */
bool cli_parse_filter(const struct cli_args *args, const char *option, struct vfu_filter **filter);
/*
 * What is picked of all there is, by --filter, --since and --until, and by `ranges` (NULL: none); pick->filter is NULL if nothing is
 * left out. And -A, -B, -C (pick.c).
 */
bool cli_parse_pick(const struct cli_args *args, struct cli_ranges *ranges, struct cli_pick *pick);
bool cli_parse_context(const struct cli_args *args, struct cli_context *context);

/* --- hints of connections that have ended, told on standard error, each once (hints.c) --- */

void cli_hints_say(struct cli_run *run);

/* --- maps of registers: each event gets its names, and goes to plugins then (registers.c) --- */

struct cli_maps;
struct cli_registers;

/* Both live longer; session may be NULL. NULL when out of memory. */
struct cli_registers *cli_registers_new(const struct cli_maps *maps, const struct vfu_session *session);
void cli_registers_free(struct cli_registers *r);
/* The event, or a copy that says more; good until the next call. From the thread that has the session, at once. */
const struct vfu_event *cli_registers_event(struct cli_registers *r, const struct vfu_event *event);

/* --- plugins: each event goes to them then (plugins.c) --- */

struct cli_plugins;

/*
 * Start the process of those that the options ask for; *p is NULL if that is none. Events go on to `take`. Before any
 * thread. False: a message was printed.
 */
bool cli_plugins_open(const struct cli_args *args, const struct cli_output_how *how,
                      void (*take)(void *context, const struct vfu_event *event), void *context,
                      struct cli_plugins **p);
/* The thread, if how->queued. False: a message was printed. */
bool cli_plugins_start(struct cli_plugins *p, const struct cli_output_how *how);
void cli_plugins_event(struct cli_plugins *p, const struct vfu_event *event);
/* See vfu_plugins_fd. */
void cli_plugins_fd(struct cli_plugins *p, uint64_t no, int fd);
/* Wait until they have looked at all events, and have let go of what these end; for a while only. */
void cli_plugins_settle(struct cli_plugins *p);
/* As cli_output_look and the rest of these. */
unsigned cli_plugins_look(struct cli_plugins *p, uint32_t conn);
uint64_t cli_plugins_mark(const struct cli_plugins *p);
uint64_t cli_plugins_looked(const struct cli_plugins *p);
int cli_plugins_moved_fd(const struct cli_plugins *p);
int cli_plugins_looked_fd(const struct cli_plugins *p);
/* Not queued: hand on all there are. */
void cli_plugins_flush(struct cli_plugins *p);
/* Nothing more comes: hand on all there are; how many messages they were too slow for, which was said. */
struct vfu_left_out cli_plugins_finish(struct cli_plugins *p);
unsigned cli_plugins_cost(const struct cli_plugins *p, struct vfu_summary_plugin *list, unsigned room);
void cli_plugins_close(struct cli_plugins *p);

#endif
