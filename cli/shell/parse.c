/*
 * The shell's arguments: numbers, IRQs, times, hex.
 */
#include "cli/shell/shell.h"
#include "decoder/wire/parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool shell_number(struct shell *sh, const char *what, const char *text, uint64_t *number)
{
    return vfu_parse_number(text, number) || shell_fail(sh, "%s: %.80s: not a number", what, text);
}

bool shell_u32(struct shell *sh, const char *what, const char *text, uint32_t *number)
{
    uint64_t n;

    if (!shell_number(sh, what, text, &n))
        return false;
    *number = (uint32_t)n;
    return n <= UINT32_MAX || shell_fail(sh, "%s: %.80s: above 32 bits", what, text);
}

bool shell_range(struct shell *sh, const char *address, const char *size, struct shell_range *range)
{
    return shell_number(sh, "IOVA", address, &range->address) && shell_number(sh, "SIZE", size, &range->size);
}

bool shell_named(const struct vfu_name *names, const char *text, size_t size, uint32_t *number)
{
    char word[32];
    uint64_t n;

    if (size >= sizeof word)
        return false;
    memcpy(word, text, size);
    word[size] = '\0';
    if (!vfu_parse_named(names, word, &n))
        return false;
    *number = (uint32_t)n;
    return n <= UINT32_MAX;
}

bool shell_irq_index(struct shell *sh, const char *text, uint32_t *index)
{
    return shell_named(vfu_irq_names, text, strlen(text), index) ||
           shell_fail(sh, "%.80s: no IRQ index (intx, msi, msix, err, req or a number)", text);
}

bool shell_time(struct shell *sh, const char *text, int *ms)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = { { "us", 0.001 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 } };
    char *unit;
    double n = isdigit((unsigned char)text[0]) ? strtod(text, &unit) : -1;

    for (size_t i = 0; n >= 0 && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].unit) != 0)
            continue;
        n *= units[i].ms;
        if (!(n < 1e9))
            break;
        *ms = n > 0 && n < 1 ? 1 : (int)n;
        return true;
    }
    return shell_fail(sh, "%.80s: not a time (such as 200ms or 2s)", text);
}

unsigned shell_width(const char *text)
{
    static const char letters[] = "bwlq";
    const char *at = text[0] && !text[1] ? strchr(letters, text[0]) : NULL;

    return at ? 1u << (at - letters) : 0;
}

bool shell_hex(struct shell *sh, const char *text, uint8_t **bytes, size_t *size)
{
    return vfu_parse_hex(text, bytes, size) ||
           shell_fail(sh, "%.40s: not hex bytes (an even number of digits, such as 00ff12)", text);
}

bool shell_errno(struct shell *sh, const char *text, uint32_t *number)
{
    return shell_named(vfu_errno_names, text, strlen(text), number) ||
           shell_fail(sh, "%.80s: no error (a name such as EINVAL, or a number)", text);
}

const char *shell_name(char *buffer, const struct vfu_name *names, uint64_t value)
{
    const char *name = vfu_name_of(names, value);

    if (name)
        snprintf(buffer, SHELL_NAME, "%s", name);
    else
        snprintf(buffer, SHELL_NAME, "%llu", (unsigned long long)value);
    return buffer;
}
