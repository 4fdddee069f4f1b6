/*
 * vfuscope check: device features and migration. The device's state is looked at, not changed.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* --- with --write: a migration, there and back --- */

static bool set_state(struct check *c, uint64_t state)
{
    check_ask(c, VFU_DEVICE_FEATURE,
              WITH({ "flags", VFIO_DEVICE_FEATURE_SET }, { "feature", VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE },
                   { "device_state", state }, { "argsz", 16 }));
    return check_is_done(c);
}

/* Whatever became of it, the device runs again. */
static enum check_result run_again(struct check *c, enum check_result result)
{
    struct check_words kept = c->said;

    if (!(set_state(c, VFU_STATE_STOP) && set_state(c, VFU_STATE_RUNNING)) && check_is_error(c))
        check_ask(c, VFU_DEVICE_RESET, PLAIN);
    c->said = kept;
    return result;
}

enum { CHUNK = 16 << 10, MOST_DATA = 16 << 20 };

/* The device's state, until a read brings less than was asked for; NULL: c->said.why says why not. The caller's to free. */
static uint8_t *read_state(struct check *c, size_t *size)
{
    uint8_t *state = malloc(MOST_DATA);

    *size = 0;
    while (state && *size <= MOST_DATA - CHUNK) {
        const struct vfu_value *data;

        check_ask(c, VFU_MIG_DATA_READ, WITH({ "size", CHUNK }, { "argsz", CHUNK + 8 }));
        data = check_is_done(c) ? vfu_value_by_name(c->reply.decoded->values, c->reply.decoded->count, "data") : NULL;
        if (!data || data->size != check_number(c, "size") || data->size > CHUNK) {
            check_fail(c, "up to %u bytes of the device's state were due", CHUNK);
            break;
        }
        memcpy(state + *size, data->bytes, data->size);
        *size += data->size;
        if (data->size < CHUNK)
            return state;
    }
    if (*size > MOST_DATA - CHUNK)
        check_fail(c, "there is no end to the state: %zu bytes", *size);
    free(state);
    return NULL;
}

/* Save the state; NULL: `result` says how that went. */
static uint8_t *save(struct check *c, size_t *size, enum check_result *result)
{
    uint8_t *state = NULL;

    *result = CHECK_FAILS;
    if (!open_migration(c)) {
        *result = no_migration(c);
        return NULL;
    }
    if (!set_state(c, VFU_STATE_STOP_COPY))
        check_fail(c, "STOP_COPY was due");
    else
        state = read_state(c, size);
    return state;
}

static enum check_result migration_save(struct check *c)
{
    enum check_result result;
    size_t size;
    uint8_t *state = save(c, &size, &result);

    if (!state)
        return result == CHECK_FAILS ? run_again(c, result) : result;
    free(state);
    return set_state(c, VFU_STATE_STOP) && set_state(c, VFU_STATE_RUNNING) ? CHECK_PASSES
                                                                           : check_fail(c, "STOP, then RUNNING were due");
}

static enum check_result migration_path(struct check *c)
{
    if (!open_migration(c))
        return no_migration(c);
    if (!set_state(c, VFU_STATE_STOP_COPY))
        return run_again(c, check_skip(c, "no STOP_COPY"));
    return set_state(c, VFU_STATE_RUNNING) ? CHECK_PASSES : run_again(c, check_fail(c, "RUNNING was due, over STOP"));
}

static enum check_result migration_no_way(struct check *c)
{
    if (!open_migration(c))
        return no_migration(c);
    if (!set_state(c, VFU_STATE_STOP_COPY))
        return check_skip(c, "no STOP_COPY");
    set_state(c, VFU_STATE_PRE_COPY);
    return run_again(c, check_refused(c));
}

static enum check_result migration_load(struct check *c)
{
    enum check_result result;
    size_t size;
    uint8_t *state = save(c, &size, &result);
    bool good = state && set_state(c, VFU_STATE_STOP) && set_state(c, VFU_STATE_RESUMING);

    if (!state)
        return result == CHECK_FAILS ? run_again(c, check_skip(c, "the state can't be saved")) : result;
    for (size_t at = 0; good && at < size; at += CHUNK) {
        size_t part = size - at < CHUNK ? size - at : CHUNK;

        good = check_begin(c, VFU_MIG_DATA_WRITE, WITH({ "argsz", 8 + part })) &&
               vfu_build_set_bytes(&c->build, "data", state + at, part);
        if (good && (check_send(c) || c->was_closed))
            check_receive(c);
        good = good && check_is_done(c);
    }
    free(state);
    good = good && set_state(c, VFU_STATE_STOP) && set_state(c, VFU_STATE_RUNNING);
    return good ? CHECK_PASSES : run_again(c, check_fail(c, "the device was to take its own state back"));
}

/* --- dirty pages --- */

enum { PAGE = 4096, PAGES = 64 };

static void ask_report(struct check *c)
{
    check_ask(c, VFU_DEVICE_FEATURE,
              WITH({ "flags", VFIO_DEVICE_FEATURE_GET }, { "feature", VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT },
                   { "length", PAGES * PAGE }, { "page_size", PAGE }, { "argsz", 4096 }));
}

static bool start_logging(struct check *c)
{
    check_ask(c, VFU_DEVICE_FEATURE,
              WITH({ "flags", VFIO_DEVICE_FEATURE_SET }, { "feature", VFIO_DEVICE_FEATURE_DMA_LOGGING_START },
                   { "page_size", PAGE }, { "argsz", 24 }));
    return check_is_done(c);
}

/* libvfio-user reports only of what is mapped. */
static bool open_memory(struct check *c)
{
    int fd = check_open(c) ? memfd_create("vfuscope", MFD_CLOEXEC) : -1;

    if (fd < 0)
        return false;
    if (ftruncate(fd, PAGES * PAGE) == 0)
        check_ask_fds(c, VFU_DMA_MAP, WITH({ "flags", VFU_DMA_READABLE | VFU_DMA_WRITEABLE }, { "size", PAGES * PAGE }), &fd,
                      1);
    close(fd);
    if (check_is_done(c))
        return true;
    check_fail(c, "memory was to be mapped");
    return false;
}

static enum check_result logging_off(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    ask_report(c);
    return check_refused(c);
}

static enum check_result logging(struct check *c)
{
    const struct vfu_value *bitmap;
    enum check_result result = CHECK_PASSES;

    if (!open_memory(c))
        return CHECK_FAILS;
    if (!start_logging(c))
        return check_is_error(c) ? check_skip(c, "no dirty logging") : check_done(c);
    ask_report(c);
    bitmap = check_is_done(c) ? vfu_value_by_name(c->reply.decoded->values, c->reply.decoded->count, "bitmap") : NULL;
    if (!bitmap || bitmap->size != PAGES / 8)
        result = check_fail(c, "a bitmap of %u bytes was due", PAGES / 8);
    else if (ask_feature(c, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP) != CHECK_REPLY ||
             !check_is_done(c))
        result = check_fail(c, "logging was to stop");
    return result;
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
    { "migration-save", "Direct State Transitions", "the state is saved in STOP_COPY, and the device runs again",
      migration_save, .writes = true },
    { "migration-path", "Complex State Transitions", "STOP_COPY to RUNNING is walked over STOP", migration_path,
      .writes = true },
    { "migration-no-way", "Direct State Transitions", "STOP_COPY to PRE_COPY gets an error reply", migration_no_way,
      .writes = true },
    { "migration-load", "VFIO_USER_MIG_DATA_WRITE", "a state that was saved is taken back in RESUMING", migration_load,
      .writes = true },
    { "logging-off", "VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT", "without logging there is no report", logging_off },
    { "logging", "VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT", "a report has a bit for each page", logging },
    { NULL },
};
