/*
 * Ranges of addresses in order: beside a naive model, and how much is moved, whatever the order in which they come and
 * go.
 */
#include "decoder/wire/ranges.h"
#include "test.h"

#include <stdlib.h>

enum { MAX = 65535 };

struct item {
    uint64_t address, size;
    unsigned number;
    char more[5];
};

#define RANGES (struct vfu_ranges)VFU_RANGES_OF(struct item)

static struct item *add(struct vfu_ranges *r, uint64_t address, uint64_t size, unsigned number)
{
    return vfu_ranges_add(r, &(struct item){ .address = address, .size = size, .number = number });
}

/* The number of an item; 0: none. */
static unsigned number(const struct item *item)
{
    return item ? item->number : 0;
}

static void edges(void)
{
    struct vfu_ranges r = RANGES;

    test_case("none");
    CHECK_EQ(number(vfu_ranges_first(&r)), 0);
    CHECK_EQ(number(vfu_ranges_at(&r, 0)), 0);
    CHECK_EQ(number(vfu_ranges_over(&r, 0, UINT64_MAX)), 0);
    vfu_ranges_clear(&r);

    test_case("both ends of a range");
    add(&r, 0x2000, 0x1000, 2);
    add(&r, 0x1000, 0x800, 1);
    CHECK_EQ(number(vfu_ranges_at(&r, 0xfff)), 0);
    CHECK_EQ(number(vfu_ranges_at(&r, 0x1000)), 1);
    CHECK_EQ(number(vfu_ranges_at(&r, 0x17ff)), 1);
    CHECK_EQ(number(vfu_ranges_at(&r, 0x1800)), 0);
    CHECK_EQ(number(vfu_ranges_from(&r, 0x1800)), 2);
    CHECK_EQ(number(vfu_ranges_from(&r, 0x17ff)), 1);
    CHECK_EQ(number(vfu_ranges_from(&r, 0x3000)), 0);
    CHECK_EQ(number(vfu_ranges_over(&r, 0x800, 0x800)), 0);
    CHECK_EQ(number(vfu_ranges_over(&r, 0x800, 0x801)), 1);
    CHECK_EQ(number(vfu_ranges_over(&r, 0x1800, 0x800)), 0);
    CHECK_EQ(number(vfu_ranges_over(&r, 0x1800, 0x801)), 2);
    CHECK_EQ(number(vfu_ranges_over(&r, 0x2800, 0)), 0);
    CHECK_EQ(number(vfu_ranges_next(&r, vfu_ranges_first(&r))), 2);
    CHECK_EQ(number(vfu_ranges_next(&r, vfu_ranges_at(&r, 0x2000))), 0);

    test_case("a range to the last address, and one that claims more");
    add(&r, UINT64_MAX - 0xfff, 0x1000, 3);
    CHECK_EQ(number(vfu_ranges_at(&r, UINT64_MAX)), 3);
    CHECK_EQ(number(vfu_ranges_over(&r, 0x3000, UINT64_MAX)), 3);
    vfu_ranges_remove(&r, vfu_ranges_at(&r, UINT64_MAX));
    add(&r, 0x4000, UINT64_MAX, 4);
    CHECK_EQ(number(vfu_ranges_at(&r, UINT64_MAX)), 4);
    CHECK_EQ(number(vfu_ranges_at(&r, 0)), 0);
    CHECK_EQ(((struct item *)vfu_ranges_at(&r, 0x4000))->size, UINT64_MAX);
    CHECK_EQ(r.count, 3);
    vfu_ranges_clear(&r);
    CHECK_EQ(r.count, 0);
    CHECK_EQ(number(vfu_ranges_first(&r)), 0);
    add(&r, 1, 1, 5); /* cleared ones can be used again */
    CHECK_EQ(number(vfu_ranges_at(&r, 1)), 5);
    vfu_ranges_clear(&r);
}

/* --- a model: whose each of some pages is --- */

enum { PAGES = 3000, STEPS = 60000 };

static unsigned owner[PAGES];

static unsigned wrong_walk(const struct vfu_ranges *r)
{
    size_t count = 0;
    unsigned wrong = 0, page = 0;

    for (const struct item *i = vfu_ranges_first(r); i; i = vfu_ranges_next(r, i), count++) {
        while (page < PAGES && !owner[page])
            page++;
        wrong += page == PAGES || i->address != page || i->number != owner[page];
        page += (unsigned)i->size;
    }
    while (page < PAGES && !owner[page])
        page++;
    return wrong + (page != PAGES) + (count != r->count);
}

static unsigned model_over(unsigned page, unsigned size)
{
    for (unsigned i = page; i < page + size && i < PAGES; i++)
        if (owner[i])
            return owner[i];
    return 0;
}

/* Mostly maps, then mostly unmaps, and again; sizes of 1 to 3 pages. */
static void random_steps(void)
{
    struct vfu_ranges r = RANGES;
    unsigned wrong = 0;
    size_t most = 0;

    test_case("%d random maps and unmaps beside a naive model", STEPS);
    srand(7);
    for (unsigned n = 1; n <= STEPS; n++) {
        unsigned page = (unsigned)rand() % (PAGES - 4), size = 1 + (unsigned)rand() % 3, over = model_over(page, size);
        struct item *there = vfu_ranges_over(&r, page, size);

        wrong += number(there) != over || number(vfu_ranges_at(&r, page)) != owner[page] ||
                 number(vfu_ranges_from(&r, page)) != model_over(page, PAGES);
        if (!over && (unsigned)rand() % 8 < (n / 10000 % 2 ? 1 : 7)) {
            wrong += number(add(&r, page, size, n)) != n;
            for (unsigned i = page; i < page + size; i++)
                owner[i] = n;
        } else if (there && (unsigned)rand() % 8 < (n / 10000 % 2 ? 7 : 1)) {
            vfu_ranges_remove(&r, there);
            for (unsigned i = 0; i < PAGES; i++)
                owner[i] = owner[i] == over ? 0 : owner[i];
        }
        most = r.count > most ? r.count : most;
        if (n % 97 == 0)
            wrong += wrong_walk(&r);
    }
    CHECK_EQ(wrong, 0);
    CHECK(most > 500); /* there were several chunks */
    CHECK(r.count < most / 2);
    vfu_ranges_clear(&r);
}

/* --- how much is moved --- */

enum order { UP, DOWN, MIXED };
static const char *const order_names[] = { "up", "down", "mixed" };

/* The address of the i-th of MAX, in some order: MAX has no factor in common with the stride. */
static uint64_t address_of(enum order order, uint64_t i)
{
    return 0x1000 * (order == UP ? i : order == DOWN ? MAX - 1 - i : i * 30011 % MAX);
}

static void moved(enum order in, enum order out)
{
    struct vfu_ranges r = RANGES;
    size_t made;

    test_case("%d maps %s and %s again move at most 128 each", MAX, order_names[in], order_names[out]);
    for (uint64_t i = 0; i < MAX; i++)
        add(&r, address_of(in, i), 0x1000, 1);
    CHECK_EQ(r.count, MAX);
    made = r.moved;
    CHECK(made < 128 * MAX);
    for (uint64_t i = 0; i < MAX; i++)
        vfu_ranges_remove(&r, vfu_ranges_at(&r, address_of(out, i)));
    CHECK_EQ(r.count, 0);
    CHECK_EQ(r.chunk_count, 0);
    CHECK(r.moved - made < 128 * MAX);
    vfu_ranges_clear(&r);
}

/* All but one in 64 go, in this order: what is left must not be spread over many chunks. */
static void thinned(enum order order)
{
    struct vfu_ranges r = RANGES;

    test_case("what is left of many takes little room, thinned out %s", order_names[order]);
    for (uint64_t i = 0; i < MAX; i++)
        add(&r, 0x1000 * i, 0x1000, 1);
    for (uint64_t i = 0; i < MAX; i++)
        if (address_of(order, i) / 0x1000 % 64)
            vfu_ranges_remove(&r, vfu_ranges_at(&r, address_of(order, i)));
    CHECK_EQ(r.count, 1024);
    CHECK(r.chunk_count <= 4 * 1024 / 64 + 1);
    vfu_ranges_clear(&r);
}

int main(void)
{
    edges();
    random_steps();
    for (enum order in = UP; in <= MIXED; in++)
        for (enum order out = UP; out <= MIXED; out++)
            moved(in, out);
    for (enum order order = UP; order <= MIXED; order++)
        thinned(order);
    return test_end();
}
