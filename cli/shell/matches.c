/*
 * Words that match what stands before the cursor.
 */
#include "cli/shell/inside.h"

#include <string.h>

void shell_match(struct cli_matches *m, const char *word)
{
    if (strncmp(word, m->prefix, strlen(m->prefix)) == 0)
        cli_matches_add(m, word);
}

void shell_match_names(struct cli_matches *m, const struct vfu_name *names)
{
    for (const struct vfu_name *n = names; n->name; n++)
        shell_match(m, n->name);
}
