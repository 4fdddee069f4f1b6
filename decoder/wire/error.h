/*
 * Errors as values: what, and why, for people. Whoever can do something about it prints it ("vfuscope: " in front).
 */
#ifndef VFU_DECODER_WIRE_ERROR_H
#define VFU_DECODER_WIRE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct vfu_error {
    int number; /* an errno where there is one, else 0 */
    char text[256];
};

/* Fills in the error (which may be NULL); always false, so that `return vfu_fail(...)` reads well. */
__attribute__((format(printf, 3, 4))) static inline bool vfu_fail(struct vfu_error *error, int number,
                                                                  const char *format, ...)
{
    if (error) {
        va_list args;

        va_start(args, format);
        vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
        error->number = number;
    }
    return false;
}

/* What follows the word for one of n things. */
static inline const char *vfu_plural(uint64_t n) { return n == 1 ? "" : "s"; }

#endif
