/*
 * vfuscope check: is there somebody on the way who loses file descriptors, as socat does? Such a relay makes a good
 * server fail whatever is about descriptors, in both directions. One that arrives, here or there, shows that there is
 * none.
 */
#include "cli/check/check.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    MOST_REGIONS = 64,
    MOST_IRQS = 16,
    ROOM = 4096,
    SIGNAL_MS = 200,
    SIZE = 0x10000, /* of memory that is mapped at 16 GiB, where nothing else is */
};
static const uint64_t address = 0x400000000;
static const char twin[] = "{\"capabilities\":{\"max_msg_fds\":8,\"twin_socket\":{\"supported\":true}}}";

/* What was found out about descriptors on the way. */
struct found {
    bool twin, region, io_fds; /* a reply of this kind was to bring some, and brought none */
    bool unheld, unheard;      /* memory was mapped and nobody has it; an eventfd was taken and is not signalled */
    bool arrived;              /* one did, in either direction */
};

/* The last reply says that it brings descriptors. */
static void expect(struct check *c, bool *missing)
{
    if (c->client.reply.nfds == 0)
        *missing = true;
}

static void ask_version(struct check *c, struct found *f)
{
    if (!check_open_with(c, twin))
        return;
    f->arrived |= c->client.reply.nfds > 0;
    if (vfu_client_agreed(&c->client)->twin_socket)
        expect(c, &f->twin);
}

static void ask_regions(struct check *c, struct found *f)
{
    for (unsigned i = 0; i < c->num_regions && i < MOST_REGIONS && !f->arrived; i++) {
        check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", i }, { "argsz", ROOM }));
        f->arrived |= c->client.reply.nfds > 0;
        if (check_is_done(c) && check_number(c, "flags") & VFIO_REGION_INFO_FLAG_MMAP &&
            check_number(c, "argsz") <= ROOM)
            expect(c, &f->region);
    }
    for (unsigned i = 0; i < c->num_regions && i < MOST_REGIONS && !f->arrived; i++) {
        check_ask(c, VFU_DEVICE_GET_REGION_IO_FDS, WITH({ "index", i }, { "argsz", ROOM }));
        f->arrived |= c->client.reply.nfds > 0;
        if (check_is_done(c) && check_number(c, "count") > 0 && check_number(c, "argsz") <= ROOM)
            expect(c, &f->io_fds);
        if (check_is_error(c) && !check_open(c)) /* it may be out of step then */
            break;
    }
}

static void map_memory(struct check *c, struct found *f)
{
    int mine, theirs;

    if (!check_memory_twice(c, SIZE, &mine, &theirs))
        return;
    check_ask_fds(c, VFU_DMA_MAP,
                  WITH({ "flags", VFU_DMA_READABLE | VFU_DMA_WRITEABLE }, { "address", address }, { "size", SIZE }),
                  &theirs, 1);
    close(theirs);
    f->arrived |= check_is_done(c) && !check_is_mine(mine);
    f->unheld = check_is_done(c) && !f->arrived;
    close(mine);
}

/* The last index that takes eventfds. */
static bool find_index(struct check *c, unsigned *index)
{
    for (*index = c->num_irqs < MOST_IRQS ? c->num_irqs : MOST_IRQS; (*index)-- > 0;) {
        check_ask(c, VFU_DEVICE_GET_IRQ_INFO, WITH({ "index", *index }));
        if (check_is_done(c) && check_number(c, "count") && check_number(c, "flags") & VFIO_IRQ_INFO_EVENTFD)
            return true;
    }
    return false;
}

static void trigger(struct check *c, struct found *f)
{
    const uint64_t by_eventfd = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
                   now = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;
    struct pollfd p = { .fd = -1, .events = POLLIN };
    unsigned index;

    if (!find_index(c, &index) || (p.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        return;
    check_ask_fds(c, VFU_DEVICE_SET_IRQS, WITH({ "flags", by_eventfd }, { "index", index }, { "count", 1 }), &p.fd, 1);
    if (check_is_done(c))
        check_ask(c, VFU_DEVICE_SET_IRQS, WITH({ "flags", now }, { "index", index }, { "count", 1 }));
    if (check_is_done(c)) {
        f->arrived |= poll(&p, 1, SIGNAL_MS) == 1;
        f->unheard = !f->arrived;
    }
    close(p.fd);
}

/* Several kinds are missing, and there is none that is not. */
static bool are_lost(const struct found *f)
{
    unsigned kinds = f->twin + f->region + f->io_fds;

    return !f->arrived && (kinds > 1 || (kinds == 1 && (f->unheld || f->unheard)));
}

bool check_loses_fds(struct check *c)
{
    struct found f = { 0 };

    ask_version(c, &f);
    if (!f.arrived && check_open(c))
        ask_regions(c, &f);
    if (!f.arrived && (f.twin || f.region || f.io_fds) && check_open(c)) {
        map_memory(c, &f);
        if (!f.arrived && check_open(c))
            trigger(c, &f);
    }
    return are_lost(&f);
}
