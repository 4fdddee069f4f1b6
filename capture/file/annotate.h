/*
 * What a record says about its message beyond what was on the socket: the rules it breaks, what plugins say, what it
 * answers. For readers that know neither rules nor plugins, and for files that lack what it would take to find out
 * again. vfuscope-capture(5) describes it. Behind the descriptors, all big-endian:
 *
 *   type u16, length u16 of the value, which is padded with zeros to a multiple of 4
 *   1 reply     number of the command u64, nanoseconds since u64
 *   2 problem   severity u8 (enum vfu_severity), side at fault u8, length of the rule's id u8, 0; id, text
 *   3 note      1 if it warns u8, length of the plugin's name u8, 0 u16; name, text
 *   4 left out  u32: so many problems and notes had no room
 */
#ifndef VFU_CAPTURE_FILE_ANNOTATE_H
#define VFU_CAPTURE_FILE_ANNOTATE_H

#include "decoder/wire/event.h"

enum {
    VFU_ANNOTATIONS_MAX = 16 << 10, /* bytes that we write with a message */
    VFU_RECORDED_PROBLEMS = 16,     /* that are read, at most */
    VFU_RECORDED_NOTES = 128,
};

/* Room for what was read. */
struct vfu_recorded {
    struct vfu_problem problems[VFU_RECORDED_PROBLEMS];
    struct vfu_note notes[VFU_RECORDED_NOTES];
};

/* Write those of a message, what it answers only if `pairing`; their size, a multiple of 4. */
size_t vfu_annotations_put(const struct vfu_event *event, bool pairing, uint8_t at[VFU_ANNOTATIONS_MAX]);
/*
 * Read them into the event's paired, reply_to and latency_ns, its problems and its notes, which will be in `room`. What is
 * not understood (a rule that this version does not have, a type of a later one, what is damaged) is left out.
 */
void vfu_annotations_get(const uint8_t *bytes, size_t size, struct vfu_event *event, struct vfu_recorded *room);
/* Add a problem as it was recorded; false: no such rule or severity, or no room. Texts need no end. */
bool vfu_recorded_problem(struct vfu_event *event, struct vfu_recorded *room, const char *rule, size_t rule_size,
                          unsigned severity, unsigned at_fault, const char *text, size_t text_size);
/* Likewise a note. */
bool vfu_recorded_note(struct vfu_event *event, struct vfu_recorded *room, const char *plugin, size_t plugin_size,
                       const char *text, size_t text_size, bool warning);

#endif
