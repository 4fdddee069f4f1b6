/*
 * Words of a command line: see parse.h.
 */
#include "cli/shell/shell.h"
#include "decoder/wire/parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool shell_is_memory_name(const char *name)
{
    size_t size = strlen(name);

    for (const char *at = name; *at; at++)
        if (!isalnum((unsigned char)*at) && *at != '_' && (*at != '.' || at == name))
            return false;
    return size > 0 && size < SHELL_MAP_NAME && !isdigit((unsigned char)name[0]);
}

bool shell_named_address(const struct shell *sh, const char *text, uint64_t *address)
{
    size_t size = strcspn(text, "+");
    const struct shell_map *m = shell_maps_named(&sh->device.maps, text, size);
    uint64_t offset = 0;

    if (!m || (text[size] && !vfu_parse_number(text + size + 1, &offset)))
        return false;
    *address = m->address + offset;
    return true;
}

bool shell_number(struct shell *sh, const char *what, const char *text, uint64_t *number)
{
    return vfu_parse_number(text, number) || shell_named_address(sh, text, number) ||
           shell_fail(sh, "%s: %.80s: not a number", what, text);
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

const struct vfu_name *shell_exact(const struct vfu_name *names, const char *word)
{
    for (; names->name; names++)
        if (strcmp(names->name, word) == 0)
            return names;
    return NULL;
}

bool shell_hex(struct shell *sh, const char *text, uint8_t **bytes, size_t *size)
{
    return vfu_parse_hex(text, bytes, size) ||
           shell_fail(sh, "%.40s: not hex bytes (an even number of digits, such as 00ff12)", text);
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
