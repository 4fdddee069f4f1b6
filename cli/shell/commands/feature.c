/*
 * feature: DEVICE_FEATURE.
 */
#include "cli/shell/commands/all.h"
#include "cli/shell/message.h"
#include "decoder/wire/parse.h"

#include <linux/vfio.h>
#include <string.h>

static const struct {
    const char *name;
    uint32_t flag;
} actions[] = {
    { "get", VFIO_DEVICE_FEATURE_GET }, { "set", VFIO_DEVICE_FEATURE_SET }, { "probe", VFIO_DEVICE_FEATURE_PROBE },
};
enum { ACTIONS = sizeof actions / sizeof actions[0] };

static bool parse(struct shell *sh, char **argv, uint64_t *flags)
{
    uint64_t feature;
    size_t i;

    for (i = 0; i < ACTIONS && strcmp(actions[i].name, argv[0]) != 0; i++)
        ;
    if (i == ACTIONS)
        return shell_fail(sh, "%.80s: get, set or probe", argv[0]);
    if (!vfu_parse_named(vfu_feature_names, argv[1], &feature))
        return shell_fail(sh, "%.80s: no such feature (a name such as MIGRATION, or a number)", argv[1]);
    *flags = actions[i].flag | feature;
    return feature <= VFIO_DEVICE_FEATURE_MASK || shell_fail(sh, "%.80s: a feature's number has 16 bits", argv[1]);
}

static enum shell_result exec(struct shell *sh, int argc, char **argv)
{
    enum shell_result result = SHELL_FAILED;
    struct shell_message m;
    uint64_t flags = 0;
    bool built;

    if (!parse(sh, argv, &flags))
        return SHELL_FAILED;
    built = shell_message_start(sh, &m, VFU_DEVICE_FEATURE) &&
            (vfu_build_set_number(&m.build, "flags", flags) || shell_fail(sh, "%s", m.build.error));
    m.fields = true;
    built = built && shell_message_words(sh, &m, argc, argv, 2);
    if (built)
        result = shell_message_send(sh, &m);
    shell_message_free(&m);
    return result;
}

static void complete(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    (void)sh;
    (void)argv;
    for (size_t i = 0; argc == 0 && i < ACTIONS; i++)
        shell_match(m, actions[i].name);
    if (argc == 1)
        shell_match_names(m, vfu_feature_names);
}

const struct shell_command cmd_feature = {
    .name = "feature",
    .usage = "get|set|probe NAME|NUMBER [field=value]...",
    .help = "ask for, set or probe a device feature",
    .more = "Example: feature get MIGRATION\n         feature set MIG_DEVICE_STATE device_state=STOP",
    .min = 2,
    .max = -1,
    .flags = SHELL_PAGED,
    .exec = exec,
    .complete = complete,
};
