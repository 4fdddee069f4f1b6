/*
 * Lines out of bytes: at a newline each; a carriage return before it is no part of it. A long line is cut, and says by how much.
 * NULs at a line's begin are none of it: a file that is emptied under a program that goes on where it was begins with many.
 */
#include "capture/logs/inside.h"

#include <stdio.h>
#include <string.h>

enum { SAID = 40 /* room for how much is missing of a line */ };

static void keep(struct logs_lines *l, const char *bytes, size_t size)
{
    size_t room;

    while (!l->size && size && !*bytes) {
        bytes++;
        size--;
    }
    if (l->skip || !size)
        return;
    l->open = true;
    room = sizeof l->text - SAID - l->size;
    if (size < room)
        room = size;
    memcpy(l->text + l->size, bytes, room);
    l->size += room;
    l->cut += size - room;
}

/* No part of a character stands at the end of what was cut. */
static size_t whole_characters(const char *text, size_t size)
{
    size_t end = size;

    while (end > 0 && size - end < 3 && ((uint8_t)text[end - 1] & 0xc0) == 0x80)
        end--;
    return end > 0 && (uint8_t)text[end - 1] >= 0xc0 ? end - 1 : size;
}

static void tell(struct logs_lines *l)
{
    size_t whole;

    if (l->cut) {
        whole = whole_characters(l->text, l->size);
        l->cut += l->size - whole;
        l->size = whole;
        l->size += (size_t)snprintf(l->text + l->size, SAID, "... (%llu more bytes)", (unsigned long long)l->cut);
    } else if (l->size && l->text[l->size - 1] == '\r') {
        l->size--;
    }
    l->line(l->context, l->text, l->size);
    l->size = 0;
    l->cut = 0;
    l->open = false;
}

void logs_lines_take(struct logs_lines *l, const char *bytes, size_t size)
{
    const char *end;

    while (size && (end = memchr(bytes, '\n', size)) != NULL) {
        keep(l, bytes, (size_t)(end - bytes));
        if (!l->skip && (l->open || !l->half))
            tell(l);
        l->skip = l->half = false;
        size -= (size_t)(end + 1 - bytes);
        bytes = end + 1;
    }
    keep(l, bytes, size);
}

void logs_lines_end(struct logs_lines *l)
{
    if (!l->open)
        return;
    tell(l);
    l->half = true;
}
