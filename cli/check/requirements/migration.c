/*
 * vfuscope check: migration, with --write: the ways between the states, and the data that is read and written there. A
 * saving state is not left before all its data was read, but where that is what is tried; and what the device had is
 * given back to it.
 */
#include "cli/check/requirements/inside.h"

#include <string.h>

#define READ "VFIO_USER_MIG_DATA_READ"
#define WRITE "VFIO_USER_MIG_DATA_WRITE"
#define COMPLEX "Complex State Transitions"

static bool write_part(struct check *c, const uint8_t *bytes, size_t part, uint64_t count)
{
    if (!check_begin(c, VFU_MIG_DATA_WRITE, WITH({ "argsz", 8 + part })) ||
        !vfu_build_set_bytes(&c->build, "data", bytes, part) || !vfu_build_set_number(&c->build, "size", count))
        return false;
    if (check_send(c) || c->was_closed)
        check_receive(c);
    return check_is_done(c);
}

static bool write_all(struct check *c, size_t size)
{
    bool good = true;

    for (size_t at = 0; good && at < size; at += CHECK_PIECE) {
        size_t part = size - at < CHECK_PIECE ? size - at : CHECK_PIECE;

        good = write_part(c, c->image.bytes + at, part, part);
    }
    return good || (check_fail(c, "the device was to take its own state back"), false);
}

static const char *const names[] = { "ERROR",    "STOP",        "RUNNING",  "STOP_COPY",
                                     "RESUMING", "RUNNING_P2P", "PRE_COPY", "PRE_COPY_P2P" };

/* Go to a state, and do there what it is for: read the data, or write it. */
static bool enter(struct check *c, uint8_t state)
{
    if (!check_enters(c, state) || !check_is_in(c, state)) {
        check_fail(c, "the state was to be %s", names[state]);
        return false;
    }
    if (state == VFU_STATE_STOP_COPY || state == VFU_STATE_PRE_COPY)
        return check_read_state(c, &c->image);
    return state != VFU_STATE_RESUMING || write_all(c, c->image.size);
}

/* A way that another requirement walks first; one that fails there fails nothing here. NULL: there is none. */
static const char *walked_by(const struct check *c, uint8_t from, uint8_t to)
{
    static const struct {
        uint8_t from, to;
        const char *id;
    } ways[] = {
        { VFU_STATE_RUNNING, VFU_STATE_STOP, "migration-stop" },
        { VFU_STATE_STOP, VFU_STATE_RUNNING, "migration-stop" },
        { VFU_STATE_RUNNING, VFU_STATE_STOP_COPY, "migration-save" },
        { VFU_STATE_STOP_COPY, VFU_STATE_STOP, "migration-save" },
        { VFU_STATE_STOP, VFU_STATE_STOP_COPY, "migration-stop-copy" },
        { VFU_STATE_STOP, VFU_STATE_RESUMING, "migration-load" },
        { VFU_STATE_RESUMING, VFU_STATE_STOP, "migration-load" },
        { VFU_STATE_RUNNING, VFU_STATE_PRE_COPY, "migration-pre-copy" },
        { VFU_STATE_PRE_COPY, VFU_STATE_RUNNING, "migration-pre-copy" },
        { VFU_STATE_PRE_COPY, VFU_STATE_STOP_COPY, "migration-pre-stop-copy" },
    };

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (ways[i].from == from && ways[i].to == to && strcmp(ways[i].id, c->now->id) != 0 &&
            check_has_failed(c, ways[i].id))
            return ways[i].id;
    return NULL;
}

/* The row's states, one after the other: the first ones may be another requirement's. */
static enum check_result go(struct check *c)
{
    const struct check_requirement *r = c->now;
    uint8_t from = VFU_STATE_RUNNING;

    for (unsigned i = 0; r->states[i]; from = r->states[i++]) {
        const char *needs;

        if (enter(c, r->states[i]))
            continue;
        needs = i < r->prepared ? r->needs : walked_by(c, from, r->states[i]);
        return needs ? check_lacks(c, needs, "%s was to be reached", names[r->states[i]]) : check_verdict(c);
    }
    return CHECK_PASSES;
}

/* The row's states; its judge, if it has one, has the last word. */
static enum check_result walk(struct check *c)
{
    enum check_result result;

    c->image.size = 0;
    if (!check_open_migration(c))
        return check_verdict(c);
    if (memchr(c->now->states, VFU_STATE_PRE_COPY, strlen((const char *)c->now->states)) &&
        !(check_number(c, "migration_flags") & VFU_MIGRATION_PRE_COPY))
        return check_skip(c, "the device has no PRE_COPY");
    result = go(c);
    if (result == CHECK_PASSES && c->now->judge)
        result = c->now->judge(c);
    return check_run_again(c, result);
}

/* --- what is refused on the way --- */

static enum check_result to_pre_copy(struct check *c)
{
    check_set_state(c, VFU_STATE_PRE_COPY);
    return check_refused(c);
}

static enum check_result read_refused(struct check *c)
{
    check_ask_data(c, 16);
    return check_refused(c);
}

static enum check_result nothing_left(struct check *c)
{
    check_ask_data(c, 16);
    return check_is_error(c) || (check_is_done(c) && check_number(c, "size") == 0)
               ? CHECK_PASSES
               : check_fail(c, "there was no more data, and now there is");
}

/* --- data --- */

/* In STOP_COPY, with no data read yet: the row's judge. */
static enum check_result saving(struct check *c)
{
    if (!check_open_migration(c))
        return check_verdict(c);
    if (!check_enters(c, VFU_STATE_STOP_COPY))
        return check_run_again(c, check_lacks(c, "migration-save", "STOP_COPY was to be reached"));
    return check_run_again(c, c->now->judge(c));
}

static enum check_result repeats_state(struct check *c)
{
    return check_repeats(c, VFU_HEADER_SIZE);
}

static enum check_result few_bytes(struct check *c)
{
    const struct vfu_value *data;

    check_ask_data(c, 16);
    data = check_is_done(c) ? check_value(c, "data") : NULL;
    return check_is_done(c) && check_number(c, "size") <= 16 && (!data || data->size == check_number(c, "size"))
               ? CHECK_PASSES
               : check_fail(c, "16 bytes were due, or fewer");
}

static enum check_result few_with_argsz(struct check *c)
{
    check_ask(c, VFU_MIG_DATA_READ, WITH({ "size", 64 }, { "argsz", 16 }));
    return check_is_error(c) ? CHECK_PASSES : check_fits(c, 16);
}

static enum check_result stop_early(struct check *c)
{
    check_set_state(c, VFU_STATE_STOP);
    return check_done(c);
}

/* A device that took some of its state, or none, gets all of it. */
static bool give_back(struct check *c)
{
    struct check_verdict kept = c->verdict;
    bool good = check_enters(c, VFU_STATE_RESUMING) && write_all(c, c->image.size) && check_enters(c, VFU_STATE_STOP);

    c->verdict = kept;
    return good;
}

static enum check_result write_more(struct check *c)
{
    static const uint8_t four[4];
    enum check_result result;

    if (!check_enters(c, VFU_STATE_RESUMING))
        return check_lacks(c, "migration-load", "RESUMING was to be reached");
    write_part(c, four, sizeof four, 8);
    result = check_refused(c);
    give_back(c);
    return result;
}

/* In ERROR nothing but DEVICE_RESET helps. */
static enum check_result recover(struct check *c)
{
    check_set_state(c, VFU_STATE_RUNNING);
    if (!check_is_error(c))
        return check_fail(c, "only DEVICE_RESET leaves the state ERROR");
    check_ask(c, VFU_DEVICE_RESET, PLAIN);
    if (!check_is_done(c))
        return check_fail(c, "DEVICE_RESET leaves the state ERROR");
    return check_is_in(c, VFU_STATE_RUNNING) ? CHECK_PASSES : check_fail(c, "after DEVICE_RESET the state is RUNNING");
}

static enum check_result half(struct check *c)
{
    if (c->image.size < 2)
        return check_skip(c, "the state is too small to be halved");
    if (!check_enters(c, VFU_STATE_RESUMING))
        return check_lacks(c, "migration-load", "RESUMING was to be reached");
    if (write_all(c, c->image.size / 2) && check_enters(c, VFU_STATE_STOP)) {
        give_back(c);
        return check_skip(c, "the device does not see that half of its state is missing");
    }
    if (!check_is_error(c))
        return check_fail(c, "an error reply was due");
    return check_is_in(c, VFU_STATE_ERROR) ? recover(c) : check_is_done(c) ? CHECK_PASSES : check_fail(c, "no state");
}

/* From a state that is not ERROR: libvfio-user has kept it since 2026, and went to RUNNING before. */
static enum check_result after_reset(struct check *c)
{
    if (!(c->flags & VFIO_DEVICE_FLAGS_RESET))
        return check_skip(c, "the device has no reset");
    check_ask(c, VFU_DEVICE_RESET, PLAIN);
    if (check_is_error(c))
        return check_skip(c, "a device that is stopped is not reset");
    return check_is_in(c, VFU_STATE_RUNNING) || (check_is_done(c) && check_number(c, "device_state") == VFU_STATE_STOP)
               ? CHECK_PASSES
               : check_fail(c, "after DEVICE_RESET the state is STOP still, or RUNNING");
}

/* --- while the device runs --- */

static enum check_result read_running(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    check_ask_data(c, 16);
    return check_refused(c);
}

static enum check_result write_running(struct check *c)
{
    static const uint8_t bytes[12] = { 12, [4] = 4 };

    if (!check_open(c))
        return check_verdict(c);
    check_ask_raw(c, VFU_MIG_DATA_WRITE, bytes, sizeof bytes);
    return check_refused(c);
}

static enum check_result state_short(struct check *c)
{
    const uint32_t payload[] = { 16, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE };

    if (!check_open_migration(c))
        return check_verdict(c);
    check_ask_raw(c, VFU_DEVICE_FEATURE, payload, sizeof payload);
    return check_run_again(c, check_refused(c));
}

#define STATES(...) ((const uint8_t[]) { __VA_ARGS__, 0 })
enum {
    STOP = VFU_STATE_STOP,
    RUNNING = VFU_STATE_RUNNING,
    STOP_COPY = VFU_STATE_STOP_COPY,
    RESUMING = VFU_STATE_RESUMING,
    PRE_COPY = VFU_STATE_PRE_COPY,
};

const struct check_requirement check_migration[] = {
    { "data-read-state", READ, "no data is read while the device runs", read_running },
    { "data-read-short", READ, "a MIG_DATA_READ without all its fields gets an error reply", check_short,
      .command = VFU_MIG_DATA_READ, .number = 4 },
    { "data-write-state", WRITE, "no data is written while the device runs", write_running, .writes = true },
    { "data-write-short", WRITE, "a MIG_DATA_WRITE without all its fields gets an error reply", check_short,
      .writes = true, .command = VFU_MIG_DATA_WRITE, .number = 4 },
    { "state-short", MIGRATION_STATE, "a state that is not there can't be set", state_short, .writes = true },
    { "migration-stop", DIRECT, "a device can be stopped, and run again", walk, .writes = true,
      .states = STATES(STOP, RUNNING) },
    { "migration-save", DIRECT, "the state is saved in STOP_COPY, and the device runs again", walk, .writes = true,
      .states = STATES(STOP_COPY, STOP, RUNNING) },
    { "migration-reply", "VFIO_USER_DEVICE_FEATURE", "the reply to a state that is set repeats the request", saving,
      .judge = repeats_state, .writes = true },
    { "migration-path", COMPLEX, "STOP_COPY to RUNNING is walked over STOP", walk, .writes = true,
      .states = STATES(STOP_COPY, RUNNING), .needs = "migration-save", .prepared = 1 },
    { "migration-stop-copy", DIRECT, "a device that is stopped can be saved", walk, .writes = true,
      .states = STATES(STOP, STOP_COPY, STOP, RUNNING), .needs = "migration-stop", .prepared = 1 },
    { "migration-no-way", DIRECT, "STOP_COPY to PRE_COPY gets an error reply", walk, .judge = to_pre_copy,
      .writes = true, .states = STATES(STOP_COPY), .needs = "migration-save", .prepared = 1 },
    { "migration-load", WRITE, "a state that was saved is taken back in RESUMING", walk, .writes = true,
      .states = STATES(STOP_COPY, STOP, RESUMING, STOP, RUNNING), .needs = "migration-save", .prepared = 2 },
    { "migration-path-load", COMPLEX, "STOP_COPY to RESUMING, and on to RUNNING, is walked over STOP", walk,
      .writes = true, .states = STATES(STOP_COPY, RESUMING, RUNNING), .needs = "migration-save", .prepared = 1 },
    { "migration-pre-copy", DIRECT, "PRE_COPY is entered from RUNNING, and left for it", walk, .writes = true,
      .states = STATES(PRE_COPY, RUNNING) },
    { "migration-pre-stop-copy", DIRECT, "PRE_COPY goes on in STOP_COPY", walk, .writes = true,
      .states = STATES(PRE_COPY, STOP_COPY, STOP, RUNNING), .needs = "migration-pre-copy", .prepared = 1 },
    { "migration-pre-load", DIRECT, "what was saved in PRE_COPY and STOP_COPY is taken back", walk, .writes = true,
      .states = STATES(PRE_COPY, STOP_COPY, STOP, RESUMING, STOP, RUNNING),
      .needs = "migration-pre-stop-copy", .prepared = 3 },
    { "migration-pre-path", COMPLEX, "STOP to PRE_COPY, and back, is walked over RUNNING", walk, .writes = true,
      .states = STATES(STOP, PRE_COPY, STOP, RUNNING), .needs = "migration-stop", .prepared = 1 },
    { "migration-reset", DIRECT, "after DEVICE_RESET a device that was stopped still is, or runs", walk,
      .judge = after_reset, .writes = true, .states = STATES(STOP_COPY, STOP),
      .needs = "migration-save", .prepared = 2 },
    { "migration-cancel", DIRECT, "STOP_COPY can be left before all data was read", saving, .judge = stop_early,
      .writes = true },
    { "migration-incomplete", DIRECT, "a device that refuses what it was given runs after DEVICE_RESET, or before",
      walk, .judge = half, .writes = true, .states = STATES(STOP_COPY, STOP),
      .needs = "migration-save", .prepared = 2 },
    { "data-read-size", READ, "no more data comes than was asked for", saving, .judge = few_bytes, .writes = true },
    { "data-read-argsz", "Message sizes", "a reply does not exceed argsz: MIG_DATA_READ with 16", saving,
      .judge = few_with_argsz, .writes = true },
    { "data-read-end", READ, "where fewer bytes came than were asked for, there are no more", walk,
      .judge = nothing_left, .writes = true, .states = STATES(STOP_COPY), .needs = "migration-save", .prepared = 1 },
    { "data-read-stopped", READ, "no data is read in STOP", walk, .judge = read_refused, .writes = true,
      .states = STATES(STOP_COPY, STOP), .needs = "migration-save", .prepared = 2 },
    { "data-write-count", WRITE, "data that is not there gets an error reply", walk, .judge = write_more,
      .writes = true, .states = STATES(STOP_COPY, STOP), .needs = "migration-save", .prepared = 2 },
    { NULL },
};
