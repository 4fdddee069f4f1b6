/*
 * Reasons for refused SET_IRQS, and for questions about IRQ indexes.
 */
#include "decoder/reasons/inside.h"

#include <stdio.h>

static bool is_no_irq(struct vfu_refusal *r, uint64_t index)
{
    const struct vfu_connection *known = &r->peers->known;

    if (!known->num_irqs || index < known->num_irqs)
        return false;
    vfu_say_because(r, REASON_NO_SUCH_IRQ, &known->info_no, 1, "IRQ index %llu: the device has %u (#%llu)",
                    (unsigned long long)index, known->num_irqs, (unsigned long long)known->info_no);
    return true;
}

void vfu_reasons_irq_asked(struct vfu_refusal *r)
{
    is_no_irq(r, vfu_asked(r, "index"));
}

/* How many of an index's vectors had an eventfd when the command came; false: that is not known. */
static bool armed_then(const struct vfu_refusal *r, uint64_t index, unsigned *count)
{
    const struct vfu_armed *armed = &r->peers->rules.armed[index];

    *count = 0;
    if (!r->seen_all || armed->unsure || armed->no > r->reply->reply_to)
        return false;
    if (armed->no == r->reply->reply_to) /* the bits are this command's */
        return !armed->before;
    for (unsigned i = 0; i < VFU_MAX_ARMED / 64; i++)
        *count += (unsigned)__builtin_popcountll(armed->vectors[i]);
    return true;
}

/* ", none armed" or ", 3 armed (#30)"; *no: that is said by it. */
static const char *say_armed(const struct vfu_refusal *r, uint64_t index, uint64_t *no, char room[64])
{
    unsigned count;

    room[0] = '\0';
    *no = 0;
    if (!armed_then(r, index, &count))
        return room;
    if (count == 0) {
        snprintf(room, 64, ", none armed");
        return room;
    }
    *no = r->peers->rules.armed[index].no;
    snprintf(room, 64, ", %u armed (#%llu)", count, (unsigned long long)*no);
    return room;
}

static const struct vfu_known_irq *known_irq(const struct vfu_refusal *r, uint64_t index)
{
    const struct vfu_known_irq *irq = index < VFU_MAX_KNOWN_IRQS ? &r->peers->known.irqs[index] : NULL;

    return irq && irq->known ? irq : NULL;
}

static void say_vectors(struct vfu_refusal *r, enum vfu_reason_number reason, bool certain, const struct vfu_known_irq *irq,
                        uint64_t index)
{
    uint64_t messages[2] = { irq->no, 0 };
    char name[VFU_NAME_ROOM], armed[64];

    (certain ? vfu_say_because : vfu_say_perhaps)(
        r, reason, messages, 1, "%s has %u vector%s (#%llu)%s", vfu_reason_name(vfu_irq_names, "index ", index, name),
        irq->count, irq->count == 1 ? "" : "s", (unsigned long long)irq->no, say_armed(r, index, &messages[1], armed));
    if (messages[1] && r->count && r->because[r->count - 1].count == 1)
        r->because[r->count - 1].messages[r->because[r->count - 1].count++] = messages[1];
}

/* What the index's info does not offer. */
static void say_flags(struct vfu_refusal *r, const struct vfu_known_irq *irq, uint64_t index, uint64_t flags)
{
    char room[VFU_NAME_ROOM];
    const char *name = vfu_reason_name(vfu_irq_names, "index ", index, room);

    if (flags & (VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK) && !(irq->flags & VFIO_IRQ_INFO_MASKABLE))
        vfu_say_because(r, REASON_IRQ_FLAGS, &irq->no, 1, "%s is not maskable: its flags are 0x%x (#%llu)", name,
                        irq->flags, (unsigned long long)irq->no);
    if (flags & VFIO_IRQ_SET_DATA_EVENTFD && !(irq->flags & VFIO_IRQ_INFO_EVENTFD))
        vfu_say_because(r, REASON_IRQ_FLAGS, &irq->no, 1, "%s takes no eventfds: its flags are 0x%x (#%llu)", name,
                        irq->flags, (unsigned long long)irq->no);
}

void vfu_reasons_set_irqs(struct vfu_refusal *r)
{
    uint64_t index = vfu_asked(r, "index"), flags = vfu_asked(r, "flags");
    uint64_t start = vfu_asked(r, "start"), count = vfu_asked(r, "count");
    const struct vfu_known_irq *irq = known_irq(r, index);

    if (!vfu_has_asked(r, "count") || is_no_irq(r, index))
        return;
    if (irq && (irq->count == 0 || start + count > irq->count))
        say_vectors(r, REASON_NO_VECTORS, true, irq, index);
    if (count == 0 && (start || flags != (VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)))
        vfu_say_because(r, REASON_IRQ_EMPTY, NULL, 0, "a count of 0 disables the index: with none|trigger and start 0 only");
    if (irq)
        say_flags(r, irq, index, flags);
}

void vfu_guess_set_irqs(struct vfu_refusal *r)
{
    uint64_t index = vfu_asked(r, "index"), flags = vfu_asked(r, "flags");
    const struct vfu_known_irq *irq = known_irq(r, index);
    const struct vfu_armed *armed;
    unsigned count;
    char room[VFU_NAME_ROOM];

    if (!irq || !vfu_asked(r, "count"))
        return;
    armed = &r->peers->rules.armed[index];
    if (!(flags & VFIO_IRQ_SET_DATA_EVENTFD) && armed_then(r, index, &count) && count == 0)
        say_vectors(r, REASON_NONE_ARMED, false, irq, index);
    else if (flags & VFIO_IRQ_SET_DATA_EVENTFD && r->reply->request_fds && irq->flags & VFIO_IRQ_INFO_NORESIZE &&
             armed->no == r->reply->reply_to && armed->before)
        vfu_say_perhaps(r, REASON_IRQ_NORESIZE, &irq->no, 1, "%s can't grow while vectors are armed: noresize (#%llu)",
                        vfu_reason_name(vfu_irq_names, "index ", index, room), (unsigned long long)irq->no);
}
