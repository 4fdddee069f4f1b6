/*
 * Inside the client end. From the ground up: reply < send < in < client, hand < ask.
 */
#ifndef VFU_CAPTURE_CLIENT_INSIDE_H
#define VFU_CAPTURE_CLIENT_INSIDE_H

#include "capture/client/client.h"

/* Copy what the event points to, and take the reader's fds. False: out of memory. */
bool client_keep_reply(struct vfu_reply *reply, const struct vfu_event *event, struct vfu_reader *r);

/* The connection ends: sockets closed, what waited forgotten, the session told. closed_by: bits, 1 << enum vfu_side. */
void client_end(struct vfu_client *c, unsigned closed_by, const char *why);
/* The same, and the owner told: it was not us. By hand, that is all up to the owner. */
void client_lost(struct vfu_client *c, unsigned closed_by, const char *why);
/* Does the owner want to go on no further? */
static inline bool client_is_stopped(const struct vfu_client *c) { return c->hooks.stopped && c->hooks.stopped(c->hooks.context); }
/* CLOSED, and why. */
enum vfu_client_result client_not_open(const struct vfu_client *c, struct vfu_error *error);

/* in.c */
/* The message in the channel's reader, with what its fds are (room for VFU_MAX_FDS), for the session and the owner. */
void client_note_received(struct vfu_client *c, enum vfu_channel channel, struct vfu_fd *about,
                          struct vfu_event *event);
/* A command of the server's, for the owner, or to be refused. */
void client_take_command(struct vfu_client *c, const struct vfu_event *event);

#endif
