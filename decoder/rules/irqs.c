/*
 * Rules of interrupts, and of indexes that can't be.
 */
#include "decoder/rules/inside.h"

void vfu_check_info_index(struct vfu_check *c, const char *what, uint32_t there)
{
    uint64_t index = vfu_check_number(c, "index");

    if (there && index >= there)
        vfu_break(c, RULE_INFO_INDEX, "%s %llu, the device has %u", what, (unsigned long long)index, there);
    else if (index > VFU_MOST_INDEX)
        vfu_break(c, RULE_INFO_INDEX, "%s %llu: no device has as many", what, (unsigned long long)index);
}

void vfu_check_irq_asked(struct vfu_check *c)
{
    vfu_check_info_index(c, "IRQ index", c->peers->known.num_irqs);
}

static bool one_bit(uint64_t bits)
{
    return bits && !(bits & (bits - 1));
}

/* Which of the index's vectors have an eventfd, as far as was seen. */
static bool any_armed(const struct vfu_armed *armed, uint64_t start, uint64_t count)
{
    for (uint64_t i = start; i < start + count && i < VFU_MAX_ARMED; i++)
        if (armed->vectors[i / 64] & 1ull << i % 64)
            return true;
    return false;
}

static bool any_at_all(const struct vfu_armed *armed)
{
    uint64_t all = 0;

    for (unsigned i = 0; i < VFU_MAX_ARMED / 64; i++)
        all |= armed->vectors[i];
    return all != 0;
}

static void arm(struct vfu_armed *armed, uint64_t start, uint64_t count, bool there, uint64_t no)
{
    armed->before = any_at_all(armed);
    armed->no = no;
    for (uint64_t i = start; i < start + count && i < VFU_MAX_ARMED; i++) {
        armed->vectors[i / 64] &= ~(1ull << i % 64);
        armed->vectors[i / 64] |= (uint64_t)there << i % 64;
    }
}

/* Two mistakes that show in what the client says of vectors that it gave eventfds to, or did not. */
static void check_armed(struct vfu_check *c, struct vfu_armed *armed, const char *name)
{
    uint64_t flags = vfu_check_number(c, "flags"), start = vfu_check_number(c, "start");
    uint64_t count = vfu_check_number(c, "count");
    const struct vfu_message *m = &c->event->message;
    bool lost = m->fds_cut || m->fds_unknown, has_any = any_armed(armed, start, count);

    if (!(flags & VFIO_IRQ_SET_ACTION_TRIGGER))
        return;
    if (flags & VFIO_IRQ_SET_DATA_NONE && count == 0)
        *armed = (struct vfu_armed){ .no = c->event->message.no, .before = any_at_all(armed) };
    else if (flags & VFIO_IRQ_SET_DATA_NONE && has_any)
        vfu_break(c, RULE_IRQ_FIRED, "fires the armed vectors of %s; to disable the index, count is 0", name);
    if (!(flags & VFIO_IRQ_SET_DATA_EVENTFD))
        return;
    /*
     * QEMU takes away what is not there too, in runs of vectors that nobody uses; but not before it has passed any
     * descriptor at all.
     */
    if (m->nfds == 0 && !lost && count > 1 && start + count <= VFU_MAX_ARMED && !has_any &&
        !c->peers->rules.client_fds && c->peers->rules.from_start) {
        c->peers->rules.fds_missed = true;
        vfu_break(c, RULE_IRQ_NONE_TO_TAKE,
                  "takes eventfds away from %s %llu+%llu, which has none: were descriptors lost on the way?", name,
                  (unsigned long long)start, (unsigned long long)count);
    }
    arm(armed, start, count, m->nfds > 0 || lost, m->no);
}

static void check_set_irqs(struct vfu_check *c, const struct vfu_known_irq *irq, const char *name)
{
    uint64_t flags = vfu_check_number(c, "flags"), start = vfu_check_number(c, "start");
    uint64_t count = vfu_check_number(c, "count");
    unsigned nfds = c->event->message.nfds;
    bool wrong = flags & VFIO_IRQ_SET_DATA_EVENTFD ? nfds && nfds != count : nfds > 0;

    if (!one_bit(flags & VFIO_IRQ_SET_DATA_TYPE_MASK) || !one_bit(flags & VFIO_IRQ_SET_ACTION_TYPE_MASK))
        vfu_break(c, RULE_IRQ_FLAGS, "flags 0x%llx: of 0x%x and of 0x%x one is to be set", (unsigned long long)flags,
                  VFIO_IRQ_SET_DATA_TYPE_MASK, VFIO_IRQ_SET_ACTION_TYPE_MASK);
    if (wrong && !(c->event->message.fds_cut && nfds < count)) /* some did not arrive */
        vfu_break(c, RULE_IRQ_FD_COUNT, "%u descriptors for %llu vectors, flags 0x%llx", nfds,
                  (unsigned long long)count, (unsigned long long)flags);
    if (!irq || !irq->known)
        return;
    if (start + count > irq->count)
        vfu_break(c, RULE_IRQ_RANGE, "%s %llu+%llu, the index has %u vectors", name, (unsigned long long)start,
                  (unsigned long long)count, irq->count);
    if (flags & (VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK) && !(irq->flags & VFIO_IRQ_INFO_MASKABLE))
        vfu_break(c, RULE_IRQ_ACTION, "%s is not maskable: its flags are 0x%x", name, irq->flags);
    if (nfds && !(irq->flags & VFIO_IRQ_INFO_EVENTFD))
        vfu_break(c, RULE_IRQ_ACTION, "%s takes no eventfds: its flags are 0x%x", name, irq->flags);
}

void vfu_check_set_irqs(struct vfu_check *c)
{
    const struct vfu_connection *known = &c->peers->known;
    uint64_t index = vfu_check_number(c, "index");
    char room[24];
    const char *name = vfu_check_name(vfu_irq_names, index, room);

    if (known->num_irqs && index >= known->num_irqs)
        vfu_break(c, RULE_NO_SUCH_IRQ, "IRQ index %s, the device has %u", name, known->num_irqs);
    else if (index > VFU_MOST_INDEX)
        vfu_break(c, RULE_NO_SUCH_IRQ, "IRQ index %s: no device has as many", name);
    else
        check_set_irqs(c, index < VFU_MAX_KNOWN_IRQS ? &known->irqs[index] : NULL, name);
    if (index < VFU_MAX_KNOWN_IRQS)
        check_armed(c, &c->peers->rules.armed[index], name);
}
