/*
 * The injections of a tap: from --inject, and from the lines of --inject-file.
 */
#ifndef VFU_CLI_TAP_INJECTIONS_H
#define VFU_CLI_TAP_INJECTIONS_H

#include "capture/tap/inject.h"
#include "cli/cli.h"

struct tap_injections {
    struct vfu_injection *list;
    size_t count, room;
    char **specs; /* each one's text; owned */
    size_t spec_room;
    bool by_chance; /* some strike with a probability */
};

/* In the order of the command line. False: a message was printed, with file and line where it is of a file. */
bool tap_injections_parse(const struct cli_args *args, struct tap_injections *all);
void tap_injections_free(struct tap_injections *all);

#endif
