/*
 * Inside the server end. From the ground up: tell < channel < maps, dirty, irq, doorbell < dma < memory, migrate (over
 * stream) < feature, access, info, version < connection < server. Handlers of commands return 0, or the errno of the
 * reply.
 */
#ifndef VFU_CAPTURE_SERVER_INSIDE_H
#define VFU_CAPTURE_SERVER_INSIDE_H

#include "capture/server/server.h"
#include "capture/server/stream.h"
#include "capture/socket.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/encode.h"
#include "decoder/wire/ranges.h"

#include <errno.h>
#include <sys/queue.h>

/* What the server tells the client it can take. */
enum {
    SERVER_MAX_MSG_FDS = 8,
    SERVER_MAX_DATA_XFER_SIZE = 1048576,
    SERVER_PAGE_SIZE = 4096,
    SERVER_MAX_DMA_MAPS = 65535,
    SERVER_MINOR = 2,
};


/* A socket with the messages that it did not take at once. */
struct server_message;
struct server_channel {
    int fd; /* -1: not there */
    struct vfu_reader reader;
    uint64_t received; /* bytes of whole messages, before the reader's */
    STAILQ_HEAD(, server_message) queue;
    size_t waiting; /* bytes of the queue not sent yet */
    bool deaf;      /* the client takes no more */
};

struct server_map {
    uint64_t address, size, offset;
    bool readable, writeable;
    int fd; /* -1: reached by messages */
};

enum server_action { SERVER_MASK, SERVER_UNMASK, SERVER_TRIGGER, SERVER_ACTIONS };
struct server_vector {
    int fd[SERVER_ACTIONS]; /* the eventfd that is signalled; -1: none */
    bool masked;
    bool held; /* fired while the device is stopped */
};

/* The transfers that the device started, first to last; the first one is at work. */
struct server_transfers {
    STAILQ_HEAD(, dev_dma) queue;
    size_t done;   /* bytes of the first */
    bool waiting;  /* for the client's reply to the message below */
    uint16_t id;   /* of that message; the next one is one above */
    size_t chunk;  /* its count */
};

struct server_migration {
    enum vfu_device_state state;
    struct server_stream data; /* of the saving states, or of RESUMING */
    bool delivered;           /* RESUMING: some data came */
};

/* The log of the device's DMA writes: bytes first to last, sorted, apart from each other. */
struct server_range {
    uint64_t first, last;
};
struct server_dirty {
    uint64_t page_size; /* 0: nothing is logged */
    struct server_range *ranges; /* to be watched */
    size_t range_count;
    struct server_range *pages;
    size_t count, room;
};

/* A doorbell's eventfd */
struct server_bell {
    const struct dev_doorbell *doorbell; /* the first that it stands for: others differ in their size */
    int fd;
};

struct vfu_server {
    struct vfu_server_options options;
    struct vfu_session *session;
    uint32_t conn; /* the client's number; they count up */
    struct dev *dev;
    struct dev_host host;
    bool level[DEV_MAX_IRQS];                   /* of vector 0 */
    struct server_vector *vectors[DEV_MAX_IRQS]; /* by index; as many as the index has */
    struct server_migration migration;

    /* Of the connection */
    struct server_channel client, twin;
    bool negotiated;
    bool closing; /* nothing more is read; ends once everything is sent */
    bool write_multiple;
    bool twin_agreed;
    bool told_stray;
    uint64_t client_max_fds, client_max_xfer;
    struct vfu_ranges maps; /* of struct server_map */
    struct server_transfers dma;
    struct server_dirty dirty;
    struct server_bell bells[SERVER_MAX_MSG_FDS];
    unsigned bell_count;
};

/* A message of the client's, and what it points to */
struct server_received {
    struct vfu_event event;
    struct vfu_fd about[VFU_MAX_FDS];
};

/* A command while it is handled. */
struct server_request {
    const struct vfu_event *event;
    const struct vfu_decoded *in; /* the session's: good until something is sent */
    int *fds; /* the handler sets what it keeps to -1; the others are closed */
    unsigned nfds;
    struct vfu_build reply; /* started; left empty it is the header alone */
    int reply_fds[SERVER_MAX_MSG_FDS]; /* go with the reply */
    unsigned reply_nfds;
    bool reply_fds_close; /* after they were sent */
};

/* A request's field by name; 0 if it is not there. */
static inline uint64_t server_field(const struct server_request *r, const char *name)
{
    return vfu_number(r->in->values, r->in->count, name, 0);
}

/* The reply is the request's payload again, `size` bytes of it. 0 or ENOMEM. */
static inline int server_repeat(struct server_request *r, size_t size)
{
    vfu_build_clear_payload(&r->reply);
    return vfu_build_append(&r->reply, r->event->message.bytes + VFU_HEADER_SIZE, size) ? 0 : ENOMEM;
}

/* tell.c */
/* A line for people, about the client. */
__attribute__((format(printf, 2, 3))) void server_say(struct vfu_server *s, const char *format, ...);
/* The message in the reader; the event has no `decoded` if there is no memory. */
void server_note_received(struct vfu_server *s, const struct server_channel *c, struct server_received *to);
void server_note_sent(struct vfu_server *s, const struct server_channel *c, const void *bytes, size_t size,
                      const int *fds, unsigned nfds);
/* The header in the reader can't be followed: what there is of it, and behind it. */
void server_note_unframed(struct vfu_server *s, struct server_channel *c);
void server_note_connect(struct vfu_server *s);
void server_note_disconnect(struct vfu_server *s);

/* channel.c */
void server_channel_close(struct server_channel *c);
/* Send a message, now or when the socket takes it. The fds stay the caller's. False: out of memory. */
bool server_send(struct vfu_server *s, struct server_channel *c, const void *bytes, size_t size, const int *fds,
                 unsigned nfds);
/* Send what waits. */
void server_writable(struct server_channel *c);
bool server_waits(const struct server_channel *c);
/* Too much waits: read no more until the client takes it. */
bool server_is_full(const struct server_channel *c);

/* maps.c */
const struct server_map *server_map_at(const struct vfu_server *s, uint64_t address);
/* The map's fd goes with it. 0, or an errno: nothing was done. */
int server_map_add(struct vfu_server *s, const struct server_map *m);
void server_map_remove(struct vfu_server *s, const struct server_map *m);
void server_maps_free(struct vfu_server *s);

/* dirty.c */
int server_dirty_start(struct vfu_server *s, struct server_request *r);
int server_dirty_stop(struct vfu_server *s, struct server_request *r);
int server_dirty_report(struct vfu_server *s, struct server_request *r);
/* The device has written there, or may have. */
void server_dirty_mark(struct vfu_server *s, uint64_t address, uint64_t size);
void server_dirty_end(struct vfu_server *s);

/* irq.c */
void server_host_irqs(struct vfu_server *s);
bool server_irqs_new(struct vfu_server *s);
void server_irqs_free(struct vfu_server *s);
/* Close every eventfd and unmask everything. */
void server_irqs_disarm(struct vfu_server *s);
/* The device runs again: fire what was held back, unless that was forgotten. */
void server_irqs_forget(struct vfu_server *s);
void server_irqs_resume(struct vfu_server *s);
int server_set_irqs(struct vfu_server *s, struct server_request *r);

/* doorbell.c */
/* What to poll for, SERVER_MAX_MSG_FDS at most; how many. */
unsigned server_doorbells_poll(const struct vfu_server *s, struct pollfd *p);
/* Do what was rung for. */
void server_doorbells_run(struct vfu_server *s);
void server_doorbells_forget(struct vfu_server *s);
void server_doorbells_close(struct vfu_server *s);
int server_get_region_io_fds(struct vfu_server *s, struct server_request *r);

/* dma.c */
/* Go on with the transfers as far as possible without waiting. False: out of memory. */
bool server_dma_run(struct vfu_server *s);
/* A reply came, on the channel for the server's commands. */
void server_dma_reply(struct vfu_server *s, const struct vfu_event *event);
/* The device stops: an answer that is awaited will be asked for anew. */
void server_dma_hold(struct vfu_server *s);
/* If the client's answer is awaited about this range (size 0: any), end the transfer; `why` is for people. */
void server_dma_abort(struct vfu_server *s, uint64_t address, uint64_t size, const char *why);
/* The client is gone: end them all. */
void server_dma_end(struct vfu_server *s);
void server_host_dma(struct vfu_server *s);

/* memory.c */
int server_dma_map(struct vfu_server *s, struct server_request *r);
int server_dma_unmap(struct vfu_server *s, struct server_request *r);

/* migrate.c */
/* Go to this state, over those in between. 0, or an errno: then the state is the one before that of the failed step. */
int server_migrate(struct vfu_server *s, uint64_t state);
/* RUNNING, with nothing held back: at the start, and by DEVICE_RESET once the device is reset. */
void server_migration_reset(struct vfu_server *s);
/* The client is gone: the device runs again, unless it is in ERROR. */
void server_migration_end(struct vfu_server *s);
int server_mig_data_read(struct vfu_server *s, struct server_request *r);
int server_mig_data_write(struct vfu_server *s, struct server_request *r);

/* feature.c */
int server_device_feature(struct vfu_server *s, struct server_request *r);

/* access.c */
int server_region_read(struct vfu_server *s, struct server_request *r);
int server_region_write(struct vfu_server *s, struct server_request *r);
int server_region_write_multi(struct vfu_server *s, struct server_request *r);
int server_reset(struct vfu_server *s, struct server_request *r);

/* info.c */
int server_get_info(struct vfu_server *s, struct server_request *r);
int server_get_region_info(struct vfu_server *s, struct server_request *r);
int server_get_irq_info(struct vfu_server *s, struct server_request *r);

/* version.c */
int server_version(struct vfu_server *s, struct server_request *r);

/* connection.c */
/* A client came: its socket, which becomes the server's. */
void server_open(struct vfu_server *s, int fd);
void server_close(struct vfu_server *s);
/* Read and handle what is there. False: the channel is at its end; if answers still wait, s->closing is set. */
bool server_readable(struct vfu_server *s, struct server_channel *c);
void server_twin_close(struct vfu_server *s);

#endif
