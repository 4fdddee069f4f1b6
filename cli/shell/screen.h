/*
 * The shell's output: text for people on standard output, or one JSON object a command; and growing buffers for
 * writers.
 */
#ifndef VFU_CLI_SHELL_SCREEN_H
#define VFU_CLI_SHELL_SCREEN_H

#include "decoder/wire/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is written into w piles up in bytes (with a NUL after shell_buffer_text). */
struct shell_buffer {
    struct vfu_writer w;
    char chunk[512];
    char *bytes;
    size_t size, capacity;
};
void shell_buffer_init(struct shell_buffer *b);
void shell_buffer_clear(struct shell_buffer *b);
void shell_buffer_free(struct shell_buffer *b);
/* All of it, NUL-terminated; "" when out of memory. Valid until the next write. */
const char *shell_buffer_text(struct shell_buffer *b);

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

/* Members of the command's JSON object */
void shell_json_key(struct shell *sh, const char *name);
void shell_json_number(struct shell *sh, const char *name, uint64_t number);
void shell_json_hex_number(struct shell *sh, const char *name, uint64_t number); /* "0x1f" */
void shell_json_string(struct shell *sh, const char *name, const char *text);
void shell_json_bytes(struct shell *sh, const char *name, const uint8_t *bytes, size_t size);
/* "reply": the decoded payload of the last reply */
void shell_json_reply(struct shell *sh);

#endif
