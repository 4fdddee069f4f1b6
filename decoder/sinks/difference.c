/*
 * Exchanges that are compared: one on a line, and what two of them do not have in common.
 */
#include "decoder/align/align.h"
#include "decoder/registers/registers.h"
#include "decoder/sinks/inside.h"
#include "decoder/wire/transfer.h"

enum {
    LINE = 1024,
    LONG = 8,    /* bytes: more are not shown whole */
    COLUMN_NAME = 18, /* where a register's name stands, as in an exchange's line */
    COLUMN_VALUE = 24, /* where the value of an access stands */
    COLUMN_NAMED_VALUE = 33, /* and of a register that has a name */
};

/* The first line of what was written, without blanks around it. */
static void first_line(struct vfu_writer *w, const char *text, size_t size)
{
    const char *end = memchr(text, '\n', size);

    size = end ? (size_t)(end - text) : size;
    while (size && *text == ' ') {
        text++;
        size--;
    }
    while (size && text[size - 1] == ' ')
        size--;
    vfu_write(w, text, size);
}

static void times(struct vfu_writer *w, const struct vfu_exchange *x)
{
    if (x->times < 2)
        return;
    vfu_write_text(w, "  (");
    vfu_write_decimal(w, x->times);
    vfu_write_text(w, " times)");
}

void vfu_text_exchange(struct vfu_writer *w, const struct vfu_exchange *x, bool colour)
{
    struct vfu_text text = { .pairs = true, .bare = true, .started = true, .colour = colour };
    char line[LINE];
    struct vfu_writer room = vfu_writer(line, sizeof line, NULL, NULL);
    struct vfu_event e;

    if (!vfu_exchange_command(x, &e))
        return;
    if (vfu_event_is_command(&e)) {
        vfu_text_event(&text, &e, &room);
        if (vfu_exchange_reply(x, &e))
            vfu_text_event(&text, &e, &room);
        vfu_text_end(&text, &room);
        first_line(w, line, room.used);
        times(w, x);
        return;
    }
    text_command(w, e.command, e.command_number);
    vfu_write_text(w, vfu_event_is_reply(&e) ? " reply" : " of unknown type");
    if (vfu_event_is_reply(&e))
        vfu_write_text(w, "  answers no command");
}

bool difference_moved(const struct vfu_event *e, struct vfu_decoded *d, struct vfu_moved *m)
{
    vfu_decode(e, d);
    return e->command && !e->command->moves.list && e->command->moves.space != VFU_STATE_SPACE &&
           vfu_moved_first(m, e->command, d);
}

/* Where it is: of an access without the value, else all that the command says. */
static void write_where(struct vfu_writer *w, const struct vfu_exchange *x)
{
    uint64_t start = vfu_writer_position(w);
    struct vfu_decoded d;
    struct vfu_event e;
    struct vfu_moved m;

    vfu_exchange_command(x, &e);
    if (difference_moved(&e, &d, &m)) {
        bool memory = m.transfer->space == VFU_MEMORY_SPACE, write = m.transfer->write;

        vfu_write_text(w, memory ? write ? "dma write  " : "dma read  " : write ? "w  " : "r  ");
        text_place(w, &m);
        if (x->register_count) {
            vfu_write_pad(w, start, COLUMN_NAME);
            text_register_names(w, x->registers, x->register_count);
        }
        return;
    }
    text_command(w, e.command, e.command_number);
    if (e.command_number != VFU_VERSION && d.count && !(d.layout->brief && !d.layout->brief[0])) {
        vfu_write_char(w, ' ');
        text_brief(w, d.layout, d.values, d.count);
    }
}

/* A number that is no field's. */
static void write_number(struct vfu_writer *w, const struct vfu_differing *d, uint64_t number)
{
    switch (d->what) {
    case VFU_DIFFERS_ERROR:
        if (number)
            text_named(w, (uint32_t)number, vfu_errno_names);
        else
            vfu_write_text(w, "ok");
        break;
    case VFU_DIFFERS_REPLY:
        vfu_write_text(w, number ? "a reply" : "no reply");
        break;
    case VFU_DIFFERS_FLAGS:
        vfu_text_flags(w, number & ~(uint64_t)VFU_TYPE_MASK, vfu_header_flag_names);
        break;
    default:
        vfu_write_decimal(w, number);
        break;
    }
}

static void write_fds(struct vfu_writer *w, const struct vfu_message *m)
{
    if (!m->nfds)
        vfu_write_text(w, "none");
    for (unsigned i = 0; i < m->nfds; i++) {
        vfu_write_text(w, i ? "," : "");
        vfu_write_text(w, vfu_fd_type_name(m->fds[i].type));
    }
}

/* The values of a poll before the last one. */
static void write_before(struct vfu_writer *w, const struct vfu_exchange *x)
{
    enum { SHOWN = 4 };
    size_t from = x->before_count > SHOWN ? x->before_count - SHOWN : 0;

    vfu_write_text(w, !x->before_count ? "nothing" : from ? "..., " : "");
    for (size_t i = from; i < x->before_count; i++) {
        vfu_write_text(w, i > from ? ", " : "");
        vfu_write_0x(w, x->before[i]);
    }
}

/* Long bytes: how many of them, and the first. */
static void write_bytes(struct vfu_writer *w, const struct vfu_value *a, const struct vfu_value *b)
{
    size_t size = a->size < b->size ? a->size : b->size, count = 0, first = 0;

    for (size_t i = 0; i < size; i++) {
        first = a->bytes[i] != b->bytes[i] && !count ? i : first;
        count += a->bytes[i] != b->bytes[i];
    }
    if (a->claimed != b->claimed) {
        vfu_write_count(w, a->claimed, "byte");
        vfu_write_text(w, " -> ");
        vfu_write_count(w, b->claimed, "byte");
        return;
    }
    vfu_write_decimal(w, count);
    vfu_write_text(w, " of ");
    vfu_write_count(w, a->claimed, "byte");
    vfu_write_text(w, count == 1 ? " differs, at " : " differ, the first at ");
    vfu_write_0x(w, first);
    vfu_write_text(w, ": 0x");
    vfu_write_hex(w, a->bytes + first, 1);
    vfu_write_text(w, " -> 0x");
    vfu_write_hex(w, b->bytes + first, 1);
}

static bool is_long(const struct vfu_value *v)
{
    return v->field && v->field->kind == VFU_BYTES && v->claimed > LONG;
}

static void write_side(struct vfu_writer *w, const struct vfu_differing *d, const struct vfu_value *v, uint64_t number,
                       const char *member, const struct vfu_exchange *x)
{
    if (d->what == VFU_DIFFERS_MEMBER && member[0])
        vfu_write_escaped(w, (const uint8_t *)member, strlen(member));
    else if (d->what == VFU_DIFFERS_VALUE && v->field)
        text_value(w, v);
    else if (d->what == VFU_DIFFERS_VALUE || d->what == VFU_DIFFERS_MEMBER)
        vfu_write_text(w, "nothing");
    else if (d->what == VFU_DIFFERS_FDS)
        write_fds(w, d->reply ? &x->reply : &x->command);
    else if (d->what == VFU_DIFFERS_POLL)
        write_before(w, x);
    else
        write_number(w, d, number);
}

/* "data", "error" and "reply" go without saying. */
static bool is_named(const struct vfu_differing *d)
{
    return d->what != VFU_DIFFERS_ERROR && d->what != VFU_DIFFERS_REPLY && d->what != VFU_DIFFERS_POLL &&
           (strcmp(d->field, "data") != 0 || is_long(&d->a) || is_long(&d->b));
}

void vfu_text_command(struct vfu_writer *w, const struct vfu_exchange *x)
{
    struct vfu_event e;

    if (vfu_exchange_command(x, &e))
        text_command(w, e.command, e.command_number);
}

void vfu_text_where(struct vfu_writer *w, const struct vfu_exchange *x)
{
    static const char *const names[] = { "index", "feature" };
    struct vfu_decoded d;
    struct vfu_event e;
    struct vfu_moved m;

    if (!vfu_exchange_command(x, &e) || difference_moved(&e, &d, &m)) {
        write_where(w, x);
        return;
    }
    text_command(w, e.command, e.command_number);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct vfu_value *v = vfu_value_by_name(d.values, d.count, names[i]);

        if (v) {
            vfu_write_char(w, ' ');
            text_value(w, v);
        }
    }
}

bool difference_number(const struct vfu_value *v, uint64_t *number)
{
    struct vfu_cursor c;

    if (!v->field->is_register || v->size != v->claimed || !v->size || v->size > 8 || v->size & (v->size - 1))
        return false;
    c = vfu_cursor(v->bytes, v->size, v->swap); /* which only bytes have */
    *number = vfu_cursor_uint(&c, (unsigned)v->size);
    return true;
}

/* A field's value, or what that is called. */
static void write_field_value(struct vfu_writer *w, const struct vfu_register_field *f, uint64_t value)
{
    for (unsigned i = 0; i < f->value_count; i++) {
        if (f->values[i].value != value)
            continue;
        vfu_write_escaped(w, (const uint8_t *)f->values[i].name, strlen(f->values[i].name));
        return;
    }
    if (value > 9)
        vfu_write_0x(w, value);
    else
        vfu_write_decimal(w, value);
}

/* Which fields of the registers are others: "  (en 0 -> 1, shn 0 -> 2)". */
static void write_bits(struct vfu_writer *w, const struct vfu_exchange *x, const struct vfu_value *a, const struct vfu_value *b)
{
    uint64_t one, two, was, is;
    bool any = false;

    if (!difference_number(a, &one) || !difference_number(b, &two))
        return;
    for (unsigned i = 0; i < x->register_count; i++) {
        const struct vfu_register_at *r = &x->registers[i];

        for (unsigned k = 0; k < r->reg->field_count; k++) {
            const struct vfu_register_field *f = &r->reg->fields[k];

            if (!vfu_register_field(r, f, one, (unsigned)a->size, &was) || !vfu_register_field(r, f, two, (unsigned)b->size, &is) ||
                was == is)
                continue;
            vfu_write_text(w, any ? ", " : "  (");
            vfu_write_escaped(w, (const uint8_t *)f->name, strlen(f->name));
            vfu_write_char(w, ' ');
            write_field_value(w, f, was);
            vfu_write_text(w, " -> ");
            write_field_value(w, f, is);
            any = true;
        }
    }
    vfu_write_text(w, any ? ")" : "");
}

static bool moves_of(const struct vfu_exchange *x)
{
    struct vfu_decoded d;
    struct vfu_event e;
    struct vfu_moved m;

    return vfu_exchange_command(x, &e) && difference_moved(&e, &d, &m);
}

void vfu_text_change(struct vfu_writer *w, const struct vfu_exchange *a, const struct vfu_exchange *b,
                     const struct vfu_differing *list, unsigned count, bool colour)
{
    const struct vfu_text text = { .colour = colour };
    uint64_t start = vfu_writer_position(w);

    write_where(w, a);
    if (count) {
        vfu_write_char(w, ' ');
        vfu_write_pad(w, start, !moves_of(a) ? 0 : a->register_count ? COLUMN_NAMED_VALUE : COLUMN_VALUE);
    }
    for (unsigned i = 0; i < count; i++) {
        const struct vfu_differing *d = &list[i];

        vfu_write_text(w, i ? ", " : "");
        if (d->what == VFU_DIFFERS_POLL)
            vfu_write_text(w, "before that ");
        if (is_named(d)) {
            vfu_write_escaped(w, (const uint8_t *)d->field, strlen(d->field));
            vfu_write_char(w, ' ');
        }
        if (d->what == VFU_DIFFERS_VALUE && is_long(&d->a) && is_long(&d->b)) {
            write_bytes(w, &d->a, &d->b);
            continue;
        }
        text_colour(&text, w, TEXT_RED);
        write_side(w, d, &d->a, d->a_number, d->a_text, a);
        text_colour(&text, w, TEXT_PLAIN);
        vfu_write_text(w, " -> ");
        text_colour(&text, w, TEXT_GREEN);
        write_side(w, d, &d->b, d->b_number, d->b_text, b);
        text_colour(&text, w, TEXT_PLAIN);
        if (d->what == VFU_DIFFERS_VALUE && d->a.field && d->b.field)
            write_bits(w, a, &d->a, &d->b);
    }
}

/* The mark of a line and the numbers, those there are. */
static void begin_line(struct vfu_writer *w, char mark, const struct vfu_exchange *a, const struct vfu_exchange *b, unsigned width)
{
    uint64_t start = vfu_writer_position(w) + 1;

    vfu_write_char(w, mark);
    if (a) {
        vfu_write_char(w, '#');
        vfu_write_decimal(w, a->command.no);
    }
    if (b) {
        vfu_write_text(w, a ? "/#" : "#");
        vfu_write_decimal(w, b->command.no);
    }
    vfu_write_pad(w, start, width);
}

void vfu_text_difference(struct vfu_writer *w, const struct vfu_exchange *a, const struct vfu_exchange *b,
                         const struct vfu_differing *list, unsigned count, unsigned width, bool colour)
{
    const struct vfu_text text = { .colour = colour };

    if (a && b && !count) {
        begin_line(w, ' ', a, b, width);
        vfu_text_exchange(w, b, false);
        return;
    }
    text_colour(&text, w, a && b ? TEXT_YELLOW : a ? TEXT_RED : TEXT_GREEN);
    begin_line(w, a && b ? '!' : a ? '-' : '+', a, b, width);
    if (!a || !b)
        vfu_text_exchange(w, a ? a : b, false);
    text_colour(&text, w, TEXT_PLAIN);
    if (a && b)
        vfu_text_change(w, a, b, list, count, colour);
}
