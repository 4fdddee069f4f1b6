/*
 * Keys that move: in the list, among the fields, on a screen of its own.
 */
#include "cli/browse/inside.h"

static size_t height(const struct browse *b)
{
    struct browse_layout y = browse_layout(b);

    return b->place == AT_LIST ? y.list_rows : b->place == AT_FIELDS ? y.below_rows : y.bottom - y.list - 1;
}

static size_t moved(size_t at, long by, size_t count)
{
    if (by < 0)
        return at > (size_t)-by ? at - (size_t)-by : 0;
    return !count ? 0 : (size_t)by < count - at ? at + (size_t)by : count - 1;
}

static void move(struct browse *b, long by)
{
    if (b->place == AT_LIST) {
        size_t to = moved(b->list.at, by, browse_rows(b));

        if (to != b->list.at || by < 0)
            b->follow = false;
        browse_choose_row(b, to);
    } else if (b->place == AT_FIELDS) {
        b->field.at = moved(b->field.at, by, b->fields.count);
        b->bytes_top = 0;
    } else {
        b->line.at = moved(b->line.at, by, b->lines.count);
    }
}

void browse_move(struct browse *b, int by)
{
    move(b, by);
}

void browse_move_page(struct browse *b, int halves)
{
    struct browse_scroll *s = b->place == AT_LIST ? &b->list : b->place == AT_FIELDS ? &b->field : &b->line;
    long by = (long)(height(b) > 1 ? height(b) - (halves == 2 || halves == -2) : 1) * halves / 2;
    size_t count = b->place == AT_LIST ? browse_rows(b) : b->place == AT_FIELDS ? b->fields.count : b->lines.count;

    s->top = moved(s->top, by, count); /* what is seen moves as far as the cursor does */
    move(b, by);
}

void browse_move_end(struct browse *b, int last)
{
    if (b->place == AT_LIST) {
        b->follow = false;
        browse_choose_row(b, last ? SIZE_MAX : 0);
    } else if (b->place == AT_FIELDS) {
        b->field.at = last && b->fields.count ? b->fields.count - 1 : 0;
    } else {
        b->line.at = last && b->lines.count ? b->lines.count - 1 : 0;
    }
}

void browse_move_aside(struct browse *b, int columns)
{
    unsigned *aside = b->place == AT_PAGE ? &b->page_aside : &b->aside;

    if (columns < 0)
        *aside = *aside > (unsigned)-columns ? *aside - (unsigned)-columns : 0;
    else if (*aside < 4096)
        *aside += (unsigned)columns;
}

void browse_move_bytes(struct browse *b, int rows)
{
    if (rows > 0)
        b->bytes_top += (size_t)rows;
    else if (b->bytes_top >= (size_t)-rows)
        b->bytes_top -= (size_t)-rows;
}

/* What is said there may name a message; other lines are about bytes. */
static void go_into_field(struct browse *b)
{
    const struct browse_line *line = b->field.at < b->fields.count ? &b->fields.list[b->field.at] : NULL;
    size_t at = 0;
    uint64_t no = line && !line->head && !line->bytes ? browse_number_in(browse_line_text(&b->fields, line), line->size, &at) : 0;

    if (no) {
        browse_choose_no(b, browse_file(b), no);
        return;
    }
    b->header = !b->header;
    b->fields_width = 0;
}

void browse_go_in(struct browse *b, int unused)
{
    (void)unused;
    if (b->place == AT_LIST) {
        if (b->chosen != BROWSE_NONE)
            b->place = AT_FIELDS;
    } else if (b->place == AT_FIELDS) {
        go_into_field(b);
    } else if (browse_page_link(b)) {
        const char *file = b->lines.list[b->line.at].file;
        uint64_t no = browse_page_link(b);

        browse_page_close(b);
        browse_choose_no(b, file ? file : browse_file(b), no);
    } else if (b->line.at < b->lines.count && b->lines.list[b->line.at].item) {
        b->follow = false;
        browse_choose_item(b, b->lines.list[b->line.at].item - 1);
        browse_page_close(b);
    } else {
        browse_say(b, "this line leads to no message");
    }
}

void browse_go_back(struct browse *b, int unused)
{
    (void)unused;
    if (b->place == AT_PAGE)
        browse_page_close(b);
    else if (b->place == AT_FIELDS)
        b->place = AT_LIST;
}

void browse_other_place(struct browse *b, int unused)
{
    (void)unused;
    if (b->chosen != BROWSE_NONE)
        b->place = b->place == AT_LIST ? AT_FIELDS : AT_LIST;
}

/* To the reply from the command, and back. */
void browse_other_half(struct browse *b, int unused)
{
    bool reply;

    (void)unused;
    browse_fields_ready(b, browse_layout(b).fields_columns);
    if (!b->events || !browse_events_reply(b->events)) {
        browse_say(b, b->events && browse_events_command(b->events)->kind == VFU_EVENT_MESSAGE ? "no reply to it has been seen"
                                                                                              : "this is no message");
        return;
    }
    reply = !(b->field.at < b->fields.count && b->fields.list[b->field.at].reply);
    for (size_t i = 0; i < b->fields.count; i++)
        if (b->fields.list[i].head && b->fields.list[i].reply == reply)
            b->field.at = b->field.top = i;
    b->place = AT_FIELDS;
    b->bytes_top = 0;
}

void browse_follow(struct browse *b, int unused)
{
    (void)unused;
    b->follow = !b->follow;
    b->place = AT_LIST;
    browse_say(b, b->follow ? "what comes is followed" : "what comes is not followed");
    browse_update(b);
}

void browse_times(struct browse *b, int unused)
{
    static const char *const words[TIMES_KINDS] = { "times since the first message", "times since this message",
                                                    "times of day", "times since the line before" };
    struct browse_item item;

    (void)unused;
    b->times = (b->times + 1) % TIMES_KINDS;
    if (b->times == TIMES_CHOSEN && b->chosen != BROWSE_NONE && browse_model_item(b->model, b->chosen, &item))
        b->since_ns = item.wall_ns;
    browse_say(b, "%s", words[b->times]);
}

void browse_mark(struct browse *b, int unused)
{
    (void)unused;
    if (b->chosen == BROWSE_NONE)
        return;
    for (size_t i = 0; i < b->mark_count; i++)
        if (b->marked[i] == b->chosen) {
            b->marked[i] = b->marked[--b->mark_count];
            return;
        }
    if (b->mark_count == BROWSE_MARKS)
        browse_wrong(b, "there are %d marks already", BROWSE_MARKS);
    else
        b->marked[b->mark_count++] = b->chosen;
}

/* Around the end to the first one. */
void browse_mark_next(struct browse *b, int forward)
{
    uint32_t next = BROWSE_NONE, around = BROWSE_NONE;

    for (size_t i = 0; i < b->mark_count; i++) {
        uint32_t m = b->marked[i];

        if (forward ? m > b->chosen && m < next : m < b->chosen && (next == BROWSE_NONE || m > next))
            next = m;
        if (around == BROWSE_NONE || (forward ? m < around : m > around))
            around = m;
    }
    next = next != BROWSE_NONE ? next : around;
    if (next == BROWSE_NONE) {
        browse_say(b, "nothing is marked (m marks)");
        return;
    }
    b->follow = false;
    browse_choose_item(b, next);
}
