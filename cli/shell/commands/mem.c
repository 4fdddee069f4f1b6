/*
 * mem dump, fill, write, load, save, cmp: the memory given to the device with dma map, by IOVA, also across mappings
 * that lie side by side.
 */
#include "cli/shell/commands/inside.h"
#include "cli/shell/file.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_AT_ONCE = SHELL_MAX_FILE };

static bool is_bearable(struct shell *sh, uint64_t size)
{
    return size <= MAX_AT_ONCE || shell_fail(sh, "SIZE: more than 1G in one go");
}

static void copy_out(void *context, uint8_t *memory, uint64_t offset, size_t size)
{
    memcpy((uint8_t *)context + offset, memory, size);
}

static void copy_in(void *context, uint8_t *memory, uint64_t offset, size_t size)
{
    memcpy(memory, (const uint8_t *)context + offset, size);
}

static void set(void *context, uint8_t *memory, uint64_t offset, size_t size)
{
    (void)offset;
    memset(memory, *(const uint8_t *)context, size);
}

/* Write to it. */
static bool walk(struct shell *sh, uint64_t address, uint64_t size, shell_touch *step, void *context)
{
    return shell_maps_walk(&sh->device.maps, address, size, true, step, context, &sh->outcome.error);
}

/* A copy of the range; the caller frees. NULL: error. */
static uint8_t *take(struct shell *sh, struct shell_range r)
{
    uint8_t *bytes;

    if (!is_bearable(sh, r.size))
        return NULL;
    bytes = malloc(r.size ? r.size : 1);
    if (!bytes) {
        shell_fail(sh, "out of memory");
    } else if (!shell_maps_walk(&sh->device.maps, r.address, r.size, false, copy_out, bytes, &sh->outcome.error)) {
        free(bytes);
        bytes = NULL;
    }
    return bytes;
}

static const struct shell_arg dump_args[] = { { "IOVA SIZE", .kind = SHELL_RANGE }, { 0 } };

static enum shell_result dump(struct shell *sh, const struct shell_value *args)
{
    const struct shell_range r = args[0].range;
    uint8_t *bytes = take(sh, r);

    if (!bytes)
        return SHELL_FAILED;
    shell_hexdump(shell_text(sh), r.address, bytes, r.size, 1);
    shell_json_bytes(sh, "data", bytes, r.size);
    free(bytes);
    return SHELL_OK;
}

enum { FILL_RANGE, FILL_BYTE };
static const struct shell_arg fill_args[] = {
    [FILL_RANGE] = { "IOVA SIZE", .kind = SHELL_RANGE },
    [FILL_BYTE] = { "BYTE", .kind = SHELL_NUMBER, .most = UINT8_MAX },
    { 0 },
};

static enum shell_result fill(struct shell *sh, const struct shell_value *args)
{
    const struct shell_range r = args[FILL_RANGE].range;
    uint8_t byte = (uint8_t)args[FILL_BYTE].number;

    return is_bearable(sh, r.size) && walk(sh, r.address, r.size, set, &byte) ? SHELL_OK : SHELL_FAILED;
}

enum { WRITE_ADDRESS, WRITE_HEX };
static const struct shell_arg write_args[] = {
    [WRITE_ADDRESS] = { "IOVA", .kind = SHELL_ADDRESS },
    [WRITE_HEX] = { "HEX", .kind = SHELL_TEXT, .flags = SHELL_REST },
    { 0 },
};

static enum shell_result write_hex(struct shell *sh, const struct shell_value *args)
{
    uint64_t address = args[WRITE_ADDRESS].number;
    bool done = true;

    for (int i = 0; i < args[WRITE_HEX].list.count && done; i++) {
        uint8_t *bytes;
        size_t size;

        done = shell_hex(sh, args[WRITE_HEX].list.word[i], &bytes, &size);
        if (!done)
            break;
        done = walk(sh, address, size, copy_in, bytes);
        address += size;
        free(bytes);
    }
    return done ? SHELL_OK : SHELL_FAILED;
}

enum { LOAD_ADDRESS, LOAD_FILE };
static const struct shell_arg load_args[] = {
    [LOAD_ADDRESS] = { "IOVA", .kind = SHELL_ADDRESS },
    [LOAD_FILE] = { "FILE", .kind = SHELL_TEXT },
    { 0 },
};

static enum shell_result load(struct shell *sh, const struct shell_value *args)
{
    size_t size;
    uint8_t *bytes = shell_file_read(sh, args[LOAD_FILE].text, &size);
    bool done;

    if (!bytes)
        return SHELL_FAILED;
    done = walk(sh, args[LOAD_ADDRESS].number, size, copy_in, bytes);
    free(bytes);
    shell_json_number(sh, "size", size);
    return done ? SHELL_OK : SHELL_FAILED;
}

enum { SAVE_RANGE, SAVE_FILE };
static const struct shell_arg save_args[] = {
    [SAVE_RANGE] = { "IOVA SIZE", .kind = SHELL_RANGE },
    [SAVE_FILE] = { "FILE", .kind = SHELL_TEXT },
    { 0 },
};

static enum shell_result save(struct shell *sh, const struct shell_value *args)
{
    const struct shell_range r = args[SAVE_RANGE].range;
    uint8_t *bytes = take(sh, r);
    bool done = bytes && shell_file_write(sh, args[SAVE_FILE].text, bytes, r.size);

    free(bytes);
    return done ? SHELL_OK : SHELL_FAILED;
}

enum { CMP_ADDRESS, CMP_FILE, CMP_RANGE, CMP_OTHER };
static const struct shell_arg cmp_args[] = {
    [CMP_ADDRESS] = { "IOVA", .kind = SHELL_ADDRESS },
    [CMP_FILE] = { "FILE", .kind = SHELL_TEXT },
    [CMP_RANGE] = { "IOVA SIZE", .kind = SHELL_RANGE, .flags = SHELL_ELSE },
    [CMP_OTHER] = { "IOVA", .kind = SHELL_ADDRESS, .label = "OTHER" },
    { 0 },
};

static enum shell_result cmp(struct shell *sh, const struct shell_value *args)
{
    struct shell_range r = { args[CMP_ADDRESS].number, 0 };
    uint8_t *left = NULL, *right;
    size_t have = 0, at = 0;
    bool good;

    if (args[CMP_FILE].given) {
        right = shell_file_read(sh, args[CMP_FILE].text, &have);
        r.size = have;
    } else {
        r = args[CMP_RANGE].range;
        right = take(sh, (struct shell_range){ args[CMP_OTHER].number, r.size });
    }
    left = right ? take(sh, r) : NULL;
    good = left != NULL;
    while (good && at < r.size && left[at] == right[at])
        at++;
    shell_json_number(sh, "size", r.size);
    if (good && at < r.size) {
        shell_json_hex_number(sh, "address", r.address + at);
        good = shell_fail(sh, "0x%llx has %02x, and %02x was expected", (unsigned long long)(r.address + at), left[at],
                          right[at]);
    }
    free(left);
    free(right);
    return good ? SHELL_OK : SHELL_FAILED;
}

const struct shell_command cmd_mem_dump = {
    .name = "mem dump",
    .help = "show memory given to the device",
    .more = "Example: mem dump 0x100000 64",
    .flags = SHELL_PAGED,
    .args = dump_args,
    .run = dump,
};

const struct shell_command cmd_mem_fill = {
    .name = "mem fill",
    .help = "fill it with one byte",
    .more = "Example: mem fill 0x100000 4K 0xaa",
    .args = fill_args,
    .run = fill,
};

const struct shell_command cmd_mem_write = {
    .name = "mem write",
    .help = "write bytes to it",
    .more = "Example: mem write 0x100000 00112233",
    .args = write_args,
    .run = write_hex,
};

const struct shell_command cmd_mem_load = {
    .name = "mem load",
    .help = "copy a file into it",
    .more = "Example: mem load 0x100000 image.bin",
    .args = load_args,
    .run = load,
};

const struct shell_command cmd_mem_save = {
    .name = "mem save",
    .help = "copy it into a file",
    .more = "Example: mem save 0x100000 4K page.bin",
    .args = save_args,
    .run = save,
};

const struct shell_command cmd_mem_cmp = {
    .name = "mem cmp",
    .help = "compare it with a file, or with other such memory; fails at the first difference",
    .more = "Example: mem cmp 0x100000 64 0x100100",
    .args = cmp_args,
    .run = cmp,
};
