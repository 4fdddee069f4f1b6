/*
 * Inside plugins/maps: json.c and svd.c read a format, make.c makes registers of what they read, maps.c has the files.
 */
#ifndef VFU_PLUGINS_MAPS_INSIDE_H
#define VFU_PLUGINS_MAPS_INSIDE_H

#include "plugins/maps/maps.h"

enum { MAPS_DEPTH = 16 /* blocks within blocks */, MAPS_BYTES = 64 << 20 /* of a file */, MAPS_JSON_BYTES = 16 << 20 };

/* A block of registers, or (the last of them) a register: what stands in its name, and where. */
struct maps_level {
    const char *name;   /* with %s where the index stands, if it is an array that has one */
    uint64_t offset;    /* in the block around it */
    uint32_t count;     /* 0: it is no array */
    uint64_t stride;    /* bytes; 0: of a register its width */
    char *const *words; /* count of them, which stand for %s; NULL: numbers */
};

/* A map while it is made. */
struct maps_making {
    struct vfu_devmap *map;
    const struct vfu_maps_how *how;
    struct vfu_error *error;
    struct maps_level levels[MAPS_DEPTH + 1];
    unsigned level_count;
    uint32_t region;
    uint64_t offset; /* of the region's first block */
    struct maps_partner *partners; /* partner_count of them: registers that name others */
    size_t partner_count, partner_room;
};

/* What a register is, whatever its place and its name. All it points to is the map's. */
struct maps_register {
    struct vfu_devmap_register as; /* but for name, length and high */
    const char *length, *high;     /* names of registers beside it; NULL: none */
};

/* Add the register that the levels name: each that has a name of its own. False: error says why. */
bool maps_add(struct maps_making *m, const struct maps_register *reg);
/* Registers that name others find them, and the map is made. False: error says why. */
bool maps_finish(struct maps_making *m);
void maps_making_free(struct maps_making *m);

/* A word of letters, digits, _, - and .: a name as it may stand in a filter. */
bool maps_is_name(const char *text);
void maps_remark(const struct maps_making *m, const char *text);
/* The flags of access, for whoever only asks whether to read it. */
uint8_t maps_flags_of(enum vfu_register_access access);
/* "7:4", "3" */
bool maps_parse_bits(const char *text, unsigned *low, unsigned *bits);

/* False: error says why, and where in the file. */
bool maps_json(struct maps_making *m, const char *bytes, size_t size);
/* Where a text that can't be parsed stops being JSON, and what is expected there. */
const char *maps_json_fault(const char *bytes, size_t size, const char **what);
bool maps_svd(struct maps_making *m, const char *bytes, size_t size);

#endif
