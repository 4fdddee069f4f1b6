/*
 * The summary's part about registers: the hottest, by accesses.
 */
#include "decoder/sinks/inside.h"
#include "decoder/wire/transfer.h"

enum { HOTTEST = 10, FULL = SUMMARY_REGISTERS * 3 / 4, COLUMN = 24 };

void summary_registers_start(struct summary_registers *s)
{
    s->key = vfu_hash_secret();
}

static void count(struct summary_registers *s, uint64_t region, uint64_t offset, bool write)
{
    struct summary_register *r;

    for (unsigned i = (unsigned)vfu_hash(&s->key, region, offset);; i++) {
        r = &s->slots[i % SUMMARY_REGISTERS];
        if (!r->reads && !r->writes) {
            if (s->used == FULL) {
                s->others++;
                return;
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
}

void summary_access(struct summary_registers *s, const struct vfu_event *e)
{
    struct vfu_decoded room;
    struct vfu_moved m;

    if (!e->command || e->command->moves.space != VFU_REGION_SPACE)
        return;
    for (bool more = vfu_moved_first(&m, e->command, vfu_decoded_of(e, &room)); more; more = vfu_moved_next(&m))
        count(s, m.region, m.at, m.transfer->write);
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

void summary_registers_text(const struct summary_registers *s, struct vfu_writer *w)
{
    const struct summary_register *list[HOTTEST];
    unsigned found = hottest(s, list);

    if (!found)
        return;
    vfu_write_text(w, "\nhottest registers           reads   writes\n");
    for (unsigned i = 0; i < found; i++) {
        uint64_t start = vfu_writer_position(w);

        text_named(w, list[i]->region, vfu_region_names);
        vfu_write_char(w, '+');
        vfu_write_0x(w, list[i]->offset);
        vfu_write_pad(w, start, COLUMN);
        vfu_write_decimal_padded(w, list[i]->reads, 9, ' ');
        vfu_write_decimal_padded(w, list[i]->writes, 9, ' ');
        vfu_write_char(w, '\n');
    }
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
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
}
