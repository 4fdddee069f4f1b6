/*
 * vfuscope check: what may happen to a connection, and what the next client finds.
 */
#include "cli/check/requirements/inside.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LEAVES "Client Disconnection"

/* A command in pieces, each some time after the one before. */
static enum check_result split(struct check *c)
{
    static const size_t ends[] = { 1, 8, 16, 20, 32 };
    size_t from = 0;

    if (!check_open(c) || !check_begin(c, VFU_DEVICE_GET_INFO, PLAIN) || !check_announce(c))
        return check_verdict(c);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (!check_send_bytes(c, c->build.bytes + from, ends[i] - from))
            return check_fail(c, "the server closed the connection");
        from = ends[i];
        poll(NULL, 0, 5);
    }
    check_receive(c);
    return check_is_done(c) ? CHECK_PASSES : check_fail(c, "the reply to a command in 5 pieces was due");
}

/* Two commands in one piece. */
static enum check_result glued(struct check *c)
{
    uint8_t both[2 * 32];

    if (!check_open(c))
        return check_verdict(c);
    for (unsigned i = 0; i < 2; i++) {
        if (!check_begin(c, VFU_DEVICE_GET_INFO, PLAIN) || !check_announce(c) || c->build.size != sizeof both / 2)
            return check_verdict(c);
        memcpy(both + i * sizeof both / 2, c->build.bytes, sizeof both / 2);
    }
    if (!check_send_bytes(c, both, sizeof both))
        return check_fail(c, "the server closed the connection");
    for (unsigned i = 0; i < 2; i++) {
        check_receive(c);
        if (c->answer != CHECK_REPLY)
            check_show_sent(c, 1 - i);
        if (!check_is_done(c))
            return check_fail(c, "reply %u of 2 was due", i + 1);
    }
    return CHECK_PASSES;
}

static enum check_result fds_unasked(struct check *c)
{
    int fd, fds[16];

    if (!check_open(c))
        return check_verdict(c);
    fd = eventfd(0, EFD_CLOEXEC);
    if (fd < 0)
        return check_untried(c, "no eventfd: %s", strerror(errno));
    for (unsigned i = 0; i < 16; i++)
        fds[i] = fd;
    check_ask_fds(c, VFU_DEVICE_GET_INFO, PLAIN, fds, 16);
    close(fd);
    return c->answer == CHECK_SILENT ? check_fail(c, "no answer") : check_next(c);
}

static enum check_result disconnect_middle(struct check *c)
{
    if (!check_open(c) || !check_begin(c, VFU_DEVICE_GET_INFO, PLAIN) || !vfu_build_end(&c->build) ||
        !check_send_bytes(c, c->build.bytes, 20))
        return check_verdict(c);
    check_close(c);
    return check_next(c);
}

static enum check_result disconnect_early(struct check *c)
{
    for (unsigned i = 0; i < 4; i++) {
        if (!check_connect(c))
            return check_verdict(c);
        check_close(c);
    }
    return check_next(c);
}

/* Its replies find nobody to take them. */
static enum check_result disconnect_busy(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    for (unsigned i = 0; i < 16; i++)
        if (!check_begin(c, VFU_DEVICE_GET_INFO, PLAIN) || !check_send(c))
            return check_fail(c, "the server closed the connection");
    check_close(c);
    return check_next(c);
}

static enum check_result reconnect(struct check *c)
{
    for (unsigned i = 0; i < 10; i++)
        if (!check_open(c))
            return check_fail(c, "client %u is not served", i + 1);
    return CHECK_PASSES;
}

static enum check_result second_client(struct check *c)
{
    enum check_result result = CHECK_PASSES;
    struct vfu_error error;
    int other;

    if (!check_open(c))
        return check_verdict(c);
    other = vfu_connect(c->path, 0, false, &error); /* whether or not it is taken */
    for (unsigned i = 0; i < 2 && result == CHECK_PASSES; i++) {
        check_ask(c, VFU_DEVICE_GET_INFO, PLAIN);
        if (!check_is_done(c))
            result = check_fail(c, i == 0 ? "another client came, and the first is not served any more"
                                          : "another client came and left, and the first is not served any more");
        if (other >= 0)
            close(other);
        other = -1;
    }
    return result;
}

const struct check_requirement check_clients[] = {
    { "split", "Socket", "a command that arrives in pieces is one command", split, ODD },
    { "glued", "Socket", "two commands that arrive in one piece are two", glued },
    { "fds-unasked", "Security Considerations", "fds that nobody asked for do no lasting harm", fds_unasked, FDS },
    { "second-client", "Socket", "who else connects does not disturb a client", second_client },
    { "disconnect-early", LEAVES, "clients that leave without a word make room for others", disconnect_early },
    { "disconnect-middle", LEAVES, "a client that leaves in the middle of a message makes room for others",
      disconnect_middle },
    { "disconnect-busy", LEAVES, "a client that does not wait for its replies makes room for others", disconnect_busy },
    { "reconnect", LEAVES, "after one client there is a next one, again and again", reconnect },
    { NULL },
};
