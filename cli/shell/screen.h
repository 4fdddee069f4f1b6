/*
 * The shell's output: text for people on standard output.
 */
#ifndef VFU_CLI_SHELL_SCREEN_H
#define VFU_CLI_SHELL_SCREEN_H

#include "cli/shell/buffer.h"

struct shell_out {
    struct vfu_writer w;       /* to standard output */
    struct vfu_writer nowhere; /* where text goes with --json */
    struct shell_buffer *page; /* gathers what is written, for the pager; NULL: to standard output */
    char buffer[4096], dropped[64];
};
void shell_out_init(struct shell_out *out);

struct shell;
/* Where text for people goes. */
struct vfu_writer *shell_text(struct shell *sh);
__attribute__((format(printf, 2, 3))) void shell_say(struct shell *sh, const char *format, ...);
/* Bytes at `address`: address, hex in groups of `width`, characters. */
void shell_hexdump(struct vfu_writer *w, uint64_t address, const uint8_t *bytes, size_t size, unsigned width);

#endif
