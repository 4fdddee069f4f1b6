/*
 * A line an exchange, as strace has a call and its result:
 *     time  #number  what and where  value  error  how long
 * The command's half is written at once. Where something else comes before the reply it ends in `...`, and the reply gets a line
 * that points back. What was said about the command stands below the whole. On request a poll, reads of one place that
 * bring the same value, is one line.
 */
#include "decoder/sinks/inside.h"
#include "decoder/wire/transfer.h"

#include <stdio.h>

enum {
    COLUMN_VALUE = 46,
    COLUMN_VALUE_NARROW = 38,
    NARROW = 76,
    COLUMN_NAME = 40,     /* a register's */
    COLUMN_NAMED_VALUE = 55, /* and its value */
    COLUMN_LATENCY = 66,
    LATENCY = 10,      /* columns that one takes, blanks too */
    SAY_POLL_NS = 1000000000,
};

/* Where a value stands. */
static unsigned column_value(const struct vfu_text *t)
{
    if (t->half.named && (!t->width || t->width >= NARROW))
        return text_file_width(t) + COLUMN_NAMED_VALUE;
    return text_file_width(t) + (t->width && t->width < NARROW ? COLUMN_VALUE_NARROW : COLUMN_VALUE);
}

/* --- the pieces --- */

/* Time and number. */
static void begin_line(struct vfu_text *t, uint64_t wall_ns, const char *file, uint32_t conn, enum vfu_channel channel,
                       uint64_t no, struct vfu_writer *w)
{
    uint64_t start = vfu_writer_position(w);
    struct text_piece p;

    t->half.column = text_column_what(t);
    t->half.shift = 0;
    if (t->bare)
        return;
    text_time(t, wall_ns, w);
    vfu_write_text(w, "  ");
    if (conn > 1) {
        vfu_write_decimal(w, conn);
        vfu_write_char(w, ':');
    }
    if (file)
        text_file(file, w);
    vfu_write_char(text_piece(&p), '#');
    vfu_write_decimal(&p.w, no);
    if (channel == VFU_TWIN)
        vfu_write_char(&p.w, 't');
    t->half.column = (unsigned)(vfu_writer_position(w) - start);
    text_colour(t, w, TEXT_DIM);
    vfu_write(w, p.text, p.w.used);
    text_colour(t, w, TEXT_PLAIN);
    t->half.column += (unsigned)p.w.used;
    vfu_write_char(w, ' ');
    for (t->half.column++; t->half.column < text_column_what(t); t->half.column++)
        vfu_write_char(w, ' ');
    t->half.named = false;
    t->half.shift = t->half.column - text_column_what(t);
    t->half.column = text_column_what(t);
}

void text_place(struct vfu_writer *w, const struct vfu_moved *m)
{
    static const char widths[] = "?bw?l???q";

    if (m->transfer->space == VFU_REGION_SPACE) {
        text_named(w, m->region, vfu_region_names);
        vfu_write_char(w, '+');
    }
    vfu_write_0x(w, m->at);
    if (m->transfer->space == VFU_REGION_SPACE && m->size < sizeof widths - 1 && widths[m->size] != '?') {
        vfu_write_char(w, '.');
        vfu_write_char(w, widths[m->size]);
    } else {
        vfu_write_char(w, '+');
        vfu_write_size(w, m->size);
    }
}

/* One place that is read or written, of what has one. */
static bool one_place(struct vfu_moved *m, const struct vfu_command *command, const struct vfu_decoded *d)
{
    return command && command->moves.space != VFU_STATE_SPACE && !command->moves.list && vfu_moved_first(m, command, d);
}

/* The registers that it is about. */
static void put_names(struct vfu_text *t, const struct vfu_register_at *registers, unsigned count, struct vfu_writer *w)
{
    struct text_piece p;

    if (!count)
        return;
    text_register_names(text_piece(&p), registers, count);
    text_put_piece(t, w, t->width && t->width < NARROW ? 0 : COLUMN_NAME, "", &p);
    t->half.named = true;
}

/* Words below the line, as many lines as they take. */
static void hang_words(const struct vfu_text *t, struct vfu_writer *w, const struct text_piece *p)
{
    const char *text = p->text;
    size_t size = p->w.used;

    while (size) {
        size_t part = t->width >= text_column_what(t) + TEXT_LEAST_PART ? text_fitting(text, size, t->width - text_column_what(t)) : size;

        text_indent(w, text_column_what(t));
        vfu_write(w, text, part - (text[part - 1] == ' '));
        vfu_write_char(w, '\n');
        text += part;
        size -= part;
    }
}

/* What the bits of its registers say: behind the value, or, where that is too long, below the line, which `hung` is for. */
static void put_bits(struct vfu_text *t, const struct vfu_event *e, const struct vfu_value *data, struct vfu_writer *w,
                     struct text_piece *hung)
{
    text_register_fields(text_piece(hung), e, data);
    if (!hung->w.used || (t->width && t->half.column + 2 + text_columns(hung->text, hung->w.used) + LATENCY > text_line_end(t)))
        return;
    text_put_piece(t, w, 0, "", hung);
    hung->w.used = 0;
}

/* What was read or written: of 8 bytes the number without its zeros, which would fill the line. */
static void write_data(struct vfu_writer *w, const struct vfu_value *data)
{
    uint64_t value;
    unsigned width;

    if (data->field->is_register && vfu_bytes_value(data, &value, &width) && width == 8)
        vfu_write_0x(w, value);
    else
        text_value(w, data);
}

static void put_value(struct vfu_text *t, const struct vfu_event *e, const struct vfu_value *data, struct vfu_writer *w,
                      struct text_piece *hung)
{
    struct text_piece p;

    write_data(text_piece(&p), data);
    text_put_piece(t, w, column_value(t), TEXT_BOLD, &p);
    if (hung && e->register_count)
        put_bits(t, e, data, w, hung);
}

/* What a command asks for, of its payload; e: the command, or its reply. hung: what is to stand below; NULL: only names and values. */
static void put_what(struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d, struct vfu_writer *w,
                     struct text_piece *hung)
{
    struct vfu_moved m;
    struct text_piece p;

    if (one_place(&m, e->command, d)) {
        bool memory = m.transfer->space == VFU_MEMORY_SPACE, write = m.transfer->write;

        text_put_words(t, w, 0, write ? TEXT_BOLD : "", memory ? write ? "dma write" : "dma read" : write ? "w" : "r");
        text_place(text_piece(&p), &m);
        text_put_piece(t, w, 0, "", &p);
        put_names(t, e->registers, e->register_count, w);
        if (m.data)
            put_value(t, e, m.data, w, hung);
        return;
    }
    text_command(text_piece(&p), e->command, e->command_number);
    text_put_piece(t, w, 0, "", &p);
    if (d->count && !(d->layout->brief && !d->layout->brief[0])) {
        text_brief(text_piece(&p), d->layout, d->values, d->count);
        text_put_piece(t, w, 0, TEXT_BOLD, &p);
    }
}

/* What else a message has: descriptors, odd lengths and flags, changes. */
static void put_rest(struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d, struct vfu_writer *w)
{
    static const struct vfu_text colourless = { .colour = false };
    struct text_piece p;

    if (e->message.nfds || e->message.fds_cut)
        text_fds(text_piece(&p), &e->message);
    else
        text_no_fds(text_piece(&p), e);
    if (p.w.used)
        text_put_piece(t, w, 0, "", &p);
    if (text_is_odd(e, d)) {
        text_oddities(&colourless, e, d, text_piece(&p));
        text_put_piece(t, w, 0, TEXT_RED, &p);
    }
    if (e->message.changed) {
        text_changes(text_piece(&p), e->message.changed);
        text_put_piece(t, w, 0, "", &p);
    }
}

/* What a reply says that its command did not. */
static void put_answer(struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d, struct vfu_writer *w,
                       struct text_piece *hung)
{
    struct vfu_decoded request;
    struct vfu_moved m;
    struct text_piece said, asked;

    if (!d->count || (d->layout->brief && !d->layout->brief[0]))
        return;
    if (one_place(&m, e->command, d)) {
        if (m.data)
            put_value(t, e, m.data, w, hung);
        return;
    }
    text_brief(text_piece(&said), d->layout, d->values, d->count);
    if (vfu_decode_request(e, &request) && request.count) {
        text_brief(text_piece(&asked), request.layout, request.values, request.count);
        if (asked.w.used == said.w.used && memcmp(asked.text, said.text, said.w.used) == 0)
            return;
    }
    text_put_words(t, w, 0, "", "->");
    text_put_piece(t, w, 0, TEXT_BOLD, &said);
}

static void put_result(struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d, struct vfu_writer *w,
                       struct text_piece *hung)
{
    struct text_piece p;

    if (!t->half.named) /* what its command's place is called may be known since */
        put_names(t, e->registers, e->register_count, w);
    put_answer(t, e, d, w, hung);
    if (e->flags & VFU_ERROR || (e->error && vfu_event_is_reply(e))) {
        text_named(text_piece(&p), e->error, vfu_errno_names);
        text_put_piece(t, w, column_value(t), TEXT_RED, &p);
        if (!(e->flags & VFU_ERROR))
            text_put_words(t, w, 0, TEXT_RED, "without the error flag");
    }
    put_rest(t, e, d, w);
    if (e->paired && !t->bare) {
        text_latency(text_piece(&p), e->latency_ns);
        text_put_piece(t, w, COLUMN_LATENCY, text_is_slow(&t->slow, e->latency_ns) ? TEXT_YELLOW : TEXT_DIM, &p);
    } else if (!e->paired) {
        text_put_words(t, w, 0, TEXT_RED, "answers no command");
    }
    vfu_write_char(w, '\n');
}

/* --- polls --- */

static bool same_place(const struct vfu_text_poll *p, const struct vfu_event *e, const struct vfu_moved *m)
{
    return p->times && p->conn == e->conn && p->region == m->region && p->offset == m->at && p->count == m->size;
}

/* Its place, for a read that nothing else is known of any more. */
static void put_polled(struct vfu_text *t, struct vfu_writer *w)
{
    const struct vfu_text_poll *poll = &t->poll;
    const struct vfu_moved m = { .region = poll->region, .at = poll->offset, .size = poll->count,
                                 .transfer = &vfu_command_by_number(VFU_REGION_READ)->moves };
    struct text_piece p;

    text_put_words(t, w, 0, "", "r");
    text_place(text_piece(&p), &m);
    text_put_piece(t, w, 0, "", &p);
    put_names(t, poll->registers, poll->register_count, w);
}

/* Say how often it came since that was said; of one that came once more: that. */
static void say_poll(struct vfu_text *t, struct vfu_writer *w)
{
    struct vfu_text_poll *poll = &t->poll;
    uint64_t unsaid = poll->unsaid, ns = poll->last_ns - poll->first_ns;
    struct text_piece p;

    poll->unsaid = 0;
    if (!unsaid)
        return;
    poll->said_ns = poll->last_ns;
    begin_line(t, poll->last_ns, poll->file, poll->conn, VFU_MAIN, poll->no, w);
    put_polled(t, w);
    text_put(t, w, unsaid > 1 && t->half.named ? 0 : column_value(t), unsaid > 1 ? TEXT_DIM : TEXT_BOLD, poll->value,
        strlen(poll->value));
    text_piece(&p);
    if (unsaid > 1) {
        vfu_write_decimal(&p.w, poll->times);
        vfu_write_text(&p.w, " times in ");
        text_latency(&p.w, ns);
    } else {
        text_latency(&p.w, poll->latency_ns);
    }
    text_put_piece(t, w, COLUMN_LATENCY, TEXT_DIM, &p);
    vfu_write_char(w, '\n');
}

static void end_poll(struct vfu_text *t, struct vfu_writer *w)
{
    say_poll(t, w);
    t->poll.times = 0;
}

/* A read that was answered: one more of the poll, or the first of the next. True: nothing is to be shown of it. */
static bool count_poll(struct vfu_text *t, const struct vfu_event *e, const struct vfu_moved *m, struct vfu_writer *w)
{
    struct vfu_text_poll *p = &t->poll;
    bool plain = !e->problem_count && !e->note_count && !e->because_count && !e->message.changed && !(e->flags & VFU_ERROR) &&
                 m->data && m->data->size <= sizeof p->data && m->data->size == m->size && !t->half.below;
    struct text_piece value;

    if (plain && same_place(p, e, m) && memcmp(p->data, m->data->bytes, m->size) == 0) {
        p->times++;
        if (!t->half.held)
            return false;
        p->last_ns = t->half.wall_ns;
        p->no = e->reply_to;
        p->latency_ns = e->latency_ns;
        text_is_slow(&t->slow, e->latency_ns);
        p->unsaid++;
        t->half.no = 0;
        if (p->last_ns - p->said_ns >= SAY_POLL_NS)
            say_poll(t, w);
        return true;
    }
    end_poll(t, w);
    if (!plain)
        return false;
    *p = (struct vfu_text_poll){ .times = 1, .file = e->file, .conn = e->conn, .region = m->region, .offset = m->at, .count = m->size };
    p->first_ns = p->last_ns = p->said_ns = e->time.wall_ns;
    memcpy(p->data, m->data->bytes, m->size);
    write_data(text_piece(&value), m->data);
    snprintf(p->value, sizeof p->value, "%.*s", (int)value.w.used, value.text);
    p->register_count = e->register_count;
    for (unsigned i = 0; i < e->register_count; i++)
        p->registers[i] = e->registers[i];
    return false;
}

/* --- lines --- */

/* The half of a command that was held, a read of the place that is polled. */
static void show_held(struct vfu_text *t, struct vfu_writer *w)
{
    end_poll(t, w);
    begin_line(t, t->half.wall_ns, t->poll.file, t->poll.conn, VFU_MAIN, t->half.no, w);
    put_polled(t, w);
    t->half.held = false;
}

/* The line of a command that has no reply yet. */
static void end_half(struct vfu_text *t, struct vfu_writer *w)
{
    if (!t->half.no)
        return;
    if (t->half.held)
        show_held(t, w);
    t->half.no = 0;
    text_put_words(t, w, 0, "", "...");
    vfu_write_char(w, '\n');
    vfu_write(w, t->half.room, t->half.below);
    t->half.below = 0;
}

/* What is said about the command waits for the line's end, if there is room. */
static void keep_below(struct vfu_text *t, const struct vfu_event *e, const struct text_piece *hung, struct vfu_writer *w)
{
    struct vfu_writer room = vfu_writer(t->half.room, sizeof t->half.room, NULL, NULL);

    t->half.below = 0;
    hang_words(t, &room, hung);
    text_below(t, e, &room);
    if (!room.failed) {
        t->half.below = room.used;
        return;
    }
    end_half(t, w);
    hang_words(t, w, hung);
    text_below(t, e, w);
}

static void show_command(struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d, struct vfu_writer *w,
                         struct text_piece *hung)
{
    begin_line(t, e->time.wall_ns, e->file, e->conn, e->channel, e->message.no, w);
    put_what(t, e, d, w, hung);
    put_rest(t, e, d, w);
    t->half.held = false;
}

static void command(struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d, struct vfu_writer *w)
{
    struct vfu_moved m;
    bool awaited = !(e->flags & VFU_NO_REPLY), trees = t->tree || t->hex;
    struct text_piece hung;

    end_half(t, w);
    if (t->fold && awaited && !trees && e->command_number == VFU_REGION_READ && one_place(&m, e->command, d) &&
        same_place(&t->poll, e, &m) && !e->problem_count && !e->message.nfds) {
        t->half.no = e->message.no;
        t->half.conn = e->conn;
        t->half.held = true;
        t->half.wall_ns = e->time.wall_ns;
        t->half.below = 0;
        return;
    }
    end_poll(t, w);
    text_piece(&hung);
    show_command(t, e, d, w, &hung);
    if (awaited && !trees) {
        t->half.no = e->message.no;
        t->half.conn = e->conn;
        keep_below(t, e, &hung, w);
        return;
    }
    vfu_write_char(w, '\n');
    hang_words(t, w, &hung);
    text_trees(t, e, d, w);
    text_below(t, e, w);
}

/* A held command is shown after all: its number and place are the reply's request. */
static void show_again(struct vfu_text *t, const struct vfu_event *e, bool late, struct vfu_writer *w)
{
    struct vfu_decoded request;
    struct text_piece p;

    begin_line(t, late ? e->time.wall_ns : t->half.wall_ns, e->file, e->conn, e->channel, late ? e->message.no : e->reply_to, w);
    if (late) {
        vfu_write_text(text_piece(&p), "... #");
        vfu_write_decimal(&p.w, e->reply_to);
        text_put_piece(t, w, 0, TEXT_DIM, &p);
    }
    if (vfu_decode_request(e, &request))
        put_what(t, e, &request, w, NULL);
}

static void reply(struct vfu_text *t, const struct vfu_event *e, const struct vfu_decoded *d, struct vfu_writer *w)
{
    bool own = t->half.no && t->half.no == e->reply_to && t->half.conn == e->conn, read;
    struct vfu_moved m;
    struct text_piece hung;

    read = t->fold && own && e->command_number == VFU_REGION_READ && one_place(&m, e->command, d);
    if (read && count_poll(t, e, &m, w))
        return;
    if (!own) {
        end_half(t, w);
        end_poll(t, w);
        show_again(t, e, true, w);
    } else if (t->half.held) { /* the value is another one: the poll has ended, and was said */
        show_again(t, e, false, w);
    }
    text_piece(&hung);
    put_result(t, e, d, w, &hung);
    hang_words(t, w, &hung);
    if (own)
        vfu_write(w, t->half.room, t->half.below);
    t->half.no = 0;
    t->half.held = false;
    t->half.below = 0;
    text_trees(t, e, d, w);
    text_below(t, e, w);
}

/* What is neither a command nor its reply: as a line a message shows it. A dump stays as wide as it is. */
static void other(struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    struct text_wrap lines;

    if (!t->width || t->hex || t->tree) {
        text_line(t, e, w);
        return;
    }
    text_line(t, e, text_wrap(&lines, t->width, TEXT_HANGING, w));
    text_wrap_end(&lines);
}

void text_exchange(struct vfu_text *t, const struct vfu_event *e, struct vfu_writer *w)
{
    struct vfu_decoded room;
    const struct vfu_decoded *d;

    if (e->kind == VFU_EVENT_MESSAGE && vfu_event_is_command(e)) {
        d = vfu_decoded_of(e, &room);
        command(t, e, d, w);
    } else if (e->kind == VFU_EVENT_MESSAGE && vfu_event_is_reply(e) && e->paired) {
        d = vfu_decoded_of(e, &room);
        reply(t, e, d, w);
    } else {
        vfu_text_end(t, w);
        other(t, e, w);
    }
}

void vfu_text_end(struct vfu_text *t, struct vfu_writer *w)
{
    end_half(t, w);
    end_poll(t, w);
}
