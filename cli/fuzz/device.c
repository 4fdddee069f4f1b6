/*
 * vfuscope fuzz: what the device is, asked once: what is said later is about its regions, interrupts and states.
 */
#include "cli/fuzz/inside.h"

enum { ROOM = 4096 };

/* What is not known is another device, with other messages: so each answer is waited for. */
static bool is_answered(const struct check *c)
{
    return c->answer == CHECK_REPLY;
}

static bool ask_regions(struct check *c, struct fuzz_device *d)
{
    for (unsigned i = 0; i < d->num_regions; i++) {
        check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", i }, { "argsz", ROOM }));
        if (!is_answered(c))
            return false;
        if (!check_is_done(c))
            continue;
        d->regions[i].flags = (uint32_t)check_number(c, "flags");
        d->regions[i].size = check_number(c, "size");
    }
    return true;
}

static bool ask_irqs(struct check *c, struct fuzz_device *d)
{
    for (unsigned i = 0; i < d->num_irqs; i++) {
        check_ask(c, VFU_DEVICE_GET_IRQ_INFO, WITH({ "index", i }));
        if (!is_answered(c))
            return false;
        if (!check_is_done(c))
            continue;
        d->irqs[i].flags = (uint32_t)check_number(c, "flags");
        d->irqs[i].count = (uint32_t)check_number(c, "count");
    }
    return true;
}

bool fuzz_learn(struct check *c, struct fuzz_device *d)
{
    const struct vfu_capabilities *agreed;

    *d = (struct fuzz_device){ 0 };
    if (!check_open(c))
        return false;
    agreed = vfu_client_agreed(&c->client);
    d->max_xfer = agreed->max_data_xfer_size;
    d->page = agreed->pgsizes & -agreed->pgsizes;
    if (!d->page)
        d->page = VFU_DEFAULT_PGSIZES;
    d->num_regions = c->num_regions < VFU_MAX_KNOWN_REGIONS ? c->num_regions : VFU_MAX_KNOWN_REGIONS;
    d->num_irqs = c->num_irqs < VFU_MAX_KNOWN_IRQS ? c->num_irqs : VFU_MAX_KNOWN_IRQS;
    if (!ask_regions(c, d) || !ask_irqs(c, d))
        return false;
    check_ask(c, VFU_DEVICE_FEATURE, WITH({ "flags", VFIO_DEVICE_FEATURE_GET }, { "feature", VFIO_DEVICE_FEATURE_MIGRATION }));
    d->migrates = check_is_done(c); /* who does not know the command may hang up */
    check_close(c);
    return true;
}
