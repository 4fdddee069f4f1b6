/*
 * ^C at the tap's terminal: clients lose their device when the tap ends, so it is said first what would be cut off.
 */
#ifndef VFU_CLI_TAP_INTERRUPT_H
#define VFU_CLI_TAP_INTERRUPT_H

#include "capture/tap/tap.h"
#include "cli/output/output.h"

/* How many clients are connected; who they are, and what they lose, in `text` (a line without its end). */
unsigned tap_cut_off(const struct tap *tap, const struct vfu_session *session, char *text, size_t size);

/* Of a tap without a prompt. */
struct tap_interrupts {
    bool has_terminal; /* standard input and output are one */
    bool said;         /* the first came, and was answered */
};

void tap_interrupts_open(struct tap_interrupts *i);
/* Are we in the foreground of the terminal that standard input is? */
bool tap_in_foreground(void);
/* SIGINT came. The first at a terminal, with clients, stops what is shown there. */
enum vfu_tap_stop tap_interrupted(struct tap_interrupts *i, const struct tap *tap, const struct vfu_session *session,
                                  struct cli_output *output);

#endif
