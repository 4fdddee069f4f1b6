/*
 * Ranges of messages, by their numbers: as a filter, with what lies between them, and what there is instead of those that are beyond.
 */
#include "cli/output/ranges.h"
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 37, or #37 as lines have it. */
static bool take_number(const char **at, uint64_t *number)
{
    const char *digits = *at + (**at == '#');
    char *end;

    if (*digits < '0' || *digits > '9')
        return false;
    *number = strtoull(digits, &end, 10);
    *at = end;
    return true;
}

bool cli_parse_range(const char *text, uint64_t *first, uint64_t *last)
{
    const char *at = text;
    bool from, to;

    *first = 0;
    *last = UINT64_MAX;
    from = take_number(&at, first);
    if (from && !*at) {
        *last = *first;
        return true;
    }
    if (strncmp(at, "..", 2) != 0)
        return false;
    at += 2;
    to = take_number(&at, last);
    return (from || to) && !*at;
}

char *cli_ranges_filter(const struct cli_ranges *ranges)
{
    char *words = NULL;
    size_t size;
    FILE *text = open_memstream(&words, &size);

    for (size_t i = 0; text && i < ranges->count; i++) {
        const struct cli_range *r = &ranges->list[i];
        const char *quote = r->file && strchr(r->file, '"') ? "'" : "\"";

        fprintf(text, i ? " or " : "");
        if (r->file)
            fprintf(text, "file == %s%s%s and ", quote, r->file, quote);
        fprintf(text, "no in %llu..%llu", (unsigned long long)r->first, (unsigned long long)r->last);
    }
    if (text && fclose(text) == 0)
        return words;
    free(words);
    return NULL;
}

/* Lines of other logs are of no file. */
static bool is_of(const struct cli_range *r, const struct vfu_event *event)
{
    return !r->file || !event->file || strcmp(r->file, event->file) == 0;
}

void cli_ranges_follow(struct cli_ranges *ranges, const struct vfu_event *message)
{
    for (struct cli_range *r = ranges->list; r < ranges->list + ranges->count; r++) {
        if (!is_of(r, message))
            continue;
        if (!r->newest)
            r->oldest = message->message.no;
        r->newest = message->message.no;
    }
}

/* The message that an event is about; 0: about none. */
static uint64_t about(const struct vfu_event *event)
{
    return event->kind == VFU_EVENT_INJECTED ? event->injected.no : event->kind == VFU_EVENT_OVERDUE ? event->overdue.no : 0;
}

bool cli_ranges_hold(const struct cli_ranges *ranges, const struct vfu_event *event)
{
    uint64_t no = about(event);

    for (const struct cli_range *r = ranges->list; r < ranges->list + ranges->count; r++)
        if (is_of(r, event) && ((r->first <= r->newest && r->newest < r->last) || (no && r->first <= no && no <= r->last)))
            return true;
    return false;
}

static void say(const struct cli_range *r)
{
    unsigned long long oldest = r->oldest, newest = r->newest;

    if (!r->newest)
        cli_error("%s: %s has no messages", r->text, r->whose);
    else if (r->oldest > 1) /* a ring: it has lost what came before */
        cli_error("%s: %s has messages #%llu to #%llu", r->text, r->whose, oldest, newest);
    else
        cli_error("%s: %s has %llu message%s", r->text, r->whose, newest, newest == 1 ? "" : "s");
}

void cli_ranges_say_beyond(const struct cli_ranges *ranges)
{
    for (const struct cli_range *r = ranges->list; r < ranges->list + ranges->count; r++)
        if ((!r->file || *r->file) && (r->first > r->newest || r->last < r->oldest))
            say(r);
}
