/*
 * An SVD as a tree: what svdtree.c makes of the text, and svd.c reads.
 */
#ifndef VFU_PLUGINS_MAPS_SVD_H
#define VFU_PLUGINS_MAPS_SVD_H

#include "plugins/maps/inside.h"

enum svd_tag {
    SVD_OTHER, /* with all that is in it */
    SVD_DEVICE, SVD_PERIPHERALS, SVD_PERIPHERAL, SVD_REGISTERS, SVD_REGISTER, SVD_CLUSTER, SVD_FIELDS, SVD_FIELD,
    SVD_ENUMERATED_VALUES, SVD_ENUMERATED_VALUE, SVD_NAME, SVD_DESCRIPTION, SVD_BASE_ADDRESS, SVD_ADDRESS_OFFSET, SVD_SIZE,
    SVD_ACCESS, SVD_RESET_VALUE, SVD_READ_ACTION, SVD_MODIFIED_WRITE_VALUES, SVD_DIM, SVD_DIM_INCREMENT, SVD_DIM_INDEX,
    SVD_BIT_OFFSET, SVD_BIT_WIDTH, SVD_BIT_RANGE, SVD_LSB, SVD_MSB, SVD_VALUE, SVD_USAGE,
    SVD_TAGS
};

struct svd_node {
    struct svd_node *next, *children, *last, *parent;
    const struct svd_node *base; /* what it is derived from; NULL: nothing */
    const char *derived;         /* its name; NULL: it has none */
    const char *text;            /* never NULL */
    uint32_t line;
    uint8_t tag;
};

struct svd {
    struct maps_making *m;
    struct svd_node *root;
    struct svd_piece *pieces; /* what nodes and texts lie in */
    size_t bytes;
    uint64_t steps; /* that looking for what is derived took so far */
    uint64_t looks; /* at elements within others, likewise */
};

enum { SVD_STEPS = 20000000, SVD_LOOKS = 200000000 };

/* An array: dim, dimIncrement, dimIndex. */
struct svd_dim {
    uint32_t count; /* 0: it is none */
    uint64_t stride;
    char **words;
};

/* False: error says what, with line and column. */
bool svd_parse(struct svd *s, const char *bytes, size_t size);
/* Each node that is derived from another finds it. False: error says which does not, or is derived from itself. */
bool svd_derive(struct svd *s);
void svd_free(struct svd *s);
/* An error about a node; always false. */
bool svd_wrong(struct svd *s, const struct svd_node *node, const char *what, const char *why);

const char *svd_tag_name(enum svd_tag tag);
/* The first element in it of this kind, or in what it is derived from; NULL: none. */
const struct svd_node *svd_get(struct svd *s, const struct svd_node *node, enum svd_tag tag);
/* Its own elements; if it has none those of what it is derived from. */
const struct svd_node *svd_children(const struct svd_node *node);
/* The text of <name>, or "". */
const char *svd_name(const struct svd_node *node);
/* Is there one of this name in `of`, or in what that is derived from, up to `base`? */
bool svd_has_child(struct svd *s, const struct svd_node *of, const struct svd_node *base, const struct svd_node *child);

/* False: error says why. */
bool svd_read_dim(struct svd *s, const struct svd_node *node, struct svd_dim *dim);
/* The name of one of them, cut to VFU_DEVMAP_NAME. */
void svd_name_of(const struct svd_dim *dim, const char *name, uint32_t number, char *text);

#endif
