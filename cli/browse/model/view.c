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

enum { TEXT_ROOM = 16 << 10, ASK_AFTER = 64 /* items */, AT_ONCE = 4096, KEPT_BLOCKS = 4 };

struct browse_view {
    struct browse_model *m;
    struct vfu_filter *filter;
    struct browse_loader *loader; /* the thread's; NULL: it reads nothing */
    bool folded, begun; /* begun: the filter knows when times begin */
    pthread_t thread;
    bool has_thread, stop;
    uint32_t *rows;     /* with what follows, behind the model's lock */
    size_t count, room;
    uint32_t looked;    /* at so many items */
    uint32_t *waiting;  /* the thread's: items on which only their reply decides: waiting_count of them */
    size_t waiting_count, waiting_room;
};

/* --- filling --- */

/* What the thread takes out of the index at once. */
struct looking {
    uint32_t item;
    uint32_t begin, reply;
    bool waits, poll, may_poll; /* may: once it is answered */
};

enum verdict { OUT, IN, LATER };

/* False: it is forgotten. */
static bool take_out(struct browse_model *m, uint32_t item, struct looking *out)
{
    const struct index_item *i, *before;

    if (item < m->index.items.first)
        return false;
    i = browse_index_item(&m->index, item);
    before = item > m->index.items.first ? browse_index_item(&m->index, item - 1) : NULL;
    *out = (struct looking){ .item = item, .begin = i->begin, .reply = i->reply, .waits = i->marks & BROWSE_WAITS,
                             .poll = i->marks & BROWSE_POLL, .may_poll = before && i->place && before->place == i->place };
    return true;
}

/* Does the filter pick an item whose reply has come, or (awaited) may still come? */
static enum vfu_verdict match(struct browse_view *v, const struct looking *i, bool awaited)
{
    bool single = vfu_filter_is_single(v->filter);
    const struct vfu_event *command = browse_loader_event(v->loader, i->begin), *reply = NULL;
    enum vfu_verdict verdict;

    if (command && i->reply != BROWSE_NO_EVENT)
        reply = browse_loader_event(v->loader, i->reply);
    if (!command || (i->reply != BROWSE_NO_EVENT && !reply))
        return VFU_NO; /* it is gone */
    verdict = vfu_filter_match(v->filter, command, single ? NULL : reply, awaited && !single);
    if (verdict != VFU_YES && reply)
        verdict = vfu_filter_match(v->filter, reply, single ? NULL : command, false);
    return single && verdict == VFU_NO && awaited ? VFU_UNDECIDED : verdict;
}

/* over: no reply comes any more. */
static enum verdict judge(struct browse_view *v, const struct looking *i, bool over)
{
    bool awaited = i->waits && !over;
    enum vfu_verdict verdict;

    if (v->folded && i->poll)
        return OUT;
    if (v->folded && awaited && i->may_poll)
        return LATER;
    verdict = v->filter ? match(v, i, awaited) : VFU_YES;
    return verdict == VFU_YES ? IN : verdict == VFU_UNDECIDED && awaited ? LATER : OUT;
}

static bool is_before(const void *items, size_t i, uint64_t item)
{
    return ((const uint32_t *)items)[i] < item;
}

/* The lock is held. */
static void add_row(struct browse_view *v, uint32_t item)
{
    size_t at = v->count && v->rows[v->count - 1] > item ? vfu_lower_bound(v->rows, v->count, item, is_before) : v->count;

    if (!VFU_GROW(v->rows, v->room, v->count + 1)) {
        browse_model_fail(v->m, "out of memory");
        return;
    }
    memmove(v->rows + at + 1, v->rows + at, (v->count++ - at) * sizeof *v->rows);
    v->rows[at] = item;
}

/* The lock is held on entry and on return, but not between. */
static enum verdict judge_unlocked(struct browse_view *v, const struct looking *i, bool over)
{
    enum verdict verdict;

    if (!v->filter)
        return judge(v, i, over);
    pthread_mutex_unlock(&v->m->lock);
    verdict = judge(v, i, over);
    pthread_mutex_lock(&v->m->lock);
    return verdict;
}

/* Those that waited for their replies. The lock is held. Has anything changed? */
static bool look_at_waiting(struct browse_view *v)
{
    size_t kept = 0, count = v->waiting_count;
    bool over = !v->m->reading;
    struct looking i;

    for (size_t n = 0; n < count; n++) {
        uint32_t item = v->waiting[n];
        enum verdict verdict = LATER;

        if (!take_out(v->m, item, &i))
            verdict = OUT;
        else if (!v->stop && (!i.waits || over))
            verdict = judge_unlocked(v, &i, over);
        if (verdict == IN)
            add_row(v, item);
        if (verdict == LATER)
            v->waiting[kept++] = item;
    }
    v->waiting_count = kept;
    return kept < count;
}

/* New items, some of them. The lock is held. */
static bool look_at_new(struct browse_view *v)
{
    struct browse_model *m = v->m;
    uint32_t begin = v->looked, end = (uint32_t)m->index.items.count;

    end = end - begin > AT_ONCE ? begin + AT_ONCE : end;
    for (uint32_t item = begin; item < end && !v->stop; item++) {
        bool over = !m->reading;
        enum verdict verdict;
        struct looking i;

        verdict = take_out(m, item, &i) ? judge_unlocked(v, &i, over) : OUT;
        if (verdict == IN)
            add_row(v, item);
        else if (verdict == LATER && VFU_GROW(v->waiting, v->waiting_room, v->waiting_count + 1))
            v->waiting[v->waiting_count++] = item;
        v->looked = item + 1;
    }
    return v->looked > begin;
}

static void begin_filter(struct browse_view *v)
{
    if (v->begun || !v->m->index.begun)
        return;
    if (v->filter)
        vfu_filter_begin(v->filter, v->m->index.first_ns);
    v->begun = true;
}

static void *fill(void *context)
{
    struct browse_view *v = context;
    struct browse_model *m = v->m;

    pthread_mutex_lock(&m->lock);
    while (!v->stop) {
        bool new, settled;

        begin_filter(v);
        new = look_at_new(v);
        settled = look_at_waiting(v);
        if (new || settled)
            browse_model_tell(m);
        else if (!m->reading && v->looked == m->index.items.count)
            break;
        else
            pthread_cond_wait(&m->more, &m->lock);
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

static bool start(struct browse_view *v)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    v->has_thread = pthread_create(&v->thread, NULL, fill, v) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return v->has_thread;
}

struct browse_view *browse_view_new(struct browse_model *m, struct vfu_filter *filter, bool folded)
{
    struct browse_view *v = calloc(1, sizeof *v);

    if (!v) {
        vfu_filter_free(filter);
        return NULL;
    }
    *v = (struct browse_view){ .m = m, .filter = filter, .folded = folded };
    if (!filter && !folded)
        return v;
    if (filter)
        v->loader = browse_loader_new(m, KEPT_BLOCKS);
    if ((v->loader || !filter) && start(v))
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
    browse_loader_free(v->loader);
    vfu_filter_free(v->filter);
    free(v->waiting);
    free(v->rows);
    free(v);
}

struct browse_model *browse_view_model(struct browse_view *v)
{
    return v->m;
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

uint32_t browse_view_row(struct browse_view *v, uint32_t item)
{
    uint32_t row, count;

    pthread_mutex_lock(&v->m->lock);
    count = count_of(v);
    row = v->has_thread ? (uint32_t)vfu_lower_bound(v->rows, v->count, item, is_before) : item;
    pthread_mutex_unlock(&v->m->lock);
    return row < count ? row : BROWSE_NONE;
}

/* --- its events --- */

static int by_number(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

uint64_t *browse_view_events(struct browse_view *v, size_t *count)
{
    uint32_t rows = browse_view_count(v);
    uint64_t *list = calloc((size_t)rows * 2 + 1, sizeof *list);
    uint32_t begin, reply;
    uint16_t file;

    *count = 0;
    if (!list)
        return NULL;
    for (uint32_t row = 0; row < rows; row++) {
        if (!browse_model_events(v->m, browse_view_item(v, row), &begin, &reply, &file))
            continue;
        list[(*count)++] = begin;
        if (reply != BROWSE_NO_EVENT)
            list[(*count)++] = reply;
    }
    qsort(list, *count, sizeof *list, by_number);
    return list;
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
    const struct vfu_event *e;
    uint32_t begin, reply;
    uint16_t file;

    if (!browse_model_events(v->m, item, &begin, &reply, &file))
        return false;
    e = browse_loader_event(v->m->loader, begin);
    if (e && says(e, regex, room))
        return true;
    e = reply != BROWSE_NO_EVENT ? browse_loader_event(v->m->loader, reply) : NULL;
    return e && says(e, regex, room);
}

static bool is_sought(struct browse_view *v, uint32_t item, enum browse_seek what, uint32_t place)
{
    const struct index_item *i = item < v->m->index.items.first ? NULL : browse_index_item(&v->m->index, item);

    if (!i)
        return false;
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
    uint32_t at = item_of(v, row), count = count_of(v);
    uint32_t place = at != BROWSE_NONE && at >= v->m->index.items.first ? browse_index_item(&v->m->index, at)->place : 0;

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
