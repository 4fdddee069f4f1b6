/*
 * A device whose registers just remember: ids, BARs and MSI-X as the command line says, and a script of reactions, so
 * that a driver's sequence can be played against it.
 *     ram:vendor=0x1b36,device=0x10,class=0x010802,bar0=16K,bar2=mmap:1M,msix=8,react=FILE
 */
#include "decoder/wire/parse.h"
#include "plugins/devices/ram.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_BAR = 256 << 20, PAGE = 4096 };

/* --- options --- */

struct wanted {
    struct pci_ids ids;
    uint32_t class_code;
    uint64_t bar[6];
    bool mapped[6];
    uint64_t vectors;
    char react[4096];
};

static bool power_of_two(uint64_t n)
{
    return n && (n & (n - 1)) == 0;
}

static bool parse_bar(struct wanted *w, unsigned bar, const char *value, char *why)
{
    w->mapped[bar] = strncmp(value, "mmap:", 5) == 0;
    if (!vfu_parse_number(value + (w->mapped[bar] ? 5 : 0), &w->bar[bar]) || !power_of_two(w->bar[bar]) ||
        w->bar[bar] < 16 || w->bar[bar] > MAX_BAR)
        return ram_fail(why, "bar%u=%s: a power of two from 16 to 256M", bar, value);
    if (w->mapped[bar] && w->bar[bar] < PAGE)
        return ram_fail(why, "bar%u=%s: what is mapped has pages of 4K", bar, value);
    return true;
}

static bool parse_option(struct wanted *w, const char *name, const char *value, char *why)
{
    const struct {
        const char *name;
        uint64_t most;
        void *to;
        size_t width;
    } numbers[] = {
        { "vendor", UINT16_MAX, &w->ids.vendor, 2 },
        { "device", UINT16_MAX, &w->ids.device, 2 },
        { "subvendor", UINT16_MAX, &w->ids.subsystem_vendor, 2 },
        { "subdevice", UINT16_MAX, &w->ids.subsystem, 2 },
        { "revision", UINT8_MAX, &w->ids.revision, 1 },
        { "class", 0xffffff, &w->class_code, 4 },
        { "msix", DEV_MAX_VECTORS, &w->vectors, 8 },
    };
    uint64_t n;

    if (strncmp(name, "bar", 3) == 0 && name[3] >= '0' && name[3] <= '5' && !name[4])
        return parse_bar(w, (unsigned)(name[3] - '0'), value, why);
    if (strcmp(name, "react") == 0) {
        if (strlen(value) >= sizeof w->react)
            return ram_fail(why, "react: %.80s...: %s", value, strerror(ENAMETOOLONG));
        snprintf(w->react, sizeof w->react, "%s", value);
        return true;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(name, numbers[i].name) != 0)
            continue;
        if (!vfu_parse_number(value, &n) || n > numbers[i].most)
            return ram_fail(why, "%s=%s: not a number up to 0x%llx", name, value, (unsigned long long)numbers[i].most);
        if (numbers[i].width == 1)
            *(uint8_t *)numbers[i].to = (uint8_t)n;
        else if (numbers[i].width == 2)
            *(uint16_t *)numbers[i].to = (uint16_t)n;
        else if (numbers[i].width == 4)
            *(uint32_t *)numbers[i].to = (uint32_t)n;
        else
            *(uint64_t *)numbers[i].to = n;
        return true;
    }
    return ram_fail(why, "%s: there are vendor, device, subvendor, subdevice, revision, class, bar0 to bar5, msix, react",
                    name);
}

static bool parse_options(struct wanted *w, const char *options, char *why)
{
    char *copy = strdup(options ? options : ""), *rest = copy, *option;
    bool ok = copy || ram_fail(why, "out of memory");

    while (ok && (option = strsep(&rest, ",")) != NULL) {
        char *value = strchr(option, '=');

        if (!*option)
            continue;
        if (value)
            *value++ = '\0';
        ok = value && *value ? parse_option(w, option, value, why) : ram_fail(why, "%s: needs a value", option);
    }
    free(copy);
    return ok;
}

/* --- the device --- */

static bool make_bar(struct ram *r, unsigned bar, uint64_t size, bool mapped, char *why)
{
    struct dev_region *region = &r->regions[bar];
    int fd = memfd_create("ram-bar", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    r->fd[bar] = fd;
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return ram_fail(why, "bar%u: %s", bar, strerror(errno));
    r->memory[bar] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (r->memory[bar] == MAP_FAILED) {
        r->memory[bar] = NULL;
        return ram_fail(why, "bar%u: %s", bar, strerror(errno));
    }
    *region = (struct dev_region){ .size = size, .readable = true, .writeable = true, .mappable = mapped, .fd = fd };
    pci_config_bar(&r->config, bar, (uint32_t)size);
    return true;
}

/* The table and the PBA have a BAR of their own, the last one that is free. */
static bool make_msix(struct ram *r, struct wanted *w, char *why)
{
    uint32_t pba = (uint32_t)((w->vectors * PCI_MSIX_ENTRY_SIZE + 0x7ff) & ~(uint64_t)0x7ff), size = PAGE;
    unsigned bar = 6;

    if (!w->vectors)
        return true;
    while (bar-- > 0 && w->bar[bar])
        ;
    if (bar >= 6)
        return ram_fail(why, "msix: no BAR is left for its table");
    while (size < pba + w->vectors / 8 + 8)
        size *= 2;
    pci_config_msix(&r->config, (unsigned)w->vectors, bar, 0, pba);
    r->irqs[VFIO_PCI_MSIX_IRQ_INDEX] = (struct dev_irq){ (uint32_t)w->vectors, 0 };
    return make_bar(r, bar, size, false, why);
}

static bool build(struct ram *r, struct wanted *w, char *why)
{
    w->ids.pin = 1;
    w->ids.class = (uint16_t)(w->class_code >> 8);
    pci_config_init(&r->config, &w->ids);
    r->config.bytes[PCI_CLASS_PROG] = (uint8_t)w->class_code;
    for (unsigned bar = 0; bar < 6; bar++)
        if (w->bar[bar] && !make_bar(r, bar, w->bar[bar], w->mapped[bar], why))
            return false;
    pci_config_power(&r->config);
    if (!make_msix(r, w, why) || (w->react[0] && !ram_script_load(r, w->react, why)))
        return false;
    r->irqs[VFIO_PCI_INTX_IRQ_INDEX] = (struct dev_irq){ 1, VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED };
    r->regions[VFIO_PCI_CONFIG_REGION_INDEX] =
        (struct dev_region){ .size = PCI_CONFIG_SIZE, .readable = true, .writeable = true };
    pci_config_done(&r->config);
    return true;
}

static void ram_destroy(struct dev *dev)
{
    struct ram *r = (struct ram *)dev;

    for (unsigned bar = 0; bar < 6; bar++) {
        if (r->memory[bar])
            munmap(r->memory[bar], r->regions[bar].size);
        if (r->fd[bar] >= 0)
            close(r->fd[bar]);
    }
    ram_script_free(r);
    free(r);
}

static void ram_reset(struct dev *dev)
{
    struct ram *r = (struct ram *)dev;

    for (unsigned bar = 0; bar < 6; bar++)
        if (r->memory[bar])
            memset(r->memory[bar], 0, r->regions[bar].size);
    pci_config_reset(&r->config);
    r->dev.host->irq_level(r->dev.host->context, VFIO_PCI_INTX_IRQ_INDEX, false);
    ram_script_start(r);
}

static struct dev *ram_create(const struct dev_host *host, const char *options, char *why)
{
    struct ram *r = calloc(1, sizeof *r);
    struct wanted w = { 0 };

    if (!r) {
        ram_fail(why, "out of memory");
        return NULL;
    }
    for (unsigned bar = 0; bar < 6; bar++)
        r->fd[bar] = -1;
    r->dev = (struct dev){ .model = &dev_ram,
                           .host = host,
                           .regions = r->regions,
                           .region_count = VFIO_PCI_NUM_REGIONS,
                           .irqs = r->irqs,
                           .irq_count = VFIO_PCI_NUM_IRQS };
    if (!parse_options(&w, options, why) || !build(r, &w, why)) {
        ram_destroy(&r->dev);
        return NULL;
    }
    ram_script_start(r);
    return &r->dev;
}

/* --- access --- */

static int ram_read(struct dev *dev, unsigned region, uint64_t offset, void *bytes, size_t size)
{
    const struct ram *r = (const struct ram *)dev;

    if (region == VFIO_PCI_CONFIG_REGION_INDEX)
        pci_config_read(&r->config, offset, bytes, size);
    else
        memcpy(bytes, r->memory[region] + offset, size);
    return 0;
}

static int ram_write(struct dev *dev, unsigned region, uint64_t offset, const void *bytes, size_t size)
{
    struct ram *r = (struct ram *)dev;

    if (region == VFIO_PCI_CONFIG_REGION_INDEX)
        pci_config_write(&r->config, offset, bytes, size);
    else
        ram_script_write(r, region, offset, bytes, size);
    ram_script_react(r, region, offset, size);
    return 0;
}

const struct dev_model dev_ram = {
    .name = "ram",
    .summary = "registers that just remember: ram:vendor=N,device=N,class=N,bar0=SIZE,bar2=mmap:SIZE,msix=N,react=FILE",
    .create = ram_create,
    .destroy = ram_destroy,
    .reset = ram_reset,
    .read = ram_read,
    .write = ram_write,
};
