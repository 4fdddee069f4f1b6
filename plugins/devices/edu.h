/*
 * What the parts of the edu model share: its state, its registers (edu_registers.c, edu_msix.c), saving and loading
 * (edu_state.c), and above them the model (edu.c).
 */
#ifndef VFU_PLUGINS_DEVICES_EDU_H
#define VFU_PLUGINS_DEVICES_EDU_H

#include "plugins/devices/devices.h"
#include "plugins/devices/pci_config.h"

enum {
    EDU_REGISTERS_SIZE = 1 << 20, /* BAR0 */
    EDU_MEMORY_SIZE = 64 << 10,   /* BAR2 */
    EDU_MSIX_SIZE = 0x1000,       /* BAR4 */
    EDU_BUFFER_SIZE = 4096,
};
enum { EDU_VECTORS = 4, EDU_MSIX_TABLE = 0, EDU_MSIX_PBA = 0x800 /* in BAR4 */ };

enum { EDU_STATUS_IRQ_FACTORIAL = 0x80 };

struct edu {
    struct dev dev;
    struct dev_region regions[VFIO_PCI_NUM_REGIONS];
    struct pci_config config;
    uint8_t msix[EDU_MSIX_SIZE];
    uint8_t *memory; /* BAR2, shared with who maps it */
    uint32_t liveness, factorial, status, irq_status;
    struct {
        uint64_t source, destination, count, command;
        uint8_t buffer[EDU_BUFFER_SIZE];
        uint8_t moving[EDU_BUFFER_SIZE]; /* what a transfer works on: a failed one leaves the buffer alone */
        uint32_t at;                     /* where in the buffer */
        struct dev_dma transfer;
    } dma;
};

/* BAR0: any width; what is no legal access reads all ones and writes nothing. */
void edu_registers_read(const struct edu *e, uint64_t offset, void *bytes, size_t size);
void edu_registers_write(struct edu *e, uint64_t offset, const void *bytes, size_t size);
/* As after power-on; a transfer that runs is forgotten. */
void edu_registers_reset(struct edu *e);
/* Start the transfer that the registers say is running: after a load. */
void edu_dma_resume(struct edu *e);
/* Set INTx by the interrupt status, the armed vectors and the command register: after any of them changed. */
void edu_update_intx(struct edu *e);

/* A write that starts a DMA may come as a doorbell: each of the four commands, in each of the two widths. */
enum { EDU_DOORBELLS = 8 };
extern const struct dev_doorbell edu_doorbells[EDU_DOORBELLS];

/* BAR4, by its rules of what can be written. */
void edu_msix_write(struct edu *e, uint64_t offset, const uint8_t *bytes, size_t size);
void edu_msix_reset(struct edu *e);

/* edu_state.c: dev_model's save and load */
uint8_t *edu_save(const struct dev *dev, size_t *size);
int edu_load(struct dev *dev, const uint8_t *bytes, size_t size);

#endif
