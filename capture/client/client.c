/*
 * The client end, calls: connecting, negotiating, sending a command and waiting for its reply.
 */
#include "capture/client/inside.h"
#include "capture/clock.h"
#include "decoder/reasons/reasons.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * What we propose: the largest values that we can deal with. The transfer size is the protocol's default; callers keep
 * to 32 KiB a message anyway.
 */
static const char default_json[] =
    "{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":1048576,\"pgsizes\":4096,\"max_dma_maps\":65535,"
    "\"write_multiple\":true,\"twin_socket\":{\"supported\":true},"
    "\"migration\":{\"pgsize\":4096,\"max_bitmap_size\":268435456}}}";

/* libvfio-user's newest; a server answers with its own if that is lower. */
enum { OUR_MAJOR = 0, OUR_MINOR = 2 };

bool vfu_client_init(struct vfu_client *c, const struct vfu_client_hooks *hooks)
{
    memset(c, 0, sizeof *c);
    c->hooks = *hooks;
    c->sockets[VFU_MAIN] = c->sockets[VFU_TWIN] = -1;
    c->timeout_ms = VFU_CLIENT_TIMEOUT_MS;
    c->connect_ms = VFU_CLIENT_CONNECT_MS;
    c->session = vfu_session_new(&vfu_all_checks);
    return c->session != NULL;
}

void vfu_client_free(struct vfu_client *c)
{
    vfu_client_close(c);
    vfu_reply_clear(&c->reply);
    free(c->reply.memory);
    vfu_reader_free(&c->readers[VFU_MAIN]);
    vfu_reader_free(&c->readers[VFU_TWIN]);
    vfu_session_free(c->session);
    c->session = NULL;
}

/* Does it make sense to try again soon? */
static bool may_come(int error, bool absent_too)
{
    return error == EAGAIN || error == EINTR || (absent_too && (error == ENOENT || error == ECONNREFUSED));
}

/* Tries that do not wait, and waits that can be stopped between them. */
static enum vfu_client_result try_to_connect(struct vfu_client *c, const char *path, bool absent_too,
                                             struct vfu_error *error)
{
    struct pollfd watch = { .fd = c->hooks.watch_fd, .events = POLLIN };

    for (int waited = 0;; waited += VFU_CLIENT_RETRY_MS) {
        c->sockets[VFU_MAIN] = vfu_connect(path, 0, false, error);
        if (vfu_client_is_open(c))
            return VFU_CLIENT_OK;
        if (!may_come(error->number, absent_too) || waited >= c->connect_ms)
            return VFU_CLIENT_FAILED;
        if (poll(&watch, 1, VFU_CLIENT_RETRY_MS) > 0 && c->hooks.watched)
            c->hooks.watched(c->hooks.context);
        if (client_is_stopped(c))
            return VFU_CLIENT_STOPPED;
    }
}

enum vfu_client_result vfu_client_connect(struct vfu_client *c, const char *path, bool absent_too,
                                          struct vfu_error *error)
{
    enum vfu_client_result result;
    struct vfu_event event;

    vfu_client_close(c);
    c->why[0] = '\0';
    if (!vfu_socket_path(path, &c->path, error))
        return VFU_CLIENT_FAILED;
    result = try_to_connect(c, path, absent_too, error);
    if (result != VFU_CLIENT_OK)
        return result;
    event = (struct vfu_event){ .kind = VFU_EVENT_CONNECT, .time = vfu_now(), .conn = ++c->conn };
    vfu_session_event(c->session, &event);
    if (c->hooks.event)
        c->hooks.event(c->hooks.context, &event);
    return VFU_CLIENT_OK;
}

void vfu_client_close(struct vfu_client *c)
{
    client_end(c, 1u << VFU_CLIENT, "closed by us");
}

static const struct vfu_capabilities defaults = {
    .max_msg_fds = VFU_DEFAULT_MAX_MSG_FDS,
    .max_data_xfer_size = VFU_DEFAULT_MAX_DATA_XFER_SIZE,
    .pgsizes = VFU_DEFAULT_PGSIZES,
    .max_dma_maps = VFU_DEFAULT_MAX_DMA_MAPS,
};

const struct vfu_capabilities *vfu_client_agreed(const struct vfu_client *c)
{
    const struct vfu_connection *connection = vfu_session_connection(c->session, c->conn);

    return connection && connection->agreed.known ? &connection->agreed : &defaults;
}

const struct vfu_capabilities *vfu_client_proposed(const struct vfu_client *c)
{
    const struct vfu_connection *connection = vfu_session_connection(c->session, c->conn);

    return connection && connection->proposed.known ? &connection->proposed : &defaults;
}

void vfu_client_reason(const struct vfu_event *reply, char *text, size_t size)
{
    const struct vfu_message *m = &reply->message;
    const size_t head = VFU_HEADER_SIZE + sizeof VFU_REFUSAL - 1;
    struct vfu_writer w = vfu_writer(text, size - 1, NULL, NULL);

    if (reply->flags & VFU_ERROR && m->captured > head &&
        memcmp(m->bytes + VFU_HEADER_SIZE, VFU_REFUSAL, sizeof VFU_REFUSAL - 1) == 0)
        vfu_write_escaped(&w, m->bytes + head, m->captured - head);
    text[w.used] = '\0';
}

enum vfu_client_result vfu_client_negotiate(struct vfu_client *c, const char *json, struct vfu_error *error)
{
    struct vfu_build b = { 0 };
    struct vfu_decoded d;
    enum vfu_client_result result = VFU_CLIENT_FAILED;
    uint64_t major, minor;
    char why[VFU_REASON];

    if (!vfu_build_start(&b, VFU_VERSION, false) || !vfu_build_set_number(&b, "major", OUR_MAJOR) ||
        !vfu_build_set_number(&b, "minor", OUR_MINOR) || !vfu_build_set(&b, "json", json ? json : default_json)) {
        vfu_fail(error, 0, "VERSION: %s", b.error);
        goto done;
    }
    result = vfu_client_call(c, &b, NULL, 0, error);
    if (result != VFU_CLIENT_OK)
        goto done;
    result = VFU_CLIENT_FAILED;
    if (c->reply.event->flags & VFU_ERROR) {
        vfu_client_reason(c->reply.event, why, sizeof why);
        vfu_fail(error, (int)c->reply.event->error, "the server refused the version and capabilities: %s",
                 why[0] ? why : strerror((int)c->reply.event->error));
        goto done;
    }
    vfu_decode(c->reply.event, &d);
    major = vfu_number(d.values, d.count, "major", UINT64_MAX);
    minor = vfu_number(d.values, d.count, "minor", UINT64_MAX);
    if (major != OUR_MAJOR || minor > OUR_MINOR)
        vfu_fail(error, EPROTO, "the server answered with version %llu.%llu to our %d.%d", (unsigned long long)major,
                 (unsigned long long)minor, OUR_MAJOR, OUR_MINOR);
    else
        result = VFU_CLIENT_OK;
done:
    vfu_build_free(&b);
    return result;
}

uint16_t vfu_client_next_id(struct vfu_client *c)
{
    return c->next_id++;
}

enum vfu_client_result vfu_client_wait(struct vfu_client *c, int timeout_ms, struct vfu_error *error)
{
    struct vfu_sent *waiting = c->waiting;
    const struct vfu_command *command = waiting ? vfu_command_by_number(waiting->command) : NULL;
    enum vfu_client_result result = VFU_CLIENT_OK;
    uint64_t start, now;

    if (!waiting)
        return VFU_CLIENT_OK; /* a message without a reply */
    start = vfu_mono_ns();
    for (now = start; !c->reply.event; now = vfu_mono_ns()) {
        int left = timeout_ms - (int)((now - start) / 1000000);

        if (left > 0)
            result = vfu_client_turn(c, NULL, left, error);
        else
            result = VFU_CLIENT_TIMEOUT;
        if (result == VFU_CLIENT_TIMEOUT && left <= 1) {
            vfu_fail(error, ETIMEDOUT, "no reply to %s (id %u) within %d ms", command ? command->name : "the command",
                     waiting->id, timeout_ms);
            break;
        }
        if (result == VFU_CLIENT_STOPPED || result == VFU_CLIENT_CLOSED)
            break;
    }
    c->waiting = NULL;
    if (c->reply.event)
        return VFU_CLIENT_OK;
    if (waiting->state == VFU_SENT_WAITED)
        waiting->state = c->swallows ? VFU_SENT_FORGOTTEN : VFU_SENT_LATE;
    return result;
}

enum vfu_client_result vfu_client_call(struct vfu_client *c, struct vfu_build *b, const int *fds, unsigned nfds,
                                       struct vfu_error *error)
{
    enum vfu_client_result result;

    if (!vfu_build_end(b) || !vfu_build_set_number(b, "header.id", vfu_client_next_id(c))) {
        vfu_fail(error, 0, "%s", b->error);
        return VFU_CLIENT_FAILED;
    }
    result = vfu_client_send(c, b->bytes, b->size, fds, nfds, true, error);
    return result == VFU_CLIENT_OK ? vfu_client_wait(c, c->timeout_ms, error) : result;
}
