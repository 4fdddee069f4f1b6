/*
 * What differs between two runs, for who has them in memory.
 */
#ifndef VFU_CLI_DIFF_DIFF_H
#define VFU_CLI_DIFF_DIFF_H

#include "decoder/session/exchange.h"

#include <stdio.h>

/* Between their first connections, printed as diff prints it, under these names; how much. Nothing is freed. */
uint64_t diff_conversations(const char *a_name, const struct vfu_conversations *a, const char *b_name,
                            const struct vfu_conversations *b, FILE *to);

#endif
