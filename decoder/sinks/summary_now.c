/*
 * The summary's part about what is the case now: commands that wait for their reply, and the DMA map in force.
 */
#include "decoder/sinks/inside.h"

enum { SHOWN = 16 };

static const struct vfu_connection *next(const struct vfu_session *session, const struct vfu_connection *c)
{
    return vfu_session_next(session, c ? c->conn : 0);
}

/* --- text --- */

static uint64_t since_ms(const struct vfu_waiting *waiting, uint64_t now_ns)
{
    return now_ns > waiting->mono_ns ? (now_ns - waiting->mono_ns) / 1000000u : 0;
}

/* "#7 REGION_READ bar0+0x0 of the client", and which connection's if that is not the first. */
static void text_command_of(struct vfu_writer *w, const struct vfu_waiting *waiting)
{
    char what[96];

    vfu_waiting_say(waiting, what, sizeof what);
    vfu_write_char(w, '#');
    vfu_write_decimal(w, waiting->no);
    vfu_write_char(w, ' ');
    vfu_write_text(w, what);
    vfu_write_text(w, waiting->from == VFU_CLIENT ? " of the client" : " of the server");
    if (waiting->conn > 1) {
        vfu_write_text(w, " on connection ");
        vfu_write_decimal(w, waiting->conn);
    }
}

void summary_never_text(const struct vfu_session *session, struct vfu_writer *w)
{
    const struct vfu_waiting *list;
    size_t count = vfu_session_never_answered(session, &list);

    for (size_t i = 0; i < count; i++) {
        vfu_write_text(w, "  never answered: ");
        text_command_of(w, &list[i]);
        vfu_write_char(w, '\n');
    }
    if (vfu_session_unanswered(session) > count)
        vfu_write_text(w, "  ...\n");
}

static void text_waiting(struct vfu_writer *w, const struct vfu_waiting *waiting, uint64_t ms)
{
    vfu_write_text(w, "  waiting for a reply: ");
    text_command_of(w, waiting);
    vfu_write_text(w, ", for ");
    vfu_write_decimal(w, ms < 10000 ? ms : ms / 1000);
    vfu_write_text(w, ms < 10000 ? " ms\n" : " s\n");
}

void summary_waiting_text(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w)
{
    const struct vfu_connection *c = NULL;
    size_t shown = 0;

    while (shown < SHOWN && (c = next(session, c)) != NULL) {
        struct vfu_waiting list[SHOWN];
        size_t count = vfu_session_waiting(session, c->conn, list, SHOWN - shown);

        for (size_t i = 0; i < count; i++)
            text_waiting(w, &list[i], since_ms(&list[i], now_ns));
        shown += count;
    }
    if (shown == SHOWN)
        vfu_write_text(w, "  ...\n");
}

void summary_maps_text(const struct vfu_session *session, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    static const struct summary_column columns[] = { { "DMA map", .right = false }, { "", .right = false } };
    const struct vfu_connection *c = NULL;
    const struct vfu_known_map *m;
    struct summary_table t;
    size_t count = 0;

    summary_table_start(&t, columns, sizeof columns / sizeof *columns);
    while ((c = next(session, c)) != NULL) {
        count += c->maps.count;
        m = vfu_ranges_first(&c->maps);
        for (; m && t.cells < SHOWN * t.column_count; m = vfu_ranges_next(&c->maps, m)) {
            vfu_write_decimal(&t.w, c->conn);
            vfu_write_text(&t.w, "  ");
            vfu_write_0x(&t.w, m->address);
            vfu_write_char(&t.w, '+');
            vfu_write_size(&t.w, m->size);
            summary_cell(&t);
            vfu_write_text(&t.w, m->flags & VFU_DMA_READABLE ? "r" : "-");
            vfu_write_text(&t.w, m->flags & VFU_DMA_WRITEABLE ? "w" : "-");
            vfu_write_text(&t.w, m->has_fd ? " by fd" : " by message");
            summary_cell(&t);
        }
    }
    if (!count)
        return;
    summary_table_print(&t, look, w);
    if (count > SHOWN) {
        vfu_write_text(w, "... of ");
        vfu_write_decimal(w, count);
        vfu_write_char(w, '\n');
    }
}

/* --- JSON --- */

static void json_waiting(struct vfu_writer *w, const struct vfu_waiting *waiting, bool first)
{
    json_number(w, first ? "{\"no\":" : ",{\"no\":", waiting->no);
    json_number(w, ",\"conn\":", waiting->conn);
    json_sender(w, waiting->channel, waiting->from);
    json_number(w, ",\"command_number\":", waiting->command);
}

/* Those of every connection, the oldest of each. */
static void json_all_waiting(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w)
{
    const struct vfu_connection *c = NULL;
    bool first = true;

    while ((c = next(session, c)) != NULL) {
        struct vfu_waiting list[SHOWN];
        size_t count = vfu_session_waiting(session, c->conn, list, SHOWN);

        for (size_t i = 0; i < count; i++, first = false) {
            json_waiting(w, &list[i], first);
            json_number(w, ",\"waiting_ms\":", since_ms(&list[i], now_ns));
            vfu_write_char(w, '}');
        }
    }
}

static void json_never_answered(const struct vfu_session *session, struct vfu_writer *w)
{
    const struct vfu_waiting *list;
    size_t count = vfu_session_never_answered(session, &list);

    for (size_t i = 0; i < count; i++) {
        json_waiting(w, &list[i], i == 0);
        vfu_write_char(w, '}');
    }
}

static void json_maps(const struct vfu_session *session, struct vfu_writer *w)
{
    const struct vfu_connection *c = NULL;
    const struct vfu_known_map *m;
    const char *mark = "{\"conn\":";

    while ((c = next(session, c)) != NULL) {
        for (m = vfu_ranges_first(&c->maps); m; m = vfu_ranges_next(&c->maps, m), mark = ",{\"conn\":") {
            json_number(w, mark, c->conn);
            json_hex(w, ",\"address\":", m->address);
            json_hex(w, ",\"size\":", m->size);
            json_number(w, ",\"flags\":", m->flags);
            json_put(w, m->has_fd ? ",\"fd\":true}" : ",\"fd\":false}");
        }
    }
}

static void json_hints(const struct vfu_session *session, struct vfu_writer *w)
{
    struct vfu_hint list[VFU_MAX_HINTS];
    size_t count = vfu_session_hints(session, false, list);

    json_put(w, ",\"hints\":[");
    for (size_t i = 0; i < count; i++) {
        json_number(w, i ? ",{\"conn\":" : "{\"conn\":", list[i].conn);
        json_string(w, ",\"name\":", list[i].name);
        json_string(w, ",\"text\":", list[i].text);
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
}

void summary_now_json(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w)
{
    json_put(w, ",\"waiting\":[");
    json_all_waiting(session, now_ns, w);
    json_put(w, "],\"never_answered\":[");
    json_never_answered(session, w);
    json_put(w, "],\"dma_map\":[");
    json_maps(session, w);
    vfu_write_char(w, ']');
    json_hints(session, w);
}
