/*
 * The time that stands at a line's begin: what is one, what is nearly one and none, and that any bytes may stand there.
 */
#include "capture/logs/timed.h"
#include "test.h"

#include <stdlib.h>
#include <time.h>

#define S UINT64_C(1000000000)
/* 2026-01-31T13:05:00Z */
#define THEN (UINT64_C(1769864700) * S)

static const struct {
    const char *line;
    enum vfu_log_clock clock;
    uint64_t ns;
} lines[] = {
    { "1769864700.25 x", VFU_LOG_DATE, THEN + S / 4 },
    { "1769864700.123456789123: x", VFU_LOG_DATE, THEN + 123456789 },
    { "1769864700 x", VFU_LOG_DATE, THEN },
    { "1769864700", VFU_LOG_DATE, THEN },
    { "[1769864700.5] x", VFU_LOG_DATE, THEN + S / 2 },
    { "4711@1769864700.000001:vfio_user_recv_hdr x", VFU_LOG_DATE, THEN + 1000 },
    { "2026-01-31T13:05:00Z x", VFU_LOG_DATE, THEN },
    { "2026-01-31 13:05:00Z", VFU_LOG_DATE, THEN },
    { "2026-01-31T13:05:00.25+01:00 x", VFU_LOG_DATE, THEN - 3600 * S + S / 4 },
    { "2026-01-31T13:05:00,25-0130 host x", VFU_LOG_DATE, THEN + 5400 * S + S / 4 },
    { "2026-01-31T13:05:00+01 x", VFU_LOG_DATE, THEN - 3600 * S },
    { "2026-01-31 13:05:00.000000001 +0100 x", VFU_LOG_DATE, THEN - 3600 * S + 1 },
    { "[2026-01-31 13:05:00.123456Z] nvme.c: x", VFU_LOG_DATE, THEN + 123456000 },
    { "<6>2026-01-31T13:05:00Z x", VFU_LOG_DATE, THEN },
    /* Without a zone it is the local one's: two hours east, here. */
    { "2026-01-31 13:05:00 x", VFU_LOG_DATE, THEN - 7200 * S },
    { "[2026-01-31 13:05:00.5] x", VFU_LOG_DATE, THEN - 7200 * S + S / 2 },
    { "2026-01-31T13:05:00: x", VFU_LOG_DATE, THEN - 7200 * S },
    { "2026-01-31 13:05:00 -12 degrees", VFU_LOG_DATE, THEN - 7200 * S },
    { "[    0.000000] Linux version", VFU_LOG_SINCE, 0 },
    { "[   12.345678] x", VFU_LOG_SINCE, 12345678000 },
    { "[   12.345678][  T123] x", VFU_LOG_SINCE, 12345678000 },
    { "[12345.678901] x", VFU_LOG_SINCE, 12345678901000 },
    { "<6>[    1.500000] x", VFU_LOG_SINCE, 1500000000 },
    { "  [    1.5] x", VFU_LOG_SINCE, 1500000000 },
    /* and near misses */
    { "", VFU_LOG_NO_TIME, 0 },
    { "[", VFU_LOG_NO_TIME, 0 },
    { "[12] x", VFU_LOG_NO_TIME, 0 },
    { "[12.] x", VFU_LOG_NO_TIME, 0 },
    { "[12.5 x", VFU_LOG_NO_TIME, 0 },
    { "[12.5s] x", VFU_LOG_NO_TIME, 0 },
    { "12.345678 x", VFU_LOG_NO_TIME, 0 },
    { "176986470 x", VFU_LOG_NO_TIME, 0 },
    { "17698647000 x", VFU_LOG_NO_TIME, 0 },
    { "1769864700x", VFU_LOG_NO_TIME, 0 },
    { "1769864700-5", VFU_LOG_NO_TIME, 0 },
    { "99999999999999999999999999999.5 x", VFU_LOG_NO_TIME, 0 },
    { "2026-01-31", VFU_LOG_NO_TIME, 0 },
    { "2026-01-31T13:05 x", VFU_LOG_NO_TIME, 0 },
    { "2026-13-31T13:05:00Z x", VFU_LOG_NO_TIME, 0 },
    { "2026-01-32T13:05:00Z x", VFU_LOG_NO_TIME, 0 },
    { "2026-01-31T24:05:00Z x", VFU_LOG_NO_TIME, 0 },
    { "2026-01-31T13:05:00Zx", VFU_LOG_NO_TIME, 0 },
    { "2026-01-31T13:05:00-x", VFU_LOG_NO_TIME, 0 },
    { "[2026-01-31T13:05:00Z x", VFU_LOG_NO_TIME, 0 },
    { "x 2026-01-31T13:05:00Z", VFU_LOG_NO_TIME, 0 },
    { "@1769864700.5 x", VFU_LOG_NO_TIME, 0 },
    { "<6 1769864700.5 x", VFU_LOG_NO_TIME, 0 },
    { "timeout, resetting", VFU_LOG_NO_TIME, 0 },
};

static void check_lines(void)
{
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        uint64_t ns = 0;

        test_case("%s", lines[i].line);
        CHECK_EQ(vfu_log_time(lines[i].line, strlen(lines[i].line), &ns), lines[i].clock);
        if (lines[i].clock != VFU_LOG_NO_TIME)
            CHECK_EQ(ns, lines[i].ns);
    }
}

/* Each line cut at each place, and changed at each place to each byte, flush against the end of its memory. */
static void check_any(void)
{
    uint64_t ns, sum = 0;

    test_case("whatever bytes there are");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t length = strlen(lines[i].line);

        for (size_t size = 0; size <= length; size++) {
            char *room = malloc(size ? size : 1);

            for (unsigned byte = 0; room && byte < 256; byte++) {
                memcpy(room, lines[i].line, size);
                if (size)
                    room[size - 1] = (char)byte;
                sum += vfu_log_time(room, size, &ns);
            }
            free(room);
        }
    }
    CHECK(sum > 0);
}

int main(void)
{
    setenv("TZ", "EET-2", 1);
    tzset();
    check_lines();
    check_any();
    return test_end();
}
