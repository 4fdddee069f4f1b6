/*
 * feature: DEVICE_FEATURE.
 */
#include "cli/shell/commands/inside.h"
#include "cli/shell/message.h"

#include <linux/vfio.h>

enum { ACTION, FEATURE, WORDS, OPTIONS };
static const struct vfu_name actions[] = {
    { VFIO_DEVICE_FEATURE_GET, "get" }, { VFIO_DEVICE_FEATURE_SET, "set" }, { VFIO_DEVICE_FEATURE_PROBE, "probe" },
    { 0, NULL },
};
static const struct shell_arg feature_args[] = {
    [ACTION] = { .kind = SHELL_WORD, .names = actions },
    [FEATURE] = { "NAME|NUMBER", .kind = SHELL_NAMED, .names = vfu_feature_names,
                  .wrong = "no such feature (a name such as MIGRATION, or a number)" },
    [WORDS] = { "field=value", .kind = SHELL_TEXT, .flags = SHELL_OPTIONAL | SHELL_MANY },
    [OPTIONS] = SHELL_MESSAGE_OPTIONS(SHELL_HIDDEN),
    { 0 },
};

static enum shell_result feature(struct shell *sh, const struct shell_value *args)
{
    uint64_t number = args[FEATURE].number;
    enum shell_result result = SHELL_FAILED;
    struct shell_message m;
    bool built;

    if (number > VFIO_DEVICE_FEATURE_MASK) {
        shell_fail(sh, "%.80s: a feature's number has 16 bits", args[FEATURE].text);
        return SHELL_FAILED;
    }
    built = shell_message_start(sh, &m, VFU_DEVICE_FEATURE) &&
            (vfu_build_set_number(&m.build, "flags", args[ACTION].number | number) ||
             shell_fail(sh, "%s", m.build.error));
    m.fields = true;
    built = built && shell_message_set(sh, &m, &args[WORDS], &args[OPTIONS]);
    if (built)
        result = shell_message_send(sh, &m);
    shell_message_free(&m);
    return result;
}

const struct shell_command cmd_feature = {
    .name = "feature",
    .help = "ask for, set or probe a device feature",
    .more = "Example: feature get MIGRATION\n         feature set MIG_DEVICE_STATE device_state=STOP",
    .flags = SHELL_PAGED,
    .args = feature_args,
    .run = feature,
};
