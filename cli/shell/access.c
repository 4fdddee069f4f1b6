/*
 * Access to a region: see shell_access.h.
 */
#include "cli/shell/access.h"
#include "cli/shell/window.h"
#include "plugins/host/host.h"

#include <string.h>

enum { DEFAULT_WIDTH = 4 };

/* An option and its argument; *at is on it, and then on the last word taken. */
static bool take_option(struct shell *sh, int argc, char **argv, const char *allowed, int *at, struct shell_access *a)
{
    static const struct {
        const char *name;
        char letter;
        bool argument;
    } options[] = { { "--each", 'e', false }, { "--posted", 'p', false }, { "--via", 'v', true }, { "--to", 't', true },
                    { "--from", 'f', true } };
    const char *word = argv[*at];
    size_t i;

    for (i = 0; i < 5 && (strcmp(options[i].name, word) != 0 || !strchr(allowed, options[i].letter)); i++)
        ;
    if (i == 5)
        return shell_fail(sh, "%.80s: no such option here", word);
    if (options[i].argument && ++*at == argc)
        return shell_fail(sh, "%s: an argument must follow", word);
    switch (options[i].letter) {
    case 'e':
        return a->each = true;
    case 'p':
        return a->posted = true;
    case 'v':
        a->mmap = strcmp(argv[*at], "mmap") == 0;
        return a->mmap || strcmp(argv[*at], "message") == 0 ||
               shell_fail(sh, "--via: %.80s: mmap or message", argv[*at]);
    default:
        a->file = argv[*at];
        return true;
    }
}

bool shell_access_parse(struct shell *sh, int argc, char **argv, const char *allowed, struct shell_access *a)
{
    int kept = 0;

    *a = (struct shell_access){ .width = DEFAULT_WIDTH };
    if (!shell_region(sh, argv[0], &a->region, &a->offset))
        return false;
    if (shell_register(sh, argv[0]))
        a->width = shell_register(sh, argv[0])->width;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1] == '-') {
            if (!take_option(sh, argc, argv, allowed, &i, a))
                return false;
        } else if (kept == 0 && a->words == 0 && shell_width(argv[i]) && !a->word) {
            a->width = shell_width(argv[i]);
            a->word = argv + 1; /* one width only */
        } else {
            argv[1 + kept++] = argv[i];
        }
    }
    a->word = argv + 1;
    a->words = kept;
    return true;
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

bool shell_value(struct shell *sh, const char *text, unsigned width, uint64_t *value)
{
    if (!shell_number(sh, "VALUE", text, value))
        return false;
    return width >= 8 || !(*value >> (8 * width)) ||
           shell_fail(sh, "VALUE: %.80s: does not fit %u byte%s", text, width, width > 1 ? "s" : "");
}
