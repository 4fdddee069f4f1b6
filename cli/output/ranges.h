/*
 * Ranges of messages by their numbers, that pick what is shown.
 */
#ifndef VFU_CLI_OUTPUT_RANGES_H
#define VFU_CLI_OUTPUT_RANGES_H

#include "decoder/wire/event.h"

#include <stddef.h>

/* The strings are the caller's. */
struct cli_range {
    const char *text;        /* as it was given, for people */
    const char *whose;       /* FILE, for people */
    const char *file;        /* of which of several, as their events have it; NULL: there is one; empty: of none */
    uint64_t first, last;    /* 0: what comes before #1, too; UINT64_MAX: what comes behind the last one, too */
    uint64_t oldest, newest; /* the messages of that file that came so far; 0: none */
};

struct cli_ranges {
    struct cli_range *list; /* count of them, at least one */
    size_t count;
};

/* The numbers of messages: FIRST..LAST, one of which may be missing, or one number, each as 37 or #37. False: it is none. */
bool cli_parse_range(const char *text, uint64_t *first, uint64_t *last);
/* A filter that picks the messages; malloced. NULL when out of memory. */
char *cli_ranges_filter(const struct cli_ranges *ranges);
/* A message comes. */
void cli_ranges_follow(struct cli_ranges *ranges, const struct vfu_event *message);
/* Does what is no message, and comes now, lie between the messages of a range? Or is it about one of them? */
bool cli_ranges_hold(const struct cli_ranges *ranges, const struct vfu_event *event);
/* All messages have come: say of a range that none of them is in it. */
void cli_ranges_say_beyond(const struct cli_ranges *ranges);

#endif
