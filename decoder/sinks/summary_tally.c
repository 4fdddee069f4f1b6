/*
 * The summary's part about what came of things: interrupts, DMA by message, accesses to what could have been mapped.
 */
#include "decoder/session/tally.h"
#include "decoder/sinks/inside.h"

enum { SHOWN = 16, COLUMN = 28 };

static const char *const actions[VFU_IRQ_ACTIONS] = {
    [VFU_IRQ_ARMED] = "armed",         [VFU_IRQ_TAKEN_AWAY] = "taken_away", [VFU_IRQ_DISABLED] = "disabled",
    [VFU_IRQ_TRIGGERED] = "triggered", [VFU_IRQ_MASKED] = "masked",         [VFU_IRQ_UNMASKED] = "unmasked",
};

static bool any_action(const struct vfu_irq_tally *irq)
{
    for (unsigned i = 0; i < VFU_IRQ_ACTIONS; i++)
        if (irq->actions[i])
            return true;
    return false;
}

static bool any_of(const struct vfu_vector *v)
{
    return v->armed || v->masked || v->fired;
}

static bool any_dma(const struct vfu_used_map *m)
{
    return m->reads || m->writes;
}

/* --- text --- */

static void write_more(struct vfu_writer *w, uint64_t count)
{
    if (count <= SHOWN)
        return;
    vfu_write_text(w, "... of ");
    vfu_write_decimal(w, count);
    vfu_write_char(w, '\n');
}

static void text_actions(const struct vfu_tally *t, struct vfu_writer *w)
{
    const char *heading = "\nSET_IRQS                    armed  taken away  disabled  triggered  masked  unmasked\n";
    static const unsigned widths[VFU_IRQ_ACTIONS] = { 5, 12, 10, 11, 8, 10 };

    for (unsigned i = 0; i < VFU_MAX_KNOWN_IRQS; i++) {
        uint64_t start;

        if (!any_action(&t->irqs[i]))
            continue;
        vfu_write_text(w, heading);
        heading = "";
        start = vfu_writer_position(w);
        text_named(w, i, vfu_irq_names);
        vfu_write_pad(w, start, COLUMN);
        for (unsigned a = 0; a < VFU_IRQ_ACTIONS; a++)
            vfu_write_decimal_padded(w, t->irqs[i].actions[a], widths[a], ' ');
        vfu_write_char(w, '\n');
    }
}

static void text_vectors(const struct vfu_tally *t, struct vfu_writer *w)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < VFU_MAX_KNOWN_IRQS; i++) {
        for (unsigned j = 0; j < t->irqs[i].count; j++) {
            const struct vfu_vector *v = &t->irqs[i].vectors[j];
            uint64_t start;

            if (!any_of(v) || count++ >= SHOWN)
                continue;
            if (count == 1)
                vfu_write_text(w, "\nvector                      armed  masked     fired  while not armed\n");
            start = vfu_writer_position(w);
            text_named(w, i, vfu_irq_names);
            vfu_write_char(w, ' ');
            vfu_write_decimal(w, j);
            vfu_write_pad(w, start, COLUMN);
            vfu_write_decimal_padded(w, v->armed, 5, ' ');
            vfu_write_decimal_padded(w, v->masked, 8, ' ');
            vfu_write_decimal_padded(w, v->fired, 10, ' ');
            vfu_write_decimal_padded(w, v->fired_unarmed, 17, ' ');
            vfu_write_char(w, '\n');
        }
    }
    write_more(w, count);
}

static void text_dma(const struct vfu_used_map *m, struct vfu_writer *w)
{
    uint64_t start = vfu_writer_position(w);

    if (m->size) {
        vfu_write_decimal(w, m->conn);
        vfu_write_text(w, "  ");
        vfu_write_0x(w, m->address);
        vfu_write_char(w, '+');
        vfu_write_size(w, m->size);
    } else {
        vfu_write_text(w, "elsewhere");
    }
    vfu_write_pad(w, start, COLUMN);
    vfu_write_decimal_padded(w, m->reads, 5, ' ');
    vfu_write_decimal_padded(w, m->read, 13, ' ');
    vfu_write_decimal_padded(w, m->writes, 9, ' ');
    vfu_write_decimal_padded(w, m->written, 13, ' ');
    vfu_write_char(w, '\n');
}

static void text_dmas(const struct vfu_tally *t, struct vfu_writer *w)
{
    if (t->map_count || any_dma(&t->elsewhere))
        vfu_write_text(w, "\nDMA by message              reads        bytes   writes        bytes\n");
    for (size_t i = 0; i < t->map_count && i < SHOWN; i++)
        text_dma(&t->maps[i], w);
    write_more(w, t->map_count);
    if (any_dma(&t->elsewhere))
        text_dma(&t->elsewhere, w);
}

static void text_areas(const struct vfu_tally *t, struct vfu_writer *w)
{
    if (t->area_count)
        vfu_write_text(w, "\nby message, though mappable reads   writes  offered in\n");
    for (size_t i = 0; i < t->area_count && i < SHOWN; i++) {
        const struct vfu_unmapped_area *a = &t->areas[i];
        uint64_t start = vfu_writer_position(w);

        vfu_write_decimal(w, a->conn);
        vfu_write_text(w, "  ");
        text_named(w, a->region, vfu_region_names);
        vfu_write_char(w, '+');
        vfu_write_0x(w, a->offset);
        vfu_write_text(w, ", ");
        vfu_write_size(w, a->size);
        vfu_write_pad(w, start, COLUMN);
        vfu_write_decimal_padded(w, a->reads, 5, ' ');
        vfu_write_decimal_padded(w, a->writes, 9, ' ');
        vfu_write_text(w, "  #");
        vfu_write_decimal(w, a->no);
        vfu_write_char(w, '\n');
    }
    write_more(w, t->area_count);
}

void summary_tally_text(const struct vfu_session *session, struct vfu_writer *w)
{
    const struct vfu_tally *t = vfu_session_tally(session);

    text_actions(t, w);
    text_vectors(t, w);
    text_dmas(t, w);
    text_areas(t, w);
}

/* --- JSON --- */

static void json_actions(const struct vfu_tally *t, struct vfu_writer *w)
{
    const char *mark = "{";

    for (unsigned i = 0; i < VFU_MAX_KNOWN_IRQS; i++) {
        if (!any_action(&t->irqs[i]))
            continue;
        json_put(w, mark);
        mark = ",{";
        json_named(w, "index", i, 4, vfu_irq_names);
        for (unsigned a = 0; a < VFU_IRQ_ACTIONS; a++) {
            vfu_write_char(w, ',');
            json_key(w, actions[a], "");
            vfu_write_decimal(w, t->irqs[i].actions[a]);
        }
        vfu_write_char(w, '}');
    }
}

static void json_vectors(const struct vfu_tally *t, struct vfu_writer *w)
{
    const char *mark = "{";

    for (unsigned i = 0; i < VFU_MAX_KNOWN_IRQS; i++) {
        for (unsigned j = 0; j < t->irqs[i].count; j++) {
            const struct vfu_vector *v = &t->irqs[i].vectors[j];

            if (!any_of(v))
                continue;
            json_put(w, mark);
            mark = ",{";
            json_named(w, "index", i, 4, vfu_irq_names);
            json_number(w, ",\"vector\":", j);
            json_number(w, ",\"armed\":", v->armed);
            json_number(w, ",\"masked\":", v->masked);
            json_number(w, ",\"fired\":", v->fired);
            json_number(w, ",\"fired_unarmed\":", v->fired_unarmed);
            vfu_write_char(w, '}');
        }
    }
}

/* What was elsewhere has no mapping. */
static void json_dma(const struct vfu_used_map *m, const char *mark, struct vfu_writer *w)
{
    json_put(w, mark);
    if (m->size) {
        json_number(w, "\"conn\":", m->conn);
        json_number(w, ",\"no\":", m->no);
        json_hex(w, ",\"address\":", m->address);
        json_hex(w, ",\"size\":", m->size);
        json_put(w, m->has_fd ? ",\"fd\":true," : ",\"fd\":false,");
    }
    json_number(w, "\"reads\":", m->reads);
    json_number(w, ",\"read_bytes\":", m->read);
    json_number(w, ",\"writes\":", m->writes);
    json_number(w, ",\"written_bytes\":", m->written);
    vfu_write_char(w, '}');
}

static void json_areas(const struct vfu_tally *t, struct vfu_writer *w)
{
    for (size_t i = 0; i < t->area_count; i++) {
        const struct vfu_unmapped_area *a = &t->areas[i];

        json_number(w, i ? ",{\"conn\":" : "{\"conn\":", a->conn);
        vfu_write_char(w, ',');
        json_named(w, "region", a->region, 4, vfu_region_names);
        json_hex(w, ",\"offset\":", a->offset);
        json_hex(w, ",\"size\":", a->size);
        json_number(w, ",\"no\":", a->no);
        json_number(w, ",\"reads\":", a->reads);
        json_number(w, ",\"writes\":", a->writes);
        vfu_write_char(w, '}');
    }
}

void summary_tally_json(const struct vfu_session *session, struct vfu_writer *w)
{
    const struct vfu_tally *t = vfu_session_tally(session);

    json_put(w, ",\"set_irqs\":[");
    json_actions(t, w);
    json_put(w, "],\"vectors\":[");
    json_vectors(t, w);
    json_put(w, "],\"dma_by_message\":[");
    for (size_t i = 0; i < t->map_count; i++)
        json_dma(&t->maps[i], i ? ",{" : "{", w);
    if (any_dma(&t->elsewhere))
        json_dma(&t->elsewhere, t->map_count ? ",{" : "{", w);
    json_put(w, "],\"mappable_by_message\":[");
    json_areas(t, w);
    vfu_write_char(w, ']');
}
