/*
 * Deciding about messages: where something may change traffic, a message is read whole, the session is told of it, what
 * was asked for is done to the tap's copy, and then it is shown and passed on as it is now (carry.c).
 */
#include "capture/clock.h"
#include "capture/foreign.h"
#include "capture/tap/inside.h"

#include <string.h>

/* --- injections --- */

static void corrupt(struct tap_verdict *v, const struct vfu_injection *i)
{
    size_t size = i->corrupt_size;

    if (i->corrupt_at >= v->out->size)
        return;
    if (size > v->out->size - i->corrupt_at)
        size = v->out->size - (size_t)i->corrupt_at;
    if (memcmp(v->out->bytes + i->corrupt_at, i->corrupt, size) != 0)
        v->changed |= VFU_CHANGED_INJECT;
    memcpy(v->out->bytes + i->corrupt_at, i->corrupt, size);
}

/* Fields are set in the message as it is by now. */
static void set_fields(struct tap *tap, struct vfu_event *event, struct tap_verdict *v, const struct vfu_injection *i)
{
    struct vfu_error error;

    for (size_t k = 0; k < i->set_count; k++) {
        event->message.captured = v->out->size;
        if (tap_edit_message(v->out, event, i->sets[k].name, i->sets[k].value, &error))
            v->changed |= VFU_CHANGED_INJECT;
        else
            tap_say(tap, "--inject: #%llu stays as it is: %s", (unsigned long long)event->message.no, error.text);
    }
}

static void strike(struct tap *tap, struct vfu_event *event, struct tap_verdict *v, const struct vfu_injection *i)
{
    set_fields(tap, event, v, i);
    if (i->actions & VFU_INJECT_CORRUPT)
        corrupt(v, i);
    if (i->actions & VFU_INJECT_TRUNCATE && i->truncate < v->out->size) {
        v->out->size = (size_t)i->truncate;
        v->changed |= VFU_CHANGED_INJECT;
    }
    if (i->actions & VFU_INJECT_DROP_FDS && v->out->nfds) {
        vfu_close_fds(v->out->fds, v->out->nfds);
        v->out->nfds = 0;
        v->changed |= VFU_CHANGED_INJECT;
    }
    v->drop |= i->actions & VFU_INJECT_DROP || v->out->size == 0;
    v->twice |= (i->actions & VFU_INJECT_DUPLICATE) != 0;
    v->close |= (i->actions & VFU_INJECT_CLOSE) != 0;
    if (i->actions & VFU_INJECT_ERROR) {
        v->answer = true;
        v->error = i->error;
    }
    v->delay_ns += i->actions & VFU_INJECT_DELAY ? i->delay_ns : 0;
    v->split = i->actions & VFU_INJECT_SPLIT ? i->split : v->split;
    v->hold = i->actions & VFU_INJECT_HOLD ? i->hold : v->hold;
    v->glue |= (i->actions & VFU_INJECT_GLUE) != 0;
    if (v->drop || v->twice || v->close || v->answer || v->delay_ns || v->split || v->hold || v->glue)
        v->changed |= VFU_CHANGED_INJECT;
    if (v->struck_count < TAP_STRUCK)
        v->struck[v->struck_count++] = i;
}

static void inject(struct tap *tap, struct vfu_event *event, struct tap_verdict *v)
{
    const struct vfu_tap_options *o = tap->options;
    uint8_t bytes[VFU_HEADER_SIZE + VFU_REQUEST_HEAD];
    struct vfu_event request;
    bool has_request = o->injection_count && vfu_event_is_reply(event) && tap_request_of(event, &request, bytes);

    for (size_t i = 0; i < o->injection_count; i++)
        if (vfu_inject_strikes(&o->injections[i], event, has_request ? &request : NULL, &tap->random))
            strike(tap, event, v, &o->injections[i]);
}

/* The message with its fds, out of the flow. NULL: out of memory. */
static struct tap_out *take(struct tap_flow *f)
{
    struct tap_out *out = tap_out_new(f->message.bytes, f->message.got, f->pump.fds, f->pump.nfds);

    f->message.bytes = NULL;
    f->message.room = 0;
    f->pump.nfds = 0;
    return out;
}

void tap_decide(struct tap_flow *f)
{
    struct tap *tap = tap_of(f);
    struct vfu_message m;
    struct vfu_event event;
    struct tap_verdict v = { 0 };
    struct tap_probe *probe;

    tap_flow_show_answered(f);
    f->pump.nseen = 0;
    tap_pump_describe(&f->pump);
    tap_flow_message(f, &m);
    m.time = vfu_now();
    vfu_session_message(tap->options->session, &m, &event);
    tap_known_learn(f->channel->connection, &event);
    f->last_id = event.id;
    v.out = take(f); /* the event's bytes live as long */
    if (!v.out) {
        tap_say(tap, "connection %u: out of memory, it is closed", m.conn);
        f->channel->connection->condemned = true;
        tap_flow_next(f);
        return;
    }
    probe = !LIST_EMPTY(&tap->probes) && vfu_event_is_reply(&event) ? tap_probe_of(tap, &event) : NULL;
    if (probe) { /* not for the client */
        v.changed = VFU_CHANGED_INJECT;
        tap_show(f, &event, &v);
        tap_probe_answer(probe, &event, v.out);
        tap_out_free(v.out);
        tap_flow_next(f);
        return;
    }
    if (tap->options->expose && tap_expose(f, &event, v.out))
        v.changed |= VFU_CHANGED_EXPOSE;
    inject(tap, &event, &v);
    if (!tap->options->intercept || tap->let_go || !tap_intercept(f, &event, &v))
        tap_carry_on(f, &event, &v);
}

/* What can be known of a message once its header has come. */
static struct vfu_event early_event(const struct tap_flow *f)
{
    struct vfu_event event = { .kind = VFU_EVENT_MESSAGE };

    tap_flow_message(f, &event.message);
    event.flags = f->message.flags;
    event.command_number = (uint16_t)f->message.command;
    event.command = vfu_command_by_number(f->message.command);
    event.size = f->message.size;
    event.conn = f->channel->connection->conn;
    event.channel = f->channel->number;
    event.from = f->from;
    return event;
}

bool tap_may_decide(const struct tap_flow *f)
{
    const struct tap *tap = tap_of(f);
    const struct vfu_tap_options *o = tap->options;
    bool intercepts = o->intercept && !tap->let_go;
    bool may = (f->from == VFU_SERVER && tap_probe_waits(tap)) || f->aside.count;
    struct vfu_event event;

    if (f->message.got < VFU_HEADER_SIZE)
        return may || o->injection_count || o->expose || intercepts;
    event = early_event(f);
    may |= o->expose && tap_expose_may(tap, f->message.command);
    may |= intercepts && o->intercept->may_stop(o->intercept->context, &event);
    for (size_t i = 0; i < o->injection_count && !may; i++)
        may = vfu_filter_match_header(o->injections[i].filter, &event) != VFU_NO;
    return may;
}
