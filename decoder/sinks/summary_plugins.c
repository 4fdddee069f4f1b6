/*
 * The summary's part about plugins: what they warn of, what they said, and what that cost.
 */
#include "decoder/sinks/inside.h"

static void count(struct summary_warnings *s, const struct vfu_event *e, const struct vfu_note *note)
{
    struct summary_warning *one = s->list;

    while (one < s->list + s->count && strcmp(one->note.plugin, note->plugin) != 0)
        one++;
    if (one == s->list + sizeof s->list / sizeof *s->list)
        return;
    if (one == s->list + s->count) {
        s->count++;
        *one = (struct summary_warning){ .no = vfu_event_no(e), .conn = e->conn, .file = e->file, .note = *note };
    }
    one->count++;
}

void summary_warn(struct summary_warnings *s, const struct vfu_event *e)
{
    for (unsigned i = 0; i < e->note_count; i++)
        if (e->notes[i].warning)
            count(s, e, &e->notes[i]);
}

void summary_warnings_text(const struct summary_warnings *s, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    for (const struct summary_warning *one = s->list; one < s->list + s->count; one++) {
        summary_colour(look, w, TEXT_RED);
        vfu_write_text(w, "plugin ");
        vfu_write_escaped(w, (const uint8_t *)one->note.plugin, strlen(one->note.plugin));
        summary_colour(look, w, TEXT_PLAIN);
        vfu_write_text(w, " warns");
        summary_times(w, one->count, one->file, one->no, one->conn);
        vfu_write_text(w, ": ");
        vfu_write_escaped(w, (const uint8_t *)one->note.text, strlen(one->note.text));
        vfu_write_char(w, '\n');
    }
}

void summary_warnings_json(const struct summary_warnings *s, struct vfu_writer *w)
{
    for (const struct summary_warning *one = s->list; one < s->list + s->count; one++) {
        json_string(w, one > s->list ? ",{\"plugin\":" : ",\"warnings\":[{\"plugin\":", one->note.plugin);
        json_number(w, ",\"count\":", one->count);
        json_put(w, ",\"first\":{");
        if (one->no) {
            json_number(w, "\"no\":", one->no);
            vfu_write_char(w, ',');
        }
        if (one->file) {
            json_string(w, "\"file\":", one->file);
            vfu_write_char(w, ',');
        }
        json_number(w, "\"conn\":", one->conn);
        json_string(w, ",\"text\":", one->note.text);
        json_put(w, "}}");
    }
    if (s->count)
        vfu_write_char(w, ']');
}

static uint64_t mean(const struct vfu_summary_plugin *p)
{
    return p->calls ? p->ns / p->calls : 0;
}

void summary_plugins_text(const struct summary_plugins *p, struct vfu_writer *w)
{
    const char *before = "\n";

    for (unsigned i = 0; i < p->count; i++) {
        const struct vfu_summary_plugin *one = &p->list[i];

        if (!one->notes)
            continue;
        vfu_write_text(w, before);
        before = "";
        vfu_write_text(w, "plugin ");
        vfu_write_escaped(w, (const uint8_t *)one->name, strlen(one->name));
        vfu_write_text(w, ": ");
        vfu_write_decimal(w, one->notes);
        vfu_write_text(w, one->notes == 1 ? " note in " : " notes in ");
        vfu_write_decimal(w, one->calls);
        json_us(w, one->calls == 1 ? " call of " : " calls of ", mean(one));
        vfu_write_text(w, " us\n");
    }
}

void summary_plugins_json(const struct summary_plugins *p, struct vfu_writer *w)
{
    if (!p->count)
        return;
    json_put(w, ",\"plugins\":[");
    for (unsigned i = 0; i < p->count; i++) {
        const struct vfu_summary_plugin *one = &p->list[i];

        json_string(w, i ? ",{\"plugin\":" : "{\"plugin\":", one->name);
        json_number(w, ",\"notes\":", one->notes);
        json_number(w, ",\"calls\":", one->calls);
        json_us(w, ",\"mean_us\":", mean(one));
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
}
