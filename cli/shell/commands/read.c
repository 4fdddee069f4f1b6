/*
 * read and write: a region through REGION_READ and REGION_WRITE, or mapped.
 */
#include "cli/shell/access.h"
#include "cli/shell/bytes.h"
#include "cli/shell/commands/all.h"
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

static enum shell_result show_range(struct shell *sh, const struct shell_access *a, uint64_t count)
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
    if (result == SHELL_OK && a->file) {
        if (!shell_file_write(sh, a->file, bytes, size))
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
static void say_value(struct shell *sh, const struct vfu_register *r, uint64_t value)
{
    char fields[512] = "";

    if (r)
        vfu_register_fields(r, value, fields, sizeof fields);
    shell_say(sh, "0x%llx%s%s\n", (unsigned long long)value, fields[0] ? "  " : "", fields);
}

static enum shell_result exec_read(struct shell *sh, int argc, char **argv)
{
    struct shell_access a;
    uint64_t count = 1;

    if (!shell_access_parse(sh, argc, argv, "evt", &a))
        return SHELL_FAILED;
    if (a.words > 1) {
        shell_fail(sh, "%.80s: a width is b, w, l or q", a.word[0]);
        return SHELL_FAILED;
    }
    if (a.words > 0 && !shell_number(sh, "COUNT", a.word[0], &count))
        return SHELL_FAILED;
    if (count == 0) {
        shell_fail(sh, "COUNT: at least 1 (send REGION_READ count=0 asks for nothing)");
        return SHELL_FAILED;
    }
    if (count > 1 || a.file)
        return show_range(sh, &a, count);

    uint8_t bytes[8];
    enum shell_result result = shell_access_read(sh, &a, bytes, a.width);

    if (result == SHELL_OK) {
        say_value(sh, shell_register(sh, argv[0]), shell_load(bytes, a.width));
        shell_json_hex_number(sh, "value", shell_load(bytes, a.width));
    }
    return result;
}

/* The VALUEs, or a file's bytes; the caller frees. NULL: error. */
static uint8_t *bytes_to_write(struct shell *sh, const struct shell_access *a, size_t *size)
{
    uint8_t *bytes;

    if (a->file && a->words) {
        shell_fail(sh, "VALUE or --from FILE, not both");
        return NULL;
    }
    if (a->file)
        return shell_file_read(sh, a->file, size);
    if (a->words == 0) {
        shell_fail(sh, "a VALUE is missing");
        return NULL;
    }
    *size = (size_t)a->words * a->width;
    bytes = malloc(*size);
    if (!bytes)
        shell_fail(sh, "out of memory");
    for (int i = 0; bytes && i < a->words; i++) {
        uint64_t value;

        if (!shell_value(sh, a->word[i], a->width, &value)) {
            free(bytes);
            return NULL;
        }
        shell_store(bytes + (size_t)i * a->width, a->width, value);
    }
    return bytes;
}

static enum shell_result exec_write(struct shell *sh, int argc, char **argv)
{
    struct shell_access a;
    enum shell_result result;
    uint8_t *bytes;
    size_t size;

    if (!shell_access_parse(sh, argc, argv, "evpf", &a))
        return SHELL_FAILED;
    bytes = bytes_to_write(sh, &a, &size);
    if (!bytes)
        return SHELL_FAILED;
    if ((a.mmap || a.each) && size % a.width) {
        shell_fail(sh, "%zu byte%s: no multiple of the width, %u", size, vfu_plural(size), a.width);
        free(bytes);
        return SHELL_FAILED;
    }
    result = shell_access_write(sh, &a, bytes, size);
    free(bytes);
    if (result == SHELL_OK && !a.mmap && !a.posted)
        shell_json_reply(sh);
    return result;
}

static void complete(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    static const char *const widths[] = { "b", "w", "l", "q" };
    static const char *const options[] = { "--each", "--via", "--to", "--from", "--posted" };

    if (argc == 0)
        shell_complete_region(sh, argc, argv, m);
    for (size_t i = 0; argc == 1 && i < 4; i++)
        shell_match(m, widths[i]);
    if (argc > 1 && strcmp(argv[argc - 1], "--via") == 0) {
        shell_match(m, "mmap");
        shell_match(m, "message");
        return;
    }
    for (size_t i = 0; argc > 0 && i < sizeof options / sizeof options[0]; i++)
        shell_match(m, options[i]);
}

const struct shell_command cmd_read = {
    .name = "read",
    .alias = "r",
    .usage = "REGION[+OFFSET] [b|w|l|q] [COUNT] [--each] [--via mmap|message] [--to FILE]",
    .help = "read a register, or a range as a hexdump",
    .more = "REGION is bar0 to bar5, rom, config, vga or a number; the width is 1, 2, 4 (the default) or 8 bytes.\n"
            "COUNT of them are read with as few messages as the server allows, at most 32 KiB each; --each: a message\n"
            "for each, which a device that only has single registers needs. --via mmap: past the socket, where the\n"
            "region can be mapped. --to FILE: the bytes, nothing shown.\n"
            "Example: read bar0+0x40 q 4 --each",
    .min = 1,
    .max = 9,
    .flags = SHELL_PAGED,
    .exec = exec_read,
    .complete = complete,
};

const struct shell_command cmd_write = {
    .name = "write",
    .alias = "w",
    .usage = "REGION[+OFFSET] [b|w|l|q] VALUE... [--each] [--posted] [--via mmap|message] [--from FILE]",
    .help = "write a register, or several in a row",
    .more = "Several VALUEs go out in one message; --each: a message for each. --posted: with No_reply, as VMMs do.\n"
            "--via mmap: past the socket. --from FILE: its bytes in the place of VALUEs.\n"
            "Example: write bar0+4 l 0x12345678",
    .min = 2,
    .max = -1,
    .exec = exec_write,
    .complete = complete,
};
