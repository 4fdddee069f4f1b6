/*
 * What several commands ask the device, or tell it.
 */
#ifndef VFU_CLI_SHELL_DEVICE_H
#define VFU_CLI_SHELL_DEVICE_H

#include "cli/shell/shell.h"

#include <linux/pci_regs.h>

enum { MAX_CONFIG = PCI_CFG_SPACE_EXP_SIZE };

/* The configuration space, whole. */
struct shell_config {
    uint8_t bytes[MAX_CONFIG];
    size_t size;
};

/* DEVICE_GET_REGION_INFO, with room for all that the server has to say. */
enum shell_result shell_region_info(struct shell *sh, uint32_t index);
enum shell_result shell_config_read(struct shell *sh, struct shell_config *c);
/* A register of it; 0 beyond its end. */
uint32_t shell_config_get(const struct shell_config *c, size_t offset, unsigned width);
/* DMA_MAP of memory that was made. */
enum shell_result shell_map_send(struct shell *sh, const struct shell_map *map);
/* DEVICE_SET_IRQS, with eventfds, with a bool a vector, or with neither. */
enum shell_result shell_set_irqs(struct shell *sh, uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
                                 const int *fds, unsigned nfds, const uint8_t *bools);
/* Give the server an armed vector's eventfd. */
enum shell_result shell_vector_send(struct shell *sh, const struct shell_vector *v);

#endif
