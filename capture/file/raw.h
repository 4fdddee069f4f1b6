/*
 * Packets of link type USER0: bytes of UNIX sockets, as others record them. Either nothing but the bytes, or sockdump's
 * 16 bytes before them: the receiver's and the sender's process id, 64 bits each, big-endian.
 */
#ifndef VFU_CAPTURE_FILE_RAW_H
#define VFU_CAPTURE_FILE_RAW_H

#include "capture/file/rawstream.h"

struct vfu_capraw;

/* NULL when out of memory. */
struct vfu_capraw *vfu_capraw_new(void);
void vfu_capraw_free(struct vfu_capraw *r);
/* The bytes stay the caller's, and must stay until vfu_capraw_take says that there is nothing more. */
void vfu_capraw_put(struct vfu_capraw *r, const uint8_t *packet, size_t captured, size_t size, uint64_t time_ns);
enum vfu_rawtaken vfu_capraw_take(struct vfu_capraw *r, struct vfu_event *event);

#endif
