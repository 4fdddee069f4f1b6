/*
 * The time that stands at a line's begin, as logs have them.
 */
#include "capture/logs/timed.h"
#include "decoder/wire/parse.h"

#include <string.h>

enum { LOOKED_AT = 80 /* bytes of a line */ };
/* Seconds since 1970 have ten digits, until 2286; fewer are since a machine's start. */
#define EPOCH UINT64_C(1000000000)
#define END_OF_EPOCH UINT64_C(10000000000)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* <6>, as the kernel and syslog have it; 4711@, as QEMU's trace has it. */
static const char *skip_prefix(const char *at)
{
    const char *digits = at + (*at == '<'), *end = digits;

    while (is_digit(*end) && end - digits < 10)
        end++;
    return end > digits && *end == (*at == '<' ? '>' : '@') ? end + 1 : at;
}

/* Does nothing go on that would make another word of it? */
static bool ends(char c, bool bracket)
{
    return bracket ? c == ']' : !c || strchr(" \t:;,|]", c) != NULL;
}

/* 12.345678, with as many digits as there are; since 1970 it may be without a fraction. */
static enum vfu_log_clock take_seconds(const char *at, bool bracket, uint64_t *ns)
{
    uint64_t seconds = 0, fraction = 0, unit = 100000000;
    const char *begin = at, *point;

    for (; is_digit(*at) && seconds < END_OF_EPOCH; at++)
        seconds = seconds * 10 + (uint64_t)(*at - '0');
    point = at;
    if (point == begin || seconds >= END_OF_EPOCH)
        return VFU_LOG_NO_TIME;
    if (*at == '.' && is_digit(at[1]))
        for (at++; is_digit(*at); at++, unit /= 10)
            fraction += (uint64_t)(*at - '0') * unit;
    *ns = seconds * 1000000000u + fraction;
    if (!ends(*at, bracket))
        return VFU_LOG_NO_TIME;
    if (seconds >= EPOCH)
        return VFU_LOG_DATE;
    return bracket && at > point ? VFU_LOG_SINCE : VFU_LOG_NO_TIME;
}

enum vfu_log_clock vfu_log_time(const char *line, size_t size, uint64_t *ns)
{
    char text[LOOKED_AT + 1];
    const char *at = text, *behind;
    bool bracket;

    size = size < LOOKED_AT ? size : LOOKED_AT;
    memcpy(text, line, size);
    text[size] = '\0';
    at += strspn(at, " \t");
    at = skip_prefix(at);
    bracket = *at == '[';
    if (bracket)
        for (at++; *at == ' '; at++)
            ;
    behind = at;
    if (vfu_take_date(&behind, ns))
        return ends(*behind, bracket) ? VFU_LOG_DATE : VFU_LOG_NO_TIME;
    return take_seconds(at, bracket, ns);
}
