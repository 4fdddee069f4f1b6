/*
 * vfuscope check: device features, got, set and probed. The device's state is looked at, not changed.
 */
#include "cli/check/requirements/inside.h"

#define FEATURE "VFIO_USER_DEVICE_FEATURE"

enum {
    GET = VFIO_DEVICE_FEATURE_GET,
    SET = VFIO_DEVICE_FEATURE_SET,
    PROBE = VFIO_DEVICE_FEATURE_PROBE,
    MIGRATION = VFIO_DEVICE_FEATURE_MIGRATION,
    STATE = VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
};

static enum check_result feature_unknown(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    check_ask_feature(c, c->now->number);
    return check_refused(c);
}

/* What the row says, to a device that migrates. */
static bool ask_migrating(struct check *c)
{
    if (!check_open_migration(c))
        return false;
    check_ask_feature(c, c->now->number);
    return true;
}

static enum check_result feature_done(struct check *c)
{
    return ask_migrating(c) ? check_done(c) : check_verdict(c);
}

static enum check_result feature_refused(struct check *c)
{
    return ask_migrating(c) ? check_refused(c) : check_verdict(c);
}

static enum check_result probe_reply(struct check *c)
{
    return ask_migrating(c) ? check_repeats(c, VFU_HEADER_SIZE) : check_verdict(c);
}

static enum check_result feature_argsz(struct check *c)
{
    if (!check_open_migration(c))
        return check_verdict(c);
    check_ask(c, VFU_DEVICE_FEATURE, WITH({ "flags", GET | MIGRATION }, { "argsz", c->now->number }));
    return check_is_error(c) ? CHECK_PASSES : check_fits(c, c->now->number);
}

static enum check_result feature_full(struct check *c)
{
    if (!ask_migrating(c))
        return check_verdict(c);
    if (!check_is_done(c))
        return check_done(c);
    return check_number(c, "argsz") == c->reply->size - VFU_HEADER_SIZE
               ? CHECK_PASSES
               : check_fail(c, "%u bytes came", c->reply->size - VFU_HEADER_SIZE);
}

static enum check_result probe_harmless(struct check *c)
{
    const uint32_t payload[] = { 16, PROBE | SET | STATE, VFU_STATE_STOP, 0 };

    if (!check_open_migration(c))
        return check_verdict(c);
    check_ask_raw(c, VFU_DEVICE_FEATURE, payload, sizeof payload);
    check_ask_feature(c, GET | STATE);
    if (!check_is_done(c) || check_number(c, "device_state") != VFU_STATE_STOP)
        return CHECK_PASSES;
    return check_run_again(c, check_fail(c, "a probe of setting STOP set it"));
}

static enum check_result migration(struct check *c)
{
    if (!check_open_migration(c))
        return check_verdict(c);
    return check_number(c, "migration_flags") & VFIO_MIGRATION_STOP_COPY ? CHECK_PASSES
                                                                          : check_fail(c, "stop_copy must be there");
}

static enum check_result migration_state(struct check *c)
{
    if (!ask_migrating(c))
        return check_verdict(c);
    if (!check_is_done(c))
        return check_done(c);
    return check_number(c, "device_state") <= VFU_STATE_PRE_COPY_P2P ? CHECK_PASSES : check_fail(c, "no such state");
}

/* A state that can't be asked for; some only of a device that does not say it knows them. */
static enum check_result state_refused(struct check *c)
{
    const uint64_t state = c->now->number;
    uint64_t knows;

    if (!check_open_migration(c))
        return check_verdict(c);
    knows = check_number(c, "migration_flags");
    if ((state == VFU_STATE_PRE_COPY && knows & VFU_MIGRATION_PRE_COPY) ||
        (state == VFU_STATE_RUNNING_P2P && knows & VFIO_MIGRATION_P2P))
        return check_skip(c, "the device knows this state");
    check_ask(c, VFU_DEVICE_FEATURE,
              WITH({ "flags", SET }, { "feature", STATE }, { "device_state", state }, { "argsz", 16 }));
    return check_run_again(c, check_refused(c));
}

const struct check_requirement check_features[] = {
    { "feature-unknown", FEATURE, "a feature that nobody knows gets an error reply", feature_unknown,
      .number = GET | 0xfff0 },
    { "feature-both", FEATURE, "get and set at once get an error reply", feature_unknown,
      .number = GET | SET | MIGRATION },
    { "feature-short", FEATURE, "a DEVICE_FEATURE without all its fields gets an error reply", check_short,
      .command = VFU_DEVICE_FEATURE, .number = 4 },
    { "feature-argsz", "Message sizes", "a reply does not exceed argsz: DEVICE_FEATURE with 8", feature_argsz,
      .number = 8 },
    { "feature-full", FEATURE, "the reply's argsz is its size, where it fits", feature_full, ODD,
      .number = GET | MIGRATION },
    { "probe-unknown", FEATURE, "a probe for a feature that nobody knows gets an error reply", feature_unknown,
      .number = PROBE | GET | 0xfff0 },
    { "probe-both", FEATURE, "what can be got and set can be probed for both", feature_done,
      .number = PROBE | GET | SET | STATE },
    { "probe-all", FEATURE, "a probe for more than a feature can do gets an error reply", feature_refused,
      .number = PROBE | GET | SET | MIGRATION },
    { "probe-reply", FEATURE, "the reply to a probe repeats the request", probe_reply,
      .number = PROBE | GET | MIGRATION },
    { "probe-harmless", FEATURE, "a probe sets nothing", probe_harmless },
    { "migration", "VFIO_DEVICE_FEATURE_MIGRATION", "a device that migrates can stop and copy", migration },
    { "migration-probe", FEATURE, "a feature that can be got can be probed", feature_done,
      .number = PROBE | GET | STATE },
    { "migration-state", MIGRATION_STATE, "a device that migrates has a state", migration_state,
      .number = GET | STATE },
    { "migration-error", DIRECT, "the state ERROR can't be asked for", state_refused, .number = VFU_STATE_ERROR },
    { "migration-unknown", MIGRATION_STATE, "a state that nobody knows gets an error reply", state_refused,
      .number = 99 },
    { "migration-p2p", MIGRATION_STATE, "the state RUNNING_P2P is not used", state_refused, ODD,
      .number = VFU_STATE_RUNNING_P2P },
    { "migration-no-pre-copy", DIRECT, "a device without PRE_COPY has no way there", state_refused,
      .number = VFU_STATE_PRE_COPY },
    { NULL },
};
