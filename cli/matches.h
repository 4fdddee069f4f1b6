/*
 * Words that may take the place of what was typed, for prompts.
 */
#ifndef VFU_CLI_MATCHES_H
#define VFU_CLI_MATCHES_H

#include <stddef.h>
#include <stdio.h>

struct cli_matches {
    char **words; /* malloced, each one once */
    size_t count, capacity;
    const char *prefix; /* what was typed of it */
};

/* Where memory is short the word is left out. */
void cli_matches_add(struct cli_matches *m, const char *word);
void cli_matches_free(struct cli_matches *m);
/* How many bytes all of them begin with; there is one or more. */
size_t cli_matches_common(const struct cli_matches *m);
/* Sort them, and write them to `to` in as many columns as fit. */
void cli_matches_list(struct cli_matches *m, size_t width, FILE *to);

#endif
