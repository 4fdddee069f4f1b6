/*
 * The server end: interrupts. DEVICE_SET_IRQS, and what the device model asks the host for: fire a vector, set INTx's
 * level. An eventfd is only written when it takes the write at once.
 */
#include "capture/foreign.h"
#include "capture/server/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { DATA = VFIO_IRQ_SET_DATA_TYPE_MASK, ACTION = VFIO_IRQ_SET_ACTION_TYPE_MASK };

bool server_irqs_new(struct vfu_server *s)
{
    for (unsigned i = 0; i < s->dev->irq_count; i++) {
        uint32_t count = s->dev->irqs[i].count;

        s->vectors[i] = calloc(count ? count : 1, sizeof *s->vectors[i]);
        if (!s->vectors[i])
            return false;
        for (uint32_t v = 0; v < count; v++)
            for (unsigned a = 0; a < SERVER_ACTIONS; a++)
                s->vectors[i][v].fd[a] = -1;
    }
    return true;
}

static void disarm(struct server_vector *v, unsigned action)
{
    if (v->fd[action] >= 0)
        vfu_close_fds(&v->fd[action], 1);
    v->fd[action] = -1;
}

void server_irqs_disarm(struct vfu_server *s)
{
    for (unsigned i = 0; i < s->dev->irq_count; i++)
        for (uint32_t v = 0; v < s->dev->irqs[i].count; v++) {
            for (unsigned a = 0; a < SERVER_ACTIONS; a++)
                disarm(&s->vectors[i][v], a);
            s->vectors[i][v].masked = s->vectors[i][v].held = false;
        }
    if (s->dev->model->irqs_changed)
        s->dev->model->irqs_changed(s->dev);
}

void server_irqs_free(struct vfu_server *s)
{
    for (unsigned i = 0; i < DEV_MAX_IRQS; i++)
        free(s->vectors[i]);
}

/* One on the counter. A full one says already that something happened; waiting for room would stop the device. */
static void signal_fd(int fd)
{
    bool blocked;

    if (fd >= 0)
        vfu_eventfd_add(fd, 1, &blocked);
}

static void set_mask(struct server_vector *v, bool masked)
{
    v->masked = masked;
    signal_fd(v->fd[masked ? SERVER_MASK : SERVER_UNMASK]);
}

/* Fire vector 0 of an index if its level asks for it. */
static void fire_level(struct vfu_server *s, unsigned index)
{
    struct server_vector *v = &s->vectors[index][0];

    if (s->dev->stopped || !s->dev->irqs[index].count || !s->level[index] || v->masked || v->fd[SERVER_TRIGGER] < 0)
        return;
    signal_fd(v->fd[SERVER_TRIGGER]);
    if (s->dev->irqs[index].flags & VFIO_IRQ_INFO_AUTOMASKED)
        set_mask(v, true);
}

static bool host_armed(void *context, unsigned index, unsigned vector)
{
    const struct vfu_server *s = context;

    return s->dev && index < s->dev->irq_count && vector < s->dev->irqs[index].count &&
           s->vectors[index][vector].fd[SERVER_TRIGGER] >= 0;
}

static void host_fire(void *context, unsigned index, unsigned vector)
{
    struct vfu_server *s = context;

    if (!host_armed(s, index, vector))
        return;
    if (s->dev->stopped)
        s->vectors[index][vector].held = true;
    else
        signal_fd(s->vectors[index][vector].fd[SERVER_TRIGGER]);
}

void server_irqs_forget(struct vfu_server *s)
{
    for (unsigned i = 0; i < s->dev->irq_count; i++)
        for (uint32_t v = 0; v < s->dev->irqs[i].count; v++)
            s->vectors[i][v].held = false;
}

void server_irqs_resume(struct vfu_server *s)
{
    for (unsigned i = 0; i < s->dev->irq_count; i++) {
        for (uint32_t v = 0; v < s->dev->irqs[i].count; v++) {
            if (s->vectors[i][v].held)
                host_fire(s, i, v);
            s->vectors[i][v].held = false;
        }
        fire_level(s, i);
    }
}

static void host_level(void *context, unsigned index, bool high)
{
    struct vfu_server *s = context;
    bool rose = high && !s->level[index];

    s->level[index] = high;
    if (rose)
        fire_level(s, index);
}

void server_host_irqs(struct vfu_server *s)
{
    s->host.irq_armed = host_armed;
    s->host.irq_fire = host_fire;
    s->host.irq_level = host_level;
}

/* Exactly one bit. */
static bool single(uint64_t bits)
{
    return bits && !(bits & (bits - 1));
}

static bool all_eventfds(const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct vfu_fd fd;

        vfu_fd_describe(fds[i], &fd);
        if (fd.type != VFU_FD_EVENTFD)
            return false;
    }
    return true;
}

/* A SET_IRQS by the rules; what the index can't do is EINVAL as well. */
static bool legal(const struct vfu_server *s, const struct server_request *r)
{
    uint64_t flags = server_field(r, "flags"), index = server_field(r, "index");
    uint64_t start = server_field(r, "start"), count = server_field(r, "count");
    uint64_t data = flags & DATA, action = flags & ACTION;

    if (server_field(r, "argsz") < r->in->layout->size || flags & ~(uint64_t)(DATA | ACTION) || !single(data) ||
        !single(action) || index >= s->dev->irq_count)
        return false;
    const struct dev_irq *irq = &s->dev->irqs[index];

    if (start >= irq->count || count > irq->count - start)
        return false;
    if (count == 0 && (start != 0 || data != VFIO_IRQ_SET_DATA_NONE || action != VFIO_IRQ_SET_ACTION_TRIGGER))
        return false;
    if (action != VFIO_IRQ_SET_ACTION_TRIGGER && !(irq->flags & VFIO_IRQ_INFO_MASKABLE))
        return false;
    if (data == VFIO_IRQ_SET_DATA_BOOL && r->in->extra_size)
        return false;
    if (r->nfds && (data != VFIO_IRQ_SET_DATA_EVENTFD || r->nfds != count))
        return false;
    return all_eventfds(r->fds, r->nfds);
}

/* The client fires, masks or unmasks a vector itself. */
static void act(struct vfu_server *s, unsigned index, struct server_vector *v, enum server_action action)
{
    switch (action) {
    case SERVER_MASK:
        set_mask(v, true);
        break;
    case SERVER_UNMASK:
        set_mask(v, false);
        fire_level(s, index);
        break;
    default:
        signal_fd(v->fd[SERVER_TRIGGER]); /* a loop-back: neither masks nor is masked, as with VFIO */
        break;
    }
}

static void assign(struct server_vector *v, enum server_action action, int *fd)
{
    disarm(v, action);
    if (fd) {
        v->fd[action] = *fd;
        *fd = -1;
    } else if (action == SERVER_TRIGGER) {
        v->masked = false; /* armed again it starts anew */
    }
}

int server_set_irqs(struct vfu_server *s, struct server_request *r)
{
    const struct vfu_value *bools = vfu_value_by_name(r->in->values, r->in->count, "data");
    uint64_t flags = server_field(r, "flags"), start = server_field(r, "start"), count = server_field(r, "count");
    unsigned index = (unsigned)server_field(r, "index");
    enum server_action action = flags & VFIO_IRQ_SET_ACTION_MASK     ? SERVER_MASK
                               : flags & VFIO_IRQ_SET_ACTION_UNMASK ? SERVER_UNMASK
                                                                    : SERVER_TRIGGER;
    bool assigns = flags & VFIO_IRQ_SET_DATA_EVENTFD || count == 0;

    if (!legal(s, r) || (flags & VFIO_IRQ_SET_DATA_BOOL && (!bools || bools->size != count)))
        return EINVAL;
    if (count == 0) { /* disables the whole index */
        for (uint32_t v = 0; v < s->dev->irqs[index].count; v++)
            assign(&s->vectors[index][v], SERVER_TRIGGER, NULL);
    }
    for (uint64_t i = 0; i < count; i++) {
        struct server_vector *v = &s->vectors[index][start + i];

        if (assigns)
            assign(v, action, r->nfds ? &r->fds[i] : NULL);
        else if (!(flags & VFIO_IRQ_SET_DATA_BOOL) || bools->bytes[i])
            act(s, index, v, action);
    }
    if (assigns && action == SERVER_TRIGGER) {
        if (s->dev->model->irqs_changed)
            s->dev->model->irqs_changed(s->dev);
        fire_level(s, index);
    }
    return 0;
}
