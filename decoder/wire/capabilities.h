/*
 * VERSION's JSON text: what its sender can do, and the text as it must stand in our own output.
 */
#ifndef VFU_DECODER_WIRE_CAPABILITIES_H
#define VFU_DECODER_WIRE_CAPABILITIES_H

#include "decoder/wire/protocol.h"
#include "decoder/wire/writer.h"

/* A capability, or a member of one. */
enum vfu_capability_kind { VFU_CAPABILITY_NUMBER, VFU_CAPABILITY_BOOL, VFU_CAPABILITY_OBJECT };
struct vfu_capability {
    const char *name; /* NULL ends a list of members */
    enum vfu_capability_kind kind;
    uint64_t otherwise;                   /* NUMBER: what its absence means */
    const struct vfu_capability *members; /* OBJECT */
    size_t at, there; /* offsets in struct vfu_capabilities: of its value; of the bool that it is there, 0: none */
};

/* All of them; present and wrong_type below have a bit for each. */
enum {
    VFU_CAPABILITY_MAX_MSG_FDS,
    VFU_CAPABILITY_MAX_DATA_XFER_SIZE,
    VFU_CAPABILITY_PGSIZES,
    VFU_CAPABILITY_MAX_DMA_MAPS,
    VFU_CAPABILITY_WRITE_MULTIPLE,
    VFU_CAPABILITY_TWIN_SOCKET,
    VFU_CAPABILITY_MIGRATION,
    VFU_CAPABILITIES
};
extern const struct vfu_capability vfu_capability_list[VFU_CAPABILITIES];

struct vfu_capabilities {
    bool known; /* a VERSION with JSON was seen */
    unsigned present, wrong_type; /* bits; wrong_type also 1 << VFU_CAPABILITIES: the object of them all is none */
    uint16_t major, minor;
    uint64_t max_msg_fds, max_data_xfer_size, pgsizes, max_dma_maps; /* defaults filled in */
    bool write_multiple;
    bool twin_socket;
    bool has_fd_index;
    uint64_t fd_index; /* in a reply: which fd is the twin */
    bool migration;
    uint64_t migration_pgsize, migration_max_bitmap_size;
};

/*
 * Read the capabilities out of a VERSION payload's JSON text. Absent members get their defaults; false when the text
 * is no JSON object (everything is then a default). Allocates while it runs (cJSON).
 */
bool vfu_capabilities_parse(const char *text, size_t size, struct vfu_capabilities *caps);

/* Is it a JSON object? Allocates while it runs. */
bool vfu_json_valid(const char *text, size_t size);

/*
 * Write `"capabilities":{...}` with the inner object of the text, all its members, numbers digit for digit. False, and
 * nothing written, if the text is no JSON or has none.
 */
bool vfu_write_capabilities(const char *text, size_t size, struct vfu_writer *w);

#endif
