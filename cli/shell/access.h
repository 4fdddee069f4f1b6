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
    bool each;        /* a message a value */
    bool mmap;        /* past the socket */
    bool posted;      /* No_reply */
    const char *file; /* --to, --from */
    char **word;      /* what is no option: VALUEs, COUNT */
    int words;
};

/* "REGION[+OFFSET] [b|w|l|q] ...", options anywhere behind, of those in `allowed`: each, via, posted, to, from */
bool shell_access_parse(struct shell *sh, int argc, char **argv, const char *allowed, struct shell_access *a);
enum shell_result shell_access_read(struct shell *sh, const struct shell_access *a, uint8_t *to, size_t size);
enum shell_result shell_access_write(struct shell *sh, const struct shell_access *a, const uint8_t *from, size_t size);

/* VALUE, which must fit. */
bool shell_value(struct shell *sh, const char *text, unsigned width, uint64_t *value);

#endif
