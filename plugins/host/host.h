/*
 * Plugins, from vfuscope's side: the process that runs them looks at each event, names registers, and runs the commands
 * that they add to the shell; we get on without it when it crashes or hangs.
 */
#ifndef VFU_PLUGINS_HOST_HOST_H
#define VFU_PLUGINS_HOST_HOST_H

#include "decoder/reasons/reasons.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/error.h"
#include "plugins/host/process/shell.h"

#include <stdatomic.h>
#include <sys/types.h>

struct vfu_plugins;

/* Which plugins there are to be, and who hears of them. */
struct vfu_plugins_how {
    const char *const *named; /* in this order: files (with a slash), or names of those in the folders */
    size_t named_count;
    bool only_named; /* not those in the folders */
    const struct vfu_rule_settings *rules; /* which misfits are left out; NULL: none */
    bool live;       /* a tap, whose descriptors reach guest memory */
    uint64_t clock_ns; /* live: so often plugins look whether something moved that no message told of; 0: never */
    int moved; /* with clock_ns: an eventfd, signalled when something did: an event VFU_EVENT_LOOK is due, which has them say it */
    bool waited_for; /* traffic waits for them: their process has a normal priority */
    const atomic_bool *give_up; /* once it is set they are not waited for any more; may be NULL */
    /* A line for people, from whichever thread calls. */
    void (*say)(void *context, const char *text);
    /* An event with its notes, which are good for the call; before it, what they read of guest memory for it. */
    void (*take)(void *context, const struct vfu_event *event);
    void *context;
};

/*
 * Start those that are asked for; *plugins is NULL if that is none. `how` is copied, the names are read in this call.
 * Before any thread starts. False: `say` has said why.
 */
bool vfu_plugins_open(const struct vfu_plugins_how *how, struct vfu_plugins **plugins);

/*
 * The descriptor of message no's DMA_MAP, which becomes the plugins'. Before the event comes; from any one thread. When
 * many wait already it is closed: traffic needs descriptors, too.
 */
void vfu_plugins_fd(struct vfu_plugins *p, uint64_t no, int fd);

/*
 * Have the plugins look at an event; from one thread. It is handed on in order, now or in a later call, with the notes
 * that it had (a capture's) and those that they have.
 */
void vfu_plugins_event(struct vfu_plugins *p, const struct vfu_event *event);
/* No event is ready: hand on all there are. */
void vfu_plugins_idle(struct vfu_plugins *p);

/* When does a plugin look at guest memory of this connection? As far as is known by now; from any thread. */
enum { VFU_LOOKS_AT_INTERRUPTS = 1, VFU_LOOKS_BY_CLOCK = 2 };
unsigned vfu_plugins_look(struct vfu_plugins *p, uint32_t conn);

/* How often each plugin was called and what it took so far, into `list` (room for that many); how many there are. */
unsigned vfu_plugins_cost(const struct vfu_plugins *p, struct vfu_summary_plugin *list, unsigned room);

/* NULL is fine. */
void vfu_plugins_close(struct vfu_plugins *p);

/* How long a plugin may take over one call: longer, for one that is debugged. */
int vfu_plugin_patience_ms(void);
/* The folders that are looked in, and the plugins found in each, by name; none of them is loaded. folder: may be NULL. */
void vfu_plugins_found(void (*folder)(void *context, const char *path), void (*plugin)(void *context, const char *name),
                       void *context);

/* --- what they add to the shell: names of registers, and commands --- */

/*
 * Ask the plugins that are installed or in VFUSCOPE_PLUGIN_PATH. config: size bytes of a device's config space, which
 * says where some registers are, and what device it is; NULL: there are names of registers only. NULL: error says why; without plugins an empty list.
 */
struct vfu_plugin_tables *vfu_plugin_tables_load(const uint8_t *config, size_t size, struct vfu_error *error);
void vfu_plugin_tables_free(struct vfu_plugin_tables *r);
static inline bool vfu_plugin_register_has_place(const struct vfu_plugin_register *r) { return r->region < VFP_LOCATED; }
/* By PLUGIN.REGISTER; of several with this name one that has a place. NULL: there is none. */
const struct vfu_plugin_register *vfu_plugin_tables_find(const struct vfu_plugin_tables *r, const char *name);
/* The fields of a value that are not zero: "RDY, SHST complete"; empty where there is nothing to say. */
void vfu_plugin_register_fields(const struct vfu_plugin_register *r, uint64_t value, char *text, size_t size);
/* Is the plugin for a device with these ids and class code? */
bool vfu_plugin_tables_claims(const struct vfu_plugin_tables *r, unsigned plugin, uint16_t vendor, uint16_t device,
                          uint32_t class_code);

/* --- what they may say beside notes --- */

/* A misfit or a reason: what it is not is NULL. They stay for the program's life. */
struct vfu_plugin_finding {
    const struct vfu_rule *misfit;
    const struct vfu_reason *reason;
};
/*
 * Ask the plugins that are installed or in VFUSCOPE_PLUGIN_PATH: *list is malloced, *count of them. False: error says why.
 * Before any thread starts.
 */
bool vfu_plugin_findings(struct vfu_plugin_finding **list, size_t *count, struct vfu_error *error);

/* --- their process --- */

/*
 * The subcommand that a process of theirs is, for nobody's but our use; with the descriptors that it is started with.
 */
#define VFU_PLUGINS_PROCESS "--plugins-process"
/* Comes back only where it was not started as one. */
void vfu_plugins_process(void);

struct vfu_plugin_child {
    pid_t pid;    /* 0: none, or it has ended */
    int socket;   /* readable: it says something, or has ended; -1: none */
    int leash[2]; /* a pipe, by which to signal it where it is another user's */
};
#define VFU_PLUGIN_NO_CHILD { .socket = -1, .leash = { -1, -1 } }

/* --- a command of theirs, while it runs in a process of its own --- */

struct vfu_plugin_run {
    struct vfu_plugin_child child;
};

/* The command of that number of the plugin in a file, with the words behind its name. False: error says why. */
bool vfu_plugin_run_start(struct vfu_plugin_run *r, const char *path, unsigned command, int argc, char **argv,
                          struct vfu_error *error);
/* The next thing that it says, with so many bytes at its end. False: it has ended; error says how. */
bool vfu_plugin_run_next(struct vfu_plugin_run *r, struct vfu_plugin_call *call, size_t *size, struct vfu_error *error);
/* What it asked for. One that is gone is noticed next. */
void vfu_plugin_run_answer(const struct vfu_plugin_run *r, const struct vfu_plugin_called *answer);
/* End it, whatever it does. */
void vfu_plugin_run_end(struct vfu_plugin_run *r);

#endif
