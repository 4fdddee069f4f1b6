/*
 * When plugins look at guest memory: --look, --no-hold.
 */
#ifndef VFU_CLI_TAP_LOOK_H
#define VFU_CLI_TAP_LOOK_H

#include "capture/tap/tap.h"
#include "cli/cli.h"
#include "cli/output/output.h"

/* irq: interrupts are exposed. False: a message was printed. */
bool tap_look_parse(const struct cli_args *args, bool irq, struct vfu_tap_look *look);
/* Whose plugins look; its descriptors are -1 where none does. */
void tap_look_use(struct vfu_tap_look *look, struct cli_output *output);

#endif
