/*
 * Two runs side by side: the longest common one, of small sequences beside a naive search, and of large and hostile ones
 * within bounds; and what of two exchanges is no difference.
 */
#include "decoder/align/align.h"
#include "test.h"

#include <stdlib.h>

enum { LARGE = 100000 };

/* How many are common, after checking that they are, and in order. */
static size_t common(const uint64_t *a, size_t n, const uint64_t *b, size_t m, bool *cut)
{
    uint32_t *other = malloc((n + 1) * sizeof *other), last = VFU_ALONE;
    size_t count = 0;

    *cut = false;
    CHECK(other && vfu_lcs(a, n, b, m, other, cut));
    for (size_t i = 0; i < n; i++) {
        if (other[i] == VFU_ALONE)
            continue;
        if (!CHECK(other[i] < m && a[i] == b[other[i]] && (last == VFU_ALONE || other[i] > last)))
            break;
        last = other[i];
        count++;
    }
    free(other);
    return count;
}

/* By the table of all prefixes. */
static size_t naive(const uint64_t *a, size_t n, const uint64_t *b, size_t m)
{
    size_t table[33][33] = { { 0 } };

    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++)
            table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1
                          : table[i - 1][j] > table[i][j - 1] ? table[i - 1][j] : table[i][j - 1];
    return table[n][m];
}

static unsigned random_below(unsigned limit)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % limit;
}

static void small(void)
{
    uint64_t a[32], b[32];
    bool cut;

    test_case("small ones, as a naive search has them");
    for (unsigned round = 0; round < 20000; round++) {
        unsigned n = random_below(33), m = random_below(33), kinds = 1 + random_below(8);

        for (unsigned i = 0; i < n; i++)
            a[i] = random_below(kinds);
        for (unsigned i = 0; i < m; i++)
            b[i] = random_below(kinds);
        if (!CHECK_EQ(common(a, n, b, m, &cut), naive(a, n, b, m)) || !CHECK(!cut))
            break;
    }
}

static void fill(uint64_t *list, size_t count, uint64_t first, uint64_t step)
{
    for (size_t i = 0; i < count; i++)
        list[i] = first + i * step;
}

static void large(uint64_t *a, uint64_t *b)
{
    bool cut;

    test_case("large: all the same");
    fill(a, LARGE, 7, 0);
    fill(b, LARGE, 7, 0);
    CHECK_EQ(common(a, LARGE, b, LARGE, &cut), LARGE);
    CHECK(!cut);
    CHECK_EQ(common(a, LARGE, b, 10, &cut), 10);
    CHECK_EQ(common(a, 3, b, LARGE, &cut), 3);
    test_case("large: one is empty");
    CHECK_EQ(common(a, LARGE, b, 0, &cut), 0);
    CHECK_EQ(common(a, 0, b, LARGE, &cut), 0);
    CHECK_EQ(common(a, 0, b, 0, &cut), 0);
    test_case("large: nothing is the same");
    fill(a, LARGE, 0, 2);
    fill(b, LARGE, 1, 2);
    CHECK_EQ(common(a, LARGE, b, LARGE, &cut), 0);
    test_case("large: the other way round");
    fill(a, LARGE, 0, 1);
    fill(b, LARGE, LARGE - 1, (uint64_t)-1);
    CHECK(common(a, LARGE, b, LARGE, &cut) <= 1);
    test_case("large: a few were put in and taken out");
    fill(b, LARGE, 0, 1);
    for (size_t i = 0; i < 1000; i++)
        b[i * 97] = LARGE + i;
    CHECK_EQ(common(a, LARGE, b, LARGE, &cut), LARGE - 1000);
    CHECK(!cut);
    test_case("large: the begin is missing");
    fill(b, LARGE, 5000, 1);
    CHECK_EQ(common(a, LARGE, b, LARGE, &cut), LARGE - 5000);
    test_case("large: much was put in of what is there anyway");
    for (size_t i = 0; i < LARGE; i++)
        a[i] = i % 1000;
    for (size_t i = 0; i < LARGE; i++)
        b[i] = i < 20000 || i >= 60000 ? i % 1000 : random_below(1000);
    CHECK(common(a, LARGE, b, LARGE, &cut) >= 60000);
    test_case("large: noise");
    for (size_t i = 0; i < LARGE; i++) {
        a[i] = random_below(4);
        b[i] = random_below(4);
    }
    CHECK(common(a, LARGE, b, LARGE, &cut) > LARGE / 2); /* 0.65 of it, as is known of four letters */
    CHECK(cut);
}

int main(void)
{
    uint64_t *a = malloc(LARGE * sizeof *a), *b = malloc(LARGE * sizeof *b);

    small();
    if (a && b)
        large(a, b);
    free(a);
    free(b);
    return test_end();
}
