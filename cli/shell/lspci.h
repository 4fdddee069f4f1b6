/*
 * lspci, from pciutils, as a decoder of configuration space.
 */
#ifndef VFU_CLI_SHELL_LSPCI_H
#define VFU_CLI_SHELL_LSPCI_H

#include <stddef.h>
#include <stdint.h>

/* What `lspci -vvv -nn` makes of these bytes; the caller frees. NULL: it is not there, or makes nothing of them. */
char *lspci_decode(const uint8_t *config, size_t size);

#endif
