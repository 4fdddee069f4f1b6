/*
 * vfuscope check: a connection on which anything can be said. Every wait has an end. The server's own commands are
 * refused; they are none of a requirement's business.
 */
#include "capture/clock.h"
#include "cli/check/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 10, PAUSE_MS = 50, FIND_MS = 5000 };

static const char any_client[] = "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,\"pgsizes\":4096,"
                                 "\"max_dma_maps\":65535,\"write_multiple\":true}}";

static const char the_end[] = "the end of the connection";

/* --- the connection --- */

bool check_init(struct check *c)
{
    const struct vfu_client_hooks hooks = { .watch_fd = -1 };

    if (!vfu_client_init(&c->client, &hooks))
        return false;
    c->client.by_hand = true;
    c->client.timeout_ms = c->timeout_ms;
    c->client.connect_ms = 0; /* see server.c */
    return true;
}

void check_free(struct check *c)
{
    check_close(c);
    vfu_client_free(&c->client);
    vfu_build_free(&c->build);
    free(c->image.bytes);
}

void check_close(struct check *c)
{
    bool open = vfu_client_is_open(&c->client);

    vfu_client_close(&c->client);
    vfu_reply_clear(&c->client.reply);
    c->fresh = false;
    if (open)
        check_server_left(c);
}

bool check_find(struct check *c, struct vfu_error *error)
{
    return c->fresh = check_server_connect(c, FIND_MS, error);
}

/* Nobody answers: this requirement is the one that the server lacks. */
static bool unserved(struct check *c, const char *requirement, const char *why)
{
    c->unserved = true;
    c->gone = requirement;
    check_lacks(c, requirement, "%s", why);
    return false;
}

static bool connect_at_once(struct check *c)
{
    struct vfu_error error;

    if (!c->fresh) {
        check_close(c);
        if (!check_server_connect(c, c->timeout_ms, &error))
            return unserved(c, "reconnect", error.text);
    }
    c->connected++;
    c->fresh = c->was_closed = c->refused = c->after_refusal = false;
    return true;
}

/* A connection to a server that is about to end with its last client would be closed unheard. */
bool check_connect(struct check *c)
{
    check_close(c);
    if (c->restarts && !c->server.ends)
        poll(NULL, 0, PAUSE_MS); /* behind a tap, its end can't be seen */
    return connect_at_once(c);
}

/* --- sending --- */

bool check_begin(struct check *c, unsigned command, const struct check_field *fields)
{
    bool ok;

    vfu_build_free(&c->build);
    ok = vfu_build_start(&c->build, command, false) && vfu_build_set_number(&c->build, "header.id", ++c->id);
    for (; ok && fields->name; fields++)
        ok = vfu_build_set_number(&c->build, fields->name, fields->number);
    if (!ok)
        check_untried(c, "the command can't be built: %s", c->build.error);
    return ok;
}

static bool put_bytes(struct check *c, const void *bytes, size_t size, const int *fds, unsigned nfds)
{
    struct vfu_error error;
    enum vfu_client_result result = vfu_client_put(&c->client, bytes, size, fds, nfds, &error);

    if (result == VFU_CLIENT_OK)
        return true;
    if (result == VFU_CLIENT_CLOSED && vfu_client_is_open(&c->client)) {
        c->was_closed = true;
        check_talk_no_reply(&c->talk, the_end);
    }
    check_fail(c, "the command can't be sent: %s", error.text);
    return false;
}

bool check_send_bytes(struct check *c, const void *bytes, size_t size)
{
    return put_bytes(c, bytes, size, NULL, 0);
}

/* The message that was built is sent now, with these fds: for the session, and for people. */
static bool announce(struct check *c, const int *fds, unsigned nfds)
{
    struct vfu_event event;

    if (!vfu_build_end(&c->build)) {
        check_untried(c, "the command can't be built: %s", c->build.error);
        return false;
    }
    vfu_client_note(&c->client, c->build.bytes, c->build.size, fds, nfds, &event);
    check_talk_sent(&c->talk, &event, nfds);
    c->after_refusal |= c->refused;
    return true;
}

bool check_announce(struct check *c)
{
    return announce(c, NULL, 0);
}

bool check_send_fds(struct check *c, const int *fds, unsigned nfds)
{
    return announce(c, fds, nfds) && put_bytes(c, c->build.bytes, c->build.size, fds, nfds);
}

/* --- receiving --- */

/* How long there is to wait, in milliseconds; 0: the time is over, or a signal came. */
static int left(const struct check *c, uint64_t end_ns)
{
    uint64_t now = vfu_mono_ns();

    return now >= end_ns || c->stopped() ? 0 : (int)((end_ns - now) / 1000000) + 1;
}

/* What the message is that was heard. */
static enum check_answer take(struct check *c)
{
    const struct vfu_event *e = c->reply = c->client.reply.event;

    vfu_decode(e, &c->decoded);
    check_talk_came(&c->talk, e);
    c->refused |= (e->flags & VFU_ERROR) != 0;
    return e->size == e->message.captured && e->paired ? CHECK_REPLY : CHECK_STRAY;
}

static enum check_answer receive(struct check *c)
{
    const uint64_t end = vfu_mono_ns() + (uint64_t)c->timeout_ms * 1000000;
    struct vfu_error error;
    int ms;

    while ((ms = left(c, end)) > 0) { /* a server may have endless commands of its own */
        if (vfu_client_hear(&c->client, ms, &error) == VFU_CLIENT_CLOSED)
            return CHECK_CLOSED;
        if (c->client.reply.event)
            return take(c);
    }
    return CHECK_SILENT;
}

enum check_answer check_receive(struct check *c)
{
    char nothing[40];

    c->answer = receive(c);
    if (c->answer == CHECK_CLOSED) {
        c->was_closed = true;
        check_talk_no_reply(&c->talk, the_end);
    } else if (c->answer == CHECK_SILENT) {
        snprintf(nothing, sizeof nothing, "nothing in %g s", c->timeout_ms / 1000.0);
        check_talk_no_reply(&c->talk, nothing);
    }
    return c->answer;
}

enum check_answer check_ask_fds(struct check *c, unsigned command, const struct check_field *fields, const int *fds,
                                unsigned nfds)
{
    if (!check_begin(c, command, fields))
        return c->answer = CHECK_SILENT;
    if (!check_send_fds(c, fds, nfds) && !c->was_closed)
        return c->answer = CHECK_SILENT;
    return check_receive(c);
}

enum check_answer check_ask(struct check *c, unsigned command, const struct check_field *fields)
{
    return check_ask_fds(c, command, fields, NULL, 0);
}

enum check_answer check_ask_raw(struct check *c, unsigned command, const void *payload, size_t size)
{
    if (!check_begin(c, command, PLAIN))
        return c->answer = CHECK_SILENT;
    vfu_build_clear_payload(&c->build);
    if (!vfu_build_append(&c->build, payload, size) || (!check_send(c) && !c->was_closed))
        return c->answer = CHECK_SILENT;
    return check_receive(c);
}

const struct vfu_value *check_value(const struct check *c, const char *name)
{
    return vfu_value_by_name(c->decoded.values, c->decoded.count, name);
}

uint64_t check_number(const struct check *c, const char *name)
{
    return vfu_number(c->decoded.values, c->decoded.count, name, 0);
}

bool check_is_error(const struct check *c)
{
    return c->answer == CHECK_REPLY && c->reply->flags & VFU_ERROR;
}

bool check_is_done(const struct check *c)
{
    return c->answer == CHECK_REPLY && !(c->reply->flags & VFU_ERROR);
}

/* --- beginnings --- */

static bool propose(struct check *c, const char *json)
{
    if (!connect_at_once(c) || !check_begin(c, VFU_VERSION, PLAIN) || (json && !vfu_build_set(&c->build, "json", json)))
        return false;
    if (check_send(c) || c->was_closed)
        check_receive(c);
    return true;
}

bool check_open_with(struct check *c, const char *json)
{
    /* libvfio-user's samples end with their client: a connection to one that is about to end is closed unheard. */
    for (unsigned i = 0; i < TRIES && !c->stopped(); i++) {
        bool heard;

        if (!propose(c, json))
            return false;
        heard = c->answer == CHECK_REPLY || c->answer == CHECK_STRAY;
        c->restarts |= c->server.ends || (i > 0 && heard);
        c->unserved = !heard;
        if (check_is_done(c))
            return c->served = true;
        if (c->answer != CHECK_CLOSED)
            break;
        poll(NULL, 0, PAUSE_MS);
    }
    if (c->unserved)
        return unserved(c, c->served ? "reconnect" : "version", "VERSION was not answered");
    check_lacks(c, "version", "VERSION was not accepted");
    return false;
}

bool check_open(struct check *c)
{
    if (!check_open_with(c, any_client))
        return false;
    check_ask(c, VFU_DEVICE_GET_INFO, PLAIN);
    if (!check_is_done(c))
        return unserved(c, "info", "DEVICE_GET_INFO was not answered");
    c->flags = (uint32_t)check_number(c, "flags");
    c->num_regions = (uint32_t)check_number(c, "num_regions");
    c->num_irqs = (uint32_t)check_number(c, "num_irqs");
    return true;
}
