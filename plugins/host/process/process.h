/*
 * The process that runs plugins: its jobs, and what goes between it and vfuscope while it looks at events: batches of
 * questions about what plugins are told of, and answers with their notes and what they read of guest memory. Both ends
 * are the same program, started anew: nothing that one knows is in the other's memory. Batches are in memory that they
 * share, and a socket pair of packets says that there is one, or that it is done.
 */
#ifndef VFU_PLUGINS_HOST_PROCESS_PROCESS_H
#define VFU_PLUGINS_HOST_PROCESS_PROCESS_H

#include "decoder/wire/event.h"
#include "plugins/plugin.h"

#include <stdatomic.h>
#include <sys/types.h>

enum {
    PLUGIN_MAX = 32,          /* plugins */
    PLUGIN_DATA = 32 << 10,   /* of an access or of DMA, beyond which data is cut */
    PLUGIN_MEMORY = 64 << 10, /* bytes of guest memory that plugins may read for one message */
    PLUGIN_READS = 512,       /* in so many pieces */
    PLUGIN_NOTES = 256,       /* about one message; the last one then says how many more there were */
    PLUGIN_REQUESTS = 256,    /* about one message */
    PLUGIN_AREAS = 16,        /* of a region, that can be mapped */
    PLUGIN_ROWS = 256,        /* misfits and reasons, of all plugins */
    PLUGIN_REGISTERS = 2048,  /* of all plugins */
    PLUGIN_FIELDS = 8192,     /* and of these */
    PLUGIN_VALUES = 8192,     /* and names of their values */
    PLUGIN_TEXT = 256 << 10,  /* bytes of all these names */
    PLUGIN_PLACES = 1024,     /* of a device's registers */
    PLUGIN_ERROR = 1024,
    PLUGIN_ASKS = 256 << 10,    /* bytes of a batch's questions */
    PLUGIN_ANSWERS = 512 << 10, /* and of its answers */
    PLUGIN_FDS = 64,            /* descriptors of one batch */
    PLUGIN_WORDS = 32 << 10,    /* bytes of the words of a command */
};

enum plugin_ask_kind {
    ASK_CONNECT,
    ASK_DISCONNECT,
    ASK_ACCESS,    /* of a region, as asked for; posted: there will be no answer */
    ASK_DMA,       /* by messages, likewise */
    ASK_DONE,      /* about_no: so many of its accesses were done, of `bytes`; error: why no more; all: nobody knows */
    ASK_MAP_SENT,  /* perhaps with a file descriptor */
    ASK_MAP_DONE,  /* about_no: of the command; error: refused */
    ASK_UNMAP,     /* all: everything */
    ASK_INTERRUPT,
    ASK_RESET,     /* about_no: of the command */
    ASK_MIGRATION,
    ASK_REGION,    /* what info says of it, and as data what of it can be mapped */
    ASK_IRQ,       /* what info says of an IRQ index */
    ASK_MEMORY,    /* stored in the capture for message `no`, which follows */
    ASK_LOOK,      /* the clock: at interrupt.time_ns */
    ASK_GAP,       /* messages were left out, of whichever connection */
};

struct plugin_ask {
    enum plugin_ask_kind kind;
    uint32_t conn;
    uint64_t no;
    uint64_t about_no;
    uint64_t fd_offset; /* MAP_SENT: where in the file the mapping begins */
    uint64_t address;   /* MEMORY */
    uint64_t done, bytes; /* DONE; UINT64_MAX: all */
    uint32_t region /* or the IRQ index */, error, number;
    uint32_t data_size; /* bytes that follow the struct */
    bool all;
    bool has_fd;
    bool posted; /* ACCESS, DMA */
    union { /* by kind; pointers mean nothing */
        struct vfp_access access;
        struct vfp_map map;
        struct vfp_dma dma;
        struct vfp_interrupt interrupt;
        struct vfp_region_info region_info;
        struct vfp_irq_info irq_info;
    };
};

/* Of a region: what the client may map. */
struct plugin_area {
    uint64_t offset, size;
};

/* Of a question that there is something to say about; then the notes, the requests, the reads, each followed by its bytes, and the places. */
struct plugin_answer {
    uint32_t ask; /* its number in the batch, from 0 */
    uint32_t notes, requests, reads;
    uint32_t has_places, places; /* has_places: they are, from now on, all that the connection's device has */
    uint32_t has_open, open;     /* has_open: the plugins that have the device, from now on: a bit each */
};
enum plugin_note_kind { NOTE_PLAIN, NOTE_WARNING, NOTE_MISFIT, NOTE_REASON, NOTE_GUESS, NOTE_KINDS };
struct plugin_note {
    uint32_t plugin; /* its number in what was loaded */
    uint32_t kind;   /* enum plugin_note_kind */
    uint32_t row;    /* MISFIT, REASON, GUESS: in struct plugin_rows */
    uint32_t count;  /* REASON, GUESS: of the messages that bear it out */
    uint64_t messages[VFU_BECAUSE_MESSAGES];
    char text[sizeof ((struct vfu_note *)0)->text];
};
struct plugin_request {
    uint32_t plugin; /* its number in what was loaded */
    struct vfu_request request; /* without the plugin's name */
};
struct plugin_read {
    uint64_t address;
    uint32_t size;
};
struct plugin_place {
    uint64_t offset, stride;
    uint32_t reg; /* its number in struct plugin_registers */
    uint32_t region, count;
};

enum {
    PLUGIN_ANSWER_MAX = sizeof(struct plugin_answer) + PLUGIN_NOTES * sizeof(struct plugin_note) +
                        PLUGIN_REQUESTS * sizeof(struct plugin_request) + PLUGIN_MEMORY +
                        PLUGIN_READS * sizeof(struct plugin_read) + PLUGIN_PLACES * sizeof(struct plugin_place),
};

/* A question starts at a multiple of 8 bytes. */
static inline size_t plugin_ask_size(size_t data_size)
{
    return (sizeof(struct plugin_ask) + data_size + 7) & ~(size_t)7;
}

/* While one batch is at work the next one is gathered. */
struct plugin_batch {
    _Alignas(8) uint8_t asks[PLUGIN_ASKS];
    _Alignas(8) uint8_t answers[PLUGIN_ANSWERS];
};

/* Do questions `from` up to `count` of a batch. With it come the descriptors of those questions, in their order. */
struct plugin_order {
    uint32_t batch, from, count;
    uint32_t from_at;    /* where in the batch's asks the question `from` is */
    uint32_t first_conn; /* connections below are those that an earlier process knew: nothing is said of them */
};

/* The first answer: what was loaded, or why it failed. */
struct plugin_hello {
    uint32_t ok;
    uint32_t open; /* an errno: files can be opened, since the kernel has no filter; 0: none can */
    uint32_t count;
    uint32_t look, clock; /* those that read guest memory when an interrupt comes, and by a clock: a bit each */
    char names[PLUGIN_MAX][sizeof ((struct vfu_note *)0)->plugin];
    char error[PLUGIN_ERROR];
};

/* How a plugin ended, if it did before the process: a signal, or that it did not come back. */
enum { PLUGIN_RUNS = 0, PLUGIN_HANGS = -1 };

/* What plugins may say beside notes: one after the other, each one's misfits and then its reasons. */
struct plugin_row {
    uint32_t plugin; /* its number in what was loaded */
    uint32_t is_reason;
    uint32_t by; /* enum vfp_side */
    char id[28]; /* PLUGIN-NAME */
    char section[96], help[160], means[1024], who[512], example[1024], todo[512]; /* who, example: may be empty */
};
struct plugin_rows {
    uint32_t count;
    struct plugin_row list[PLUGIN_ROWS];
};

/* The registers that plugins name. Texts are offsets in `text`; 0: none. */
struct plugin_registers {
    uint32_t count, field_count, value_count, text_size;
    struct plugin_register_row {
        uint32_t plugin, name /* PLUGIN.NAME */, help;
        uint32_t fields; /* the first one's number */
        uint16_t field_count;
        uint8_t width, flags; /* enum vfp_register_flag */
    } list[PLUGIN_REGISTERS];
    struct plugin_field_row {
        uint32_t name, values;
        uint16_t value_count;
        uint8_t low, bits;
    } fields[PLUGIN_FIELDS];
    struct plugin_value_row {
        uint64_t value;
        uint32_t name;
    } values[PLUGIN_VALUES];
    char text[PLUGIN_TEXT];
};

/*
 * Shared memory: what the process is doing or was when it ended, what it took, and batches. To vfuscope each word of it
 * is a claim, since a plugin may write here what it likes, at any time: it is read once, into memory of its own,
 * checked, and then used.
 */
struct plugin_shared {
    atomic_int last;           /* the plugin that runs, or was called last; -1: none was */
    atomic_int loading;        /* what is loaded now, of what is wanted; -1: nothing is */
    _Atomic uint32_t done;     /* questions of the batch, from its first one */
    _Atomic uint32_t answered; /* bytes of answers to those */
    _Atomic uint32_t idle;     /* the order was carried out, as far as there is room for answers */
    _Atomic uint64_t calls;    /* of plugins */
    _Atomic uint64_t overdue;  /* vfuscope's: the call that takes too long, by `calls` */
    struct {
        _Atomic uint64_t calls, ns, notes;
        atomic_int ended; /* PLUGIN_RUNS, PLUGIN_HANGS, or a signal's number */
    } plugins[PLUGIN_MAX];
    struct plugin_rows rows; /* written before the first answer, as are these */
    struct plugin_registers registers;
    struct plugin_batch batch[2];
};

/* What is to be loaded, in this order. */
struct plugin_wanted {
    char path[PLUGIN_MAX][4096];
    bool by_name[PLUGIN_MAX]; /* takes every device */
    bool by_file[PLUGIN_MAX]; /* takes a device whose ids are not known too */
    unsigned count;
};

/* What the process is for, and all that it is told: handed over in memory that nobody writes to any more. */
struct plugin_job {
    enum plugin_job_kind {
        JOB_LOOK, /* at events, until the socket ends; plugins that ended are not called */
        JOB_TELL, /* what there is for the shell, and end with status 0 */
        JOB_RUN,  /* a command of the shell, and end */
    } kind;
    pid_t parent; /* with which it ends */
    struct plugin_wanted wanted;
    /* LOOK. live: guest memory is read through descriptors, and told; else it comes with the questions */
    bool live;
    uint64_t clock_ns; /* so often plugins are asked what moved, of what is out of sight; 0: never */
    bool waited_for; /* traffic waits for the answers: at a normal priority, as with a clock, which is late else */
    int ended[PLUGIN_MAX]; /* of those that are loaded: how an earlier process's did */
    /* TELL: so much of a device's config space; 0: no device */
    size_t config_size;
    uint8_t config[4096];
    /* RUN: which command of the plugin, and the words behind its name, each with its NUL */
    unsigned command, argc;
    char words[PLUGIN_WORDS];
};

/* The descriptors that the process begins with, beside the standard ones. */
enum {
    PLUGIN_FD_SOCKET = 3, /* packets to and from whoever started it: orders and answers, or calls */
    PLUGIN_FD_LEASH,      /* whose signal ends it with whoever started it */
    PLUGIN_FD_MOVED,      /* LOOK: an eventfd, to be signalled when the clock finds that something moved; else /dev/null */
    PLUGIN_FD_JOB,        /* a struct plugin_job; closed once it is read, as the next is */
    PLUGIN_FD_MEMORY,     /* LOOK: a struct plugin_shared; TELL: a struct vfu_plugin_tables, to be filled in */
    PLUGIN_FD_END,
};

/* What a command of a plugin may be called; and a plugin, whose name has at most 23 bytes. */
bool plugin_is_word(const char *text);
bool plugin_is_name(const char *name);
/* Do a plugin's claims take in a device with these ids and class code? None: every device. */
bool plugin_claims(const struct vfp_claim *claims, size_t count, uint16_t vendor, uint16_t device, uint32_t class_code);

/*
 * Do the job that is in PLUGIN_FD_JOB, from the process's first step to its end. Comes back only where there is none.
 */
void plugin_process(void);

#endif
