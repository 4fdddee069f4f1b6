/*
 * A map of a device's registers from a file: data that does not change once it is made. Whoever reads a format makes it, piece by
 * piece; its registers are found by place in O(log n), arrays without being unrolled.
 */
#ifndef VFU_DECODER_REGISTERS_DEVMAP_H
#define VFU_DECODER_REGISTERS_DEVMAP_H

#include "decoder/registers/registers.h"
#include "decoder/wire/error.h"

enum {
    VFU_DEVMAP_REGISTERS = 65536, /* of a map; an array counts as one */
    VFU_DEVMAP_FIELDS = 64,       /* of a register */
    VFU_DEVMAP_VALUES = 1024,     /* of a field */
    VFU_DEVMAP_BYTES = 128 << 20, /* of all texts and tables */
    VFU_DEVMAP_AROUND = 256,      /* so many arrays may lie around one place */
    VFU_DEVMAP_NAME = 128,        /* characters of a register's whole name */
};

enum vfu_register_access { VFU_ACCESS_UNKNOWN, VFU_ACCESS_RO, VFU_ACCESS_WO, VFU_ACCESS_RW, VFU_ACCESS_RW1C, VFU_ACCESS_RC, VFU_ACCESS_RESERVED };
enum vfu_register_role { VFU_ROLE_NONE, VFU_ROLE_DMA_ADDRESS, VFU_ROLE_DMA_LOW, VFU_ROLE_DMA_HIGH, VFU_ROLE_LENGTH, VFU_ROLE_DOORBELL, VFU_ROLE_IRQ_STATUS };
extern const struct vfu_name vfu_register_access_names[], vfu_register_role_names[];

/* A register of a map: what its name, fields and width do not say. */
struct vfu_devmap_register {
    struct vfu_register reg; /* the first: events point to it */
    uint8_t access, role;
    uint8_t widths; /* bit n: accesses of 1 << n bytes are right; 0: nothing is said of that */
    bool has_reset;
    uint64_t reset;
    const char *unit; /* of its value: "bytes", "ms"; may be NULL */
    const struct vfu_devmap_register *length, *high; /* of a DMA address: those with the length, and with the upper half; may be NULL */
    const char *const *units;  /* of its fields, each may be NULL; NULL: none has one */
    const char *const *helps;  /* likewise */
};

/* The register of a map that an event or a place names. */
static inline const struct vfu_devmap_register *vfu_devmap_register_of(const struct vfu_register *reg)
{
    return (const struct vfu_devmap_register *)(const void *)reg;
}

/* A device that it is for: by PCI ids, or by class code. */
struct vfu_devmap_claim {
    uint32_t vendor, device;    /* above 0xffff: any */
    uint32_t class_code, class_mask; /* of 24 bits; mask 0: any */
};

enum { VFU_DEVMAP_CLAIMS = 64 };

struct vfu_devmap {
    const char *name;  /* in front of its registers' */
    const char *help;  /* may be NULL */
    struct vfu_devmap_claim claims[VFU_DEVMAP_CLAIMS]; /* any of them; none: every device */
    unsigned claim_count;
    struct vfu_register_map map; /* in order */
    /* While it is made: */
    struct vfu_register_place *places;
    size_t room, bytes;
    struct vfu_devmap_piece *pieces;
};

/* NULL when out of memory. */
struct vfu_devmap *vfu_devmap_new(void);
/* NULL is fine. Events that name its registers must be gone. */
void vfu_devmap_free(struct vfu_devmap *m);
/* Room of the map's, zeroed, for count items of so many bytes. NULL: more than it may have, or out of memory. */
void *vfu_devmap_room(struct vfu_devmap *m, size_t count, size_t size);
/* A copy of the text, of which what a terminal can't show is a question mark, and blanks are one. NULL as above. */
const char *vfu_devmap_text(struct vfu_devmap *m, const char *text);
/* A register at a place, whose `reg` is the map's, of a struct vfu_devmap_register. False: error says why. */
bool vfu_devmap_add(struct vfu_devmap *m, const struct vfu_register_place *place, struct vfu_error *error);
/* All were added. False: error says why. */
bool vfu_devmap_finish(struct vfu_devmap *m, struct vfu_error *error);

/* Is it for a device with these ids and class code? */
bool vfu_devmap_claims(const struct vfu_devmap *m, uint16_t vendor, uint16_t device, uint32_t class_code);
/* Of a map that is made, what overlaps: from place number *at on, which becomes the next. False: nothing more. */
bool vfu_devmap_overlap(const struct vfu_devmap *m, size_t *at, const struct vfu_register_place **one,
                        const struct vfu_register_place **other);
/* By name, MAP.NAME or MAP.NAME[2]: where it lies, and of an array which one. False: there is none. */
bool vfu_devmap_find(const struct vfu_devmap *m, const char *name, const struct vfu_register_place **place, uint64_t *index);

#endif
