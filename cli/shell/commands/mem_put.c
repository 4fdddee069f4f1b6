/*
 * mem alloc, put: memory that the shell finds a place for, and structures written into it field by field, as a
 * specification lists them.
 */
#include "cli/shell/bytes.h"
#include "cli/shell/commands/inside.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 20 };

enum put_kind { PUT_LITTLE, PUT_BIG, PUT_ZEROS, PUT_PAD, PUT_TEXT, PUT_HEX };
static const struct put_type {
    const char *name;
    enum put_kind kind;
    unsigned width;
} types[] = {
    { "u8", PUT_LITTLE, 1 },   { "u16", PUT_LITTLE, 2 }, { "u32", PUT_LITTLE, 4 }, { "u64", PUT_LITTLE, 8 },
    { "u16be", PUT_BIG, 2 },   { "u32be", PUT_BIG, 4 },  { "u64be", PUT_BIG, 8 },  { "zeros", PUT_ZEROS, 0 },
    { "pad", PUT_PAD, 0 },     { "text", PUT_TEXT, 0 },  { "hex", PUT_HEX, 0 },
};

static const struct put_type *type_of(const char *word)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, word) == 0)
            return &types[i];
    return NULL;
}

/* --- mem alloc --- */

static bool is_name(struct shell *sh, const char *name)
{
    if (!shell_is_memory_name(name))
        return shell_fail(sh, "NAME: %.40s: 1 to %d letters, digits, _ and ., and a letter or _ first", name,
                          SHELL_MAP_NAME - 1);
    if (strcmp(name, "all") == 0 || type_of(name))
        return shell_fail(sh, "NAME: %s is a word of the commands for memory", name);
    return !shell_maps_named(&sh->device.maps, name, strlen(name)) ||
           shell_fail(sh, "NAME: %s is taken (dma list); dma unmap %s makes it free", name, name);
}

enum { ALLOC_SIZE, ALLOC_NAME };
static const struct shell_arg alloc_args[] = {
    [ALLOC_SIZE] = { "SIZE", .kind = SHELL_NUMBER, .least = 1 },
    [ALLOC_NAME] = { "NAME", .kind = SHELL_TEXT, .flags = SHELL_OPTIONAL },
    { 0 },
};

static enum shell_result alloc(struct shell *sh, const struct shell_value *args)
{
    const char *name = args[ALLOC_NAME].given ? args[ALLOC_NAME].text : NULL;
    struct vfu_writer *out = shell_text(sh);
    enum shell_result result;
    uint64_t address, size = args[ALLOC_SIZE].number;

    if (name && !is_name(sh, name))
        return SHELL_FAILED;
    result = shell_alloc(sh, name, &size, &address);
    if (result != SHELL_OK)
        return result;
    shell_say(sh, "0x%llx  ", (unsigned long long)address);
    vfu_write_size(out, size);
    shell_say(sh, "%s%s\n", name ? "  " : "", name ? name : "");
    shell_json_hex_number(sh, "value", address);
    shell_json_hex_number(sh, "size", size);
    if (name)
        shell_json_string(sh, "name", name);
    return SHELL_OK;
}

/* --- mem put --- */

/* Zeros behind what there is, up to `size` bytes in all. */
static bool fill_up(struct shell *sh, struct shell_buffer *b, uint64_t size)
{
    if (size > MOST)
        return shell_fail(sh, "more than 1M in one go");
    while (vfu_writer_position(&b->w) < size)
        vfu_write_char(&b->w, '\0');
    return true;
}

static bool put_number(struct shell *sh, struct shell_buffer *b, const struct put_type *t, const char *word)
{
    uint64_t value;
    uint8_t bytes[8], turned[8];

    if (!shell_number(sh, t->name, word, &value))
        return false;
    if (t->width < 8 && value >> (8 * t->width))
        return shell_fail(sh, "%s: %.40s: does not fit", t->name, word);
    shell_store(bytes, t->width, value);
    for (unsigned i = 0; i < t->width; i++)
        turned[i] = bytes[t->width - 1 - i];
    vfu_write(&b->w, (const char *)(t->kind == PUT_BIG ? turned : bytes), t->width);
    return true;
}

static bool put_hex(struct shell *sh, struct shell_buffer *b, const char *word)
{
    uint8_t *bytes;
    size_t size;

    if (!shell_hex(sh, word, &bytes, &size))
        return false;
    vfu_write(&b->w, (const char *)bytes, size);
    free(bytes);
    return true;
}

static bool put_one(struct shell *sh, struct shell_buffer *b, const struct put_type *t, const char *word)
{
    uint64_t count, have = vfu_writer_position(&b->w);

    if (t->kind == PUT_TEXT) {
        vfu_write(&b->w, word, strlen(word));
        return true;
    }
    if (t->kind == PUT_HEX)
        return put_hex(sh, b, word);
    if (t->kind == PUT_LITTLE || t->kind == PUT_BIG)
        return put_number(sh, b, t, word);
    if (!shell_number(sh, t->name, word, &count))
        return false;
    if (t->kind == PUT_PAD && count < have)
        return shell_fail(sh, "pad %.40s: there are %llu bytes before it already", word, (unsigned long long)have);
    if (count > MOST)
        count = MOST;
    return fill_up(sh, b, t->kind == PUT_PAD ? count : have + count);
}

/* TYPE VALUE...: a type holds until the next. */
static bool put_all(struct shell *sh, struct shell_buffer *b, const struct shell_value *words)
{
    const struct put_type *type = NULL;
    bool used = true; /* the type has a value */

    for (int i = 0; i < words->list.count; i++) {
        const char *word = words->list.word[i];
        const struct put_type *next = type && type->kind == PUT_TEXT && !used ? NULL : type_of(word);

        if (next) {
            if (!used)
                return shell_fail(sh, "%s: a value is missing", type->name);
            type = next;
            used = false;
            continue;
        }
        if (!type)
            return shell_fail(sh, "%.40s: a type comes first (u8, u16, u32, u64, u16be, u32be, u64be, zeros, pad, text, hex)",
                              word);
        used = true;
        if (!put_one(sh, b, type, word))
            return false;
        if (vfu_writer_position(&b->w) > MOST)
            return shell_fail(sh, "more than 1M in one go");
    }
    return used || shell_fail(sh, "%s: a value is missing", type->name);
}

static void complete_type(struct shell *sh, int argc, char **argv, struct cli_matches *m)
{
    (void)sh;
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        shell_match(m, types[i].name);
}

static void copy_in(void *context, uint8_t *memory, uint64_t offset, size_t size)
{
    memcpy(memory, (const uint8_t *)context + offset, size);
}

enum { PUT_ADDRESS, PUT_WORDS };
static const struct shell_arg put_args[] = {
    [PUT_ADDRESS] = { "IOVA", .kind = SHELL_ADDRESS },
    [PUT_WORDS] = { "TYPE VALUE...", .kind = SHELL_TEXT, .flags = SHELL_REST | SHELL_BARE, .least = 3, .complete = complete_type },
    { 0 },
};

static enum shell_result put(struct shell *sh, const struct shell_value *args)
{
    uint64_t address = args[PUT_ADDRESS].number, size;
    struct shell_buffer b;
    bool done;

    shell_buffer_init(&b);
    done = put_all(sh, &b, &args[PUT_WORDS]);
    size = vfu_writer_position(&b.w);
    shell_buffer_text(&b);
    if (done && b.size != size)
        done = shell_fail(sh, "out of memory");
    done = done && shell_maps_walk(&sh->device.maps, address, size, true, copy_in, b.bytes, &sh->outcome.error);
    shell_buffer_free(&b);
    shell_json_hex_number(sh, "address", address);
    shell_json_hex_number(sh, "size", size);
    return done ? SHELL_OK : SHELL_FAILED;
}

const struct shell_command cmd_mem_alloc = {
    .name = "mem alloc",
    .help = "give the device memory where there is room; NAME stands for its address",
    .more = "It is whole pages of zeros, mapped as `dma map` does, outside of all other maps. NAME, and NAME+OFFSET, stands\n"
            "wherever an IOVA may, and in values that are written and fields that are sent. `dma unmap NAME` takes it back.\n"
            "Example: mem alloc 64K ring\n"
            "         write bar0+0x28 q ring+0x1000",
    .args = alloc_args,
    .run = alloc,
};

const struct shell_command cmd_mem_put = {
    .name = "mem put",
    .help = "write a structure to it, field by field",
    .more = "A TYPE holds for all VALUEs up to the next: u8, u16, u32, u64 (little-endian), u16be, u32be, u64be; zeros N;\n"
            "pad N: zeros up to byte N; text WORD; hex HEX. A VALUE may be the name of memory: its address.\n"
            "Example: mem put ring u8 0x06 0 u16 1 u32 0 pad 24 u64 ring+0x800 pad 40 u32 1 pad 64",
    .args = put_args,
    .run = put,
};
