/*
 * vfuscope fuzz: odd messages, in states where they mean something. What a connection says is decided before it begins, by the
 * seed, the connection's number and what the device is: never by time, nor by what comes back. From the ground up: random <
 * device, edges < make < plan (a connection's messages) < run (says them) < watch (what becomes of the server) < small (which of
 * them it takes) < odd (a
 * server that is odd), client < fuzz.
 */
#ifndef VFU_CLI_FUZZ_INSIDE_H
#define VFU_CLI_FUZZ_INSIDE_H

#include "capture/file/capfile.h"
#include "capture/process.h"
#include "cli/check/check.h"
#include "decoder/session/session.h"
#include "decoder/wire/encode.h"

/* --- random.c: numbers that a seed repeats --- */

struct fuzz_random {
    uint64_t state;
};
/* Those of the n-th thing (a connection, a reply) of a seed. */
struct fuzz_random fuzz_random(uint64_t seed, uint64_t n);
uint64_t fuzz_next(struct fuzz_random *r);
/* From 0 to below - 1; of 0 it is 0. */
uint64_t fuzz_below(struct fuzz_random *r, uint64_t below);
static inline bool fuzz_one_in(struct fuzz_random *r, unsigned n) { return fuzz_below(r, n) == 0; }

/* --- device.c: what the device is --- */

struct fuzz_device {
    unsigned num_regions, num_irqs; /* that are known, VFU_MAX_KNOWN_... at most */
    struct fuzz_region {
        uint32_t flags;
        uint64_t size;
    } regions[VFU_MAX_KNOWN_REGIONS];
    struct fuzz_irq {
        uint32_t flags, count;
    } irqs[VFU_MAX_KNOWN_IRQS];
    uint64_t max_xfer, page; /* agreed */
    bool migrates;
};

/* Ask it, on a connection of its own. False: it does not answer. */
bool fuzz_learn(struct check *c, struct fuzz_device *d);

/* --- edges.c: numbers at their edges --- */

/* What was said so far, as if all of it had been taken. */
enum { FUZZ_MAPS = 16 };
struct fuzz_state {
    const struct fuzz_device *device; /* NULL: none, what is changed is the server's */
    struct fuzz_random random;
    struct fuzz_map {
        uint64_t address, size;
    } maps[FUZZ_MAPS];
    unsigned map_count;
    uint64_t next_address;
    unsigned migration; /* enum vfu_device_state */
    uint16_t id;
};

/* A message's bytes as an event, to be decoded or built upon; it points to them. */
struct vfu_event fuzz_event(const uint8_t *bytes, size_t size);
/* For a field that is `was`, so wide. */
uint64_t fuzz_edge(struct fuzz_state *s, uint64_t was, unsigned width);
/* A field of the payload, which is finished, becomes such a number, whichever it is. False: there is none. */
bool fuzz_mutate(struct fuzz_state *s, struct vfu_build *b);
/* Likewise of the header, but for its size. */
void fuzz_mutate_header(struct fuzz_state *s, struct vfu_build *b);
/* The payload gets longer or shorter; the header says so. */
void fuzz_resize(struct fuzz_state *s, struct vfu_build *b);
/* The header says something else than there is: nobody knows where the next message begins. */
void fuzz_lie(struct fuzz_state *s, struct vfu_build *b);

/* --- make.c: right messages --- */

enum fuzz_fd { FUZZ_MEMFD, FUZZ_EVENTFD, FUZZ_EMPTY, FUZZ_SOCKET, FUZZ_PIPE, FUZZ_FDS };
struct fuzz_fds {
    enum fuzz_fd kind;
    unsigned count;
    uint64_t size; /* of memory */
};

/* A command as a client would send it now, not finished. The state goes on with it. False: out of memory. */
bool fuzz_make(struct fuzz_state *s, unsigned command, struct vfu_build *b, struct fuzz_fds *fds);
/* The device is to go to this state of migration. */
bool fuzz_make_state(struct fuzz_state *s, unsigned state, struct vfu_build *b);

/* --- plan.c: what a connection says --- */

struct fuzz_step {
    uint8_t *bytes;
    size_t size;
    struct fuzz_fds fds;
    size_t split; /* so many bytes go out first; 0: all of them */
    bool waits;   /* for its reply */
    bool leaves;  /* behind it the connection is closed, without waiting for anything */
};
struct fuzz_list {
    uint64_t conn; /* from 1 */
    struct fuzz_step *steps;
    unsigned count;
    size_t room;
};

/* False: out of memory. */
bool fuzz_plan(const struct fuzz_device *d, uint64_t seed, uint64_t conn, struct fuzz_list *list);
void fuzz_list_free(struct fuzz_list *list);

/* --- output.c, watch.c: what becomes of the server --- */

enum fuzz_kind { FUZZ_NOTHING, FUZZ_CRASH, FUZZ_SANITIZER, FUZZ_EXIT, FUZZ_GONE, FUZZ_HANG, FUZZ_DESCRIPTORS, FUZZ_MEMORY };
enum { FUZZ_OUTPUT = 4096, FUZZ_STATUSES = 8 };
struct fuzz_finding {
    enum fuzz_kind kind;
    int status; /* waitpid's, of one that ended */
    char text[CHECK_LINE];
};

/* What the command writes, in a file of ours, so that it never waits for us. */
struct fuzz_output {
    int fd;          /* -1: there is none */
    uint64_t read;   /* up to here it was looked at */
    char last[FUZZ_OUTPUT + 1]; /* the last of it */
    size_t used;
    bool report;     /* a sanitizer's line is in what came since this was cleared */
    char line[CHECK_LINE]; /* that */
};
bool fuzz_output_open(struct fuzz_output *o);
/* Look at what came. */
void fuzz_output_read(struct fuzz_output *o);
void fuzz_output_close(struct fuzz_output *o);

/* How a server behaves whose client does nothing wrong but leave. */
struct fuzz_usual {
    bool learning;                /* that is under way */
    bool ends;                    /* with its client */
    int statuses[FUZZ_STATUSES];  /* waitpid's, of its ends */
    unsigned status_count;
    bool reports;                 /* a sanitizer's, too */
    uint64_t answers_ns;          /* the slowest */
    uint64_t fds, memory;         /* while one is connected, at most */
};

struct fuzz {
    struct check check; /* the server, and the connection to it */
    struct fuzz_device device;
    struct fuzz_output output;
    struct fuzz_usual usual;
    uint64_t seed;
    unsigned hang_ms;
    uint64_t memory_limit; /* bytes more than usual */
    struct fuzz_random answers; /* to what the server asks, on this connection */
    struct vfu_capwriter *capture; /* NULL: nothing is kept */
    struct vfu_error capture_error;
    uint64_t said, closed; /* messages, and connections that the server closed */
    struct vfu_process server;   /* who listened where the last connection was made; pid 0: it can't be seen */
    bool ended;                  /* the command has, and was not started anew */
    int status;                  /* waitpid's */
    struct vfu_error how;        /* it ended, in words */
    uint64_t fds, memory; /* of the server, when they were looked at last; 0: they can't be seen */
    uint64_t fds_by, memory_by; /* the connection behind which they had grown most */
    uint64_t fds_grew, memory_grew; /* so much */
};

/* --- run.c --- */

/* For so many ms. False: nobody serves, or a signal came. */
bool fuzz_connect(struct fuzz *f, int ms);
void fuzz_leave(struct fuzz *f);
/* Say it, on a connection of its own. */
void fuzz_run(struct fuzz *f, const struct fuzz_list *list);
/* What such a descriptor is. */
struct vfu_fd fuzz_about(const struct fuzz_fds *f);
/* The client's hooks: for the capture, if there is one; and what the server asks is answered, mostly. */
void fuzz_keep(void *context, const struct vfu_event *event);
void fuzz_answer(void *context, struct vfu_client *client, const struct vfu_event *event);

/* --- watch.c, again --- */

/* Bind the client to what watches it. False: out of memory. */
bool fuzz_init(struct fuzz *f);
/* Is there a server? One is started if it is ours to start. False: error says why not, or a signal came. */
bool fuzz_serve(struct fuzz *f, struct vfu_error *error);
/* End ours, whatever it does: the next one begins anew. */
void fuzz_end_server(struct fuzz *f);
/*
 * The client has left. See that the server ends well, or serves the next one. True: it does, or (NOTHING, too) a signal came.
 * hang_ms: how long it may take.
 */
bool fuzz_settle(struct fuzz *f, unsigned hang_ms, struct fuzz_finding *found);
/* Did it end so by a fault of its own? As a shell says it, too. */
bool fuzz_is_crash(int status);
/* A process's state, by its letter, and the clock ticks that it has used; 0: it can't be seen. */
char fuzz_state_of(pid_t pid, uint64_t *cpu);
/* How much it has: `fds`, `memory`. */
void fuzz_look(struct fuzz *f);
/* Learn what is usual, and what the device is. False: error says why not, or a finding: it does not stand that. */
bool fuzz_watch_usual(struct fuzz *f, struct fuzz_finding *found, struct vfu_error *error);

/* --- small.c --- */

struct fuzz_small {
    struct fuzz_list *planned; /* what was said; owned */
    unsigned planned_count;
    struct fuzz_list *lists; /* what it takes of these; the steps are copies, their bytes are not */
    unsigned count, rooms;
    unsigned messages, before; /* in them; and in those that it was found with */
    unsigned trials;
    bool again; /* it was found again */
};

/*
 * Which messages of the connections first to last does it take? A server is started for each trial. False: out of memory, or a
 * signal came.
 */
bool fuzz_make_small(struct fuzz *f, const struct fuzz_finding *wanted, uint64_t first, uint64_t last, struct fuzz_small *small);
/* The capture's first and last event. */
bool fuzz_put(struct fuzz *f, enum vfu_event_kind kind, const char *options, struct vfu_error *error);
/* Do it once more, into a capture. False: error says why not. */
bool fuzz_save(struct fuzz *f, const struct fuzz_finding *wanted, struct fuzz_small *small, const char *path, const char *options,
               struct vfu_error *error);
void fuzz_small_free(struct fuzz_small *small);

/* --- report.c --- */

struct fuzz_told {
    uint64_t seed, connections, messages;
    uint64_t connection;                /* behind which it was found; 0: none */
    const struct fuzz_finding *finding; /* NULL: nothing was found */
    const struct fuzz_small *small;     /* NULL: it was not made small */
    bool by_server;                     /* it is about what a server says */
    const char *output;                 /* the server's last words; "" */
    const char *file;                   /* NULL: nothing was saved */
    const char *replayed;               /* how to send it again */
};
void fuzz_tell(const struct fuzz_told *t, bool json);

#endif
