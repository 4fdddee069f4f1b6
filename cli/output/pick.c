/*
 * What is picked of all that comes, by filter, time and number, as one filter; and how much is shown around it.
 */
#include "cli/output/inside.h"
#include "decoder/wire/parse.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_CONTEXT = 100000 };

/* Does it parse by itself? A mistake is told of the option, not of what is made of all of them. */
static bool is_instant(const char *option, const char *text)
{
    uint64_t ns;
    bool since_start;

    if (!text || vfu_parse_instant(text, &ns, &since_start))
        return true;
    cli_error("--%s %s: neither a time since the first record (0.25, 250ms) nor a date with time and zone "
              "(2026-01-31T13:05:00Z)", option, text);
    return false;
}

/* Add a test to what `text` holds. */
static void add(FILE *text, bool *any, const char *before, const char *value, const char *behind)
{
    fprintf(text, "%s%s%s%s", *any ? " and " : "", before, value, behind);
    *any = true;
}

/* All that options say, and `ranges`, a filter, too (NULL: none). NULL: a message was printed. */
static struct vfu_filter *join(const struct cli_args *args, const char *ranges)
{
    const char *expression = cli_value(args, "filter"), *since = cli_value(args, "since"), *until = cli_value(args, "until");
    struct vfu_filter *filter = NULL;
    struct vfu_filter_error error;
    char *words = NULL;
    bool any = false;
    size_t size;
    FILE *text = open_memstream(&words, &size);

    if (text) {
        if (expression)
            add(text, &any, "(", expression, ")");
        if (since)
            add(text, &any, "time >= \"", since, "\"");
        if (until)
            add(text, &any, "time <= \"", until, "\"");
        if (ranges)
            add(text, &any, "(", ranges, ")");
        if (fclose(text) == 0)
            filter = vfu_filter_parse(words, NULL, &error);
    }
    free(words);
    if (!filter)
        cli_error("--filter: too long together with the rest");
    return filter;
}

bool cli_parse_pick(const struct cli_args *args, struct cli_ranges *ranges, struct cli_pick *pick)
{
    const char *since = cli_value(args, "since"), *until = cli_value(args, "until");
    char *words;

    *pick = (struct cli_pick){ .ranges = ranges };
    if (!cli_parse_filter(args, "filter", &pick->filter) || !is_instant("since", since) || !is_instant("until", until))
        return false;
    if (since || until) {
        vfu_filter_free(pick->filter);
        pick->filter = join(args, NULL);
        if (!pick->filter)
            return false;
    }
    if (!ranges)
        return true;
    pick->others = pick->filter;
    words = cli_ranges_filter(ranges);
    pick->filter = words ? join(args, words) : NULL;
    free(words);
    return pick->filter;
}

void cli_pick_free(struct cli_pick *pick)
{
    vfu_filter_free(pick->filter);
    vfu_filter_free(pick->others);
}

bool cli_parse_context(const struct cli_args *args, struct cli_context *context)
{
    uint64_t around = 0, before = 0, after = 0;

    if (!cli_number(args, "context", 0, &around) || !cli_number(args, "before-context", around, &before) ||
        !cli_number(args, "after-context", around, &after))
        return false;
    context->before = before < MOST_CONTEXT ? (unsigned)before : MOST_CONTEXT;
    context->after = after < MOST_CONTEXT ? (unsigned)after : MOST_CONTEXT;
    return true;
}
