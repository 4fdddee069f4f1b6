/*
 * vfuscope check: interrupts. An index that takes eventfds is armed and triggered by the client itself; nothing but the
 * check's own eventfd hears of it.
 */
#include "cli/check/requirements/inside.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define INFO "VFIO_USER_DEVICE_GET_IRQ_INFO"
#define SET "VFIO_USER_DEVICE_SET_IRQS"

enum {
    NONE = VFIO_IRQ_SET_DATA_NONE,
    BOOL = VFIO_IRQ_SET_DATA_BOOL,
    EVENTFD = VFIO_IRQ_SET_DATA_EVENTFD,
    TRIGGER = VFIO_IRQ_SET_ACTION_TRIGGER,
    MOST = 16, /* indexes that are looked at */
};

static enum check_result irq_info(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    for (unsigned i = 0; i < c->num_irqs && i < MOST; i++) {
        check_ask(c, VFU_DEVICE_GET_IRQ_INFO, WITH({ "index", i }));
        if (!check_is_done(c) || c->decoded.is_short)
            return check_fail(c, "the info of index %u was due", i);
        if (check_number(c, "index") != i)
            return check_fail(c, "index %u was asked for", i);
    }
    return CHECK_PASSES;
}

static enum check_result irq_index(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    check_ask(c, VFU_DEVICE_GET_IRQ_INFO, WITH({ "index", 0xffff }));
    return check_refused(c);
}

/* An index with this flag, the last one, and how many vectors it has. False: check_verdict(c). */
static bool find_flag(struct check *c, uint32_t flag, unsigned *index, unsigned *count)
{
    if (!check_open(c))
        return false;
    for (unsigned i = c->num_irqs < MOST ? c->num_irqs : MOST; i-- > 0;) {
        *index = i;
        check_ask(c, VFU_DEVICE_GET_IRQ_INFO, WITH({ "index", i }));
        if (!check_is_done(c)) {
            check_lacks(c, "irq-info", "the info of index %u was due", i);
            return false;
        }
        *count = (unsigned)check_number(c, "count");
        if (*count && check_number(c, "flags") & flag)
            return true;
    }
    check_skip(c, flag == VFIO_IRQ_INFO_EVENTFD ? "no index takes eventfds" : "no index is maskable");
    return false;
}

/* One that takes eventfds: MSI-X before the others. */
static bool find_index(struct check *c, unsigned *index, unsigned *count)
{
    return find_flag(c, VFIO_IRQ_INFO_EVENTFD, index, count);
}

static enum check_answer set(struct check *c, uint64_t flags, uint64_t index, uint64_t start, uint64_t count, int fd)
{
    return check_ask_fds(c, VFU_DEVICE_SET_IRQS,
                         WITH({ "flags", flags }, { "index", index }, { "start", start }, { "count", count }), &fd,
                         fd >= 0);
}

/* Was the eventfd signalled? One that is to be is waited for: a tap that watches eventfds passes the signal on. */
static bool fired(const struct check *c, int fd, bool is_due)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    uint64_t count;

    return poll(&p, 1, is_due ? c->timeout_ms : 0) == 1 && read(fd, &count, sizeof count) == (ssize_t)sizeof count;
}

/* The first vector of an index that takes eventfds, armed with one of ours. */
struct armed {
    unsigned index, vectors;
    int fd;
};

/* False: check_verdict(c), and nothing is armed. */
static bool open_armed(struct check *c, struct armed *a)
{
    if (!find_index(c, &a->index, &a->vectors))
        return false;
    a->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (a->fd < 0) {
        check_untried(c, "no eventfd: %s", strerror(errno));
        return false;
    }
    set(c, EVENTFD | TRIGGER, a->index, 0, 1, a->fd);
    if (check_is_done(c))
        return true;
    close(a->fd);
    check_lacks(c, "irq-eventfd", "an eventfd was to be taken");
    return false;
}

static enum check_result disarm(struct check *c, struct armed *a, enum check_result result)
{
    set(c, NONE | TRIGGER, a->index, 0, 0, -1);
    close(a->fd);
    return result;
}

static enum check_result irq_eventfd(struct check *c)
{
    struct armed a;

    return open_armed(c, &a) ? disarm(c, &a, CHECK_PASSES) : check_verdict(c);
}

/* Not all kinds of interrupts take all actions. */
static enum check_result no_trigger(struct check *c)
{
    return check_is_error(c) ? check_skip(c, "the client can't trigger such vectors") : check_done(c);
}

static enum check_result trigger(struct check *c, const struct armed *a)
{
    set(c, NONE | TRIGGER, a->index, 0, 1, -1);
    if (!check_is_done(c))
        return no_trigger(c);
    return fired(c, a->fd, true) ? CHECK_PASSES : check_fail(c, "the eventfd was not signalled");
}

/* A command after which the vector that was armed must not fire; what the answer to the trigger is then is free. */
static enum check_result silences(struct check *c, uint64_t data, uint64_t count)
{
    enum check_result result;
    struct armed a;

    if (!open_armed(c, &a))
        return check_verdict(c);
    set(c, data | TRIGGER, a.index, 0, count, -1);
    result = check_done(c);
    if (result == CHECK_PASSES) {
        fired(c, a.fd, false);
        set(c, NONE | TRIGGER, a.index, 0, 1, -1);
        if (fired(c, a.fd, false))
            result = check_fail(c, "the eventfd was signalled");
    }
    return disarm(c, &a, result);
}

static enum check_result irq_trigger(struct check *c)
{
    struct armed a;

    return open_armed(c, &a) ? disarm(c, &a, trigger(c, &a)) : check_verdict(c);
}

static enum check_result irq_take_away(struct check *c)
{
    return silences(c, EVENTFD, 1);
}

static enum check_result irq_disable(struct check *c)
{
    return silences(c, NONE, 0);
}

/* A SET_IRQS that must be refused. `start` counts from the index's end if it is above 0. */
static enum check_result refused(struct check *c, uint64_t flags, bool past_end, uint64_t count)
{
    unsigned index, vectors;
    int fd;

    if (!find_index(c, &index, &vectors))
        return check_verdict(c);
    fd = flags & EVENTFD ? eventfd(0, EFD_CLOEXEC) : -1;
    set(c, flags, index, past_end ? vectors : 0, count, fd);
    if (fd >= 0)
        close(fd);
    return check_refused(c);
}

static enum check_result irq_range(struct check *c)
{
    return refused(c, NONE | TRIGGER, true, 1);
}

/* The next index, from `i` on, that has vectors, or the number of them all; its vectors. */
static unsigned next_index(struct check *c, unsigned i, unsigned *vectors)
{
    for (*vectors = 0; i < c->num_irqs && i < MOST; i++) {
        check_ask(c, VFU_DEVICE_GET_IRQ_INFO, WITH({ "index", i }));
        *vectors = check_is_done(c) ? (unsigned)check_number(c, "count") : 0;
        if (*vectors)
            break;
    }
    return i;
}

/* Start and count whose sum is inside the index again, in 32 bits. */
static enum check_result wraps(struct check *c, unsigned index, unsigned vectors)
{
    const uint32_t starts[] = { 1, vectors - 1, UINT32_MAX }, sums[] = { 0, 1, vectors };

    for (size_t i = 0; i < 9; i++) {
        uint32_t start = starts[i / 3], count = sums[i % 3] - start;

        if ((uint64_t)start + count <= vectors)
            continue; /* of one vector: nothing wraps */
        set(c, NONE | TRIGGER, index, start, count, -1);
        if (!check_is_error(c))
            return check_refused(c);
    }
    return CHECK_PASSES;
}

/* Of each index: a server that adds the two up finds no fault where the sum is small. */
static enum check_result irq_wrap(struct check *c)
{
    bool any = false;
    unsigned vectors;

    if (!check_open(c))
        return check_verdict(c);
    for (unsigned i = next_index(c, 0, &vectors); vectors; i = next_index(c, i + 1, &vectors)) {
        any = true;
        if (wraps(c, i, vectors) == CHECK_FAILS)
            return CHECK_FAILS;
    }
    return any ? CHECK_PASSES : check_skip(c, "no index has vectors");
}

static enum check_result irq_set_index(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    set(c, NONE | TRIGGER, 0xffff, 0, 1, -1);
    return check_refused(c);
}

static enum check_result irq_two_data(struct check *c)
{
    return refused(c, NONE | EVENTFD | TRIGGER, false, 1);
}

static enum check_result irq_two_actions(struct check *c)
{
    return refused(c, NONE | TRIGGER | VFIO_IRQ_SET_ACTION_UNMASK, false, 1);
}

static enum check_result irq_no_action(struct check *c)
{
    return refused(c, NONE, false, 1);
}

static enum check_result irq_fewer_fds(struct check *c)
{
    unsigned index, vectors;
    int fd;

    if (!find_index(c, &index, &vectors))
        return check_verdict(c);
    if (vectors < 2)
        return check_skip(c, "no index has two vectors");
    fd = eventfd(0, EFD_CLOEXEC);
    set(c, EVENTFD | TRIGGER, index, 0, 2, fd);
    close(fd);
    return check_refused(c);
}

static enum check_result irq_more_fds(struct check *c)
{
    unsigned index, vectors;
    int fds[2];

    if (!find_index(c, &index, &vectors))
        return check_verdict(c);
    fds[0] = fds[1] = eventfd(0, EFD_CLOEXEC);
    check_ask_fds(c, VFU_DEVICE_SET_IRQS, WITH({ "flags", EVENTFD | TRIGGER }, { "index", index }, { "count", 1 }), fds,
                  2);
    close(fds[0]);
    return check_refused(c);
}

static enum check_result irq_bool_short(struct check *c)
{
    return refused(c, BOOL | TRIGGER, false, 1);
}

/* Trigger vector 0 if `yes`. */
static enum check_answer set_bool(struct check *c, unsigned index, uint8_t yes)
{
    if (!check_begin(c, VFU_DEVICE_SET_IRQS, WITH({ "flags", BOOL | TRIGGER }, { "index", index }, { "count", 1 })) ||
        !vfu_build_set_bytes(&c->build, "data", &yes, 1) || (!check_send(c) && !c->was_closed))
        return c->answer = CHECK_SILENT;
    return check_receive(c);
}

static enum check_result irq_bool(struct check *c)
{
    enum check_result result = CHECK_PASSES;
    struct armed a;

    if (!open_armed(c, &a))
        return check_verdict(c);
    for (uint8_t yes = 0; yes < 2 && result == CHECK_PASSES; yes++) {
        set_bool(c, a.index, yes);
        if (!check_is_done(c))
            result = no_trigger(c);
        else if (fired(c, a.fd, yes) != (yes == 1))
            result = check_fail(c, yes ? "the eventfd was not signalled" : "the eventfd was signalled");
    }
    return disarm(c, &a, result);
}

static enum check_result irq_mask(struct check *c)
{
    unsigned index, count;

    if (!find_flag(c, VFIO_IRQ_INFO_MASKABLE, &index, &count))
        return check_verdict(c);
    set(c, NONE | VFIO_IRQ_SET_ACTION_MASK, index, 0, 1, -1);
    if (check_is_done(c))
        set(c, NONE | VFIO_IRQ_SET_ACTION_UNMASK, index, 0, 1, -1);
    return check_done(c);
}

/* What the first eventfd hears when a vector is triggered that is no longer its own. */
static enum check_result deaf(struct check *c, const struct armed *a)
{
    set(c, NONE | TRIGGER, a->index, 0, 1, -1);
    return fired(c, a->fd, false) ? check_fail(c, "the eventfd of before was signalled") : CHECK_PASSES;
}

static enum check_result irq_replace(struct check *c)
{
    enum check_result result;
    struct armed a;
    int other;

    if (!open_armed(c, &a))
        return check_verdict(c);
    other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    set(c, EVENTFD | TRIGGER, a.index, 0, 1, other);
    result = check_is_done(c) ? deaf(c, &a) : check_fail(c, "an eventfd was to be taken");
    close(other);
    return disarm(c, &a, result);
}

static enum check_result irq_disconnect(struct check *c)
{
    enum check_result result;
    struct armed a;

    if (!open_armed(c, &a))
        return check_verdict(c);
    result = check_open(c) ? deaf(c, &a) : check_verdict(c);
    close(a.fd);
    return result;
}

static enum check_result irq_reply(struct check *c)
{
    unsigned index, vectors;

    if (!find_index(c, &index, &vectors))
        return check_verdict(c);
    set(c, NONE | TRIGGER, index, 0, 0, -1);
    if (!check_is_done(c))
        return check_done(c);
    return c->reply->size == VFU_HEADER_SIZE ? CHECK_PASSES : check_fail(c, "the reply has no payload");
}

const struct check_requirement check_irqs[] = {
    { "irq-info", INFO, "each index has its info, with its number", irq_info },
    { "irq-index", INFO, "an index that does not exist gets an error reply", irq_index },
    { "irq-argsz", "Message sizes", "a reply does not exceed argsz: DEVICE_GET_IRQ_INFO with 8", check_small,
      .command = VFU_DEVICE_GET_IRQ_INFO, .number = 8 },
    { "irq-short", INFO, "a DEVICE_GET_IRQ_INFO without all its fields gets an error reply", check_short,
      .command = VFU_DEVICE_GET_IRQ_INFO, .number = 8 },
    { "irq-set-short", SET, "a DEVICE_SET_IRQS without all its fields gets an error reply", check_short,
      .command = VFU_DEVICE_SET_IRQS, .number = 12 },
    { "irq-reply", SET, "the reply to DEVICE_SET_IRQS has no payload", irq_reply },
    { "irq-eventfd", SET, "an index that takes eventfds takes one", irq_eventfd, FDS },
    { "irq-trigger", SET, "a vector that the client triggers signals its eventfd", irq_trigger, FDS },
    { "irq-take-away", SET, "without fds, eventfds are taken away", irq_take_away, FDS },
    { "irq-disable", SET, "none, trigger and a count of 0 disable the index", irq_disable, FDS },
    { "irq-range", SET, "a vector past the last one gets an error reply", irq_range },
    { "irq-wrap", SET, "start and count that wrap around get an error reply", irq_wrap },
    { "irq-set-index", SET, "an index that does not exist can't be set", irq_set_index },
    { "irq-two-data", SET, "two kinds of data at once get an error reply", irq_two_data },
    { "irq-two-actions", SET, "two actions at once get an error reply", irq_two_actions },
    { "irq-no-action", SET, "no action at all gets an error reply", irq_no_action },
    { "irq-fewer-fds", SET, "fewer eventfds than vectors get an error reply", irq_fewer_fds, ODD, FDS },
    { "irq-more-fds", SET, "more eventfds than vectors get an error reply", irq_more_fds, ODD, FDS },
    { "irq-bool", SET, "booleans say which vectors are triggered", irq_bool, FDS },
    { "irq-mask", INFO, "a maskable index can be masked and unmasked", irq_mask },
    { "irq-replace", SET, "a new eventfd takes the place of the one before", irq_replace, FDS },
    { "irq-disconnect", "Client Disconnection", "a client's eventfds are forgotten with its connection",
      irq_disconnect, ODD, FDS },
    { "irq-bool-short", SET, "booleans that are not there get an error reply", irq_bool_short },
    { NULL },
};
