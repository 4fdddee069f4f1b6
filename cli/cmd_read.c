/*
 * read and write: a region through REGION_READ and REGION_WRITE.
 */
#include "shell_commands.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_WIDTH = 4, MAX_RANGE = 1 << 30 };

static uint64_t load(const uint8_t *bytes, unsigned width)
{
    struct vfu_cursor c = vfu_cursor(bytes, width, false);

    return vfu_cursor_uint(&c, width);
}

static enum shell_result show_range(struct shell *sh, uint32_t region, uint64_t offset, unsigned width, uint64_t count)
{
    enum shell_result result;
    uint8_t *bytes;

    if (count > MAX_RANGE / width) {
        shell_fail(sh, "COUNT: more than 1G in one go");
        return SHELL_FAILED;
    }
    bytes = malloc(count * width);
    if (!bytes) {
        shell_fail(sh, "out of memory");
        return SHELL_FAILED;
    }
    result = shell_region_read(sh, region, offset, bytes, count * width);
    if (result == SHELL_OK) {
        shell_hexdump(shell_text(sh), offset, bytes, count * width, width);
        shell_json_bytes(sh, "data", bytes, count * width);
    }
    free(bytes);
    return result;
}

static enum shell_result exec_read(struct shell *sh, int argc, char **argv)
{
    unsigned width = argc > 1 ? shell_width(argv[1]) : 0;
    uint64_t offset, count = 1;
    uint32_t region;
    int at = width ? 2 : 1;

    if (!shell_region(sh, argv[0], &region, &offset))
        return SHELL_FAILED;
    if (argc > at + 1) {
        shell_fail(sh, "%.80s: a width is b, w, l or q", argv[1]);
        return SHELL_FAILED;
    }
    if (argc > at && !shell_number(sh, "COUNT", argv[at], &count))
        return SHELL_FAILED;
    if (count == 0) {
        shell_fail(sh, "COUNT: at least 1 (send REGION_READ count=0 asks for nothing)");
        return SHELL_FAILED;
    }
    if (!width)
        width = DEFAULT_WIDTH;
    if (count > 1)
        return show_range(sh, region, offset, width, count);

    uint8_t bytes[8];
    enum shell_result result = shell_region_read(sh, region, offset, bytes, width);

    if (result == SHELL_OK) {
        shell_say(sh, "0x%llx\n", (unsigned long long)load(bytes, width));
        shell_json_hex_number(sh, "value", load(bytes, width));
    }
    return result;
}

static enum shell_result exec_write(struct shell *sh, int argc, char **argv)
{
    unsigned width = shell_width(argv[1]);
    int first = width ? 2 : 1;
    enum shell_result result;
    uint64_t offset;
    uint32_t region;
    uint8_t *bytes;

    if (!width)
        width = DEFAULT_WIDTH;
    if (!shell_region(sh, argv[0], &region, &offset))
        return SHELL_FAILED;
    if (argc == first) {
        shell_fail(sh, "a VALUE is missing");
        return SHELL_FAILED;
    }
    bytes = malloc((size_t)(argc - first) * width);
    if (!bytes) {
        shell_fail(sh, "out of memory");
        return SHELL_FAILED;
    }
    for (int i = first; i < argc; i++) {
        uint64_t value;

        if (!shell_number(sh, "VALUE", argv[i], &value) ||
            (width < 8 && value >> (8 * width) && !shell_fail(sh, "VALUE: %.80s: does not fit %u byte%s", argv[i], width,
                                                              width > 1 ? "s" : ""))) {
            free(bytes);
            return SHELL_FAILED;
        }
        for (unsigned k = 0; k < width; k++) /* little-endian, as vfio-user hosts and PCI are */
            bytes[(size_t)(i - first) * width + k] = (uint8_t)(value >> (8 * k));
    }
    result = shell_region_write(sh, region, offset, bytes, (size_t)(argc - first) * width);
    free(bytes);
    if (result == SHELL_OK)
        shell_json_reply(sh);
    return result;
}

static void complete(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    static const char *const widths[] = { "b", "w", "l", "q" };

    if (argc == 0)
        shell_complete_region(sh, argc, argv, m);
    for (size_t i = 0; argc == 1 && i < 4; i++)
        shell_match(m, widths[i]);
}

const struct shell_command cmd_read = {
    .name = "read",
    .alias = "r",
    .usage = "REGION[+OFFSET] [b|w|l|q] [COUNT]",
    .help = "read a register, or a range as a hexdump",
    .more = "REGION is bar0 to bar5, rom, config, vga or a number; the width is 1, 2, 4 (the default) or 8 bytes.\n"
            "COUNT of them are read with as few messages as the server allows, at most 32 KiB each.\n"
            "Example: read bar0+0x40 q 4",
    .min = 1,
    .max = 3,
    .exec = exec_read,
    .complete = complete,
};

const struct shell_command cmd_write = {
    .name = "write",
    .alias = "w",
    .usage = "REGION[+OFFSET] [b|w|l|q] VALUE...",
    .help = "write a register, or several in a row",
    .more = "Example: write bar0+4 l 0x12345678",
    .min = 2,
    .max = -1,
    .exec = exec_write,
    .complete = complete,
};
