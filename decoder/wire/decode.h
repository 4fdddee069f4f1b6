/*
 * Decoding: the fields of a message by the table. No allocation: values of a fixed part go into an array, what repeats
 * is a list that the caller walks.
 */
#ifndef VFU_DECODER_WIRE_DECODE_H
#define VFU_DECODER_WIRE_DECODE_H

#include "decoder/wire/cursor.h"
#include "decoder/wire/event.h"

enum { VFU_MAX_VALUES = 16 };

struct vfu_value {
    const struct vfu_field *field;
    uint64_t number;      /* NUMBER .. ENUM: the field's value after its mask. LIST: how many items are claimed */
    uint64_t raw;         /* FLAGS: the whole integer */
    const uint8_t *bytes; /* BYTES, JSON, LIST, OBJECT: what is at hand of it */
    size_t size;          /* of those bytes */
    uint64_t claimed;     /* how many bytes there should be */
    size_t stride;        /* LIST: from one item to the next */
    size_t first;         /* LIST that is a chain: the first item's offset in bytes */
    bool winds;           /* LIST that is a chain: it goes back somewhere */
    bool swap;
};

/* What a decoder sees of a message: its payload, what was decoded so far, and the request if this is a reply. */
struct vfu_view {
    const struct vfu_event *event;   /* NULL: an item, or an object, in a payload */
    const struct vfu_layout *layout; /* whose fields these are */
    struct vfu_cursor payload; /* what is at hand */
    uint64_t payload_size;     /* what the header claims, without the header */
    const struct vfu_value *values;
    unsigned count;
};

struct vfu_decoded {
    const struct vfu_layout *layout;
    struct vfu_value values[VFU_MAX_VALUES];
    unsigned count;
    bool truncated;       /* fewer bytes at hand than the header's size says */
    bool is_short;        /* a whole message, too short for its fields */
    const uint8_t *extra; /* bytes beyond the known fields */
    size_t extra_size;
};

/* Decode the payload of a VFU_EVENT_MESSAGE. Pointers in `out` are into the message's bytes. */
void vfu_decode(const struct vfu_event *event, struct vfu_decoded *out);

/* The event's fields: the session's if they are at hand, else decoded into `room`. */
const struct vfu_decoded *vfu_decoded_of(const struct vfu_event *event, struct vfu_decoded *room);

/*
 * Walk a list: decode the item after the one at *offset (start with *offset = SIZE_MAX) into values (room for
 * VFU_MAX_VALUES), *count of them. False at the end, or where the bytes at hand end. A chain may go backwards; where it
 * comes to an item again, or leaves the payload, or goes back after more items than anybody has, it ends and *broken is set.
 */
bool vfu_list_next(const struct vfu_value *list, size_t *offset, const struct vfu_layout **layout,
                   struct vfu_value *values, unsigned *count, bool *broken);
/* Decode a VFU_OBJECT's fields; how many. */
unsigned vfu_object_values(const struct vfu_value *object, struct vfu_value *values);

/* The value of a field by name among `count` values, or NULL. */
const struct vfu_value *vfu_value_by_name(const struct vfu_value *values, unsigned count, const char *name);
/* argsz, which stands first where it is; NULL: the message has none. */
const struct vfu_value *vfu_argsz(const struct vfu_value *values, unsigned count);
/* The number of a field by name, or `otherwise` if the message lacks it. */
uint64_t vfu_number(const struct vfu_value *values, unsigned count, const char *name, uint64_t otherwise);

/*
 * Does a condition hold? Of the values decoded so far, or, where the view has none yet, of what stands at the places of
 * its layout's fields. NULL is no condition: true.
 */
bool vfu_holds(const struct vfu_term *terms, const struct vfu_view *view);
/* Does it hold for a message that was decoded? */
bool vfu_decoded_holds(const struct vfu_term *terms, const struct vfu_event *event, const struct vfu_decoded *decoded);
/* Which of a shape's layouts (vfu_shape_layout) a message has, by its payload, of which nothing was decoded yet. */
unsigned vfu_choose(const struct vfu_shape *shape, struct vfu_view *view);
/* A number that stands at its field's place, whatever else the payload holds. False: no such field, or not at hand. */
bool vfu_read_field(const struct vfu_layout *layout, const struct vfu_cursor *payload, const char *name,
                    uint64_t *number);

/* The fields of the request that a reply answers, as far as the event has its bytes. False: it has none. */
bool vfu_decode_request(const struct vfu_event *reply, struct vfu_decoded *out);
/* A number of the request of which `view` is the reply, or `otherwise`. By the table too, from event->request. */
uint64_t vfu_request_number(const struct vfu_view *view, const char *name, uint64_t otherwise);

#endif
