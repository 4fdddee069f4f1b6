/*
 * The server end of a vfio-user connection: a device model behind it, one client at a time, no thread of its own. What
 * belongs to the device outlives a connection; what a client gave (mappings, eventfds) goes with it. Every message of
 * both directions passes a vfu_session, so that its owner can have the same events as the tap's sinks.
 *
 *     vfu_server_take(s, fd);
 *     do
 *         poll(p, vfu_server_poll(s, p), -1);
 *     while (vfu_server_turn(s, p));
 */
#ifndef VFU_CAPTURE_SERVER_SERVER_H
#define VFU_CAPTURE_SERVER_SERVER_H

#include "capture/server/device.h"
#include "decoder/session/session.h"

#include <poll.h>

struct vfu_server;

/* What of migration the device is said to be able to */
enum vfu_server_migration { VFU_SERVER_PRE_COPY, VFU_SERVER_STOP_COPY, VFU_SERVER_NO_MIGRATION };

struct vfu_server_options {
    const struct dev_model *model;
    const char *details; /* for the model: what stood behind `NAME:`; NULL: nothing */
    enum vfu_server_migration migration;
    const struct vfu_checks *checks; /* what the session checks; NULL: nothing */
    /* All that passes, in order; valid during the call. NULL: nobody asks. */
    void (*event)(void *context, const struct vfu_event *event);
    /* A line for people, about the client. NULL: nobody asks. */
    void (*say)(void *context, const char *text);
    void *context;
};

/* NULL: `why` (DEV_WHY bytes) says why. The options are copied. */
struct vfu_server *vfu_server_new(const struct vfu_server_options *options, char *why);
/* NULL is fine. A client is left. */
void vfu_server_free(struct vfu_server *s);

/* Serve this client: a connected stream socket, which becomes the server's. There must be none at the moment. */
void vfu_server_take(struct vfu_server *s, int fd);
/* End the connection. */
void vfu_server_leave(struct vfu_server *s);

enum { VFU_SERVER_POLLS = 10 };
/* While there is a client: what to poll for, VFU_SERVER_POLLS at most; how many. */
unsigned vfu_server_poll(const struct vfu_server *s, struct pollfd *p);
/* Do what poll found: take commands, reply, go on with DMA. False: the client is gone, and was left. */
bool vfu_server_turn(struct vfu_server *s, const struct pollfd *p);

#endif
