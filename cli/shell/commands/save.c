/*
 * save and restore: the device's state, through its migration stream, to and from a file.
 */
#include "capture/clock.h"
#include "cli/shell/commands/inside.h"
#include "cli/shell/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROGRESS_MS = 250, MAX_PATH = 512 };

struct transfer {
    const char *verb; /* "saved", for the progress line */
    int fd;
    uint64_t bytes, messages, total; /* total: 0 when unknown */
    uint64_t start_ns, shown_ns;
    uint32_t state, before; /* the device's: now, and at the start */
    bool shown;
    bool stop;        /* leave the device stopped */
    bool no_pre_copy; /* save it stopped only */
};

/* On a terminal, for a transfer that takes a while. */
static void progress(struct shell *sh, struct transfer *t)
{
    struct vfu_writer *w = shell_text(sh);
    uint64_t now;
    double seconds;

    now = vfu_mono_ns();
    if (!sh->screen.interactive || sh->screen.json || sh->screen.out || now - t->shown_ns < PROGRESS_MS * 1000000ull)
        return;
    t->shown_ns = now;
    t->shown = true;
    seconds = (double)(now - t->start_ns) / 1e9;
    shell_say(sh, "\r%s %.1f MiB", t->verb, (double)t->bytes / 1048576);
    if (t->total)
        shell_say(sh, " of %.1f (%.0f%%)", (double)t->total / 1048576, 100.0 * (double)t->bytes / (double)t->total);
    shell_say(sh, ", %.1f MiB/s  ", (double)t->bytes / 1048576 / seconds);
    vfu_writer_flush(w);
}

static void end_progress(struct shell *sh, struct transfer *t)
{
    if (t->shown)
        shell_say(sh, "\r\x1b[K");
    t->shown = false;
}

/* MIG_DATA_READ until the stream has no more for now: a reply shorter than asked. */
static enum shell_result drain(struct shell *sh, struct transfer *t)
{
    size_t chunk = shell_chunk(&sh->link), got = chunk;

    while (got == chunk) {
        const struct shell_field fields[] = { { "size", chunk }, { "argsz", chunk + 8 }, { 0 } };
        enum shell_result result = shell_request(sh, VFU_MIG_DATA_READ, fields, NULL, 0);
        const uint8_t *data;

        if (result != SHELL_OK)
            return result;
        data = shell_reply_bytes(&sh->link, "data", &got);
        if (got > chunk) {
            shell_fail(sh, "the server answered with %zu byte%s of state, %zu were asked for", got, vfu_plural(got),
                       chunk);
            return SHELL_FAILED;
        }
        if (!shell_file_put(sh, t->fd, data, got)) {
            shell_fail(sh, "the file can't be written: %s", strerror(errno));
            return SHELL_FAILED;
        }
        t->bytes += got;
        t->messages++;
        progress(sh, t);
    }
    return SHELL_OK;
}

static enum shell_result load(struct shell *sh, struct transfer *t)
{
    size_t chunk = shell_chunk(&sh->link);
    uint8_t *buffer = malloc(chunk);
    enum shell_result result = SHELL_OK;

    while (buffer && result == SHELL_OK) {
        ssize_t got = shell_file_get(sh, t->fd, buffer, chunk);

        if (got < 0) {
            shell_fail(sh, "the file can't be read: %s", strerror(errno));
            result = SHELL_FAILED;
        }
        if (got <= 0)
            break;

        const struct shell_field fields[] = { { "size", (uint64_t)got }, { "data", 0, buffer, (size_t)got }, { 0 } };

        result = shell_request(sh, VFU_MIG_DATA_WRITE, fields, NULL, 0);
        if (result == SHELL_OK) {
            t->bytes += (uint64_t)got;
            t->messages++;
            progress(sh, t);
        }
    }
    if (!buffer)
        shell_fail(sh, "out of memory");
    free(buffer);
    return buffer ? result : SHELL_FAILED;
}

enum { FILE_NAME, STOP, NO_PRE_COPY };
static const struct shell_arg save_args[] = {
    [FILE_NAME] = { "FILE", .kind = SHELL_TEXT, .missing = "FILE is missing" },
    [STOP] = { .word = "--stop", .flags = SHELL_OPTIONAL },
    [NO_PRE_COPY] = { .word = "--no-pre-copy", .flags = SHELL_OPTIONAL },
    { 0 },
};
static const struct shell_arg restore_args[] = {
    [FILE_NAME] = { "FILE", .kind = SHELL_TEXT, .missing = "FILE is missing" },
    [STOP] = { .word = "--stop", .flags = SHELL_OPTIONAL },
    [NO_PRE_COPY] = { .word = "--no-pre-copy", .flags = SHELL_OPTIONAL | SHELL_HIDDEN }, /* save's: nothing to do */
    { 0 },
};
static const char nothing_else[] = "FILE and options, nothing else";

static struct transfer begin(const char *verb, const struct shell_value *args)
{
    uint64_t now = vfu_mono_ns();

    return (struct transfer){ .verb = verb, .start_ns = now, .shown_ns = now, .state = VFU_STATE_RUNNING,
                              .stop = args[STOP].given, .no_pre_copy = args[NO_PRE_COPY].given };
}

/* What was done; or, after a failure on the way, where that left the device. */
static enum shell_result conclude(struct shell *sh, struct transfer *t, enum shell_result result)
{
    char name[SHELL_NAME];
    uint64_t now;

    end_progress(sh, t);
    shell_name(name, vfu_device_state_names, t->state);
    now = vfu_mono_ns();
    shell_json_number(sh, "size", t->bytes);
    shell_json_number(sh, "messages", t->messages);
    shell_json_string(sh, "device_state_name", name);
    if (result == SHELL_OK)
        shell_say(sh, "%s %llu byte%s with %llu message%s in %.1f ms; the device is in %s\n", t->verb,
                  (unsigned long long)t->bytes, vfu_plural(t->bytes), (unsigned long long)t->messages,
                  vfu_plural(t->messages), (double)(now - t->start_ns) / 1e6, name);
    else if (t->state != VFU_STATE_RUNNING)
        shell_notice(sh, "after %llu byte%s the device is left in %s (state shows, state --walk changes it)",
                     (unsigned long long)t->bytes, vfu_plural(t->bytes), name);
    return result;
}

/* Back to where it was, if it was somewhere to be: RUNNING or STOP. */
static enum shell_result go_back(struct shell *sh, struct transfer *t)
{
    bool ran = t->before == VFU_STATE_RUNNING || t->before == VFU_STATE_RUNNING_P2P ||
               t->before == VFU_STATE_PRE_COPY || t->before == VFU_STATE_PRE_COPY_P2P;

    return cmd_state_walk(sh, &t->state, ran && !t->stop ? VFU_STATE_RUNNING : VFU_STATE_STOP);
}

static enum shell_result save(struct shell *sh, struct transfer *t)
{
    uint64_t flags, running = 0;
    enum shell_result result = cmd_migration_flags(sh, &flags);

    if (result == SHELL_OK)
        result = cmd_state_get(sh, &t->state);
    t->before = t->state;
    if (result == SHELL_OK && flags & VFU_MIGRATION_PRE_COPY && t->before == VFU_STATE_RUNNING && !t->no_pre_copy) {
        result = cmd_state_walk(sh, &t->state, VFU_STATE_PRE_COPY);
        if (result == SHELL_OK)
            result = drain(sh, t);
        running = t->bytes;
    }
    if (result == SHELL_OK)
        result = cmd_state_walk(sh, &t->state, VFU_STATE_STOP_COPY);
    if (result == SHELL_OK)
        result = drain(sh, t);
    shell_json_number(sh, "pre_copy_size", running);
    return result;
}

static enum shell_result restore(struct shell *sh, struct transfer *t)
{
    enum shell_result result = cmd_state_get(sh, &t->state);

    t->before = t->state;
    if (result == SHELL_OK)
        result = cmd_state_walk(sh, &t->state, VFU_STATE_RESUMING);
    if (result == SHELL_OK)
        result = load(sh, t);
    /* The end of the stream; a server that does not like what it got says so here. */
    if (result == SHELL_OK)
        result = go_back(sh, t);
    return result;
}

/* A new file beside it, renamed when whole: an older state is not lost to a failure. Into a pipe or device directly. */
static int open_out(struct shell *sh, const char *path, char *beside)
{
    struct vfu_outfile out;
    struct stat st;
    int fd;

    beside[0] = '\0';
    if (!*path || (stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
        return shell_file_make(sh, path, &out) ? out.fd : -1;
    if (snprintf(beside, MAX_PATH, "%s.XXXXXX", path) >= MAX_PATH) {
        beside[0] = '\0';
        errno = ENAMETOOLONG;
        fd = -1;
    } else {
        fd = mkostemp(beside, O_CLOEXEC); /* 0600: a state may hold the guest's data */
        if (fd < 0)
            beside[0] = '\0';
    }
    if (fd < 0)
        shell_fail(sh, "%.150s: %s", path, strerror(errno));
    return fd;
}

static enum shell_result run_save(struct shell *sh, const struct shell_value *args)
{
    struct transfer t = begin("saved", args);
    const char *path = args[FILE_NAME].text;
    enum shell_result result;
    char beside[MAX_PATH];

    t.fd = open_out(sh, path, beside);
    if (t.fd < 0)
        return SHELL_FAILED;
    result = save(sh, &t);
    if (close(t.fd) != 0 && result == SHELL_OK) {
        shell_fail(sh, "%.150s: %s", path, strerror(errno));
        result = SHELL_FAILED;
    }
    if (result == SHELL_OK && beside[0] && rename(beside, path) != 0) {
        shell_fail(sh, "%.150s: %s", path, strerror(errno));
        result = SHELL_FAILED;
    }
    if (result != SHELL_OK && beside[0])
        unlink(beside);
    /* The file is whole: whatever the device makes of going on. */
    if (result == SHELL_OK)
        result = go_back(sh, &t);
    return conclude(sh, &t, result);
}

static enum shell_result run_restore(struct shell *sh, const struct shell_value *args)
{
    struct transfer t = begin("restored", args);
    const char *path = args[FILE_NAME].text;
    enum shell_result result;
    struct stat st;

    t.fd = shell_file_open(sh, path);
    if (t.fd < 0)
        return SHELL_FAILED;
    t.total = fstat(t.fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    result = restore(sh, &t);
    close(t.fd);
    return conclude(sh, &t, result);
}

const struct shell_command cmd_save = {
    .name = "save",
    .help = "save the device's state, as a migration would",
    .more = "Through PRE_COPY, if the device has it and runs, and STOP_COPY; then back to the state in which it was,\n"
            "or with --stop to STOP. FILE gets the bytes of the stream, nothing else. --no-pre-copy saves the device\n"
            "stopped only: libvfio-user's sample server can't load what it gave out before.\n"
            "Example: save edu.state",
    .args = save_args,
    .stray = nothing_else,
    .run = run_save,
};

const struct shell_command cmd_restore = {
    .name = "restore",
    .help = "load a saved state into the device",
    .more = "Through RESUMING, and then to the state in which it was, or with --stop to STOP.\n"
            "Example: restore edu.state",
    .args = restore_args,
    .stray = nothing_else,
    .run = run_restore,
};
