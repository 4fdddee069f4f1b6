/*
 * How the tap gets between the ends of the twin socket that a VERSION reply agrees on: its descriptor becomes the tap's
 * own, and the two sockets are one more channel of the connection.
 */
#include "capture/tap/inside.h"
#include "decoder/wire/capabilities.h"
#include "decoder/wire/decode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool is_stream_socket(int fd)
{
    int type = 0, domain = 0;
    socklen_t size = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

/* Which of the reply's fds is the twin; -1: none. */
static int agreed_twin(struct tap_flow *f)
{
    const struct tap_message *m = &f->message;
    struct vfu_event event = {
        .kind = VFU_EVENT_MESSAGE,
        .message = { .bytes = m->bytes, .captured = m->got, .size = m->size, .from = VFU_SERVER, .nfds = f->pump.nfds },
        .command_number = (uint16_t)m->command,
        .size = m->size,
        .flags = m->flags,
        .command = vfu_command_by_number(m->command),
    };
    struct vfu_decoded decoded;
    struct vfu_capabilities caps;
    const struct vfu_value *json;

    vfu_decode(&event, &decoded);
    json = vfu_value_by_name(decoded.values, decoded.count, "json");
    if (!json || !vfu_capabilities_parse((const char *)json->bytes, json->size, &caps) || !caps.twin_socket ||
        !caps.has_fd_index || caps.fd_index >= f->pump.nfds || !is_stream_socket(f->pump.fds[caps.fd_index]))
        return -1;
    return (int)caps.fd_index;
}

void tap_twin_interpose(struct tap_flow *f)
{
    struct tap_connection *connection = f->channel->connection;
    int which = connection->twin ? -1 : agreed_twin(f), pair[2], server;
    struct tap_channel *twin;

    if (which < 0)
        return;
    server = f->pump.fds[which];
    twin = calloc(1, sizeof *twin);
    if (!twin || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        tap_say(connection->tap, "connection %u: the twin socket's messages can't be seen: %s", connection->conn,
                strerror(errno));
        free(twin);
        return;
    }
    /* The client's new fd blocks or not as the server's did. Ours need not: every call says MSG_DONTWAIT. */
    fcntl(pair[1], F_SETFL, fcntl(server, F_GETFL));
    connection->twin = twin;
    f->pump.fds[which] = pair[1];
    if (tap_channel_open(twin, connection, VFU_TWIN, pair[0], server))
        return;
    tap_say(connection->tap, "connection %u: the twin socket can't be watched: %s", connection->conn, strerror(errno));
    tap_channel_close(twin);
}
