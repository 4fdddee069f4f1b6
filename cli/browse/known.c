/*
 * Screens of what the session knew at a moment: the DMA map, what waits.
 */
#include "cli/browse/pages.h"

#include <stdio.h>

struct look {
    struct browse *b;
    struct vfu_writer *w;
    void (*write)(struct look *k, const struct vfu_session *s);
    uint64_t now_ns; /* monotonic, of the item */
};

static void call(void *context, const struct vfu_session *session, const struct vfu_connection *connection)
{
    struct look *k = context;

    (void)connection;
    k->write(k, session);
}

static void fill(struct browse *b, struct browse_lines *l, uint32_t item, void (*write)(struct look *k, const struct vfu_session *s))
{
    struct browse_text t;
    struct look k = { .b = b, .write = write };
    struct browse_item known;

    if (item == BROWSE_NONE || !browse_model_item(b->model, item, &known)) {
        browse_lines_words(l, "There are no messages.");
        return;
    }
    k.now_ns = known.mono_ns + known.latency_ns;
    k.w = browse_text_begin(&t);
    if (!browse_model_session(b->model, item, call, &k))
        vfu_write_text(k.w, "What was known then can't be had any more.\n");
    if (!vfu_writer_position(k.w))
        vfu_write_text(k.w, "No connection was there then.\n");
    browse_page_take(b, l, &t);
}

static void connection_line(struct vfu_writer *w, const struct vfu_connection *c)
{
    vfu_write_text(w, "\033[1mconnection ");
    vfu_write_decimal(w, c->conn);
    vfu_write_text(w, "\033[0m\n");
}

static void number(struct vfu_writer *w, uint64_t no)
{
    if (!no)
        return;
    vfu_write_text(w, "  #");
    vfu_write_decimal(w, no);
}

/* --- DMA map --- */

static void map_line(struct vfu_writer *w, const struct vfu_known_map *m)
{
    uint64_t start = vfu_writer_position(w);
    char text[64];

    snprintf(text, sizeof text, "  %#14llx .. %#14llx  ", (unsigned long long)m->address,
             (unsigned long long)vfu_range_last(m->address, m->size));
    vfu_write_text(w, text);
    vfu_write_size(w, m->size);
    vfu_write_pad(w, start, 48);
    vfu_write_char(w, m->flags & VFU_DMA_READABLE ? 'r' : '-');
    vfu_write_char(w, m->flags & VFU_DMA_WRITEABLE ? 'w' : '-');
    vfu_write_text(w, m->has_fd ? "  shared   " : "  by message");
    number(w, m->no);
    if (m->silent)
        vfu_write_text(w, "  (nobody heard whether it was taken)");
    vfu_write_char(w, '\n');
}

static void write_maps(struct look *k, const struct vfu_session *s)
{
    const struct vfu_connection *c = NULL;

    while ((c = vfu_session_next(s, c ? c->conn : 0)) != NULL) {
        connection_line(k->w, c);
        for (const struct vfu_known_map *m = vfu_ranges_first(&c->maps); m; m = vfu_ranges_next(&c->maps, m))
            map_line(k->w, m);
        if (!c->maps.count)
            vfu_write_text(k->w, "  nothing is mapped\n");
        if (c->maps_unsure)
            vfu_write_text(k->w, "  (what came before was not seen, or is unsure: there may be more)\n");
    }
}

void browse_page_dma(struct browse *b, struct browse_lines *l)
{
    fill(b, l, b->chosen, write_maps);
}

/* --- what waits --- */

static void waiting_line(struct vfu_writer *w, const struct vfu_waiting *x, uint64_t now_ns)
{
    uint64_t us = now_ns > x->mono_ns ? (now_ns - x->mono_ns) / 1000 : 0;
    char what[96], text[256];

    vfu_waiting_say(x, what, sizeof what);
    snprintf(text, sizeof text, "  #%-8llu %-40s of the %s  for %llu.%03llu ms\n", (unsigned long long)x->no, what,
             vfu_side_name(x->from), (unsigned long long)(us / 1000), (unsigned long long)(us % 1000));
    vfu_write_text(w, text);
}

static void write_waiting(struct look *k, const struct vfu_session *s)
{
    enum { ROOM = 256 };
    const struct vfu_connection *c = NULL;
    const struct vfu_waiting *never;
    struct vfu_waiting list[ROOM];
    size_t any = 0, count;

    while ((c = vfu_session_next(s, c ? c->conn : 0)) != NULL) {
        count = vfu_session_waiting(s, c->conn, list, ROOM);
        any += count;
        if (count)
            connection_line(k->w, c);
        for (size_t i = 0; i < count; i++)
            waiting_line(k->w, &list[i], k->now_ns);
    }
    if (!any)
        vfu_write_text(k->w, "  none\n");
    count = vfu_session_never_answered(s, &never);
    if (count)
        vfu_write_text(k->w, "\033[1mnever answered\033[0m\n");
    for (size_t i = 0; i < count; i++)
        waiting_line(k->w, &never[i], k->now_ns);
}

void browse_page_waiting(struct browse *b, struct browse_lines *l)
{
    fill(b, l, b->chosen, write_waiting);
}
