/*
 * "Did you mean ...?": see near.h.
 */
#include "decoder/wire/near.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool is_same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Levenshtein's, with Damerau's swap of neighbours; three rows are enough. */
unsigned vfu_distance(const char *a, const char *b)
{
    unsigned rows[3][VFU_NEAR_NAME + 1], *before = rows[0], *above = rows[1], *row = rows[2];
    size_t length = strnlen(b, VFU_NEAR_NAME), height = strnlen(a, VFU_NEAR_NAME);

    for (unsigned x = 0; x <= length; x++)
        row[x] = x;
    for (size_t y = 1; y <= height; y++) {
        unsigned *oldest = before;

        before = above;
        above = row;
        row = oldest;
        row[0] = (unsigned)y;
        for (size_t x = 1; x <= length; x++) {
            row[x] = least(above[x - 1] + !is_same(a[y - 1], b[x - 1]), 1 + least(row[x - 1], above[x]));
            if (y > 1 && x > 1 && is_same(a[y - 1], b[x - 2]) && is_same(a[y - 2], b[x - 1]))
                row[x] = least(row[x], 1 + before[x - 2]);
        }
    }
    return row[length];
}

enum { NEAREST = 0, FARTHEST = 5 };

/* It begins so, has it in it, has nearly the same letters; FARTHEST: it is not what was meant. */
static unsigned rank_of(const char *wanted, const char *name)
{
    size_t length = strlen(wanted);
    unsigned changes;

    if (!length)
        return FARTHEST;
    if (strcasecmp(name, wanted) == 0 || (length > 1 && strncmp(name, wanted, length) == 0))
        return NEAREST;
    if (length > 2 && strcasestr(name, wanted))
        return NEAREST + 1;
    changes = vfu_distance(wanted, name);
    if (changes > (length < 5 ? 1 : length < 18 ? 2 : 3))
        return FARTHEST;
    /* Of two letters one that is other leaves too little. */
    return length < 3 && strlen(name) < 3 ? FARTHEST : least(NEAREST + 1 + changes, FARTHEST);
}

void vfu_near_begin(struct vfu_near *n, const char *wanted)
{
    n->wanted = wanted;
    n->count = 0;
}

void vfu_near_offer(struct vfu_near *n, const char *name)
{
    unsigned rank = rank_of(n->wanted, name), at = n->count;

    if (rank >= FARTHEST || strlen(name) >= sizeof n->found[0].name)
        return;
    for (unsigned i = 0; i < n->count; i++)
        if (strcmp(n->found[i].name, name) == 0)
            return;
    while (at > 0 && n->found[at - 1].rank > rank)
        at--;
    if (at == VFU_NEAR_OFFERED)
        return;
    n->count -= n->count == VFU_NEAR_OFFERED;
    memmove(&n->found[at + 1], &n->found[at], (n->count - at) * sizeof n->found[0]);
    strcpy(n->found[at].name, name);
    n->found[at].rank = rank;
    n->count++;
}

const char *vfu_near_text(const struct vfu_near *n, char text[VFU_NEAR_TEXT])
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < n->count; i++)
        used += (size_t)snprintf(text + used, VFU_NEAR_TEXT - used, "%s%s",
                                 i == 0 ? "; did you mean " : i + 1 < n->count ? ", " : " or ", n->found[i].name);
    if (n->count)
        snprintf(text + used, VFU_NEAR_TEXT - used, "?");
    return text;
}

const char *vfu_near_words(const char *wanted, const char *words, char text[VFU_NEAR_TEXT])
{
    static const char between[] = " ,";
    struct vfu_near n;
    char word[VFU_NEAR_NAME];

    vfu_near_begin(&n, wanted);
    while (*(words += strspn(words, between))) {
        size_t length = strcspn(words, between);

        if (length < sizeof word) {
            memcpy(word, words, length);
            word[length] = '\0';
            vfu_near_offer(&n, word);
        }
        words += length;
    }
    return vfu_near_text(&n, text);
}
