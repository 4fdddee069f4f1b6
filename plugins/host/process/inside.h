/*
 * Inside the plugins' process. From the ground up, each file calls only those below it:
 *
 *     memory     guest memory, through descriptors or as a capture stored it
 *     confine    what the process gives up; guard: leaving a plugin that crashes or hangs
 *     load       the plugins
 *     rows       the misfits and reasons that they may say; names: the registers that they name
 *     api        what plugins call
 *     call       calling them, for the devices that are theirs
 *     held       accesses that wait for their reply
 *     conn       connections: what an event's questions tell of them
 *     clock      asking what has moved where no message tells of it
 *     look, tell, run     the jobs
 *     process    which of them, and what the process leaves first
 *
 * It is a process that may be taken over by what it reads, and calls nothing above this folder.
 */
#ifndef VFU_PLUGINS_HOST_PROCESS_INSIDE_H
#define VFU_PLUGINS_HOST_PROCESS_INSIDE_H

#include "decoder/wire/ranges.h"
#include "plugins/host/process/process.h"
#include "plugins/host/process/shell.h"

#include <sys/queue.h>

/* --- memory --- */

/* A connection's DMA map, and what is behind it. */
struct plugin_mapping {
    uint64_t address, size, offset;
    uint64_t no; /* of its DMA_MAP */
    bool readable, writeable, shared;
    int fd; /* -1: none at hand */
};

struct plugin_maps {
    struct vfu_ranges list; /* of struct plugin_mapping: what is mapped */
    struct plugin_mapping *pending; /* sent, not answered yet */
    size_t pending_count, pending_room;
};

/* The fd becomes the map's. */
void plugin_maps_sent(struct plugin_maps *m, const struct plugin_ask *ask, int fd);
/* It was answered: what it maps, or NULL. Valid until the next call. */
const struct plugin_mapping *plugin_maps_done(struct plugin_maps *m, const struct plugin_ask *ask);
/* Take out what lies within the range (`all`: everything), one at a time; false: nothing (more). */
bool plugin_maps_take(struct plugin_maps *m, uint64_t address, uint64_t size, bool all, struct plugin_mapping *gone);
void plugin_maps_free(struct plugin_maps *m);

/* The mapping that holds the address, or NULL. */
const struct plugin_mapping *plugin_maps_at(const struct plugin_maps *m, uint64_t address);
/* Is all of the range mapped so? */
bool plugin_maps_hold(const struct plugin_maps *m, uint64_t address, uint64_t size, bool to_write);
/* Read through the descriptors. The buffer is zeroed unless all went well. */
enum vfp_memory plugin_maps_read(const struct plugin_maps *m, uint64_t address, uint8_t *buffer, size_t size);

/* What the capture has for the message at hand. */
struct plugin_stored {
    uint64_t no;
    uint8_t *bytes; /* one piece after the other: a struct plugin_read and its bytes */
    size_t size;
};
void plugin_stored_add(struct plugin_stored *s, uint64_t no, uint64_t address, const uint8_t *bytes, size_t size);
/* last: what was read there last, of what was read more than once. */
bool plugin_stored_read(const struct plugin_stored *s, uint64_t no, uint64_t address, uint8_t *buffer, size_t size, bool last);

/* --- load --- */

/*
 * Plugins of this version of the interface and later ones are loaded; of the first nothing behind `commands` is read, of the
 * second nothing behind `gap`, of the third nothing behind `info`.
 */
enum { PLUGIN_OLDEST = 1, PLUGIN_BEFORE_FINDINGS = 2, PLUGIN_BEFORE_PLACES = 3, PLUGIN_BEFORE_NAMES = 4, PLUGIN_BEFORE_LOOKS = 6 };
struct plugin_loaded {
    const struct vfp_plugin *plugin;
    unsigned file; /* in what was wanted */
    bool by_name, by_file;
    uint32_t misfits, reasons, first_row; /* how many, and where they are among all plugins' */
    uint32_t registers, first_register;   /* likewise, of those that are named; the table may have more */
};
/*
 * Load what is wanted. False: error (PLUGIN_ERROR bytes) says why. *loading, if not NULL, is the number in `wanted` of
 * what is being loaded, in case that crashes; -1 in the end.
 */
bool plugin_load(const struct plugin_wanted *wanted, struct plugin_loaded *loaded, unsigned *count, char *error,
                 atomic_int *loading);

/* --- rows --- */

/* What is wrong with what a plugin may say, or NULL; else how much that is. */
const char *plugin_rows_check(const struct vfp_plugin *p, struct plugin_loaded *loaded);
/* Write down what those that were loaded may say. False: error (PLUGIN_ERROR bytes) says why. */
bool plugin_rows_put(struct plugin_rows *rows, struct plugin_loaded *loaded, unsigned count, char *error);

/* --- names --- */

/* Write down the registers of those that were loaded, as many as there is room for. */
void plugin_names_put(struct plugin_registers *r, struct plugin_loaded *loaded, unsigned count);

/* --- confine --- */

/* From now on the process ends when its parent does. */
void plugin_end_with(pid_t parent);
/*
 * Once the plugins are loaded. False: error says why, and none may be called. *open: an errno where the kernel can't
 * keep the process from opening files, else 0.
 */
bool plugin_confine(const struct plugin_job *job, uint32_t *open, char *error);

/* --- guard --- */

/* Before anything is asked: in this process a plugin's crash ends the call, not the process. */
void plugin_guard_start(struct plugin_shared *shared);
/* In the one thread that calls plugins. */
void plugin_guard_thread(void);
/* Call work(context). PLUGIN_RUNS; or else what ended it: PLUGIN_HANGS, or a signal's number. */
int plugin_guarded(void (*work)(void *context), void *context);

/* --- devices: what a connection's are, for each plugin --- */

enum { PLUGIN_CONFIG = 4096, PLUGIN_REGIONS = 16, PLUGIN_IRQS = 8, PLUGIN_CONNS = 1024, PLUGIN_SAID = 32 };

struct plugin_conn;
struct plugin_host;

struct vfp_device {
    struct plugin_host *host;
    struct plugin_conn *conn;
    unsigned index; /* of the plugin */
    bool open, declined;
    void *state;
    uint64_t said[PLUGIN_SAID]; /* hashes of the misfits that it said last */
    unsigned said_count;
};

/* An access that plugins are not told of yet. */
struct plugin_held {
    TAILQ_ENTRY(plugin_held) link;
    struct plugin_ask ask; /* ACCESS or DMA, with what is known of its answer */
    uint8_t *data;
    size_t bytes; /* that it takes */
    struct plugin_stored memory; /* that plugins read, or a capture has, of the time when it was sent */
    bool waits; /* for its reply */
    uint64_t reply_no;
};
struct plugin_held_list {
    TAILQ_HEAD(, plugin_held) list; /* in the order of the commands */
    unsigned count;
    size_t bytes;
};

struct plugin_conn {
    TAILQ_ENTRY(plugin_conn) link;
    uint32_t number;
    bool joined; /* its begin was not seen: what was mapped before is not known */
    bool located; /* all is known that `locate` needs */
    bool places_changed;
    uint32_t told_open; /* the plugins that have the device, as vfuscope knows */
    uint8_t config[PLUGIN_CONFIG];
    bool config_known[PLUGIN_CONFIG];
    struct vfp_ids ids;
    bool class_known; /* of the ids; a client may read that alone */
    bool region_known[PLUGIN_REGIONS], irq_known[PLUGIN_IRQS];
    struct vfp_region_info regions[PLUGIN_REGIONS];
    struct vfp_irq_info irqs[PLUGIN_IRQS];
    struct plugin_area mappable[PLUGIN_REGIONS][PLUGIN_AREAS];
    struct plugin_maps maps;
    struct plugin_held_list accesses, dma; /* by who sends them */
    struct vfp_device devices[]; /* by plugin */
};

struct plugin_host {
    bool live;
    struct plugin_shared *shared;
    struct plugin_loaded loaded[PLUGIN_MAX];
    int ended[PLUGIN_MAX]; /* how, as in shared memory */
    unsigned count;
    TAILQ_HEAD(plugin_conns, plugin_conn) conns; /* newest first */
    unsigned conn_count;
    struct plugin_stored stored;
    struct {
        uint64_t every_ns, next_ns; /* every: 0: there is no clock */
        bool wanted; /* something may be out of sight */
        unsigned still; /* asked so often in vain, in a row */
    } clock;
    uint32_t stored_conn; /* whose it is: of several files each has numbers of its own */

    /* Of the question at hand */
    uint64_t no;
    const struct plugin_stored *held; /* of the access at hand; NULL: nothing */
    bool silent; /* notes count for nothing */
    uint64_t refused_by; /* the access at hand is refused: the number of the reply that says so; 0: it is not */
    uint64_t refused_no; /* and of its command */
    struct plugin_note notes[PLUGIN_NOTES];
    uint32_t note_count, notes_lost, read_count, request_count;
    struct plugin_request requests[PLUGIN_REQUESTS];
    bool has_places, has_open;
    uint32_t open; /* the plugins that have the connection's device: a bit each */
    struct plugin_place places[PLUGIN_PLACES];
    uint32_t place_count;
    uint8_t reads[PLUGIN_MEMORY + PLUGIN_READS * sizeof(struct plugin_read)];
    size_t reads_size, memory_read;
};

/* --- api --- */

extern const struct vfp_host plugin_api;
bool plugin_config_known(const struct plugin_conn *c, unsigned offset, size_t size);

/* --- call --- */

/* Which of a plugin's functions */
enum plugin_callback { ON_OPEN, ON_CLOSE, ON_ACCESS, ON_MAP, ON_DMA, ON_INTERRUPT, ON_RESET, ON_MIGRATION, ON_SENT,
                       ON_GAP, ON_INFO, ON_PLACES, ON_LOOK };
/* Call every plugin that has the device, in order. */
void plugin_call(struct plugin_conn *c, enum plugin_callback what, const void *with, uint32_t number);
/* Does this plugin look by a clock? */
bool plugin_has_look(const struct vfp_plugin *p);
/* Ask every plugin that has the device what has moved: the most of what they say. */
enum vfp_moved plugin_moved(struct plugin_conn *c);
/* Open the device for the plugins that claim it and do not have it yet. */
void plugin_open_all(struct plugin_conn *c);
void plugin_close(struct vfp_device *d);
/* Where the device has which registers, into the host's `places`. */
void plugin_find_places(struct plugin_conn *c);
/* Config space was read: what is the device? */
void plugin_identify(struct plugin_conn *c);

/* --- held --- */

/* The access of a question becomes the list's; NULL: it has too many. */
struct plugin_held *plugin_held_add(struct plugin_held_list *l, const struct plugin_ask *ask, const uint8_t *data);
/* As it was when the access was sent, in the form of struct plugin_stored. */
void plugin_held_memory(struct plugin_held_list *l, struct plugin_held *h, const uint8_t *bytes, size_t size);
/* An answer came. */
void plugin_held_done(struct plugin_held_list *l, const struct plugin_ask *answer, const uint8_t *data);
/* The oldest one, if it does not wait any more: it is the caller's. */
struct plugin_held *plugin_held_next(struct plugin_held_list *l);
void plugin_held_free(struct plugin_held *h);
/* Those that were sent before this message. */
void plugin_held_forget(struct plugin_held_list *l, uint64_t before);

/* --- conn --- */

/*
 * What a question, with ask->data_size bytes of data, tells of its connection: it is kept, and the plugins that have
 * the device are told. The fd (-1: none) is the function's.
 */
void plugin_learn(struct plugin_host *h, struct plugin_ask *ask, const uint8_t *data, int fd);

/* --- clock --- */

/* Something was told: what is out of sight may be so no more, or be now. */
void plugin_clock_again(struct plugin_host *h);
/* Wait until the next order is there, and signal whenever something moved meanwhile. */
void plugin_clock_wait(struct plugin_host *h);

/* --- the jobs --- */

/* Each comes back when it is done. */
void plugin_look(const struct plugin_job *job, struct plugin_shared *shared);
void plugin_tell(const struct plugin_job *job, struct vfu_plugin_tables *tables);
void plugin_run(struct plugin_job *job);

#endif
