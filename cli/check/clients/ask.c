/*
 * vfuscope check --client: what the server asks for of the client's memory.
 */
#include "cli/check/clients/inside.h"

enum { BYTES = 16, LARGE = 1 << 20, FIRST_ID = 0xa500 };

static bool covered(const struct client_seen *s, uint64_t address)
{
    for (unsigned i = 0; i < s->map_count; i++)
        if (s->maps[i].there && address - s->maps[i].address < s->maps[i].size)
            return true;
    return false;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A mapping that goes on where this one ends. */
static bool goes_on(const struct client_seen *s, const struct client_map *m)
{
    for (unsigned i = 0; i < s->map_count; i++)
        if (s->maps[i].there && s->maps[i].readable && s->maps[i].size >= BYTES && s->maps[i].address == m->address + m->size)
            return true;
    return false;
}

bool client_place(const struct client_seen *s, enum client_asked what, uint64_t *address, uint64_t *size)
{
    *size = BYTES;
    if (what == ASK_OUTSIDE) {
        for (*address = UINT64_C(0x7f1234560000); covered(s, *address);)
            *address += UINT64_C(1) << 40;
        return s->map_count > 0;
    }
    for (unsigned i = 0; i < s->map_count; i++) {
        const struct client_map *m = &s->maps[i];
        bool large = what == ASK_LARGE && m->there && m->readable;

        *size = what == ASK_FEW ? BYTES / 4 : BYTES;
        *address = m->address + m->size - *size;
        if (m->size < BYTES)
            continue;
        if (large) {
            *size = smaller(smaller(m->size, LARGE), s->max_xfer);
            *address = m->address;
        }
        if (what == ASK_ACROSS)
            *address += BYTES / 2;
        if (large || ((what == ASK_READ || what == ASK_FEW) && m->there && m->readable) || (what == ASK_WRITE && m->there && m->readable && m->writeable) ||
            (what == ASK_ACROSS && m->there && m->readable && goes_on(s, m)) ||
            (what == ASK_FORBIDDEN && m->there && m->readable && !m->writeable) ||
            (what == ASK_GONE && !m->there && !covered(s, *address)))
            return true;
    }
    return false;
}

bool client_ask(struct client_play *p, enum client_asked what, bool writes, struct client_message *m)
{
    struct client_seen *s = &p->seen;
    uint64_t address, size;
    struct vfu_build b;
    bool good;

    *m = (struct client_message){ .channel = p->twin ? VFU_TWIN : VFU_MAIN };
    if (s->asked_count == CLIENT_ASKS || !client_place(s, what, &address, &size)) {
        p->lacks = "the client's memory is gone by then";
        return false;
    }
    good = vfu_build_start(&b, writes ? VFU_DMA_WRITE : VFU_DMA_READ, false) &&
           vfu_build_set_number(&b, "header.id", FIRST_ID + s->asked_count) && vfu_build_set_number(&b, "address", address) &&
           vfu_build_set_number(&b, "count", size) &&
           (!writes || vfu_build_set_bytes(&b, "data", s->data, (size_t)size)) && vfu_build_end(&b);
    if (good) {
        s->asked[s->asked_count] = (struct client_question){ .id = (uint16_t)(FIRST_ID + s->asked_count), .size = size, .write = writes };
        s->asked_count++;
        m->bytes = b.bytes;
        m->size = b.size;
        b.bytes = NULL;
    }
    vfu_build_free(&b);
    return good;
}
