/*
 * What the list has, which of it is the chosen one, and what the panes below say of that.
 */
#include "cli/browse/fields.h"
#include "cli/browse/inside.h"

#include <stdio.h>
#include <string.h>

void browse_scroll_keep(struct browse_scroll *s, size_t count, size_t height)
{
    if (s->at >= count)
        s->at = count ? count - 1 : 0;
    if (s->top > s->at)
        s->top = s->at;
    if (height && s->at - s->top >= height)
        s->top = s->at - height + 1;
    if (s->top + height > count)
        s->top = count > height ? count - height : 0;
}

size_t browse_rows(const struct browse *b)
{
    return b->view ? browse_view_count(b->view) : 0;
}

const char *browse_file(const struct browse *b)
{
    struct browse_item item;

    return b->chosen != BROWSE_NONE && browse_model_item(b->model, b->chosen, &item) ? item.file : NULL;
}

bool browse_is_marked(const struct browse *b, uint32_t item)
{
    for (size_t i = 0; i < b->mark_count; i++)
        if (b->marked[i] == item)
            return true;
    return false;
}

/* --- the panes below --- */

static void forget_events(struct browse *b)
{
    browse_events_free(b->events);
    b->events = NULL;
    b->fields_width = 0;
    browse_lines_clear(&b->fields);
}

/* The panes are about this item from now on. */
static void show_item(struct browse *b, uint32_t item)
{
    if (item == b->chosen)
        return;
    forget_events(b);
    b->chosen = item;
    b->field = (struct browse_scroll){ 0 };
    b->bytes_top = 0;
}

/* Only what stands in the index is known of it. */
static void only_known(struct browse *b, const struct browse_item *item)
{
    char line[128];

    if (item->no) {
        snprintf(line, sizeof line, "#%llu", (unsigned long long)item->no);
        browse_lines_words(&b->fields, line);
    }
    browse_lines_words(&b->fields, item->marks & BROWSE_GONE ? "It fell out of the bounded file of what was seen live:"
                                                             : "It can't be read again.");
    if (item->marks & BROWSE_GONE)
        browse_lines_words(&b->fields, "-w FILE keeps everything.");
}

void browse_fields_ready(struct browse *b, unsigned width)
{
    struct browse_fields_how how = { .width = width, .header = b->header };
    struct browse_item item;

    if (b->chosen == BROWSE_NONE || !browse_model_item(b->model, b->chosen, &item)) {
        browse_lines_clear(&b->fields);
        return;
    }
    if (b->events_reply != item.reply_no)
        forget_events(b); /* its reply has come */
    if (b->fields_width == width)
        return;
    b->events_reply = item.reply_no;
    b->fields_width = width;
    browse_lines_clear(&b->fields);
    if (!b->events)
        b->events = browse_model_load(b->model, b->chosen);
    if (b->events)
        browse_fields(&b->fields, browse_events_command(b->events), browse_events_reply(b->events), &how);
    else
        only_known(b, &item);
}

const struct vfu_event *browse_field_event(const struct browse *b)
{
    bool reply = b->field.at < b->fields.count && b->fields.list[b->field.at].reply;

    if (!b->events)
        return NULL;
    return reply && browse_events_reply(b->events) ? browse_events_reply(b->events) : browse_events_command(b->events);
}

/* --- the list --- */

void browse_choose_row(struct browse *b, size_t row)
{
    size_t count = browse_rows(b);

    b->wanted = BROWSE_NONE;
    b->list.at = row < count ? row : count ? count - 1 : 0;
    show_item(b, count ? browse_view_item(b->view, (uint32_t)b->list.at) : BROWSE_NONE);
}

/* Is the wanted one there, or can it not come any more? */
static bool found_wanted(struct browse *b)
{
    uint32_t row = browse_view_row(b->view, b->wanted);

    if (row == BROWSE_NONE && browse_view_filling(b->view, NULL))
        return false;
    browse_choose_row(b, row == BROWSE_NONE ? browse_rows(b) : row);
    return true;
}

void browse_choose_item(struct browse *b, uint32_t item)
{
    b->wanted = item;
    if (item != BROWSE_NONE && !found_wanted(b))
        show_item(b, item);
}

/* Put the cursor to where the fields of its message begin. */
static void choose_half(struct browse *b, bool reply)
{
    browse_fields_ready(b, browse_layout(b).fields_columns);
    for (size_t i = 0; i < b->fields.count; i++)
        if (b->fields.list[i].head && b->fields.list[i].reply == reply) {
            b->field.at = i;
            b->field.top = reply ? i : 0;
        }
}

bool browse_choose_no(struct browse *b, const char *file, uint64_t no)
{
    uint32_t item = browse_model_by_no(b->model, file, no);
    struct browse_item found;

    if (item == BROWSE_NONE || !browse_model_item(b->model, item, &found)) {
        browse_wrong(b, "there is no message #%llu%s", (unsigned long long)no, b->state.reading ? " yet" : "");
        return false;
    }
    b->follow = false;
    browse_choose_item(b, item);
    if (b->chosen != item && b->wanted != item) {
        browse_wrong(b, "#%llu is not among what the filter picks (X drops the filter)", (unsigned long long)no);
        return true;
    }
    if (b->chosen == item)
        choose_half(b, found.reply_no == no);
    return true;
}

bool browse_choose_view(struct browse *b, struct vfu_filter *filter, const char *text, bool folded)
{
    struct browse_view *view = browse_view_new(b->model, filter, folded);
    uint32_t chosen = b->chosen;

    if (!view) {
        browse_wrong(b, "out of memory");
        return false;
    }
    if (b->view)
        browse_view_free(b->view);
    b->view = view;
    b->folded = folded;
    if (text != b->filter)
        snprintf(b->filter, sizeof b->filter, "%s", text);
    b->list = (struct browse_scroll){ 0 };
    if (chosen != BROWSE_NONE)
        browse_choose_item(b, chosen);
    else
        browse_choose_row(b, 0);
    return true;
}

void browse_update(struct browse *b)
{
    size_t count;

    browse_model_state(b->model, &b->state);
    count = browse_rows(b);
    if (b->follow && count)
        browse_choose_row(b, count - 1);
    else if (b->wanted != BROWSE_NONE)
        found_wanted(b);
    else if (count && (b->chosen == BROWSE_NONE || browse_view_item(b->view, (uint32_t)b->list.at) != b->chosen))
        browse_choose_row(b, b->list.at);
}
