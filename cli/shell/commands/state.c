/*
 * state: the device's migration state, asked for and changed.
 */
#include "cli/shell/commands/inside.h"


enum shell_result cmd_migration_flags(struct shell *sh, uint64_t *flags)
{
    const struct shell_field fields[] = { { "flags", VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION }, { 0 } };
    enum shell_result result = shell_request(sh, VFU_DEVICE_FEATURE, fields, NULL, 0);

    *flags = shell_reply_number(&sh->link, "migration_flags", 0);
    return result;
}

enum shell_result cmd_state_get(struct shell *sh, uint32_t *state)
{
    const struct shell_field fields[] = {
        { "flags", VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE }, { 0 },
    };
    enum shell_result result = shell_request(sh, VFU_DEVICE_FEATURE, fields, NULL, 0);

    *state = (uint32_t)shell_reply_number(&sh->link, "device_state", VFU_STATE_ERROR);
    return result;
}

enum shell_result cmd_state_set(struct shell *sh, uint32_t state)
{
    const struct shell_field fields[] = {
        { "flags", VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE }, { "device_state", state }, { 0 },
    };

    return shell_request(sh, VFU_DEVICE_FEATURE, fields, NULL, 0);
}

enum shell_result cmd_state_walk(struct shell *sh, uint32_t *state, uint32_t to)
{
    char a[SHELL_NAME], b[SHELL_NAME];

    if (*state != to && !vfu_migration_reachable(*state, to)) {
        shell_fail(sh, "%s can't be reached from %s%s", shell_name(b, vfu_device_state_names, to),
                   shell_name(a, vfu_device_state_names, *state),
                   *state == VFU_STATE_ERROR ? " (reset leaves it)" : "");
        return SHELL_FAILED;
    }
    while (*state != to) {
        uint32_t next = vfu_migration_next(*state, to);
        enum shell_result result = cmd_state_set(sh, next);

        if (result != SHELL_OK)
            return result;
        *state = next;
    }
    return SHELL_OK;
}

/* Is this arc one that a server must follow? */
static bool is_legal(struct shell *sh, uint64_t flags, uint32_t from, uint32_t to)
{
    bool p2p = to == VFU_STATE_RUNNING_P2P || to == VFU_STATE_PRE_COPY_P2P;
    bool pre_copy = to == VFU_STATE_PRE_COPY || to == VFU_STATE_PRE_COPY_P2P;
    char a[SHELL_NAME], b[SHELL_NAME];

    shell_name(a, vfu_device_state_names, from);
    shell_name(b, vfu_device_state_names, to);
    if (to == VFU_STATE_ERROR || to > VFU_STATE_PRE_COPY_P2P)
        return shell_fail(sh, "%s can't be asked for (--force sends it)", b);
    if ((p2p && !(flags & VFIO_MIGRATION_P2P)) || (pre_copy && !(flags & VFU_MIGRATION_PRE_COPY)))
        return shell_fail(sh, "the device does not claim to have %s (--force sends it)", b);
    return vfu_migration_reachable(from, to) ||
           shell_fail(sh, "%s can't be reached from %s (--force sends it%s)", b, a,
                      from == VFU_STATE_ERROR ? "; reset leaves ERROR" : "");
}

static enum shell_result show(struct shell *sh)
{
    enum shell_result result;
    uint64_t flags = 0;
    uint32_t state = 0;
    char name[SHELL_NAME];

    result = cmd_migration_flags(sh, &flags);
    if (result == SHELL_OK)
        result = cmd_state_get(sh, &state);
    if (result != SHELL_OK)
        return result;
    shell_say(sh, "%s (the device has stop_copy%s%s)\n", shell_name(name, vfu_device_state_names, state),
              flags & VFIO_MIGRATION_P2P ? ", p2p" : "", flags & VFU_MIGRATION_PRE_COPY ? ", pre_copy" : "");
    shell_json_hex_number(sh, "migration_flags", flags);
    shell_json_number(sh, "device_state", state);
    shell_json_string(sh, "device_state_name", name);
    return SHELL_OK;
}

enum { STATE, WALK, FORCE };
static const struct shell_arg state_args[] = {
    [STATE] = { "STATE", .kind = SHELL_NAMED, .names = vfu_device_state_names, .most = UINT32_MAX,
                .wrong = "no such state (a name such as STOP_COPY, or a number)" },
    [WALK] = { .word = "--walk", .flags = SHELL_OPTIONAL | SHELL_OR },
    [FORCE] = { .word = "--force", .flags = SHELL_OPTIONAL },
    { 0 },
};

/* By one message, and by the server over what lies between; or arc by arc. */
static enum shell_result go_to(struct shell *sh, uint32_t to, bool walk)
{
    enum shell_result result;
    uint64_t flags = 0;
    uint32_t from = 0;

    result = cmd_migration_flags(sh, &flags);
    if (result == SHELL_OK)
        result = cmd_state_get(sh, &from);
    if (result == SHELL_OK && !is_legal(sh, flags, from, to))
        result = SHELL_FAILED;
    if (result == SHELL_OK)
        result = walk ? cmd_state_walk(sh, &from, to) : cmd_state_set(sh, to);
    return result;
}

static enum shell_result state(struct shell *sh, const struct shell_value *args)
{
    uint32_t to = (uint32_t)args[STATE].number;
    enum shell_result result;
    char name[SHELL_NAME];

    if (!args[STATE].given)
        return show(sh);
    result = args[FORCE].given ? cmd_state_set(sh, to) : go_to(sh, to, args[WALK].given);
    if (result == SHELL_OK) {
        shell_json_number(sh, "device_state", to);
        shell_json_string(sh, "device_state_name", shell_name(name, vfu_device_state_names, to));
    }
    return result;
}

const struct shell_command cmd_state = {
    .name = "state",
    .help = "the device's migration state, or go to another",
    .more = "STATE is RUNNING, STOP, STOP_COPY, RESUMING, RUNNING_P2P, PRE_COPY, PRE_COPY_P2P or a number. One "
            "message\nis sent, and the server walks over what lies between; with --walk one for each arc. What the "
            "protocol\nforbids, or the device does not claim to have, is sent with --force only.\n"
            "Example: state STOP",
    .flags = SHELL_OR_NONE,
    .args = state_args,
    .stray = "--force or --walk",
    .run = state,
};
