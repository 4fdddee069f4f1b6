/*
 * replay: whether two messages say the same, two captures do, and how that is shown.
 */
#include "cli/replay/inside.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/decode.h"

#include <stdio.h>
#include <string.h>

static bool fail(char *field, const char *name)
{
    snprintf(field, 64, "%s", name);
    return false;
}

static bool same_value(const struct vfu_value *a, const struct vfu_value *b)
{
    size_t size = a->size < b->size ? a->size : b->size;

    if (a->field->kind < VFU_BYTES)
        return a->number == b->number && a->raw == b->raw;
    /* The claimed size counts; of the bytes those that both have. */
    return a->claimed == b->claimed && (!size || memcmp(a->bytes, b->bytes, size) == 0);
}

bool replay_same(const struct vfu_event *a, const struct vfu_event *b, char *field)
{
    const uint32_t counts = VFU_TYPE_MASK | VFU_NO_REPLY | VFU_ERROR;
    struct vfu_decoded x, y;

    if (a->command_number != b->command_number)
        return fail(field, "command");
    if ((a->flags & counts) != (b->flags & counts))
        return fail(field, "header.flags");
    if (a->flags & VFU_ERROR && a->error != b->error)
        return fail(field, "error");
    if (a->command_number == VFU_VERSION)
        return true;
    vfu_decode(a, &x);
    vfu_decode(b, &y);
    for (unsigned i = 0; i < x.count && i < y.count; i++)
        if (x.values[i].field != y.values[i].field || !same_value(&x.values[i], &y.values[i]))
            return fail(field, x.values[i].field->name);
    if (a->size != b->size)
        return fail(field, "header.size");
    return true;
}

static bool put_out(void *context, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, context) == size;
}

void replay_show(const char *from, const struct vfu_event *event, uint64_t first_ns)
{
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, put_out, stdout);
    struct vfu_text text = { .started = true, .first_ns = first_ns };

    printf("  %-10s", from);
    fflush(stdout);
    vfu_text_event(&text, event, &w);
    vfu_writer_flush(&w);
}

/* --- differences, the first of which are shown --- */

bool replay_differs(uint64_t *count, const char *what, uint64_t no, const char *field)
{
    if (++*count > REPLAY_SHOWN)
        return false;
    printf("#%llu: %s%s%s\n", (unsigned long long)no, what, field ? ": " : "", field ? field : "");
    return true;
}

void replay_say_more(uint64_t count)
{
    if (count > REPLAY_SHOWN)
        printf("... and %llu more\n", (unsigned long long)(count - REPLAY_SHOWN));
}

/* --- two captures --- */

struct replay_sides {
    const struct replay_capture *a, *b;
};

/* The next command of that side at or after *at. */
static const struct replay_message *next_command(const struct replay_capture *c, enum vfu_side from, size_t *at)
{
    while (*at < c->count) {
        const struct replay_message *m = c->messages[(*at)++];

        if (m->event.from == from && vfu_event_is_command(&m->event))
            return m;
    }
    return NULL;
}

/* One of the first, one of the second. */
static void show_both(const struct replay_sides *s, const struct vfu_event *a, const struct vfu_event *b)
{
    replay_show("first", a, s->a->first_ns);
    replay_show("second", b, s->b->first_ns);
}

static void compare_pair(const struct replay_sides *s, uint64_t *differ, const struct replay_message *a,
                         const struct replay_message *b)
{
    char field[64];

    if (!replay_same(&a->event, &b->event, field)) {
        if (replay_differs(differ, "the command differs", a->event.message.no, field))
            show_both(s, &a->event, &b->event);
    } else if (!a->reply != !b->reply) {
        if (replay_differs(differ, a->reply ? "only the first has a reply" : "only the second has a reply",
                           a->event.message.no, NULL))
            show_both(s, &a->event, &b->event);
    } else if (a->reply && !replay_same(&a->reply->event, &b->reply->event, field)) {
        if (!replay_differs(differ, "the reply differs", a->event.message.no, field))
            return;
        replay_show("sent", &a->event, s->a->first_ns);
        show_both(s, &a->reply->event, &b->reply->event);
    }
}

uint64_t replay_compare(const struct replay_capture *a, const struct replay_capture *b)
{
    uint64_t differ = 0, compared = 0;

    for (int side = 0; side < 2; side++) {
        size_t at_a = 0, at_b = 0;
        const struct replay_message *x, *y;

        while ((x = next_command(a, (enum vfu_side)side, &at_a)) != NULL &&
               (y = next_command(b, (enum vfu_side)side, &at_b)) != NULL) {
            compare_pair(&(struct replay_sides){ a, b }, &differ, x, y);
            compared++;
        }
        y = x ? NULL : next_command(b, (enum vfu_side)side, &at_b);
        if ((x || y) && replay_differs(&differ, x ? "only the first goes on" : "only the second goes on",
                                       (x ? x : y)->event.message.no, NULL))
            replay_show(x ? "first" : "second", x ? &x->event : &y->event, (x ? a : b)->first_ns);
    }
    replay_say_more(differ);
    printf("%llu command%s compared, %llu difference%s\n", (unsigned long long)compared, vfu_plural(compared),
           (unsigned long long)differ, vfu_plural(differ));
    return differ;
}
