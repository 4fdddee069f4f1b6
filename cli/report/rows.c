/*
 * Exchanges as rows: found by number, and thinned where they are too many. What something is wrong with stays, then what
 * stands near that, then what came first and last.
 */
#include "cli/report/inside.h"

#include <stdlib.h>
#include <string.h>

enum { KEEP_NOT, KEEP_ANY, KEEP_NEAR, KEEP_WAITS, KEEP_WRONG };

void report_rows_free(struct report_rows *r)
{
    free(r->list);
    report_store_free(&r->words);
    report_store_free(&r->lines);
    report_store_free(&r->bodies);
    *r = (struct report_rows){ 0 };
}

static bool is_pending(const struct report_row *row)
{
    return row->kind == REPORT_EXCHANGE && !row->reply.no && !(row->marks & REPORT_NO_REPLY);
}

/* --- what a row costs --- */

struct seen {
    uint8_t *words, *lines, *bodies; /* a byte each */
};

static size_t cost_of_word(const struct report_rows *r, struct seen *seen, uint32_t word)
{
    if (word >= r->words.count || seen->words[word])
        return 0;
    seen->words[word] = 1;
    return r->words.list[word].size + 4;
}

static size_t cost_of_half(const struct report_rows *r, struct seen *seen, const struct report_half *h)
{
    size_t cost = cost_of_word(r, seen, h->said), size;
    const uint8_t *lines = report_store_at(&r->lines, h->fields, &size);

    if (h->body < r->bodies.count && !seen->bodies[h->body]) {
        seen->bodies[h->body] = 1;
        cost += r->bodies.list[h->body].size * 4 / 3 + 6;
    }
    if (h->fields >= r->lines.count || seen->lines[h->fields])
        return cost;
    seen->lines[h->fields] = 1;
    for (size_t i = 0; i < size; i += sizeof(uint32_t)) {
        uint32_t word;

        memcpy(&word, lines + i, sizeof word);
        cost += 5 + cost_of_word(r, seen, word);
    }
    return cost;
}

static size_t cost_of(const struct report_rows *r, struct seen *seen, const struct report_row *row)
{
    enum { OF_ITSELF = 64 /* bytes of its columns, about */ };

    return OF_ITSELF + cost_of_word(r, seen, row->reg) + cost_of_word(r, seen, row->value) + cost_of_word(r, seen, row->below) +
           cost_of_half(r, seen, &row->command) + cost_of_half(r, seen, &row->reply);
}

/* --- which stay --- */

static void rank_all(struct report_rows *r)
{
    size_t behind = 0;

    for (size_t i = 0; i < r->count; i++) {
        struct report_row *row = &r->list[i];

        row->keep = row->marks & REPORT_WRONG ? KEEP_WRONG : is_pending(row) ? KEEP_WAITS : behind ? KEEP_NEAR : KEEP_ANY;
        behind = row->keep == KEEP_WRONG ? REPORT_NEAR : behind - (behind > 0);
        for (size_t k = 1; row->keep == KEEP_WRONG && k <= REPORT_NEAR && k <= i; k++)
            if (r->list[i - k].keep == KEEP_ANY)
                r->list[i - k].keep = KEEP_NEAR;
    }
}

struct choice {
    struct report_rows *rows;
    struct seen seen;
    size_t left, bytes; /* that may be taken yet */
};

/* Into the page with it, if there is room. */
static bool choose(struct choice *c, struct report_row *row)
{
    size_t cost = c->left ? cost_of(c->rows, &c->seen, row) : 0;

    if (!c->left || cost > c->bytes) {
        c->left = 0;
        row->keep = KEEP_NOT;
        return false;
    }
    c->left--;
    c->bytes -= cost;
    return true;
}

/* Those of a rank, from both ends. */
static void choose_all(struct choice *c, uint8_t rank)
{
    struct report_row *list = c->rows->list;

    for (size_t first = 0, last = c->rows->count; first < last;) {
        while (first < last && list[first].keep != rank)
            first++;
        if (first < last)
            choose(c, &list[first++]);
        while (first < last && list[last - 1].keep != rank)
            last--;
        if (first < last)
            choose(c, &list[--last]);
    }
}

/* --- what is kept of texts, once rows have gone --- */

static uint32_t again(struct report_store *to, const struct report_store *from, uint32_t number)
{
    size_t size;
    const uint8_t *bytes = report_store_at(from, number, &size);

    return report_store_add(to, bytes, size);
}

static uint32_t lines_again(struct report_rows *to, const struct report_rows *from, uint32_t number)
{
    uint32_t words[256];
    size_t size;
    const uint8_t *bytes = report_store_at(&from->lines, number, &size);

    size = size < sizeof words ? size : sizeof words;
    memcpy(words, bytes, size);
    for (size_t i = 0; i < size / sizeof *words; i++)
        words[i] = again(&to->words, &from->words, words[i]);
    return report_store_add(&to->lines, words, size);
}

static void half_again(struct report_rows *to, const struct report_rows *from, struct report_half *h)
{
    h->said = again(&to->words, &from->words, h->said);
    h->body = again(&to->bodies, &from->bodies, h->body);
    h->fields = lines_again(to, from, h->fields);
}

static void stores_again(struct report_rows *r)
{
    struct report_rows old = *r;

    r->words = r->lines = r->bodies = (struct report_store){ 0 };
    for (size_t i = 0; i < r->count; i++) {
        struct report_row *row = &r->list[i];

        half_again(r, &old, &row->command);
        half_again(r, &old, &row->reply);
        row->reg = again(&r->words, &old.words, row->reg);
        row->value = again(&r->words, &old.words, row->value);
        row->below = again(&r->words, &old.words, row->below);
    }
    report_store_free(&old.words);
    report_store_free(&old.lines);
    report_store_free(&old.bodies);
}

static size_t bytes_of(const struct report_rows *r)
{
    return r->words.used + r->lines.used + r->bodies.used * 4 / 3 + 64 * r->count;
}

void report_rows_thin(struct report_rows *r, size_t most)
{
    struct choice c = { .rows = r, .left = most, .bytes = REPORT_BYTES };
    size_t kept = 0;

    if (r->count <= most && bytes_of(r) <= REPORT_BYTES)
        return;
    c.seen = (struct seen){ calloc(r->words.count + 1, 1), calloc(r->lines.count + 1, 1), calloc(r->bodies.count + 1, 1) };
    if (c.seen.words && c.seen.lines && c.seen.bodies) {
        rank_all(r);
        for (uint8_t rank = KEEP_WRONG; rank > KEEP_NOT; rank--)
            choose_all(&c, rank);
        for (size_t i = 0; i < r->count; i++)
            if (r->list[i].keep != KEEP_NOT)
                r->list[kept++] = r->list[i];
        r->left_out += r->count - kept;
        r->count = kept;
        stores_again(r);
    } else {
        r->no_memory = true;
    }
    free(c.seen.words);
    free(c.seen.lines);
    free(c.seen.bodies);
}

/* The first that is not below this key. */
static size_t lower(const struct report_rows *r, uint64_t key)
{
    size_t low = 0, high = r->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (r->list[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct report_row *report_rows_new(struct report_rows *r, uint64_t no)
{
    uint64_t key;
    size_t at;

    if (!r->list && (r->list = malloc(REPORT_ROOM * sizeof *r->list)) == NULL)
        r->no_memory = true;
    if (r->no_memory)
        return NULL;
    if (r->count == REPORT_ROOM || bytes_of(r) > 2 * (size_t)REPORT_BYTES)
        report_rows_thin(r, REPORT_MOST);
    if (r->count == REPORT_ROOM)
        return NULL;
    at = r->count++;
    if (no == 1 && at) /* captures that were put together: numbers begin again */
        r->base = r->list[at - 1].key;
    key = no ? r->base + no : at ? r->list[at - 1].key : 0;
    if (at && r->list[at - 1].key > key) { /* a filter's command comes with its reply */
        at = lower(r, key);
        memmove(&r->list[at + 1], &r->list[at], (r->count - 1 - at) * sizeof *r->list);
    }
    memset(&r->list[at], 0, sizeof r->list[at]);
    r->list[at].key = key;
    r->list[at].region = REPORT_NO_REGION;
    return &r->list[at];
}

struct report_row *report_rows_find(struct report_rows *r, uint64_t no)
{
    uint64_t key = r->base + no;
    size_t at = lower(r, key);

    return no && at < r->count && r->list[at].key == key && r->list[at].kind != REPORT_EVENT ? &r->list[at] : NULL;
}

size_t report_rows_with(const struct report_rows *r, uint64_t no)
{
    size_t at = lower(r, no);

    if (at < r->count && r->list[at].key == no && r->list[at].kind != REPORT_EVENT)
        return at;
    while (at-- > 0)
        if (r->list[at].reply.no == no)
            return at;
    return SIZE_MAX;
}
