/*
 * Inside the client end. From the ground up: reply < send < in < client.
 */
#ifndef VFU_CAPTURE_CLIENT_INSIDE_H
#define VFU_CAPTURE_CLIENT_INSIDE_H

#include "capture/client/client.h"

/* Copy what the event points to, and take the reader's fds. False: out of memory. */
bool client_keep_reply(struct vfu_reply *reply, const struct vfu_event *event, struct vfu_reader *r);

/* The connection ends: sockets closed, what waited forgotten, the session told. */
void client_end(struct vfu_client *c, const char *why);
/* The same, and the owner told: it was not us. */
void client_lost(struct vfu_client *c, const char *why);

#endif
