/*
 * Hints: what a connection as a whole says, told on standard error when it has ended, or, of a file, behind all of it.
 */
#include "cli/output/inside.h"

#include <string.h>

void cli_hints_say(struct cli_run *run)
{
    struct vfu_hint list[VFU_MAX_HINTS];
    size_t count = run->how.session && !run->how.only_why ? vfu_session_hints(run->how.session, false, list) : 0;

    for (; run->hints < count; run->hints++) {
        const struct vfu_hint *h = &list[run->hints];

        if (!run->how.keeps_memory || strcmp(h->name, "memory-by-message") != 0)
            cli_error("connection %u: %s", h->conn, h->text);
    }
}
