/*
 * mem dump, fill, write, load, save, cmp: the memory given to the device with dma map, by IOVA, also across mappings
 * that lie side by side.
 */
#include "cli/shell/commands/all.h"
#include "cli/shell/file.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_AT_ONCE = SHELL_MAX_FILE };

static bool range(struct shell *sh, char **argv, uint64_t *address, uint64_t *size)
{
    return shell_number(sh, "IOVA", argv[0], address) && shell_number(sh, "SIZE", argv[1], size) &&
           (*size <= MAX_AT_ONCE || shell_fail(sh, "SIZE: more than 1G in one go"));
}

static void copy_out(void *context, uint8_t *memory, uint64_t offset, size_t size)
{
    memcpy((uint8_t *)context + offset, memory, size);
}

static void copy_in(void *context, uint8_t *memory, uint64_t offset, size_t size)
{
    memcpy(memory, (const uint8_t *)context + offset, size);
}

static void fill(void *context, uint8_t *memory, uint64_t offset, size_t size)
{
    (void)offset;
    memset(memory, *(const uint8_t *)context, size);
}

/* A copy of the range; the caller frees. NULL: error. */
static uint8_t *take(struct shell *sh, uint64_t address, uint64_t size)
{
    uint8_t *bytes = malloc(size ? size : 1);

    if (!bytes) {
        shell_fail(sh, "out of memory");
    } else if (!shell_maps_walk(&sh->device.maps, address, size, false, copy_out, bytes, &sh->outcome.error)) {
        free(bytes);
        bytes = NULL;
    }
    return bytes;
}

static enum shell_result exec_dump(struct shell *sh, int argc, char **argv)
{
    uint64_t address, size;
    uint8_t *bytes;

    (void)argc;
    if (!range(sh, argv, &address, &size))
        return SHELL_FAILED;
    bytes = take(sh, address, size);
    if (!bytes)
        return SHELL_FAILED;
    shell_hexdump(shell_text(sh), address, bytes, size, 1);
    shell_json_bytes(sh, "data", bytes, size);
    free(bytes);
    return SHELL_OK;
}

static enum shell_result exec_fill(struct shell *sh, int argc, char **argv)
{
    uint64_t address, size, number;
    uint8_t byte;

    (void)argc;
    if (!range(sh, argv, &address, &size) || !shell_number(sh, "BYTE", argv[2], &number))
        return SHELL_FAILED;
    if (number > UINT8_MAX) {
        shell_fail(sh, "BYTE: %.80s: above 255", argv[2]);
        return SHELL_FAILED;
    }
    byte = (uint8_t)number;
    return shell_maps_walk(&sh->device.maps, address, size, true, fill, &byte, &sh->outcome.error) ? SHELL_OK
                                                                                                   : SHELL_FAILED;
}

static enum shell_result exec_write(struct shell *sh, int argc, char **argv)
{
    uint64_t address;
    uint8_t *bytes;
    size_t size;
    bool done = shell_number(sh, "IOVA", argv[0], &address);

    for (int i = 1; i < argc && done; i++) {
        done = shell_hex(sh, argv[i], &bytes, &size);
        if (!done)
            break;
        done = shell_maps_walk(&sh->device.maps, address, size, true, copy_in, bytes, &sh->outcome.error);
        address += size;
        free(bytes);
    }
    return done ? SHELL_OK : SHELL_FAILED;
}

static enum shell_result exec_load(struct shell *sh, int argc, char **argv)
{
    uint64_t address;
    uint8_t *bytes;
    size_t size;
    bool done;

    (void)argc;
    if (!shell_number(sh, "IOVA", argv[0], &address))
        return SHELL_FAILED;
    bytes = shell_file_read(sh, argv[1], &size);
    if (!bytes)
        return SHELL_FAILED;
    done = shell_maps_walk(&sh->device.maps, address, size, true, copy_in, bytes, &sh->outcome.error);
    free(bytes);
    shell_json_number(sh, "size", size);
    return done ? SHELL_OK : SHELL_FAILED;
}

static enum shell_result exec_save(struct shell *sh, int argc, char **argv)
{
    uint64_t address, size;
    uint8_t *bytes;
    bool done;

    (void)argc;
    if (!range(sh, argv, &address, &size))
        return SHELL_FAILED;
    bytes = take(sh, address, size);
    done = bytes && shell_file_write(sh, argv[2], bytes, size);
    free(bytes);
    return done ? SHELL_OK : SHELL_FAILED;
}

static enum shell_result exec_cmp(struct shell *sh, int argc, char **argv)
{
    uint64_t address, other = 0, size = 0;
    uint8_t *left = NULL, *right = NULL;
    size_t have, at = 0;
    bool good = shell_number(sh, "IOVA", argv[0], &address);

    if (good && argc == 3) {
        good = range(sh, argv, &address, &size) && shell_number(sh, "OTHER", argv[2], &other);
        right = good ? take(sh, other, size) : NULL;
    } else if (good) {
        right = shell_file_read(sh, argv[1], &have);
        size = right ? have : 0;
    }
    left = good && right ? take(sh, address, size) : NULL;
    good = left != NULL;
    while (good && at < size && left[at] == right[at])
        at++;
    shell_json_number(sh, "size", size);
    if (good && at < size) {
        shell_json_hex_number(sh, "address", address + at);
        good = shell_fail(sh, "0x%llx has %02x, and %02x was expected", (unsigned long long)(address + at), left[at],
                          right[at]);
    }
    free(left);
    free(right);
    return good ? SHELL_OK : SHELL_FAILED;
}

const struct shell_command cmd_mem_dump = {
    .name = "mem dump",
    .usage = "IOVA SIZE",
    .help = "show memory given to the device",
    .more = "Example: mem dump 0x100000 64",
    .min = 2,
    .max = 2,
    .flags = SHELL_PAGED,
    .exec = exec_dump,
    .complete = shell_complete_address,
};

const struct shell_command cmd_mem_fill = {
    .name = "mem fill",
    .usage = "IOVA SIZE BYTE",
    .help = "fill it with one byte",
    .more = "Example: mem fill 0x100000 4K 0xaa",
    .min = 3,
    .max = 3,
    .exec = exec_fill,
    .complete = shell_complete_address,
};

const struct shell_command cmd_mem_write = {
    .name = "mem write",
    .usage = "IOVA HEX",
    .help = "write bytes to it",
    .more = "Example: mem write 0x100000 00112233",
    .min = 2,
    .max = -1,
    .exec = exec_write,
    .complete = shell_complete_address,
};

const struct shell_command cmd_mem_load = {
    .name = "mem load",
    .usage = "IOVA FILE",
    .help = "copy a file into it",
    .more = "Example: mem load 0x100000 image.bin",
    .min = 2,
    .max = 2,
    .exec = exec_load,
    .complete = shell_complete_address,
};

const struct shell_command cmd_mem_save = {
    .name = "mem save",
    .usage = "IOVA SIZE FILE",
    .help = "copy it into a file",
    .more = "Example: mem save 0x100000 4K page.bin",
    .min = 3,
    .max = 3,
    .exec = exec_save,
    .complete = shell_complete_address,
};

const struct shell_command cmd_mem_cmp = {
    .name = "mem cmp",
    .usage = "IOVA FILE | IOVA SIZE IOVA",
    .help = "compare it with a file, or with other such memory; fails at the first difference",
    .more = "Example: mem cmp 0x100000 64 0x100100",
    .min = 2,
    .max = 3,
    .exec = exec_cmp,
    .complete = shell_complete_address,
};
