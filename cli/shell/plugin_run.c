/*
 * Running a command that a plugin adds: it asks for accesses, which the shell makes, and says what to print. One that
 * crashes or hangs is a command that failed.
 */
#include "capture/clock.h"
#include "cli/shell/bytes.h"
#include "cli/shell/inside.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_MS = 60000, LONGEST_PAUSE_MS = 1000, LINES = 10000, VALUES = 256 };

struct running {
    struct shell *sh;
    struct vfu_plugin_run run;
    int patience_ms; /* with one that says nothing */
    uint64_t started_ns, heard_ns;
    struct shell_buffer lines; /* as items of a JSON array */
    unsigned line_count, value_count;
    char reason[256]; /* why it fails, if that was said */
    enum shell_result access; /* how the last one went */
    char plugin[24];          /* its name */
    bool shown;               /* memory, in the JSON object */
    struct vfu_plugin_call call;
    struct vfu_plugin_called answer;
};

static uint64_t now(void)
{
    uint64_t mono_ns;

    mono_ns = vfu_mono_ns();
    return mono_ns;
}

static enum shell_result give_up(struct running *r, const char *why)
{
    snprintf(r->reason, sizeof r->reason, "%s", why);
    return SHELL_FAILED;
}

/* Whatever happens meanwhile, for so long. */
static enum shell_result wait_for(struct running *r, int ms)
{
    enum shell_result result = SHELL_OK;

    if (shell_wait(r->sh, ms, &result) || result != SHELL_FAILED)
        return result;
    return give_up(r, r->sh->outcome.error.text);
}

/* --- what it asks for --- */

static void copy_out(void *context, uint8_t *memory, uint64_t offset, size_t size)
{
    memcpy((uint8_t *)context + offset, memory, size);
}

static bool is_width(uint32_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static enum shell_result make_access(struct running *r)
{
    const struct vfu_plugin_call *c = &r->call;
    struct vfu_plugin_called *a = &r->answer;
    enum shell_result result = SHELL_FAILED;

    r->sh->outcome.error.text[0] = '\0';
    if (c->size > CALL_DATA || (c->kind != CALL_BYTES && !is_width(c->size))) {
        shell_fail(r->sh, "an access of %" PRIu32 " bytes", c->size);
    } else if (c->kind == CALL_PUT) {
        shell_store(a->bytes, c->size, c->value);
        result = shell_region_write(r->sh, c->region, c->offset, a->bytes, c->size, false);
    } else {
        result = shell_region_read(r->sh, c->region, c->offset, a->bytes, c->size);
        if (result == SHELL_OK && c->kind == CALL_GET)
            a->value = shell_load(a->bytes, c->size);
    }
    r->access = result;
    a->result = result == SHELL_OK ? VFP_DONE : result == SHELL_REFUSED ? VFP_REFUSED : VFP_NOT_DONE;
    if (result == SHELL_REFUSED)
        snprintf(a->why, sizeof a->why, "the device answers with error %" PRIu32 " (%s)", r->sh->outcome.refused,
                 strerror((int)r->sh->outcome.refused));
    else if (result != SHELL_OK)
        snprintf(a->why, sizeof a->why, "%.250s", r->sh->outcome.error.text);
    return result == SHELL_STOPPED ? SHELL_STOPPED : SHELL_OK;
}

static void read_memory(struct running *r)
{
    struct vfu_error error = { 0 };

    r->answer.result = VFP_TOO_MUCH;
    if (r->call.size > CALL_DATA)
        snprintf(r->answer.why, sizeof r->answer.why, "more than %d bytes at once", CALL_DATA);
    else if (shell_maps_walk(&r->sh->device.maps, r->call.offset, r->call.size, false, copy_out, r->answer.bytes,
                             &error))
        r->answer.result = VFP_OK;
    else
        r->answer.result = VFP_UNMAPPED;
    if (r->answer.result == VFP_UNMAPPED)
        snprintf(r->answer.why, sizeof r->answer.why, "%.250s", error.text);
}

/* The device is served meanwhile. */
static enum shell_result pause_for(struct running *r)
{
    uint64_t until = now() + (r->call.value < LONGEST_PAUSE_MS ? r->call.value : LONGEST_PAUSE_MS) * 1000000, at;
    enum shell_result result = SHELL_OK;

    while (result == SHELL_OK && (at = now()) < until)
        result = wait_for(r, (int)((until - at) / 1000000) + 1);
    return result;
}

static enum shell_result take_line(struct running *r, size_t size)
{
    struct vfu_writer *w = shell_text(r->sh);

    if (r->line_count++ == LINES)
        return give_up(r, "says too many lines");
    vfu_write_escaped(w, r->call.bytes, size);
    vfu_write_char(w, '\n');
    if (!r->sh->screen.json)
        return SHELL_OK;
    vfu_write_text(&r->lines.w, r->line_count > 1 ? ",\"" : "\"");
    vfu_write_json_string(&r->lines.w, r->call.bytes, size);
    vfu_write_char(&r->lines.w, '"');
    return SHELL_OK;
}

/* A member of the object, unless it is one that all commands have. */
static void take_value(struct running *r, size_t size)
{
    static const char *const taken[] = { "command", "ok", "error", "message", "lines", "data" };
    char name[32];

    if (!size || size >= sizeof name || r->value_count++ >= VALUES)
        return;
    memcpy(name, r->call.bytes, size);
    name[size] = '\0';
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != size)
        return;
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (strcmp(name, taken[i]) == 0)
            return;
    shell_json_hex_number(r->sh, name, r->call.value);
}

static enum shell_result answer(struct running *r, enum shell_result result)
{
    if (result == SHELL_OK)
        vfu_plugin_run_answer(&r->run, &r->answer);
    return result;
}

/* Of the messages that the shell sends for it: as its own accesses, one that is refused ends nothing. */
static enum shell_result sent(struct running *r, enum shell_result result)
{
    r->access = result;
    return answer(r, result == SHELL_STOPPED ? SHELL_STOPPED : SHELL_OK);
}

static enum shell_result drive(struct running *r, size_t size)
{
    struct shell *sh = r->sh;

    sh->outcome.error.text[0] = '\0';
    switch (r->call.kind) {
    case CALL_NUMBER:
        shell_drive_number(sh, &r->call, size, &r->answer);
        break;
    case CALL_ALLOC:
        return sent(r, shell_drive_alloc(sh, &r->call, size, &r->answer));
    case CALL_WRITE:
        shell_drive_write(sh, &r->call, size, &r->answer);
        break;
    case CALL_SHOW:
        shell_drive_show(sh, &r->call, !r->shown, &r->answer);
        r->shown = true;
        break;
    case CALL_WAIT:
        return sent(r, shell_drive_wait(sh, &r->call, &r->answer));
    case CALL_RECALL:
        shell_drive_recall(sh, r->plugin, &r->answer);
        break;
    case CALL_KEEP:
        shell_drive_keep(sh, r->plugin, &r->call, size);
        break;
    default:
        return give_up(r, "asks for something that there is not");
    }
    return answer(r, SHELL_OK);
}

/* What a packet asks for; anything but SHELL_OK ends the command. */
static enum shell_result carry_out(struct running *r, size_t size)
{
    memset(&r->answer, 0, sizeof r->answer);
    switch (r->call.kind) {
    case CALL_PRINT:
        return take_line(r, size);
    case CALL_VALUE:
        take_value(r, size);
        return SHELL_OK;
    case CALL_FAIL:
        snprintf(r->reason, sizeof r->reason, "%.*s", (int)size, (const char *)r->call.bytes);
        return SHELL_OK;
    case CALL_READ:
        read_memory(r);
        return answer(r, SHELL_OK);
    case CALL_PAUSE:
        return answer(r, pause_for(r));
    case CALL_GET:
    case CALL_PUT:
    case CALL_BYTES:
        return answer(r, make_access(r));
    default:
        return drive(r, size);
    }
}

/* --- its process --- */

/* Until it has said something, or something else is to be done; *ready: it has. */
static enum shell_result await(struct running *r, bool *ready)
{
    struct pollfd fds[] = { { .fd = r->run.child.socket, .events = POLLIN },
                            { .fd = r->sh->watch.fd, .events = POLLIN },
                            { .fd = r->sh->link.client.sockets[0], .events = POLLIN },
                            { .fd = r->sh->link.client.sockets[1], .events = POLLIN } };
    int silent_ms = r->patience_ms - (int)((now() - r->heard_ns) / 1000000);

    if (now() - r->started_ns > ((uint64_t)LONGEST_MS + (uint64_t)r->patience_ms) * 1000000)
        return give_up(r, "takes longer than a minute");
    if (silent_ms <= 0)
        return give_up(r, "the plugin does not come back");
    poll(fds, 4, silent_ms);
    *ready = fds[0].revents;
    return fds[1].revents || fds[2].revents || fds[3].revents ? wait_for(r, 0) : SHELL_OK;
}

/* Until it is done. */
static enum shell_result attend(struct running *r)
{
    struct vfu_error how;
    size_t size;

    for (;;) {
        enum shell_result result;
        bool ready = false;

        result = await(r, &ready);
        if (result != SHELL_OK)
            return result;
        if (!ready)
            continue;
        if (!vfu_plugin_run_next(&r->run, &r->call, &size, &how))
            return give_up(r, how.text);
        if (r->call.kind == CALL_END)
            return r->call.value ? SHELL_FAILED : SHELL_OK;
        result = carry_out(r, size);
        if (result != SHELL_OK)
            return result;
        r->heard_ns = now();
    }
}

static enum shell_result start(struct running *r, const struct shell_plugin_command *c, int argc, char **argv)
{
    struct vfu_error error;

    if (vfu_plugin_run_start(&r->run, c->path, c->from.index, argc, argv, &error))
        return SHELL_OK;
    shell_fail(r->sh, "%s", error.text);
    return SHELL_FAILED;
}

/* It may write to registers: only to those of a device that it knows. */
static enum shell_result check_device(struct shell *sh, const struct shell_plugin_command *c)
{
    bool wanted[PLUGIN_MAX] = { false };
    enum shell_result result = shell_registers_claimed(sh, wanted);

    if (result != SHELL_OK || wanted[c->from.plugin])
        return result;
    shell_fail(sh, "%s is not for this device, by its ids", sh->device.registers->plugins[c->from.plugin].name);
    return SHELL_FAILED;
}

/* It failed: why? Without a word as its last access did, whose error is in sh still. */
static enum shell_result judge(struct running *r)
{
    if (!r->reason[0] && r->access != SHELL_OK)
        return r->access;
    shell_fail(r->sh, "%s", r->reason[0] ? r->reason : "the plugin does not say why");
    return SHELL_FAILED;
}

enum shell_result shell_plugin_run(struct shell *sh, const struct shell_value *args)
{
    const struct shell_plugin_command *c = (const void *)sh->run.command;
    struct running *r = calloc(1, sizeof *r);
    enum shell_result result = check_device(sh, c);
    bool started;

    if (!r) {
        shell_fail(sh, "out of memory");
        return SHELL_FAILED;
    }
    *r = (struct running){ .sh = sh, .run.child = VFU_PLUGIN_NO_CHILD, .patience_ms = vfu_plugin_patience_ms(), .started_ns = now(),
                           .heard_ns = now() };
    snprintf(r->plugin, sizeof r->plugin, "%.*s", (int)strcspn(c->as.name, " "), c->as.name);
    shell_buffer_init(&r->lines);
    if (result == SHELL_OK)
        result = start(r, c, args[0].list.count, args[0].list.word);
    started = r->run.child.pid > 0;
    if (started)
        result = attend(r);
    if (started && result == SHELL_FAILED)
        result = judge(r);
    if (sh->screen.json && r->line_count) {
        shell_json_key(sh, "lines");
        vfu_write_char(&sh->outcome.members.w, '[');
        vfu_write_text(&sh->outcome.members.w, shell_buffer_text(&r->lines));
        vfu_write_char(&sh->outcome.members.w, ']');
    }
    vfu_plugin_run_end(&r->run);
    shell_buffer_free(&r->lines);
    free(r);
    return result;
}
