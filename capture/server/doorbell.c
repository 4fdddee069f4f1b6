/*
 * The server end: DEVICE_GET_REGION_IO_FDS. Each register write that the model says may come so has an eventfd, which
 * the client can hand to KVM: a guest's write of that value then reaches the device without the client. Writes that
 * came since the device last looked are one. What was rung before a command was sent is done before that command.
 */
#include "capture/server/inside.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

void server_doorbells_close(struct vfu_server *s)
{
    for (unsigned i = 0; i < s->bell_count; i++)
        close(s->bells[i].fd);
    s->bell_count = 0;
}

void server_doorbells_forget(struct vfu_server *s)
{
    uint64_t count;

    for (unsigned i = 0; i < s->bell_count; i++)
        while (read(s->bells[i].fd, &count, sizeof count) > 0)
            ;
}

unsigned server_doorbells_poll(const struct vfu_server *s, struct pollfd *p)
{
    unsigned count = s->dev->stopped ? 0 : s->bell_count;

    for (unsigned i = 0; i < count; i++)
        p[i] = (struct pollfd){ .fd = s->bells[i].fd, .events = POLLIN };
    return count;
}

void server_doorbells_run(struct vfu_server *s)
{
    struct pollfd p[SERVER_MAX_MSG_FDS];
    unsigned count = server_doorbells_poll(s, p);
    uint64_t times;

    if (count == 0 || poll(p, count, 0) <= 0)
        return;
    for (unsigned i = 0; i < count; i++) {
        const struct dev_doorbell *d = s->bells[i].doorbell;
        uint32_t word = (uint32_t)d->value;

        if (p[i].revents & POLLIN && read(p[i].fd, &times, sizeof times) > 0)
            s->dev->model->write(s->dev, d->region, d->offset, d->size == 4 ? (const void *)&word : &d->value, d->size);
    }
}

/* The same write in another width shares the eventfd. SERVER_MAX_MSG_FDS: there is none yet. */
static unsigned bell_of(const struct vfu_server *s, const struct dev_doorbell *d)
{
    for (unsigned i = 0; i < s->bell_count; i++) {
        const struct dev_doorbell *other = s->bells[i].doorbell;

        if (other->region == d->region && other->offset == d->offset && other->value == d->value)
            return i;
    }
    return SERVER_MAX_MSG_FDS;
}

/* Make an eventfd for each write to the region that has none yet. */
static int make_bells(struct vfu_server *s, uint64_t region)
{
    for (unsigned i = 0; i < s->dev->doorbell_count; i++) {
        const struct dev_doorbell *d = &s->dev->doorbells[i];
        int fd;

        if (d->region != region || bell_of(s, d) < s->bell_count)
            continue;
        if (s->bell_count == SERVER_MAX_MSG_FDS)
            return ENOSPC;
        fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (fd < 0)
            return errno;
        s->bells[s->bell_count++] = (struct server_bell){ d, fd };
    }
    return 0;
}

/* Which of the region's fds this is: they go in the order in which they are first mentioned. */
static unsigned fd_index(struct server_request *r, int fd)
{
    unsigned i = 0;

    while (i < r->reply_nfds && r->reply_fds[i] != fd)
        i++;
    if (i == r->reply_nfds)
        r->reply_fds[r->reply_nfds++] = fd;
    return i;
}

static bool describe(struct vfu_server *s, struct server_request *r, const struct dev_doorbell *d, unsigned place)
{
    const struct {
        const char *name;
        uint64_t value;
    } fields[] = {
        { "type", VFU_IO_IOEVENTFD },
        { "offset", d->offset },
        { "size", d->size },
        { "fd_index", fd_index(r, s->bells[bell_of(s, d)].fd) },
        { "flags", VFU_IO_DATAMATCH },
        { "datamatch", d->value },
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char name[64];

        snprintf(name, sizeof name, "sub_regions[%u].%s", place, fields[i].name);
        if (!vfu_build_set_number(&r->reply, name, fields[i].value))
            return false;
    }
    return true;
}

/* An answer without sub-regions says so, as libvfio-user's does; nor has one that does not fit any. */
int server_get_region_io_fds(struct vfu_server *s, struct server_request *r)
{
    uint64_t index = server_field(r, "index"), argsz = server_field(r, "argsz"), full;
    unsigned count = 0;
    int failed;

    if (argsz < r->in->layout->size || argsz > SERVER_MAX_DATA_XFER_SIZE || server_field(r, "flags") ||
        server_field(r, "count") || index >= s->dev->region_count)
        return EINVAL;
    failed = make_bells(s, index);
    if (failed)
        return failed;
    /* A client that takes fewer fds than there are is told of none. */
    for (unsigned i = 0; s->client_max_fds >= s->bell_count && i < s->dev->doorbell_count; i++)
        if (s->dev->doorbells[i].region == index && !describe(s, r, &s->dev->doorbells[i], count++))
            return ENOMEM;
    full = r->reply.size - VFU_HEADER_SIZE;
    if (full > argsz) {
        vfu_build_free(&r->reply);
        r->reply_nfds = 0;
        if (!vfu_build_start(&r->reply, r->event->command_number, true))
            return ENOMEM;
    }
    return vfu_build_set_number(&r->reply, "argsz", full) && vfu_build_set_number(&r->reply, "index", index) &&
                   vfu_build_set_number(&r->reply, "count", count) ? 0 : ENOMEM;
}
