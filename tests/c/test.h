/*
 * What the C tests share: cases that print `ok NAME` or `not ok NAME`, and checks inside them that say where and what.
 *     test_case("a read past the end");   // ends the case before it
 *     CHECK(c.failed);
 *     CHECK_EQ(vfu_cursor_left(&c), 3);
 *     return test_end();                  // at the end of main
 */
#ifndef VFU_TESTS_TEST_H
#define VFU_TESTS_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static struct {
    char name[160];
    unsigned failures, failed_cases;
} test_now;

static inline void test_close(void)
{
    if (test_now.name[0])
        printf("%sok %s\n", test_now.failures ? "not " : "", test_now.name);
    test_now.failed_cases += test_now.failures != 0;
    test_now.failures = 0;
    test_now.name[0] = '\0';
    fflush(stdout);
}

__attribute__((format(printf, 1, 2))) static inline void test_case(const char *format, ...)
{
    va_list args;

    test_close();
    va_start(args, format);
    vsnprintf(test_now.name, sizeof test_now.name, format, args);
    va_end(args);
}

/* The case is about something that is not here: counted as skipped. */
static inline void test_skip(const char *why)
{
    printf("ok %s # skip %s\n", test_now.name, why);
    test_now.name[0] = '\0';
}

static inline int test_end(void)
{
    test_close();
    return test_now.failed_cases ? 1 : 0;
}

static inline bool test_check(bool ok, const char *what, const char *file, int line)
{
    if (!ok) {
        printf("# %s:%d: %s: not so: %s\n", file, line, test_now.name, what);
        test_now.failures++;
    }
    return ok;
}

static inline bool test_check_eq(uint64_t got, uint64_t want, const char *what, const char *file, int line)
{
    if (got != want) {
        printf("# %s:%d: %s: %s is %" PRIu64 " (0x%" PRIx64 "), not %" PRIu64 " (0x%" PRIx64 ")\n", file, line,
               test_now.name, what, got, got, want, want);
        test_now.failures++;
    }
    return got == want;
}

static inline bool test_check_text(const char *got, const char *want, const char *what, const char *file, int line)
{
    bool same = got && strcmp(got, want) == 0;

    if (!same) {
        printf("# %s:%d: %s: %s is\n#   \"%s\", not\n#   \"%s\"\n", file, line, test_now.name, what,
               got ? got : "(null)", want);
        test_now.failures++;
    }
    return same;
}

#define CHECK(condition) test_check((condition) ? true : false, #condition, __FILE__, __LINE__)
#define CHECK_EQ(got, want) test_check_eq((uint64_t)(got), (uint64_t)(want), #got, __FILE__, __LINE__)
#define CHECK_TEXT(got, want) test_check_text((got), (want), #got, __FILE__, __LINE__)

#endif
