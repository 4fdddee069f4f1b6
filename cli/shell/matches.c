/*
 * Words that match what stands before the cursor.
 */
#include "cli/shell/inside.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>
#include <string.h>

void shell_match(struct shell_matches *m, const char *word)
{
    if (strncmp(word, m->prefix, strlen(m->prefix)) != 0)
        return;
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->words[i], word) == 0)
            return;
    if (!VFU_GROW(m->words, m->capacity, m->count + 1))
        return;
    m->words[m->count] = strdup(word);
    if (m->words[m->count])
        m->count++;
}

void shell_match_names(struct shell_matches *m, const struct vfu_name *names)
{
    for (const struct vfu_name *n = names; n->name; n++)
        shell_match(m, n->name);
}

void shell_matches_free(struct shell_matches *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->words[i]);
    free(m->words);
    m->words = NULL;
    m->count = m->capacity = 0;
}
