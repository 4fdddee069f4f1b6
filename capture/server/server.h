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

/* A message of the server's, or what becomes of one. */
struct vfu_server_out {
    enum vfu_channel channel;
    const void *bytes;
    size_t size;
    const int *fds; /* the caller's */
    unsigned nfds;
};

struct vfu_server_options {
    const struct dev_model *model;
    const char *details; /* for the model: what stood behind `NAME:`; NULL: nothing */
    enum vfu_server_migration migration;
    bool no_twin; /* no twin socket is agreed on, whatever the client proposes */
    const struct vfu_checks *checks; /* what the session checks; NULL: nothing */
    /* All that passes, in order; valid during the call. NULL: nobody asks. */
    void (*event)(void *context, const struct vfu_event *event);
    /*
     * It is about to go out. True: it is not to, the owner sees to that, by vfu_server_put perhaps. NULL: all goes out. For
     * who plays a server that behaves otherwise.
     */
    bool (*sends)(void *context, const struct vfu_server_out *out);
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

/* Send these bytes, whatever they are, past `sends`. */
void vfu_server_put(struct vfu_server *s, const struct vfu_server_out *out);
/* The owner sends this message, as a whole or in pieces: the session and the owner's events are to know it. */
void vfu_server_note(struct vfu_server *s, const struct vfu_server_out *out);

/* Has the client sent more than was read? */
bool vfu_server_has_more(const struct vfu_server *s);
/* Has the client not read all that was sent on the main socket? */
bool vfu_server_unread(const struct vfu_server *s);

enum { VFU_SERVER_POLLS = 10 };
/* While there is a client: what to poll for, VFU_SERVER_POLLS at most; how many. */
unsigned vfu_server_poll(const struct vfu_server *s, struct pollfd *p);
/* Do what poll found: take commands, reply, go on with DMA. False: the client is gone, and was left. */
bool vfu_server_turn(struct vfu_server *s, const struct pollfd *p);

#endif
