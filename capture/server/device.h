/*
 * What a device model is to the server that runs it (vfuscope serve): regions, interrupts, DMA. A model sees nothing
 * else of the program, and nothing of the protocol; the server sees nothing of the registers.
 *
 * Everything happens in one thread. Integers in registers are host-endian, as on the wire.
 */
#ifndef VFU_CAPTURE_SERVER_DEVICE_H
#define VFU_CAPTURE_SERVER_DEVICE_H

#include <linux/vfio.h> /* region and IRQ indexes, VFIO_IRQ_INFO_* */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

enum { DEV_WHY = 512 };

struct dev;

struct dev_area {
    uint64_t offset, size; /* in the region; multiples of the page size */
};

struct dev_region {
    uint64_t size; /* 0: there is no such region, and the rest means nothing */
    bool readable, writeable;
    bool mappable;
    int fd;             /* of a mappable region: the memory behind it; the model keeps it open */
    uint64_t fd_offset; /* where in fd the region begins */
    const struct dev_area *areas; /* what of it may be mapped; area_count 0: all of it */
    size_t area_count;
};

/* Of a device: IRQ indices; vectors of one, which is what MSI-X has. */
enum { DEV_MAX_IRQS = 8, DEV_MAX_VECTORS = 2048 };

struct dev_irq {
    uint32_t count; /* vectors; 0: the device has none of this index */
    uint32_t flags; /* VFIO_IRQ_INFO_MASKABLE, _AUTOMASKED; eventfds always work */
};

/* A write to a register that may come by an eventfd: a doorbell. It reaches the model as `write` does. */
struct dev_doorbell {
    unsigned region;
    uint64_t offset;
    uint32_t size; /* of the write: 4 or 8 */
    uint64_t value;
};

/* A transfer between the model's bytes and the client's memory. The model fills it in and keeps it until `done`. */
struct dev_dma {
    bool to_client;   /* false: from the client's memory into bytes */
    uint64_t address; /* in the client's DMA address space */
    uint8_t *bytes;
    size_t size;
    /* Called once, never from within dma_start. `whole`: everything was transferred; else bytes may hold a part. */
    void (*done)(struct dev *dev, struct dev_dma *dma, bool whole);
    STAILQ_ENTRY(dev_dma) next; /* the host's while the transfer runs */
};

/* What the server does for the model. `context` is the first argument of each. */
struct dev_host {
    void *context;
    /* Has the client given an eventfd for this vector? */
    bool (*irq_armed)(void *context, unsigned index, unsigned vector);
    /* Fire an edge-triggered vector (MSI, MSI-X); without an eventfd it is lost. */
    void (*irq_fire)(void *context, unsigned index, unsigned vector);
    /* The level of an index's vector 0 (INTx). The host fires on high, masks if the index is automasked, and fires
     * again after an unmask while it is still high. */
    void (*irq_level)(void *context, unsigned index, bool high);
    /* Begin a transfer; it runs after the command at hand is replied to. Transfers run in the order of their start. */
    void (*dma_start)(void *context, struct dev_dma *dma);
    /* Forget a transfer: `done` will not be called. */
    void (*dma_cancel)(void *context, struct dev_dma *dma);
};

struct dev_model {
    const char *name; /* serve --device NAME */
    const char *summary;
    /*
     * options: what stood behind `NAME:`, or NULL. NULL: `why` (DEV_WHY bytes) says why. `host` lives longer than the
     * device.
     */
    struct dev *(*create)(const struct dev_host *host, const char *options, char *why);
    void (*destroy)(struct dev *dev);
    /* As after power-on. Mappings and eventfds are the host's and stay. */
    void (*reset)(struct dev *dev);
    /* Access to a region, inside its size and allowed by its flags, 1 to 1 MiB long. 0, or an errno. */
    int (*read)(struct dev *dev, unsigned region, uint64_t offset, void *bytes, size_t size);
    int (*write)(struct dev *dev, unsigned region, uint64_t offset, const void *bytes, size_t size);
    /* A vector got or lost its eventfd; may be NULL. */
    void (*irqs_changed)(struct dev *dev);
    /* The client's memory came or goes, already and still within reach of DMA; may be NULL. */
    void (*dma_mapped)(struct dev *dev, uint64_t address, uint64_t size);
    void (*dma_unmapped)(struct dev *dev, uint64_t address, uint64_t size);
    /*
     * Migration: both, or neither if the device can't be saved. `save` returns the whole state as bytes that the caller
     * frees, NULL if out of memory; a transfer that runs is saved as one to be started. `load` takes such bytes, a part
     * of them missing or changed perhaps: EINVAL, and the device is as it was; nothing is left of its own state if they
     * are good, and a transfer that ran is started anew.
     */
    uint8_t *(*save)(const struct dev *dev, size_t *size);
    int (*load)(struct dev *dev, const uint8_t *bytes, size_t size);
};

/* A model's own struct begins with this one. */
struct dev {
    const struct dev_model *model;
    const struct dev_host *host;
    const struct dev_region *regions; /* by index */
    unsigned region_count;
    const struct dev_irq *irqs; /* by index */
    unsigned irq_count;
    const struct dev_doorbell *doorbells; /* those of one region stand together; at most 8 different writes */
    unsigned doorbell_count;
    /*
     * The host's: stopped for migration. The host holds DMA and interrupts back; the model's registers must not change,
     * whatever is written to them, while config space, MSI-X tables and plain memory take accesses as ever.
     */
    bool stopped;
};

#endif
