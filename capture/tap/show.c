/*
 * Messages that nobody decides about are shown as they go on. One that goes on piece by piece is shown when it is whole,
 * or before that with what there is of it, when the other side answers it: libvfio-user refuses by the header.
 */
#include "capture/clock.h"
#include "capture/tap/inside.h"
#include "decoder/wire/header.h"

void tap_flow_show(struct tap_flow *f, struct vfu_time time)
{
    struct tap *tap = tap_of(f);
    unsigned passed = f->pump.nseen;
    struct vfu_message m;
    struct vfu_event event;

    if (f->message.answered)
        return;
    tap_flow_show_answered(f);
    tap_pump_describe(&f->pump);
    tap_flow_message(f, &m);
    m.time = time;
    if (m.captured > TAP_WHOLE)
        m.captured = TAP_WHOLE;
    vfu_session_message(tap->options->session, &m, &event);
    f->last_id = event.id;
    tap_hand_over_map_fd(f, event.message.no);
    tap_known_learn(f->channel->connection, &event);
    tap_event(tap, &event);
    if (!f->pump.broken)
        f->passed_no = event.message.no;
    f->pump.nseen = passed;
    tap_counted(tap);
}

void tap_flow_show_answered(struct tap_flow *reply)
{
    struct tap_flow *f = &reply->channel->flows[!reply->from];
    struct vfu_header r, h;

    if (!f->message.streaming || f->message.got < VFU_HEADER_SIZE || f->message.answered)
        return;
    r = vfu_header_read(reply->message.bytes, false);
    h = vfu_header_read(f->message.bytes, false);
    if ((r.flags & VFU_TYPE_MASK) != VFU_TYPE_REPLY || r.id != h.id || r.command != h.command)
        return;
    tap_flow_show(f, vfu_now());
    f->message.answered = true;
}
