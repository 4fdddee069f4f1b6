/*
 * VERSION's JSON text: what its sender can do, and the text as it must stand in our own output.
 */
#ifndef VFU_DECODER_WIRE_CAPABILITIES_H
#define VFU_DECODER_WIRE_CAPABILITIES_H

#include "decoder/wire/table.h"
#include "decoder/wire/writer.h"

/* The capabilities by name, and their bits below; ends with NULL. */
enum { VFU_CAPABILITY_WRITE_MULTIPLE = 4, VFU_CAPABILITIES = 7 };
extern const struct vfu_name vfu_capability_names[];

struct vfu_capabilities {
    bool known; /* a VERSION with JSON was seen */
    /* bits, by the place in vfu_capability_names; wrong_type also 1 << VFU_CAPABILITIES: the object of them all is none */
    unsigned present, wrong_type;
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
