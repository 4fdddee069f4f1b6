/*
 * Lines of text, with what each is about: what the panes and the screens of their own are drawn from.
 */
#ifndef VFU_CLI_BROWSE_LINES_H
#define VFU_CLI_BROWSE_LINES_H

#include "decoder/wire/writer.h"

#include <stdint.h>

struct browse_line {
    size_t start, size; /* in the text */
    uint64_t no;        /* the message that it leads to; 0: none */
    const char *file;   /* of several files: which one's; NULL: that of the chosen one */
    uint32_t item;      /* or the item, from 1; 0: none */
    uint32_t at, bytes; /* which of its message's bytes it is about; bytes 0: none */
    bool reply;         /* its message is the exchange's reply */
    bool head;          /* a message begins here */
};

/* Zero is a good start. */
struct browse_lines {
    char *text;
    size_t used, room;
    struct browse_line *list;
    size_t count, line_room;
    bool failed; /* out of memory: some are missing */
};

void browse_lines_clear(struct browse_lines *l);
void browse_lines_free(struct browse_lines *l);
/* One more, of these bytes without their newline. NULL: out of memory. */
struct browse_line *browse_lines_add(struct browse_lines *l, const char *text, size_t size);
struct browse_line *browse_lines_words(struct browse_lines *l, const char *words);
/* All lines of a text, each leading to the first message that it names (#37); longer ones than so many columns go on in the next. */
void browse_lines_split(struct browse_lines *l, const char *text, size_t size, unsigned width);
static inline const char *browse_line_text(const struct browse_lines *l, const struct browse_line *line)
{
    return l->text + line->start;
}

/* A text that grows as it is written. */
struct browse_text {
    struct vfu_writer w; /* flush it before the bytes are looked at: browse_text_end */
    char *bytes;
    size_t size, room;
    char buffer[512];
};
/* Its writer; end it by browse_text_end, free it by browse_text_free. */
struct vfu_writer *browse_text_begin(struct browse_text *t);
/* False: out of memory, some is missing. */
bool browse_text_end(struct browse_text *t);
void browse_text_free(struct browse_text *t);

/* The number behind the first # in a text that a digit follows, from *at on, which goes behind it; 0: there is none. */
uint64_t browse_number_in(const char *text, size_t size, size_t *at);
/* The message that a text names, the first being 0, and where that stands; 0: it names fewer. */
uint64_t browse_link_in(const char *text, size_t size, unsigned which, size_t *start, size_t *end);

#endif
