/*
 * The summary's part about registers: the hottest, by accesses.
 */
#include "decoder/sinks/inside.h"
#include "decoder/wire/transfer.h"

enum { HOTTEST = 10, FULL = SUMMARY_REGISTERS * 3 / 4 };

void summary_registers_start(struct summary_registers *s)
{
    s->key = vfu_hash_secret();
}

/* The place's, or NULL where there is no slot. */
static struct summary_register *count(struct summary_registers *s, uint64_t region, uint64_t offset, bool write)
{
    struct summary_register *r;

    for (unsigned i = (unsigned)vfu_hash(&s->key, region, offset);; i++) {
        r = &s->slots[i % SUMMARY_REGISTERS];
        if (!r->reads && !r->writes) {
            if (s->used == FULL) {
                s->others++;
                return NULL;
            }
            s->used++;
            r->region = (uint32_t)region;
            r->offset = offset;
            break;
        }
        if (r->offset == offset && r->region == region)
            break;
    }
    r->reads += !write;
    r->writes += write;
    return r;
}

static bool is_same(const struct vfu_register_at *a, const struct vfu_register_at *b)
{
    return (a->reg == b->reg || strcmp(a->reg->name, b->reg->name) == 0) && a->at == b->at && a->indexed == b->indexed &&
           a->index == b->index;
}

/* What begins at a place is called so. */
static void learn(struct summary_register *r, const struct vfu_register_at *named)
{
    if (!r->named.reg)
        r->named = *named;
    else if (!is_same(&r->named, named))
        r->two_names = true;
}

void summary_access(struct summary_registers *s, const struct vfu_event *e)
{
    struct vfu_decoded room;
    struct summary_register *r = NULL;
    struct vfu_moved m;

    if (!e->command || e->command->moves.space != VFU_REGION_SPACE)
        return;
    for (bool more = vfu_moved_first(&m, e->command, vfu_decoded_of(e, &room)); more; more = vfu_moved_next(&m))
        r = count(s, m.region, m.at, m.transfer->write);
    if (r && e->register_count && e->registers[0].at >= 0 && !e->command->moves.list)
        learn(r, &e->registers[0]);
}

static uint64_t heat(const struct summary_register *r)
{
    return r->reads + r->writes;
}

/* The hottest, hottest first; ties by region and offset, so that the same traffic gives the same table. */
static unsigned hottest(const struct summary_registers *s, const struct summary_register *list[HOTTEST])
{
    unsigned found = 0;

    for (unsigned i = 0; i < SUMMARY_REGISTERS; i++) {
        const struct summary_register *r = &s->slots[i];
        unsigned at = found;

        if (!heat(r))
            continue;
        while (at > 0 && (heat(r) > heat(list[at - 1]) ||
                          (heat(r) == heat(list[at - 1]) &&
                           (r->region < list[at - 1]->region ||
                            (r->region == list[at - 1]->region && r->offset < list[at - 1]->offset)))))
            at--;
        if (at == HOTTEST)
            continue;
        found += found < HOTTEST;
        for (unsigned move = found - 1; move > at; move--)
            list[move] = list[move - 1];
        list[at] = r;
    }
    return found;
}

/* Its name, where there is one. */
static void write_name(const struct summary_register *r, struct vfu_writer *w, bool json)
{
    char name[96];
    struct vfu_writer text = vfu_writer(name, sizeof name, NULL, NULL);

    if (!r->named.reg || r->two_names)
        return;
    vfu_register_write_name(&text, &r->named);
    if (json)
        vfu_write_json_string(w, (const uint8_t *)name, text.used);
    else
        vfu_write_escaped(w, (const uint8_t *)name, text.used);
}

void summary_registers_text(const struct summary_registers *s, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    static const struct summary_column columns[] = {
        { "hottest registers", .right = false },
        { "reads", .right = true },
        { "writes", .right = true },
        { "", .spare = 1 },
    };
    const struct summary_register *list[HOTTEST];
    unsigned found = hottest(s, list);
    struct summary_table t;

    if (!found)
        return;
    summary_table_start(&t, columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; i < found; i++) {
        text_named(&t.w, list[i]->region, vfu_region_names);
        vfu_write_char(&t.w, '+');
        vfu_write_0x(&t.w, list[i]->offset);
        summary_cell(&t);
        summary_cell_number(&t, list[i]->reads);
        summary_cell_number(&t, list[i]->writes);
        write_name(list[i], &t.w, false);
        summary_cell(&t);
    }
    summary_table_print(&t, look, w);
    if (s->used > found || s->others) {
        vfu_write_text(w, "of ");
        vfu_write_decimal(w, s->used);
        vfu_write_text(w, s->others ? " registers and more\n" : " registers\n");
    }
}

void summary_registers_json(const struct summary_registers *s, struct vfu_writer *w)
{
    const struct summary_register *list[HOTTEST];
    unsigned found = hottest(s, list);

    json_put(w, ",\"registers\":[");
    for (unsigned i = 0; i < found; i++) {
        json_put(w, i ? ",{" : "{");
        json_named(w, "region", list[i]->region, 4, vfu_region_names);
        json_hex(w, ",\"offset\":", list[i]->offset);
        json_number(w, ",\"reads\":", list[i]->reads);
        json_number(w, ",\"writes\":", list[i]->writes);
        if (list[i]->named.reg && !list[i]->two_names) {
            json_put(w, ",\"register\":\"");
            write_name(list[i], w, true);
            vfu_write_char(w, '"');
        }
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
}
