/*
 * Maps of registers at work: for each device those that are for it, by the ids that the client reads from its config space. Events
 * get their names, and notes of what is written.
 */
#include "capture/file/capfile.h"
#include "cli/output/inside.h"
#include "cli/output/maps.h"
#include "decoder/registers/meaning.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES = 1024 /* connections at a time; of more the younger one's takes the older one's room */, MAPS = 32 /* of a device */ };
enum { HEAD = PCI_CLASS_DEVICE + 2, NOTES = VFU_RECORDED_NOTES + VFU_MEANING_NOTES };

static const char own_notes[] = "registers";

struct device {
    uint32_t conn; /* 0: none */
    uint8_t head[HEAD]; /* of its config space, what was read of that */
    uint16_t known;     /* a bit for each byte */
    struct vfu_devmap *maps[MAPS];
    unsigned count;
    bool gap; /* messages are missing */
    struct vfu_meaning *meaning; /* NULL: nothing was written yet */
};

struct cli_registers {
    const struct cli_maps *maps;
    const struct vfu_session *session; /* NULL: what is mapped is not known */
    struct device *devices[DEVICES];
    struct vfu_register_at registers[VFU_REGISTERS_NAMED];
    struct vfu_note notes[NOTES];
    struct vfu_decoded decoded;
    struct vfu_event event;
};

struct cli_registers *cli_registers_new(const struct cli_maps *maps, const struct vfu_session *session)
{
    struct cli_registers *r = calloc(1, sizeof *r);

    if (r)
        *r = (struct cli_registers){ .maps = maps, .session = session };
    return r;
}

static void forget(struct cli_registers *r, uint32_t conn)
{
    struct device **d = &r->devices[conn % DEVICES];

    if (!*d || (*d)->conn != conn)
        return;
    vfu_meaning_free((*d)->meaning);
    free(*d);
    *d = NULL;
}

void cli_registers_free(struct cli_registers *r)
{
    for (unsigned i = 0; r && i < DEVICES; i++)
        if (r->devices[i])
            forget(r, r->devices[i]->conn);
    free(r);
}

/* --- which maps --- */

static bool knows(const struct device *d, unsigned from, unsigned size)
{
    unsigned wanted = ((1u << size) - 1) << from;

    return (d->known & wanted) == wanted;
}

static bool is_for(const struct vfu_devmap *m, const struct device *d)
{
    bool by_class = m->claim_count && m->claims[0].class_mask;

    if (!m->claim_count)
        return true;
    if (by_class ? !knows(d, PCI_CLASS_REVISION + 1, 3) : !knows(d, PCI_VENDOR_ID, 4))
        return false;
    return vfu_devmap_claims(m, (uint16_t)(d->head[0] | d->head[1] << 8), (uint16_t)(d->head[2] | d->head[3] << 8),
                             (uint32_t)(d->head[9] | d->head[10] << 8 | d->head[11] << 16));
}

static void choose(const struct cli_registers *r, struct device *d)
{
    d->count = 0;
    for (size_t i = 0; i < r->maps->count && d->count < MAPS; i++)
        if (is_for(r->maps->list[i], d))
            d->maps[d->count++] = r->maps->list[i];
}

static struct device *device_of(struct cli_registers *r, uint32_t conn)
{
    struct device **d = &r->devices[conn % DEVICES];

    if (!conn || (*d && (*d)->conn == conn))
        return *d && (*d)->conn == conn ? *d : NULL;
    if (*d)
        forget(r, (*d)->conn);
    *d = calloc(1, sizeof **d);
    if (*d) {
        (*d)->conn = conn;
        choose(r, *d);
    }
    return *d;
}

/* What the client reads of the begin of config space. */
static void learn(struct cli_registers *r, struct device *d, const struct vfu_moved *m)
{
    bool new = false;

    for (size_t i = 0; m->data && i < m->data->size && m->at < HEAD && m->at + i < HEAD; i++) {
        unsigned at = (unsigned)(m->at + i);

        new |= !(d->known >> at & 1) || d->head[at] != m->data->bytes[i];
        d->head[at] = m->data->bytes[i];
        d->known |= (uint16_t)(1u << at);
    }
    if (new)
        choose(r, d);
}

/* --- names --- */

/* What is only read, or only written, is not meant by what does the other; unless nothing else is there. */
static unsigned meant(struct vfu_register_at *found, unsigned count, bool is_write)
{
    unsigned wrong = is_write ? VFU_REGISTER_READ_ONLY : VFU_REGISTER_WRITE_ONLY, kept = 0;

    for (unsigned i = 0; i < count; i++)
        if (!(found[i].reg->flags & wrong))
            found[kept++] = found[i];
    return kept ? kept : count;
}

/* The first of the maps that has any. */
static unsigned find(const struct device *d, const struct vfu_moved *m, bool is_write, struct vfu_register_at *found)
{
    unsigned count = 0;

    for (unsigned i = 0; i < d->count && !count; i++)
        count = vfu_register_map_find(&d->maps[i]->map, m->region, m->at, m->size, found);
    return count > 1 ? meant(found, count, is_write) : count;
}

static void name(struct cli_registers *r, const struct device *d, struct vfu_event *e)
{
    struct vfu_moved m;
    unsigned count;

    if (!vfu_event_is_access(e) || !vfu_event_place(e, e->decoded, &m))
        return;
    count = find(d, &m, e->command->moves.write, r->registers);
    if (!count || (e->register_count && !(r->registers[0].reg->flags & VFU_REGISTER_FIRST)))
        return; /* what a capture has, or nobody */
    e->registers = r->registers;
    e->register_count = count;
}

/* --- notes --- */

static bool moves_region(const struct vfu_event *e)
{
    return e->kind == VFU_EVENT_MESSAGE && e->command && e->command->moves.space == VFU_REGION_SPACE;
}

static unsigned write_notes(struct cli_registers *r, struct device *d, const struct vfu_event *e, unsigned count)
{
    struct vfu_register_at found[VFU_REGISTERS_NAMED];
    struct vfu_moved m;

    if (!d->meaning)
        d->meaning = vfu_meaning_new();
    if (!d->meaning)
        return count;
    for (bool more = vfu_moved_first(&m, e->command, e->decoded); more && count + VFU_MEANING_NOTES <= NOTES;
         more = vfu_moved_next(&m)) {
        struct vfu_written w = { .region = (uint32_t)m.region, .offset = m.at, .size = m.size, .registers = found };
        unsigned width;

        w.count = find(d, &m, true, found);
        if (!w.count)
            continue;
        w.has_value = m.data && vfu_bytes_value(m.data, &w.value, &width) && width == m.size;
        w.known = r->session ? vfu_session_connection(r->session, e->conn) : NULL;
        w.sure = w.known && w.known->proposed_no && !e->partial && !d->gap;
        count += vfu_meaning_write(d->meaning, &w, r->notes + count);
    }
    return count;
}

/* What a capture says of maps is said anew, if there are any now; not where less is known than then. */
static void add_notes(struct cli_registers *r, struct device *d, struct vfu_event *e)
{
    bool is_write = moves_region(e) && e->command->moves.write && !vfu_event_is_reply(e);
    unsigned count = 0, all = 0, recorded = 0;

    for (unsigned i = 0; i < e->note_count; i++)
        recorded += strcmp(e->notes[i].plugin, own_notes) == 0;
    if (!d->count || (!is_write && !recorded))
        return;
    if (is_write)
        count = write_notes(r, d, e, 0);
    if (e->partial && recorded)
        return;
    if (!count && !recorded)
        return;
    all = count;
    for (unsigned i = 0; i < e->note_count && all < NOTES; i++)
        if (strcmp(e->notes[i].plugin, own_notes) != 0)
            r->notes[all++] = e->notes[i];
    e->notes = r->notes;
    e->note_count = all;
}

/* --- events --- */

static void message(struct cli_registers *r, struct device *d, struct vfu_event *e)
{
    struct vfu_moved m;

    if (e->command_number == VFU_DEVICE_RESET && d->meaning)
        vfu_meaning_forget(d->meaning);
    if (!moves_region(e))
        return;
    e->decoded = vfu_decoded_of(e, &r->decoded);
    if (!e->command->moves.write && vfu_event_is_reply(e) && !(e->flags & VFU_ERROR) && vfu_event_place(e, e->decoded, &m) &&
        m.region == VFIO_PCI_CONFIG_REGION_INDEX)
        learn(r, d, &m);
    if (!d->count)
        return;
    name(r, d, e);
    add_notes(r, d, e);
}

static void gap(struct cli_registers *r)
{
    for (unsigned i = 0; i < DEVICES; i++) {
        if (!r->devices[i])
            continue;
        r->devices[i]->gap = true;
        if (r->devices[i]->meaning)
            vfu_meaning_forget(r->devices[i]->meaning);
    }
}

const struct vfu_event *cli_registers_event(struct cli_registers *r, const struct vfu_event *event)
{
    struct device *d;

    if (event->kind == VFU_EVENT_DROPPED)
        gap(r);
    if (event->kind == VFU_EVENT_CONNECT || event->kind == VFU_EVENT_DISCONNECT)
        forget(r, event->conn);
    d = event->kind == VFU_EVENT_MESSAGE ? device_of(r, event->conn) : NULL;
    if (!d)
        return event;
    r->event = *event;
    message(r, d, &r->event);
    return &r->event;
}
