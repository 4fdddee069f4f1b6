/*
 * The shape of the protocol table (table.c): for each command, who sends it, and its request and reply as lists of
 * fields. The decoder, the encoder, the JSON names, the shell's `send` and its help all read it; nothing else in the
 * program knows an offset.
 */
#ifndef VFU_DECODER_WIRE_TABLE_H
#define VFU_DECODER_WIRE_TABLE_H

#include "decoder/wire/message.h"

struct vfu_name {
    uint64_t value;
    const char *name; /* NULL ends a list */
};

enum vfu_kind {
    VFU_NUMBER,  /* an integer, decimal in text */
    VFU_SIZE,    /* an integer that counts bytes */
    VFU_ADDRESS, /* an integer, hex in text */
    VFU_FLAGS,   /* an integer of bits, each with a name; `mask` says which bits the names may use */
    VFU_ENUM,    /* an integer that may have a name, which stands beside it as NAME_name; `mask` cuts it out */
    VFU_BYTES,   /* bytes: as many as the field named `count` says, or all that is left */
    VFU_JSON,    /* VERSION's text, to the end, with its NUL */
    VFU_LIST,    /* repeated `item`s: as many as the field named `count` says, or all that is left */
    VFU_OBJECT,  /* one `item`, shown as an object of its own */
};

/*
 * A condition: tests that must all hold, or all of those after an OR; the first VFU_END ends them. They are data, so
 * that others have them too: plugins/wireshark/generate.c writes them as Lua. A field that is not at hand counts as 0.
 * The size is what the header claims of the payload, or what a list has for the item.
 */
enum vfu_test {
    VFU_END,
    VFU_OR,
    VFU_IS,          /* `field` is `value` */
    VFU_IS_NOT,
    VFU_HAS,         /* one of the bits `value` is set in `field` */
    VFU_LACKS,       /* none of them is */
    VFU_UP_TO,       /* `field` is `value` at most */
    VFU_SIZE_FROM,   /* the size is `value` at least */
    VFU_SIZE_BELOW,
    VFU_SIZE_WITHIN, /* the size is at most what `field` says */
    VFU_FITS,        /* behind the fixed part there are at least as many bytes as `field` says */
    VFU_LEAVES,      /* behind the fixed part, and behind as many bytes as `field` says, exactly `value` follow */
    VFU_IN_REPLY,
};

struct vfu_term {
    enum vfu_test test;
    const char *field;
    uint64_t value;
};

struct vfu_layout;

struct vfu_field {
    const char *name; /* NULL ends a list of fields */
    enum vfu_kind kind;
    uint8_t width;   /* bytes of an integer: 1, 2, 4 or 8 */
    uint16_t offset; /* from the start of the payload, or of the item */
    uint64_t mask;   /* FLAGS, ENUM: the part of the integer that is this field's; 0: all of it */
    const struct vfu_name *names;
    const char *count; /* BYTES, LIST: the name of the field, earlier in the layout, that says how many */
    const struct vfu_layout *item; /* LIST, OBJECT */
    const struct vfu_term *when; /* is the field there? Of the fields before it. NULL: always */
    /* BYTES: they begin where the bytes of that field end, not at `offset`. */
    const char *after;
    /* LIST: the field with the first item's offset in the payload. Each item's `next` has the next one's; 0 ends. */
    const char *chain;
    uint8_t most; /* BYTES: so many of them mean something at most, whatever `count` says */
    /*
     * LIST: items may be longer than `item`, or as short as this: as far apart as argsz, or what the payload has left,
     * and their number make of it. 0: as long as `item`.
     */
    uint8_t least;
    bool optional; /* that it is missing at the end of a whole message is no fault */
    bool hex;      /* NUMBER, ENUM: in text it is hex where it has no name */
    bool is_argsz; /* says how long the struct is that begins with it, or how long the reply may be */
    bool is_register; /* BYTES: 1, 2, 4 or 8 of them are a register's value, shown in text as the number they are */
    bool memory; /* BYTES, behind all else but more of it: guest memory, the device's state, or what the protocol does not know */
    bool alias;    /* shares its bytes with an earlier field (DEVICE_FEATURE's feature): never encoded alone */
};

struct vfu_layout {
    const struct vfu_field *fields;
    uint16_t size;     /* of the fixed part: a whole message with less is too short */
    const char *brief; /* how the text sink's one line shows it; see text.h */
};

/* A layout's field by name, the first of those that bear it; NULL if there is none. */
const struct vfu_field *vfu_field_by_name(const struct vfu_layout *layout, const char *name);

/* What a message may look like instead, and when: by those of its own fields that are always there, without an OR. */
struct vfu_form {
    const struct vfu_layout *layout; /* NULL ends a list of forms */
    const struct vfu_term *when;
};

/*
 * What is checked of a payload beside what follows from the other columns: its length, its descriptors, argsz, what a
 * reply repeats. decoder/rules has a function for each.
 */
enum vfu_check_number {
    VFU_NO_CHECK,
    VFU_CHECK_VERSION,
    VFU_CHECK_MAP,
    VFU_CHECK_UNMAP,
    VFU_CHECK_DEVICE_INFO,
    VFU_CHECK_REGION_ASKED,
    VFU_CHECK_REGION_INFO,
    VFU_CHECK_IO_FDS,
    VFU_CHECK_IRQ_ASKED,
    VFU_CHECK_SET_IRQS,
    VFU_CHECK_ACCESS,
    VFU_CHECK_WRITES,
    VFU_CHECK_MULTI,
    VFU_CHECK_DMA,
    VFU_CHECK_RESET,
    VFU_CHECK_BITMAP_ASKED,
    VFU_CHECK_FEATURE_ARGSZ,
    VFU_CHECK_FEATURE,
    VFU_CHECK_MIG_DATA,
    VFU_CHECKS
};

/* A request or a reply. */
struct vfu_shape {
    const struct vfu_layout *layout;
    const struct vfu_form *forms; /* dialects, features: the first one whose condition holds; none of them: `layout` */
    uint8_t sized, whole; /* enum vfu_check_number: of what may be too short or cut in its fixed part; of what is not */
    bool padded;     /* real peers send more than its count says, and everyone lives with that */
    bool own_argsz;  /* its argsz is how long it is itself, not the room for the reply, or that repeated */
    bool grows;      /* a struct that may get members at its end: as long as its argsz says */
    const char *const *zero; /* fields of a request that only the reply fills in; ends with NULL. NULL: none */
    uint8_t fds_max; /* how many fds may come with it */
    const struct vfu_term *fds_due; /* when some must: NULL never */
    const char *fds_missing;        /* that they must and did not, for people */
    const char *without_fds; /* what it means that none came, where some may, for people; NULL: nothing */
};

/*
 * What a command moves, and which of its fields say so: by their place in the layouts, from 0, the same in all of its
 * forms, before any that may be missing.
 */
enum vfu_space {
    VFU_NO_SPACE,
    VFU_REGION_SPACE, /* of the device's regions */
    VFU_MEMORY_SPACE, /* of guest memory */
    VFU_STATE_SPACE,  /* the device's state, while it migrates */
};

struct vfu_transfer {
    enum vfu_space space;
    bool write;       /* the bytes are in the request; else in the reply */
    const char *list; /* there are several: the field that lists them; the places are those in its items */
    uint8_t region, at, size;
};

struct vfu_command {
    uint16_t number;
    const char *name; /* the specification's, without VFIO_USER_ */
    enum vfu_side from;
    struct vfu_shape request, reply;
    const char *const *repeats; /* the fields in which a reply says again what it is about; ends with NULL. NULL: none */
    const struct vfu_term *asks; /* when its reply is its purpose, so that No_reply makes no sense; NULL: never */
    struct vfu_transfer moves;
    const struct vfu_term *beside; /* when it does no harm beside a VM that does not know of it; NULL: never */
    const char *harm;              /* what it does to the VM, for people; NULL: changes the device's state */
    bool unlimited;      /* max_data_xfer_size does not bound its messages: bitmaps do as they are */
    uint8_t fd_kinds;    /* what its fds are, 1 << enum vfu_fd_type each; 0: anything */
    uint32_t argsz_room; /* a built request's argsz is at least this: its reply has a tail of unknown length */
    const char *section; /* of the specification */
    const char *help;    /* one line */
};

/* All commands, by rising number; `count` gets how many. */
const struct vfu_command *vfu_commands(size_t *count);
/* The row of a command by number or by name (any case, with or without VFIO_USER_); NULL if there is none. */
const struct vfu_command *vfu_command_by_number(unsigned number);
const struct vfu_command *vfu_command_by_name(const char *name);

/* The field by which a request says how many bytes its reply has behind the fixed part; NULL: none does. */
const struct vfu_field *vfu_reply_count(const struct vfu_command *command);
/* The layouts that a request or a reply may have: 0 is its own, then those of its forms; NULL behind the last. */
const struct vfu_layout *vfu_shape_layout(const struct vfu_shape *shape, unsigned index);

/*
 * Has the payload of the command, its request or its reply, a field of this name (items of lists aside)? Then a bare name
 * means that one, also where a message lacks it (an error reply), and never the header's. A command of NULL has none.
 */
bool vfu_payload_has(const struct vfu_command *command, const char *name);

/* The header's own fields (id, command, size, flags, error), and the layout of what no row knows ({"data"}). */
extern const struct vfu_layout vfu_header_layout;
extern const struct vfu_layout vfu_unknown_layout;
extern const struct vfu_layout vfu_empty_layout;

/* Name lists that others use too: each ends with a NULL name. */
extern const struct vfu_name vfu_region_names[];       /* bar0 .. bar5, rom, config, vga */
extern const struct vfu_name vfu_irq_names[];          /* intx, msi, msix, err, req */
extern const struct vfu_name vfu_feature_names[];      /* MIGRATION, ... */
extern const struct vfu_name vfu_device_state_names[]; /* ERROR, STOP, ... */
extern const struct vfu_name vfu_header_flag_names[];  /* no_reply, error */
extern const struct vfu_name vfu_side_names[];         /* client, server */
extern const struct vfu_name vfu_channel_names[];      /* main, twin */
extern const struct vfu_name vfu_fd_type_names[];      /* memfd, eventfd, ... */
extern const struct vfu_name vfu_errno_names[];        /* EPERM, ... */

/* The name of a value, or NULL. */
const char *vfu_name_of(const struct vfu_name *names, uint64_t value);
/* The value of a name (any case); false if there is no such name. */
bool vfu_name_value(const struct vfu_name *names, const char *name, uint64_t *value);
/* Either: a name of the list (which may be NULL), or a number as vfu_parse_number has it. */
bool vfu_parse_named(const struct vfu_name *names, const char *text, uint64_t *value);

#endif
