/*
 * Guest memory as plugins see it: a connection's DMA map, and what is behind it (a file descriptor in a live tap, what
 * the capture stored in a file). The plugins' process only.
 */
#ifndef VFU_PLUGINS_HOST_PROCESS_MEMORY_H
#define VFU_PLUGINS_HOST_PROCESS_MEMORY_H

#include "plugins/host/process/process.h"

struct plugin_mapping {
    uint64_t no; /* of its DMA_MAP */
    uint64_t address, size, offset;
    bool readable, writeable, shared;
    int fd; /* -1: none at hand */
};

struct plugin_maps {
    struct plugin_mapping *list; /* by address */
    size_t count, room;
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
    size_t size, room;
};
void plugin_stored_add(struct plugin_stored *s, uint64_t no, uint64_t address, const uint8_t *bytes, size_t size);
bool plugin_stored_read(const struct plugin_stored *s, uint64_t no, uint64_t address, uint8_t *buffer, size_t size);

#endif
