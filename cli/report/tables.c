/*
 * Tables of what came: commands with their latencies, registers by heat, the DMA map.
 */
#include "cli/report/inside.h"

#include <stdio.h>
#include <stdlib.h>

enum { HOTTEST = 200, HOT = 20 /* those that are not folded */, MAPS_SHOWN = 500 };

static void cell_many(struct report_page *p, uint64_t number)
{
    report_put(p, "<td class=\"n\">");
    if (number)
        report_many(p, number);
    report_put(p, "</td>");
}

static void cell_duration(struct report_page *p, bool there, uint64_t ns)
{
    report_put(p, "<td class=\"n\">");
    if (there)
        report_duration(p, ns);
    report_put(p, "</td>");
}

/* --- commands --- */

void report_bars(struct report_page *p, const uint32_t *heights, unsigned count)
{
    uint32_t most = 1;
    char text[120];

    for (unsigned i = 0; i < count; i++)
        most = heights[i] > most ? heights[i] : most;
    snprintf(text, sizeof text, "<svg class=\"bars\" viewBox=\"0 0 %u 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\">", count * 4);
    report_put(p, text);
    for (unsigned i = 0; i < count; i++) {
        double height = heights[i] ? 1 + 19.0 * heights[i] / most : 0;

        if (!heights[i])
            continue;
        snprintf(text, sizeof text, "<rect x=\"%u.3\" y=\"%.1f\" width=\"3.4\" height=\"%.1f\"/>", i * 4, 20 - height, height);
        report_put(p, text);
    }
    report_put(p, "</svg>");
}

/* So many of a thousand took no longer. */
static uint64_t part_of(const struct report_command *c, unsigned thousandths)
{
    uint64_t wanted = (c->replies * thousandths + 999) / 1000, count = 0;

    for (unsigned i = 0; i < REPORT_FINE; i++) {
        unsigned power = i / 8 + 3;
        uint64_t middle = ((uint64_t)(8 + i % 8) << (power - 3)) + ((uint64_t)1 << (power - 3)) / 2;

        count += c->fine[i];
        if (count >= wanted)
            return middle < c->longest_ns ? middle : c->longest_ns;
    }
    return c->longest_ns;
}

static int by_count(const void *a, const void *b)
{
    const struct report_command *x = a, *y = b;

    return (x->count < y->count) - (x->count > y->count);
}

static void write_commands(struct report_page *p)
{
    struct report_commands *c = &p->report->commands;

    if (!c->count)
        return;
    qsort(c->list, c->count, sizeof *c->list, by_count);
    report_put(p, "<section id=\"commands\"><h2>Commands and how long their replies took</h2>\n"
                  "<div class=\"wide\"><table><thead><tr><th>command</th><th>from</th><th class=\"n\">sent</th><th class=\"n\">errors</th>"
                  "<th class=\"n\">bytes</th><th class=\"n\">median</th><th class=\"n\">99 %</th><th class=\"n\">longest</th>"
                  "<th class=\"scale\"><span>1 &micro;s</span><span>1 ms</span><span>1 s</span></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < c->count; i++) {
        const struct report_command *row = &c->list[i];
        const struct vfu_command *command = vfu_command_by_number(row->number);
        bool there = row->replies;

        report_put(p, "<tr><td>");
        report_text(p, command ? command->name : "UNKNOWN");
        report_put(p, "</td><td>");
        report_put(p, vfu_side_name((enum vfu_side)row->from));
        report_put(p, "</td>");
        cell_many(p, row->count);
        cell_many(p, row->errors);
        cell_many(p, row->bytes);
        cell_duration(p, there, part_of(row, 500));
        cell_duration(p, there, part_of(row, 990));
        cell_duration(p, there, row->longest_ns);
        report_put(p, "<td>");
        if (there)
            report_bars(p, row->steps, REPORT_STEPS);
        report_put(p, "</td></tr>\n");
    }
    report_put(p, "</tbody></table></div></section>\n");
}

/* --- registers --- */

static int by_heat(const void *a, const void *b)
{
    const struct report_place *x = a, *y = b;
    uint64_t hot = x->reads + x->writes, hotter = y->reads + y->writes;

    return hot != hotter ? (hot < hotter) - (hot > hotter)
           : x->region != y->region ? (x->region > y->region) - (x->region < y->region)
                                    : (x->offset > y->offset) - (x->offset < y->offset);
}

static void write_bar(struct report_page *p, uint64_t reads, uint64_t writes, uint64_t most)
{
    char text[200];

    snprintf(text, sizeof text,
             "<svg class=\"heat\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"reads\" "
             "width=\"%.2f\" height=\"10\"/><rect class=\"writes\" x=\"%.2f\" width=\"%.2f\" height=\"10\"/></svg>",
             100.0 * (double)reads / (double)most, 100.0 * (double)reads / (double)most, 100.0 * (double)writes / (double)most);
    report_put(p, text);
}

static void write_place(struct report_page *p, const struct report_place *h, uint64_t most)
{
    const char *region = vfu_name_of(vfu_region_names, h->region);

    report_put(p, "<tr><td class=\"code\">");
    if (region)
        report_text(p, region);
    else
        report_number(p, h->region);
    report_put(p, "+");
    vfu_write_0x(p->w, h->offset);
    report_put(p, "</td><td class=\"n\">");
    report_number(p, h->width);
    report_put(p, "</td><td class=\"code\">");
    report_text(p, h->name);
    report_put(p, "</td>");
    cell_many(p, h->reads);
    cell_many(p, h->writes);
    report_put(p, "<td>");
    write_bar(p, h->reads, h->writes, most);
    report_put(p, "</td><td class=\"code n\">");
    if (h->has_value)
        vfu_write_0x(p->w, h->last_value);
    report_put(p, "</td>");
    cell_duration(p, h->replies, h->replies ? h->total_ns / h->replies : 0);
    report_put(p, "<td>");
    if (report_rows_with(&p->report->rows, h->last_no) != SIZE_MAX) {
        report_put(p, "<a href=\"#");
        report_number(p, h->last_no);
        report_put(p, "\">#");
        report_number(p, h->last_no);
        report_put(p, "</a>");
    }
    report_put(p, "</td></tr>\n");
}

static void write_heat(struct report_page *p)
{
    struct report_heat *h = &p->report->heat;
    uint64_t most;

    if (!h->count)
        return;
    qsort(h->list, 2 * REPORT_PLACES, sizeof *h->list, by_heat);
    most = h->list[0].reads + h->list[0].writes;
    report_put(p, "<section id=\"registers\"><h2>Registers by heat</h2>\n<p class=\"aside\">");
    report_many(p, h->count);
    report_put(p, h->count == 1 ? " place was accessed by messages" : " places were accessed by messages");
    if (h->count > HOTTEST) {
        report_put(p, "; the ");
        report_number(p, HOTTEST);
        report_put(p, " hottest are shown");
    }
    if (h->more) {
        report_put(p, "; accesses to others were too many to tell them apart: ");
        report_many(p, h->more);
    }
    report_put(p, ". <span class=\"key reads\">reads</span> <span class=\"key writes\">writes</span></p>\n"
                  "<div class=\"wide\"><table><thead><tr><th>place</th><th class=\"n\">width</th><th>register</th><th class=\"n\">reads</th>"
                  "<th class=\"n\">writes</th><th>heat</th><th class=\"n\">last value</th><th class=\"n\">took</th><th>last</th></tr>"
                  "</thead><tbody>\n");
    for (size_t i = 0; i < h->count && i < HOTTEST; i++) {
        if (i == HOT && h->count > HOT + HOT / 2)
            report_put(p, "</tbody></table></div>\n<details><summary>those that are less hot</summary><div class=\"wide\"><table><tbody>\n");
        write_place(p, &h->list[i], most);
    }
    report_put(p, h->count > HOT + HOT / 2 ? "</tbody></table></div></details></section>\n" : "</tbody></table></div></section>\n");
}

/* --- the DMA map --- */

static void write_link(struct report_page *p, uint64_t no)
{
    bool there = report_rows_with(&p->report->rows, no) != SIZE_MAX;

    report_put(p, there ? "<a href=\"#" : "");
    if (there)
        report_number(p, no);
    report_put(p, there ? "\">#" : "#");
    report_number(p, no);
    report_put(p, there ? "</a>" : "");
}

static void write_map(struct report_page *p, const struct report_map *m)
{
    report_put(p, "<tr><td class=\"code\">");
    vfu_write_0x(p->w, m->address);
    report_put(p, "</td><td class=\"n\">");
    vfu_write_size(p->w, m->size);
    report_put(p, "</td><td>");
    report_put(p, (m->flags & 3) == 3 ? "read, write" : m->flags & 1 ? "read" : m->flags & 2 ? "write" : "nothing");
    report_put(p, m->with_fd ? "</td><td>descriptor" : "</td><td>by message");
    report_put(p, "</td><td class=\"n\">");
    report_number(p, m->conn);
    report_put(p, "</td><td class=\"time\">");
    report_seconds(p, m->map_ns);
    report_put(p, "</td><td>");
    write_link(p, m->map_no);
    report_put(p, "</td><td class=\"time\">");
    if (m->unmap_no || m->gone)
        report_seconds(p, m->unmap_ns);
    report_put(p, "</td><td>");
    if (m->refused)
        report_put(p, "<b>refused</b>");
    else if (m->unmap_no)
        write_link(p, m->unmap_no);
    else
        report_put(p, m->gone ? "with the connection" : "stays");
    report_put(p, "</td></tr>\n");
}

static void write_maps(struct report_page *p)
{
    const struct report_maps *m = &p->report->maps;

    if (!m->count)
        return;
    report_put(p, "<section id=\"dma\"><h2>DMA map over time</h2>\n<div id=\"plot-dma\" class=\"plot\"></div>\n<details><summary>");
    report_many(p, m->count);
    report_put(p, m->count == 1 ? " mapping" : " mappings");
    if (m->more) {
        report_put(p, ", and more than there is room for: ");
        report_many(p, m->more);
    }
    if (m->count > MAPS_SHOWN)
        report_put(p, "; the first ones");
    report_put(p, "</summary>\n<div class=\"wide\"><table><thead><tr><th>address</th><th class=\"n\">size</th><th>device may</th><th>came with</th>"
                  "<th class=\"n\">conn</th><th>mapped at</th><th></th><th>until</th><th></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < m->count && i < MAPS_SHOWN; i++)
        write_map(p, &m->list[i]);
    report_put(p, "</tbody></table></div></details></section>\n");
}

void report_tables(struct report_page *p)
{
    write_commands(p);
    write_heat(p);
    write_maps(p);
}
