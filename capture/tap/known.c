/*
 * What the tap knows of a device, for a probe that is not to ask the device again: the answers that passed, made anew.
 */
#include "capture/tap/inside.h"
#include "decoder/wire/decode.h"

#include <string.h>

/* Of config space what the client read, from its begin on. Other accesses, which most messages are, end at the first lines. */
void tap_known_learn(struct tap_connection *n, const struct vfu_event *event)
{
    struct tap_config *c = &n->config;
    const struct vfu_value *data;
    struct vfu_decoded d;
    uint64_t offset;
    size_t size;

    if (event->command_number != VFU_REGION_READ || !vfu_event_is_reply(event) || event->flags & VFU_ERROR ||
        c->size == sizeof c->bytes)
        return;
    vfu_decode(event, &d);
    data = vfu_value_by_name(d.values, d.count, "data");
    offset = vfu_number(d.values, d.count, "offset", UINT64_MAX);
    if (!data || vfu_number(d.values, d.count, "region", UINT64_MAX) != VFIO_PCI_CONFIG_REGION_INDEX || offset > c->size)
        return;
    size = data->size < sizeof c->bytes - offset ? data->size : sizeof c->bytes - (size_t)offset;
    memcpy(c->bytes + offset, data->bytes, size);
    if (offset + size > c->size)
        c->size = (size_t)offset + size;
}

static bool put(struct vfu_build *to, struct vfu_build *answer, bool good)
{
    good = good && vfu_build_end(answer) && vfu_build_append(to, answer->bytes, answer->size);
    vfu_build_free(answer);
    return good;
}

/* Without what else a region's info had: nobody keeps that. */
static bool put_region(struct vfu_build *to, const struct vfu_known_region *r, uint32_t index)
{
    struct vfu_build b = { 0 };

    return put(to, &b, vfu_build_start(&b, VFU_DEVICE_GET_REGION_INFO, true) && vfu_build_set_number(&b, "argsz", 32) &&
                           vfu_build_set_number(&b, "flags", r->flags & ~(uint32_t)VFIO_REGION_INFO_FLAG_CAPS) &&
                           vfu_build_set_number(&b, "index", index) && vfu_build_set_number(&b, "size", r->size));
}

static bool put_irq(struct vfu_build *to, const struct vfu_known_irq *irq, uint32_t index)
{
    struct vfu_build b = { 0 };

    return put(to, &b, vfu_build_start(&b, VFU_DEVICE_GET_IRQ_INFO, true) && vfu_build_set_number(&b, "argsz", 16) &&
                           vfu_build_set_number(&b, "flags", irq->flags) && vfu_build_set_number(&b, "index", index) &&
                           vfu_build_set_number(&b, "count", irq->count));
}

static bool put_device(struct vfu_build *to, const struct vfu_connection *known, bool is_pci)
{
    struct vfu_build b = { 0 };

    return put(to, &b, vfu_build_start(&b, VFU_DEVICE_GET_INFO, true) && vfu_build_set_number(&b, "argsz", 16) &&
                           vfu_build_set_number(&b, "flags", is_pci ? VFIO_DEVICE_FLAGS_PCI : 0) &&
                           vfu_build_set_number(&b, "num_regions", known->num_regions) &&
                           vfu_build_set_number(&b, "num_irqs", known->num_irqs));
}

static bool put_config(struct vfu_build *to, const struct tap_config *c)
{
    struct vfu_build b = { 0 };

    return put(to, &b, vfu_build_start(&b, VFU_REGION_READ, true) &&
                           vfu_build_set_number(&b, "region", VFIO_PCI_CONFIG_REGION_INDEX) &&
                           vfu_build_set_number(&b, "count", c->size) && vfu_build_set_bytes(&b, "data", c->bytes, c->size));
}

bool tap_known_put(const struct tap_connection *n, struct vfu_build *to)
{
    const struct vfu_connection *known = vfu_session_connection(n->tap->options->session, n->conn);
    bool good = true;

    if (!known || !known->info_no)
        return true;
    good = put_device(to, known, n->config.size > 0);
    for (uint32_t i = 0; i < VFU_MAX_KNOWN_REGIONS && good; i++)
        good = !known->regions[i].known || put_region(to, &known->regions[i], i);
    for (uint32_t i = 0; i < VFU_MAX_KNOWN_IRQS && good; i++)
        good = !known->irqs[i].known || put_irq(to, &known->irqs[i], i);
    return good && (!n->config.size || put_config(to, &n->config));
}
