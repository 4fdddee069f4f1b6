/*
 * replay: whether two messages say the same, and how that is shown.
 */
#include "cli/replay/replay.h"
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

static void show(const char *from, const struct vfu_event *event)
{
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, put_out, stdout);
    struct vfu_text text = { .started = true, .first_ns = event->time.wall_ns };

    printf("  %-10s", from);
    fflush(stdout);
    vfu_text_event(&text, event, &w);
    vfu_writer_flush(&w);
}

void replay_show(const char *from_a, const struct vfu_event *a, const char *from_b, const struct vfu_event *b)
{
    show(from_a, a);
    if (b)
        show(from_b, b);
}
