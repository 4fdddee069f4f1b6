/*
 * vfuscope check: device features and migration. The device's state is looked at, not changed.
 */
#include "check.h"

#define FEATURE "VFIO_USER_DEVICE_FEATURE"

static enum check_answer ask_feature(struct check *c, uint64_t flags)
{
    return check_ask(c, VFU_DEVICE_FEATURE, WITH({ "flags", flags }, { "argsz", 4096 }));
}

static enum check_result feature_unknown(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    ask_feature(c, VFIO_DEVICE_FEATURE_GET | 0xfff0);
    return check_refused(c);
}

static enum check_result feature_both(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    ask_feature(c, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIGRATION);
    return check_refused(c);
}

static enum check_result feature_short(struct check *c)
{
    static const uint8_t zeros[4];

    if (!check_open(c))
        return CHECK_FAILS;
    check_ask_raw(c, VFU_DEVICE_FEATURE, zeros, sizeof zeros);
    return check_refused(c);
}

/* Does the device migrate? */
static bool open_migration(struct check *c)
{
    if (!check_open(c))
        return false;
    ask_feature(c, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION);
    if (check_is_done(c))
        return true;
    check_skip(c, "the device does not migrate");
    return false;
}

static enum check_result no_migration(const struct check *c)
{
    return check_is_error(c) ? CHECK_DOES_NOT_APPLY : CHECK_FAILS;
}

static enum check_result migration(struct check *c)
{
    if (!open_migration(c))
        return no_migration(c);
    return check_number(c, "migration_flags") & VFIO_MIGRATION_STOP_COPY ? CHECK_PASSES
                                                                          : check_fail(c, "stop_copy must be there");
}

static enum check_result migration_probe(struct check *c)
{
    if (!open_migration(c))
        return no_migration(c);
    ask_feature(c, VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION);
    return check_done(c);
}

static enum check_result migration_state(struct check *c)
{
    if (!open_migration(c))
        return no_migration(c);
    ask_feature(c, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE);
    if (!check_is_done(c))
        return check_done(c);
    return check_number(c, "device_state") <= VFU_STATE_PRE_COPY_P2P ? CHECK_PASSES : check_fail(c, "no such state");
}

static enum check_result migration_error(struct check *c)
{
    if (!open_migration(c))
        return no_migration(c);
    check_ask(c, VFU_DEVICE_FEATURE,
              WITH({ "flags", VFIO_DEVICE_FEATURE_SET }, { "feature", VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE },
                   { "device_state", VFU_STATE_ERROR }));
    return check_refused(c);
}

static enum check_result data_state(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    check_ask(c, VFU_MIG_DATA_READ, WITH({ "size", 16 }, { "argsz", 24 }));
    return check_refused(c);
}

static enum check_result data_write_state(struct check *c)
{
    static const uint8_t bytes[12] = { 12, [4] = 4 };

    if (!check_open(c))
        return CHECK_FAILS;
    check_ask_raw(c, VFU_MIG_DATA_WRITE, bytes, sizeof bytes);
    return check_refused(c);
}

const struct check_requirement check_features[] = {
    { "feature-unknown", FEATURE, "a feature that nobody knows gets an error reply", feature_unknown },
    { "feature-both", FEATURE, "get and set at once get an error reply", feature_both },
    { "feature-short", FEATURE, "a DEVICE_FEATURE without all its fields gets an error reply", feature_short },
    { "migration", "VFIO_DEVICE_FEATURE_MIGRATION", "a device that migrates can stop and copy", migration },
    { "migration-probe", FEATURE, "a feature that can be got can be probed", migration_probe },
    { "migration-state", "VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE", "a device that migrates has a state", migration_state },
    { "migration-error", "Direct State Transitions", "the state ERROR can't be asked for", migration_error },
    { "data-read-state", "VFIO_USER_MIG_DATA_READ", "no data is read while the device runs", data_state },
    { "data-write-state", "VFIO_USER_MIG_DATA_WRITE", "no data is written while the device runs", data_write_state,
      .writes = true },
    { NULL },
};
