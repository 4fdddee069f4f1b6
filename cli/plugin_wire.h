/*
 * What goes between vfuscope and the process that runs the plugins: a question about each event that plugins are told
 * of, an answer with their notes and what they read of guest memory. Both ends are the same program, on a socket pair of
 * packets; one question is under way at a time.
 */
#ifndef VFU_CLI_PLUGIN_WIRE_H
#define VFU_CLI_PLUGIN_WIRE_H

#include "decoder/event.h"
#include "plugins/plugin.h"

#include <stdatomic.h>

enum {
    PLUGIN_MAX = 32,          /* plugins */
    PLUGIN_DATA = 32 << 10,   /* of an access or of DMA, beyond which data is cut */
    PLUGIN_MEMORY = 64 << 10, /* bytes of guest memory that plugins may read for one message */
    PLUGIN_READS = 512,       /* in so many pieces */
    PLUGIN_NOTES = 64,        /* about one message; the last one then says how many more there were */
    PLUGIN_ERROR = 1024,
};

enum plugin_ask_kind {
    ASK_CONNECT,
    ASK_DISCONNECT,
    ASK_ACCESS,
    ASK_MAP_SENT,  /* perhaps with a file descriptor */
    ASK_MAP_DONE,  /* about_no: of the command; error: refused */
    ASK_UNMAP,     /* all: everything */
    ASK_DMA,
    ASK_INTERRUPT,
    ASK_RESET,
    ASK_MIGRATION,
    ASK_REGION,    /* its size */
    ASK_MEMORY,    /* stored in the capture for message `no`, which follows */
};

struct plugin_ask {
    enum plugin_ask_kind kind;
    uint32_t conn;
    uint64_t no;
    uint64_t about_no;
    uint64_t fd_offset; /* MAP_SENT: where in the file the mapping begins */
    uint64_t address;   /* MEMORY */
    uint64_t region_size;
    uint32_t region, error, number;
    bool all;
    struct vfp_access access; /* data follows the struct, pointers mean nothing */
    struct vfp_map map;
    struct vfp_dma dma;
    struct vfp_interrupt interrupt;
};

/* Then the notes, and the reads, each followed by its bytes. */
struct plugin_answer {
    uint32_t notes, reads;
};
struct plugin_read {
    uint64_t address;
    uint32_t size;
};

enum {
    PLUGIN_ASK_MAX = sizeof(struct plugin_ask) + PLUGIN_DATA,
    PLUGIN_ANSWER_MAX = sizeof(struct plugin_answer) + PLUGIN_NOTES * sizeof(struct vfu_note) + PLUGIN_MEMORY +
                        PLUGIN_READS * sizeof(struct plugin_read),
};

/* The first answer: what was loaded, or why it failed. */
struct plugin_hello {
    bool ok;
    uint32_t count;
    char names[PLUGIN_MAX][24];
    char error[PLUGIN_ERROR];
};

/* Shared memory: what the process was doing when it was last heard of, and what it took. */
struct plugin_shared {
    atomic_int current; /* the plugin that runs; -1: none */
    struct {
        _Atomic uint64_t calls, ns, notes;
    } plugins[PLUGIN_MAX];
};

/* What is to be loaded, in this order. */
struct plugin_wanted {
    char path[PLUGIN_MAX][4096];
    bool by_name[PLUGIN_MAX]; /* takes every device */
    bool by_file[PLUGIN_MAX]; /* takes a device whose ids are not known too */
    unsigned count;
};

/* plugin_load.c, in the plugins' process. False: error (PLUGIN_ERROR bytes) says why. */
struct plugin_loaded {
    const struct vfp_plugin *plugin;
    bool by_name, by_file;
};
bool plugin_load(const struct plugin_wanted *wanted, struct plugin_loaded *loaded, unsigned *count, char *error);

/* plugin_search.c: which files the options (NULL: none) and the environment ask for. False: a message was printed. */
struct cli_args;
bool plugin_search(const struct cli_args *args, struct plugin_wanted *wanted);

/*
 * plugin_host.c: the plugins' process, until the socket ends. live: guest memory is read through descriptors, and what
 * was read is told; else it comes with the questions.
 */
void plugin_host_run(int socket, const struct plugin_wanted *wanted, bool live, struct plugin_shared *shared);

/* plugin_events.c: the questions that an event gives rise to, one after the other. */
typedef void plugin_asker(void *context, const struct plugin_ask *ask, const uint8_t *data, size_t size);
void plugin_events(const struct vfu_event *event, plugin_asker *ask, void *context);

#endif
