/*
 * The summary's part about what came of things: interrupts, DMA by message, accesses to what could have been mapped.
 */
#include "decoder/session/tally.h"
#include "decoder/sinks/inside.h"

enum { SHOWN = 16 };

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

static void text_actions(const struct vfu_tally *t, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    static const struct summary_column columns[] = {
        { "SET_IRQS", .right = false },
        { "armed", .right = true },
        { "taken away", .right = true, .spare = 4 },
        { "disabled", .right = true, .spare = 1 },
        { "triggered", .right = true, .spare = 3 },
        { "masked", .right = true, .spare = 2 },
        { "unmasked", .right = true, .spare = 5 },
    };
    struct summary_table table;

    summary_table_start(&table, columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; i < VFU_MAX_KNOWN_IRQS; i++) {
        if (!any_action(&t->irqs[i]))
            continue;
        text_named(&table.w, i, vfu_irq_names);
        summary_cell(&table);
        for (unsigned a = 0; a < VFU_IRQ_ACTIONS; a++)
            summary_cell_number(&table, t->irqs[i].actions[a]);
    }
    if (table.cells)
        summary_table_print(&table, look, w);
}

static void text_vectors(const struct vfu_tally *t, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    static const struct summary_column columns[] = {
        { "vector", .right = false },
        { "armed", .right = true },
        { "masked", .right = true },
        { "fired", .right = true },
        { "while not armed", .right = true },
    };
    struct summary_table table;
    uint64_t count = 0;

    summary_table_start(&table, columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; i < VFU_MAX_KNOWN_IRQS; i++) {
        for (unsigned j = 0; j < t->irqs[i].count; j++) {
            const struct vfu_vector *v = &t->irqs[i].vectors[j];

            if (!any_of(v) || count++ >= SHOWN)
                continue;
            text_named(&table.w, i, vfu_irq_names);
            vfu_write_char(&table.w, ' ');
            vfu_write_decimal(&table.w, j);
            summary_cell(&table);
            summary_cell_number(&table, v->armed);
            summary_cell_number(&table, v->masked);
            summary_cell_number(&table, v->fired);
            summary_cell_number(&table, v->fired_unarmed);
        }
    }
    if (count)
        summary_table_print(&table, look, w);
    write_more(w, count);
}

static void put_dma(struct summary_table *t, const struct vfu_used_map *m)
{
    if (m->size) {
        vfu_write_decimal(&t->w, m->conn);
        vfu_write_text(&t->w, "  ");
        vfu_write_0x(&t->w, m->address);
        vfu_write_char(&t->w, '+');
        vfu_write_size(&t->w, m->size);
    } else {
        vfu_write_text(&t->w, "elsewhere");
    }
    summary_cell(t);
    summary_cell_number(t, m->reads);
    summary_cell_number(t, m->read);
    summary_cell_number(t, m->writes);
    summary_cell_number(t, m->written);
}

static void text_dmas(const struct vfu_tally *t, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    static const struct summary_column columns[] = {
        { "DMA by message", .right = false },
        { "reads", .right = true },
        { "bytes", .right = true, .spare = 1 },
        { "writes", .right = true },
        { "bytes", .right = true, .spare = 1 },
    };
    struct summary_table table;

    summary_table_start(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < t->map_count && i < SHOWN; i++)
        put_dma(&table, &t->maps[i]);
    if (any_dma(&t->elsewhere))
        put_dma(&table, &t->elsewhere);
    if (table.cells)
        summary_table_print(&table, look, w);
    write_more(w, t->map_count);
}

static void text_areas(const struct vfu_tally *t, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    static const struct summary_column columns[] = {
        { "by message, though mappable", .right = false },
        { "reads", .right = true },
        { "writes", .right = true },
        { "offered in", .right = false },
    };
    struct summary_table table;

    summary_table_start(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < t->area_count && i < SHOWN; i++) {
        const struct vfu_unmapped_area *a = &t->areas[i];

        vfu_write_decimal(&table.w, a->conn);
        vfu_write_text(&table.w, "  ");
        text_named(&table.w, a->region, vfu_region_names);
        vfu_write_char(&table.w, '+');
        vfu_write_0x(&table.w, a->offset);
        vfu_write_text(&table.w, ", ");
        vfu_write_size(&table.w, a->size);
        summary_cell(&table);
        summary_cell_number(&table, a->reads);
        summary_cell_number(&table, a->writes);
        vfu_write_char(&table.w, '#');
        summary_cell_number(&table, a->no);
    }
    if (table.cells)
        summary_table_print(&table, look, w);
    write_more(w, t->area_count);
}

void summary_tally_text(const struct vfu_session *session, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    const struct vfu_tally *t = vfu_session_tally(session);

    text_actions(t, look, w);
    text_vectors(t, look, w);
    text_dmas(t, look, w);
    text_areas(t, look, w);
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
