/*
 * The summary's part about what is the case now: commands that wait for their reply, and the DMA map in force.
 */
#include "decoder/sinks/inside.h"

enum { SHOWN = 16, COLUMN = 28 };

static const struct vfu_connection *next(const struct vfu_session *session, const struct vfu_connection *c)
{
    return vfu_session_next(session, c ? c->conn : 0);
}

/* Writes a command that waits; first: of all that are written. */
typedef void write_waiting(struct vfu_writer *w, uint32_t conn, const struct vfu_waiting *waiting, uint64_t ms,
                           bool first);

/* Those of every connection, the oldest of each. */
static void each_waiting(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w, write_waiting *write)
{
    const struct vfu_connection *c = NULL;
    bool first = true;

    while ((c = next(session, c)) != NULL) {
        struct vfu_waiting list[SHOWN];
        size_t count = vfu_session_waiting(session, c->conn, list, SHOWN);

        for (size_t i = 0; i < count; i++, first = false)
            write(w, c->conn, &list[i], now_ns > list[i].mono_ns ? (now_ns - list[i].mono_ns) / 1000000u : 0, first);
    }
}

/* --- text --- */

static void text_waiting(struct vfu_writer *w, uint32_t conn, const struct vfu_waiting *waiting, uint64_t ms,
                         bool first)
{
    uint64_t start;

    if (first)
        vfu_write_text(w, "\nwaiting for a reply\n");
    start = vfu_writer_position(w);
    vfu_write_decimal(w, conn);
    vfu_write_text(w, waiting->channel == VFU_TWIN ? "t " : "  ");
    vfu_write_text(w, waiting->from == VFU_CLIENT ? "client " : "server ");
    text_command(w, vfu_command_by_number(waiting->command), waiting->command);
    vfu_write_pad(w, start, COLUMN + 8);
    vfu_write_text(w, "#");
    vfu_write_decimal(w, waiting->no);
    vfu_write_text(w, ", for ");
    vfu_write_decimal(w, ms);
    vfu_write_text(w, " ms\n");
}

static void text_map(struct vfu_writer *w, uint32_t conn, const struct vfu_known_map *m)
{
    uint64_t start = vfu_writer_position(w);

    vfu_write_decimal(w, conn);
    vfu_write_text(w, "  ");
    vfu_write_0x(w, m->address);
    vfu_write_char(w, '+');
    vfu_write_size(w, m->size);
    vfu_write_pad(w, start, COLUMN);
    vfu_write_text(w, m->flags & VFU_DMA_READABLE ? "r" : "-");
    vfu_write_text(w, m->flags & VFU_DMA_WRITEABLE ? "w" : "-");
    vfu_write_text(w, m->has_fd ? " by fd\n" : " by message\n");
}

static void text_maps(const struct vfu_session *session, struct vfu_writer *w)
{
    const struct vfu_connection *c = NULL;
    const struct vfu_known_map *m;
    const char *heading = "\nDMA map\n";

    while ((c = next(session, c)) != NULL) {
        if (c->maps.count) {
            vfu_write_text(w, heading);
            heading = "";
        }
        m = vfu_ranges_first(&c->maps);
        for (unsigned i = 0; m && i < SHOWN; i++, m = vfu_ranges_next(&c->maps, m))
            text_map(w, c->conn, m);
        if (c->maps.count > SHOWN) {
            vfu_write_text(w, "... of ");
            vfu_write_decimal(w, c->maps.count);
            vfu_write_char(w, '\n');
        }
    }
}

void summary_now_text(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w)
{
    each_waiting(session, now_ns, w, text_waiting);
    text_maps(session, w);
}

/* --- JSON --- */

static void json_waiting(struct vfu_writer *w, uint32_t conn, const struct vfu_waiting *waiting, uint64_t ms,
                         bool first)
{
    json_number(w, first ? "{\"no\":" : ",{\"no\":", waiting->no);
    json_number(w, ",\"conn\":", conn);
    json_sender(w, waiting->channel, waiting->from);
    json_number(w, ",\"command_number\":", waiting->command);
    json_number(w, ",\"waiting_ms\":", ms);
    vfu_write_char(w, '}');
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
    each_waiting(session, now_ns, w, json_waiting);
    json_put(w, "],\"dma_map\":[");
    json_maps(session, w);
    vfu_write_char(w, ']');
    json_hints(session, w);
}
