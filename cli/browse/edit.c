/*
 * The line that is typed.
 */
#include "cli/browse/edit.h"
#include "cli/browse/terminal.h"

#include <string.h>

void browse_edit_set(struct browse_edit *e, const char *text)
{
    size_t size = strlen(text);

    e->size = size < EDIT_ROOM ? size : EDIT_ROOM - 1;
    memcpy(e->text, text, e->size);
    e->text[e->size] = '\0';
    e->at = e->size;
}

static bool goes_on(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t left_of(const struct browse_edit *e, size_t at)
{
    while (at > 0 && goes_on(e->text[--at]))
        ;
    return at;
}

static size_t right_of(const struct browse_edit *e, size_t at)
{
    if (at < e->size)
        at++;
    while (at < e->size && goes_on(e->text[at]))
        at++;
    return at;
}

static size_t word_before(const struct browse_edit *e, size_t at)
{
    while (at > 0 && e->text[at - 1] == ' ')
        at--;
    while (at > 0 && e->text[at - 1] != ' ')
        at--;
    return at;
}

static void take_out(struct browse_edit *e, size_t from, size_t to)
{
    memmove(e->text + from, e->text + to, e->size - to + 1);
    e->size -= to - from;
    e->at = from;
}

void browse_edit_replace(struct browse_edit *e, size_t before, const char *text)
{
    size_t size = strlen(text);

    take_out(e, e->at - before, e->at);
    if (e->size + size >= EDIT_ROOM)
        return;
    memmove(e->text + e->at + size, e->text + e->at, e->size - e->at + 1);
    memcpy(e->text + e->at, text, size);
    e->size += size;
    e->at += size;
}

static void insert(struct browse_edit *e, unsigned code)
{
    char bytes[5] = { 0 };

    if (code < 0x80) {
        bytes[0] = (char)code;
    } else if (code < 0x800) {
        bytes[0] = (char)(0xc0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        bytes[0] = (char)(0xe0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (code & 0x3f));
    } else {
        bytes[0] = (char)(0xf0 | code >> 18);
        bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[3] = (char)(0x80 | (code & 0x3f));
    }
    browse_edit_replace(e, 0, bytes);
}

bool browse_edit_key(struct browse_edit *e, int code)
{
    switch (code) {
    case KEYS_LEFT:
    case KEYS_CTRL('b'):
        e->at = left_of(e, e->at);
        return true;
    case KEYS_RIGHT:
    case KEYS_CTRL('f'):
        e->at = right_of(e, e->at);
        return true;
    case KEYS_HOME:
    case KEYS_CTRL('a'):
        e->at = 0;
        return true;
    case KEYS_END:
    case KEYS_CTRL('e'):
        e->at = e->size;
        return true;
    case KEYS_BACKSPACE:
        take_out(e, left_of(e, e->at), e->at);
        return true;
    case KEYS_DELETE:
    case KEYS_CTRL('d'):
        take_out(e, e->at, right_of(e, e->at));
        return true;
    case KEYS_CTRL('u'):
        take_out(e, 0, e->at);
        return true;
    case KEYS_CTRL('k'):
        take_out(e, e->at, e->size);
        return true;
    case KEYS_CTRL('w'):
        take_out(e, word_before(e, e->at), e->at);
        return true;
    default:
        if (code < 0x20 || code >= KEYS_NONE || (code >= 0x7f && code < 0xa0))
            return false;
        insert(e, (unsigned)code);
        return true;
    }
}
