/*
 * What a connection as a whole says, which no message of it does: hints for its end. None of them accuses anybody, and a
 * connection that was not seen from its beginning gives none.
 */
#include "decoder/session/inside.h"

#include <stdio.h>
#include <string.h>

/* 511M, 640K: the largest unit of which there are some, less what is below it. */
static void write_about(char text[24], uint64_t bytes)
{
    static const char units[] = "KMGT";
    unsigned unit = 0;

    while (unit < sizeof units - 2 && bytes >> (10 * (unit + 2)) >= 8)
        unit++;
    snprintf(text, 24, "%llu%c", (unsigned long long)(bytes >> (10 * (unit + 1))), units[unit]);
}

/* The client has armed interrupts, or said how memory is to be mapped, and passed nothing to do that with. */
static bool hint_no_descriptor(const struct vfu_peers *p, struct vfu_hint *hint)
{
    if (p->rules.client_fds || !p->rules.fds_missed)
        return false;
    hint->name = "no-client-descriptor";
    snprintf(hint->text, sizeof hint->text, "no descriptor came from the client, where some should have: "
             "are they lost on the way, by a relay such as socat?");
    return true;
}

/* Memory that the device can only ask for, and a server that never did. */
static bool hint_memory(const struct vfu_peers *p, struct vfu_hint *hint)
{
    const struct vfu_memory *m = &p->memory;
    char size[24];

    if (m->unsure || m->by_fd || !m->most_by_message || m->transfers)
        return false;
    write_about(size, m->most_by_message);
    hint->name = "memory-by-message";
    snprintf(hint->text, sizeof hint->text, "all %s of memory came without a descriptor and the server never asked for "
             "any by message: can it? (share=on)", size);
    return true;
}

/* The worst first: the one explains what follows. */
static bool hint_of(const struct vfu_peers *p, struct vfu_hint *hint)
{
    *hint = (struct vfu_hint){ .conn = p->known.conn };
    return p->rules.from_start && (hint_no_descriptor(p, hint) || hint_memory(p, hint));
}

void vfu_hints_end(struct vfu_session *s, const struct vfu_peers *p)
{
    struct vfu_hint hint;

    if (s->hint_count < VFU_MAX_HINTS && hint_of(p, &hint))
        s->hints[s->hint_count++] = hint;
}

size_t vfu_session_hints(const struct vfu_session *s, bool open, struct vfu_hint list[VFU_MAX_HINTS])
{
    size_t count = s->hint_count;

    memcpy(list, s->hints, count * sizeof *list);
    for (size_t i = 0; open && i < s->count && count < VFU_MAX_HINTS; i++)
        count += hint_of(s->conns[i], &list[count]);
    return count;
}
