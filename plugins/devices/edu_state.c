/*
 * edu's state as bytes, for migration: a version, then everything that a reset would clear, at fixed places and
 * little-endian, so that machines of either byte order understand it.
 */
#include "plugins/devices/edu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1 };
enum {
    AT_VERSION = 0,
    AT_REGISTERS = 4, /* liveness, factorial, status, interrupt status */
    AT_DMA = 20,      /* source, destination, count, command */
    AT_BUFFER = 52,
    AT_CONFIG = AT_BUFFER + EDU_BUFFER_SIZE,
    AT_MSIX = AT_CONFIG + PCI_CONFIG_SIZE,
    AT_MEMORY = AT_MSIX + EDU_MSIX_SIZE,
    STATE_SIZE = AT_MEMORY + EDU_MEMORY_SIZE,
};

static void put(uint8_t *at, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *at, unsigned width)
{
    uint64_t value = 0;

    for (unsigned i = width; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

uint8_t *edu_save(const struct dev *dev, size_t *size)
{
    const struct edu *e = (const struct edu *)dev;
    uint8_t *bytes = malloc(STATE_SIZE);

    if (!bytes)
        return NULL;
    *size = STATE_SIZE;
    put(bytes + AT_VERSION, VERSION, 4);
    put(bytes + AT_REGISTERS, e->liveness, 4);
    put(bytes + AT_REGISTERS + 4, e->factorial, 4);
    put(bytes + AT_REGISTERS + 8, e->status, 4);
    put(bytes + AT_REGISTERS + 12, e->irq_status, 4);
    put(bytes + AT_DMA, e->dma.source, 8);
    put(bytes + AT_DMA + 8, e->dma.destination, 8);
    put(bytes + AT_DMA + 16, e->dma.count, 8);
    put(bytes + AT_DMA + 24, e->dma.command, 8);
    memcpy(bytes + AT_BUFFER, e->dma.buffer, EDU_BUFFER_SIZE);
    pci_config_read(&e->config, 0, bytes + AT_CONFIG, PCI_CONFIG_SIZE);
    memcpy(bytes + AT_MSIX, e->msix, EDU_MSIX_SIZE);
    memcpy(bytes + AT_MEMORY, e->memory, EDU_MEMORY_SIZE);
    return bytes;
}

int edu_load(struct dev *dev, const uint8_t *bytes, size_t size)
{
    struct edu *e = (struct edu *)dev;

    if (size != STATE_SIZE || get(bytes + AT_VERSION, 4) != VERSION ||
        get(bytes + AT_REGISTERS + 8, 4) & ~(uint64_t)EDU_STATUS_IRQ_FACTORIAL ||
        !pci_config_matches(&e->config, bytes + AT_CONFIG))
        return EINVAL;
    dev->model->reset(dev);
    e->liveness = (uint32_t)get(bytes + AT_REGISTERS, 4);
    e->factorial = (uint32_t)get(bytes + AT_REGISTERS + 4, 4);
    e->status = (uint32_t)get(bytes + AT_REGISTERS + 8, 4);
    e->irq_status = (uint32_t)get(bytes + AT_REGISTERS + 12, 4);
    e->dma.source = get(bytes + AT_DMA, 8);
    e->dma.destination = get(bytes + AT_DMA + 8, 8);
    e->dma.count = get(bytes + AT_DMA + 16, 8);
    e->dma.command = get(bytes + AT_DMA + 24, 8);
    memcpy(e->dma.buffer, bytes + AT_BUFFER, EDU_BUFFER_SIZE);
    pci_config_write(&e->config, 0, bytes + AT_CONFIG, PCI_CONFIG_SIZE);
    edu_msix_write(e, 0, bytes + AT_MSIX, EDU_MSIX_SIZE);
    memcpy(e->memory, bytes + AT_MEMORY, EDU_MEMORY_SIZE);
    edu_update_intx(e);
    edu_dma_resume(e);
    return 0;
}
