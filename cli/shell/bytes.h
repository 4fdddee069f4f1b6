/*
 * Numbers as bytes: little-endian, as vfio-user hosts and PCI are; widths 1, 2, 4 and 8.
 */
#ifndef VFU_CLI_SHELL_BYTES_H
#define VFU_CLI_SHELL_BYTES_H

#include <stdint.h>

uint64_t shell_load(const uint8_t *bytes, unsigned width);
void shell_store(uint8_t *bytes, unsigned width, uint64_t value);

#endif
