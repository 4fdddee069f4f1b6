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
    VFU_CAPABILITY_SPARSE_MMAP_FDS,
    VFU_CAPABILITIES
};
extern const struct vfu_capability vfu_capability_list[VFU_CAPABILITIES];

struct vfu_capabilities {
    bool known; /* a VERSION with JSON was seen */
    unsigned present, wrong_type; /* bits; wrong_type also 1 << VFU_CAPABILITIES: the object of them all is none */
    const struct vfu_capability *wrong[VFU_CAPABILITIES]; /* of wrong_type's: itself, or its member that is wrong */
    uint16_t major, minor;
    uint64_t max_msg_fds, max_data_xfer_size, pgsizes, max_dma_maps; /* defaults filled in */
    bool write_multiple, sparse_mmap_fds;
    bool twin_socket;
    bool has_fd_index; /* and it is a number that can be one */
    uint64_t fd_index; /* in a reply: which fd is the twin */
    bool migration;
    uint64_t migration_pgsize, migration_max_bitmap_size;
};

/*
 * Read the capabilities out of a VERSION payload's JSON text, whatever stands behind its object. Absent members get their
 * defaults, and wrong ones; false when the text is no object (everything is then a default). Allocates while it runs.
 */
bool vfu_capabilities_parse(const char *text, size_t size, struct vfu_capabilities *caps);

/* Does cJSON, which takes more than JSON, take it as an object? Allocates while it runs. */
bool vfu_json_readable(const char *text, size_t size);
/*
 * What is wrong with a VERSION's text, without its NUL, for people: it has to be a JSON object and nothing else (RFC 8259).
 * NULL: nothing. Allocates while it runs.
 */
const char *vfu_json_wrong(const char *text, size_t size);
/* What a capability, or a member of one, has to be, for people. */
const char *vfu_capability_demand(const struct vfu_capability *c);

/*
 * Write `"capabilities":{...}` with the inner object of a readable text, all its members, numbers digit for digit; a number
 * that is none in JSON as null. False, and nothing written, if there is none.
 */
bool vfu_write_capabilities(const char *text, size_t size, struct vfu_writer *w);

#endif
