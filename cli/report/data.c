/*
 * The exchanges, as JSON for the page's script: a list a column, texts by number.
 */
#include "cli/report/inside.h"

#include <string.h>

#define FITS_A_DOUBLE ((uint64_t)1 << 53)

static void put(struct report_page *p, const char *marks)
{
    vfu_write(&p->data, marks, strlen(marks));
}

static void put_string(struct report_page *p, const void *text, size_t size)
{
    put(p, "\"");
    vfu_write_json_string(&p->data, text, size);
    put(p, "\"");
}

static void put_name(struct report_page *p, const char *text)
{
    put_string(p, text, strlen(text));
}

static void put_number(struct report_page *p, uint64_t number)
{
    vfu_write_decimal(&p->data, number);
}

/* --- texts, lists, bytes --- */

static void put_words(struct report_page *p)
{
    const struct report_store *s = &p->report->rows.words;
    size_t size;

    put(p, "\"words\":[");
    for (uint32_t i = 0; i < s->count; i++) {
        const uint8_t *text = report_store_at(s, i, &size);

        put(p, i ? ",\n" : "");
        put_string(p, text, size);
    }
    put(p, "]");
}

static void put_lines(struct report_page *p)
{
    const struct report_store *s = &p->report->rows.lines;
    size_t size;

    put(p, ",\n\"lines\":[");
    for (uint32_t i = 0; i < s->count; i++) {
        const uint8_t *list = report_store_at(s, i, &size);

        put(p, i ? ",[" : "[");
        for (size_t at = 0; at < size; at += sizeof(uint32_t)) {
            uint32_t word;

            memcpy(&word, list + at, sizeof word);
            put(p, at ? "," : "");
            put_number(p, word);
        }
        put(p, "]");
    }
    put(p, "]");
}

static void put_bodies(struct report_page *p)
{
    const struct report_store *s = &p->report->rows.bodies;
    size_t size;

    put(p, ",\n\"bodies\":[");
    for (uint32_t i = 0; i < s->count; i++) {
        const uint8_t *bytes = report_store_at(s, i, &size);

        put(p, i ? ",\"" : "\"");
        vfu_write_base64(&p->data, bytes, size);
        put(p, "\"");
    }
    put(p, "]");
}

/* --- columns --- */

#define COLUMN(name, of) \
    static uint64_t name(const struct report_row *row) \
    { \
        return of; \
    }
COLUMN(no, row->command.no)
COLUMN(reply_no, row->reply.no)
COLUMN(ns, row->ns)
COLUMN(latency_ns, row->latency_ns)
COLUMN(conn, row->conn)
COLUMN(kind, row->kind)
COLUMN(from, row->from)
COLUMN(channel, row->channel)
COLUMN(command, row->command_number)
COLUMN(id, row->id)
COLUMN(region, row->region)
COLUMN(offset, row->offset)
COLUMN(reg, row->reg)
COLUMN(value, row->value)
COLUMN(below, row->below)
COLUMN(marks, row->marks)
COLUMN(size, row->command.size)
COLUMN(flags, row->command.flags)
COLUMN(said, row->command.said)
COLUMN(fields, row->command.fields)
COLUMN(body, row->command.body)
COLUMN(reply_size, row->reply.size)
COLUMN(reply_flags, row->reply.flags)
COLUMN(error, row->reply.error)
COLUMN(reply_said, row->reply.said)
COLUMN(reply_fields, row->reply.fields)
COLUMN(reply_body, row->reply.body)

static const struct {
    const char *name;
    uint64_t (*of)(const struct report_row *row);
} columns[] = {
    { "no", no },
    { "reply_no", reply_no },
    { "ns", ns },
    { "latency_ns", latency_ns },
    { "conn", conn },
    { "kind", kind },
    { "from", from },
    { "channel", channel },
    { "command", command },
    { "id", id },
    { "region", region },
    { "offset", offset },
    { "reg", reg },
    { "value", value },
    { "below", below },
    { "marks", marks },
    { "size", size },
    { "flags", flags },
    { "said", said },
    { "fields", fields },
    { "body", body },
    { "reply_size", reply_size },
    { "reply_flags", reply_flags },
    { "error", error },
    { "reply_said", reply_said },
    { "reply_fields", reply_fields },
    { "reply_body", reply_body },
};

/* Differences, which are short; a number beyond what a double holds: as text. One number: all are that. */
static void put_column(struct report_page *p, uint64_t (*of)(const struct report_row *row))
{
    const struct report_rows *r = &p->report->rows;
    uint64_t first = r->count ? of(&r->list[0]) : 0, last = 0;
    bool same = true;

    for (size_t i = 0; i < r->count && same; i++)
        same = of(&r->list[i]) == first;
    if (same && first < FITS_A_DOUBLE) {
        put_number(p, first);
        return;
    }
    put(p, "[");
    for (size_t i = 0; i < r->count; i++) {
        uint64_t v = of(&r->list[i]);

        put(p, i ? "," : "");
        if (v >= FITS_A_DOUBLE) {
            put(p, "\"");
            vfu_write_0x(&p->data, v);
            put(p, "\"");
            continue;
        }
        if (v < last)
            put(p, "-");
        put_number(p, v < last ? last - v : v - last);
        last = v;
    }
    put(p, "]");
}

static void put_columns(struct report_page *p)
{
    put(p, ",\n\"columns\":{");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        put(p, i ? ",\n" : "");
        put_name(p, columns[i].name);
        put(p, ":");
        put_column(p, columns[i].of);
    }
    put(p, "}");
}

/* Where guest memory was, of which there are zeroes: row, 0 or 1 (the reply), from, to. */
static void put_hidden(struct report_page *p)
{
    const struct report_rows *r = &p->report->rows;
    bool any = false;

    put(p, ",\n\"hidden\":[");
    for (size_t i = 0; i < r->count; i++)
        for (unsigned k = 0; k < 2; k++) {
            const struct report_half *h = k ? &r->list[i].reply : &r->list[i].command;

            if (!h->hidden_end)
                continue;
            put(p, any ? ",[" : "[");
            any = true;
            put_number(p, i);
            put(p, k ? ",1," : ",0,");
            put_number(p, h->hidden_at);
            put(p, ",");
            put_number(p, h->hidden_end);
            put(p, "]");
        }
    put(p, "]");
}

/* --- the rest --- */

static void put_names(struct report_page *p, const char *key, const struct vfu_name *names)
{
    put(p, key);
    for (const struct vfu_name *n = names; n->name; n++) {
        put(p, n == names ? "{\"" : ",\"");
        put_number(p, n->value);
        put(p, "\":");
        put_name(p, n->name);
    }
    put(p, "}");
}

static void put_commands(struct report_page *p)
{
    bool any = false;

    put(p, ",\n\"commands\":{");
    for (unsigned i = 0; i < 256; i++) {
        const struct vfu_command *c = vfu_command_by_number((uint16_t)i);

        if (!c)
            continue;
        put(p, any ? ",\"" : "\"");
        any = true;
        put_number(p, i);
        put(p, "\":");
        put_name(p, c->name);
    }
    put(p, "}");
}

static void put_maps(struct report_page *p)
{
    const struct report_maps *m = &p->report->maps;

    put(p, ",\n\"maps\":[");
    for (size_t i = 0; i < m->count; i++) {
        const struct report_map *map = &m->list[i];

        put(p, i ? ",\n[\"" : "[\"");
        vfu_write_0x(&p->data, map->address);
        put(p, "\",\"");
        vfu_write_0x(&p->data, map->size);
        put(p, "\",");
        put_number(p, map->map_ns);
        put(p, ",");
        put_number(p, map->unmap_ns);
        put(p, ",");
        put_number(p, map->map_no);
        put(p, ",");
        put_number(p, map->unmap_no);
        put(p, ",");
        put_number(p, map->conn);
        put(p, ",");
        put_number(p, (map->flags & 3u) | (map->with_fd ? 4u : 0) | (map->refused ? 8u : 0) | (map->gone ? 16u : 0));
        put(p, "]");
    }
    put(p, "]");
}

void report_data(struct report_page *p)
{
    const struct cli_report *r = p->report;

    report_put(p, "<script type=\"application/json\" id=\"data\">\n");
    put(p, "{");
    put_words(p);
    put_lines(p);
    put_bodies(p);
    put_columns(p);
    put_hidden(p);
    put_names(p, ",\n\"regions\":", vfu_region_names);
    put_names(p, ",\n\"errors\":", vfu_errno_names);
    put_commands(p);
    put_maps(p);
    put(p, ",\n\"events\":[");
    for (unsigned i = 0; i < VFU_EVENT_KINDS; i++) {
        put(p, i ? "," : "");
        put_name(p, i ? vfu_event_name((enum vfu_event_kind)i) : "message");
    }
    put(p, "],\n\"count\":");
    put_number(p, r->rows.count);
    put(p, ",\"left_out\":");
    put_number(p, r->rows.left_out);
    put(p, ",\"lasted\":");
    put_number(p, r->last.mono_ns > r->first.mono_ns ? r->last.mono_ns - r->first.mono_ns : 0);
    put(p, "}");
    vfu_writer_flush(&p->data);
    report_put(p, "\n</script>\n");
}
