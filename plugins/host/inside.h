/*
 * Inside the host. From the ground up, each file calls only those below it:
 *
 *     say        what people are told
 *     search     which plugins there are
 *     start      their process, at one of its jobs
 *     events     what plugins are asked about an event; answers: what came back; recorded: what a capture's notes add
 *     tables     what plugins have for the shell, as it came back
 *     rows       the misfits and reasons that they may say, likewise
 *     names      the registers that they name, and where a device has them
 *     said       what they said of an event, beside what it has
 *     fds        descriptors that wait for their event; watch: the process that looks at events
 *     plugins    events on their way through it; registers: what plugins name; command: one of theirs, while it runs
 *
 * All of them lie above plugins/host/process, which is what the process itself runs.
 */
#ifndef VFU_PLUGINS_HOST_INSIDE_H
#define VFU_PLUGINS_HOST_INSIDE_H

#include "capture/file/capfile.h"
#include "decoder/registers/registers.h"
#include "plugins/host/host.h"
#include "plugins/host/process/process.h"

#include <pthread.h>
#include <sys/queue.h>
#include <sys/types.h>

/* --- say --- */

/* A line for people, printf's format. Always false, so that `return plugin_say(...)` reads well. */
__attribute__((format(printf, 2, 3))) bool plugin_say(const struct vfu_plugins_how *how, const char *format, ...);

/* --- search --- */

/* Which files are asked for. False: it was said what is wrong. */
bool plugin_search(const struct vfu_plugins_how *how, struct plugin_wanted *wanted);

/* --- start --- */

/* How long it may take to load them, in milliseconds: ten seconds, or as long as a call may take. */
int plugin_load_ms(void);

/* Memory to share with the process, zeroed, and its descriptor; NULL: errno says why. */
void *plugin_memory(size_t size, int *fd);
/* Any of it may be missing. */
void plugin_memory_free(void *at, size_t size, int fd);

/*
 * Start the plugins' process at a job, with that memory or -1, and the eventfd that its clock signals, or -1. False: error says why. Nothing of ours may block on its
 * socket.
 */
bool plugin_start(struct plugin_job *job, int memory, int moved, struct vfu_plugin_child *child, struct vfu_error *error);
void plugin_child_signal(const struct vfu_plugin_child *c, int signal);
/*
 * Nothing more is told it, and it should end within so many ms (0: at once), or is killed. Did it end by itself? Then
 * *status is waitpid's. Where there is no process nothing happens.
 */
bool plugin_child_reap(struct vfu_plugin_child *c, int ms, int *status);

/* --- events --- */

/* The questions that an event gives rise to, one after the other, with ask->data_size bytes. */
typedef void plugin_asker(void *context, const struct plugin_ask *ask, const uint8_t *data);
/* after_gap: there were others before it, which were left out. */
void plugin_events(const struct vfu_event *event, bool after_gap, plugin_asker *ask, void *context);

/* --- recorded --- */

/* Starts zeroed. */
enum { PLUGIN_SPEAKS = 16, PLUGIN_OPENED = 64 };
struct plugin_recorded {
    struct {
        uint32_t conn, plugins; /* those that have its device: a bit each, by their numbers in what was loaded */
    } opened[PLUGIN_OPENED];
    unsigned next_opened;
    char names[PLUGIN_MAX][sizeof ((struct vfu_note *)0)->plugin]; /* of plugins that have notes in the capture */
    unsigned count;
    uint32_t speaks[PLUGIN_MAX][PLUGIN_SPEAKS]; /* each one: the connections of which it last said something now */
    unsigned next[PLUGIN_MAX];
};

/*
 * Make one list of an event's recorded notes and of what plugins say now (count of them in `notes`, which has `room`);
 * how many there are. Where the capture lacks what came before, a plugin that was there when it was written knew more
 * then than it does now; else what it says now, or that it says nothing, takes the place of what it said, of the whole
 * connection: another version may say it at another message, or know better.
 */
unsigned plugin_recorded_add(struct plugin_recorded *r, const struct plugin_hello *hello, const struct vfu_event *event,
                             struct vfu_note *notes, unsigned count, unsigned room);
/* Likewise of requests. */
unsigned plugin_recorded_requests(struct plugin_recorded *r, const struct plugin_hello *hello, const struct vfu_event *event,
                                  struct vfu_request *requests, unsigned count, unsigned room);
/* From now on these have the connection's device. */
void plugin_recorded_open(struct plugin_recorded *r, uint32_t conn, uint32_t plugins);

/* --- tables --- */

/* What a terminal can show of a word or a line, or of several lines, in its place. */
void plugin_make_printable(char *text, size_t size, bool lines);

/* A copy of what the process wrote for the shell; false: it can't be true. */
bool plugin_tables_copy(struct vfu_plugin_tables *to, const struct vfu_plugin_tables *claim, const struct plugin_wanted *wanted);

/* --- rows --- */

/* A misfit or a reason of a plugin's; the one that it is not is NULL. */
struct plugin_finding {
    uint32_t plugin; /* its number in what was loaded */
    enum vfp_side by;
    const struct vfu_rule *misfit;
    const struct vfu_reason *reason;
};
struct plugin_findings {
    uint32_t count;
    struct plugin_finding list[PLUGIN_ROWS];
};
/*
 * What the process says that `plugins` of them, called `names`, may say: checked, copied, and known from now on. Before any
 * thread starts. False: it can't be true.
 */
bool plugin_rows_take(struct plugin_findings *to, const struct plugin_rows *claim, unsigned plugins,
                      char names[][sizeof ((struct vfu_note *)0)->plugin]);

/* --- names --- */

/* The registers that plugins name, by the numbers that their process gives them; NULL: one that is left out. */
struct plugin_names {
    uint32_t count;
    const struct vfu_register *list[PLUGIN_REGISTERS];
};
/* What the process says: checked, and kept from now on. False: it can't be true. */
bool plugin_names_take(struct plugin_names *to, const struct plugin_registers *claim, const struct plugin_hello *hello);
/* Of a place that was checked; false: its register is left out. */
bool plugin_names_place(const struct plugin_names *names, const struct plugin_place *claim, struct vfu_register_place *place);

/* --- said: what plugins say of an event. Starts zeroed. --- */

struct plugin_said {
    struct vfu_note notes[PLUGIN_NOTES + VFU_RECORDED_NOTES];
    struct vfu_problem problems[VFU_EVENT_PROBLEMS];
    struct vfu_because because[VFU_MAX_BECAUSE];
    struct vfu_request requests[PLUGIN_REQUESTS + VFU_RECORDED_REQUESTS];
    unsigned note_count, problem_count, because_count, request_count;
};
/* Add one that is checked; `event` is what it is about. */
void plugin_said_add(struct plugin_said *s, const struct plugin_note *n, const struct plugin_hello *hello,
                     const struct plugin_findings *findings, const struct vfu_rule_settings *rules,
                     const struct vfu_event *event);
void plugin_said_request(struct plugin_said *s, const struct plugin_request *r, const struct plugin_hello *hello);
/*
 * The event gets all that was said, and keeps what it has; of what a capture has of plugins that are here, where it lacks
 * nothing, only what they say now. Good until the next plugin_said_add; nothing is said any
 * more then.
 */
void plugin_said_put(struct plugin_said *s, struct plugin_recorded *recorded, const struct plugin_hello *hello,
                     const struct plugin_findings *findings, struct vfu_event *event);

/* --- fds --- */

struct plugin_fds {
    pthread_mutex_t lock;
    STAILQ_HEAD(, plugin_fd) list; /* oldest first */
    unsigned count;
};

void plugin_fds_init(struct plugin_fds *f);
/* The descriptor of message no's DMA_MAP, which becomes the list's; closed if too many wait. From any one thread. */
void plugin_fds_put(struct plugin_fds *f, uint64_t no, int fd);
/* The descriptor of this message, or -1; those of earlier ones, which a full queue left out, are closed. */
int plugin_fds_take(struct plugin_fds *f, uint64_t no);
void plugin_fds_free(struct plugin_fds *f);

/* --- answers: each function is false where what the process says can't be true --- */

/* The process's first packet; `before`: that of an earlier one, whose plugins it must have. */
bool plugin_hello_holds(struct plugin_hello *h, const struct plugin_hello *before, const struct plugin_wanted *wanted);
/* How this plugin did: PLUGIN_RUNS, PLUGIN_HANGS, or a signal's number. */
bool plugin_how_ended(const struct plugin_shared *s, uint32_t plugin, int *how);

/* How far an order was carried out. */
struct plugin_done {
    uint32_t from, asks; /* questions from this one to below that */
    size_t answered;     /* bytes of answers to those */
};
/*
 * ended: by a process that has ended since, over the last of those questions. The answers are copied (PLUGIN_ANSWERS
 * bytes).
 */
bool plugin_done_so_far(const struct plugin_shared *s, const struct plugin_order *order, bool ended, struct plugin_done *done,
                        uint8_t *answers);

/* Starts with `at` 0; there is a next answer as long as that is below size. */
struct plugin_answers {
    const uint8_t *bytes; /* our copy */
    size_t size, at;
    uint32_t from, asks; /* answers come in the order of their questions, which are these */
    bool live;           /* guest memory is told */
    const struct plugin_hello *hello;
    const struct plugin_findings *findings;
    const struct plugin_names *names;
    size_t memory; /* told in this answer */
};
/* The next answer; its notes, its requests, its reads and its places, as many as it says, are to be taken in this order before the next. */
bool plugin_answers_next(struct plugin_answers *a, struct plugin_answer *head);
bool plugin_answers_note(struct plugin_answers *a, struct plugin_note *note);
bool plugin_answers_request(struct plugin_answers *a, struct plugin_request *r);
bool plugin_answers_read(struct plugin_answers *a, struct plugin_read *read, const uint8_t **bytes);
bool plugin_answers_place(struct plugin_answers *a, struct plugin_place *place);

/* --- watch --- */

struct plugin_process {
    struct vfu_plugin_child child; /* without a socket there will be no more notes */
    const struct vfu_plugins_how *how;
    int call_ms; /* for one call of a plugin */
    struct plugin_shared *shared;
    int memory; /* its descriptor */
    uint8_t *answers; /* those that were copied last */
    struct plugin_wanted *wanted;
    struct plugin_hello hello; /* of the first process; `ok` once it was checked */
    struct plugin_findings findings; /* likewise */
    struct plugin_names names;
    uint32_t first_conn; /* what is told of connections below means nothing to it: it is younger */
    int ended[PLUGIN_MAX]; /* how: it was said */
    bool said_open; /* that it can open files */
};

/* `wanted` becomes the process's. False: it was said why; free it all the same. */
bool plugin_process_start(struct plugin_process *p, struct plugin_wanted *wanted, const struct vfu_plugins_how *how);
/* Questions from order->from on, with their descriptors. False: it has ended. */
bool plugin_process_order(struct plugin_process *p, struct plugin_order *order, const int *fds, unsigned count);
/*
 * Wait until the order is carried out as far as it goes; p->answers has the answers then. False: the process ended over
 * the last of those questions, which was said; p->child.socket says if there is another one now.
 */
bool plugin_process_wait(struct plugin_process *p, const struct plugin_order *order, struct plugin_done *done);
/* What it says can't be true: end it, and say so. */
void plugin_process_stop(struct plugin_process *p, const char *what);
void plugin_process_free(struct plugin_process *p);

#endif
