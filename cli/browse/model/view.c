/*
 * Views: the items that a filter picks, found by a thread of their own, and the ways through them.
 */
#include "cli/browse/model/inside.h"
#include "decoder/wire/grow.h"

#include <regex.h>
#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_ROOM = 16 << 10, ASK_AFTER = 64 /* items */ };

struct browse_view {
    struct browse_model *m;
    struct vfu_filter *filter;
    bool folded;
    pthread_t thread;
    bool has_thread, stop;
    uint32_t *rows;  /* with what follows, behind the model's lock */
    size_t count, room;
    uint32_t looked; /* at so many items */
};

/* --- filling --- */

static bool picks(const struct vfu_filter *f, const struct browse_events *e)
{
    const struct vfu_event *command = browse_events_command(e), *reply = browse_events_reply(e);

    return vfu_filter_match(f, command, reply, false) == VFU_YES ||
           (reply && vfu_filter_match(f, reply, command, false) == VFU_YES);
}

/* Without the lock. */
static bool is_picked(struct browse_view *v, uint32_t item)
{
    struct browse_events *e;
    bool picked;

    if (!v->filter)
        return true;
    e = browse_model_load(v->m, item);
    picked = e && picks(v->filter, e);
    browse_events_free(e);
    return picked;
}

static void *fill(void *context)
{
    struct browse_view *v = context;
    struct browse_model *m = v->m;

    pthread_mutex_lock(&m->lock);
    while (!v->stop) {
        uint32_t item = v->looked;
        bool picked;

        if (item >= m->index.items.count) {
            if (!m->reading)
                break;
            pthread_cond_wait(&m->more, &m->lock);
            continue;
        }
        /* Its reply may decide, and whether it is a poll: the last ones wait for that. */
        picked = !(v->folded && browse_index_item(&m->index, item)->marks & BROWSE_POLL);
        if (picked && v->filter) {
            pthread_mutex_unlock(&m->lock);
            picked = is_picked(v, item);
            pthread_mutex_lock(&m->lock);
        }
        if (picked && VFU_GROW(v->rows, v->room, v->count + 1))
            v->rows[v->count++] = item;
        v->looked++;
        browse_model_tell(m);
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

struct browse_view *browse_view_new(struct browse_model *m, struct vfu_filter *filter, bool folded)
{
    struct browse_view *v = calloc(1, sizeof *v);
    sigset_t all, before;

    if (!v) {
        vfu_filter_free(filter);
        return NULL;
    }
    *v = (struct browse_view){ .m = m, .filter = filter, .folded = folded };
    if (!filter && !folded)
        return v;
    if (filter) {
        pthread_mutex_lock(&m->lock);
        vfu_filter_begin(filter, m->index.first_ns);
        pthread_mutex_unlock(&m->lock);
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    v->has_thread = pthread_create(&v->thread, NULL, fill, v) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (v->has_thread)
        return v;
    browse_view_free(v);
    return NULL;
}

void browse_view_free(struct browse_view *v)
{
    if (!v)
        return;
    if (v->has_thread) {
        pthread_mutex_lock(&v->m->lock);
        v->stop = true;
        pthread_cond_broadcast(&v->m->more);
        pthread_mutex_unlock(&v->m->lock);
        pthread_join(v->thread, NULL);
    }
    vfu_filter_free(v->filter);
    free(v->rows);
    free(v);
}

/* --- rows; with the lock held --- */

static uint32_t count_of(const struct browse_view *v)
{
    return v->has_thread ? (uint32_t)v->count : (uint32_t)v->m->index.items.count;
}

static uint32_t item_of(const struct browse_view *v, uint32_t row)
{
    return row >= count_of(v) ? BROWSE_NONE : v->has_thread ? v->rows[row] : row;
}

uint32_t browse_view_count(struct browse_view *v)
{
    uint32_t count;

    pthread_mutex_lock(&v->m->lock);
    count = count_of(v);
    pthread_mutex_unlock(&v->m->lock);
    return count;
}

bool browse_view_filling(struct browse_view *v, unsigned *percent)
{
    size_t items, looked;

    pthread_mutex_lock(&v->m->lock);
    items = v->m->index.items.count;
    looked = v->has_thread ? v->looked : items;
    pthread_mutex_unlock(&v->m->lock);
    if (percent)
        *percent = items ? (unsigned)(looked * 100 / items) : 100;
    return looked < items;
}

uint32_t browse_view_item(struct browse_view *v, uint32_t row)
{
    uint32_t item;

    pthread_mutex_lock(&v->m->lock);
    item = item_of(v, row);
    pthread_mutex_unlock(&v->m->lock);
    return item;
}

static bool is_before(const void *items, size_t i, uint64_t item)
{
    return ((const uint32_t *)items)[i] < item;
}

uint32_t browse_view_row(struct browse_view *v, uint32_t item)
{
    uint32_t row, count;

    pthread_mutex_lock(&v->m->lock);
    count = count_of(v);
    row = v->has_thread ? (uint32_t)vfu_lower_bound(v->rows, v->count, item, is_before) : item;
    pthread_mutex_unlock(&v->m->lock);
    return row < count ? row : BROWSE_NONE;
}

/* --- seeking --- */

static bool compile(regex_t *regex, const char *text, struct vfu_error *error)
{
    bool capital = false;
    char why[128];
    int bad;

    for (const char *c = text; *c; c++)
        capital |= isupper((unsigned char)*c) != 0;
    bad = regcomp(regex, text, REG_EXTENDED | REG_NOSUB | (capital ? 0 : REG_ICASE));
    if (!bad)
        return true;
    regerror(bad, regex, why, sizeof why);
    if (error)
        vfu_fail(error, 0, "%s", why);
    return false;
}

bool browse_seek_is_text(const char *text, struct vfu_error *error)
{
    regex_t regex;

    if (!compile(&regex, text, error))
        return false;
    regfree(&regex);
    return true;
}

/* Do an event's words match? Their NULs, if there are any, end them. */
static bool says(const struct vfu_event *e, const regex_t *regex, char *room)
{
    struct vfu_writer w = vfu_writer(room, TEXT_ROOM - 1, NULL, NULL);

    vfu_text_words(e, &w);
    room[w.used] = '\0';
    return regexec(regex, room, 0, NULL, 0) == 0;
}

static bool item_says(struct browse_view *v, uint32_t item, const regex_t *regex, char *room)
{
    struct browse_events *e = browse_model_load(v->m, item);
    bool found = e && (says(browse_events_command(e), regex, room) ||
                       (browse_events_reply(e) && says(browse_events_reply(e), regex, room)));

    browse_events_free(e);
    return found;
}

static bool is_sought(struct browse_view *v, uint32_t item, enum browse_seek what, uint32_t place)
{
    const struct index_item *i = browse_index_item(&v->m->index, item);

    switch (what) {
    case BROWSE_SEEK_PROBLEM:
        return i->marks & BROWSE_PROBLEM;
    case BROWSE_SEEK_ERROR:
        return i->marks & BROWSE_ERROR;
    case BROWSE_SEEK_SLOW:
        return v->m->index.slow_ns && i->latency_ns > v->m->index.slow_ns;
    case BROWSE_SEEK_PLACE:
        return place && i->place == place;
    default:
        return false;
    }
}

/* By what the index knows: it is quick. */
static uint32_t seek_mark(struct browse_view *v, uint32_t row, bool forward, enum browse_seek what)
{
    uint32_t at = item_of(v, row), place = at != BROWSE_NONE ? browse_index_item(&v->m->index, at)->place : 0, count = count_of(v);

    for (row += forward ? 1 : UINT32_MAX; row < count; row += forward ? 1 : UINT32_MAX)
        if (is_sought(v, item_of(v, row), what, place))
            return row;
    return BROWSE_NONE;
}

static uint32_t seek_text(struct browse_view *v, uint32_t row, bool forward, const char *text, bool (*go_on)(void *context),
                          void *context)
{
    uint32_t item, found = BROWSE_NONE;
    char *room = malloc(TEXT_ROOM);
    regex_t regex;

    if (!room || !compile(&regex, text, NULL)) {
        free(room);
        return BROWSE_NONE;
    }
    for (unsigned n = 1; found == BROWSE_NONE && (n % ASK_AFTER || !go_on || go_on(context)); n++) {
        row += forward ? 1 : UINT32_MAX;
        item = browse_view_item(v, row);
        if (item == BROWSE_NONE)
            break;
        if (item_says(v, item, &regex, room))
            found = row;
    }
    regfree(&regex);
    free(room);
    return found;
}

uint32_t browse_view_seek(struct browse_view *v, uint32_t row, bool forward, enum browse_seek what, const char *text,
                          bool (*go_on)(void *context), void *context)
{
    uint32_t found;

    if (what == BROWSE_SEEK_TEXT)
        return seek_text(v, row, forward, text, go_on, context);
    pthread_mutex_lock(&v->m->lock);
    found = seek_mark(v, row, forward, what);
    pthread_mutex_unlock(&v->m->lock);
    return found;
}

/* --- writing --- */

bool browse_view_write(struct browse_view *v, enum browse_write kind, const char *path, struct vfu_error *error)
{
    (void)v;
    (void)kind;
    return vfu_fail(error, 0, "%s: not yet", path);
}
