/*
 * QEMU's educational device (docs/specs/edu.rst there) as a device model, with what it lacks to show the whole
 * protocol: plain memory in BAR2, part of it mappable, and MSI-X with its table and PBA in BAR4.
 */
#include "plugins/devices/edu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct dev_area memory_areas[] = { { 0x1000, 0x3000 }, { 0x8000, 0x8000 } };

static const struct dev_irq irqs[VFIO_PCI_NUM_IRQS] = {
    [VFIO_PCI_INTX_IRQ_INDEX] = { 1, VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED },
    [VFIO_PCI_MSI_IRQ_INDEX] = { 1, 0 },
    [VFIO_PCI_MSIX_IRQ_INDEX] = { EDU_VECTORS, 0 },
};

static int edu_read(struct dev *dev, unsigned region, uint64_t offset, void *bytes, size_t size)
{
    const struct edu *e = (const struct edu *)dev;

    switch (region) {
    case VFIO_PCI_BAR0_REGION_INDEX:
        edu_registers_read(e, offset, bytes, size);
        return 0;
    case VFIO_PCI_BAR2_REGION_INDEX:
        memcpy(bytes, e->memory + offset, size);
        return 0;
    case VFIO_PCI_BAR4_REGION_INDEX:
        memcpy(bytes, e->msix + offset, size);
        return 0;
    case VFIO_PCI_CONFIG_REGION_INDEX:
        pci_config_read(&e->config, offset, bytes, size);
        return 0;
    default:
        return EINVAL;
    }
}

static int edu_write(struct dev *dev, unsigned region, uint64_t offset, const void *bytes, size_t size)
{
    struct edu *e = (struct edu *)dev;

    switch (region) {
    case VFIO_PCI_BAR0_REGION_INDEX:
        if (!dev->stopped)
            edu_registers_write(e, offset, bytes, size);
        return 0;
    case VFIO_PCI_BAR2_REGION_INDEX:
        memcpy(e->memory + offset, bytes, size);
        return 0;
    case VFIO_PCI_BAR4_REGION_INDEX:
        edu_msix_write(e, offset, bytes, size);
        return 0;
    case VFIO_PCI_CONFIG_REGION_INDEX:
        pci_config_write(&e->config, offset, bytes, size);
        edu_update_intx(e);
        return 0;
    default:
        return EINVAL;
    }
}

static void edu_irqs_changed(struct dev *dev)
{
    edu_update_intx((struct edu *)dev);
}

static void edu_reset(struct dev *dev)
{
    struct edu *e = (struct edu *)dev;

    memset(e->memory, 0, EDU_MEMORY_SIZE);
    edu_msix_reset(e);
    pci_config_reset(&e->config);
    edu_registers_reset(e);
}

static void configure(struct pci_config *c)
{
    pci_config_init(c, &(struct pci_ids){ .vendor = 0x1234,
                                          .device = 0x11e8,
                                          .subsystem_vendor = 0x1af4,
                                          .subsystem = 0x1100,
                                          .class = 0x00ff,
                                          .revision = 0x10,
                                          .pin = 1 });
    pci_config_bar(c, 0, EDU_REGISTERS_SIZE);
    pci_config_bar(c, 2, EDU_MEMORY_SIZE);
    pci_config_bar(c, 4, EDU_MSIX_SIZE);
    pci_config_power(c);
    pci_config_msi(c);
    pci_config_msix(c, EDU_VECTORS, 4, EDU_MSIX_TABLE, EDU_MSIX_PBA);
    pci_config_done(c);
}

/* BAR2's memory; sealed, so that a client that got the fd can't shrink it under us. -1: errno says why. */
static int memory_create(uint8_t **memory)
{
    int fd = memfd_create("edu-bar2", MFD_CLOEXEC | MFD_ALLOW_SEALING), why;

    *memory = MAP_FAILED;
    if (fd < 0)
        return -1;
    if (ftruncate(fd, EDU_MEMORY_SIZE) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        *memory = mmap(NULL, EDU_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (*memory != MAP_FAILED)
        return fd;
    why = errno;
    close(fd);
    errno = why;
    return -1;
}

static struct dev *edu_create(const struct dev_host *host, const char *options, char *why)
{
    struct edu *e = options ? NULL : calloc(1, sizeof *e);
    int fd = e ? memory_create(&e->memory) : -1;

    if (fd < 0) {
        snprintf(why, DEV_WHY, "%s", options ? "takes no options" : strerror(errno));
        free(e);
        return NULL;
    }
    e->dev = (struct dev){ .model = &dev_edu,
                           .host = host,
                           .regions = e->regions,
                           .region_count = VFIO_PCI_NUM_REGIONS,
                           .irqs = irqs,
                           .irq_count = VFIO_PCI_NUM_IRQS,
                           .doorbells = edu_doorbells,
                           .doorbell_count = EDU_DOORBELLS };
    e->regions[VFIO_PCI_BAR0_REGION_INDEX] =
        (struct dev_region){ .size = EDU_REGISTERS_SIZE, .readable = true, .writeable = true };
    e->regions[VFIO_PCI_BAR2_REGION_INDEX] = (struct dev_region){ .size = EDU_MEMORY_SIZE,
                                                                  .readable = true,
                                                                  .writeable = true,
                                                                  .mappable = true,
                                                                  .fd = fd,
                                                                  .areas = memory_areas,
                                                                  .area_count = 2 };
    e->regions[VFIO_PCI_BAR4_REGION_INDEX] =
        (struct dev_region){ .size = EDU_MSIX_SIZE, .readable = true, .writeable = true };
    e->regions[VFIO_PCI_CONFIG_REGION_INDEX] =
        (struct dev_region){ .size = PCI_CONFIG_SIZE, .readable = true, .writeable = true };
    configure(&e->config);
    edu_reset(&e->dev);
    return &e->dev;
}

static void edu_destroy(struct dev *dev)
{
    struct edu *e = (struct edu *)dev;

    munmap(e->memory, EDU_MEMORY_SIZE);
    close(e->regions[VFIO_PCI_BAR2_REGION_INDEX].fd);
    free(e);
}

const struct dev_model dev_edu = {
    .name = "edu",
    .summary = "QEMU's educational device, with memory to map and MSI-X added",
    .create = edu_create,
    .destroy = edu_destroy,
    .reset = edu_reset,
    .read = edu_read,
    .write = edu_write,
    .irqs_changed = edu_irqs_changed,
    .save = edu_save,
    .load = edu_load,
};
