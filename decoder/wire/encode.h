/*
 * Encoding: a message from named fields, by the same table as decoding. Used by the shell's `send`, and by whoever
 * builds messages: an offset is typed nowhere else.
 */
#ifndef VFU_DECODER_WIRE_ENCODE_H
#define VFU_DECODER_WIRE_ENCODE_H

#include "decoder/wire/event.h"
#include "decoder/wire/table.h"

enum { VFU_ENCODE_ERROR = 160 };

/* A message being built. Starts zeroed (or use vfu_build_start). */
struct vfu_build {
    const struct vfu_command *command; /* NULL: unknown */
    bool reply;
    uint8_t *bytes;  /* header and payload; grows, owned by the build */
    size_t size;     /* how much of it is in use; becomes the header's size unless that was set by hand */
    size_t capacity;
    bool size_set, argsz_set;
    bool raw; /* the payload was given as bytes */
    bool loaded; /* started with a message that was there: no count changes by itself */
    /* Which numbers were set by hand: a bit for each place in the payload's layout, the offsets of those in items. */
    uint64_t counts_set;
    size_t *item_counts, item_count, item_room;
    char error[VFU_ENCODE_ERROR]; /* why the last call failed, for people */
};

/*
 * Start a message of this command: header with id 0, type command or reply, a payload of the fixed part, all zero but
 * argsz, which vfu_build_end fills in. An unknown number is legal: its payload is raw bytes. False: out of memory.
 */
bool vfu_build_start(struct vfu_build *b, unsigned command, bool reply);
/* Start with a copy of a message that is there, to change fields of it; nothing else of it changes by itself. */
bool vfu_build_load(struct vfu_build *b, const struct vfu_event *event);
/*
 * Set a field by name: "size", "flags", "areas[1].offset", "bitmap.pgsize", "header.id", "data". A bare name is the
 * payload's field if the command has one, else the header's. VALUE: a number as in C, sizes also 4K 1M 1G; a name the
 * field has ("bar0", "MIGRATION"); flags joined by '|' ("readable|writeable", "0x40|mmap"); hex for bytes; text for
 * VERSION's json (a final NUL is added). The list's or bytes' count field is filled in where it was not set by hand.
 * False: b->error says why (an unknown name lists the ones there are).
 */
bool vfu_build_set(struct vfu_build *b, const char *name, const char *value);
/* Does the message have a field of this name? False: b->error says so. */
bool vfu_build_has(struct vfu_build *b, const char *name);
bool vfu_build_set_number(struct vfu_build *b, const char *name, uint64_t value);
bool vfu_build_set_bytes(struct vfu_build *b, const char *name, const void *bytes, size_t size);
/* Append raw bytes after what there is. */
bool vfu_build_append(struct vfu_build *b, const void *bytes, size_t size);
/* Drop the payload (for `raw=` instead of fields). */
void vfu_build_clear_payload(struct vfu_build *b);
/* Finish: counts, argsz and the header's size, unless they were set by hand. */
bool vfu_build_end(struct vfu_build *b);
void vfu_build_free(struct vfu_build *b);

#endif
