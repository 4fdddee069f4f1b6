/*
 * vfuscope check: does what a PCI device says of its regions and interrupts fit together? The misfits that the decoder
 * finds (decoder/reasons/misfits.c): there is a requirement of the same name for each.
 */
#include "cli/check/requirements/inside.h"

#include <string.h>

#define REGION "VFIO_USER_DEVICE_GET_REGION_INFO"
#define AREAS "VFIO region capabilities"
#define IRQ "VFIO_USER_DEVICE_GET_IRQ_INFO"
#define BIT(n) (UINT64_C(1) << (n))

enum { MOST = 64, MOST_IRQS = 16 /* that are looked at */ };

/* Was the misfit that the requirement is about found in the last reply? Then it fails. */
static bool is_found(struct check *c)
{
    for (unsigned i = 0; i < c->reply->problem_count; i++) {
        if (strcmp(c->reply->problems[i].rule->id, c->now->id) == 0) {
            check_fail(c, "%s", c->reply->problems[i].text);
            return true;
        }
    }
    return false;
}

/* Of the infos of the row's command with the indexes in its `number`, where there is something to judge. */
static enum check_result each_info(struct check *c)
{
    bool regions = c->now->command == VFU_DEVICE_GET_REGION_INFO, any = false;
    unsigned most = regions ? MOST : MOST_IRQS, count;

    if (!check_open(c))
        return check_verdict(c);
    if (!(c->flags & VFIO_DEVICE_FLAGS_PCI))
        return check_skip(c, "no PCI device");
    count = regions ? c->num_regions : c->num_irqs;
    for (unsigned i = 0; i < count && i < most; i++) {
        if (!(c->now->number & BIT(i)))
            continue;
        check_ask(c, c->now->command, WITH({ "index", i }, { "argsz", regions ? 4096 : 16 }));
        if (!check_is_done(c) || c->decoded.is_short)
            return check_lacks(c, regions ? "region-info" : "irq-info", "the info of index %u was due", i);
        if (is_found(c))
            return CHECK_FAILS;
        any |= c->now->judge(c) == CHECK_PASSES;
    }
    return any ? CHECK_PASSES : check_skip(c, c->now->none);
}

static enum check_result if_sized(struct check *c)
{
    return check_number(c, "size") ? CHECK_PASSES : CHECK_DOES_NOT_APPLY;
}

static enum check_result if_empty(struct check *c)
{
    return check_number(c, "size") ? CHECK_DOES_NOT_APPLY : CHECK_PASSES;
}

static enum check_result if_there(struct check *c)
{
    (void)c;
    return CHECK_PASSES;
}

static enum check_result if_it_has_areas(struct check *c)
{
    return check_has_areas(c) ? CHECK_PASSES : CHECK_DOES_NOT_APPLY;
}

static enum check_result if_it_has_vectors(struct check *c)
{
    return check_number(c, "count") ? CHECK_PASSES : CHECK_DOES_NOT_APPLY;
}

static enum check_result rom_signature(struct check *c)
{
    enum { ROM = VFIO_PCI_ROM_REGION_INDEX };

    if (!check_open(c))
        return check_verdict(c);
    if (!(c->flags & VFIO_DEVICE_FLAGS_PCI) || c->num_regions <= ROM)
        return check_skip(c, "no PCI device");
    check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", ROM }, { "argsz", 4096 }));
    if (!check_is_done(c))
        return check_lacks(c, "region-info", "the info of the option ROM was due");
    if (check_number(c, "size") < 2 || !(check_number(c, "flags") & VFIO_REGION_INFO_FLAG_READ))
        return check_skip(c, "no option ROM");
    check_ask(c, VFU_REGION_READ, WITH({ "region", ROM }, { "count", 2 }));
    if (!check_is_done(c))
        return check_skip(c, "the option ROM can't be read");
    return is_found(c) ? CHECK_FAILS : CHECK_PASSES;
}

#define MISFIT .severity = VFU_MISFIT
#define OF_REGIONS(bits, when, without) \
    each_info, MISFIT, .command = VFU_DEVICE_GET_REGION_INFO, .number = (bits), .judge = (when), .none = (without)
#define OF_IRQS(bits, without) \
    each_info, MISFIT, .command = VFU_DEVICE_GET_IRQ_INFO, .number = (bits), .judge = if_it_has_vectors, \
    .none = (without)

const struct check_requirement check_misfits[] = {
    { "bar-size", REGION, "a BAR's size is a power of two, 4 at least",
      OF_REGIONS(BIT(VFIO_PCI_BAR5_REGION_INDEX + 1) - 1, if_sized, "there are no BARs") },
    { "empty-region", REGION, "a region of size 0 has no mmap flag, and one of PCI's no capabilities",
      OF_REGIONS(UINT64_MAX, if_empty, "every region has a size") },
    { "region-closed", REGION, "a region with a size can be read or written",
      OF_REGIONS(UINT64_MAX, if_sized, "there are no regions") },
    { "config-size", REGION, "config space has 256 bytes, or 4096",
      OF_REGIONS(BIT(VFIO_PCI_CONFIG_REGION_INDEX), if_there, "no PCI configuration space") },
    { "config-access", REGION, "config space can be read and written",
      OF_REGIONS(BIT(VFIO_PCI_CONFIG_REGION_INDEX), if_sized, "no PCI configuration space") },
    { "rom-size", REGION, "an option ROM's size is a power of two, 2 KiB at least",
      OF_REGIONS(BIT(VFIO_PCI_ROM_REGION_INDEX), if_sized, "no option ROM") },
    { "rom-signature", "Read and Write Operations", "an option ROM begins with 55 aa", rom_signature, MISFIT },
    { "vga-region", REGION, "the VGA region has 768 KiB that can be read and written, or size 0",
      OF_REGIONS(BIT(VFIO_PCI_VGA_REGION_INDEX), if_sized, "no VGA region") },
    { "areas-overlap", AREAS, "mappable areas of a region do not lie over each other",
      OF_REGIONS(UINT64_MAX, if_it_has_areas, "no region has mappable areas") },
    { "area-unaligned", AREAS, "mappable areas are whole pages",
      OF_REGIONS(UINT64_MAX, if_it_has_areas, "no region has mappable areas") },
    { "area-empty", AREAS, "a mappable area has a size",
      OF_REGIONS(UINT64_MAX, if_it_has_areas, "no region has mappable areas") },
    { "areas-without-mmap", AREAS, "a region with mappable areas has the mmap flag",
      OF_REGIONS(UINT64_MAX, if_it_has_areas, "no region has mappable areas") },
    { "intx-count", IRQ, "INTx has one vector, or none", OF_IRQS(BIT(VFIO_PCI_INTX_IRQ_INDEX), "no INTx") },
    { "msi-count", IRQ, "MSI's vectors are a power of two, 32 at most",
      OF_IRQS(BIT(VFIO_PCI_MSI_IRQ_INDEX), "no MSI") },
    { "msix-count", IRQ, "MSI-X has 2048 vectors at most", OF_IRQS(BIT(VFIO_PCI_MSIX_IRQ_INDEX), "no MSI-X") },
    { "irq-automasked", IRQ, "only a level can be automasked, and what is can be unmasked",
      OF_IRQS(UINT64_MAX, "there are no vectors") },
    { "irq-without-eventfd", IRQ, "an index with vectors takes eventfds",
      OF_IRQS(UINT64_MAX, "there are no vectors") },
    { NULL },
};
