/*
 * Numbers, times and bytes as people write them: see parse.h.
 */
#include "decoder/wire/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool vfu_parse_number(const char *text, uint64_t *number)
{
    static const char units[] = "KMGT";
    char *end;
    unsigned shift = 0;
    const char *unit;

    if (*text < '0' || *text > '9') /* strtoull takes signs and spaces */
        return false;
    errno = 0;
    *number = strtoull(text, &end, 0);
    if (errno)
        return false;
    if (*end) {
        unit = strchr(units, *end >= 'a' ? *end - 32 : *end);
        if (!unit || !*unit || end[1])
            return false;
        shift = 10 * (unsigned)(unit - units + 1);
    }
    if (shift && *number >> (64 - shift))
        return false;
    *number <<= shift;
    return true;
}

bool vfu_parse_time(const char *text, uint64_t *ns)
{
    static const struct {
        const char *name;
        double unit;
    } units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
    char *end;
    double number = strtod(text, &end);

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (end == text || strcmp(end, units[i].name) != 0 || !(number >= 0) || number * units[i].unit > 1e18)
            continue;
        *ns = (uint64_t)(number * units[i].unit + 0.5);
        return true;
    }
    return false;
}

/* So many seconds are no duration of a run: they are those since 1970, as JSON has them. */
#define EPOCH UINT64_C(1000000000)

/* So many digits, a number up to `most`; *at goes behind them. */
static bool take_digits(const char **at, unsigned count, int most, int *number)
{
    *number = 0;
    for (; count > 0; count--, ++*at) {
        if (**at < '0' || **at > '9')
            return false;
        *number = *number * 10 + (**at - '0');
    }
    return *number <= most;
}

/* .25 of a second, or as some logs have it ,25; nothing is zero. What is finer than a nanosecond is cut off. */
static bool take_fraction(const char **at, bool comma, uint64_t *ns)
{
    uint64_t unit = 100000000;

    *ns = 0;
    if (**at != '.' && !(comma && **at == ',' && (*at)[1] >= '0' && (*at)[1] <= '9'))
        return true;
    if (*++*at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; ++*at, unit /= 10)
        *ns += (uint64_t)(**at - '0') * unit;
    return true;
}

/* Z, +01:00, +0100, -05; seconds east of Greenwich. */
static bool take_zone(const char **at, long *east)
{
    int sign = **at == '-' ? -1 : 1, hours, minutes = 0;

    *east = 0;
    if (**at == 'Z' || **at == 'z') {
        ++*at;
        return true;
    }
    if (**at != '+' && **at != '-')
        return false;
    ++*at;
    if (!take_digits(at, 2, 14, &hours))
        return false;
    if (**at == ':')
        ++*at;
    else if (**at < '0' || **at > '9')
        minutes = -1;
    if (minutes == 0 && !take_digits(at, 2, 59, &minutes))
        return false;
    minutes = minutes < 0 ? 0 : minutes;
    *east = sign * (hours * 3600L + minutes * 60L);
    return true;
}

static bool take(const char **at, char c)
{
    bool there = **at == c;

    *at += there;
    return there;
}

/* Does a zone follow? Behind a blank only one of four digits is any: +0100; it is gone to. */
static bool has_zone(const char **at)
{
    const char *zone = *at + (**at == ' ');
    size_t digits = *zone == '+' || *zone == '-' ? strspn(zone + 1, "0123456789") : 0;

    if (digits != 4 && (*zone != **at || (digits != 2 && **at != 'Z' && **at != 'z')))
        return false;
    *at = zone;
    return true;
}

/* ISO 8601, and with a space in place of its T. */
static bool take_date(const char **text, bool with_zone, uint64_t *ns)
{
    const char *at = *text;
    struct tm tm = { .tm_isdst = 0 };
    uint64_t fraction;
    long east = 0;
    bool zone;
    time_t seconds;

    if (!take_digits(&at, 4, 2500, &tm.tm_year) || !take(&at, '-') || !take_digits(&at, 2, 12, &tm.tm_mon) ||
        !take(&at, '-') || !take_digits(&at, 2, 31, &tm.tm_mday) || (!take(&at, 'T') && !take(&at, ' ')) ||
        !take_digits(&at, 2, 23, &tm.tm_hour) || !take(&at, ':') || !take_digits(&at, 2, 59, &tm.tm_min) ||
        !take(&at, ':') || !take_digits(&at, 2, 60, &tm.tm_sec) || !take_fraction(&at, true, &fraction) ||
        (!(zone = has_zone(&at)) && with_zone) || (zone && !take_zone(&at, &east)) || tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mday < 1)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    if (!zone)
        tm.tm_isdst = -1;
    seconds = zone ? timegm(&tm) - east : mktime(&tm);
    *ns = (uint64_t)seconds * 1000000000u + fraction;
    *text = at;
    return seconds >= 0;
}

bool vfu_take_date(const char **text, uint64_t *ns)
{
    return take_date(text, false, ns);
}

bool vfu_parse_instant(const char *text, uint64_t *ns, bool *since_start)
{
    const char *at = text;
    uint64_t seconds = 0, fraction;

    *since_start = false;
    if (take_date(&at, true, ns) && !*at)
        return true;
    at = text;
    *since_start = true;
    if (vfu_parse_time(text, ns))
        return true;
    for (; *at >= '0' && *at <= '9' && seconds < EPOCH * 10; at++)
        seconds = seconds * 10 + (uint64_t)(*at - '0');
    if (at == text || !take_fraction(&at, false, &fraction) || *at)
        return false;
    *since_start = seconds < EPOCH;
    *ns = seconds * 1000000000u + fraction;
    return true;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool vfu_parse_hex(const char *text, uint8_t **bytes, size_t *size)
{
    size_t length = strlen(text);

    *size = 0;
    *bytes = malloc(length / 2 + 1);
    if (!*bytes)
        return false;
    for (; *text; text += 2) {
        if (digit(text[0]) < 0 || digit(text[1]) < 0) {
            free(*bytes);
            *bytes = NULL;
            return false;
        }
        (*bytes)[(*size)++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
    }
    return true;
}
