/*
 * The text sink: one aligned line a message, that a person can read at speed:
 *     time  connection  who  > or <  #number  command  id  fields  fds  error  latency
 */
#include "decoder/sinks/inside.h"

#include <string.h>
#include <time.h>

enum { COLUMN_NUMBER = 7, COLUMN_NAME = 28, BRIEF_FDS = 8, INDENT = TEXT_BELOW };

/* Seconds in columns, those before the first in the same ones. */
static void write_seconds(struct vfu_writer *w, uint64_t ns, bool negative)
{
    uint64_t whole = ns / 1000000000u;

    if (negative) {
        for (uint64_t least = 1000; least > 1 && whole < least; least /= 10)
            vfu_write_char(w, ' ');
        vfu_write_char(w, '-');
    }
    vfu_write_decimal_padded(w, whole, negative ? 0 : 5, ' ');
    vfu_write_char(w, '.');
    vfu_write_decimal_padded(w, ns % 1000000000u / 1000, 6, '0');
}

/* 2026-01-31T13:05:00.000250+01:00, as a filter and --since take it */
static void write_date(struct vfu_writer *w, const struct tm *tm, uint64_t us)
{
    long east = tm->tm_gmtoff < 0 ? -tm->tm_gmtoff : tm->tm_gmtoff;

    vfu_write_decimal_padded(w, (uint64_t)(tm->tm_year + 1900), 4, '0');
    vfu_write_char(w, '-');
    vfu_write_decimal_padded(w, (uint64_t)(tm->tm_mon + 1), 2, '0');
    vfu_write_char(w, '-');
    vfu_write_decimal_padded(w, (uint64_t)tm->tm_mday, 2, '0');
    vfu_write_char(w, 'T');
    vfu_write_decimal_padded(w, (uint64_t)tm->tm_hour, 2, '0');
    vfu_write_char(w, ':');
    vfu_write_decimal_padded(w, (uint64_t)tm->tm_min, 2, '0');
    vfu_write_char(w, ':');
    vfu_write_decimal_padded(w, (uint64_t)tm->tm_sec, 2, '0');
    vfu_write_char(w, '.');
    vfu_write_decimal_padded(w, us, 6, '0');
    vfu_write_char(w, tm->tm_gmtoff < 0 ? '-' : '+');
    vfu_write_decimal_padded(w, (uint64_t)(east / 3600), 2, '0');
    vfu_write_char(w, ':');
    vfu_write_decimal_padded(w, (uint64_t)(east % 3600 / 60), 2, '0');
}

void text_time(struct vfu_text *t, uint64_t now, struct vfu_writer *w)
{
    uint64_t since;
    time_t seconds = (time_t)(now / 1000000000u);
    struct tm tm;

    if (!t->started) {
        t->started = true;
        t->first_ns = t->last_ns = now;
    }
    since = t->time_format == VFU_TIME_DELTA ? t->last_ns : t->first_ns;
    t->last_ns = now;
    if (t->time_format == VFU_TIME_ABSOLUTE && localtime_r(&seconds, &tm)) {
        write_date(w, &tm, now % 1000000000u / 1000);
        return;
    }
    if (now < since) /* a line of another log from before; or the clock was set back */
        write_seconds(w, since - now, true);
    else
        write_seconds(w, now - since, false);
}

/* 850ns, 12.3us, 1.234ms, 5.001s */
void text_latency(struct vfu_writer *w, uint64_t ns)
{
    static const struct {
        uint64_t unit, part;
        unsigned digits;
        const char *name;
    } units[] = { { 1000000000u, 1000000u, 3, "s" }, { 1000000u, 1000u, 3, "ms" }, { 1000u, 100u, 1, "us" } };

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (ns < units[i].unit)
            continue;
        vfu_write_decimal(w, ns / units[i].unit);
        vfu_write_char(w, '.');
        vfu_write_decimal_padded(w, ns % units[i].unit / units[i].part, units[i].digits, '0');
        vfu_write_text(w, units[i].name);
        return;
    }
    vfu_write_decimal(w, ns);
    vfu_write_text(w, "ns");
}

/* What it means that no descriptor came, as far as that is known. */
void text_no_fds(struct vfu_writer *w, const struct vfu_event *e)
{
    if (!e->command || !vfu_event_is_command(e) || !e->command->request.without_fds || e->message.fds_cut ||
        e->message.fds_unknown)
        return;
    vfu_write_text(w, "  ");
    vfu_write_text(w, e->command->request.without_fds);
}

void text_fds(struct vfu_writer *w, const struct vfu_message *m)
{
    if (m->nfds)
        vfu_write_text(w, m->nfds == 1 ? "  fd " : "  fds ");
    for (unsigned i = 0; i < m->nfds && i < BRIEF_FDS; i++) {
        if (i)
            vfu_write_char(w, ',');
        vfu_write_text(w, vfu_fd_type_name(m->fds[i].type));
        if (m->fds[i].has_size) {
            vfu_write_char(w, ':');
            vfu_write_size(w, m->fds[i].size);
        }
    }
    if (m->nfds > BRIEF_FDS) {
        vfu_write_text(w, ",... (");
        vfu_write_decimal(w, m->nfds);
        vfu_write_char(w, ')');
    }
    if (m->fds_cut)
        vfu_write_text(w, m->nfds < VFU_MAX_FDS ? "  (the kernel cut fds off)" : "  (more fds than one message carries)");
}

void text_changes(struct vfu_writer *w, unsigned changed)
{
    static const struct vfu_name names[] = { { VFU_CHANGED_INJECT, "injected" },
                                             { VFU_CHANGED_INTERCEPT, "intercepted" },
                                             { VFU_CHANGED_EXPOSE, "exposed" },
                                             { 0, NULL } };

    if (changed) {
        vfu_write_text(w, "  changed: ");
        vfu_text_flags(w, changed, names);
    }
}

void text_error(const struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    text_colour(t, w, TEXT_RED);
    vfu_write_text(w, "error ");
    text_named(w, e->error, vfu_errno_names);
    text_colour(t, w, TEXT_PLAIN);
}

/* What is wrong with the message's length, and flags that the fields do not show. */
void text_oddities(const struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d,
                           struct vfu_writer *w)
{
    uint32_t odd = e->flags & ~(uint32_t)(VFU_TYPE_MASK | VFU_NO_REPLY | VFU_ERROR);

    if (e->flags & VFU_NO_REPLY)
        vfu_write_text(w, "  no_reply");
    if (odd) {
        vfu_write_text(w, "  flags ");
        vfu_write_0x(w, odd);
    }
    if (e->message.left_out_count) {
        vfu_write_text(w, "  (");
        vfu_write_count(w, vfu_left_out_of(&e->message), "byte");
        vfu_write_text(w, " left out)");
    }
    if (e->message.captured < e->size) {
        vfu_write_text(w, "  (");
        vfu_write_decimal(w, e->message.captured);
        vfu_write_text(w, " of ");
        vfu_write_count(w, e->size, "byte");
        vfu_write_text(w, " at hand)");
    }
    if (d->is_short || d->extra_size) {
        text_colour(t, w, TEXT_RED);
        if (d->is_short)
            vfu_write_text(w, "  too short");
        if (d->extra_size) {
            vfu_write_text(w, "  +");
            vfu_write_count(w, d->extra_size, "extra byte");
        }
        text_colour(t, w, TEXT_PLAIN);
    }
}

static void write_who(const struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    bool client = e->from == VFU_CLIENT;

    vfu_write_text(w, "  ");
    vfu_write_decimal(w, e->conn);
    vfu_write_char(w, e->channel == VFU_TWIN ? 't' : ' ');
    vfu_write_char(w, ' ');
    if (e->kind != VFU_EVENT_MESSAGE)
        return;
    text_colour(t, w, client ? TEXT_CYAN : TEXT_DIM);
    vfu_write(w, client ? "client " : "server ", 7);
    vfu_write(w, vfu_event_is_command(e) ? "> " : vfu_event_is_reply(e) ? "< " : "? ", 2);
    text_colour(t, w, TEXT_PLAIN);
}

void text_number(const char *file, uint64_t no, struct vfu_writer *w)
{
    if (file)
        text_file(file, w);
    vfu_write_char(w, '#');
    vfu_write_decimal(w, no);
}

/* Numbers of up to five digits leave the columns where they are. One that was never given (0) is not shown. */
static void write_number(const struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    uint64_t start = vfu_writer_position(w);

    if (!e->message.no)
        return;
    text_colour(t, w, TEXT_DIM);
    text_number(e->file, e->message.no, w);
    text_colour(t, w, TEXT_PLAIN);
    vfu_write_pad(w, start, COLUMN_NUMBER + text_file_width(t) + (t->colour ? sizeof TEXT_DIM + sizeof TEXT_PLAIN - 2 : 0));
}

/* What an access says, behind its value. */
static void write_bits(struct vfu_writer *w, const struct vfu_event *e, const struct vfu_decoded *d)
{
    char room[1024];
    struct vfu_writer bits = vfu_writer(room, sizeof room, NULL, NULL);

    text_register_fields(&bits, e, vfu_value_by_name(d->values, d->count, "data"));
    if (!bits.used)
        return;
    vfu_write_text(w, " (");
    vfu_write(w, room, bits.used);
    vfu_write_char(w, ')');
}

/* What it says: fields, an error, descriptors, what is odd about it. */
static void write_said(const struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d, struct vfu_writer *w)
{
    bool fields = d->count > 0 && !(d->layout->brief && !d->layout->brief[0]);

    if (e->flags & VFU_ERROR) {
        vfu_write_text(w, "  ");
        text_error(t, e, w);
    } else if (e->error && vfu_event_is_reply(e)) {
        vfu_write_text(w, "  (");
        text_error(t, e, w);
        vfu_write_text(w, " without the error flag)");
    } else if (!fields && vfu_event_is_reply(e)) {
        vfu_write_text(w, "  ok");
    }
    if (fields) {
        vfu_write_text(w, e->flags & VFU_ERROR ? " " : "  ");
        text_brief_named(w, d, e);
        if (e->register_count)
            write_bits(w, e, d);
    }
    if (e->message.nfds || e->message.fds_cut)
        text_fds(w, &e->message);
    else if (e->command && e->command->request.without_fds)
        text_no_fds(w, e);
    if (text_is_odd(e, d))
        text_oddities(t, e, d, w);
    if (e->message.changed)
        text_changes(w, e->message.changed);
}

static void write_message_line(const struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d,
                               struct vfu_writer *w)
{
    uint64_t start;

    write_number(t, e, w);
    start = vfu_writer_position(w);
    text_colour(t, w, TEXT_BOLD);
    text_command(w, e->command, e->command_number);
    text_colour(t, w, TEXT_PLAIN);
    vfu_write_pad(w, start, COLUMN_NAME + (t->colour ? sizeof TEXT_BOLD + sizeof TEXT_PLAIN - 2 : 0) - 3);
    vfu_write_decimal_padded(w, e->id, 5, ' ');
    write_said(t, e, d, w);
    if (vfu_event_is_reply(e)) {
        text_colour(t, w, TEXT_DIM);
        vfu_write_text(w, "  ");
        if (e->paired)
            text_latency(w, e->latency_ns);
        else
            vfu_write_text(w, "(answers no command)");
        text_colour(t, w, TEXT_PLAIN);
    }
    vfu_write_char(w, '\n');
}

static void write_header_tree(const struct vfu_event *e, struct vfu_writer *w)
{
    text_indent(w, INDENT);
    vfu_write_text(w, "header: #");
    vfu_write_decimal(w, e->message.no);
    vfu_write_text(w, ", id ");
    vfu_write_decimal(w, e->id);
    vfu_write_text(w, ", command ");
    vfu_write_decimal(w, e->command_number);
    vfu_write_text(w, ", size ");
    vfu_write_decimal(w, e->size);
    vfu_write_text(w, ", flags ");
    vfu_write_0x(w, e->flags);
    vfu_write_text(w, ", error ");
    vfu_write_decimal(w, e->error);
    if (e->paired) {
        vfu_write_text(w, ", answers #");
        vfu_write_decimal(w, e->reply_to);
    }
    vfu_write_char(w, '\n');
}

/* Below the message, for the eye to find: who broke what. */
static void text_problems(const struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    for (unsigned i = 0; i < e->problem_count; i++) {
        const struct vfu_problem *p = &e->problems[i];

        if (p->repeated)
            continue;
        text_indent(w, t->pairs ? TEXT_HANGS : TEXT_BELOW);
        text_colour(t, w, p->severity == VFU_VIOLATION ? TEXT_RED : TEXT_YELLOW);
        vfu_write_text(w, "! ");
        vfu_write_text(w, vfu_severity_name(p->severity));
        text_colour(t, w, TEXT_PLAIN);
        if (!p->nobody) {
            vfu_write_text(w, p->severity == VFU_VIOLATION ? " by the " : ": the ");
            vfu_write_text(w, vfu_side_name(p->at_fault));
        }
        vfu_write_text(w, ": ");
        vfu_write_escaped(w, (const uint8_t *)p->text, strlen(p->text));
        vfu_write_text(w, " [");
        vfu_write_text(w, p->rule->id);
        vfu_write_text(w, "]\n");
    }
}

/* Why a command was refused. */
static void text_because(const struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    for (unsigned i = 0; i < e->because_count; i++) {
        const struct vfu_because *b = &e->because[i];

        text_indent(w, t->pairs ? TEXT_HANGS : TEXT_BELOW);
        text_colour(t, w, TEXT_CYAN);
        vfu_write_text(w, b->certain ? "because " : "perhaps because ");
        text_colour(t, w, TEXT_PLAIN);
        vfu_write_escaped(w, (const uint8_t *)b->text, strlen(b->text));
        vfu_write_text(w, " [");
        vfu_write_escaped(w, (const uint8_t *)b->reason, strlen(b->reason));
        vfu_write_text(w, "]\n");
    }
}

/* What plugins say of it. */
static void text_notes(const struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    for (unsigned i = 0; i < e->note_count; i++) {
        const struct vfu_note *n = &e->notes[i];

        text_indent(w, t->pairs ? TEXT_HANGS : TEXT_BELOW);
        text_colour(t, w, n->warning ? TEXT_RED : TEXT_CYAN);
        vfu_write_text(w, n->warning ? "! " : "");
        vfu_write_escaped(w, (const uint8_t *)n->plugin, strlen(n->plugin));
        vfu_write_text(w, ": ");
        text_colour(t, w, TEXT_PLAIN);
        vfu_write_escaped(w, (const uint8_t *)n->text, strlen(n->text));
        vfu_write_char(w, '\n');
    }
}

void text_below(const struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    struct text_wrap lines;
    bool wraps = t->pairs && t->width;

    if (!e->because_count && !e->problem_count && !e->note_count)
        return;
    if (wraps)
        w = text_wrap(&lines, t->width, TEXT_HANGING, w);
    text_because(t, e, w);
    text_problems(t, e, w);
    text_notes(t, e, w);
    if (wraps)
        text_wrap_end(&lines);
}

/* A payload's bytes, but for those that are not what they were. */
static void dump(const struct vfu_message *m, struct vfu_writer *w)
{
    size_t at = VFU_HEADER_SIZE;

    for (unsigned i = 0; i <= m->left_out_count; i++) {
        const struct vfu_part *part = i < m->left_out_count ? &m->left_out[i] : NULL;
        size_t end = part ? part->at : m->captured;

        if (end > at)
            vfu_text_hexdump(w, m->bytes + at, end - at, INDENT, at - VFU_HEADER_SIZE);
        if (!part)
            break;
        text_indent(w, INDENT);
        vfu_write_count(w, part->size, "byte");
        vfu_write_text(w, " left out\n");
        at = end + part->size;
    }
}

/* Every field of the payload. */
static void write_fields(const struct vfu_event *e, const struct vfu_decoded *d, unsigned indent, struct vfu_writer *w)
{
    vfu_text_tree(w, d->values, d->count, indent);
    if (e->register_count)
        text_register_tree(w, e, d, indent);
    if (d->extra_size) {
        text_indent(w, indent);
        vfu_write_text(w, "extra: ");
        vfu_write_hex(w, d->extra, d->extra_size);
        vfu_write_char(w, '\n');
    }
}

void text_trees(const struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d, struct vfu_writer *w)
{
    if (t->tree) {
        write_header_tree(e, w);
        write_fields(e, d, INDENT, w);
    }
    if (t->hex)
        dump(&e->message, w);
}

static void write_message(struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d = vfu_decoded_of(e, &room);

    write_message_line(t, e, d, w);
    if (t->tree || t->hex)
        text_trees(t, e, d, w);
}

/* All of it but its time. */
__attribute__((always_inline)) static inline void write_rest(struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    if (e->kind != VFU_EVENT_DROPPED && !vfu_event_frames(e) && !vfu_event_is_beside(e))
        write_who(t, e, w);
    else
        vfu_write_text(w, "  ");
    if (e->kind == VFU_EVENT_MESSAGE)
        write_message(t, e, w);
    else
        text_event(t, e, w);
    text_below(t, e, w);
}

void vfu_text_words(const struct vfu_event *event, struct vfu_writer *w)
{
    struct vfu_text plain = { .tree = false };

    write_rest(&plain, event, w);
}

void vfu_text_said(const struct vfu_event *event, struct vfu_writer *w)
{
    static const struct vfu_text plain;
    struct vfu_decoded room;

    write_said(&plain, event, vfu_decoded_of(event, &room), w);
}

void vfu_text_below(const struct vfu_event *event, struct vfu_writer *w)
{
    static const struct vfu_text plain;

    text_below(&plain, event, w);
}

void vfu_text_fields(const struct vfu_event *event, struct vfu_writer *w)
{
    struct vfu_decoded room;

    write_fields(event, vfu_decoded_of(event, &room), 0, w);
}

void text_line(struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    bool started = t->started, frames = vfu_event_frames(e);
    uint64_t first_ns = t->first_ns, last_ns = t->last_ns;

    text_time(t, e->time.wall_ns, w);
    if (frames) { /* no other line's time depends on those */
        t->started = started;
        t->first_ns = first_ns;
        t->last_ns = last_ns;
    }
    write_rest(t, e, w);
}

void vfu_text_event(struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    if (t->pairs)
        text_exchange(t, e, w);
    else
        text_line(t, e, w);
}
