/*
 * Which messages are to be stopped: a list of filters, in the tap's thread.
 */
#include "cli/tap/inside.h"
#include "decoder/wire/parse.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const struct tap_commands *c, size_t which)
{
    return c->breaks[which].text ? c->breaks[which].text : "every message";
}

bool tap_break_add(struct tap_commands *c, const char *filter)
{
    struct vfu_filter_error error;
    struct vfu_filter *parsed = NULL;

    if (c->break_count == TAP_BREAKS)
        return tap_say_failed(c, "there are %d already", TAP_BREAKS);
    if (*filter && !(parsed = vfu_filter_parse_early(filter, &c->known, &error)))
        return tap_say_failed(c, "break: column %u: %s", error.column, error.text);
    c->breaks[c->break_count].filter = parsed;
    c->breaks[c->break_count].text = *filter ? strdup(filter) : NULL;
    c->break_count++;
    tap_say_line(c, "break %zu: %s", c->break_count, *filter ? filter : "every message");
    return true;
}

static void forget(struct tap_commands *c, size_t which)
{
    vfu_filter_free(c->breaks[which].filter);
    free(c->breaks[which].text);
    c->break_count--;
    memmove(&c->breaks[which], &c->breaks[which + 1], (c->break_count - which) * sizeof *c->breaks);
}

void tap_break_free(struct tap_commands *c)
{
    while (c->break_count)
        forget(c, c->break_count - 1);
}

bool tap_break_delete(struct tap_commands *c, const char *which)
{
    uint64_t n = 0;

    if (!*which) {
        tap_break_free(c);
        return true;
    }
    if (!vfu_parse_number(which, &n) || n == 0 || n > c->break_count)
        return tap_say_failed(c, "delete: there are breaks 1 to %zu", c->break_count);
    forget(c, (size_t)n - 1);
    return true;
}

void tap_break_list(const struct tap_commands *c)
{
    for (size_t i = 0; i < c->break_count; i++)
        tap_say_line(c, "break %zu: %s", i + 1, text_of(c, i));
}

bool tap_break_stops(struct tap_commands *c, const struct vfu_event *event, const struct vfu_event *request)
{
    bool stop = c->step;

    for (size_t i = 0; i < c->break_count && !stop; i++) {
        const struct vfu_filter *f = c->breaks[i].filter;

        /* A pair stops once, as it counts once for an injection. */
        stop = !f || ((!request || vfu_filter_is_single(f) || vfu_filter_match(f, request, NULL, false) != VFU_YES) &&
                      vfu_filter_match(f, event, request, false) == VFU_YES);
    }
    c->step = c->step && !stop;
    return stop && !c->gone;
}

bool tap_break_may_stop(const struct tap_commands *c, const struct vfu_event *event)
{
    bool may = c->step;

    for (size_t i = 0; i < c->break_count && !may; i++)
        may = !c->breaks[i].filter || vfu_filter_match_header(c->breaks[i].filter, event) != VFU_NO;
    return may && !c->gone;
}
