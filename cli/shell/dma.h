/*
 * The memory that the shell gives to the device: mappings by IOVA, backed by a memfd or a file that the server maps
 * too, or by memory of our own that the device reaches through DMA_READ and DMA_WRITE messages.
 */
#ifndef VFU_CLI_SHELL_DMA_H
#define VFU_CLI_SHELL_DMA_H

#include "decoder/wire/error.h"
#include "decoder/wire/event.h"

#include <stdint.h>

enum shell_backing { SHELL_MEMFD, SHELL_FILE, SHELL_MESSAGE };
enum { SHELL_MAP_NAME = 32 };

struct shell_map {
    char name[SHELL_MAP_NAME]; /* stands for its address; empty: it has none */
    uint64_t address, size;
    uint32_t flags; /* DMA_MAP's: readable, writeable */
    enum shell_backing backing;
    uint8_t *memory; /* mmapped: `size` bytes */
    int fd;          /* -1 with SHELL_MESSAGE */
    bool read_only;  /* our own mapping of a file that can't be written */
};

struct shell_maps {
    struct shell_map *map; /* the newest last: it is looked at first */
    size_t count, capacity;
};

/* Make the memory (path: of the file, with SHELL_FILE). The caller adds it once the server took it, or drops it. */
bool shell_map_make(struct shell_map *map, const char *path, struct vfu_error *error);
void shell_map_drop(struct shell_map *map);
bool shell_maps_add(struct shell_maps *maps, const struct shell_map *map, struct vfu_error *error);
/* Forget the mappings that lie within the range. */
void shell_maps_remove(struct shell_maps *maps, uint64_t address, uint64_t size);
void shell_maps_clear(struct shell_maps *maps);
/* The mapping of this name, `size` characters of text; NULL: there is none. */
const struct shell_map *shell_maps_named(const struct shell_maps *maps, const char *name, size_t size);
/*
 * Where size bytes lie outside of all mappings, from 16M on: at a multiple of 4K, and of their size up to 1M. Devices
 * that reach 28 or 32 bits reach it as long as there is room. False: there is no place.
 */
bool shell_maps_room(const struct shell_maps *maps, uint64_t size, uint64_t *address);

/*
 * The memory at `address`, *left bytes of it in a row; NULL: nothing is mapped there. flags: DMA_MAP flags that the
 * mapping must have; one without them is found all the same, *denied says so.
 */
uint8_t *shell_maps_at(const struct shell_maps *maps, uint64_t address, uint32_t flags, uint64_t *left, bool *denied);

/*
 * Walk a range, mapping by mapping; false: part of it is not mapped (error says where), nothing was done; or a file
 * behind it was cut short meanwhile. `walk` only touches memory.
 */
typedef void shell_touch(void *context, uint8_t *memory, uint64_t offset, size_t size);
bool shell_maps_walk(const struct shell_maps *maps, uint64_t address, uint64_t size, bool to_write, shell_touch *walk,
                     void *context, struct vfu_error *error);

#endif
