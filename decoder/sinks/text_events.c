/*
 * The text sink, what is no message: connections, interrupts, what hangs, other logs' lines.
 */
#include "decoder/sinks/inside.h"

#include <string.h>
#include <time.h>

enum { INDENT = TEXT_BELOW, UNFRAMED_SHOWN = 64 };

/* How often an eventfd was signalled since the last time. */
static void write_times(struct vfu_writer *w, uint64_t count)
{
    if (count > 1) {
        vfu_write_text(w, " x");
        vfu_write_decimal(w, count);
    }
}

static void write_client(const struct vfu_event *e, struct vfu_writer *w)
{
    if (!e->connect.pid)
        return;
    vfu_write_text(w, ": client ");
    vfu_write_decimal(w, e->connect.pid);
    if (!e->connect.name[0])
        return;
    vfu_write_text(w, " (");
    vfu_write_escaped(w, (const uint8_t *)e->connect.name, strlen(e->connect.name));
    vfu_write_char(w, ')');
}

static void write_words(struct vfu_writer *w, const char *before, const char *text)
{
    vfu_write_text(w, before);
    vfu_write_escaped(w, (const uint8_t *)text, strlen(text));
}

static void write_capture(const struct vfu_event *e, struct vfu_writer *w)
{
    time_t seconds = (time_t)(e->capture.start_ns / 1000000000u);
    char since[32];
    struct tm tm;

    write_words(w, ": vfuscope ", e->capture.version);
    write_words(w, " on Linux ", e->capture.kernel);
    if (gmtime_r(&seconds, &tm) && strftime(since, sizeof since, "%F %T", &tm)) {
        write_words(w, ", since ", since);
        vfu_write_text(w, " UTC");
    }
    if (e->capture.no_memory)
        vfu_write_text(w, ", without guest memory");
    write_words(w, ": ", e->capture.size ? e->capture.options : "");
}

/* The words of a log, or the person's. */
static void write_line(const struct vfu_event *e, struct vfu_writer *w)
{
    if (!e->line.size)
        return;
    vfu_write_text(w, ": ");
    vfu_write_escaped(w, (const uint8_t *)e->line.text, e->line.size);
}

static void write_event(const struct vfu_event *e, struct vfu_writer *w)
{
    const char *text = vfu_event_text(e);

    if (e->file) {
        text_file(e->file, w);
        vfu_write_char(w, ' ');
    }
    vfu_write_text(w, "* ");
    vfu_write_text(w, vfu_event_name(e->kind));
    switch (e->kind) {
    case VFU_EVENT_CONNECT:
        write_client(e, w);
        break;
    case VFU_EVENT_UNFRAMED:
        vfu_write_text(w, " from ");
        vfu_write_text(w, vfu_side_name(e->from));
        vfu_write_text(w, ": not understood from byte ");
        vfu_write_decimal(w, e->unframed.offset);
        vfu_write_text(w, " on");
        break;
    case VFU_EVENT_FRAMED:
        vfu_write_text(w, " from ");
        vfu_write_text(w, vfu_side_name(e->from));
        vfu_write_text(w, ": understood again from byte ");
        vfu_write_decimal(w, e->framed.offset);
        vfu_write_text(w, " on, ");
        vfu_write_count(w, e->framed.skipped, "byte");
        vfu_write_text(w, " passed over");
        break;
    case VFU_EVENT_DROPPED:
        vfu_write_text(w, ": ");
        if (e->dropped.messages || !e->dropped.events)
            vfu_write_count(w, e->dropped.messages, "message");
        vfu_write_text(w, e->dropped.messages && e->dropped.events ? " and " : "");
        if (e->dropped.events)
            vfu_write_count(w, e->dropped.events, "event");
        vfu_write_text(w, " missing here");
        break;
    case VFU_EVENT_INTERRUPT:
        vfu_write_char(w, ' ');
        text_named(w, e->interrupt.index, vfu_irq_names);
        vfu_write_char(w, ' ');
        vfu_write_decimal(w, e->interrupt.vector);
        write_times(w, e->interrupt.count);
        break;
    case VFU_EVENT_IOEVENTFD:
        vfu_write_char(w, ' ');
        text_named(w, e->ioeventfd.region, vfu_region_names);
        vfu_write_char(w, '+');
        vfu_write_0x(w, e->ioeventfd.offset);
        write_times(w, e->ioeventfd.count);
        break;
    case VFU_EVENT_INJECTED:
        vfu_write_text(w, " into #");
        vfu_write_decimal(w, e->injected.no);
        break;
    case VFU_EVENT_OVERDUE:
        vfu_write_text(w, " reply to #");
        vfu_write_decimal(w, e->overdue.no);
        break;
    case VFU_EVENT_READS_NO_MORE:
        vfu_write_text(w, ": the ");
        vfu_write_text(w, vfu_side_name(e->from));
        if (e->reads_no_more.last) {
            vfu_write_text(w, ", perhaps not even #");
            vfu_write_decimal(w, e->reads_no_more.last);
        }
        break;
    case VFU_EVENT_CAPTURE:
        write_capture(e, w);
        break;
    case VFU_EVENT_PEER:
        vfu_write_text(w, ": the ");
        vfu_write_text(w, vfu_side_name(e->from));
        vfu_write_text(w, " looks like ");
        vfu_write_escaped(w, (const uint8_t *)text, strlen(text));
        text = "";
        break;
    case VFU_EVENT_LOG:
        vfu_write_char(w, ' ');
        vfu_write_escaped(w, (const uint8_t *)e->line.name, strlen(e->line.name));
        write_line(e, w);
        break;
    case VFU_EVENT_MARK:
        write_line(e, w);
        break;
    case VFU_EVENT_UNREAD:
    case VFU_EVENT_STALLED:
        vfu_write_text(w, " message from ");
        vfu_write_text(w, vfu_side_name(e->from));
        break;
    default:
        break;
    }
    if (text[0]) {
        vfu_write_text(w, ": ");
        vfu_write_escaped(w, (const uint8_t *)text, strlen(text));
    }
    vfu_write_char(w, '\n');
}

/* Did the command get there? */
static void write_read(const struct vfu_event *e, struct vfu_writer *w)
{
    if (!e->overdue.read && !e->overdue.unread)
        return;
    text_indent(w, INDENT);
    vfu_write_text(w, "the ");
    vfu_write_text(w, vfu_side_name(!e->from));
    vfu_write_text(w, e->overdue.read ? " has read it\n" : " has not read it\n");
}

/* What belongs to no message, and what it may be. */
static void write_unframed(const struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    size_t size = t->hex || e->unframed.size < UNFRAMED_SHOWN ? e->unframed.size : UNFRAMED_SHOWN;

    if (e->unframed.guess[0]) {
        text_indent(w, INDENT);
        vfu_write_text(w, "perhaps ");
        vfu_write_escaped(w, (const uint8_t *)e->unframed.guess, strlen(e->unframed.guess));
        vfu_write_char(w, '\n');
    }
    vfu_text_hexdump(w, e->unframed.bytes, size, INDENT, 0);
    if (e->unframed.left_out) {
        text_indent(w, INDENT);
        vfu_write_count(w, e->unframed.left_out, "byte");
        vfu_write_text(w, " left out\n");
    }
}

void text_event(const struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    write_event(e, w);
    if (e->kind == VFU_EVENT_UNFRAMED)
        write_unframed(t, e, w);
    else if (e->kind == VFU_EVENT_PEER)
        text_known(&e->peer, w);
    if (e->kind == VFU_EVENT_OVERDUE)
        write_read(e, w);
    for (unsigned i = 0; i < e->doing_count; i++) {
        text_indent(w, INDENT);
        text_doing(w, &e->doing[i]);
    }
}
