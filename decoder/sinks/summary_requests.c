/*
 * The summary's part about requests: those that the device did in queues of its own, by queue and opcode, as plugins saw them.
 */
#include "decoder/sinks/inside.h"

static bool is_same(const struct summary_request *row, const struct vfu_request *r)
{
    return row->queue == r->queue && strcmp(row->plugin, r->plugin) == 0 &&
           row->has_opcode == ((r->known & VFU_REQUEST_OPCODE) != 0) && row->opcode == r->opcode && strcmp(row->name, r->name) == 0;
}

/* The row of a queue and an opcode; the last one is for what has no room. */
static struct summary_request *row_of(struct summary_requests *s, const struct vfu_request *r)
{
    struct summary_request *row = s->list;

    while (row < s->list + s->count && !is_same(row, r))
        row++;
    if (row == s->list + SUMMARY_REQUESTS) {
        s->others++;
        return NULL;
    }
    if (row == s->list + s->count) {
        s->count++;
        *row = (struct summary_request){ .queue = r->queue, .opcode = r->opcode, .has_opcode = r->known & VFU_REQUEST_OPCODE };
        memcpy(row->plugin, r->plugin, sizeof row->plugin);
        memcpy(row->name, r->name, sizeof row->name);
    }
    return row;
}

static void went_by(struct summary_requests *s, const struct vfu_request *r)
{
    struct summary_unseen *u = s->unseen;

    while (u < s->unseen + s->unseen_count && (u->queue != r->queue || strcmp(u->plugin, r->plugin) != 0))
        u++;
    if (u == s->unseen + SUMMARY_UNSEEN)
        u--;
    else if (u == s->unseen + s->unseen_count) {
        s->unseen_count++;
        u->queue = r->queue;
        memcpy(u->plugin, r->plugin, sizeof u->plugin);
    }
    u->count += r->went_by;
}

static void keep_slow(struct summary_requests *s, const struct vfu_event *e, const struct vfu_request *r)
{
    unsigned at = s->slow_count < SUMMARY_SLOWEST ? s->slow_count++ : SUMMARY_SLOWEST - 1;

    for (; at > 0 && s->slowest[at - 1].request.latency_ns < r->latency_ns; at--)
        s->slowest[at] = s->slowest[at - 1];
    s->slowest[at] = (struct summary_slow_request){ .request = *r, .no = vfu_event_no(e), .conn = e->conn, .file = e->file };
}

static void count(struct summary_requests *s, const struct vfu_event *e, const struct vfu_request *r)
{
    struct summary_request *row = row_of(s, r);

    if (!row)
        return;
    row->count++;
    row->bytes += r->bytes;
    row->errors += (r->known & VFU_REQUEST_FAILED) != 0;
    row->depth = r->depth > row->depth ? r->depth : row->depth;
    if (!(r->known & VFU_REQUEST_LATENCY))
        return;
    summary_took(&row->timed, r->latency_ns);
    if (s->slow_count < SUMMARY_SLOWEST || r->latency_ns > s->slowest[SUMMARY_SLOWEST - 1].request.latency_ns)
        keep_slow(s, e, r);
}

void summary_request(struct summary_requests *s, const struct vfu_event *e)
{
    for (unsigned i = 0; i < e->request_count; i++)
        if (e->requests[i].went_by)
            went_by(s, &e->requests[i]);
        else
            count(s, e, &e->requests[i]);
}

/* --- text --- */

static void put_name(struct vfu_writer *w, const char *name, bool has_opcode, uint32_t opcode)
{
    if (name[0])
        vfu_write_escaped(w, (const uint8_t *)name, strlen(name));
    else if (has_opcode)
        vfu_write_0x(w, opcode);
    else
        vfu_write_char(w, '?');
}

static void put_row(struct summary_table *t, const struct summary_request *row)
{
    vfu_write_escaped(&t->w, (const uint8_t *)row->plugin, strlen(row->plugin));
    vfu_write_char(&t->w, ' ');
    vfu_write_decimal(&t->w, row->queue);
    summary_cell(t);
    put_name(&t->w, row->name, row->has_opcode, row->opcode);
    summary_cell(t);
    summary_cell_number(t, row->count);
    vfu_write_size(&t->w, row->bytes);
    summary_cell(t);
    summary_cell_number(t, row->errors);
    for (unsigned percent = 50; percent < 100; percent += 49) {
        if (row->timed.replies)
            text_latency(&t->w, summary_percentile(&row->timed, percent));
        summary_cell(t);
    }
    if (row->depth)
        vfu_write_decimal(&t->w, row->depth);
    summary_cell(t);
}

void summary_requests_text(const struct summary_requests *s, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    static const struct summary_column columns[] = {
        { "queue", .right = false },
        { "request", .right = false },
        { "done", .right = true },
        { "bytes", .right = true, .spare = 1 },
        { "errors", .right = true },
        { "median", .right = true },
        { "p99", .right = true },
        { "depth", .right = true, .spare = 2 },
    };
    enum { SHOWN = SUMMARY_CELLS / 8 };
    struct summary_table table;

    summary_table_start(&table, columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; i < s->count && i < SHOWN; i++)
        put_row(&table, &s->list[i]);
    if (table.cells)
        summary_table_print(&table, look, w);
    for (unsigned i = 0; i < s->unseen_count; i++) {
        vfu_write_escaped(w, (const uint8_t *)s->unseen[i].plugin, strlen(s->unseen[i].plugin));
        vfu_write_text(w, " queue ");
        vfu_write_decimal(w, s->unseen[i].queue);
        vfu_write_text(w, ": ");
        vfu_write_count(w, s->unseen[i].count, "request");
        vfu_write_text(w, " went by unseen\n");
    }
    for (unsigned i = 0; i < s->slow_count; i++) {
        const struct summary_slow_request *slow = &s->slowest[i];

        vfu_write_text(w, i ? "                  " : "slowest requests: ");
        put_name(w, slow->request.name, slow->request.known & VFU_REQUEST_OPCODE, slow->request.opcode);
        vfu_write_text(w, ", queue ");
        vfu_write_decimal(w, slow->request.queue);
        vfu_write_text(w, " id ");
        vfu_write_decimal(w, slow->request.id);
        vfu_write_text(w, ", ");
        text_latency(w, slow->request.latency_ns);
        summary_times(w, 1, slow->file, slow->no, slow->conn);
        vfu_write_char(w, '\n');
    }
}

/* --- JSON --- */

static void json_opcode(struct vfu_writer *w, const char *name, bool has_opcode, uint32_t opcode)
{
    if (has_opcode)
        json_number(w, ",\"opcode\":", opcode);
    if (name[0])
        json_string(w, ",\"opcode_name\":", name);
}

static void json_slowest(const struct summary_requests *s, struct vfu_writer *w)
{
    for (unsigned i = 0; i < s->slow_count; i++) {
        const struct summary_slow_request *slow = &s->slowest[i];

        json_string(w, i ? ",{\"plugin\":" : ",\"slowest_requests\":[{\"plugin\":", slow->request.plugin);
        json_number(w, ",\"conn\":", slow->conn);
        if (slow->no)
            json_number(w, ",\"no\":", slow->no);
        if (slow->file)
            json_string(w, ",\"file\":", slow->file);
        json_number(w, ",\"queue\":", slow->request.queue);
        json_number(w, ",\"id\":", slow->request.id);
        json_opcode(w, slow->request.name, slow->request.known & VFU_REQUEST_OPCODE, slow->request.opcode);
        json_us(w, ",\"latency_us\":", slow->request.latency_ns);
        vfu_write_char(w, '}');
    }
    if (s->slow_count)
        vfu_write_char(w, ']');
}

void summary_requests_json(const struct summary_requests *s, struct vfu_writer *w)
{
    json_put(w, ",\"queues\":[");
    for (unsigned i = 0; i < s->count; i++) {
        const struct summary_request *row = &s->list[i];

        json_string(w, i ? ",{\"plugin\":" : "{\"plugin\":", row->plugin);
        json_number(w, ",\"queue\":", row->queue);
        json_opcode(w, row->name, row->has_opcode, row->opcode);
        json_number(w, ",\"requests\":", row->count);
        json_number(w, ",\"bytes\":", row->bytes);
        json_number(w, ",\"errors\":", row->errors);
        if (row->timed.replies) {
            json_us(w, ",\"median_us\":", summary_percentile(&row->timed, 50));
            json_us(w, ",\"p99_us\":", summary_percentile(&row->timed, 99));
        }
        json_number(w, ",\"depth\":", row->depth);
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
    for (unsigned i = 0; i < s->unseen_count; i++) {
        json_string(w, i ? ",{\"plugin\":" : ",\"unseen_requests\":[{\"plugin\":", s->unseen[i].plugin);
        json_number(w, ",\"queue\":", s->unseen[i].queue);
        json_number(w, ",\"requests\":", s->unseen[i].count);
        vfu_write_char(w, '}');
    }
    if (s->unseen_count)
        vfu_write_char(w, ']');
    json_slowest(s, w);
}
