/*
 * Words that may take the place of what was typed: collected, and listed.
 */
#include "cli/matches.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>
#include <string.h>

void cli_matches_add(struct cli_matches *m, const char *word)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->words[i], word) == 0)
            return;
    if (!VFU_GROW(m->words, m->capacity, m->count + 1))
        return;
    m->words[m->count] = strdup(word);
    if (m->words[m->count])
        m->count++;
}

void cli_matches_free(struct cli_matches *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->words[i]);
    free(m->words);
    m->words = NULL;
    m->count = m->capacity = 0;
}

size_t cli_matches_common(const struct cli_matches *m)
{
    size_t size = strlen(m->words[0]);

    for (size_t i = 1; i < m->count; i++) {
        size_t same = 0;

        while (same < size && m->words[i][same] == m->words[0][same])
            same++;
        size = same;
    }
    return size;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void cli_matches_list(struct cli_matches *m, size_t width, FILE *to)
{
    size_t widest = 0, across, rows;

    qsort(m->words, m->count, sizeof m->words[0], by_name);
    for (size_t i = 0; i < m->count; i++)
        if (strlen(m->words[i]) > widest)
            widest = strlen(m->words[i]);
    across = width / (widest + 2) ? width / (widest + 2) : 1;
    rows = (m->count + across - 1) / across;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = row; i < m->count; i += rows)
            fprintf(to, "%-*s", i + rows < m->count ? (int)widest + 2 : 0, m->words[i]);
        fputc('\n', to);
    }
}
