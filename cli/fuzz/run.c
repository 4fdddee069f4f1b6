/*
 * vfuscope fuzz: a connection that says what was planned. How long it waits for what comes back changes nothing of that.
 */
#include "capture/clock.h"
#include "capture/foreign.h"
#include "cli/fuzz/inside.h"
#include "decoder/wire/header.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    REPLY_MS = 1000,  /* what has no answer by then gets none, perhaps */
    BRIEF_MS = 20,    /* behind what needs none */
    CONNECT_MS = 2000,
    STEP_MS = 2,
    MOST = 16 << 20,  /* of memory behind a descriptor */
    ASKED = 1 << 20,  /* of what the server reads at once */
};

/* --- descriptors --- */

static int memory(uint64_t size)
{
    int fd = memfd_create("vfuscope-fuzz", MFD_CLOEXEC);

    if (fd >= 0 && ftruncate(fd, (off_t)(size < MOST ? size : MOST)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int make_fd(const struct fuzz_fds *f)
{
    int pair[2];

    switch (f->kind) {
    case FUZZ_EVENTFD:
        return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    case FUZZ_EMPTY:
        return memory(0);
    case FUZZ_SOCKET:
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
            return -1;
        break;
    case FUZZ_PIPE:
        if (pipe2(pair, O_CLOEXEC) != 0)
            return -1;
        break;
    default:
        return memory(f->size);
    }
    close(pair[1]);
    return pair[0];
}

struct vfu_fd fuzz_about(const struct fuzz_fds *f)
{
    static const enum vfu_fd_type types[] = { [FUZZ_MEMFD] = VFU_FD_MEMFD, [FUZZ_EVENTFD] = VFU_FD_EVENTFD,
                                              [FUZZ_EMPTY] = VFU_FD_MEMFD, [FUZZ_SOCKET] = VFU_FD_SOCKET, [FUZZ_PIPE] = VFU_FD_PIPE };
    const uint64_t size = f->size < MOST ? f->size : MOST;

    return (struct vfu_fd){ .type = types[f->kind], .has_size = types[f->kind] == VFU_FD_MEMFD,
                            .size = f->kind == FUZZ_MEMFD ? size : 0 };
}

/* --- what comes --- */

/* True: a message, or nothing yet. */
static bool hear(struct fuzz *f, int ms)
{
    struct vfu_error error;

    if (vfu_client_hear(&f->check.client, ms, &error) != VFU_CLIENT_CLOSED)
        return true;
    f->check.was_closed = true;
    return false;
}

/* Until the reply to this message, or (0) to all that was asked; for so long. False: the server closed. */
static bool await(struct fuzz *f, uint64_t no, int ms)
{
    const uint64_t end = vfu_mono_ns() + (uint64_t)ms * 1000000;
    const struct vfu_event *e;
    uint64_t now;

    while ((now = vfu_mono_ns()) < end && !f->check.stopped()) {
        if (!no && vfu_session_outstanding(f->check.client.session) == 0)
            return true;
        if (!hear(f, (int)((end - now) / 1000000) + 1))
            return false;
        e = f->check.client.reply.event;
        if (no && e && e->paired && e->reply_to == no)
            return true;
    }
    return true;
}

/* What is there is taken, so that the server is never kept from going on. */
static bool drain(struct fuzz *f)
{
    struct pollfd p = { .fd = f->check.client.sockets[VFU_MAIN], .events = POLLIN };

    while (poll(&p, 1, 0) > 0 && !f->check.stopped())
        if (!hear(f, 0))
            return false;
    return true;
}

/* --- what is seen --- */

void fuzz_keep(void *context, const struct vfu_event *event)
{
    struct fuzz *f = context;
    struct vfu_event e;

    if (!f->capture || f->capture_error.text[0])
        return;
    e = *event;
    if (e.kind == VFU_EVENT_DISCONNECT && f->check.was_closed) {
        e.disconnect.closed_by = 1u << VFU_SERVER;
        snprintf(e.disconnect.why, sizeof e.disconnect.why, "server closed");
    }
    vfu_capwriter_event(f->capture, &e, &f->capture_error);
}

/* --- what the server asks --- */

void fuzz_answer(void *context, struct vfu_client *client, const struct vfu_event *event)
{
    struct fuzz *f = context;
    struct vfu_build b = { 0 };
    struct vfu_decoded d;
    uint64_t count;
    static const uint8_t zeros[ASKED];

    if (event->flags & VFU_NO_REPLY || fuzz_one_in(&f->answers, 16))
        return; /* or it is never answered */
    vfu_decode(event, &d);
    count = vfu_number(d.values, d.count, "count", 0);
    if ((event->command_number != VFU_DMA_READ && event->command_number != VFU_DMA_WRITE) || count > ASKED ||
        fuzz_one_in(&f->answers, 8) || !vfu_build_start(&b, event->command_number, true)) {
        vfu_client_refuse(client, event, (uint32_t)fuzz_below(&f->answers, 40));
        return;
    }
    if (fuzz_one_in(&f->answers, 8))
        count = fuzz_below(&f->answers, count + 2);
    if (vfu_build_set_number(&b, "address", vfu_number(d.values, d.count, "address", 0)) &&
        vfu_build_set_number(&b, "count", count) &&
        (event->command_number == VFU_DMA_WRITE || vfu_build_set_bytes(&b, "data", zeros, (size_t)count)))
        vfu_client_answer(client, event, &b);
    vfu_build_free(&b);
}

/* --- what goes out --- */

/* Until the server has read the first piece, or will not soon. */
static void let_read(const struct fuzz *f)
{
    for (unsigned i = 0; i < BRIEF_MS && vfu_socket_unread(f->check.client.sockets[VFU_MAIN]) > 0; i++)
        poll(NULL, 0, 1); /* nothing signals it */
}

/* False: nothing more can be said. */
static bool put(struct fuzz *f, const struct fuzz_step *s, const int *fds, unsigned nfds)
{
    struct vfu_client *client = &f->check.client;
    struct vfu_error error;
    enum vfu_client_result result;
    size_t first = s->split ? s->split : s->size;

    result = vfu_client_put(client, s->bytes, first, fds, nfds, &error);
    if (result == VFU_CLIENT_OK && first < s->size) {
        let_read(f);
        result = vfu_client_put(client, s->bytes + first, s->size - first, NULL, 0, &error);
    }
    f->check.was_closed |= result == VFU_CLIENT_CLOSED;
    return result == VFU_CLIENT_OK || result == VFU_CLIENT_FAILED;
}

/* What no reply is owed to, or what the server may wait for the rest of. */
static bool is_owed(const struct fuzz_step *s)
{
    struct vfu_header h = vfu_header_read(s->bytes, false);

    return h.size == s->size && (h.flags & (VFU_TYPE_MASK | VFU_NO_REPLY)) == VFU_TYPE_COMMAND;
}

/* False: the connection is at its end. `patient`: replies came in time so far. */
static bool say(struct fuzz *f, const struct fuzz_step *s, bool *patient)
{
    int fds[VFU_MAX_FDS];
    struct vfu_event event;
    unsigned nfds = 0;
    bool good;

    while (nfds < s->fds.count && (fds[nfds] = make_fd(&s->fds)) >= 0)
        nfds++;
    f->said++;
    vfu_client_note(&f->check.client, s->bytes, s->size, fds, nfds, &event);
    good = put(f, s, fds, nfds);
    vfu_close_fds(fds, nfds);
    if (!good || s->leaves)
        return false;
    if (!s->waits || !*patient || !is_owed(s))
        return drain(f);
    good = await(f, event.message.no, REPLY_MS);
    *patient = f->check.client.reply.event && f->check.client.reply.event->reply_to == event.message.no;
    return good;
}

static bool is_coming(int error)
{
    return error == EAGAIN || error == EINTR || error == ENOENT || error == ECONNREFUSED;
}

bool fuzz_connect(struct fuzz *f, int ms)
{
    const uint64_t end = vfu_mono_ns() + (uint64_t)ms * 1000000;
    struct vfu_error error;

    f->check.was_closed = false;
    if (f->check.fresh && vfu_client_is_open(&f->check.client)) {
        f->check.fresh = false;
        return true;
    }
    while (vfu_client_connect(&f->check.client, f->check.path, false, &error) != VFU_CLIENT_OK) {
        if (!is_coming(error.number) || vfu_mono_ns() >= end || f->check.stopped())
            return false;
        poll(NULL, 0, STEP_MS);
    }
    vfu_process_of_peer(f->check.client.sockets[VFU_MAIN], &f->server);
    return true;
}

void fuzz_leave(struct fuzz *f)
{
    vfu_client_close(&f->check.client);
    vfu_reply_clear(&f->check.client.reply);
    f->check.fresh = false;
}

void fuzz_run(struct fuzz *f, const struct fuzz_list *list)
{
    const struct fuzz_step *last = list->count ? &list->steps[list->count - 1] : NULL;
    bool patient = true, going = true;

    f->answers = fuzz_random(~f->seed, list->conn);
    if (!fuzz_connect(f, CONNECT_MS))
        return;
    for (const struct fuzz_step *s = list->steps; going && last && s <= last && !f->check.stopped(); s++)
        going = say(f, s, &patient);
    if (going && last && vfu_session_outstanding(f->check.client.session))
        await(f, 0, patient && is_owed(last) ? REPLY_MS : BRIEF_MS);
    if (f->check.was_closed)
        f->closed++;
    fuzz_leave(f);
}
