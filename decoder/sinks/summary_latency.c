/*
 * The summary's part about how long replies took: the slowest, and a histogram in steps of 1, 2, 5 over all commands.
 */
#include "decoder/sinks/inside.h"
#include "decoder/wire/transfer.h"

enum { SHOWN = 3, MOST_ROWS = 12, DECADE = 3 };

/* Where step i begins: 0, 1 us, 2 us, 5 us, 10 us, ... */
static uint64_t step_ns(unsigned i)
{
    static const unsigned digits[DECADE] = { 1, 2, 5 };
    uint64_t ns = 1000;

    if (i == 0)
        return 0;
    for (unsigned tens = (i - 1) / DECADE; tens > 0; tens--)
        ns *= 10;
    return ns * digits[(i - 1) % DECADE];
}

/* A power of two has the beginning of one step in it, or none. */
void summary_latency_start(struct summary_latency *s)
{
    for (unsigned power = 0, step = 0; power < 64; power++) {
        bool has = step + 1 < SUMMARY_STEPS && step_ns(step + 1) >> power == 1;

        s->powers[power].below = step;
        s->powers[power].limit = has ? step_ns(step + 1) : UINT64_MAX;
        step += has;
    }
}

/* What the command was about, as far as it is kept: bar0+0x1c, 0x100000. */
static void write_place(struct vfu_writer *w, const struct vfu_event *reply)
{
    struct vfu_decoded request;
    struct vfu_moved m;

    if (!vfu_decode_request(reply, &request) || !vfu_moved_first(&m, reply->command, &request))
        return;
    if (m.transfer->space == VFU_REGION_SPACE) {
        text_named(w, m.region, vfu_region_names);
        vfu_write_char(w, '+');
    }
    vfu_write_0x(w, m.at);
}

void summary_keep_slow(struct summary_latency *s, const struct vfu_event *reply)
{
    unsigned at = s->slow_count < SUMMARY_SLOWEST ? s->slow_count++ : SUMMARY_SLOWEST - 1;
    struct summary_slow *slow;
    struct vfu_writer w;

    for (; at > 0 && s->slowest[at - 1].ns < reply->latency_ns; at--)
        s->slowest[at] = s->slowest[at - 1];
    slow = &s->slowest[at];
    *slow = (struct summary_slow){ .no = reply->reply_to, .reply = reply->message.no, .ns = reply->latency_ns,
                                   .conn = reply->conn, .file = reply->file, .channel = reply->channel, .from = !reply->from,
                                   .command = reply->command_number };
    w = vfu_writer(slow->place, sizeof slow->place - 1, NULL, NULL);
    write_place(&w, reply);
    slow->place[w.used] = '\0';
    w = vfu_writer(slow->name, sizeof slow->name - 1, NULL, NULL);
    if (reply->register_count)
        vfu_register_write_name(&w, &reply->registers[0]);
    slow->name[w.used] = '\0';
}

/* --- text --- */

void summary_slowest_text(const struct summary_latency *s, struct vfu_writer *w)
{
    for (unsigned i = 0; i < s->slow_count && i < SHOWN; i++) {
        const struct summary_slow *slow = &s->slowest[i];

        vfu_write_text(w, i ? "         " : "slowest: ");
        text_latency(w, slow->ns);
        vfu_write_text(w, "  ");
        text_number(slow->file, slow->no, w);
        vfu_write_char(w, ' ');
        text_command(w, vfu_command_by_number(slow->command), slow->command);
        if (slow->place[0]) {
            vfu_write_char(w, ' ');
            vfu_write_text(w, slow->place);
        }
        if (slow->name[0]) {
            vfu_write_char(w, ' ');
            vfu_write_escaped(w, (const uint8_t *)slow->name, strlen(slow->name));
        }
        vfu_write_char(w, '\n');
    }
}

static void write_bound(struct vfu_writer *w, unsigned step)
{
    static const char *const units[] = { "us", "ms", "s" };
    uint64_t us = step_ns(step) / 1000;
    unsigned unit = 0;

    for (; us >= 1000 && unit + 1 < sizeof units / sizeof *units; us /= 1000)
        unit++;
    vfu_write_decimal(w, us);
    vfu_write_text(w, units[unit]);
}

/* Steps from `from` on, `count` of them; the last has no end. */
static void put_steps(struct summary_table *t, const struct summary_latency *s, unsigned from, unsigned count, uint64_t most)
{
    uint64_t replies = 0;

    for (unsigned i = from; i < from + count && i < SUMMARY_STEPS; i++)
        replies += s->steps[i];
    if (from + count < SUMMARY_STEPS) {
        vfu_write_text(&t->w, "< ");
        write_bound(&t->w, from + count);
    } else {
        vfu_write_text(&t->w, ">= ");
        write_bound(&t->w, from);
    }
    summary_cell(t);
    summary_cell_number(t, replies);
    if (replies)
        vfu_write_decimal(&t->w, (uint64_t)((double)replies / (double)most * 1000 + 0.5));
    summary_cell(t);
}

/* The most replies that `count` steps have, of those from `from` on. */
static uint64_t most_of(const struct summary_latency *s, unsigned from, unsigned to, unsigned count)
{
    uint64_t most = 1;

    for (; from <= to; from += count) {
        uint64_t replies = 0;

        for (unsigned i = from; i < from + count && i < SUMMARY_STEPS; i++)
            replies += s->steps[i];
        most = replies > most ? replies : most;
    }
    return most;
}

void summary_latency_text(const struct summary_latency *s, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    static const struct summary_column columns[] = {
        { "latency", .right = true }, { "replies", .right = true }, { "", .bar = true, .spare = 1 },
    };
    unsigned first = 0, last = SUMMARY_STEPS - 1, count = 1;
    struct summary_table t;
    uint64_t most;

    if (!s->slow_count)
        return;
    while (!s->steps[first])
        first++;
    while (!s->steps[last])
        last--;
    if (last - first >= MOST_ROWS) { /* whole decades */
        count = DECADE;
        first = first ? first - (first - 1) % DECADE : 0;
    }
    most = most_of(s, first ? first : 1, last, count);
    if (!first && most < s->steps[0])
        most = s->steps[0];
    summary_table_start(&t, columns, sizeof columns / sizeof *columns);
    if (first == 0) { /* the first step stands alone: decades begin behind it */
        put_steps(&t, s, 0, 1, most);
        first = 1;
    }
    for (; first <= last; first += count)
        put_steps(&t, s, first, count, most);
    summary_table_print(&t, look, w);
}

/* --- JSON --- */

void summary_latency_json(const struct summary_latency *s, struct vfu_writer *w)
{
    const char *mark = "{\"from_us\":";

    json_put(w, ",\"slowest\":[");
    for (unsigned i = 0; i < s->slow_count; i++) {
        const struct summary_slow *slow = &s->slowest[i];

        json_number(w, i ? ",{\"no\":" : "{\"no\":", slow->no);
        json_number(w, ",\"reply\":", slow->reply);
        if (slow->file)
            json_string(w, ",\"file\":", slow->file);
        json_number(w, ",\"conn\":", slow->conn);
        json_sender(w, slow->channel, slow->from);
        json_string(w, ",\"command\":", command_name(vfu_command_by_number(slow->command)));
        json_number(w, ",\"command_number\":", slow->command);
        if (slow->place[0])
            json_string(w, ",\"place\":", slow->place);
        if (slow->name[0])
            json_string(w, ",\"register\":", slow->name);
        json_us(w, ",\"latency_us\":", slow->ns);
        vfu_write_char(w, '}');
    }
    json_put(w, "],\"histogram\":[");
    for (unsigned i = 0; i < SUMMARY_STEPS; i++) {
        if (!s->steps[i])
            continue;
        json_number(w, mark, step_ns(i) / 1000);
        if (i + 1 < SUMMARY_STEPS)
            json_number(w, ",\"to_us\":", step_ns(i + 1) / 1000);
        json_number(w, ",\"replies\":", s->steps[i]);
        vfu_write_char(w, '}');
        mark = ",{\"from_us\":";
    }
    vfu_write_char(w, ']');
}
