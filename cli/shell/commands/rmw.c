/*
 * rmw: read, modify, write.
 */
#include "cli/shell/access.h"
#include "cli/shell/bytes.h"
#include "cli/shell/commands/inside.h"

enum { PLACE, WIDTH, MASK, VALUE, VIA };
static const struct shell_arg rmw_args[] = {
    [PLACE] = { "REGION[+OFFSET]", .kind = SHELL_PLACE },
    [WIDTH] = SHELL_ARG_WIDTH,
    [MASK] = { "MASK", .kind = SHELL_NUMBER, .label = "VALUE" },
    [VALUE] = { "VALUE", .kind = SHELL_NUMBER },
    [VIA] = SHELL_ARG_VIA,
    { 0 },
};

static enum shell_result rmw(struct shell *sh, const struct shell_value *args)
{
    struct shell_access a = shell_access(&args[PLACE], &args[WIDTH], &args[VIA]);
    uint64_t mask = args[MASK].number, value = args[VALUE].number, old;
    enum shell_result result;
    uint8_t bytes[8];

    if (!shell_fits(sh, args[MASK].text, a.width, mask) || !shell_fits(sh, args[VALUE].text, a.width, value))
        return SHELL_FAILED;
    result = shell_access_read(sh, &a, bytes, a.width, NULL);
    if (result != SHELL_OK)
        return result;
    old = shell_load(bytes, a.width);
    value = (old & ~mask) | (value & mask);
    shell_store(bytes, a.width, value);
    result = shell_access_write(sh, &a, bytes, a.width, NULL);
    if (result == SHELL_OK) {
        shell_say(sh, "0x%llx -> 0x%llx\n", (unsigned long long)old, (unsigned long long)value);
        shell_json_hex_number(sh, "old", old);
        shell_json_hex_number(sh, "value", value);
    }
    return result;
}

const struct shell_command cmd_rmw = {
    .name = "rmw",
    .help = "read a register, change the bits in MASK to those of VALUE, write it back",
    .more = "Example: rmw config+4 w 0x4 0x4",
    .args = rmw_args,
    .run = rmw,
};
