/*
 * Reads the files of tests/messages: conversations as literal bytes, with what is expected of each message written by hand.
 *
 *     # whence the bytes are
 *     [twin] client|server command|reply|unknown COMMAND HEX [fds=KIND[:SIZE],...] [cut=N] [after=US] [swapped] [decode-only]
 *     = {payload as JSON}        goes on in lines that begin with a space
 *     ! {members beside it}      null: must not be there. Those in `absent_unless_named` must not be there either
 *     ~ TEXT                     stands in the JSON line, character for character
 *
 * cut=N: the capture kept N bytes. after=US: it came so many microseconds after the one before. swapped: the sender's byte order is the other one. decode-only: the encoder makes
 * another form of this message.
 */
#ifndef VFU_TESTS_CONVERSATION_H
#define VFU_TESTS_CONVERSATION_H

#include "decoder/wire/message.h"
#include "test.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>

enum { TALK_FDS = 16, TALK_LITERALS = 4 };

struct talk_line {
    int line;
    enum vfu_side from;
    enum vfu_channel channel;
    bool swapped, decode_only;
    char type[16], command[40];
    uint8_t *bytes;
    size_t size, captured;
    unsigned long after_us; /* 0: whatever */
    struct vfu_fd fds[TALK_FDS];
    unsigned nfds;
    cJSON *payload, *members;
    char *literals[TALK_LITERALS];
    unsigned literal_count;
};

struct talk {
    const char *path;
    struct talk_line *lines;
    size_t count;
};

static inline bool talk_error(const struct talk *t, int line, const char *what)
{
    printf("not ok %s:%d: %s\n", t->path, line, what);
    return false;
}

static inline bool talk_hex(const char *hex, struct talk_line *l)
{
    size_t digits = strlen(hex);

    if (digits < 32 || digits % 2)
        return false;
    l->size = l->captured = digits / 2;
    l->bytes = malloc(l->size);
    for (size_t i = 0; i < l->size; i++) {
        unsigned byte;

        if (!l->bytes || !isxdigit((unsigned char)hex[2 * i]) || sscanf(hex + 2 * i, "%2x", &byte) != 1)
            return false;
        l->bytes[i] = (uint8_t)byte;
    }
    return true;
}

static inline bool talk_fds(char *list, struct talk_line *l)
{
    static const char *const kinds[] = { "other", "memfd", "file", "eventfd", "socket", "pipe", "device" };
    char *rest = NULL;

    for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        char *size = strchr(word, ':');
        unsigned kind = 0;

        if (size)
            *size++ = '\0';
        while (kind < sizeof kinds / sizeof kinds[0] && strcmp(kinds[kind], word) != 0)
            kind++;
        if (kind == sizeof kinds / sizeof kinds[0] || l->nfds == TALK_FDS)
            return false;
        l->fds[l->nfds++] = (struct vfu_fd){ .type = (enum vfu_fd_type)kind,
                                             .has_size = size != NULL,
                                             .size = size ? strtoull(size, NULL, 0) : 0 };
    }
    return true;
}

static inline bool talk_message(char *text, struct talk_line *l)
{
    char *rest = NULL, *word = strtok_r(text, " ", &rest);

    if (word && strcmp(word, "twin") == 0) {
        l->channel = VFU_TWIN;
        word = strtok_r(NULL, " ", &rest);
    }
    if (!word || (strcmp(word, "client") != 0 && strcmp(word, "server") != 0))
        return false;
    l->from = word[0] == 'c' ? VFU_CLIENT : VFU_SERVER;
    for (unsigned i = 0; i < 3; i++) {
        word = strtok_r(NULL, " ", &rest);
        if (!word || (i == 2 && !talk_hex(word, l)))
            return false;
        if (i == 0)
            snprintf(l->type, sizeof l->type, "%s", word);
        else if (i == 1)
            snprintf(l->command, sizeof l->command, "%s", word);
    }
    while ((word = strtok_r(NULL, " ", &rest))) {
        if (strncmp(word, "fds=", 4) == 0) {
            if (!talk_fds(word + 4, l))
                return false;
        } else if (strncmp(word, "cut=", 4) == 0) {
            l->captured = strtoul(word + 4, NULL, 10);
        } else if (strncmp(word, "after=", 6) == 0) {
            l->after_us = strtoul(word + 6, NULL, 10);
        } else if (strcmp(word, "swapped") == 0) {
            l->swapped = true;
        } else if (strcmp(word, "decode-only") == 0) {
            l->decode_only = true;
        } else {
            return false;
        }
    }
    return l->captured >= VFU_HEADER_SIZE && l->captured <= l->size;
}

/* The text after `=`, `!` or `~` belongs to the message above it. */
static inline bool talk_expectation(char kind, const char *text, struct talk_line *l)
{
    cJSON **where = kind == '=' ? &l->payload : &l->members;

    if (kind == '~') {
        if (l->literal_count == TALK_LITERALS)
            return false;
        l->literals[l->literal_count++] = strdup(text);
        return true;
    }
    if (*where)
        return false;
    *where = cJSON_ParseWithOpts(text, NULL, true);
    return *where != NULL;
}

static inline bool talk_put(struct talk *t, char *text, int line)
{
    if (text[0] == '\0')
        return true;
    if (strchr("=!~", text[0])) {
        if (t->count == 0 || !talk_expectation(text[0], text + 2, &t->lines[t->count - 1]))
            return talk_error(t, line, "not JSON, twice, or no message above it");
        return true;
    }
    t->lines = realloc(t->lines, (t->count + 1) * sizeof *t->lines);
    if (!t->lines)
        return talk_error(t, line, "out of memory");
    t->lines[t->count] = (struct talk_line){ .line = line };
    if (!talk_message(text, &t->lines[t->count++]))
        return talk_error(t, line, "no message: see tests/c/conversation.h");
    return true;
}

static inline void talk_free(struct talk *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->lines[i].bytes);
        cJSON_Delete(t->lines[i].payload);
        cJSON_Delete(t->lines[i].members);
        for (unsigned n = 0; n < t->lines[i].literal_count; n++)
            free(t->lines[i].literals[n]);
    }
    free(t->lines);
}

/* False: a `not ok` line was printed. */
static inline bool talk_read(const char *path, struct talk *t)
{
    FILE *f = fopen(path, "r");
    char *got = NULL, *whole = NULL;
    size_t room = 0, used = 0;
    int line = 0, first = 0;
    bool ok = true;
    ssize_t n;

    *t = (struct talk){ .path = path };
    if (!f)
        return talk_error(t, 0, "can't be opened");
    while (ok && (n = getline(&got, &room, f)) >= 0) {
        line++;
        if (n > 0 && got[n - 1] == '\n')
            got[--n] = '\0';
        if (got[0] == '#' || got[0] == '\0')
            continue;
        if (got[0] != ' ') { /* the line before this one is whole */
            ok = !whole || talk_put(t, whole, first);
            used = 0;
            first = line;
        }
        whole = realloc(whole, used + (size_t)n + 1);
        if (!whole)
            break;
        memcpy(whole + used, got, (size_t)n + 1);
        used += (size_t)n;
    }
    if (ok && whole)
        ok = talk_put(t, whole, first);
    fclose(f);
    free(got);
    free(whole);
    return ok;
}

/* The message as a source would make it; `no` also is its time in microseconds. */
static inline struct vfu_message talk_as_message(const struct talk_line *l, uint64_t no)
{
    return (struct vfu_message){ .no = no,
                                 .time = { .wall_ns = 1700000000000000000 + no * 1000, .mono_ns = no * 1000 },
                                 .conn = 1,
                                 .channel = l->channel,
                                 .from = l->from,
                                 .swapped = l->swapped,
                                 .bytes = l->bytes,
                                 .captured = l->captured,
                                 .size = l->size,
                                 .fds = l->fds,
                                 .nfds = l->nfds };
}

static inline bool talk_has(const struct talk_line *l, const char *member)
{
    return l->members && cJSON_GetObjectItemCaseSensitive(l->members, member);
}

#endif
