/*
 * Access to mapped memory whose other end may go away: behind a file that somebody cuts short, reading or writing is
 * a bus error. Here it is a value.
 */
#ifndef VFU_CLI_SHELL_GUARD_H
#define VFU_CLI_SHELL_GUARD_H

#include <stdbool.h>

/* Call work(context), which may only touch memory; false: it met a bus error and was left there. Not nested. */
bool guard_run(void (*work)(void *context), void *context);

#endif
