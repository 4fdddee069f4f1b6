/*
 * Lines of text, and text that grows.
 */
#include "cli/browse/lines.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>

enum { HANGS = 2, LEAST_WIDTH = 20 };

void browse_lines_clear(struct browse_lines *l)
{
    l->used = l->count = 0;
    l->failed = false;
}

void browse_lines_free(struct browse_lines *l)
{
    free(l->text);
    free(l->list);
    *l = (struct browse_lines){ .text = NULL };
}

struct browse_line *browse_lines_add(struct browse_lines *l, const char *text, size_t size)
{
    if (!VFU_GROW(l->text, l->room, l->used + size + 1) || !VFU_GROW(l->list, l->line_room, l->count + 1)) {
        l->failed = true;
        return NULL;
    }
    if (size)
        memcpy(l->text + l->used, text, size);
    l->list[l->count] = (struct browse_line){ .start = l->used, .size = size };
    l->used += size;
    return &l->list[l->count++];
}

struct browse_line *browse_lines_words(struct browse_lines *l, const char *words)
{
    return browse_lines_add(l, words, strlen(words));
}

uint64_t browse_number_in(const char *text, size_t size, size_t *at)
{
    for (; *at + 1 < size; ++*at) {
        uint64_t number = 0;

        if (text[*at] != '#' || text[*at + 1] < '0' || text[*at + 1] > '9')
            continue;
        for (++*at; *at < size && text[*at] >= '0' && text[*at] <= '9' && number < UINT64_MAX / 10 - 1; ++*at)
            number = number * 10 + (uint64_t)(text[*at] - '0');
        if (number)
            return number;
    }
    return 0;
}

uint64_t browse_link_in(const char *text, size_t size, unsigned which, size_t *start, size_t *end)
{
    uint64_t no;

    *end = 0;
    do {
        no = browse_number_in(text, size, end);
    } while (no && which--);
    *start = *end;
    while (no && text[--*start] != '#')
        ;
    return no;
}

/* How many bytes go into so many columns, up to a word's end where there is one; colours take none. */
static size_t fitting(const char *text, size_t size, unsigned width)
{
    size_t at = 0, word = 0;
    unsigned columns = 0;

    for (; at < size; at++) {
        if (text[at] == '\033') {
            while (at < size && text[at] != 'm')
                at++;
            continue;
        }
        if (((unsigned char)text[at] & 0xc0) == 0x80)
            continue;
        if (text[at] == ' ' && columns > width / 2)
            word = at;
        if (columns++ == width)
            return word ? word : at;
    }
    return size;
}

static void add_wrapped(struct browse_lines *l, const char *text, size_t size, unsigned width)
{
    size_t indent = 0, at = 0;
    uint64_t no = browse_number_in(text, size, &at);
    char line[1024] = "";

    while (indent < size && text[indent] == ' ' && indent < width / 2)
        indent++;
    for (bool first = true; size || first; first = false) {
        size_t hang = first ? 0 : indent + HANGS, part = fitting(text, size, width - (unsigned)hang);
        struct browse_line *made;

        part = part + hang > sizeof line ? sizeof line - hang : part;
        memset(line, ' ', hang);
        memcpy(line + hang, text, part);
        made = browse_lines_add(l, line, hang + part);
        if (!made)
            return;
        at = 0;
        made->no = first ? no : browse_number_in(text, part, &at);
        if (!made->no)
            made->no = no;
        text += part;
        size -= part;
        while (size && *text == ' ')
            text++, size--;
    }
}

void browse_lines_split(struct browse_lines *l, const char *text, size_t size, unsigned width)
{
    while (size) {
        const char *end = memchr(text, '\n', size);
        size_t part = end ? (size_t)(end - text) : size;

        add_wrapped(l, text, part, width > LEAST_WIDTH ? width : LEAST_WIDTH);
        part += end != NULL;
        text += part;
        size -= part;
    }
}

static bool grow(void *context, const char *bytes, size_t size)
{
    struct browse_text *t = context;

    if (!VFU_GROW(t->bytes, t->room, t->size + size))
        return false;
    memcpy(t->bytes + t->size, bytes, size);
    t->size += size;
    return true;
}

struct vfu_writer *browse_text_begin(struct browse_text *t)
{
    t->bytes = NULL;
    t->size = t->room = 0;
    t->w = vfu_writer(t->buffer, sizeof t->buffer, grow, t);
    return &t->w;
}

bool browse_text_end(struct browse_text *t)
{
    return vfu_writer_flush(&t->w);
}

void browse_text_free(struct browse_text *t)
{
    free(t->bytes);
    t->bytes = NULL;
}
