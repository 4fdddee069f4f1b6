/*
 * One line that is typed: bytes of UTF-8, and where the cursor stands. Pure.
 */
#ifndef VFU_CLI_BROWSE_EDIT_H
#define VFU_CLI_BROWSE_EDIT_H

#include <stdbool.h>
#include <stddef.h>

enum { EDIT_ROOM = 1024 };

struct browse_edit {
    char text[EDIT_ROOM]; /* ends with NUL */
    size_t size, at;      /* bytes; at: before this one stands the cursor */
};

void browse_edit_set(struct browse_edit *e, const char *text);
/* What a key does to it (terminal.h). False: it is none of a line's. */
bool browse_edit_key(struct browse_edit *e, int code);
/* Put text at the cursor, in the place of as many bytes before it. */
void browse_edit_replace(struct browse_edit *e, size_t before, const char *text);

#endif
