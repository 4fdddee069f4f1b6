/*
 * Events that were copied in one piece (vfu_event_copy), and whose piece is now elsewhere.
 */
#ifndef VFU_DECODER_WIRE_IMAGE_H
#define VFU_DECODER_WIRE_IMAGE_H

#include "decoder/wire/event.h"

/* Such a copy, whole, was moved into this room, of the same process: have it point into that. */
struct vfu_event *vfu_event_moved(void *room);

#endif
