/*
 * A record of a capture file, as it stands before the message: Wireshark's exported-PDU tags and our pseudo-header.
 * The manual's vfuscope-capture(5) describes it. All big-endian.
 *
 *   tags            12 "vfio_user" (the dissector), 35 direction (0 sent: from the client; 1 received), 0 end
 *   0  magic u32    "vfus"              8  endianness u8  1 little, 2 big: the message's
 *   4  version u8   1                   9  changed u8     VFU_CHANGED_* bits
 *   5  type u8      1 message, 2 event  10 flags u8       1: the kernel cut fds off, 2: fds not seen
 *   6  channel u8   0 main, 1 twin      11 reserved
 *   7  direction u8 0 from the client   12 header length u16: of all of this, to the end of the annotations
 *   14 fd count u16   16 connection u32   20 reserved   24 message number u64   32 monotonic time u64, ns
 *   40 fds, 16 bytes each: type u8 (enum vfu_fd_type), has_size u8, 6 reserved, size u64
 *   then annotations, up to the header's length: capannotate.h
 */
#ifndef VFU_CAPTURE_FILE_RECORD_H
#define VFU_CAPTURE_FILE_RECORD_H

#include "capture/file/annotate.h"
#include "decoder/wire/error.h"
#include "decoder/wire/message.h"

enum {
    VFU_RECORD_TAGS = 28,
    VFU_RECORD_HEADER = 40,
    VFU_RECORD_FD = 16,
    VFU_RECORD_HEAD_MAX = VFU_RECORD_TAGS + VFU_RECORD_HEADER + VFU_RECORD_FD * VFU_MAX_FDS +
                          VFU_ANNOTATIONS_MAX,
    VFU_RECORD_MAX = 262144, /* Wireshark and libpcap refuse a file with a larger one */
};

/*
 * Write tags and pseudo-header of a message, or of what is none. Returns their size. pairing: say what a reply answers,
 * which needs no saying where its command is in the same file.
 */
size_t vfu_record_put(const struct vfu_event *event, bool pairing, uint8_t head[VFU_RECORD_HEAD_MAX]);

/*
 * Read a record: `captured` bytes of `size` there were. On success the event's message points behind the head, fds (room
 * for VFU_MAX_FDS) are filled in, its time.wall_ns is left alone; of a message, annotations are in the event, with what
 * they need in `recorded`. False: error says what is wrong with it.
 */
bool vfu_record_get(const uint8_t *record, size_t captured, uint64_t size, struct vfu_event *event, struct vfu_fd *fds,
                    struct vfu_recorded *recorded, bool *is_event, struct vfu_error *error);

#endif
