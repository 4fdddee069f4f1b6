/*
 * The client end's receiving half, for client.c.
 */
#ifndef VFU_CAPTURE_CLIENT_INSIDE_H
#define VFU_CAPTURE_CLIENT_INSIDE_H

#include "capture/client/client.h"

/* The connection ends: sockets closed, what waited forgotten, the session told. */
void vfu_client_end(struct vfu_client *c, const char *why);
/* The same, and the owner told: it was not us. */
void vfu_client_lost(struct vfu_client *c, const char *why);

#endif
