/*
 * The index: items, what finds them by number and by time, what is marked, polls, and what counts as slow.
 */
#include "cli/browse/model/index.h"
#include "decoder/registers/registers.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/transfer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define REPLY 0x80000000u

enum { SLAB = 2 << 20 /* bytes: a large page */ };
#define VECTORS (UINT64_C(1) << 32) /* no region has such a number */
enum { LOOKED_BACK = 4 << 20 /* items: what is further away is not looked for */ };
enum { LEAST_LATENCIES = 100, SLOW_ONE_IN = 100, SLOW_AGAIN = 256 };

/* --- chunks --- */

/*
 * How many pieces are made at once, from the one on with that number: where there are many, as many as a large page has room for,
 * since to get memory page by page costs more than all that is done with it.
 */
static size_t pieces_at_once(const struct browse_chunks *c)
{
    return SLAB / (BROWSE_CHUNK * c->size);
}

static bool add_slab(struct browse_chunks *c, size_t piece, size_t pieces)
{
    char *slab = aligned_alloc(SLAB, SLAB);

    if (!slab || !VFU_GROW(c->pieces, c->room, piece + pieces)) {
        free(slab);
        return false;
    }
    madvise(slab, SLAB, MADV_HUGEPAGE);
    for (size_t i = 0; i < pieces; i++)
        c->pieces[piece + i] = slab + i * BROWSE_CHUNK * c->size;
    return true;
}

static bool add_piece(struct browse_chunks *c, size_t piece)
{
    size_t pieces = pieces_at_once(c);

    if (piece >= pieces)
        return piece % pieces != 0 || add_slab(c, piece, pieces);
    return VFU_GROW(c->pieces, c->room, piece + 1) && (c->pieces[piece] = malloc(BROWSE_CHUNK * c->size)) != NULL;
}

void *browse_chunks_add(struct browse_chunks *c)
{
    if (c->count % BROWSE_CHUNK == 0 && !add_piece(c, c->count / BROWSE_CHUNK))
        return NULL;
    return browse_chunks_at(c, c->count++);
}

void browse_chunks_forget(struct browse_chunks *c, size_t before)
{
    size_t slab = pieces_at_once(c), piece = c->first / BROWSE_CHUNK, at_once = piece < slab ? 1 : slab;

    while ((piece + at_once) * BROWSE_CHUNK <= before) {
        free(c->pieces[piece]);
        for (size_t i = 0; i < at_once; i++)
            c->pieces[piece + i] = NULL;
        piece += at_once;
        c->first = piece * BROWSE_CHUNK;
        at_once = piece < slab ? 1 : slab;
    }
}

void browse_chunks_free(struct browse_chunks *c)
{
    size_t slab = pieces_at_once(c);

    for (size_t i = 0; i < (c->count + BROWSE_CHUNK - 1) / BROWSE_CHUNK; i++)
        if (i < slab || i % slab == 0)
            free(c->pieces[i]);
    free(c->pieces);
    *c = (struct browse_chunks){ .size = c->size };
}

size_t browse_chunks_bytes(const struct browse_chunks *c)
{
    size_t pieces = (c->count + BROWSE_CHUNK - 1) / BROWSE_CHUNK, slab = pieces_at_once(c);

    if (pieces > slab)
        pieces = (pieces + slab - 1) / slab * slab;
    return c->room * sizeof *c->pieces + (pieces * BROWSE_CHUNK - c->first) * c->size;
}

/* --- files --- */

static struct index_file *find_file(const struct browse_index *x, const char *name)
{
    for (size_t i = 0; i < x->file_count; i++)
        if (x->files[i].name == name)
            return &x->files[i];
    return NULL;
}

static struct index_file *file_of(struct browse_index *x, const char *name)
{
    struct index_file *f = find_file(x, name);

    if (f)
        return f;
    if (x->file_count == UINT16_MAX || !VFU_GROW(x->files, x->file_room, x->file_count + 1))
        return NULL;
    f = &x->files[x->file_count++];
    *f = (struct index_file){ .name = name, .numbers = { .size = sizeof(uint32_t) } };
    return f;
}

static uint32_t number_at(const struct index_file *f, size_t i)
{
    return *(const uint32_t *)browse_chunks_at(&f->numbers, i);
}

static uint64_t no_of(const struct browse_index *x, uint32_t number)
{
    const struct index_item *item = browse_index_item(x, number & ~REPLY);

    return number & REPLY ? item->reply_no : item->no;
}

/* A late reply of one that is. */
static bool is_forgotten(const struct browse_index *x, uint32_t number)
{
    return (number & ~REPLY) < x->items.first;
}

static uint32_t search_all(const struct browse_index *x, const struct index_file *f, uint64_t no)
{
    for (size_t i = f->numbers.first; i < f->numbers.count; i++)
        if (!is_forgotten(x, number_at(f, i)) && no_of(x, number_at(f, i)) == no)
            return number_at(f, i) & ~REPLY;
    return BROWSE_NONE;
}

static uint32_t search(const struct browse_index *x, const struct index_file *f, uint64_t no)
{
    size_t low = f->numbers.first, high = f->numbers.count;

    if (f->unsorted)
        return search_all(x, f, no);
    while (low < high) {
        size_t middle = low + (high - low) / 2, known = middle;

        while (known < high && is_forgotten(x, number_at(f, known)))
            known++;
        if (known < high && no_of(x, number_at(f, known)) < no)
            low = known + 1;
        else
            high = middle;
    }
    while (low < f->numbers.count && is_forgotten(x, number_at(f, low)))
        low++;
    return low < f->numbers.count && no_of(x, number_at(f, low)) == no ? number_at(f, low) & ~REPLY : BROWSE_NONE;
}

uint32_t browse_index_by_no(const struct browse_index *x, const char *file, uint64_t no)
{
    uint32_t found = BROWSE_NONE;

    for (size_t i = 0; i < x->file_count && found == BROWSE_NONE; i++)
        if (!file || file == x->files[i].name)
            found = search(x, &x->files[i], no);
    return found;
}

static bool is_earlier(const struct index_item *item, uint64_t wall_ns)
{
    return item->wall_ns < wall_ns;
}

static bool begins_before(const struct index_item *item, uint64_t event)
{
    return item->begin < event;
}

/* The first item that is not `before` that, or how many there are. */
static uint32_t first_not(const struct browse_index *x, bool (*before)(const struct index_item *item, uint64_t what),
                          uint64_t what)
{
    size_t low = x->items.first, high = x->items.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (before(browse_index_item(x, (uint32_t)middle), what))
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

uint32_t browse_index_by_time(const struct browse_index *x, uint64_t wall_ns)
{
    uint32_t item = first_not(x, is_earlier, wall_ns);

    return item < x->items.count ? item : BROWSE_NONE;
}

uint32_t browse_items_before(const struct browse_index *x, uint64_t event)
{
    return first_not(x, begins_before, event);
}

/* --- what is slow: latencies in buckets of a quarter of a power of two --- */

static unsigned bucket_of(uint64_t ns)
{
    unsigned bits = 63 - (unsigned)__builtin_clzll(ns | 4);

    return bits * 4 + (unsigned)(ns >> (bits - 2) & 3);
}

static uint64_t begin_of(unsigned bucket)
{
    return (UINT64_C(4) | bucket % 4) << (bucket / 4 - 2);
}

static void count_latency(struct browse_index *x, uint64_t ns)
{
    uint64_t above = 0;
    unsigned bucket = BROWSE_LATENCIES;

    x->latency_counts[bucket_of(ns)]++;
    if (++x->latencies < LEAST_LATENCIES || (x->latencies % SLOW_AGAIN && x->slow_ns))
        return;
    while (bucket > 9 && (above += x->latency_counts[bucket - 1]) * SLOW_ONE_IN <= x->latencies)
        bucket--;
    x->slow_ns = bucket < BROWSE_LATENCIES ? begin_of(bucket) : 0;
}

/* --- items --- */

static uint16_t marks_of(const struct vfu_event *e)
{
    unsigned marks = e->kind != VFU_EVENT_MESSAGE ? BROWSE_EVENT : 0;

    marks |= e->problem_count ? BROWSE_PROBLEM : 0;
    for (unsigned i = 0; i < e->problem_count; i++)
        marks |= e->problems[i].severity == VFU_VIOLATION ? BROWSE_VIOLATION : 0;
    marks |= (e->note_count ? BROWSE_NOTE : 0) | (e->because_count ? BROWSE_BECAUSE : 0);
    if (e->kind == VFU_EVENT_MESSAGE && e->flags & VFU_ERROR)
        marks |= BROWSE_ERROR;
    if (e->kind == VFU_EVENT_MESSAGE && vfu_event_is_command(e) && !(e->flags & VFU_NO_REPLY))
        marks |= BROWSE_WAITS;
    return (uint16_t)marks;
}

static uint32_t place_of(uint32_t conn, uint64_t region, uint64_t at)
{
    uint64_t hash = (conn * UINT64_C(0x9e3779b97f4a7c15) ^ region) * UINT64_C(0xbf58476d1ce4e5b9);

    hash = (hash ^ hash >> 29 ^ at) * UINT64_C(0x94d049bb133111eb);
    hash ^= hash >> 32;
    return (uint32_t)hash ? (uint32_t)hash : 1;
}

uint32_t browse_place_of_vector(uint32_t index, uint32_t vector)
{
    return place_of(0, VECTORS + index, vector);
}

void browse_index_last_of(const struct browse_index *x, uint32_t before, const uint32_t *places, uint32_t *items, size_t count)
{
    size_t left = count;

    for (size_t i = 0; i < count; i++)
        items[i] = BROWSE_NONE;
    for (uint32_t item = before; left && item-- > x->items.first && before - item < LOOKED_BACK;) {
        const struct index_item *at = browse_index_item(x, item);

        if (!(at->marks & BROWSE_EVENT) || !at->place)
            continue;
        for (size_t i = 0; i < count; i++)
            if (places[i] == at->place && items[i] == BROWSE_NONE) {
                items[i] = item;
                left--;
            }
    }
}

/* Where an access is; false: it is none. */
static bool find_access(const struct vfu_event *e, struct vfu_moved *m)
{
    struct vfu_decoded room;

    return vfu_event_is_access(e) && vfu_moved_first(m, e->command, vfu_decoded_of(e, &room));
}

/* A reply to a read: does it say what the one before it did? */
static bool is_poll(struct browse_index *x, uint32_t item, const struct vfu_event *e)
{
    struct index_read *last = &x->read, now = { .item = item, .conn = e->conn };
    bool before = last->item != BROWSE_NONE && last->item + 1 == item, same;
    const struct vfu_value *data;
    struct vfu_decoded room;
    struct vfu_moved m;

    last->item = BROWSE_NONE;
    if (e->command_number != VFU_REGION_READ || !vfu_event_is_access(e) || e->problem_count || e->note_count ||
        e->because_count || e->flags & VFU_ERROR || e->message.changed ||
        !vfu_moved_first(&m, e->command, vfu_decoded_of(e, &room)))
        return false;
    data = m.data;
    if (!data || data->size > sizeof now.data || data->size != m.size)
        return false;
    now.region = m.region;
    now.at = m.at;
    now.size = m.size;
    memcpy(now.data, data->bytes, data->size);
    same = before && now.conn == last->conn && now.region == last->region && now.at == last->at && now.size == last->size &&
           memcmp(now.data, last->data, sizeof now.data) == 0;
    *last = now;
    return same;
}

static uint32_t *recent_of(struct browse_index *x, size_t file, uint64_t no)
{
    return &x->recent[(no + file * 0x9e37) % BROWSE_RECENT];
}

/* The item of the command that a reply answers; BROWSE_NONE: it is not here. */
static uint32_t command_of(struct browse_index *x, const struct index_file *f, const struct vfu_event *e)
{
    size_t file = (size_t)(f - x->files);
    uint32_t item = *recent_of(x, file, e->reply_to);
    const struct index_item *i;

    if (item == BROWSE_NONE || item < x->items.first || browse_index_item(x, item)->no != e->reply_to || browse_index_item(x, item)->file != file)
        item = f->unsorted ? BROWSE_NONE : search(x, f, e->reply_to); /* of numbers that go back all would be looked at */
    if (item == BROWSE_NONE)
        return item;
    i = browse_index_item(x, item);
    return i->reply == BROWSE_NO_EVENT && i->marks & BROWSE_WAITS ? item : BROWSE_NONE;
}

static void take_reply(struct browse_index *x, uint32_t at, const struct vfu_event *e)
{
    struct index_item *item = browse_index_item(x, at);

    item->reply = (uint32_t)x->events;
    item->reply_no = e->message.no;
    item->latency_ns = e->latency_ns;
    item->marks = (uint16_t)((item->marks & ~BROWSE_WAITS) | marks_of(e));
    if (is_poll(x, at, e) && !(item->marks & ~BROWSE_POLL))
        item->marks |= BROWSE_POLL;
    count_latency(x, e->latency_ns);
}

static bool take_begin(struct browse_index *x, const struct index_file *f, const struct vfu_event *e)
{
    struct vfu_moved m;
    struct index_item *item;

    if (x->items.count == REPLY - 1 || x->events == BROWSE_NO_EVENT - 1 || (item = browse_chunks_add(&x->items)) == NULL)
        return false;
    *item = (struct index_item){ .no = vfu_event_no(e), .wall_ns = e->time.wall_ns, .mono_ns = e->time.mono_ns, .conn = e->conn,
                                 .begin = (uint32_t)x->events, .reply = BROWSE_NO_EVENT, .marks = marks_of(e),
                                 .file = (uint16_t)(f - x->files) };
    if (e->kind == VFU_EVENT_MESSAGE && find_access(e, &m))
        item->place = place_of(e->conn, m.region, m.at);
    if (e->kind == VFU_EVENT_INTERRUPT)
        item->place = browse_place_of_vector(e->interrupt.index, e->interrupt.vector);
    if (e->kind == VFU_EVENT_MESSAGE && item->marks & BROWSE_WAITS)
        *recent_of(x, item->file, item->no) = (uint32_t)x->items.count - 1;
    return true;
}

/* Times count from the first event that is not about the capture itself, as with decode. */
static void count_time(struct browse_index *x, const struct vfu_event *e)
{
    if (!x->begun && !vfu_event_frames(e)) {
        x->begun = true;
        x->first_ns = e->time.wall_ns;
    }
    if (e->time.wall_ns > x->last_ns)
        x->last_ns = e->time.wall_ns;
}

/* The message is the item's. */
static bool take_number(struct index_file *f, const struct vfu_event *e, uint32_t number)
{
    uint32_t *place = browse_chunks_add(&f->numbers);

    if (!place)
        return false;
    *place = number;
    f->unsorted |= e->message.no <= f->last;
    f->last = e->message.no;
    return true;
}

bool browse_index_add(struct browse_index *x, const struct vfu_event *event)
{
    bool message = event->kind == VFU_EVENT_MESSAGE;
    struct index_file *f = file_of(x, event->file);
    uint32_t at = f && message && vfu_event_is_reply(event) && event->paired ? command_of(x, f, event) : BROWSE_NONE, number = 0;

    if (at != BROWSE_NONE) {
        take_reply(x, at, event);
        number = at | REPLY;
    } else if (!f || !take_begin(x, f, event)) {
        return false;
    } else {
        number = (uint32_t)x->items.count - 1;
    }
    count_time(x, event);
    x->events++;
    x->messages += message;
    return !message || take_number(f, event, number);
}

void browse_index_forget(struct browse_index *x, uint32_t before)
{
    browse_chunks_forget(&x->items, before);
    for (size_t i = 0; i < x->file_count; i++) {
        struct browse_chunks *numbers = &x->files[i].numbers;
        size_t end = numbers->first;

        while (end < numbers->count && is_forgotten(x, number_at(&x->files[i], end)))
            end++;
        browse_chunks_forget(numbers, end);
    }
}

bool browse_index_init(struct browse_index *x)
{
    *x = (struct browse_index){ .items = { .size = sizeof(struct index_item) }, .read.item = BROWSE_NONE };
    x->recent = malloc(BROWSE_RECENT * sizeof *x->recent);
    if (x->recent)
        memset(x->recent, 0xff, BROWSE_RECENT * sizeof *x->recent);
    return x->recent;
}

void browse_index_free(struct browse_index *x)
{
    browse_chunks_free(&x->items);
    for (size_t i = 0; i < x->file_count; i++)
        browse_chunks_free(&x->files[i].numbers);
    free(x->files);
    free(x->recent);
}

size_t browse_index_bytes(const struct browse_index *x)
{
    size_t bytes = browse_chunks_bytes(&x->items) + x->file_room * sizeof *x->files + BROWSE_RECENT * sizeof *x->recent;

    for (size_t i = 0; i < x->file_count; i++)
        bytes += browse_chunks_bytes(&x->files[i].numbers);
    return bytes;
}
