/*
 * write: a region through REGION_WRITE, or mapped.
 */
#include "cli/shell/access.h"
#include "cli/shell/bytes.h"
#include "cli/shell/commands/inside.h"
#include "cli/shell/file.h"

#include <stdlib.h>

enum { PLACE, WIDTH, VALUES, BULK, EACH, POSTED, VIA, FROM };
static const struct shell_arg write_args[] = {
    [PLACE] = { "REGION[+OFFSET]", .kind = SHELL_PLACE },
    [WIDTH] = SHELL_ARG_WIDTH,
    [VALUES] = { "VALUE", .kind = SHELL_NUMBER, .flags = SHELL_MANY, .unless = FROM, .missing = "a VALUE is missing" },
    [BULK] = { .word = "--bulk", .flags = SHELL_OPTIONAL | SHELL_OR },
    [EACH] = { .word = "--each", .flags = SHELL_OPTIONAL | SHELL_HIDDEN },
    [POSTED] = { .word = "--posted", .flags = SHELL_OPTIONAL },
    [VIA] = SHELL_ARG_VIA,
    [FROM] = { "FILE", "--from", SHELL_TEXT, SHELL_OPTIONAL, .missing = "an argument must follow" },
    { 0 },
};

/* The VALUEs as bytes; the caller frees. NULL: error. */
static uint8_t *values_to_write(struct shell *sh, const struct shell_value *values, unsigned width, size_t *size)
{
    uint8_t *bytes;

    *size = (size_t)values->list.count * width;
    bytes = malloc(*size);
    if (!bytes)
        shell_fail(sh, "out of memory");
    for (int i = 0; bytes && i < values->list.count; i++) {
        uint64_t value;

        if (!shell_value(sh, values->list.word[i], width, &value)) {
            free(bytes);
            return NULL;
        }
        shell_store(bytes + (size_t)i * width, width, value);
    }
    return bytes;
}

static enum shell_result run_write(struct shell *sh, const struct shell_value *args)
{
    struct shell_access a = shell_access(&args[PLACE], &args[WIDTH], &args[VIA]);
    enum shell_result result;
    uint8_t *bytes;
    size_t size, done;

    a.bulk = args[BULK].given || (args[FROM].given && !args[EACH].given);
    a.posted = args[POSTED].given;
    if (args[FROM].given && args[VALUES].given) {
        shell_fail(sh, "VALUE or --from FILE, not both");
        return SHELL_FAILED;
    }
    bytes = args[FROM].given ? shell_file_read(sh, args[FROM].text, &size)
                             : values_to_write(sh, &args[VALUES], a.width, &size);
    if (!bytes)
        return SHELL_FAILED;
    if ((a.mmap || !a.bulk) && size % a.width) {
        shell_fail(sh, "%zu byte%s: no multiple of the width, %u", size, vfu_plural(size), a.width);
        free(bytes);
        return SHELL_FAILED;
    }
    result = shell_access_write(sh, &a, bytes, size, &done);
    free(bytes);
    if (result != SHELL_OK && done > 0)
        shell_say(sh, "%zu of %zu bytes written\n", done, size);
    if (result == SHELL_OK && !a.mmap && !a.posted)
        shell_json_reply(sh);
    return result;
}

const struct shell_command cmd_write = {
    .name = "write",
    .alias = "w",
    .help = "write a register, or several in a row",
    .more = "Several VALUEs are written one by one, a message each; --bulk: all in one message. --posted: with No_reply,\n"
            "as VMMs do. --via mmap: past the socket. --from FILE: its bytes, in bulk, in the place of VALUEs.\n"
            "Example: write bar0+4 l 0x12345678",
    .args = write_args,
    .run = run_write,
};
