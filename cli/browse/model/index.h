/*
 * The index of a browse: what its items are, event by event. No thread, no lock: its owner has them.
 */
#ifndef VFU_CLI_BROWSE_INDEX_H
#define VFU_CLI_BROWSE_INDEX_H

#include "cli/browse/model/model.h"

/* Arrays that grow without moving what is in them: pieces of CHUNK items. */
enum { BROWSE_CHUNK = 4096 };
struct browse_chunks {
    void **pieces;
    size_t count, room; /* of items; of pieces */
    size_t size;        /* of an item */
    size_t first;       /* those before it are forgotten */
};

/* Room for one more; NULL: out of memory. */
void *browse_chunks_add(struct browse_chunks *c);
static inline void *browse_chunks_at(const struct browse_chunks *c, size_t i)
{
    return (char *)c->pieces[i / BROWSE_CHUNK] + i % BROWSE_CHUNK * c->size;
}
/* Forget items before this one: as many as whole pieces have. */
void browse_chunks_forget(struct browse_chunks *c, size_t before);
void browse_chunks_free(struct browse_chunks *c);
/* Bytes that it takes, without what is forgotten. */
size_t browse_chunks_bytes(const struct browse_chunks *c);

/* An event's number, in the order in which they come; those that are not items' have none (MEMORY). */
#define BROWSE_NO_EVENT UINT32_MAX

struct index_item {
    uint64_t no, reply_no, wall_ns, mono_ns, latency_ns;
    uint32_t begin, reply; /* its events; reply: BROWSE_NO_EVENT without one */
    uint32_t conn, place;
    uint16_t marks, file;
};
_Static_assert(sizeof(struct index_item) == 64, "there are millions of them");

/* The messages of a capture: their numbers go up. */
struct index_file {
    const char *name;            /* as its events have it */
    struct browse_chunks numbers; /* a message each: its item, REPLY if it is the reply */
    uint64_t last;
    bool unsorted;
};

struct index_read { /* the last read that was answered */
    uint32_t item;
    uint32_t conn;
    uint64_t region, at, size;
    uint8_t data[8];
};

enum { BROWSE_RECENT = 65536, BROWSE_LATENCIES = 256 };

struct browse_index {
    struct browse_chunks items;
    struct index_file *files;
    size_t file_count, file_room;
    uint64_t events, messages;
    uint64_t first_ns, last_ns; /* realtime; first: of what does not frame the capture */
    bool begun;                 /* there is one */
    uint32_t *recent;           /* the item of a command, by its number */
    struct index_read read;
    uint32_t latencies, latency_counts[BROWSE_LATENCIES];
    uint64_t slow_ns;
};

bool browse_index_init(struct browse_index *x);
void browse_index_free(struct browse_index *x);
/* Is it counted, and an item's? */
static inline bool browse_index_takes(const struct vfu_event *event)
{
    return event->kind != VFU_EVENT_MEMORY;
}
/* The next event. False: out of memory, or as many items as there can be: it is not in the index. */
bool browse_index_add(struct browse_index *x, const struct vfu_event *event);
/* Forget items before this one, about. */
void browse_index_forget(struct browse_index *x, uint32_t before);
/* Of one that is not forgotten: items.first and those behind it. */
static inline struct index_item *browse_index_item(const struct browse_index *x, uint32_t item)
{
    return browse_chunks_at(&x->items, item);
}
uint32_t browse_index_by_no(const struct browse_index *x, const char *file, uint64_t no);
uint32_t browse_index_by_time(const struct browse_index *x, uint64_t wall_ns);
/* Of events that are no messages: the last ones of these places before an item; BROWSE_NONE: there is none, or it is far away. */
void browse_index_last_of(const struct browse_index *x, uint32_t before, const uint32_t *places, uint32_t *items, size_t count);
uint32_t browse_place_of_vector(uint32_t index, uint32_t vector);
/* How many items begin before an event. */
uint32_t browse_items_before(const struct browse_index *x, uint64_t event);
size_t browse_index_bytes(const struct browse_index *x);

#endif
