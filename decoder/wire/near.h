/*
 * "Did you mean ...?": the names that are nearest to one that is not there.
 */
#ifndef VFU_DECODER_WIRE_NEAR_H
#define VFU_DECODER_WIRE_NEAR_H

#include <stddef.h>

enum { VFU_NEAR_OFFERED = 5 /* names at most */, VFU_NEAR_NAME = 64, VFU_NEAR_TEXT = 16 + VFU_NEAR_OFFERED * (VFU_NEAR_NAME + 2) };

/* Offer it every name that there is; it keeps those that are meant most likely. */
struct vfu_near {
    const char *wanted;
    struct {
        char name[VFU_NEAR_NAME];
        unsigned rank;
    } found[VFU_NEAR_OFFERED]; /* count of them, the nearest first */
    unsigned count;
};

/* How many letters are to be changed, put in, left out or swapped with their neighbour to make one of the other; capitals
 * are no difference, and what is behind the first 64 is not looked at. */
unsigned vfu_distance(const char *a, const char *b);

void vfu_near_begin(struct vfu_near *n, const char *wanted);
/* One that is there already, or longer than 63, is not taken. */
void vfu_near_offer(struct vfu_near *n, const char *name);
/* "; did you mean A?", "; did you mean A, B or C?", or "" if none is near; in `text`. */
const char *vfu_near_text(const struct vfu_near *n, char text[VFU_NEAR_TEXT]);
/* The same of a few words, which blanks and commas separate. */
const char *vfu_near_words(const char *wanted, const char *words, char text[VFU_NEAR_TEXT]);

#endif
