/*
 * The summary's part about what is the case now: commands that wait for their reply, and the DMA map in force.
 */
#include "decoder/sinks/inside.h"

enum { SHOWN = 16, COLUMN = 28 };

/* Calls `each` for every connection there is. */
static void connections(const struct vfu_session *session, struct vfu_writer *w,
                        void (*each)(const struct vfu_session *, const struct vfu_connection *, uint64_t, struct vfu_writer *),
                        uint64_t now_ns)
{
    const struct vfu_connection *c = NULL;

    while ((c = vfu_session_next(session, c ? c->conn : 0)) != NULL)
        each(session, c, now_ns, w);
}

static void write_command(struct vfu_writer *w, unsigned number)
{
    const struct vfu_command *c = vfu_command_by_number(number);

    if (c) {
        vfu_write_text(w, c->name);
    } else {
        vfu_write_text(w, "UNKNOWN ");
        vfu_write_decimal(w, number);
    }
}

static void text_waiting(const struct vfu_session *session, const struct vfu_connection *c, uint64_t now_ns,
                         struct vfu_writer *w)
{
    struct vfu_waiting list[SHOWN];
    size_t count = vfu_session_waiting(session, c->conn, list, SHOWN);

    for (size_t i = 0; i < count; i++) {
        uint64_t start = vfu_writer_position(w);

        vfu_write_decimal(w, c->conn);
        vfu_write_text(w, list[i].channel == VFU_TWIN ? "t " : "  ");
        vfu_write_text(w, list[i].from == VFU_CLIENT ? "client " : "server ");
        write_command(w, list[i].command);
        vfu_write_pad(w, start, COLUMN + 8);
        vfu_write_text(w, "message ");
        vfu_write_decimal(w, list[i].no);
        vfu_write_text(w, ", for ");
        vfu_write_decimal(w, now_ns > list[i].mono_ns ? (now_ns - list[i].mono_ns) / 1000000u : 0);
        vfu_write_text(w, " ms\n");
    }
}

static void text_maps(const struct vfu_session *session, const struct vfu_connection *c, uint64_t now_ns,
                      struct vfu_writer *w)
{
    (void)session;
    (void)now_ns;
    for (size_t i = 0; i < c->map_count && i < SHOWN; i++) {
        const struct vfu_known_map *m = &c->maps[i];
        uint64_t start = vfu_writer_position(w);

        vfu_write_decimal(w, c->conn);
        vfu_write_text(w, "  ");
        vfu_write_0x(w, m->address);
        vfu_write_char(w, '+');
        vfu_write_size(w, m->size);
        vfu_write_pad(w, start, COLUMN);
        vfu_write_text(w, m->flags & VFU_DMA_READABLE ? "r" : "-");
        vfu_write_text(w, m->flags & VFU_DMA_WRITEABLE ? "w" : "-");
        vfu_write_text(w, m->has_fd ? " by fd\n" : " by message\n");
    }
    if (c->map_count > SHOWN) {
        vfu_write_text(w, "... of ");
        vfu_write_decimal(w, c->map_count);
        vfu_write_char(w, '\n');
    }
}

static bool any_maps(const struct vfu_session *session)
{
    const struct vfu_connection *c = NULL;

    while ((c = vfu_session_next(session, c ? c->conn : 0)) != NULL)
        if (c->map_count)
            return true;
    return false;
}

void summary_now_text(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w)
{
    if (vfu_session_outstanding(session)) {
        vfu_write_text(w, "\nwaiting for a reply\n");
        connections(session, w, text_waiting, now_ns);
    }
    if (any_maps(session)) {
        vfu_write_text(w, "\nDMA map\n");
        connections(session, w, text_maps, now_ns);
    }
}

static void json_number(struct vfu_writer *w, const char *key, uint64_t number)
{
    vfu_write_text(w, key);
    vfu_write_decimal(w, number);
}

static void json_address(struct vfu_writer *w, const char *key, uint64_t number)
{
    vfu_write_text(w, key);
    vfu_write_0x(w, number);
    vfu_write_char(w, '"');
}

static void json_waiting(const struct vfu_session *session, struct vfu_writer *w, uint64_t now_ns)
{
    const struct vfu_connection *c = NULL;
    const char *comma = "";

    while ((c = vfu_session_next(session, c ? c->conn : 0)) != NULL) {
        struct vfu_waiting list[SHOWN];
        size_t count = vfu_session_waiting(session, c->conn, list, SHOWN);

        for (size_t i = 0; i < count; i++, comma = ",") {
            vfu_write_text(w, comma);
            json_number(w, "{\"no\":", list[i].no);
            json_number(w, ",\"conn\":", c->conn);
            vfu_write_text(w, list[i].channel == VFU_TWIN ? ",\"channel\":\"twin\"" : ",\"channel\":\"main\"");
            vfu_write_text(w, list[i].from == VFU_CLIENT ? ",\"from\":\"client\"" : ",\"from\":\"server\"");
            json_number(w, ",\"command_number\":", list[i].command);
            json_number(w, ",\"waiting_ms\":", now_ns > list[i].mono_ns ? (now_ns - list[i].mono_ns) / 1000000u : 0);
            vfu_write_char(w, '}');
        }
    }
}

static void json_maps(const struct vfu_session *session, struct vfu_writer *w)
{
    const struct vfu_connection *c = NULL;
    const char *comma = "";

    while ((c = vfu_session_next(session, c ? c->conn : 0)) != NULL) {
        for (size_t i = 0; i < c->map_count; i++, comma = ",") {
            const struct vfu_known_map *m = &c->maps[i];

            vfu_write_text(w, comma);
            json_number(w, "{\"conn\":", c->conn);
            json_address(w, ",\"address\":\"", m->address);
            json_address(w, ",\"size\":\"", m->size);
            json_number(w, ",\"flags\":", m->flags);
            vfu_write_text(w, m->has_fd ? ",\"fd\":true}" : ",\"fd\":false}");
        }
    }
}

void summary_now_json(const struct vfu_session *session, uint64_t now_ns, struct vfu_writer *w)
{
    vfu_write_text(w, ",\"waiting\":[");
    json_waiting(session, w, now_ns);
    vfu_write_text(w, "],\"dma_map\":[");
    json_maps(session, w);
    vfu_write_char(w, ']');
}
