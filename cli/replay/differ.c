/*
 * replay: what differs between then and now, a line each, as diff shows it.
 */
#include "cli/replay/inside.h"
#include "decoder/align/align.h"
#include "decoder/sinks/sinks.h"

#include <stdio.h>
#include <string.h>

enum { COLUMN = 14 /* what numbers take */ };

static bool put_out(void *context, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, context) == size;
}

/* One more, before which stands what the sides are called; false: there were enough. */
static bool begin(struct replay_differences *d, struct vfu_writer *w)
{
    if (++d->count > REPLAY_SHOWN)
        return false;
    if (d->count > 1)
        return true;
    vfu_write_text(w, "--- ");
    vfu_write_escaped(w, (const uint8_t *)d->was, strlen(d->was));
    vfu_write_text(w, "\n+++ ");
    vfu_write_escaped(w, (const uint8_t *)d->now, strlen(d->now));
    vfu_write_char(w, '\n');
    return true;
}

static void end(struct vfu_writer *w, const char *why)
{
    if (why) {
        vfu_write_text(w, ", ");
        vfu_write_text(w, why);
    }
    vfu_write_char(w, '\n');
    vfu_writer_flush(w);
}

static void compare(struct replay_differences *d, const struct vfu_exchange *was, const struct vfu_exchange *now, const char *why)
{
    static const struct vfu_ignored ignored = { .names = { "fds", "json", "major", "minor" }, .count = 4 };
    const struct vfu_side_by_side how = { .ignored = &ignored };
    struct vfu_differing list[VFU_MAX_DIFFERING];
    unsigned count = vfu_exchanges_differ(&how, was, now, list);
    char buffer[1024];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, put_out, stdout);

    if (!count || !begin(d, &w))
        return;
    vfu_text_difference(&w, was, now, list, count, COLUMN, d->colour);
    end(&w, why);
}

void replay_compare_reply(struct replay_differences *d, const struct replay_message *recorded, uint64_t no,
                          const struct vfu_event *reply, const char *why)
{
    struct vfu_event again = recorded->event;
    struct vfu_exchange was = { 0 }, now = { 0 };

    again.message.no = no;
    if (vfu_exchange_keep(&was, &recorded->event, &recorded->reply->event) && vfu_exchange_keep(&now, &again, reply)) {
        compare(d, &was, &now, why);
        vfu_exchange_free(&now);
    } else {
        d->count++; /* without memory nobody knows that they are the same */
    }
    vfu_exchange_free(&was);
}

void replay_unexpected(struct replay_differences *d, const struct vfu_event *command)
{
    char buffer[1024];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, put_out, stdout);
    struct vfu_exchange x;

    if (!begin(d, &w) || !vfu_exchange_keep(&x, command, NULL))
        return;
    vfu_text_difference(&w, NULL, &x, NULL, 0, COLUMN, d->colour);
    end(&w, "which the server did not send then");
    vfu_exchange_free(&x);
}
