/*
 * read: a region through REGION_READ, or mapped.
 */
#include "cli/shell/access.h"
#include "cli/shell/bytes.h"
#include "cli/shell/commands/inside.h"
#include "cli/shell/file.h"
#include "plugins/host/host.h"

#include <stdlib.h>
#include <string.h>

static void json_values(struct shell *sh, const uint8_t *bytes, size_t size, unsigned width)
{
    struct vfu_writer *w = &sh->outcome.members.w;

    shell_json_key(sh, "values");
    vfu_write_char(w, '[');
    for (size_t i = 0; i < size; i += width) {
        vfu_write_text(w, i ? ",\"" : "\"");
        vfu_write_0x(w, shell_load(bytes + i, width));
        vfu_write_char(w, '"');
    }
    vfu_write_char(w, ']');
}

/* Show it, or into the file; file may be NULL. */
static enum shell_result show_range(struct shell *sh, const struct shell_access *a, uint64_t count, const char *file)
{
    enum shell_result result;
    size_t size = (size_t)count * a->width;
    uint8_t *bytes;

    if (count > SHELL_MAX_FILE / a->width) {
        shell_fail(sh, "COUNT: more than 1G in one go");
        return SHELL_FAILED;
    }
    bytes = malloc(size);
    if (!bytes) {
        shell_fail(sh, "out of memory");
        return SHELL_FAILED;
    }
    result = shell_access_read(sh, a, bytes, size);
    if (result == SHELL_OK && file) {
        if (!shell_file_write(sh, file, bytes, size))
            result = SHELL_FAILED;
        shell_json_number(sh, "size", size);
    } else if (result == SHELL_OK) {
        shell_hexdump(shell_text(sh), a->offset, bytes, size, a->width);
        shell_json_bytes(sh, "data", bytes, size);
        if (a->each)
            json_values(sh, bytes, size, a->width);
    }
    free(bytes);
    return result;
}

/* A register that a plugin names has its fields beside it. */
static void say_value(struct shell *sh, const struct vfu_plugin_register *r, uint64_t value)
{
    char fields[512] = "";

    if (r)
        vfu_plugin_register_fields(r, value, fields, sizeof fields);
    shell_say(sh, "0x%llx%s%s\n", (unsigned long long)value, fields[0] ? "  " : "", fields);
}

enum { PLACE, WIDTH, COUNT, EACH, VIA, TO };
static const struct shell_arg read_args[] = {
    [PLACE] = { "REGION[+OFFSET]", .kind = SHELL_PLACE },
    [WIDTH] = SHELL_ARG_WIDTH,
    [COUNT] = { "COUNT", .kind = SHELL_NUMBER, .flags = SHELL_OPTIONAL, .otherwise = 1 },
    [EACH] = { .word = "--each", .flags = SHELL_OPTIONAL },
    [VIA] = SHELL_ARG_VIA,
    [TO] = { "FILE", "--to", SHELL_TEXT, SHELL_OPTIONAL, .missing = "an argument must follow" },
    { 0 },
};

static enum shell_result run_read(struct shell *sh, const struct shell_value *args)
{
    struct shell_access a = shell_access(&args[PLACE], &args[WIDTH], &args[VIA]);
    uint64_t count = args[COUNT].number, value;
    enum shell_result result;
    uint8_t bytes[8];

    a.each = args[EACH].given;
    if (count == 0) {
        shell_fail(sh, "COUNT: at least 1 (send REGION_READ count=0 asks for nothing)");
        return SHELL_FAILED;
    }
    if (count > 1 || args[TO].given)
        return show_range(sh, &a, count, args[TO].text);
    result = shell_access_read(sh, &a, bytes, a.width);
    if (result == SHELL_OK) {
        value = shell_load(bytes, a.width);
        say_value(sh, args[PLACE].place.reg, value);
        shell_json_hex_number(sh, "value", value);
    }
    return result;
}

const struct shell_command cmd_read = {
    .name = "read",
    .alias = "r",
    .help = "read a register, or a range as a hexdump",
    .more = "REGION is bar0 to bar5, rom, config, vga or a number; the width is 1, 2, 4 (the default) or 8 bytes.\n"
            "COUNT of them are read with as few messages as the server allows, at most 32 KiB each; --each: a message\n"
            "for each, which a device that only has single registers needs. --via mmap: past the socket, where the\n"
            "region can be mapped. --to FILE: the bytes, nothing shown.\n"
            "Example: read bar0+0x40 q 4 --each",
    .flags = SHELL_PAGED,
    .args = read_args,
    .run = run_read,
};
