/*
 * Messages of several captures that go into one: they are numbered anew, 1, 2, ..., in the order in which they come, and so
 * is what points to them: to one of the last ones, that is; what is older is forgotten.
 */
#include "cli/output/renumber.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>

enum { REMEMBERED = 65536 /* as many commands as a session pairs */ };

/* One of the captures. */
struct origin {
    const char *file;
    uint64_t last; /* the last message's number there; 0: only events came */
};

struct cli_renumbered {
    uint64_t last;
    struct origin *origins; /* count of them, the one that was asked for last in front */
    size_t count, room;
    struct {
        uint64_t was;
        uint64_t now; /* 0: free */
        uint32_t conn;
    } list[REMEMBERED];
    struct vfu_because because[VFU_MAX_BECAUSE]; /* of the last event */
};

struct cli_renumbered *cli_renumbered_new(void)
{
    return calloc(1, sizeof(struct cli_renumbered));
}

void cli_renumbered_free(struct cli_renumbered *r)
{
    free(r ? r->origins : NULL);
    free(r);
}

/* *is_new: nothing of it was seen. NULL: out of memory. */
static struct origin *origin_of(struct cli_renumbered *r, const char *file, bool *is_new)
{
    size_t at = 0;
    struct origin found;

    while (at < r->count && r->origins[at].file != file)
        at++;
    *is_new = at == r->count;
    if (*is_new) {
        if (!VFU_GROW(r->origins, r->room, r->count + 1))
            return NULL;
        r->origins[r->count++] = (struct origin){ .file = file };
    }
    found = r->origins[at];
    r->origins[at] = r->origins[0];
    r->origins[0] = found;
    return &r->origins[0];
}

static size_t place_of(uint32_t conn, uint64_t no)
{
    return (no + conn * 0x9e37u) % REMEMBERED;
}

/* The new number of a message; 0: it is not known any more. */
static uint64_t number_of(const struct cli_renumbered *r, uint32_t conn, uint64_t no)
{
    size_t at = place_of(conn, no);

    return r->list[at].was == no && r->list[at].conn == conn ? r->list[at].now : 0;
}

/* What is missing of a file that has begun is missing in the new one too: a number is left out. */
static void renumber_message(struct cli_renumbered *r, struct origin *origin, bool is_new, struct vfu_event *e)
{
    size_t at = place_of(e->conn, e->message.no);

    if (origin && !is_new && e->message.no != origin->last + 1)
        r->last++;
    if (origin)
        origin->last = e->message.no;
    r->list[at].was = e->message.no;
    r->list[at].conn = e->conn;
    r->list[at].now = e->message.no = ++r->last;
    if (!e->paired)
        return;
    e->reply_to = number_of(r, e->conn, e->reply_to);
    e->paired = e->reply_to;
}

/* Reasons point to messages of long ago, too: those that are not known are left out. */
static void renumber_reasons(struct cli_renumbered *r, struct vfu_event *e)
{
    for (unsigned i = 0; i < e->because_count; i++) {
        struct vfu_because *b = &r->because[i];

        *b = e->because[i];
        b->count = 0;
        for (unsigned j = 0; j < e->because[i].count; j++)
            if ((b->messages[b->count] = number_of(r, e->conn, e->because[i].messages[j])) != 0)
                b->count++;
    }
    e->because = r->because;
}

void cli_renumber(struct cli_renumbered *r, struct vfu_event *e)
{
    bool is_new;
    struct origin *origin = origin_of(r, e->file, &is_new);

    e->file = NULL;
    if (e->because_count)
        renumber_reasons(r, e);
    switch (e->kind) {
    case VFU_EVENT_MESSAGE:
        renumber_message(r, origin, is_new, e);
        break;
    case VFU_EVENT_MEMORY: /* of the message that comes next */
        e->memory.no = r->last + 1;
        break;
    case VFU_EVENT_INJECTED:
        e->injected.no = number_of(r, e->conn, e->injected.no);
        break;
    case VFU_EVENT_OVERDUE:
        e->overdue.no = number_of(r, e->conn, e->overdue.no);
        break;
    case VFU_EVENT_READS_NO_MORE:
        e->reads_no_more.last = number_of(r, e->conn, e->reads_no_more.last);
        break;
    case VFU_EVENT_DISCONNECT:
        e->disconnect.unread = number_of(r, e->conn, e->disconnect.unread);
        e->disconnect.on = number_of(r, e->conn, e->disconnect.on);
        break;
    default:
        break;
    }
}
