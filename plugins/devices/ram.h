/*
 * What the parts of the ram model share: its memory, and its script (ram_script.c).
 */
#ifndef VFU_PLUGINS_DEVICES_RAM_H
#define VFU_PLUGINS_DEVICES_RAM_H

#include "plugins/devices/devices.h"
#include "plugins/devices/pci_config.h"

enum { RAM_LINES = 512 };

struct ram_place {
    unsigned region; /* a BAR or config */
    uint64_t offset;
    unsigned width; /* 1, 2, 4 or 8 */
};

struct ram_line {
    enum { RAM_INIT, RAM_READONLY, RAM_ON } kind;
    struct ram_place place;
    uint64_t mask, value; /* ON: what the place must be */
    uint64_t size;        /* READONLY */
    bool held;            /* ON: it was so before this write too */
    struct ram_place set; /* ON */
    uint64_t to;
    bool sets, fires;
    unsigned irq_index, irq_vector;
};

struct ram {
    struct dev dev;
    struct dev_region regions[VFIO_PCI_NUM_REGIONS];
    struct dev_irq irqs[VFIO_PCI_NUM_IRQS];
    struct pci_config config;
    uint8_t *memory[6];
    int fd[6];
    struct ram_line *lines; /* line_count of them, RAM_LINES at most */
    size_t line_room;
    unsigned line_count;
};

/* False always; `why` (DEV_WHY bytes) says why. */
__attribute__((format(printf, 2, 3))) bool ram_fail(char *why, const char *format, ...);

bool ram_script_load(struct ram *r, const char *path, char *why);
void ram_script_free(struct ram *r);
/* The initial values, after power-on and reset. */
void ram_script_start(struct ram *r);
/* Write to a BAR, but for what is read-only. */
void ram_script_write(struct ram *r, unsigned region, uint64_t offset, const uint8_t *bytes, size_t size);
/* This range was written: do what the script says. */
void ram_script_react(struct ram *r, unsigned region, uint64_t offset, size_t size);

#endif
