/*
 * Inside the model. From the ground up: index, spool, tell < blocks < loader < model < view < write, report.
 *
 * Events have numbers, in the order in which they come. They stand in blocks: of a capture of ours that can be read again at any
 * record, what the block's records say, by the session as it was before it (its checkpoint, or one of the blocks before) and by
 * what plugins said, which lies in a spool; of anything else, in the spool as they were.
 */
#ifndef VFU_CLI_BROWSE_MODEL_INSIDE_H
#define VFU_CLI_BROWSE_MODEL_INSIDE_H

#include "cli/browse/model/index.h"
#include "cli/browse/model/spool.h"
#include "cli/input/input.h"
#include "cli/output/output.h"
#include "decoder/reasons/verdict.h"
#include "decoder/session/copy.h"

#include <pthread.h>
#include <stdatomic.h>

struct vfu_queue;

enum {
    BLOCK_RECORDS = 1024,
    BLOCK_BYTES = 4 << 20,   /* of a spool, or of the capture: a block ends behind so many */
    CHECKPOINT_BYTES = 4,    /* of memory for each message: larger sessions are copied less often */
};

struct browse_block {
    uint64_t first;             /* event */
    struct vfu_capplace place;  /* of its first record; of what is spooled, `at` in the spool */
    uint64_t said;              /* of what can be read again: where what plugins said of it begins in the spool */
    struct vfu_session **sessions; /* as they were before it, one a file; NULL: see the blocks before. They stay as they are;
                                      live: until the block is gone, or as long as one has the session's lock */
};

struct browse_model {
    pthread_mutex_t lock;     /* of all that follows */
    pthread_cond_t more;      /* there is more, or there will be nothing any more */
    struct browse_index index;
    struct browse_block *blocks; /* block_count of them */
    size_t block_count, block_room, kept_from; /* kept_from: live, those before it are gone */
    uint64_t credit, checkpoints; /* bytes: what a checkpoint may cost by now; what they take */
    bool reading, damaged;
    atomic_bool failed;
    char said[256];
    unsigned percent;
    struct vfu_evidence **evidence; /* session_count of them, a file each */
    struct vfu_summary *summary;
    struct vfu_left_out left_out; /* of live traffic: there was no room in the queue */
    int changed;              /* an eventfd */
    bool told;                /* and it is readable */

    pthread_mutex_t session_lock; /* of the sessions, before `lock`; the reader keeps it unless it is wanted */
    atomic_uint session_wanted;
    struct vfu_session *session;
    struct vfu_session **sessions; /* of each of several; NULL: one does for all */
    size_t session_count;

    /* These stay as they are. */
    struct vfu_rule_settings rules;
    bool notes;               /* those of the capture are shown, too */
    bool again;               /* the capture can be read again; else all of it is spooled */
    bool plugins;             /* there are some: what they say is spooled */
    bool has_spool;
    struct cli_inputs *inputs; /* NULL: live. The reader's, but for its names and paths */
    struct vfu_capreader *file; /* what is read again: only to have others made of it */

    struct browse_spool spool;
    struct browse_loader *loader; /* the screen's */

    struct cli_output *output; /* the reader's, with what follows */
    pthread_t reader;
    bool has_reader;
    bool holding;             /* it has the session's lock, which it keeps from one record to the next */
    unsigned records, untold; /* records in this block; events since the screen was told */
    uint64_t overdue_ns;
    struct browse_overdue {
        uint64_t no;
        uint32_t conn;
        bool patiently; /* after VFU_PATIENCE_MS, too */
    } overdue[64];            /* what the verdict was told of: the last of them */
    unsigned overdue_count;
    struct vfu_time last;
    enum cli_status status;
    atomic_bool stop;

    uint32_t most_items;      /* live: so many the index has, and those that are not gone */
    struct vfu_queue *queue;  /* live: between the traffic and our thread; NULL once that has ended */
};

/* --- tell.c --- */

/* The lock is held: something has changed. */
void browse_model_tell(struct browse_model *m);
/* The lock is held: nothing more comes, since what is said. */
void browse_model_fail(struct browse_model *m, const char *why);

/* --- blocks.c --- */

/* A block begins here: in the capture, or (NULL) in the spool. Nothing holds a lock. */
void browse_block_begin(struct browse_model *m, const struct vfu_capplace *place);
/* Is it time for the next one? */
bool browse_block_is_full(struct browse_model *m);
/* The block that an event is in, and where it ends: the next one, or `next` is so filled in. False: it is not there (yet, or any
   more). `from`: the last one up to it that has a checkpoint. */
bool browse_block_find(struct browse_model *m, uint64_t event, size_t *block, struct browse_block *at, struct browse_block *next,
                       size_t *from);
struct browse_block browse_block_get(struct browse_model *m, size_t block);
/* Live: forget what is gone, where it is much. */
void browse_blocks_forget(struct browse_model *m);
void browse_blocks_free(struct browse_model *m);
/* The first event that is still there. The lock is held. */
uint64_t browse_first_event(struct browse_model *m);

/* --- loader.c: events are read again; a loader for each thread --- */

struct browse_loader;
/* NULL: out of memory, or the file can't be opened again. */
struct browse_loader *browse_loader_new(struct browse_model *m, unsigned kept);
void browse_loader_free(struct browse_loader *l);
/* An event: good until another one was asked for twice. NULL: gone, or out of memory. */
const struct vfu_event *browse_loader_event(struct browse_loader *l, uint64_t number);
/* The session of that file as it was once this event had come; the caller's. NULL: gone, or out of memory. */
struct vfu_session *browse_loader_session(struct browse_loader *l, uint64_t number, uint16_t file);
/* Tell a session what an event, made by another, is about. */
void browse_feed(struct vfu_session *s, const struct vfu_event *event);

/* --- ask.c --- */

/* An item's events, by number, and its file; false: there is none. */
bool browse_model_events(struct browse_model *m, uint32_t item, uint32_t *begin, uint32_t *reply, uint16_t *file);
/* Both locks, of what the verdict is made of; the reader sees that they are wanted. */
void browse_model_lock_session(struct browse_model *m);
void browse_model_unlock_session(struct browse_model *m);

/* --- view.c --- */

/* The model of a view, for who writes it. */
struct browse_model *browse_view_model(struct browse_view *v);
/* The numbers of the events that the view has, in the order in which they came, malloced; NULL: out of memory. */
uint64_t *browse_view_events(struct browse_view *v, size_t *count);

#endif
