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

/* Values one after another; with `bulk` they are cut by what a message takes. */
static enum shell_result by_message(struct shell *sh, const struct shell_access *a, uint8_t *to, const uint8_t *from,
                                    size_t size, size_t *done)
{
    size_t step = a->bulk ? size : a->width;
    enum shell_result result = SHELL_OK;

    while (*done < size && result == SHELL_OK) {
        size_t part = size - *done < step ? size - *done : step;
        uint64_t offset = a->offset + *done;

        result = from ? shell_region_write(sh, a->region, offset, from + *done, part, a->posted)
                      : shell_region_read(sh, a->region, offset, to + *done, part);
        *done += result == SHELL_OK ? part : 0;
    }
    return result;
}

static enum shell_result carry(struct shell *sh, const struct shell_access *a, uint8_t *to, const uint8_t *from, size_t size,
                               size_t *done)
{
    enum shell_result result;
    size_t local;

    done = done ? done : &local;
    *done = 0;
    if (!a->mmap)
        return by_message(sh, a, to, from, size, done);
    result = past_socket(sh, a, to, from, size);
    *done = result == SHELL_OK ? size : 0;
    return result;
}

enum shell_result shell_access_read(struct shell *sh, const struct shell_access *a, uint8_t *to, size_t size, size_t *done)
{
    return carry(sh, a, to, NULL, size, done);
}

enum shell_result shell_access_write(struct shell *sh, const struct shell_access *a, const uint8_t *from, size_t size,
                                     size_t *done)
{
    return carry(sh, a, NULL, from, size, done);
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
