/*
 * The summary's part about who the peers look like, over all connections.
 */
#include "decoder/sinks/inside.h"

void summary_peer(struct summary_peers *s, const struct vfu_event *e)
{
    struct summary_peer *p = s->list;

    while (p < s->list + s->count && (p->from != e->from || strcmp(p->peer.name, e->peer.name) != 0))
        p++;
    if (p == s->list + SUMMARY_PEERS)
        return;
    if (p == s->list + s->count) {
        s->count++;
        p->from = e->from;
        p->first = e->conn;
    }
    p->peer = e->peer;
    p->connections++;
}

void summary_peers_text(const struct summary_peers *s, struct vfu_writer *w)
{
    if (s->count)
        vfu_write_text(w, "\npeers look like\n");
    for (const struct summary_peer *p = s->list; p < s->list + s->count; p++) {
        vfu_write_text(w, vfu_side_name(p->from));
        vfu_write_text(w, "  ");
        vfu_write_escaped(w, (const uint8_t *)p->peer.name, strlen(p->peer.name));
        if (p->connections > 1) {
            vfu_write_text(w, ", ");
            vfu_write_count(w, p->connections, "connection");
        }
        vfu_write_char(w, '\n');
        text_known(&p->peer, w);
    }
}

void summary_peers_json(const struct summary_peers *s, struct vfu_writer *w)
{
    json_put(w, ",\"peers\":[");
    for (const struct summary_peer *p = s->list; p < s->list + s->count; p++) {
        json_string(w, p == s->list ? "{\"from\":" : ",{\"from\":", vfu_side_name(p->from));
        json_string(w, ",\"name\":", p->peer.name);
        json_number(w, ",\"connections\":", p->connections);
        json_number(w, ",\"first\":", p->first);
        json_known(w, &p->peer);
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
}
