/*
 * Registers: what a place in a region of a device is called, and what its bits mean. Data, from whatever source there is:
 * plugins' tables, maps from files, what a capture recorded.
 */
#ifndef VFU_DECODER_REGISTERS_REGISTERS_H
#define VFU_DECODER_REGISTERS_REGISTERS_H

#include "decoder/wire/event.h"
#include "decoder/wire/transfer.h"
#include "decoder/wire/writer.h"

/* A value that has a name. */
struct vfu_register_value {
    uint64_t value;
    const char *name;
};

/* A field: bits low to low + bits - 1; bits is not 0. */
struct vfu_register_field {
    const char *name;
    uint8_t low, bits;
    uint16_t value_count;
    const struct vfu_register_value *values;
};

enum vfu_register_flag {
    VFU_REGISTER_READ_CHANGES = 1, /* reading it changes the device */
    VFU_REGISTER_READ_ONLY = 2,
    VFU_REGISTER_WRITE_ONLY = 4,
    VFU_REGISTER_FIRST = 64, /* of a map that the person chose: no other name takes its place */
};

struct vfu_register {
    const char *name; /* MAP.NAME, as it is shown: "nvme.csts"; of an array's parts with the index's place: "adc.ch[].gain" */
    const char *help; /* in a line; may be NULL */
    uint8_t width;    /* bytes: 1, 2, 4 or 8 */
    uint8_t flags;    /* enum vfu_register_flag */
    uint16_t field_count;
    const struct vfu_register_field *fields;
};

/* Where a device has a register, or count of them, stride bytes apart. */
struct vfu_register_place {
    const struct vfu_register *reg;
    uint64_t offset, stride;
    uint32_t region;
    uint32_t count; /* 0: it is no array; else they are called NAME[0], NAME[1], ... */
    uint64_t reach; /* vfu_register_map_sort's: how far the branch of its tree goes that begins here */
};

/* Those of one device, sorted by vfu_register_map_sort. */
struct vfu_register_map {
    const struct vfu_register_place *places;
    size_t count;
};

/* By region and offset. */
void vfu_register_map_sort(struct vfu_register_place *places, size_t count);
/*
 * Which registers lie in size bytes of a region from offset on, in order, into `found`; how many, at most VFU_REGISTERS_NAMED.
 * More than 8 bytes are no access to registers but to all that lies there: 0.
 */
unsigned vfu_register_map_find(const struct vfu_register_map *map, uint64_t region, uint64_t offset, uint64_t size,
                               struct vfu_register_at found[VFU_REGISTERS_NAMED]);

/*
 * A register that lives on, equal to this one: events may point to it. NULL: more are not kept. From one thread at a time.
 */
const struct vfu_register *vfu_register_keep(const struct vfu_register *r);

/* --- devices: a map for each connection --- */

struct vfu_register_maps;

/* NULL when out of memory. */
struct vfu_register_maps *vfu_register_maps_new(void);
void vfu_register_maps_free(struct vfu_register_maps *m);
/* From now on the connection's device has these, whose registers are kept ones. They are copied, and need no order. */
void vfu_register_maps_set(struct vfu_register_maps *m, uint32_t conn, const struct vfu_register_place *places, size_t count);
void vfu_register_maps_forget(struct vfu_register_maps *m, uint32_t conn);
/* Is it a command that accesses one place of a region, or the reply to one? */
bool vfu_event_is_access(const struct vfu_event *event);
/*
 * Where the event, which is an access, says that it accesses, or the command that it answers; m->data is NULL where only the command
 * has it. False: that is not at hand.
 */
bool vfu_event_place(const struct vfu_event *event, const struct vfu_decoded *decoded, struct vfu_moved *m);
/* Have the event name the registers that its access is about, in `found`. False: none, and it is as it was. */
bool vfu_register_maps_name(const struct vfu_register_maps *m, struct vfu_event *event, const struct vfu_decoded *decoded,
                            struct vfu_register_at found[VFU_REGISTERS_NAMED]);

/* --- what they say --- */

/*
 * Does the text name this register, in letters of any case, with _ for a blank? Of an array with an index or without one:
 * UINT64_MAX. *rest is what stands behind the name: nothing, .FIELD, or +OFFSET.
 */
bool vfu_register_named(const char *text, const struct vfu_register *reg, uint64_t *index, const char **rest);
/* Is it that name, by the same letters? */
bool vfu_register_same_word(const char *text, const char *name);
/* nvme.csts, nvme.sqtdbl[1]; nvme.cap+4 where an access begins within it. */
void vfu_register_write_name(struct vfu_writer *w, const struct vfu_register_at *r);
/*
 * Of an access of `width` bytes with this value, the register's bits: a part of them where it was not accessed as a whole;
 * *known are those that are known.
 */
uint64_t vfu_register_bits(const struct vfu_register_at *r, uint64_t value, unsigned width, uint64_t *known);
/* A field's value. False: the access does not have all its bits. */
bool vfu_register_field(const struct vfu_register_at *r, const struct vfu_register_field *f, uint64_t value, unsigned width,
                        uint64_t *found);
/* What a field's value is called; NULL: nothing. */
const char *vfu_register_value_name(const struct vfu_register_field *f, uint64_t value);
/* What the fields say that are known and not zero: "memory, bus master", "major 1, magic 0xed"; may write nothing. */
void vfu_register_write_fields(struct vfu_writer *w, const struct vfu_register_at *r, uint64_t value, unsigned width);

/* The number that bytes are. False: they are not 1, 2, 4 or 8, or not all at hand. */
bool vfu_bytes_value(const struct vfu_value *data, uint64_t *value, unsigned *width);
/* The event's access: its value, and how many bytes it has. False: it has none, or not one of 1, 2, 4 or 8 bytes, all at hand. */
bool vfu_event_value(const struct vfu_event *event, const struct vfu_decoded *decoded, uint64_t *value, unsigned *width);

#endif
