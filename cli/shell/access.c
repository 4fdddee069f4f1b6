/*
 * Access to a region: see access.h.
 */
#include "cli/shell/access.h"
#include "cli/shell/inside.h"

struct shell_access shell_access(const struct shell_value *place, const struct shell_value *width,
                                 const struct shell_value *via)
{
    return (struct shell_access){ .region = place->place.region, .offset = place->place.offset,
                                  .width = (unsigned)width->number, .mmap = via->number };
}

static enum shell_result past_socket(struct shell *sh, const struct shell_access *a, uint8_t *to, const uint8_t *from,
                                     size_t size)
{
    struct shell_window window;
    enum shell_result result = shell_window_open(sh, a->region, a->offset, size, from != NULL, &window);
    bool done;

    if (result != SHELL_OK)
        return result;
    done = from ? shell_window_write(sh, &window, from, size, a->width)
                : shell_window_read(sh, &window, to, size, a->width);
    shell_window_close(&window);
    return done ? SHELL_OK : SHELL_FAILED;
}

enum shell_result shell_access_read(struct shell *sh, const struct shell_access *a, uint8_t *to, size_t size)
{
    enum shell_result result = SHELL_OK;

    if (a->mmap)
        return past_socket(sh, a, to, NULL, size);
    if (!a->each)
        return shell_region_read(sh, a->region, a->offset, to, size);
    for (size_t i = 0; i < size && result == SHELL_OK; i += a->width)
        result = shell_region_read(sh, a->region, a->offset + i, to + i, size - i < a->width ? size - i : a->width);
    return result;
}

enum shell_result shell_access_write(struct shell *sh, const struct shell_access *a, const uint8_t *from, size_t size)
{
    enum shell_result result = SHELL_OK;

    if (a->mmap)
        return past_socket(sh, a, NULL, from, size);
    if (!a->each)
        return shell_region_write(sh, a->region, a->offset, from, size, a->posted);
    for (size_t i = 0; i < size && result == SHELL_OK; i += a->width)
        result = shell_region_write(sh, a->region, a->offset + i, from + i, size - i < a->width ? size - i : a->width,
                                    a->posted);
    return result;
}

bool shell_fits(struct shell *sh, const char *text, unsigned width, uint64_t value)
{
    return width >= 8 || !(value >> (8 * width)) ||
           shell_fail(sh, "VALUE: %.80s: does not fit %u byte%s", text, width, width > 1 ? "s" : "");
}

bool shell_value(struct shell *sh, const char *text, unsigned width, uint64_t *value)
{
    return shell_number(sh, "VALUE", text, value) && shell_fits(sh, text, width, *value);
}
