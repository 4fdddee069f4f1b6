/*
 * A session as it is at a moment, kept for later.
 */
#ifndef VFU_DECODER_SESSION_COPY_H
#define VFU_DECODER_SESSION_COPY_H

#include "decoder/session/session.h"

/* Another one that knows the same, and goes on by itself. NULL when out of memory. */
struct vfu_session *vfu_session_copy(const struct vfu_session *s);
/* Bytes that a copy takes, about. */
size_t vfu_session_size(const struct vfu_session *s);

#endif
