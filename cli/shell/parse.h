/*
 * Words of a command line as numbers, times, bytes. Each returns false with the outcome's error set.
 */
#ifndef VFU_CLI_SHELL_PARSE_H
#define VFU_CLI_SHELL_PARSE_H

#include "decoder/wire/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shell;
struct shell_range;

/* A number as in C or 4K; or NAME[+OFFSET], which stands for the address of memory that has a name (mem alloc). */
bool shell_number(struct shell *sh, const char *what, const char *text, uint64_t *number);
bool shell_u32(struct shell *sh, const char *what, const char *text, uint32_t *number);
/* NAME[+OFFSET]; false: no memory has that name, and no error is set. */
bool shell_named_address(const struct shell *sh, const char *text, uint64_t *address);
/* Can memory be called so? Letters, digits, _ and ., a letter or _ first. */
bool shell_is_memory_name(const char *name);
/* IOVA SIZE */
bool shell_range(struct shell *sh, const char *address, const char *size, struct shell_range *range);
/* 200ms, 2s; in milliseconds */
bool shell_time(struct shell *sh, const char *text, int *ms);
/* The name that the word is, letter by letter; NULL: it is none of them, and no error is set. */
const struct vfu_name *shell_exact(const struct vfu_name *names, const char *word);
/* An even number of hex digits; the caller frees. */
bool shell_hex(struct shell *sh, const char *text, uint8_t **bytes, size_t *size);
/* "bar0", "msi" or the number, in a buffer of the caller's */
enum { SHELL_NAME = 24 };
const char *shell_name(char *buffer, const struct vfu_name *names, uint64_t value);

#endif
