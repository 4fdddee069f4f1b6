/*
 * The summary's part about error replies: how many of each errno, and the first of each.
 */
#include "decoder/sinks/inside.h"

void summary_error(struct summary_errors *s, const struct vfu_event *reply)
{
    struct summary_error *e = s->list;

    s->total++;
    while (e < s->list + s->count && e->error != reply->error)
        e++;
    if (e == s->list + SUMMARY_ERRORS)
        return;
    if (e == s->list + s->count) {
        s->count++;
        *e = (struct summary_error){ .no = reply->message.no, .conn = reply->conn, .file = reply->file, .error = reply->error };
    }
    e->count++;
}

void summary_errors_text(const struct summary_errors *s, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    if (!s->total)
        return;
    summary_colour(look, w, TEXT_RED);
    vfu_write_count(w, s->total, "error");
    summary_colour(look, w, TEXT_PLAIN);
    for (unsigned i = 0; i < s->count; i++) {
        const struct summary_error *e = &s->list[i];

        vfu_write_text(w, i ? ", " : ": ");
        if (e->count > 1) {
            vfu_write_decimal(w, e->count);
            vfu_write_char(w, ' ');
        }
        if (!vfu_name_of(vfu_errno_names, e->error))
            vfu_write_text(w, "errno ");
        text_named(w, e->error, vfu_errno_names);
        vfu_write_text(w, e->count > 1 ? ", first " : " ");
        text_number(e->file, e->no, w);
    }
    vfu_write_char(w, '\n');
}

void summary_errors_json(const struct summary_errors *s, struct vfu_writer *w)
{
    for (unsigned i = 0; i < s->count; i++) {
        const struct summary_error *e = &s->list[i];
        const char *name = vfu_name_of(vfu_errno_names, e->error);

        json_number(w, i ? ",{\"errno\":" : ",\"errors\":[{\"errno\":", e->error);
        if (name)
            json_string(w, ",\"name\":", name);
        json_number(w, ",\"count\":", e->count);
        json_number(w, ",\"first\":{\"no\":", e->no);
        if (e->file)
            json_string(w, ",\"file\":", e->file);
        json_number(w, ",\"conn\":", e->conn);
        json_put(w, "}}");
    }
    if (s->count)
        vfu_write_char(w, ']');
}
