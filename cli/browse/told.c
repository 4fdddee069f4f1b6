/*
 * Screens of what messages say, which are read again: regions with their areas, who speaks, what plugins said.
 */
#include "cli/browse/pages.h"
#include "decoder/wire/decode.h"

#include <linux/vfio.h>
#include <stdio.h>

enum { PEER_LINES = 2000 };

/* --- regions --- */

struct region {
    uint32_t conn, index, flags;
    uint64_t size, no;
};

enum { REGIONS = 128 };
struct regions {
    struct region list[REGIONS];
    size_t count;
};

static void collect(void *context, const struct vfu_session *session, const struct vfu_connection *connection)
{
    struct regions *r = context;
    const struct vfu_connection *c = NULL;

    (void)connection;
    while ((c = vfu_session_next(session, c ? c->conn : 0)) != NULL)
        for (uint32_t i = 0; i < VFU_MAX_KNOWN_REGIONS && r->count < REGIONS; i++)
            if (c->regions[i].known && (c->regions[i].size || c->regions[i].flags))
                r->list[r->count++] = (struct region){ .conn = c->conn, .index = i, .flags = c->regions[i].flags,
                                                       .size = c->regions[i].size, .no = c->regions[i].no };
}

/* What the reply says of what can be mapped, and of what kind it is. */
static void write_areas(struct browse *b, struct vfu_writer *w, uint64_t no)
{
    struct browse_events *events = browse_model_load(b->model, browse_model_by_no(b->model, browse_file(b), no));
    const struct vfu_event *reply = events ? browse_events_reply(events) : NULL;
    const struct vfu_value *list;
    struct vfu_decoded room;

    if (reply) {
        const struct vfu_decoded *d = vfu_decoded_of(reply, &room);

        list = vfu_value_by_name(d->values, d->count, "capabilities");
        if (list)
            vfu_text_tree(w, list, 1, 4);
    }
    browse_events_free(events);
}

static void region_line(struct vfu_writer *w, const struct region *r)
{
    const char *name = vfu_name_of(vfu_region_names, r->index);
    char text[32];

    if (name)
        snprintf(text, sizeof text, "  %-8s", name);
    else
        snprintf(text, sizeof text, "  %-8u", r->index);
    vfu_write_text(w, text);
    vfu_write_size(w, r->size);
    vfu_write_text(w, "  ");
    vfu_write_char(w, r->flags & VFIO_REGION_INFO_FLAG_READ ? 'r' : '-');
    vfu_write_char(w, r->flags & VFIO_REGION_INFO_FLAG_WRITE ? 'w' : '-');
    vfu_write_text(w, r->flags & VFIO_REGION_INFO_FLAG_MMAP ? "m" : "-");
    vfu_write_text(w, "  #");
    vfu_write_decimal(w, r->no);
    vfu_write_char(w, '\n');
}

void browse_page_regions(struct browse *b, struct browse_lines *l)
{
    struct regions r = { .count = 0 };
    struct browse_text t;
    struct vfu_writer *w = browse_text_begin(&t);

    if (b->chosen == BROWSE_NONE || !browse_model_session(b->model, b->chosen, collect, &r))
        vfu_write_text(w, "What was known then can't be had any more.\n");
    else if (!r.count)
        vfu_write_text(w, "The client has not asked for any region so far.\n");
    for (size_t i = 0; i < r.count; i++) {
        if (i == 0 || r.list[i].conn != r.list[i - 1].conn) {
            vfu_write_text(w, "\033[1mconnection ");
            vfu_write_decimal(w, r.list[i].conn);
            vfu_write_text(w, "\033[0m\n");
        }
        region_line(w, &r.list[i]);
        write_areas(b, w, r.list[i].no);
    }
    browse_page_take(b, l, &t);
}

/* --- peers --- */

static void peer_lines(struct browse *b, struct browse_lines *l, uint32_t item)
{
    struct browse_events *events = browse_model_load(b->model, item);
    const struct vfu_event *e = events ? browse_events_command(events) : NULL;
    size_t first = l->count;
    struct browse_text t;

    if (e && (e->kind == VFU_EVENT_CONNECT || e->kind == VFU_EVENT_DISCONNECT || e->kind == VFU_EVENT_PEER)) {
        vfu_text_words(e, browse_text_begin(&t));
        browse_page_take(b, l, &t);
    }
    for (size_t i = first; i < l->count; i++)
        l->list[i].item = item + 1;
    browse_events_free(events);
}

void browse_page_peers(struct browse *b, struct browse_lines *l)
{
    struct browse_item item;

    for (uint32_t i = 0; i < b->state.items && l->count < PEER_LINES; i++)
        if (browse_model_item(b->model, i, &item) && item.marks & BROWSE_EVENT)
            peer_lines(b, l, i);
    if (!l->count)
        browse_lines_words(l, "No connection has begun or ended so far, and nobody looks like a known program.");
}

/* --- notes --- */

static void write_notes(struct vfu_writer *w, const struct vfu_event *e)
{
    for (unsigned i = 0; e && i < e->note_count; i++) {
        if (strcmp(e->notes[i].plugin, "pci") == 0)
            continue; /* it knows no queues */
        vfu_write_char(w, '#');
        vfu_write_decimal(w, vfu_event_no(e));
        vfu_write_text(w, e->notes[i].warning ? "  \033[31m! " : "  ");
        vfu_write_escaped(w, (const uint8_t *)e->notes[i].plugin, strlen(e->notes[i].plugin));
        vfu_write_text(w, ": ");
        vfu_write_escaped(w, (const uint8_t *)e->notes[i].text, strlen(e->notes[i].text));
        vfu_write_text(w, "\033[0m\n");
    }
}

void browse_page_notes(struct browse *b, struct browse_lines *l, uint32_t item)
{
    struct browse_events *events = browse_model_load(b->model, item);
    struct browse_text t;
    struct vfu_writer *w = browse_text_begin(&t);

    if (events) {
        write_notes(w, browse_events_command(events));
        write_notes(w, browse_events_reply(events));
    }
    browse_events_free(events);
    browse_page_take(b, l, &t);
}
