/*
 * Interception: a message that is stopped holds its flow, the other direction and other connections go on.
 */
#include "capture/tap/inside.h"
#include "decoder/wire/parse.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

struct tap_stop {
    struct tap_verdict verdict;
    struct vfu_event event; /* and what it points to behind it; but its bytes are the verdict's */
};

bool tap_intercept(struct tap_flow *f, const struct vfu_event *event, const struct tap_verdict *v)
{
    const struct vfu_tap_intercept *i = f->channel->connection->tap->options->intercept;
    uint8_t bytes[VFU_HEADER_SIZE + VFU_REQUEST_HEAD];
    struct vfu_event request;
    bool has_request = vfu_event_is_reply(event) && tap_request_of(event, &request, bytes);
    struct tap_stop *s;

    if (!i->stops(i->context, event, has_request ? &request : NULL) ||
        !(s = malloc(offsetof(struct tap_stop, event) + vfu_event_size(event))))
        return false;
    vfu_event_copy(event, &s->event);
    s->verdict = *v;
    s->event.message.bytes = event->message.bytes;
    s->event.message.captured = v->out->size < VFU_HEADER_SIZE ? VFU_HEADER_SIZE : v->out->size;
    vfu_event_changed(&s->event);
    f->stop = s;
    f->stopped_no = event->message.no;
    vfu_session_keep(tap_of(f)->options->session, event);
    s->verdict.was_stopped = true;
    i->stopped(i->context, &s->event);
    return true;
}

void tap_stop_free(struct tap_flow *f)
{
    if (f->stop)
        tap_out_free(f->stop->verdict.out);
    free(f->stop);
    f->stop = NULL;
}

/* One whose connection is about to be closed is stopped no more. */
static bool has_stopped(const struct tap_flow *f)
{
    return f->stop && !f->channel->connection->condemned;
}

static struct tap_flow *find(const struct tap *tap, uint64_t no)
{
    TAP_EACH_FLOW (f, tap)
        if (has_stopped(f) && f->stop->event.message.no == no)
            return f;
    return NULL;
}

size_t vfu_tap_stopped(const struct tap *tap, const struct vfu_event **list, size_t room)
{
    size_t count = 0;

    TAP_EACH_FLOW (f, tap) {
        size_t at = count;

        if (!has_stopped(f) || count == room)
            continue;
        for (count++; at > 0 && list[at - 1]->message.no > f->stop->event.message.no; at--)
            list[at] = list[at - 1];
        list[at] = &f->stop->event;
    }
    return count;
}

static void go_on(struct tap_flow *f)
{
    struct tap_stop *s = f->stop;

    f->stop = NULL;
    s->event.message.fds = f->pump.seen;
    tap_carry_on(f, &s->event, &s->verdict);
    free(s);
    tap_touch(f->channel->connection);
}

bool vfu_tap_forward(struct tap *tap, uint64_t no)
{
    struct tap_flow *f = find(tap, no);

    if (f)
        go_on(f);
    return f;
}

bool vfu_tap_drop(struct tap *tap, uint64_t no)
{
    struct tap_flow *f = find(tap, no);

    if (!f)
        return false;
    f->stop->verdict.drop = true;
    f->stop->verdict.changed |= VFU_CHANGED_INTERCEPT;
    go_on(f);
    return true;
}

bool vfu_tap_answer(struct tap *tap, uint64_t no, uint32_t error)
{
    struct tap_flow *f = find(tap, no);

    if (!f || !vfu_event_is_command(&f->stop->event))
        return false;
    f->stop->verdict.answer = true;
    f->stop->verdict.error = error;
    f->stop->verdict.changed |= VFU_CHANGED_INTERCEPT;
    go_on(f);
    return true;
}

/* @OFFSET=HEX */
static bool edit_bytes(struct vfu_build *b, const char *at, const char *hex, struct vfu_error *error)
{
    uint64_t offset;
    uint8_t *bytes;
    size_t size;

    if (!vfu_parse_number(at, &offset) || offset >= b->size)
        return vfu_fail(error, 0, "@%s: an offset within the message's %zu bytes is expected", at, b->size);
    if (!vfu_parse_hex(hex, &bytes, &size))
        return vfu_fail(error, 0, "%s: not hex", hex);
    if (size <= b->size - offset)
        memcpy(b->bytes + offset, bytes, size);
    free(bytes);
    return size <= b->size - offset ||
           vfu_fail(error, 0, "@%s: %zu byte%s, more than follow it", at, size, vfu_plural(size));
}

static bool edit(struct vfu_build *b, const char *field, const char *value, struct vfu_error *error)
{
    size_t before = b->size;

    if (*field == '@')
        return edit_bytes(b, field + 1, value, error);
    if (vfu_build_set(b, field, value) &&
        (b->size == before || strcmp(field, "header.size") == 0 || vfu_build_set_number(b, "header.size", b->size)))
        return true;
    return vfu_fail(error, 0, "%s", b->error);
}

bool tap_edit_message(struct tap_out *out, struct vfu_event *event, const char *field, const char *value,
                      struct vfu_error *error)
{
    struct vfu_message *m = &event->message;
    struct vfu_build b = { 0 };

    if (!vfu_build_load(&b, event) || !edit(&b, field, value, error)) {
        if (b.error[0])
            vfu_fail(error, 0, "%s", b.error);
        vfu_build_free(&b);
        return false;
    }
    free(out->bytes);
    out->bytes = b.bytes;
    out->size = b.size;
    m->bytes = out->bytes;
    m->captured = m->size = out->size;
    return true;
}

bool vfu_tap_edit(struct tap *tap, uint64_t no, const char *field, const char *value, struct vfu_error *error)
{
    struct tap_flow *f = find(tap, no);

    if (!f)
        return vfu_fail(error, 0, "#%llu is not stopped", (unsigned long long)no);
    if (!tap_edit_message(f->stop->verdict.out, &f->stop->event, field, value, error))
        return false;
    f->stop->verdict.changed |= VFU_CHANGED_INTERCEPT;
    vfu_event_changed(&f->stop->event);
    return true;
}

void vfu_tap_let_go(struct tap *tap)
{
    tap->let_go = true;
    if (tap->options->intercept)
        tap_epoll(tap, EPOLL_CTL_DEL, tap->options->intercept->input_fd, 0, NULL);
    TAP_EACH_FLOW (f, tap)
        if (has_stopped(f))
            go_on(f);
}
