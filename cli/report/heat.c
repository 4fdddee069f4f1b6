/*
 * Which places of the regions were accessed, and how often.
 */
#include "cli/report/inside.h"
#include "decoder/wire/transfer.h"

#include <stdlib.h>

static struct report_place *place_of(struct report_heat *h, uint32_t region, uint64_t offset, uint32_t width)
{
    enum { SLOTS = 2 * REPORT_PLACES };
    uint64_t hash = (offset * 0x9e3779b97f4a7c15u) ^ (region * 0x85ebca6bu) ^ (width * 0xc2b2ae35u);
    struct report_place *p;

    if (!h->list && (h->list = calloc(SLOTS, sizeof *h->list)) == NULL)
        return NULL;
    for (size_t at = (hash >> 32) % SLOTS;; at = (at + 1) % SLOTS) {
        p = &h->list[at];
        if (p->reads + p->writes && p->region == region && p->offset == offset && p->width == width)
            return p;
        if (!(p->reads + p->writes))
            break;
    }
    if (h->count == REPORT_PLACES) {
        h->more++;
        return NULL;
    }
    h->count++;
    *p = (struct report_place){ .region = region, .offset = offset, .width = width };
    return p;
}

static void name_place(struct report_place *p, const struct vfu_event *e)
{
    struct vfu_writer w = vfu_writer(p->name, sizeof p->name - 1, NULL, NULL);

    for (unsigned i = 0; i < e->register_count; i++) {
        vfu_write_text(&w, i ? ", " : "");
        vfu_register_write_name(&w, &e->registers[i]);
    }
    p->name[w.used] = '\0';
}

static void take_access(struct report_heat *h, const struct vfu_event *e, const struct vfu_moved *m)
{
    struct report_place *p = place_of(h, (uint32_t)m->region, m->at, (uint32_t)m->size);

    if (!p)
        return;
    p->reads += !m->transfer->write;
    p->writes += m->transfer->write;
    p->last_no = e->message.no;
    if (!p->name[0] && e->register_count)
        name_place(p, e);
    if (m->transfer->write && m->data) {
        unsigned width;

        p->has_value = vfu_bytes_value(m->data, &p->last_value, &width);
    }
}

static void take_answer(struct report_heat *h, const struct vfu_event *e, const struct vfu_decoded *d)
{
    struct vfu_decoded request;
    struct report_place *p;
    struct vfu_moved m;
    unsigned width;

    if (!e->paired || !vfu_decode_request(e, &request) || !vfu_moved_first(&m, e->command, &request) || m.list || !h->list)
        return;
    p = place_of(h, (uint32_t)m.region, m.at, (uint32_t)m.size);
    if (!p || !(p->reads + p->writes)) {
        h->count -= p != NULL; /* its command was not counted */
        return;
    }
    p->replies++;
    p->total_ns += e->latency_ns;
    if (!m.transfer->write && vfu_event_value(e, d, &p->last_value, &width))
        p->has_value = true;
    if (!p->name[0] && e->register_count)
        name_place(p, e);
}

void report_heat_event(struct report_heat *h, const struct vfu_event *e)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d;
    struct vfu_moved m;
    bool more;

    if (!e->command || e->command->moves.space != VFU_REGION_SPACE)
        return;
    d = vfu_decoded_of(e, &room);
    if (vfu_event_is_reply(e)) {
        take_answer(h, e, d);
        return;
    }
    for (more = vfu_moved_first(&m, e->command, d); more; more = vfu_moved_next(&m))
        take_access(h, e, &m);
}
