/*
 * Access to a region as read, write, watch and rmw have it: where, how wide, through the socket or past it.
 */
#ifndef VFU_CLI_SHELL_ACCESS_H
#define VFU_CLI_SHELL_ACCESS_H

#include "cli/shell/shell.h"

struct shell_access {
    uint32_t region;
    uint64_t offset;
    unsigned width;
    bool bulk;   /* as few messages as can be, not one a value */
    bool mmap;   /* past the socket */
    bool posted; /* No_reply */
};

/* By a command's arguments: the place, SHELL_ARG_WIDTH, SHELL_ARG_VIA. */
struct shell_access shell_access(const struct shell_value *place, const struct shell_value *width,
                                 const struct shell_value *via);
/* size: as many values as it holds, the last one may be cut. *done (may be NULL): so many bytes were, also where it fails. */
enum shell_result shell_access_read(struct shell *sh, const struct shell_access *a, uint8_t *to, size_t size,
                                    size_t *done);
enum shell_result shell_access_write(struct shell *sh, const struct shell_access *a, const uint8_t *from, size_t size,
                                     size_t *done);

/* VALUE, which must fit; the same of one that was taken for a number already. */
bool shell_value(struct shell *sh, const char *text, unsigned width, uint64_t *value);
bool shell_fits(struct shell *sh, const char *text, unsigned width, uint64_t value);

#endif
