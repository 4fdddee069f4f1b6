/*
 * Carrying out what was decided about a message: it is shown as it goes on, and goes on, once or twice, now or when it
 * is due, or does not, or is answered in the place of whom it was for.
 */
#include "capture/clock.h"
#include "capture/foreign.h"
#include "capture/tap/inside.h"
#include "decoder/wire/header.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

bool tap_request_of(const struct vfu_event *reply, struct vfu_event *request, uint8_t *bytes)
{
    struct vfu_build b;
    size_t size = VFU_HEADER_SIZE + reply->request_size;

    if (!reply->paired || !vfu_build_start(&b, reply->command_number, false))
        return false;
    vfu_build_clear_payload(&b);
    if (!vfu_build_append(&b, reply->request, reply->request_size) || !vfu_build_end(&b) || b.size != size ||
        !vfu_build_set_number(&b, "header.id", reply->id)) {
        vfu_build_free(&b);
        return false;
    }
    memcpy(bytes, b.bytes, size);
    vfu_build_free(&b);
    *request = (struct vfu_event){ .kind = VFU_EVENT_MESSAGE, .message = reply->message, .id = reply->id,
                                   .command_number = reply->command_number, .command = reply->command,
                                   .size = (uint32_t)size };
    request->message.no = reply->reply_to;
    request->from = reply->from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT;
    request->message.bytes = bytes;
    request->message.captured = request->message.size = size;
    request->message.fds = NULL;
    request->message.nfds = 0;
    return true;
}

/* --- showing --- */

void tap_show(struct tap_flow *f, struct vfu_event *event, const struct tap_verdict *v)
{
    struct tap *tap = tap_of(f);
    struct vfu_fd seen[VFU_MAX_FDS];
    struct vfu_message *m = &event->message;

    m->changed = (uint8_t)v->changed;
    if (v->changed & (VFU_CHANGED_INJECT | VFU_CHANGED_INTERCEPT))
        vfu_session_keep(tap->options->session, event);
    if (v->changed) { /* as it goes on */
        vfu_session_changed(tap->options->session, event);
        m->captured = v->out->size < VFU_HEADER_SIZE ? VFU_HEADER_SIZE : v->out->size;
        for (unsigned i = 0; i < v->out->nfds; i++)
            vfu_fd_describe(v->out->fds[i], &seen[i]);
        m->fds = seen;
        m->nfds = v->out->nfds;
        vfu_event_changed(event);
    }
    if (m->captured > TAP_WHOLE)
        m->captured = TAP_WHOLE;
    tap_hand_over_map_fd(f, m->no);
    tap_event(tap, event);
    tap_counted(tap);
}

static void show_struck(struct tap *tap, const struct vfu_event *about, const struct tap_verdict *v)
{
    for (size_t i = 0; i < v->struck_count; i++) {
        const char *spec = v->struck[i]->spec;

        tap_event(tap, &(struct vfu_event){ .kind = VFU_EVENT_INJECTED,
                                            .time = about->time,
                                            .conn = about->conn,
                                            .channel = about->channel,
                                            .from = about->from,
                                            .injected = { about->message.no, spec, strlen(spec) + 1 } });
    }
}

/* A message that the tap made or repeats: known to the session and shown like any other. */
uint64_t tap_show_made(struct tap_flow *f, const struct tap_out *out, unsigned changed)
{
    struct vfu_fd seen[VFU_MAX_FDS];
    struct vfu_message m;
    struct vfu_event event;

    if (out->size < VFU_HEADER_SIZE)
        return 0;
    tap_flow_message(f, &m);
    m.time = vfu_now();
    m.bytes = out->bytes;
    m.captured = out->size < TAP_WHOLE ? out->size : TAP_WHOLE;
    m.size = out->size;
    m.changed = (uint8_t)changed;
    m.fds_cut = false;
    for (unsigned i = 0; i < out->nfds; i++)
        vfu_fd_describe(out->fds[i], &seen[i]);
    m.fds = seen;
    m.nfds = out->nfds;
    vfu_session_message(tap_of(f)->options->session, &m, &event);
    tap_event(tap_of(f), &event);
    tap_counted(tap_of(f));
    return event.message.no;
}

/* --- carrying out --- */

/* The same message once more, with fds of its own. NULL: out of memory or fds. */
static struct tap_out *copy_of(const struct tap_out *out)
{
    uint8_t *bytes = malloc(out->size);
    int fds[VFU_MAX_FDS];
    unsigned nfds = 0;

    if (!bytes)
        return NULL;
    memcpy(bytes, out->bytes, out->size);
    while (nfds < out->nfds && (fds[nfds] = fcntl(out->fds[nfds], F_DUPFD_CLOEXEC, 0)) >= 0)
        nfds++;
    if (nfds == out->nfds)
        return tap_out_new(bytes, out->size, fds, nfds);
    vfu_close_fds(fds, nfds);
    free(bytes);
    return NULL;
}

/* A reply in the place of whom the command was for. */
static void answer(struct tap_flow *f, const struct vfu_event *command, uint32_t error, unsigned changed)
{
    struct tap_flow *back = &f->channel->flows[!f->from];
    struct vfu_build b;
    struct tap_out *out = NULL;

    if (command->flags & VFU_NO_REPLY || back->unframed || back->eof_passed)
        return;
    if (!vfu_build_start(&b, command->command_number, true))
        return;
    vfu_build_clear_payload(&b);
    if (vfu_build_set_number(&b, "header.id", command->id) && vfu_build_end(&b) &&
        vfu_build_set_number(&b, "header.flags", error ? VFU_TYPE_REPLY | VFU_ERROR : VFU_TYPE_REPLY) &&
        vfu_build_set_number(&b, "header.error", error)) {
        out = tap_out_new(b.bytes, b.size, NULL, 0);
        b.bytes = NULL;
    }
    vfu_build_free(&b);
    if (!out)
        return;
    tap_show_made(back, out, changed & (VFU_CHANGED_INJECT | VFU_CHANGED_INTERCEPT));
    tap_pump_add(&back->pump, out);
    tap_flow_push(back);
}

static void carry_out(struct tap_flow *f, uint64_t no, struct tap_verdict *v)
{
    struct tap_connection *n = f->channel->connection;
    struct tap_out *again = NULL;
    bool aside = (v->hold || v->glue) && !tap_aside_waits_for_next(f);

    if (v->close) {
        n->condemned = true;
        n->closed_by = VFU_BOTH_SIDES;
        snprintf(n->note, sizeof n->note, "closed by --inject");
    }
    if (v->drop || v->answer || v->close) {
        tap_out_free(v->out);
        return;
    }
    if (v->twice && (again = copy_of(v->out)) != NULL)
        tap_show_made(f, again, VFU_CHANGED_INJECT);
    if (v->delay_ns)
        v->out->due_ns = v->due_ns;
    v->out->split = v->split;
    v->out->glue = v->glue;
    v->out->after = v->hold;
    if (aside) {
        tap_aside_pass(f, NULL);
        tap_aside_keep(f, v->out);
    } else {
        tap_aside_pass(f, v->out);
    }
    if (again)
        tap_aside_queue(f, again);
    tap_flow_push(f);
    if (!f->pump.broken && !aside)
        f->passed_no = no;
}

/* When it goes on, if it does so late: a reply's latency and patience begin there. */
static void date(struct tap_flow *f, struct vfu_event *event, struct tap_verdict *v)
{
    uint64_t behind = tap_queue_due(&f->pump.queue);

    if (v->delay_ns)
        v->due_ns = vfu_mono_ns() + v->delay_ns;
    else if (v->was_stopped)
        v->due_ns = vfu_mono_ns();
    v->due_ns = v->due_ns > behind ? v->due_ns : behind;
    if (v->due_ns && vfu_event_is_command(event))
        vfu_session_passed(tap_of(f)->options->session, event, v->due_ns);
}

/* Who waits for what does not come, or not as it was, may do nothing else: it is not held against it. */
static void excuse(const struct tap_flow *f, const struct vfu_event *event, const struct tap_verdict *v)
{
    enum vfu_side other = event->from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT;
    enum vfu_side waits = vfu_event_is_reply(event) ? other : event->from;
    bool whole = v->out->size >= VFU_HEADER_SIZE && vfu_header_read(v->out->bytes, false).size == v->out->size;

    if (v->close || v->hold || v->glue || (!v->drop && !v->answer && !whole))
        vfu_session_excuse(tap_of(f)->options->session, event->conn, VFU_BOTH_SIDES, UINT64_MAX);
    else if (v->drop)
        vfu_session_excuse(tap_of(f)->options->session, event->conn, 1u << waits, UINT64_MAX);
}

void tap_carry_on(struct tap_flow *f, struct vfu_event *event, struct tap_verdict *v)
{
    date(f, event, v);
    excuse(f, event, v);
    tap_show(f, event, v);
    show_struck(tap_of(f), event, v);
    if (tap_flow_ends_mappings(f))
        tap_of(f)->options->unmapped(tap_of(f)->options->context);
    if (v->answer)
        answer(f, event, v->error, v->changed);
    carry_out(f, event->message.no, v);
    tap_flow_next(f);
}
