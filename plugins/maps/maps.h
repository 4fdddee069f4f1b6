/*
 * Readers of register maps: files that say what a device's registers are called and mean. Each makes a struct vfu_devmap.
 */
#ifndef VFU_PLUGINS_MAPS_MAPS_H
#define VFU_PLUGINS_MAPS_MAPS_H

#include "decoder/registers/devmap.h"

/* What the person says beside the file. */
struct vfu_maps_how {
    bool has_region; /* it lies in `region`: an SVD, and of our own format what has one region */
    uint32_t region;
    uint64_t offset; /* is added to each place */
    bool first;     /* its names are VFU_REGISTER_FIRST */
    const struct vfu_devmap_claim *claim; /* for this device, whatever the file says; NULL: as the file says */
    /* What is odd in it and no fault, a line each: "regions.bar0.registers[3].acces: ...". May be NULL. */
    void (*remark)(void *context, const char *text);
    void *context;
};

/* Does a file of this name hold a map? By its ending: .json, .svd, or .xml. */
bool vfu_maps_is_named(const char *name);
/*
 * Read a file, whose first character says in which format it is. NULL: error says what and where, behind the path; number is
 * an errno where it could not be read.
 */
struct vfu_devmap *vfu_maps_read(const char *path, const struct vfu_maps_how *how, struct vfu_error *error);
/* The same of bytes that are at hand: for tests. */
struct vfu_devmap *vfu_maps_parse(const char *bytes, size_t size, const struct vfu_maps_how *how, struct vfu_error *error);

#endif
