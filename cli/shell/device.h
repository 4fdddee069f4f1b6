/*
 * The device at hand: what it was given, what is known of it, and what several commands ask it or tell it.
 */
#ifndef VFU_CLI_SHELL_DEVICE_H
#define VFU_CLI_SHELL_DEVICE_H

#include "capture/client/client.h"
#include "cli/shell/dma.h"
#include "cli/shell/irq.h"
#include "cli/shell/result.h"

#include <linux/pci_regs.h>

/* What the device wanted of memory that it does not have: the first of each address and kind. */
enum { SHELL_OUTSIDE = 64 };
struct shell_outside {
    struct {
        uint64_t address, size, times;
        bool write;
    } touched[SHELL_OUTSIDE];
    size_t count;
};

struct cli_maps;
struct vfu_plugin_tables;
struct vfu_plugin_register;
struct vfu_devmap;

struct shell_device {
    struct shell_maps maps;
    struct shell_outside outside;
    bool trace; /* show what it reads and writes by message */
    struct shell_irqs irqs;
    uint64_t logging_page;           /* of `dirty start`; 0: not started */
    struct shell_kept *kept; /* by plugins, one leads to the next */
    struct vfu_plugin_tables *registers; /* that plugins name; NULL: not asked for yet */
    const struct cli_maps *maps_of_registers; /* from files; NULL: there are none */
    struct vfu_client_device told; /* what it said when it was asked at the start */
    char name[24];                 /* the plugin that is for it; empty: none, or it is not known */
    char prompt[28];               /* with that */
};

/* Is the begin of its config space known, with the ids? */
static inline bool shell_knows_ids(const struct shell_device *d) { return d->told.config_size >= PCI_STD_HEADER_SIZEOF; }

struct shell;
struct shell_place;

enum { MAX_CONFIG = PCI_CFG_SPACE_EXP_SIZE };

/* The configuration space, whole. */
struct shell_config {
    uint8_t bytes[MAX_CONFIG];
    size_t size;
};

/* DEVICE_GET_INFO and DEVICE_GET_REGION_INFO, with room for all that the server has to say. */
enum shell_result shell_device_info(struct shell *sh);
enum shell_result shell_region_info(struct shell *sh, uint32_t index);
enum shell_result shell_config_read(struct shell *sh, struct shell_config *c);
/* A register of it; 0 beyond its end. */
uint32_t shell_config_get(const struct shell_config *c, size_t offset, unsigned width);
/* DMA_MAP of memory that was made. */
enum shell_result shell_map_send(struct shell *sh, const struct shell_map *map);
/*
 * A memfd of *size bytes, which become whole pages, mapped where there is room: at *address, for which `name` stands (NULL:
 * it has none; below SHELL_MAP_NAME bytes).
 */
enum shell_result shell_alloc(struct shell *sh, const char *name, uint64_t *size, uint64_t *address);
/* DEVICE_SET_IRQS, with eventfds, with a bool a vector, or with neither. */
enum shell_result shell_set_irqs(struct shell *sh, uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
                                 const int *fds, unsigned nfds, const uint8_t *bools);
/* Give the server an armed vector's eventfd. */
enum shell_result shell_vector_send(struct shell *sh, const struct shell_vector *v);

/* connect.c: mappings, vectors, registers and what the device tried: those of a connection that is gone. */
void shell_forget(struct shell_device *d, int watch_fd);

/* greet.c */
/* Ask what a VMM asks, unless the person wants it otherwise; STOPPED, or OK whatever the answers are. */
enum shell_result shell_ask(struct shell *sh);
/* At the prompt: say in a line what there is, and find out its name. */
void shell_greet(struct shell *sh);

/* plugin_drive.c: what plugins keep of the device from one command to the next is gone with the connection. */
void shell_kept_forget(struct shell_device *d);

/* registers.c */
/* Load the names of registers, with their places as far as those are known, into sh->device.registers, once. False:
   sh->outcome.error says why. */
bool shell_registers(struct shell *sh);
/* The places of registers that the device's config space says, once a device. */
enum shell_result shell_registers_locate(struct shell *sh);
/* Which plugins (PLUGIN_MAX) are for the device, by the ids in its config space. */
enum shell_result shell_registers_claimed(struct shell *sh, bool *wanted);
void shell_registers_forget(struct shell_device *d);
/* The register of this name (PLUGIN.REGISTER), in its place; NULL if it is none, or the device has none. */
const struct vfu_plugin_register *shell_register(struct shell *sh, const char *text);

/* mapped.c */
/* The register that a map names, MAP.NAME or MAP.NAME[2], if the map is for the device. False: there is none. */
bool shell_mapped_register(struct shell *sh, const char *text, struct shell_place *place);
/* Is this one of the maps that are for the device? NULL: there are no more. */
const struct vfu_devmap *shell_device_map(struct shell *sh, size_t *next);

/* place.c: REGION[+OFFSET], or a register's name, whose width it has; false: the outcome's error */
bool shell_place(struct shell *sh, const char *text, struct shell_place *place);

#endif
