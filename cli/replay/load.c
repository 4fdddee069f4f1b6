/*
 * replay: a connection of a capture, read into memory, each command with its reply.
 */
#include "capture/file/capfile.h"
#include "cli/replay/inside.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>

struct replay_message *replay_copy(const struct vfu_event *event)
{
    struct replay_message *m = calloc(1, offsetof(struct replay_message, event) + vfu_event_size(event));

    if (m)
        vfu_event_copy(event, &m->event);
    return m;
}

static bool is_before(const void *messages, size_t at, uint64_t no)
{
    return ((struct replay_message *const *)messages)[at]->event.message.no < no;
}

/* The message with this number; they are in order. */
static struct replay_message *find(const struct replay_capture *c, uint64_t no)
{
    size_t at = vfu_lower_bound(c->messages, c->count, no, is_before);

    return at < c->count && c->messages[at]->event.message.no == no ? c->messages[at] : NULL;
}

static bool add(struct replay_capture *c, const struct vfu_event *event, size_t *room)
{
    struct replay_message *command;

    if (!VFU_GROW(c->messages, *room, c->count + 1))
        return false;
    c->messages[c->count] = replay_copy(event);
    if (!c->messages[c->count])
        return false;
    c->count++;
    command = event->paired ? find(c, event->reply_to) : NULL;
    if (command && !command->reply)
        command->reply = c->messages[c->count - 1];
    return true;
}

/* A message of whatever connection. False: out of memory, or it can't be sent from here. */
static bool take(struct replay_capture *c, const struct vfu_event *read, size_t *room, struct vfu_error *error)
{
    struct vfu_event event;

    if (!c->conn)
        c->conn = read->conn;
    if (read->conn != c->conn)
        return true;
    if (read->message.swapped)
        return vfu_fail(error, 0, "#%llu is from a machine of the other byte order",
                        (unsigned long long)read->message.no);
    vfu_session_message(c->session, &read->message, &event);
    return add(c, &event, room) || vfu_fail(error, 0, "out of memory");
}

/* Did the server hang up while the last command waited for its answer? */
static bool hangs_up(const struct replay_capture *c, const struct vfu_event *e)
{
    const struct vfu_event *last = c->count ? &c->messages[c->count - 1]->event : NULL;

    return e->kind == VFU_EVENT_DISCONNECT && e->conn == c->conn && e->disconnect.closed_by == 1u << VFU_SERVER && last &&
           last->from == VFU_CLIENT && vfu_event_is_command(last) && !(last->flags & VFU_NO_REPLY);
}

bool replay_load(struct replay_capture *c, const char *path, uint32_t conn, struct vfu_error *error)
{
    struct vfu_capreader *reader = vfu_capreader_open(path, NULL, error);
    struct vfu_event event;
    enum vfu_captured got = VFU_CAPTURED_BAD;
    size_t room = 0;
    bool good;

    *c = (struct replay_capture){ .conn = conn, .session = vfu_session_new(NULL) };
    good = reader && c->session;
    if (reader && !c->session)
        vfu_fail(error, 0, "out of memory");
    while (good && (got = vfu_capreader_next(reader, &event, error)) < VFU_CAPTURED_END) {
        if (!c->first_ns && (got == VFU_CAPTURED_MESSAGE || !vfu_event_frames(&event))) /* as decode has it */
            c->first_ns = event.time.wall_ns;
        if (got == VFU_CAPTURED_EVENT)
            c->closed |= hangs_up(c, &event);
        good = got != VFU_CAPTURED_MESSAGE || take(c, &event, &room, error);
    }
    good = good && got == VFU_CAPTURED_END;
    if (good && !c->count)
        good = conn ? vfu_fail(error, 0, "%s: has no messages of connection %u", path, conn)
                    : vfu_fail(error, 0, "%s: has no messages", path);
    if (reader)
        vfu_capreader_close(reader);
    if (!good)
        replay_unload(c);
    return good;
}

bool replay_next(const char *path, uint32_t after, uint32_t *conn, struct vfu_error *error)
{
    struct vfu_capreader *reader = vfu_capreader_open(path, NULL, error);
    enum vfu_captured got = VFU_CAPTURED_BAD;
    struct vfu_event event;

    *conn = 0;
    while (reader && (got = vfu_capreader_next(reader, &event, error)) < VFU_CAPTURED_END)
        if (got == VFU_CAPTURED_MESSAGE && event.conn > after && (!*conn || event.conn < *conn))
            *conn = event.conn;
    if (reader)
        vfu_capreader_close(reader);
    return got == VFU_CAPTURED_END;
}

void replay_unload(struct replay_capture *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->messages[i]);
    free(c->messages);
    vfu_session_free(c->session);
    *c = (struct replay_capture){ 0 };
}
