/*
 * The output options that tap and decode share, and the sinks that they set up.
 */
#ifndef VFU_CLI_OUTPUT_OUTPUT_H
#define VFU_CLI_OUTPUT_OUTPUT_H

#include "cli/cli.h"
#include "decoder/reasons/verdict.h"
#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"

#include <stdatomic.h>

/* The options, one by one; NULL: there are no more. */
const struct cli_option *cli_output_option(size_t i);
/* Would it be written to the file `input` ("-": standard input), which is to be read? Then a message was printed. */
bool cli_output_overwrites(const struct cli_args *args, const char *input);

/* How long a command may wait for its reply by --overdue, in nanoseconds; 1 s without, 0: ever. False: a message was printed. */
bool cli_parse_overdue(const struct cli_args *args, uint64_t *ns);

/* The times that -t asks for, as text has them. False: a message was printed. */
bool cli_parse_time(const struct cli_args *args, enum vfu_time_format *format);

/* Are standard output's lines to be coloured, by --color and NO_COLOR? False: a message was printed. */
bool cli_wants_colour(const struct cli_args *args, bool *coloured);

struct cli_output;
struct cli_ranges;

struct cli_output_how {
    struct vfu_session *session; /* that makes the events; lives longer */
    bool queued;   /* each sink in a thread of its own, behind a queue */
    bool lossless; /* a full queue makes the caller wait */
    bool (*interrupted)(void); /* queued: asked while waiting whether to stop that; may be NULL */
    atomic_bool *give_up;      /* not queued: set, a blocked write fails; may be NULL */
    const char *file;          /* of several captures, which are judged one by one: this one's name; NULL: there is one */
    unsigned file_width;       /* of several captures: the columns of the longest name; 0: there is one, or it is no capture */
    struct cli_ranges *ranges; /* pick, beside what options do; they live longer; NULL: none */
    bool sums;                 /* keep a summary for cli_output_so_far, whether -c was given or not; and the verdict */
    bool screen;               /* standard output is a full screen's: messages go there no more */
    bool only_why;             /* the verdict is all that is wanted: no other sink */
    /* In place of any sink, of what plugins have looked at: all events, whatever options pick. May be NULL. */
    void (*take)(void *context, const struct vfu_event *event);
    /* And of these, what options pick. May be NULL. */
    void (*take_picked)(void *context, const struct vfu_event *event);
    void *take_context;
    /* Beside the sinks: the same, from one thread, which it must not keep. May be NULL. */
    void (*watch)(void *context, const struct vfu_event *event);
    void *watch_context;
    bool keeps_memory;         /* whoever carries the messages keeps back descriptors of memory: no wonder at what follows */
    uint64_t clock_ns;         /* live: so often plugins look at what no message tells of; 0: never */
    bool waited_for;           /* live: interrupts wait until plugins have looked at what they are about */
    bool live;                 /* plugins reach guest memory, through cli_output_map_fd */
    /*
     * All files are open and the plugins' process runs, no thread does yet: the time to give privileges up. False: a message was
     * printed, it is not to go on. May be NULL.
     */
    bool (*opened)(void *context);
    void *context;
    void (*enough)(void);      /* as many messages were picked as --count says; called once, from any thread; may be NULL */
};

/* Open what the options ask for. NULL: a message was printed; exit with CLI_USAGE. */
struct cli_output *cli_output_open(const struct cli_args *args, const struct cli_output_how *how);
/* Times count from this one on, realtime, whatever comes before it. Before the first event. */
void cli_output_begin(struct cli_output *o, uint64_t wall_ns);
/* Hand an event to the sinks. */
void cli_output_event(struct cli_output *o, const struct vfu_event *event);
/*
 * Hand on what a capture holds, a message or an event, as the session makes it, and who a peer looks like by then. notes: those of
 * the capture too.
 */
void cli_output_recorded(struct cli_output *o, struct vfu_session *session, bool is_message, const struct vfu_event *read,
                         bool notes);
/* The same events, to whoever takes them. */
void cli_recorded(struct vfu_session *session, bool is_message, const struct vfu_event *read, bool notes,
                  void (*take)(void *context, const struct vfu_event *event), void *context);
struct vfu_capreader;
/* Tell of events in it that are no damage, and could not be read. */
void cli_say_unread(const struct vfu_capreader *reader, const char *path);
/* The descriptor of message no's DMA_MAP, just before its event; it becomes the output's. */
void cli_output_map_fd(struct cli_output *o, uint64_t no, int fd);
/* The plugins are to have looked at all events, and let go of the descriptors that these end: soon, or it is not waited for. */
void cli_output_settle(struct cli_output *o);
/* With how.waited_for and how.clock_ns, for vfu_tap_look: the eventfds; -1: there is no plugin for it. */
int cli_output_looked_fd(const struct cli_output *o);
int cli_output_moved_fd(const struct cli_output *o);
unsigned cli_output_look(struct cli_output *o, uint32_t conn);
uint64_t cli_output_mark(const struct cli_output *o);
uint64_t cli_output_looked(const struct cli_output *o);
/* Are there plugins that may ask for it? */
bool cli_output_has_plugins(const struct cli_output *o);
/* Do maps name registers? */
bool cli_output_has_registers(const struct cli_output *o);
/* What `why` says by now: how bad it is. With how.sums or how.only_why. */
enum vfu_why_status cli_output_why(struct cli_output *o, bool as_json, struct vfu_writer *w);
/* Print what was summed up so far, and why, and what the peers do now, on standard error. */
void cli_output_so_far(struct cli_output *o, const struct vfu_doing *doing, unsigned doing_count);
/* Not queued: nothing more comes: plugins and filters hand on what they keep back. */
void cli_output_end(struct cli_output *o);
/* From now on messages are not shown on standard output, where that is a terminal; files go on, and what sums up. From any thread. */
void cli_output_hush(struct cli_output *o);
/* Not queued: bring the output up to date. */
void cli_output_flush(struct cli_output *o);
/* Has an output failed, or (all) every one of them? */
bool cli_output_failed(const struct cli_output *o, bool all);
/* --count: has the last message been handed over? */
bool cli_output_count_reached(const struct cli_output *o);
/* After how many messages whoever carries them is to end; 0: never, or how.enough says when. */
uint64_t cli_output_count(const struct cli_output *o);
/* Tell on standard error what a person should know about its files. */
void cli_output_warn(const struct cli_output *o);
/*
 * Let the sinks finish, and free. CLI_FAILED if anything could not be written, or a rule was broken that --fail-on is
 * about; CLI_UNREAD if all was for readers who left (of live traffic: then all is well, and it was said).
 */
enum cli_status cli_output_close(struct cli_output *o);

#endif
