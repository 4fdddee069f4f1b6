/*
 * read: a region through REGION_READ, or mapped.
 */
#include "cli/shell/access.h"
#include "cli/shell/bytes.h"
#include "cli/shell/commands/inside.h"
#include "cli/shell/file.h"
#include "decoder/registers/registers.h"
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

/* How a range is read, and what becomes of it. */
struct range {
    uint64_t count;   /* of values */
    const char *file; /* NULL: it is shown */
    bool values;      /* each as a number in JSON too */
};

/* What came before a refusal is shown all the same: it says where the refusal was. */
static enum shell_result show_range(struct shell *sh, const struct shell_access *a, const struct range *r)
{
    enum shell_result result;
    size_t size = (size_t)r->count * a->width, done;
    uint8_t *bytes;

    if (r->count > SHELL_MAX_FILE / a->width) {
        shell_fail(sh, "COUNT: more than 1G in one go");
        return SHELL_FAILED;
    }
    bytes = malloc(size);
    if (!bytes) {
        shell_fail(sh, "out of memory");
        return SHELL_FAILED;
    }
    result = shell_access_read(sh, a, bytes, size, &done);
    if (result == SHELL_OK && r->file) {
        if (!shell_file_write(sh, r->file, bytes, size))
            result = SHELL_FAILED;
        shell_json_number(sh, "size", size);
    } else if (!r->file) {
        shell_hexdump(shell_text(sh), a->offset, bytes, done, a->width);
        if (result == SHELL_OK)
            shell_json_bytes(sh, "data", bytes, size);
        if (result == SHELL_OK && r->values)
            json_values(sh, bytes, size, a->width);
    }
    free(bytes);
    return result;
}

/* A register that has a name has its fields beside it. */
static void say_value(struct shell *sh, const struct shell_place *place, uint64_t value, unsigned width)
{
    char fields[512] = "";
    struct vfu_writer w = vfu_writer(fields, sizeof fields - 1, NULL, NULL);

    if (place->named.reg) {
        vfu_register_write_fields(&w, &place->named, value, width);
        fields[w.used] = '\0';
    } else if (place->reg) {
        vfu_plugin_register_fields(place->reg, value, fields, sizeof fields);
    }
    shell_say(sh, "0x%llx%s%s\n", (unsigned long long)value, fields[0] ? "  " : "", fields);
}

enum { PLACE, WIDTH, COUNT, BULK, EACH, VIA, TO };
static const struct shell_arg read_args[] = {
    [PLACE] = { "REGION[+OFFSET]", .kind = SHELL_PLACE },
    [WIDTH] = SHELL_ARG_WIDTH,
    [COUNT] = { "COUNT", .kind = SHELL_NUMBER, .flags = SHELL_OPTIONAL, .otherwise = 1 },
    [BULK] = { .word = "--bulk", .flags = SHELL_OPTIONAL | SHELL_OR },
    [EACH] = { .word = "--each", .flags = SHELL_OPTIONAL | SHELL_HIDDEN },
    [VIA] = SHELL_ARG_VIA,
    [TO] = { "FILE", "--to", SHELL_TEXT, SHELL_OPTIONAL, .missing = "an argument must follow" },
    { 0 },
};

static enum shell_result run_read(struct shell *sh, const struct shell_value *args)
{
    struct shell_access a = shell_access(&args[PLACE], &args[WIDTH], &args[VIA]);
    const struct range range = { args[COUNT].number, args[TO].text, args[EACH].given };
    uint64_t value;
    enum shell_result result;
    uint8_t bytes[8];

    a.bulk = args[BULK].given || (args[TO].given && !args[EACH].given);
    if (range.count == 0) {
        shell_fail(sh, "COUNT: at least 1 (send REGION_READ count=0 asks for nothing)");
        return SHELL_FAILED;
    }
    if (range.count > 1 || range.file)
        return show_range(sh, &a, &range);
    result = shell_access_read(sh, &a, bytes, a.width, NULL);
    if (result == SHELL_OK) {
        value = shell_load(bytes, a.width);
        say_value(sh, &args[PLACE].place, value, a.width);
        shell_json_hex_number(sh, "value", value);
    }
    return result;
}

const struct shell_command cmd_read = {
    .name = "read",
    .alias = "r",
    .help = "read a register, or a range as a hexdump",
    .more = "REGION is bar0 to bar5, rom, config, vga or a number; the width is 1, 2, 4 (the default) or 8 bytes.\n"
            "COUNT of them are read one by one, a message each. --bulk: with as few messages as the server takes, at\n"
            "most 32 KiB each, which a device that only has registers may refuse. --via mmap: past the socket, where\n"
            "the region can be mapped. --to FILE: the bytes, in bulk, nothing shown.\n"
            "Example: read bar0+0x40 q 4",
    .flags = SHELL_PAGED,
    .args = read_args,
    .run = run_read,
};
