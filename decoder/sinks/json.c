/*
 * The NDJSON sink: one object an event.
 */
#include "decoder/sinks/inside.h"

#include <sys/wait.h>

void vfu_json_error(uint32_t error, struct vfu_writer *w)
{
    const char *name = vfu_name_of(vfu_errno_names, error);

    json_number(w, "\"error\":{\"errno\":", error);
    if (name)
        json_string(w, ",\"name\":", name);
    vfu_write_char(w, '}');
}

static void write_time(struct vfu_writer *w, const char *key, uint64_t ns)
{
    json_number(w, key, ns / 1000000000u);
    vfu_write_char(w, '.');
    vfu_write_decimal_padded(w, ns % 1000000000u, 9, '0');
    vfu_write_char(w, '"');
}

/* Which of several files has it. */
static void write_file(struct vfu_writer *w, const struct vfu_event *e)
{
    if (e->file)
        json_string(w, ",\"file\":", e->file);
}

static void write_who(struct vfu_writer *w, const struct vfu_event *e)
{
    json_number(w, ",\"conn\":", e->conn);
    json_sender(w, e->channel, e->from);
}

static void write_fds(struct vfu_writer *w, const struct vfu_message *m)
{
    json_put(w, ",\"fds\":[");
    for (unsigned i = 0; i < m->nfds; i++) {
        json_string(w, i ? ",{\"type\":" : "{\"type\":", vfu_fd_type_name(m->fds[i].type));
        if (m->fds[i].has_size)
            json_hex(w, ",\"size\":", m->fds[i].size);
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
    if (m->fds_cut)
        json_put(w, ",\"fds_cut\":true");
}

static void write_header(struct vfu_writer *w, const struct vfu_event *e)
{
    uint32_t type = e->flags & VFU_TYPE_MASK; /* as it is on the wire */

    if (type == VFU_TYPE_COMMAND)
        json_number(w, ",\"type\":\"command\",\"id\":", e->id);
    else if (type == VFU_TYPE_REPLY)
        json_number(w, ",\"type\":\"reply\",\"id\":", e->id);
    else
        json_number(w, ",\"type\":\"unknown\",\"id\":", e->id);
    json_string(w, ",\"command\":", command_name(e->command));
    json_number(w, ",\"command_number\":", e->command_number);
    json_number(w, ",\"size\":", e->size);
    json_put(w, ",\"flags\":[");
    json_bits(w, e->flags & ~(uint32_t)VFU_TYPE_MASK, vfu_header_flag_names);
    vfu_write_char(w, ']');
}

static void write_problems(struct vfu_writer *w, const struct vfu_event *e)
{
    bool any = false;

    for (unsigned i = 0; i < e->problem_count; i++) {
        const struct vfu_problem *p = &e->problems[i];

        if (p->repeated)
            continue;
        json_string(w, any ? ",{\"rule\":" : ",\"problems\":[{\"rule\":", p->rule->id);
        any = true;
        json_string(w, ",\"severity\":", vfu_severity_name(p->severity));
        if (!p->nobody)
            json_string(w, ",\"at_fault\":", vfu_side_name(p->at_fault));
        json_string(w, ",\"text\":", p->text);
        vfu_write_char(w, '}');
    }
    if (any)
        vfu_write_char(w, ']');
}

void vfu_json_because(const struct vfu_because *because, unsigned count, struct vfu_writer *w)
{
    for (unsigned i = 0; i < count; i++) {
        const struct vfu_because *b = &because[i];

        json_string(w, i ? ",{\"reason\":" : ",\"because\":[{\"reason\":", b->reason);
        json_string(w, ",\"text\":", b->text);
        json_put(w, b->certain ? ",\"certain\":true,\"messages\":[" : ",\"certain\":false,\"messages\":[");
        for (unsigned k = 0; k < b->count; k++)
            json_number(w, k ? "," : "", b->messages[k]);
        json_put(w, "]}");
    }
    if (count)
        vfu_write_char(w, ']');
}

static void write_notes(struct vfu_writer *w, const struct vfu_event *e)
{
    if (!e->note_count)
        return;
    json_put(w, ",\"notes\":[");
    for (unsigned i = 0; i < e->note_count; i++) {
        json_string(w, i ? ",{\"plugin\":" : "{\"plugin\":", e->notes[i].plugin);
        json_string(w, ",\"text\":", e->notes[i].text);
        if (e->notes[i].warning)
            json_put(w, ",\"warning\":true");
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
}

/* As objects; of an event's, in a capture, also what went by unseen (`all`). */
static void write_requests(struct vfu_writer *w, const struct vfu_event *e, bool all)
{
    const char *before = ",\"requests\":[";

    for (unsigned i = 0; i < e->request_count; i++) {
        const struct vfu_request *r = &e->requests[i];

        if (r->went_by && !all)
            continue;
        json_put(w, before);
        before = ",";
        json_string(w, "{\"plugin\":", r->plugin);
        json_number(w, ",\"queue\":", r->queue);
        if (r->went_by) {
            json_number(w, ",\"went_by\":", r->went_by);
            vfu_write_char(w, '}');
            continue;
        }
        json_number(w, ",\"id\":", r->id);
        if (r->known & VFU_REQUEST_OPCODE)
            json_number(w, ",\"opcode\":", r->opcode);
        if (r->name[0])
            json_string(w, ",\"opcode_name\":", r->name);
        if (r->known & VFU_REQUEST_LBA) {
            json_hex(w, ",\"lba\":", r->lba);
            json_number(w, ",\"blocks\":", r->blocks);
        }
        if (r->bytes)
            json_number(w, ",\"bytes\":", r->bytes);
        if (r->known & VFU_REQUEST_STATUS)
            json_number(w, ",\"status\":", r->status);
        if (r->known & VFU_REQUEST_FAILED)
            json_put(w, ",\"failed\":true");
        if (r->known & VFU_REQUEST_LATENCY)
            json_us(w, ",\"latency_us\":", r->latency_ns);
        if (r->depth)
            json_number(w, ",\"depth\":", r->depth);
        vfu_write_char(w, '}');
    }
    if (*before == ',' && !before[1])
        vfu_write_char(w, ']');
}

/* Where guest memory was, which is no more. */
static void write_left_out(struct vfu_writer *w, const struct vfu_message *m)
{
    for (unsigned i = 0; i < m->left_out_count; i++) {
        json_number(w, i ? ",{\"offset\":" : ",\"left_out\":[{\"offset\":", m->left_out[i].at);
        json_number(w, ",\"size\":", m->left_out[i].size);
        vfu_write_char(w, '}');
    }
    if (m->left_out_count)
        vfu_write_char(w, ']');
}

static void write_findings(struct vfu_writer *w, const struct vfu_event *e, const struct vfu_decoded *d)
{
    static const struct vfu_name changes[] = {
        { VFU_CHANGED_INJECT, "inject" },
        { VFU_CHANGED_INTERCEPT, "intercept" },
        { VFU_CHANGED_EXPOSE, "expose" },
        { 0, NULL },
    };

    if (vfu_event_is_reply(e)) {
        if (e->paired) {
            json_number(w, ",\"reply_to\":", e->reply_to);
            json_us(w, ",\"latency_us\":", e->latency_ns);
        } else {
            json_put(w, ",\"reply_to\":null,\"latency_us\":null");
        }
    }
    if (e->flags & VFU_ERROR) {
        vfu_write_char(w, ',');
        vfu_json_error(e->error, w);
    }
    if (e->flags & VFU_NO_REPLY)
        json_put(w, ",\"no_reply\":true");
    write_left_out(w, &e->message);
    if (e->message.captured < e->size)
        json_number(w, ",\"truncated\":true,\"captured\":", e->message.captured);
    if (d->is_short)
        json_put(w, ",\"short\":true");
    if (d->extra_size) {
        json_put(w, ",\"extra\":\"");
        vfu_write_hex(w, d->extra, d->extra_size);
        vfu_write_char(w, '"');
    }
    if (e->message.changed) {
        json_put(w, ",\"changed\":[");
        json_bits(w, e->message.changed, changes);
        vfu_write_char(w, ']');
    }
    vfu_json_because(e->because, e->because_count, w);
    write_problems(w, e);
    write_notes(w, e);
    write_requests(w, e, false);
}

static void write_message(const struct vfu_json *json, const struct vfu_event *e, struct vfu_writer *w)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d = vfu_decoded_of(e, &room);

    json_number(w, "{\"no\":", e->message.no);
    write_file(w, e);
    vfu_write_char(w, ',');
    write_time(w, "\"time\":\"", e->time.wall_ns);
    write_who(w, e);
    write_header(w, e);
    write_fds(w, &e->message);
    write_findings(w, e, d);
    json_put(w, ",\"payload\":{");
    json_values(w, d->values, d->count, json->hex);
    if (vfu_event_is_access(e))
        json_access(w, e, d);
    json_put(w, "}}\n");
}

/* Of who closed a connection: what became of its process, and what it has not read. */
static void write_left(struct vfu_writer *w, const struct vfu_event *e)
{
    const struct vfu_ended *ended = &e->disconnect.ended;

    if (ended->pid) {
        json_number(w, ",\"ended\":{\"pid\":", ended->pid);
        json_string(w, ",\"name\":", ended->name);
        if (WIFSIGNALED(ended->status))
            json_number(w, ",\"signal\":", (unsigned)WTERMSIG(ended->status));
        else if (ended->status)
            json_number(w, ",\"status\":", (unsigned)WEXITSTATUS(ended->status));
        vfu_write_char(w, '}');
    }
    if (e->disconnect.on)
        json_number(w, ",\"on\":", e->disconnect.on);
    if (e->disconnect.unread)
        json_number(w, ",\"unread\":", e->disconnect.unread);
}

/* A NUL is U+FFFD, as what is no UTF-8 is: many readers of JSON take none. */
static void write_words(struct vfu_writer *w, const uint8_t *text, size_t size)
{
    const uint8_t *nul;

    for (; size && (nul = memchr(text, '\0', size)) != NULL; size -= (size_t)(nul + 1 - text), text = nul + 1) {
        vfu_write_json_string(w, text, (size_t)(nul - text));
        json_put(w, "\xef\xbf\xbd");
    }
    vfu_write_json_string(w, text, size);
}

/* A line of a log, or of the person's, which may hold any bytes: those of what is no text stand beside it. */
static void write_line(struct vfu_writer *w, const struct vfu_event *e)
{
    const uint8_t *text = (const uint8_t *)e->line.text;

    if (e->kind == VFU_EVENT_LOG)
        json_string(w, ",\"name\":", e->line.name);
    json_put(w, ",\"text\":\"");
    write_words(w, text, e->line.size);
    vfu_write_char(w, '"');
    if (e->line.size && (memchr(text, '\0', e->line.size) || !vfu_is_utf8(text, e->line.size))) {
        json_put(w, ",\"text_hex\":\"");
        vfu_write_hex(w, text, e->line.size);
        vfu_write_char(w, '"');
    }
    if (e->line.left_out)
        json_number(w, ",\"left_out\":", e->line.left_out);
}

/* The members that are of one kind only. */
static void write_other(const struct vfu_json *json, const struct vfu_event *e, struct vfu_writer *w)
{
    switch (e->kind) {
    case VFU_EVENT_CONNECT:
        json_number(w, ",\"conn\":", e->conn);
        if (e->connect.pid)
            json_number(w, ",\"pid\":", e->connect.pid);
        if (e->connect.name[0])
            json_string(w, ",\"name\":", e->connect.name);
        if (e->connect.late)
            json_put(w, ",\"late\":true");
        break;
    case VFU_EVENT_DISCONNECT:
        json_number(w, ",\"conn\":", e->conn);
        write_left(w, e);
        break;
    case VFU_EVENT_UNFRAMED:
        write_who(w, e);
        json_hex(w, ",\"offset\":", e->unframed.offset);
        if (e->unframed.missing)
            json_put(w, ",\"missing\":true");
        if (e->unframed.size) {
            vfu_write_char(w, ',');
            json_data(w, "data", e->unframed.bytes, e->unframed.size, json->hex);
        }
        if (e->unframed.left_out)
            json_number(w, ",\"left_out\":", e->unframed.left_out);
        if (e->unframed.guess[0])
            json_string(w, ",\"guess\":", e->unframed.guess);
        break;
    case VFU_EVENT_FRAMED:
        write_who(w, e);
        json_hex(w, ",\"offset\":", e->framed.offset);
        json_number(w, ",\"skipped\":", e->framed.skipped);
        break;
    case VFU_EVENT_DROPPED:
        json_number(w, ",\"count\":", e->dropped.messages);
        json_number(w, ",\"events\":", e->dropped.events);
        break;
    case VFU_EVENT_INTERRUPT:
        json_number(w, ",\"conn\":", e->conn);
        vfu_write_char(w, ',');
        json_named(w, "index", e->interrupt.index, 4, vfu_irq_names);
        json_number(w, ",\"vector\":", e->interrupt.vector);
        json_number(w, ",\"count\":", e->interrupt.count);
        if (e->interrupt.late)
            json_put(w, ",\"late\":true");
        break;
    case VFU_EVENT_LOOK:
        json_number(w, ",\"conn\":", e->conn);
        break;
    case VFU_EVENT_IOEVENTFD:
        json_number(w, ",\"conn\":", e->conn);
        vfu_write_char(w, ',');
        json_named(w, "region", e->ioeventfd.region, 4, vfu_region_names);
        json_hex(w, ",\"offset\":", e->ioeventfd.offset);
        json_number(w, ",\"count\":", e->ioeventfd.count);
        break;
    case VFU_EVENT_INJECTED:
        json_number(w, ",\"no\":", e->injected.no);
        break;
    case VFU_EVENT_OVERDUE:
        write_who(w, e);
        json_number(w, ",\"no\":", e->overdue.no);
        json_number(w, ",\"count\":", e->overdue.count);
        if (e->overdue.waiting_ms != VFU_WAITING_UNKNOWN)
            json_number(w, ",\"waiting_ms\":", e->overdue.waiting_ms);
        if (e->overdue.both)
            json_put(w, ",\"both\":true");
        if (e->overdue.read || e->overdue.unread)
            json_put(w, e->overdue.read ? ",\"read\":true" : ",\"read\":false");
        break;
    case VFU_EVENT_STALLED:
        write_who(w, e);
        if (e->stalled.got >= VFU_HEADER_SIZE) {
            json_string(w, ",\"command\":", command_name(vfu_command_by_number(e->stalled.command)));
            json_number(w, ",\"command_number\":", e->stalled.command);
            json_number(w, ",\"id\":", e->stalled.id);
        }
        json_number(w, ",\"got\":", e->stalled.got);
        if (e->stalled.got >= VFU_HEADER_SIZE)
            json_number(w, ",\"size\":", e->stalled.size);
        json_number(w, ",\"waiting_ms\":", e->stalled.waiting_ms);
        break;
    case VFU_EVENT_UNREAD:
        write_who(w, e);
        json_string(w, ",\"type\":", e->unread.reply ? "reply" : "command");
        json_string(w, ",\"command\":", command_name(vfu_command_by_number(e->unread.command)));
        json_number(w, ",\"command_number\":", e->unread.command);
        json_number(w, ",\"id\":", e->unread.id);
        json_number(w, ",\"size\":", e->unread.size);
        json_number(w, ",\"count\":", e->unread.messages);
        json_number(w, ",\"bytes\":", e->unread.bytes);
        if (e->unread.pid)
            json_number(w, ",\"pid\":", e->unread.pid);
        if (e->unread.name[0])
            json_string(w, ",\"name\":", e->unread.name);
        break;
    case VFU_EVENT_READS_NO_MORE:
        write_who(w, e);
        json_number(w, ",\"last\":", e->reads_no_more.last);
        break;
    case VFU_EVENT_PEER:
        write_who(w, e);
        json_string(w, ",\"name\":", e->peer.name);
        json_known(w, &e->peer);
        break;
    case VFU_EVENT_CAPTURE:
        json_string(w, ",\"version\":", e->capture.version);
        json_string(w, ",\"options\":", e->capture.size ? e->capture.options : "");
        json_string(w, ",\"kernel\":", e->capture.kernel);
        vfu_write_char(w, ',');
        write_time(w, "\"start\":\"", e->capture.start_ns);
        if (e->capture.no_memory)
            json_put(w, ",\"no_memory\":true");
        break;
    case VFU_EVENT_END:
        json_put(w, e->end.goes_on ? ",\"goes_on\":true" : e->end.cut ? ",\"cut\":true" : "");
        break;
    case VFU_EVENT_MEMORY:
        json_number(w, ",\"conn\":", e->conn);
        json_number(w, ",\"no\":", e->memory.no);
        json_hex(w, ",\"address\":", e->memory.address);
        vfu_write_char(w, ',');
        json_data(w, "data", e->memory.bytes, e->memory.size, true);
        break;
    case VFU_EVENT_LOG:
    case VFU_EVENT_MARK:
        write_line(w, e);
        break;
    default:
        break;
    }
}

void vfu_json_event(const struct vfu_json *json, const struct vfu_event *e, struct vfu_writer *w)
{
    const char *text;

    if (e->kind == VFU_EVENT_MESSAGE) {
        write_message(json, e, w);
        return;
    }
    text = vfu_event_text(e);
    json_string(w, "{\"event\":", vfu_event_name(e->kind));
    write_file(w, e);
    vfu_write_char(w, ',');
    write_time(w, "\"time\":\"", e->time.wall_ns);
    write_other(json, e, w);
    if (text[0] && e->kind != VFU_EVENT_PEER)
        json_string(w, e->kind == VFU_EVENT_INJECTED ? ",\"spec\":" : ",\"text\":", text);
    if (e->doing_count) {
        json_put(w, ",\"doing\":[");
        json_doing(w, e->doing, e->doing_count);
        vfu_write_char(w, ']');
    }
    write_problems(w, e);
    write_notes(w, e);
    write_requests(w, e, true);
    json_put(w, "}\n");
}
