/*
 * The screen of interrupts: what each index has, and each vector, as of the chosen item; which message armed it, when it fired last.
 */
#include "cli/browse/pages.h"
#include "decoder/session/tally.h"
#include "decoder/wire/grow.h"

#include <stdio.h>
#include <stdlib.h>

struct vector {
    uint32_t index, number;
    struct vfu_vector is;
};

struct irqs {
    struct vfu_writer *w;      /* of what stands above the vectors */
    struct vector *list;       /* count of them, by index */
    size_t count, room;
    bool no_memory;
};

static void write_index_name(struct vfu_writer *w, uint32_t index)
{
    const char *name = vfu_name_of(vfu_irq_names, index);

    if (name)
        vfu_write_text(w, name);
    else
        vfu_write_decimal(w, index);
}

static void write_number(struct vfu_writer *w, uint64_t no)
{
    if (!no)
        return;
    vfu_write_text(w, "  #");
    vfu_write_decimal(w, no);
}

/* --- what the session knows --- */

static void write_connection(struct vfu_writer *w, const struct vfu_connection *c)
{
    bool any = false;

    vfu_write_text(w, "\033[1mconnection ");
    vfu_write_decimal(w, c->conn);
    vfu_write_text(w, "\033[0m\n");
    for (uint32_t i = 0; i < VFU_MAX_KNOWN_IRQS; i++) {
        if (!c->irqs[i].known)
            continue;
        any = true;
        vfu_write_text(w, "  ");
        write_index_name(w, i);
        vfu_write_text(w, ": ");
        vfu_write_count(w, c->irqs[i].count, "vector");
        write_number(w, c->irqs[i].no);
        vfu_write_char(w, '\n');
    }
    if (!any)
        vfu_write_text(w, "  the client has asked for none so far\n");
}

static void keep_vectors(struct irqs *k, uint32_t index, const struct vfu_irq_tally *irq)
{
    for (uint32_t i = 0; i < irq->count; i++) {
        const struct vfu_vector *v = &irq->vectors[i];

        if (!v->armed && !v->masked && !v->fired)
            continue;
        if (!VFU_GROW(k->list, k->room, k->count + 1)) {
            k->no_memory = true;
            return;
        }
        k->list[k->count++] = (struct vector){ index, i, *v };
    }
}

static void look(void *context, const struct vfu_session *session, const struct vfu_connection *connection)
{
    const struct vfu_tally *tally = vfu_session_tally(session);
    const struct vfu_connection *c = NULL;
    struct irqs *k = context;

    (void)connection;
    while ((c = vfu_session_next(session, c ? c->conn : 0)) != NULL)
        write_connection(k->w, c);
    for (uint32_t i = 0; tally && i < VFU_MAX_KNOWN_IRQS; i++)
        keep_vectors(k, i, &tally->irqs[i]);
}

/* --- vectors --- */

/* What leads to the message that armed it; and below, to the event of its firing. */
static void vector_lines(struct browse *b, struct browse_lines *l, const struct vector *v, uint32_t fired)
{
    struct browse_text t;
    struct vfu_writer *w = browse_text_begin(&t);
    struct browse_item item;
    struct browse_line *line;
    char text[160];
    uint64_t ns;

    snprintf(text, sizeof text, "    vector %-5u armed %-6llu masked %-6llu fired %llu", v->number, (unsigned long long)v->is.armed,
             (unsigned long long)v->is.masked, (unsigned long long)v->is.fired);
    vfu_write_text(w, text);
    if (v->is.fired_unarmed) {
        vfu_write_text(w, "  \033[31mwhile not armed ");
        vfu_write_decimal(w, v->is.fired_unarmed);
        vfu_write_text(w, "\033[0m");
    }
    write_number(w, v->is.armed_no);
    vfu_write_char(w, '\n');
    browse_page_take(b, l, &t);
    if (fired == BROWSE_NONE || !browse_model_item(b->model, fired, &item))
        return;
    ns = item.wall_ns > b->state.first_ns ? item.wall_ns - b->state.first_ns : 0;
    snprintf(text, sizeof text, "      last at %llu.%06llu (Enter, then # and * go to the others)",
             (unsigned long long)(ns / 1000000000u), (unsigned long long)(ns % 1000000000u / 1000));
    line = browse_lines_words(l, text);
    if (line)
        line->item = fired + 1;
}

static void add_vectors(struct browse *b, struct browse_lines *l, const struct irqs *k)
{
    struct browse_fired *fired = calloc(k->count + 1, sizeof *fired);
    struct browse_text t;

    if (!fired || k->no_memory)
        l->failed = true;
    for (size_t i = 0; fired && i < k->count; i++)
        fired[i] = (struct browse_fired){ k->list[i].index, k->list[i].number, BROWSE_NONE };
    if (fired && k->count)
        browse_model_fired(b->model, b->chosen + 1, fired, k->count);
    for (size_t i = 0; fired && i < k->count; i++) {
        if (i == 0 || k->list[i].index != k->list[i - 1].index) {
            struct vfu_writer *w = browse_text_begin(&t);

            vfu_write_text(w, "\033[1m");
            write_index_name(w, k->list[i].index);
            vfu_write_text(w, "\033[0m of all connections; fired: as --expose irq sees it\n");
            browse_page_take(b, l, &t);
        }
        vector_lines(b, l, &k->list[i], fired[i].item);
    }
    free(fired);
}

void browse_page_irqs(struct browse *b, struct browse_lines *l)
{
    struct browse_text t;
    struct irqs k = { .w = browse_text_begin(&t) };

    if (b->chosen == BROWSE_NONE)
        vfu_write_text(k.w, "There are no messages.\n");
    else if (!browse_model_session(b->model, b->chosen, look, &k))
        vfu_write_text(k.w, "What was known then can't be had any more.\n");
    if (!vfu_writer_position(k.w))
        vfu_write_text(k.w, "No connection was there then.\n");
    browse_page_take(b, l, &t);
    add_vectors(b, l, &k);
    free(k.list);
}
