/*
 * edu's registers in BAR0: liveness, factorial, interrupts on demand and DMA with the buffer that nothing else reaches.
 * edu has no error bit: a DMA that fails or that misses the buffer changes nothing, ends, and interrupts like any other.
 */
#include "plugins/devices/edu.h"

#include <linux/pci_regs.h>
#include <string.h>

enum {
    IDENTIFICATION = 0x00,
    LIVENESS = 0x04,
    FACTORIAL = 0x08,
    STATUS = 0x20,
    IRQ_STATUS = 0x24,
    IRQ_RAISE = 0x60,
    IRQ_ACKNOWLEDGE = 0x64,
    WIDE = 0x80, /* from here on 8 bytes are a legal width too */
    DMA_SOURCE = 0x80,
    DMA_DESTINATION = 0x88,
    DMA_COUNT = 0x90,
    DMA_COMMAND = 0x98,
    DMA_BUFFER = 0x40000,
};
enum { IDENTITY = 0x010000ed };
enum { IRQ_OF_FACTORIAL = 0x1, IRQ_OF_DMA = 0x100 };
enum { DMA_RUN = 0x1, DMA_TO_CLIENT = 0x2, DMA_INTERRUPT = 0x4 };
enum { DMA_MASK = (1 << 28) - 1 };

#define DOORBELL(width, command) \
    { .region = VFIO_PCI_BAR0_REGION_INDEX, .offset = DMA_COMMAND, .size = (width), .value = (command) }
const struct dev_doorbell edu_doorbells[EDU_DOORBELLS] = {
    DOORBELL(4, DMA_RUN),
    DOORBELL(8, DMA_RUN),
    DOORBELL(4, DMA_RUN | DMA_TO_CLIENT),
    DOORBELL(8, DMA_RUN | DMA_TO_CLIENT),
    DOORBELL(4, DMA_RUN | DMA_INTERRUPT),
    DOORBELL(8, DMA_RUN | DMA_INTERRUPT),
    DOORBELL(4, DMA_RUN | DMA_TO_CLIENT | DMA_INTERRUPT),
    DOORBELL(8, DMA_RUN | DMA_TO_CLIENT | DMA_INTERRUPT),
};

static bool armed(const struct edu *e, unsigned index)
{
    return e->dev.host->irq_armed(e->dev.host->context, index, 0);
}

/* INTx follows the status, unless an MSI takes its place; PCI's status and command registers show and gate it. */
void edu_update_intx(struct edu *e)
{
    bool pending = e->irq_status && !armed(e, VFIO_PCI_MSIX_IRQ_INDEX) && !armed(e, VFIO_PCI_MSI_IRQ_INDEX);
    bool disabled = pci_config_get16(&e->config, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE;

    if (pending)
        e->config.bytes[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
    else
        e->config.bytes[PCI_STATUS] &= (uint8_t)~PCI_STATUS_INTERRUPT;
    e->dev.host->irq_level(e->dev.host->context, VFIO_PCI_INTX_IRQ_INDEX, pending && !disabled);
}

static void raise_irq(struct edu *e, uint32_t bits)
{
    const struct dev_host *host = e->dev.host;

    e->irq_status |= bits;
    edu_update_intx(e);
    if (!e->irq_status)
        return;
    if (armed(e, VFIO_PCI_MSIX_IRQ_INDEX))
        host->irq_fire(host->context, VFIO_PCI_MSIX_IRQ_INDEX, 0);
    else if (armed(e, VFIO_PCI_MSI_IRQ_INDEX))
        host->irq_fire(host->context, VFIO_PCI_MSI_IRQ_INDEX, 0);
}

static uint32_t factorial(uint32_t n)
{
    uint32_t product = 1;

    if (n >= 34) /* 34! has more than 32 factors of two: nothing of it is left */
        return 0;
    while (n > 1)
        product *= n--;
    return product;
}

static void dma_end(struct edu *e)
{
    bool interrupt = e->dma.command & DMA_INTERRUPT;

    e->dma.command &= ~(uint64_t)DMA_RUN;
    if (interrupt)
        raise_irq(e, IRQ_OF_DMA);
}

static void dma_done(struct dev *dev, struct dev_dma *transfer, bool whole)
{
    struct edu *e = (struct edu *)dev;

    if (whole && !transfer->to_client)
        memcpy(e->dma.buffer + e->dma.at, e->dma.moving, transfer->size);
    dma_end(e);
}

static void dma_begin(struct edu *e)
{
    bool to_client = e->dma.command & DMA_TO_CLIENT;
    uint64_t inside = to_client ? e->dma.source : e->dma.destination;
    uint64_t outside = to_client ? e->dma.destination : e->dma.source;

    if (inside < DMA_BUFFER || e->dma.count > EDU_BUFFER_SIZE || inside - DMA_BUFFER > EDU_BUFFER_SIZE - e->dma.count) {
        dma_end(e);
        return;
    }
    e->dma.at = (uint32_t)(inside - DMA_BUFFER);
    if (to_client)
        memcpy(e->dma.moving, e->dma.buffer + e->dma.at, e->dma.count);
    e->dma.transfer = (struct dev_dma){
        .to_client = to_client,
        .address = outside & DMA_MASK,
        .bytes = e->dma.moving,
        .size = e->dma.count,
        .done = dma_done,
    };
    e->dev.host->dma_start(e->dev.host->context, &e->dma.transfer);
}

void edu_dma_resume(struct edu *e)
{
    if (e->dma.command & DMA_RUN)
        dma_begin(e);
}

static bool legal_width(uint64_t offset, size_t size)
{
    return size == 4 || (size == 8 && offset >= WIDE);
}

static uint64_t register_read(const struct edu *e, uint64_t offset)
{
    switch (offset) {
    case IDENTIFICATION:
        return IDENTITY;
    case LIVENESS:
        return e->liveness;
    case FACTORIAL:
        return e->factorial;
    case STATUS: /* never "computing": the result is there at once */
        return e->status;
    case IRQ_STATUS:
        return e->irq_status;
    case DMA_SOURCE:
        return e->dma.source;
    case DMA_DESTINATION:
        return e->dma.destination;
    case DMA_COUNT:
        return e->dma.count;
    case DMA_COMMAND:
        return e->dma.command;
    default:
        return ~(uint64_t)0;
    }
}

/* The DMA registers keep their values while a transfer runs. */
static void dma_register_write(struct edu *e, uint64_t *which, uint64_t value)
{
    if (!(e->dma.command & DMA_RUN))
        *which = value;
}

static void register_write(struct edu *e, uint64_t offset, uint64_t value)
{
    switch (offset) {
    case LIVENESS:
        e->liveness = ~(uint32_t)value;
        break;
    case FACTORIAL:
        e->factorial = factorial((uint32_t)value);
        if (e->status & EDU_STATUS_IRQ_FACTORIAL)
            raise_irq(e, IRQ_OF_FACTORIAL);
        break;
    case STATUS:
        e->status = value & EDU_STATUS_IRQ_FACTORIAL;
        break;
    case IRQ_RAISE:
        raise_irq(e, (uint32_t)value);
        break;
    case IRQ_ACKNOWLEDGE:
        e->irq_status &= ~(uint32_t)value;
        edu_update_intx(e);
        break;
    case DMA_SOURCE:
        dma_register_write(e, &e->dma.source, value);
        break;
    case DMA_DESTINATION:
        dma_register_write(e, &e->dma.destination, value);
        break;
    case DMA_COUNT:
        dma_register_write(e, &e->dma.count, value);
        break;
    case DMA_COMMAND:
        if (!(value & DMA_RUN) || e->dma.command & DMA_RUN)
            break;
        e->dma.command = value;
        dma_begin(e);
        break;
    default:
        break;
    }
}

void edu_registers_read(const struct edu *e, uint64_t offset, void *bytes, size_t size)
{
    uint64_t value;

    if (!legal_width(offset, size)) {
        memset(bytes, 0xff, size);
        return;
    }
    value = register_read(e, offset);
    if (size == 4)
        memcpy(bytes, &(uint32_t){ (uint32_t)value }, size);
    else
        memcpy(bytes, &value, size);
}

void edu_registers_write(struct edu *e, uint64_t offset, const void *bytes, size_t size)
{
    uint64_t value;
    uint32_t word;

    if (!legal_width(offset, size))
        return;
    if (size == 4) {
        memcpy(&word, bytes, size);
        value = word;
    } else {
        memcpy(&value, bytes, size);
    }
    register_write(e, offset, value);
}

void edu_registers_reset(struct edu *e)
{
    const struct dev_host *host = e->dev.host;

    if (e->dma.command & DMA_RUN)
        host->dma_cancel(host->context, &e->dma.transfer);
    memset(&e->dma, 0, sizeof e->dma);
    e->liveness = e->factorial = e->status = e->irq_status = 0;
    edu_update_intx(e);
}
