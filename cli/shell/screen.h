/*
 * What people are told, and how: text on standard output (not with --json), the line being typed around it.
 */
#ifndef VFU_CLI_SHELL_SCREEN_H
#define VFU_CLI_SHELL_SCREEN_H

#include "cli/line/line.h"
#include "cli/shell/buffer.h"
#include "decoder/sinks/sinks.h"

struct shell_out;

struct shell_screen {
    bool interactive;            /* somebody types, and reads */
    bool json;                   /* an object a command, in place of text */
    bool trace;                  /* show every message */
    struct vfu_text text;        /* how */
    struct vfu_writer w;         /* to standard output */
    struct vfu_writer nowhere;   /* where text goes with --json */
    struct shell_out *out;       /* where that goes instead; NULL: nowhere else */
    bool paging;                 /* what is written is gathered for the pager, in `page` */
    struct shell_buffer page;
    struct cli_line *typing;     /* NULL: no line is */
    char buffer[4096], dropped[64];
};

struct shell;
/* Where text for people goes. */
struct vfu_writer *shell_text(struct shell *sh);
__attribute__((format(printf, 2, 3))) void shell_say(struct shell *sh, const char *format, ...);
/* Bytes at `address`: address, hex in groups of `width`, characters. */
void shell_hexdump(struct vfu_writer *w, uint64_t address, const uint8_t *bytes, size_t size, unsigned width);

/* say.c */
/* Why the command at work fails. Always false, the outcome's error set: `return shell_fail(...)` reads well. */
bool shell_fail(struct shell *sh, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Something happened by itself (an interrupt, a late reply): shown above the line being typed. */
__attribute__((format(printf, 2, 3))) void shell_notice(struct shell *sh, const char *format, ...);
/* The same, in a script on standard output: what was asked to be shown as it happens. */
__attribute__((format(printf, 2, 3))) void shell_show(struct shell *sh, const char *format, ...);

#endif
