/*
 * The messages that the verdict names, with what stands around each: a plain table, for where there is no script and on paper.
 */
#include "cli/report/inside.h"

#include <stdlib.h>
#include <string.h>

enum { AROUND = 3 };

static int compare(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return (x > y) - (x < y);
}

static void word(struct report_page *p, uint32_t number)
{
    size_t size;
    const uint8_t *text = report_store_at(&p->report->rows.words, number, &size);

    vfu_write(&p->text, (const char *)text, size); /* it was escaped when it was made */
    vfu_writer_flush(&p->text);
}

static void number(struct report_page *p, uint64_t no, const char *class)
{
    if (!no)
        return;
    report_put(p, "<a id=\"");
    report_number(p, no);
    report_put(p, "\" class=\"");
    report_put(p, class);
    report_put(p, "\" href=\"#");
    report_number(p, no);
    report_put(p, "\">#");
    report_number(p, no);
    report_put(p, "</a>");
}

static const char *name_of(const struct report_row *row)
{
    const struct vfu_command *command = vfu_command_by_number(row->command_number);

    return row->kind == REPORT_EVENT ? "" : command ? command->name : "UNKNOWN";
}

static bool is_named(const struct report_page *p, const struct report_row *row)
{
    for (size_t i = 0; i < p->named_count; i++)
        if (p->named[i] == row->command.no || p->named[i] == row->reply.no)
            return true;
    return false;
}

static void below(struct report_page *p, const struct report_row *row)
{
    size_t size;
    const char *text = (const char *)report_store_at(&p->report->rows.words, row->below, &size);

    while (size) {
        const char *end = memchr(text, '\n', size);
        size_t length = end ? (size_t)(end - text) : size;

        report_put(p, "<div class=\"below\">");
        vfu_write(&p->text, text, length);
        vfu_writer_flush(&p->text);
        report_put(p, "</div>");
        length += end != NULL;
        text += length;
        size -= length;
    }
}

static void write_row(struct report_page *p, const struct report_row *row)
{
    bool event = row->kind == REPORT_EVENT;

    report_put(p, is_named(p, row) ? "<tr class=\"named\"><td>" : "<tr><td>");
    number(p, event ? 0 : row->command.no, "no");
    report_put(p, row->command.no && row->reply.no && !event ? " " : "");
    number(p, event ? 0 : row->reply.no, "no reply");
    report_put(p, "</td><td class=\"time\">");
    report_seconds(p, row->ns);
    report_put(p, "</td><td>");
    if (row->conn) {
        report_number(p, row->conn);
        report_put(p, row->channel == VFU_TWIN ? "t" : "");
    }
    report_put(p, "</td><td>");
    if (!event)
        report_put(p, (row->kind == REPORT_REPLY) == (row->from == VFU_SERVER) ? "client" : "server");
    report_put(p, "</td><td>");
    report_put(p, event ? "<i>" : "");
    report_text(p, name_of(row));
    if (!event)
        report_put(p, " <span class=\"said\">");
    word(p, row->command.said);
    report_put(p, event ? "</i>" : "</span>");
    below(p, row);
    report_put(p, "</td><td>");
    if (row->reply.no)
        word(p, row->reply.said);
    else if (row->marks & REPORT_UNANSWERED)
        report_put(p, "<b>no reply</b>");
    report_put(p, "</td><td class=\"time\">");
    if (row->reply.no && row->kind == REPORT_EXCHANGE)
        report_duration(p, row->latency_ns);
    report_put(p, "</td></tr>\n");
}

/* Which rows there are: those named, and those around them. How many; malloced. */
static size_t choose(struct report_page *p, size_t **list)
{
    const struct report_rows *rows = &p->report->rows;
    size_t count = 0, kept = 0;

    *list = calloc(p->named_count * (2 * AROUND + 1) + 1, sizeof **list);
    for (size_t i = 0; *list && i < p->named_count; i++) {
        size_t at = report_rows_with(rows, p->named[i]);

        for (size_t k = at > AROUND ? at - AROUND : 0; at != SIZE_MAX && k <= at + AROUND && k < rows->count; k++)
            (*list)[count++] = k;
    }
    if (*list)
        qsort(*list, count, sizeof **list, compare);
    for (size_t i = 0; i < count; i++)
        if (!kept || (*list)[kept - 1] != (*list)[i])
            (*list)[kept++] = (*list)[i];
    return kept;
}

void report_named_messages(struct report_page *p)
{
    size_t *list, count = choose(p, &list);

    if (count) {
        report_put(p, "<section id=\"named\"><h2>The messages named above, and those around them</h2>\n"
                      "<div class=\"wide\"><table class=\"messages\"><thead><tr><th>message</th><th>time</th><th>conn</th><th>from</th>"
                      "<th>command</th><th>reply</th><th>took</th></tr></thead>\n");
        for (size_t i = 0; i < count; i++) {
            if (i == 0 || list[i] != list[i - 1] + 1)
                report_put(p, i ? "</tbody><tbody>\n" : "<tbody>\n");
            write_row(p, &p->report->rows.list[list[i]]);
        }
        report_put(p, "</tbody></table></div></section>\n");
    }
    free(list);
}
