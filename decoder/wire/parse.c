/*
 * Numbers, times and bytes as people write them: see parse.h.
 */
#include "decoder/wire/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
