/*
 * The register maps that options name, and those that lie in the person's folder and in the install's.
 */
#ifndef VFU_CLI_OUTPUT_MAPS_H
#define VFU_CLI_OUTPUT_MAPS_H

#include "cli/cli.h"
#include "plugins/maps/maps.h"

#include <limits.h>

/* Of each command that shows what registers mean. */
#define CLI_MAPS_OPTIONS \
    { "registers", 0, "FILE[,device=IDS][,region=REGION][,offset=N]", "the names of registers by this map, or by all in a folder; may be repeated", \
      .group = CLI_JUDGING }, \
    { "no-registers", 0, NULL, "no maps of registers, nor those of the folders where they are looked for", .group = CLI_JUDGING }

/* FILE[,device=VVVV:DDDD][,region=REGION][,offset=N] */
struct cli_map_spec {
    char path[PATH_MAX];
    struct vfu_devmap_claim claim; /* how.claim, where there is one */
    struct vfu_maps_how how;
};
/* False: a message was printed. `option` stands in it, in front: "--registers: ". */
bool cli_map_spec(const char *option, const char *text, struct cli_map_spec *spec);

/* Maps, those that count more in front. */
struct cli_maps {
    struct vfu_devmap *const *list;
    size_t count;
};

/*
 * Those of --registers, of $XDG_CONFIG_HOME/vfuscope/registers and of the install's folder (VFUSCOPE_REGISTERS_PATH is in the place of both), which
 * are read once and stay for the program's life. args: those of the command; NULL: the folders alone. NULL: a message was printed;
 * exit with CLI_USAGE. Before any thread starts.
 */
const struct cli_maps *cli_maps(const struct cli_args *args);

#endif
