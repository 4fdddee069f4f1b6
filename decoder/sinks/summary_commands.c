/*
 * The summary's part about commands: how often each came, how it went, how long it took and its share of all that time.
 */
#include "decoder/sinks/inside.h"

/* The middle of a bucket: see vfu_summary_event. */
static uint64_t bucket_value(unsigned bucket)
{
    unsigned power = bucket / 8;

    if (bucket < 8)
        return bucket;
    return (UINT64_C(1) << power) + ((uint64_t)(bucket % 8) << (power - 3)) + ((UINT64_C(1) << (power - 3)) >> 1);
}

uint64_t summary_percentile(const struct summary_row *r, unsigned percent)
{
    uint64_t wanted = (r->replies * percent + 99) / 100, seen = 0, value;

    for (unsigned i = 0; i < SUMMARY_BUCKETS; i++) {
        seen += r->histogram[i];
        if (seen >= wanted) {
            value = bucket_value(i);
            return value < r->shortest ? r->shortest : value > r->longest ? r->longest : value;
        }
    }
    return r->longest;
}

static bool came(const struct summary_row *r)
{
    return r->calls || r->bytes;
}

static const char *row_name(unsigned number)
{
    return command_name(vfu_command_by_number(number));
}

static void add(struct summary_row *sum, const struct summary_row *r)
{
    if (r->replies) {
        sum->shortest = sum->replies && sum->shortest < r->shortest ? sum->shortest : r->shortest;
        sum->longest = sum->longest > r->longest ? sum->longest : r->longest;
    }
    sum->calls += r->calls;
    sum->errors += r->errors;
    sum->bytes += r->bytes;
    sum->replies += r->replies;
    sum->total += r->total;
    for (unsigned i = 0; i < SUMMARY_BUCKETS; i++)
        sum->histogram[i] += r->histogram[i];
}

/* The command's part of the time that was waited, in thousandths. */
static unsigned share(const struct summary_row *r, uint64_t total)
{
    return total ? (unsigned)((double)r->total / (double)total * 1000 + 0.5) : 0;
}

/* --- text --- */

static void latency_cell(struct summary_table *t, const struct summary_row *r, uint64_t ns)
{
    if (r->replies)
        text_latency(&t->w, ns);
    summary_cell(t);
}

static void put_row(struct summary_table *t, const char *name, const struct summary_row *r, uint64_t total, bool bar)
{
    unsigned thousandths = share(r, total);

    vfu_write_text(&t->w, name);
    summary_cell(t);
    summary_cell_number(t, r->calls);
    summary_cell_number(t, r->errors);
    summary_cell_number(t, r->bytes);
    latency_cell(t, r, r->shortest);
    latency_cell(t, r, summary_percentile(r, 50));
    latency_cell(t, r, summary_percentile(r, 99));
    latency_cell(t, r, r->longest);
    if (r->total && thousandths < 5) {
        vfu_write_text(&t->w, "<1%");
    } else if (r->replies) {
        vfu_write_decimal(&t->w, (thousandths + 5) / 10);
        vfu_write_char(&t->w, '%');
    }
    summary_cell(t);
    if (bar && r->total)
        vfu_write_decimal(&t->w, thousandths);
    summary_cell(t);
}

/* What took the most time is first. */
static unsigned sort(const struct summary_row rows[SUMMARY_ROWS], const struct summary_row *list[SUMMARY_ROWS])
{
    unsigned count = 0;

    for (unsigned i = 1; i <= SUMMARY_ROWS; i++) { /* unknown commands are the last */
        const struct summary_row *r = &rows[i % SUMMARY_ROWS];
        unsigned at = count;

        if (!came(r))
            continue;
        for (count++; at > 0 && list[at - 1]->total < r->total; at--)
            list[at] = list[at - 1];
        list[at] = r;
    }
    return count;
}

void summary_commands_text(const struct summary_row rows[SUMMARY_ROWS], const struct vfu_summary_look *look,
                           struct vfu_writer *w)
{
    static const struct summary_column columns[] = {
        { "command", .right = false },
        { "calls", .right = true },
        { "errors", .right = true, .spare = 2 },
        { "bytes", .right = true, .spare = 6 },
        { "min", .right = true, .spare = 7 },
        { "median", .right = true, .spare = 4 },
        { "p99", .right = true, .spare = 5 },
        { "max", .right = true, .spare = 1 },
        { "time", .right = true },
        { "", .bar = true, .spare = 3 },
    };
    const struct summary_row *list[SUMMARY_ROWS];
    struct summary_row sum = { 0 };
    struct summary_table t;
    unsigned count = sort(rows, list);

    for (unsigned i = 0; i < count; i++)
        add(&sum, list[i]);
    summary_table_start(&t, columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; i < count; i++)
        put_row(&t, row_name((unsigned)(list[i] - rows)), list[i], sum.total, true);
    put_row(&t, "total", &sum, sum.total, false);
    summary_table_print(&t, look, w);
}

/* --- JSON --- */

static void json_row(struct vfu_writer *w, const char *mark, unsigned number, const struct summary_row *r, uint64_t total)
{
    json_string(w, mark, row_name(number));
    json_number(w, ",\"command_number\":", number);
    json_number(w, ",\"calls\":", r->calls);
    json_number(w, ",\"errors\":", r->errors);
    json_number(w, ",\"no_reply\":", r->no_reply);
    json_number(w, ",\"bytes\":", r->bytes);
    if (r->replies) {
        unsigned thousandths = share(r, total);

        json_us(w, ",\"min_us\":", r->shortest);
        json_us(w, ",\"median_us\":", summary_percentile(r, 50));
        json_us(w, ",\"p99_us\":", summary_percentile(r, 99));
        json_us(w, ",\"max_us\":", r->longest);
        json_us(w, ",\"total_us\":", r->total);
        json_number(w, ",\"share\":", thousandths / 1000);
        vfu_write_char(w, '.');
        vfu_write_decimal_padded(w, thousandths % 1000, 3, '0');
    }
    vfu_write_char(w, '}');
}

void summary_commands_json(const struct summary_row rows[SUMMARY_ROWS], struct vfu_writer *w)
{
    const char *mark = "{\"command\":";
    uint64_t total = 0;

    for (unsigned i = 0; i < SUMMARY_ROWS; i++)
        total += rows[i].total;
    json_put(w, ",\"commands\":[");
    for (unsigned i = 1; i <= SUMMARY_ROWS; i++) {
        if (!came(&rows[i % SUMMARY_ROWS]))
            continue;
        json_row(w, mark, i % SUMMARY_ROWS, &rows[i % SUMMARY_ROWS], total);
        mark = ",{\"command\":";
    }
    vfu_write_char(w, ']');
}
