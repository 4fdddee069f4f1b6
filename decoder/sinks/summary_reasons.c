/*
 * The summary's part about error replies: the reasons that are known for them, how often, and where first.
 */
#include "decoder/sinks/inside.h"

#include <string.h>

/* Its row; NULL: there is no room for it. */
static struct summary_reason *row_of(struct summary_reasons *s, const char *reason)
{
    for (unsigned i = 0; i < s->count; i++)
        if (strcmp(s->list[i].because.reason, reason) == 0)
            return &s->list[i];
    return s->count < SUMMARY_REASONS ? &s->list[s->count++] : NULL;
}

void summary_because(struct summary_reasons *s, const struct vfu_event *e)
{
    for (unsigned i = 0; i < e->because_count; i++) {
        struct summary_reason *r = row_of(s, e->because[i].reason);

        if (!r || r->count++)
            continue;
        r->because = e->because[i];
        r->no = vfu_event_no(e);
        r->conn = e->conn;
        r->file = e->file;
    }
}

void summary_reasons_text(const struct summary_reasons *s, struct vfu_writer *w)
{
    for (unsigned i = 0; i < s->count; i++) {
        const struct summary_reason *r = &s->list[i];

        vfu_write_text(w, r->because.certain ? "  because " : "  perhaps because ");
        vfu_write_printable(w, r->because.reason);
        summary_times(w, r->count, r->file, r->no, r->conn);
        vfu_write_text(w, ": ");
        vfu_write_printable(w, r->because.text);
        vfu_write_char(w, '\n');
    }
}

void summary_reasons_json(const struct summary_reasons *s, struct vfu_writer *w)
{
    for (unsigned i = 0; i < s->count; i++) {
        const struct summary_reason *r = &s->list[i];

        json_string(w, i ? ",{\"reason\":" : ",\"reasons\":[{\"reason\":", r->because.reason);
        json_number(w, ",\"count\":", r->count);
        json_number(w, ",\"first\":{\"no\":", r->no);
        if (r->file)
            json_string(w, ",\"file\":", r->file);
        json_number(w, ",\"conn\":", r->conn);
        json_put(w, r->because.certain ? ",\"certain\":true" : ",\"certain\":false");
        json_string(w, ",\"text\":", r->because.text);
        json_put(w, "}}");
    }
    if (s->count)
        vfu_write_char(w, ']');
}
