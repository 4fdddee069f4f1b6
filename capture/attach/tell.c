/*
 * Passive attach, what it tells: lines for the person, connections that begin and end, and what was lost.
 */
#include "capture/attach/inside.h"
#include "capture/clock.h"
#include "capture/process.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum { LOG_LINES = 64 /* of a log, that are told at a time */ };

void attach_say(struct attach *a, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    a->options->say(a->options->context, text);
}

void attach_set_clocks(struct attach *a)
{
    struct vfu_time now = vfu_now();

    a->realtime_ns = (int64_t)(now.wall_ns - now.mono_ns);
}

void attach_ask_stop(struct attach *a)
{
    if (a->options->stop(a->options->context))
        a->stopping = true;
}

/* As the tap does: what is told is in order. */
void attach_tell_logs(struct attach *a, uint64_t until_ns)
{
    struct vfu_event line;

    for (int i = 0; a->options->logs && i < LOG_LINES && vfu_logs_next(a->options->logs, until_ns, &line); i++) {
        if (line.time.mono_ns < a->told.mono_ns)
            line.time = a->told;
        a->told = line.time;
        a->options->event(a->options->context, &line);
    }
}

void attach_event(struct attach *a, const struct vfu_event *event)
{
    struct vfu_event peer;

    attach_tell_logs(a, event->time.mono_ns);
    if (event->time.mono_ns > a->told.mono_ns)
        a->told = event->time;
    a->options->event(a->options->context, event);
    while (vfu_session_peer(a->options->session, &peer))
        a->options->event(a->options->context, &peer);
}

/* The process itself, or who connected to it. */
static void find_client(const struct attach *a, const struct attach_socket *s, struct vfu_process *client)
{
    int fd = 0, socket;

    *client = (struct vfu_process){ 0 };
    if (s->own == VFU_CLIENT) {
        vfu_process_of(a->pid, client);
        return;
    }
    while (fd < ATTACH_FDS && a->fds[fd].socket != s)
        fd++;
    socket = fd < ATTACH_FDS ? vfu_process_take_fd(a->pid, fd) : -1;
    if (socket < 0)
        return;
    vfu_process_of_peer(socket, client);
    close(socket);
}

void attach_show_connect(struct attach *a, struct attach_socket *s, uint64_t mono_ns)
{
    struct vfu_event event = { .kind = VFU_EVENT_CONNECT, .time = attach_time(a, mono_ns), .conn = s->conn };
    struct vfu_process client;

    find_client(a, s, &client);
    event.connect.pid = (uint32_t)client.pid;
    memcpy(event.connect.name, client.name, sizeof event.connect.name);
    vfu_session_event(a->options->session, &event);
    attach_event(a, &event);
}

void attach_show_disconnect(struct attach *a, struct attach_socket *s, uint64_t mono_ns)
{
    struct vfu_event event = { .kind = VFU_EVENT_DISCONNECT, .time = attach_time(a, mono_ns), .conn = s->conn,
                               .disconnect.closed_by = s->closed_by };

    snprintf(event.disconnect.why, sizeof event.disconnect.why, "%s", s->note);
    vfu_session_event(a->options->session, &event);
    attach_event(a, &event);
}

void attach_lost(struct attach *a, uint64_t count, uint64_t mono_ns)
{
    struct vfu_event event = { .kind = VFU_EVENT_DROPPED, .time = attach_time(a, mono_ns), .dropped.messages = count };

    if (!a->said_lost)
        attach_say(a, "system calls come faster than they can be taken: some are left out, and counted");
    a->said_lost = true;
    vfu_session_event(a->options->session, &event);
    attach_event(a, &event);
}
