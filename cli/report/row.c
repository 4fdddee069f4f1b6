/*
 * Events become rows: a command and its reply are one.
 */
#include "cli/report/inside.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/transfer.h"

#include <string.h>

enum { LINES_MOST = 200, BELOW_MOST = 4096, FIELDS_MOST = 16384, WORD_MOST = 600 };

/* --- text --- */

/* Without the blanks around it. */
static uint32_t keep_words(struct cli_report *r, const char *text, size_t size)
{
    while (size && (*text == ' ' || *text == '\n')) {
        text++;
        size--;
    }
    while (size && (text[size - 1] == ' ' || text[size - 1] == '\n'))
        size--;
    return report_store_add(&r->rows.words, text, size < WORD_MOST ? size : WORD_MOST);
}

/* A list of the lines, as they are. */
static uint32_t keep_lines(struct cli_report *r, const char *text, size_t size)
{
    uint32_t list[LINES_MOST];
    size_t count = 0;

    while (size && count < LINES_MOST) {
        const char *end = memchr(text, '\n', size);
        size_t length = end ? (size_t)(end - text) : size;

        list[count++] = report_store_add(&r->rows.words, text, length < WORD_MOST ? length : WORD_MOST);
        length += end != NULL;
        text += length;
        size -= length;
    }
    return report_store_add(&r->rows.lines, list, count * sizeof *list);
}

/* Reasons, problems and notes, each on a line, with what was there already. */
static uint32_t keep_below(struct cli_report *r, const struct vfu_event *e, uint32_t before)
{
    char text[BELOW_MOST], lines[BELOW_MOST];
    struct vfu_writer w = vfu_writer(text, sizeof text, NULL, NULL);
    size_t used = 0, size;
    const uint8_t *old = report_store_at(&r->rows.words, before, &size);

    if (!e->problem_count && !e->because_count && !e->note_count)
        return before;
    memcpy(lines, old, size);
    used = size;
    vfu_text_below(e, &w);
    for (size_t at = 0; at < w.used;) {
        const char *end = memchr(text + at, '\n', w.used - at);
        size_t length;

        while (at < w.used && text[at] == ' ')
            at++;
        length = end ? (size_t)(end - (text + at)) : w.used - at;
        if (used + length + 1 > sizeof lines)
            break;
        if (used)
            lines[used++] = '\n';
        memcpy(lines + used, text + at, length);
        used += length;
        at += length + 1;
    }
    return report_store_add(&r->rows.words, lines, used);
}

/* --- messages --- */

static uint32_t marks_of(const struct vfu_event *e, const struct report_clean *clean)
{
    uint32_t marks = (clean->hidden ? REPORT_HIDDEN : 0) | (e->message.changed ? REPORT_CHANGED : 0) |
                     (e->flags & VFU_ERROR ? REPORT_ERROR : 0) | (e->message.swapped ? REPORT_SWAPPED : 0);
    static const uint32_t severities[] = { [VFU_VIOLATION] = REPORT_VIOLATION,
                                           [VFU_MISFIT] = REPORT_MISFIT,
                                           [VFU_SUSPICIOUS] = REPORT_SUSPICIOUS };

    for (unsigned i = 0; i < e->problem_count; i++)
        marks |= severities[e->problems[i].severity];
    for (unsigned i = 0; i < e->note_count; i++)
        marks |= e->notes[i].warning ? REPORT_WARNING : 0;
    return marks;
}

static struct report_half half_of(struct cli_report *r, struct report_clean *clean, uint32_t *marks)
{
    const struct vfu_event *e = &clean->event;
    char text[FIELDS_MOST];
    struct vfu_writer w = vfu_writer(text, sizeof text, NULL, NULL);
    struct report_half half = { .no = e->message.no, .size = e->size, .flags = e->flags, .error = e->error };
    size_t size = e->message.captured - VFU_HEADER_SIZE, most = *marks & REPORT_WRONG ? REPORT_SHOWN_WRONG : REPORT_SHOWN;

    vfu_text_said(e, &w);
    half.said = keep_words(r, text, w.used);
    w.used = 0;
    if (clean->hidden) {
        half.hidden_at = (uint32_t)clean->at;
        half.hidden_end = (uint32_t)clean->end;
    }
    vfu_text_fields(e, &w);
    half.fields = keep_lines(r, text, w.used);
    if (size > most)
        *marks |= REPORT_CUT;
    half.body = report_store_add(&r->rows.bodies, e->message.bytes + VFU_HEADER_SIZE, size < most ? size : most);
    return half;
}

/* Where it is, of what accesses a place. */
static void place_row(struct report_row *row, const struct vfu_event *e, const struct vfu_decoded *d)
{
    struct vfu_moved m;

    if (!e->command || !vfu_moved_first(&m, e->command, d) || m.transfer->space == VFU_STATE_SPACE)
        return;
    row->region = m.transfer->space == VFU_MEMORY_SPACE ? REPORT_GUEST : m.region < REPORT_GUEST ? (uint8_t)m.region : REPORT_NO_REGION;
    row->offset = m.at;
}

static void name_row(struct cli_report *r, struct report_row *row, const struct vfu_event *e, const struct vfu_decoded *d)
{
    char text[256];
    struct vfu_writer w = vfu_writer(text, sizeof text, NULL, NULL);
    uint64_t value;
    unsigned width;

    for (unsigned i = 0; i < e->register_count && !row->reg; i++) {
        vfu_write_text(&w, i ? ", " : "");
        vfu_register_write_name(&w, &e->registers[i]);
        if (i + 1 == e->register_count)
            row->reg = report_store_add(&r->rows.words, text, w.used);
    }
    if (!vfu_event_is_access(e) || !vfu_event_value(e, d, &value, &width))
        return;
    w = vfu_writer(text, sizeof text, NULL, NULL);
    vfu_write_0x(&w, value);
    row->value = report_store_add(&r->rows.words, text, w.used);
}

static void begin_row(struct cli_report *r, struct report_row *row, const struct vfu_event *e)
{
    row->ns = e->time.mono_ns > r->first.mono_ns ? e->time.mono_ns - r->first.mono_ns : 0;
    row->conn = e->conn;
    row->from = (uint8_t)e->from;
    row->channel = (uint8_t)e->channel;
}

static void take_command(struct cli_report *r, struct report_clean *clean, const struct vfu_decoded *d, uint32_t marks)
{
    const struct vfu_event *e = &clean->event;
    struct report_row *row = report_rows_new(&r->rows, e->message.no);

    if (!row)
        return;
    begin_row(r, row, e);
    row->kind = vfu_event_is_command(e) ? REPORT_EXCHANGE : REPORT_ODD;
    row->id = e->id;
    row->command_number = e->command_number;
    row->marks = marks | (e->flags & VFU_NO_REPLY ? REPORT_NO_REPLY : 0) | (row->kind == REPORT_ODD ? REPORT_REMARKABLE : 0);
    row->command = half_of(r, clean, &row->marks);
    row->below = keep_below(r, e, 0);
    place_row(row, e, d);
    name_row(r, row, e, d);
}

static void take_reply(struct cli_report *r, struct report_clean *clean, const struct vfu_decoded *d, uint32_t marks)
{
    const struct vfu_event *e = &clean->event;
    struct report_row *row = e->paired ? report_rows_find(&r->rows, e->reply_to) : NULL;
    struct vfu_decoded request;

    if (!row || row->reply.no) {
        row = report_rows_new(&r->rows, e->message.no);
        if (!row)
            return;
        begin_row(r, row, e);
        row->kind = REPORT_REPLY;
        row->id = e->id;
        row->command_number = e->command_number;
        if (!e->paired)
            marks |= REPORT_REMARKABLE;
        else if (vfu_decode_request(e, &request))
            place_row(row, e, &request);
    }
    row->marks |= marks;
    row->latency_ns = e->paired ? e->latency_ns : 0;
    row->reply = half_of(r, clean, &row->marks);
    row->below = keep_below(r, e, row->below);
    if (row->region == REPORT_NO_REGION)
        place_row(row, e, d);
    name_row(r, row, e, d);
}

static void take_message(struct cli_report *r, const struct vfu_event *event)
{
    struct report_clean clean;
    struct vfu_decoded room;
    const struct vfu_decoded *d;
    uint32_t marks;

    report_clean(event, r->how.memory, &r->hidden, &clean);
    d = vfu_decoded_of(&clean.event, &room);
    clean.event.decoded = d;
    marks = marks_of(event, &clean);
    if (vfu_event_is_reply(event))
        take_reply(r, &clean, d, marks);
    else
        take_command(r, &clean, d, marks);
    report_clean_free(&clean);
}

/* --- what is no message --- */

static uint32_t marks_of_event(const struct vfu_event *e)
{
    switch (e->kind) {
    case VFU_EVENT_UNFRAMED:
    case VFU_EVENT_FRAMED:
    case VFU_EVENT_DROPPED:
    case VFU_EVENT_INJECTED:
    case VFU_EVENT_OVERDUE:
    case VFU_EVENT_STALLED:
    case VFU_EVENT_READS_NO_MORE:
    case VFU_EVENT_UNREAD:
    case VFU_EVENT_PEER:
    case VFU_EVENT_MARK:
    case VFU_EVENT_CONNECT:
    case VFU_EVENT_DISCONNECT:
        return REPORT_REMARKABLE;
    default:
        return 0;
    }
}

static void take_other(struct cli_report *r, const struct vfu_event *event)
{
    char text[BELOW_MOST];
    struct vfu_writer w = vfu_writer(text, sizeof text, NULL, NULL);
    struct vfu_without_memory room = { .bytes = NULL };
    struct vfu_event e = *event;
    struct report_row *row = report_rows_new(&r->rows, 0);
    const char *star, *end;

    if (!row)
        return;
    begin_row(r, row, event);
    row->kind = REPORT_EVENT;
    row->command_number = (uint16_t)event->kind;
    row->marks = marks_of_event(event);
    for (unsigned i = 0; i < event->problem_count; i++)
        row->marks |= event->problems[i].severity == VFU_VIOLATION ? REPORT_VIOLATION : REPORT_SUSPICIOUS;
    row->below = keep_below(r, event, 0);
    if (event->kind == VFU_EVENT_INTERRUPT) {
        row->offset = event->interrupt.vector;
    } else if (event->kind == VFU_EVENT_IOEVENTFD) {
        row->region = event->ioeventfd.region < REPORT_GUEST ? (uint8_t)event->ioeventfd.region : REPORT_NO_REGION;
        row->offset = event->ioeventfd.offset;
    } else if (event->kind == VFU_EVENT_UNFRAMED && !r->how.memory) {
        vfu_leave_out_memory(&e, true, &room);
        r->hidden.unframed += e.unframed.left_out != 0;
        row->marks |= e.unframed.left_out ? REPORT_HIDDEN : 0;
    }
    e.problem_count = e.note_count = e.because_count = 0; /* they stand below */
    vfu_text_words(&e, &w);
    star = memchr(text, '*', w.used); /* behind who */
    star = star ? star + 1 : text;
    end = text + w.used;
    row->command.said = keep_words(r, star, (size_t)(end - star));
}

void report_take(struct cli_report *r, const struct vfu_event *event)
{
    if (event->kind == VFU_EVENT_MESSAGE) {
        take_message(r, event);
    } else if (event->kind == VFU_EVENT_MEMORY) {
        if (!r->how.memory)
            r->hidden.plugins++;
        else
            take_other(r, event);
    } else if (event->kind == VFU_EVENT_LOG && !r->how.logs) {
        r->hidden.logs++;
    } else if (!vfu_event_frames(event)) {
        take_other(r, event);
    }
}
