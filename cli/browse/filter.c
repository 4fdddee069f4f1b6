/*
 * The filter, as it is typed: each time that it is right the list shows what it picks; until then it shows what it did.
 */
#include "cli/browse/filter.h"
#include "cli/browse/inside.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/transfer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '[' || c == ']';
}

/* Is it `word`, at the end of the first `size` bytes? */
static bool ends_in(const char *text, size_t size, const char *word)
{
    size_t length = strlen(word);

    return size >= length && memcmp(text + size - length, word, length) == 0 && (size == length || !is_word(text[size - length - 1]));
}

bool browse_filter_is_open(const char *text)
{
    size_t end = strlen(text), start = end;

    while (start > 0 && is_word(text[start - 1]))
        start--;
    if (start == end || isdigit((unsigned char)text[start]))
        return false;
    while (start > 0 && text[start - 1] == ' ')
        start--;
    return start == 0 || text[start - 1] == '(' || ends_in(text, start, "and") || ends_in(text, start, "or") ||
           ends_in(text, start, "not");
}

/* Nothing but blanks: everything passes. */
static bool is_empty(const char *text)
{
    return text[strspn(text, " ")] == '\0';
}

static struct vfu_filter *parse(struct browse *b, const char *text, struct vfu_filter_error *error)
{
    struct vfu_filter_known known = cli_known_of(b->known, b->how->args);

    return vfu_filter_parse(text, &known, error);
}

static bool typed(struct browse *b, const char *text, bool done)
{
    struct vfu_filter_error error;
    struct vfu_filter *filter = NULL;

    b->mistake[0] = '\0';
    if (!done && browse_filter_is_open(text))
        return true; /* it may go on */
    if (strcmp(text, b->filter) == 0)
        return true;
    if (!is_empty(text) && (filter = parse(b, text, &error)) == NULL) {
        snprintf(b->mistake, sizeof b->mistake, "%s", error.text);
        b->mistake_column = error.column;
        return false;
    }
    if (!browse_choose_view(b, filter, is_empty(text) ? "" : text, b->folded))
        return false;
    if (b->chosen_before != BROWSE_NONE) /* what an unfinished filter picked is not where the person was */
        browse_choose_item(b, b->chosen_before);
    return true;
}

static size_t complete(struct browse *b, const char *text, void (*take)(void *context, const char *word), void *context)
{
    struct vfu_filter_known known = cli_known_of(b->known, b->how->args);

    return vfu_filter_complete(text, false, &known, take, context);
}

static void left(struct browse *b)
{
    if (strcmp(b->filter, b->filter_before) != 0)
        typed(b, b->filter_before, true);
    b->mistake[0] = '\0';
}

void browse_filter(struct browse *b, int unused)
{
    static const struct browse_question question = { "filter: ", typed, complete, left, HISTORY_FILTER };

    (void)unused;
    snprintf(b->filter_before, sizeof b->filter_before, "%s", b->filter);
    b->chosen_before = b->chosen;
    browse_ask(b, &question, b->filter);
}

void browse_filter_drop(struct browse *b, int unused)
{
    (void)unused;
    if (b->filter[0] && browse_choose_view(b, NULL, "", b->folded))
        browse_say(b, "everything is shown");
}

void browse_fold(struct browse *b, int unused)
{
    struct vfu_filter_error error;
    struct vfu_filter *filter = b->filter[0] ? parse(b, b->filter, &error) : NULL;

    (void)unused;
    if (b->filter[0] && !filter)
        return;
    if (browse_choose_view(b, filter, b->filter, !b->folded))
        browse_say(b, b->folded ? "of polls only the first is shown" : "polls are shown whole");
}

/* What the chosen one is about, as a filter has it. False: it is no message. */
static bool of_its_kind(const struct browse *b, char *text, size_t room)
{
    const struct vfu_event *e = b->events ? browse_events_command(b->events) : NULL;
    struct vfu_decoded decoded;
    const struct vfu_decoded *d;
    struct vfu_moved m;
    const char *region;

    if (!e || e->kind != VFU_EVENT_MESSAGE)
        return false;
    if (!e->command) {
        snprintf(text, room, "header.command == %u", e->command_number);
        return true;
    }
    d = vfu_decoded_of(e, &decoded);
    if (e->command->moves.space != VFU_REGION_SPACE || e->command->moves.list || !vfu_moved_first(&m, e->command, d)) {
        snprintf(text, room, "command == %s", e->command->name);
        return true;
    }
    region = vfu_name_of(vfu_region_names, m.region);
    if (region)
        snprintf(text, room, "command == %s and region == %s and offset == 0x%llx", e->command->name, region,
                 (unsigned long long)m.at);
    else
        snprintf(text, room, "command == %s and region == %llu and offset == 0x%llx", e->command->name,
                 (unsigned long long)m.region, (unsigned long long)m.at);
    return true;
}

void browse_hide(struct browse *b, int unused)
{
    char kind[160], text[EDIT_ROOM];
    struct vfu_filter_error error;
    struct vfu_filter *filter;
    int size;

    (void)unused;
    browse_fields_ready(b, browse_layout(b).fields_columns);
    if (!of_its_kind(b, kind, sizeof kind)) {
        browse_wrong(b, "only messages are hidden so (f: a filter)");
        return;
    }
    size = b->filter[0] ? snprintf(text, sizeof text, "(%s) and not (%s)", b->filter, kind)
                        : snprintf(text, sizeof text, "not (%s)", kind);
    if (size < 0 || (size_t)size >= sizeof text) {
        browse_wrong(b, "the filter becomes too long");
        return;
    }
    filter = parse(b, text, &error);
    if (!filter)
        browse_wrong(b, "%s: %s", text, error.text);
    else if (browse_choose_view(b, filter, text, b->folded))
        browse_say(b, "hidden: %s (X shows everything again)", kind);
}
