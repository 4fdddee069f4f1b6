/*
 * Where `-w` writes to: one capture file, or a ring of them (--ring-size, --ring-files); everything, or what stood before
 * a message that a filter picks (--trigger, --before).
 */
#ifndef VFU_CLI_OUTPUT_RING_H
#define VFU_CLI_OUTPUT_RING_H

#include "capture/file/capfile.h"
#include "cli/cli.h"

#include <sys/stat.h>

struct cli_ring;

/* False: there are options of a ring or a trigger without a file, and a message was printed. */
bool cli_ring_has_file(const struct cli_args *args, const char *path);
/* give_up: see capfile.h. NULL: a message was printed. */
struct cli_ring *cli_ring_open(const struct cli_args *args, const char *path, uint32_t snaplen, atomic_bool *give_up);
bool cli_ring_event(struct cli_ring *r, const struct vfu_event *event, struct vfu_error *error);
bool cli_ring_flush(struct cli_ring *r, struct vfu_error *error);
bool cli_ring_close(struct cli_ring *r, struct vfu_error *error);
/* Is it a file that a ring of this name may write to, or remove? How many there will be nobody knows: any N counts. */
bool cli_ring_has(const char *path, const struct stat *file);

#endif
