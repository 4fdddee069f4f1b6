/*
 * What the two halves of the encoder share: places in a message that is being built (place.c), and what is written
 * there (encode.c).
 */
#ifndef VFU_DECODER_WIRE_INSIDE_H
#define VFU_DECODER_WIRE_INSIDE_H

#include "decoder/wire/encode.h"

/* A field's place in the message: where its layout starts, and how far that reaches. */
struct build_place {
    const struct vfu_layout *layout;
    const struct vfu_field *field;
    size_t base;  /* offset in the message of the layout's start */
    bool payload; /* the layout is the payload itself, not an item in it */
    bool header;
};

/* Always false, with b->error. */
__attribute__((format(printf, 2, 3))) bool build_fail(struct vfu_build *b, const char *format, ...);
/* Make room for `size` bytes of message, the new ones zero. */
bool build_reach(struct vfu_build *b, size_t size);
/* An integer in the message; what is not there is 0, and is made by build_put. */
uint64_t build_get(const struct vfu_build *b, size_t offset, unsigned width);
bool build_put(struct vfu_build *b, size_t offset, unsigned width, uint64_t number);

/* The layout that the payload has by now. */
const struct vfu_layout *build_layout(const struct vfu_build *b);
/* The place of "size", "areas[1].offset", "header.id", ... List items on the way are made. False: b->error says why. */
bool build_find(struct vfu_build *b, struct build_place *p, const char *name);
/* Was the number there set by hand, so that it does not change by itself? */
bool build_is_set(const struct vfu_build *b, const struct build_place *p);
/* The field that counts the bytes or items of this one says so many, unless it was set by hand. */
void build_count_up(struct vfu_build *b, const struct build_place *p, uint64_t number);

#endif
