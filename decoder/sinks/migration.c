/*
 * How migrations look in the summary, and in JSON.
 */
#include "decoder/sinks/inside.h"

void text_migrations(const struct vfu_migrations *m, struct vfu_writer *w)
{
    char text[VFU_MIGRATION_TEXT];

    for (unsigned i = 0; i < m->count; i++) {
        vfu_migration_say(&m->list[i], text);
        vfu_write_text(w, "connection ");
        vfu_write_decimal(w, m->list[i].conn);
        vfu_write_text(w, ": ");
        vfu_write_text(w, text);
        vfu_write_char(w, '\n');
    }
}

static void json_one(const struct vfu_migration *m, struct vfu_writer *w)
{
    char text[VFU_MIGRATION_TEXT];

    json_number(w, "{\"conn\":", m->conn);
    json_string(w, ",\"takes_part\":", vfu_takes_part_name(m->part));
    if (m->state_no && m->state != UINT32_MAX) {
        vfu_write_char(w, ',');
        json_named(w, "device_state", m->state, 4, vfu_device_state_names);
        json_number(w, ",\"state_no\":", m->state_no);
    }
    if (m->refused.no) {
        json_number(w, ",\"refused\":{\"no\":", m->refused.no);
        json_string(w, ",\"what\":", m->refused.what);
        vfu_write_char(w, ',');
        vfu_json_error(m->refused.error, w);
        vfu_write_char(w, '}');
    }
    json_number(w, ",\"bytes_read\":", m->bytes_read);
    json_number(w, ",\"bytes_written\":", m->bytes_written);
    vfu_migration_say(m, text);
    json_string(w, ",\"text\":", text);
    vfu_write_char(w, '}');
}

void json_migrations(const struct vfu_migrations *m, struct vfu_writer *w)
{
    if (!m->count)
        return;
    json_put(w, ",\"migration\":[");
    for (unsigned i = 0; i < m->count; i++) {
        json_put(w, i ? "," : "");
        json_one(&m->list[i], w);
    }
    vfu_write_char(w, ']');
}
