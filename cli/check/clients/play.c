/*
 * vfuscope check --client: the steps of a case, done in the place of what the server would do.
 */
#include "capture/clock.h"
#include "capture/foreign.h"
#include "cli/check/clients/inside.h"
#include "decoder/wire/header.h"
#include "decoder/wire/parse.h"

#include <stdlib.h>
#include <string.h>

enum {
    PIECE_PART = 4,      /* the rest goes out when the first piece was read, or after this part of --timeout */
    BEHIND_MS = 20,
    BEHIND_MOST = 20,    /* so often a reply is kept for the next one, if none ever comes */
};

/* --- acts --- */

static struct client_act *act(struct client_play *p, enum client_doing what)
{
    struct client_act *a = calloc(1, sizeof *a);

    if (!a)
        return NULL;
    a->what = what;
    STAILQ_INSERT_TAIL(&p->acts, a, next);
    return a;
}

static void free_act(struct client_act *a)
{
    if (!a)
        return;
    vfu_close_fds(a->fds, a->nfds);
    free(a->bytes);
    free(a);
}

/* Goes out: a copy of it. */
static struct client_act *send_it(struct client_play *p, const struct client_message *m)
{
    const struct vfu_server_out out = { m->channel, m->bytes, m->size, m->fds, m->nfds };
    struct client_act *a = act(p, ACT_SEND);
    struct client_message copy;

    if (!a || !client_take(&copy, &out))
        return a;
    a->channel = copy.channel;
    a->bytes = copy.bytes;
    a->size = copy.size;
    memcpy(a->fds, copy.fds, sizeof a->fds);
    a->nfds = copy.nfds;
    return a;
}

/* There would be so much to say: does the client's argsz have the room? If it has not, it is to ask again. */
static bool has_room(struct client_play *p, uint64_t size)
{
    struct client_seen *s = &p->seen;

    if (s->argsz >= size) {
        s->again = s->again || !s->wanted;
        return true;
    }
    s->wanted = size;
    s->wanted_of = s->command;
    s->wanted_index = s->index;
    return false;
}

static void give_room(struct client_play *p, struct client_message *m, uint64_t size)
{
    if (has_room(p, size))
        client_resize(m, (size_t)size);
    client_set(m, "argsz", size, NULL);
}

/* The region's capabilities are these. */
static void chain(struct client_play *p, struct client_message *m, const char *hex)
{
    const size_t fixed = CLIENT_REGION_INFO;
    uint8_t *bytes;
    size_t size;

    if (!vfu_parse_hex(hex, &bytes, &size))
        return;
    if (has_room(p, fixed + size)) {
        p->seen.after = 0; /* what the case is about comes only now */
        client_resize(m, fixed);
        client_resize(m, fixed + size);
        memcpy(m->bytes + VFU_HEADER_SIZE + fixed, bytes, size);
        if (!m->nfds) /* the server's own answer would have been larger */
            client_add_fds(m, 1);
        client_set(m, "cap_offset", fixed, NULL);
        client_set(m, "flags", VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE | VFIO_REGION_INFO_FLAG_MMAP |
                            VFIO_REGION_INFO_FLAG_CAPS, NULL);
    } else {
        client_resize(m, fixed);
        client_no_fds(m);
        client_set(m, "cap_offset", 0, NULL);
    }
    client_set(m, "argsz", fixed + size, NULL);
    free(bytes);
}

/* A write puts back what a read got: nothing of the client's is lost, whatever it does with it. */
static void plan_ask(struct client_play *p, enum client_asked what)
{
    bool writes = what == ASK_WRITE || what == ASK_FORBIDDEN;
    struct client_act *a = act(p, ACT_ASK);

    if (a)
        a->asks = what;
    if (!writes || !act(p, ACT_AWAIT) || (a = act(p, ACT_ASK)) == NULL)
        return;
    a->asks = what;
    a->writes = true;
}

/* --- steps --- */

static void wait_for(struct client_play *p, uint64_t ms)
{
    struct client_act *a = act(p, ACT_WAIT);

    if (a)
        a->ms = (unsigned)ms;
}

static void stray(struct client_play *p, const struct client_message *m)
{
    const struct vfu_server_out out = { m->channel, m->bytes, m->size, NULL, 0 };
    struct client_message other;

    if (!client_take(&other, &out))
        return;
    client_set(&other, "header.id", vfu_header_read(m->bytes, false).id ^ 0x5555u, NULL);
    send_it(p, &other);
    free(other.bytes);
}

static void step(struct client_play *p, const struct client_step *s, struct client_message *m)
{
    struct client_act *a;

    switch (s->op) {
    case STEP_SET:
    case STEP_TEXT:
        client_set(m, s->field, s->number, s->text);
        break;
    case STEP_CUT:
        client_resize(m, s->number < m->size - VFU_HEADER_SIZE ? (size_t)s->number : m->size - VFU_HEADER_SIZE);
        break;
    case STEP_LONGER:
        client_resize(m, m->size - VFU_HEADER_SIZE + (size_t)s->number);
        break;
    case STEP_REFUSE:
        client_refuse(m, s->number);
        break;
    case STEP_ROOM:
        give_room(p, m, s->number);
        break;
    case STEP_CHAIN:
        chain(p, m, s->text);
        break;
    case STEP_FDS:
        client_add_fds(m, s->number);
        break;
    case STEP_NO_FDS:
        client_no_fds(m);
        break;
    case STEP_WAIT:
        wait_for(p, s->number * p->timeout_ms / 100);
        break;
    case STEP_SEND:
        send_it(p, m);
        break;
    case STEP_PIECES:
    case STEP_PART:
        a = send_it(p, m);
        if (a && s->number < a->size) {
            a->first = (size_t)s->number;
            a->cut = s->op == STEP_PART;
        }
        break;
    case STEP_BEHIND:
        a = send_it(p, m);
        if (a) {
            STAILQ_REMOVE(&p->acts, a, client_act, next);
            p->behind = a;
            p->behind_until_ns = vfu_mono_ns() + BEHIND_MS * UINT64_C(1000000);
            p->kept++;
        }
        break;
    case STEP_STRAY:
        stray(p, m);
        break;
    case STEP_GLUED:
        a = send_it(p, m);
        if (a)
            a->glued = true;
        plan_ask(p, (enum client_asked)s->number);
        break;
    case STEP_ASK:
        plan_ask(p, (enum client_asked)s->number);
        break;
    case STEP_AWAIT:
        act(p, ACT_AWAIT);
        break;
    case STEP_CLOSE:
        act(p, ACT_CLOSE);
        break;
    case STEP_END:
        break;
    }
}

static void play(struct client_play *p, const struct vfu_server_out *out)
{
    struct client_message m;

    if (!client_take(&m, out))
        return;
    if (p->now->steps[0].op != STEP_BEHIND)
        p->met++;
    for (const struct client_step *s = p->now->steps; s < p->now->steps + CLIENT_STEPS && s->op != STEP_END; s++)
        step(p, s, &m);
    if (m.channel == VFU_MAIN && p->seen.command == VFU_VERSION)
        p->twin = m.nfds > 0 && vfu_header_read(m.bytes, false).error == 0;
    client_no_fds(&m);
    free(m.bytes);
}

/* --- when --- */

/* Is what the case asks for there? */
static bool is_ready(const struct client_play *p)
{
    uint64_t address, size;

    if (p->waits_for_master && !p->seen.master)
        return false;
    if (p->seen.command == VFU_DMA_MAP || p->seen.command == VFU_DMA_UNMAP)
        return false; /* the client has not seen the answer, and takes the question first where there is a twin */
    for (const struct client_step *s = p->now->steps; s->op != STEP_END; s++)
        if (s->op == STEP_ASK || s->op == STEP_GLUED)
            return client_place(&p->seen, (enum client_asked)s->number, &address, &size);
    return true;
}

bool client_is_about(const struct client_case *c, unsigned command, int64_t index, bool posted)
{
    return (c->command ? c->command == command : command != VFU_VERSION) && (c->index == CLIENT_ANY || c->index == index) &&
           c->posted == posted;
}

/* Is it the case's moment, at the answer to the command that came last? */
static bool is_moment(struct client_play *p, bool posted)
{
    const struct client_case *c = p->now;

    if (!c || !c->steps[0].op || p->closed || !client_is_about(c, p->seen.command, p->seen.index, posted))
        return false;
    if (c->twin && !p->seen.offers_twin)
        return false;
    if (c->ready)
        return !p->met && is_ready(p);
    if (c->steps[0].op == STEP_BEHIND && (p->behind || p->met || p->kept == BEHIND_MOST || !vfu_server_has_more(p->server)))
        return false;
    p->matched++;
    return !c->nth || p->matched == c->nth;
}

/* What was kept goes behind what was just queued. */
static void let_go(struct client_play *p, bool overtaken)
{
    struct client_act *a = p->behind;

    if (!a)
        return;
    p->behind = NULL;
    STAILQ_INSERT_TAIL(&p->acts, a, next);
    p->met += overtaken;
}

bool client_sends(void *context, const struct vfu_server_out *out)
{
    struct client_play *p = context;
    struct vfu_header h = vfu_header_read(out->bytes, false);
    bool reply = vfu_header_is_reply(&h), had = p->behind;
    struct client_message m;

    if (p->closed)
        return true;
    if (reply && h.command == VFU_VERSION && out->nfds)
        p->twin = true;
    if (reply && is_moment(p, false)) {
        play(p, out);
        return true;
    }
    if (STAILQ_EMPTY(&p->acts) && !p->behind)
        return false;
    if (client_take(&m, out)) {
        send_it(p, &m);
        client_no_fds(&m);
        free(m.bytes);
    }
    if (had)
        let_go(p, reply);
    return true;
}

void client_event(void *context, const struct vfu_event *event)
{
    struct client_play *p = context;
    struct vfu_build b;

    client_saw(p, event);
    if (event->kind != VFU_EVENT_MESSAGE || event->from != VFU_CLIENT)
        return;
    p->active_ns = vfu_mono_ns();
    if (!vfu_event_is_command(event) || !(event->flags & VFU_NO_REPLY) || !is_moment(p, true))
        return;
    if (vfu_build_start(&b, event->command_number, true)) {
        vfu_build_clear_payload(&b);
        if (vfu_build_set_number(&b, "header.id", event->id) && vfu_build_end(&b))
            play(p, &(struct vfu_server_out){ VFU_MAIN, b.bytes, b.size, NULL, 0 });
    }
    vfu_build_free(&b);
}

/* --- doing it --- */

/* The session is to know it, if it is a message. */
static void tell(struct client_play *p, struct client_act *a)
{
    struct vfu_header h = vfu_header_read(a->bytes, false);

    if (h.size == a->size)
        vfu_server_note(p->server, &(struct vfu_server_out){ a->channel, a->bytes, a->size, a->fds, a->nfds });
    a->told = true;
}

static void put(struct client_play *p, struct client_act *a, size_t from, size_t to)
{
    vfu_server_put(p->server, &(struct vfu_server_out){ a->channel, a->bytes + from, to - from, a->fds, from ? 0 : a->nfds });
}

/* The message that asks takes the act's place, joined to what it is glued to. */
static void make_ask(struct client_play *p, struct client_act *a, struct client_act *first)
{
    struct client_message m;
    uint8_t *bytes;

    if (!client_ask(p, a->asks, a->writes, &m)) {
        a->what = ACT_WAIT;
        return;
    }
    a->what = ACT_SEND;
    a->channel = m.channel;
    a->bytes = m.bytes;
    a->size = m.size;
    tell(p, a);
    if (!first || first->channel != a->channel || !(bytes = realloc(first->bytes, first->size + a->size)))
        return;
    memcpy(bytes + first->size, a->bytes, a->size);
    first->bytes = bytes;
    first->size += a->size;
    STAILQ_REMOVE(&p->acts, a, client_act, next);
    free_act(a);
}

static bool is_answered(const struct client_seen *s)
{
    for (unsigned i = 0; i < s->asked_count; i++)
        if (!s->asked[i].answered)
            return false;
    return true;
}

/* True: it is done. */
static bool do_send(struct client_play *p, struct client_act *a)
{
    struct client_act *next;

    if (!a->sent && !a->told && !(a->first && a->cut))
        tell(p, a);
    a->told = true;
    if (a->glued && (next = STAILQ_NEXT(a, next)) != NULL && next->what == ACT_ASK)
        make_ask(p, next, a);
    a->glued = false;
    if (!a->first) {
        put(p, a, 0, a->size);
        return true;
    }
    if (!a->sent) {
        put(p, a, 0, a->first);
        a->sent = a->first;
        a->until_ns = vfu_mono_ns() + p->timeout_ms / PIECE_PART * UINT64_C(1000000);
        return a->cut;
    }
    if (vfu_mono_ns() < a->until_ns && vfu_server_unread(p->server))
        return false;
    put(p, a, a->sent, a->size);
    return true;
}

/* True: it is done. */
static bool do_act(struct client_play *p, struct client_act *a)
{
    const uint64_t now = vfu_mono_ns();

    switch (a->what) {
    case ACT_SEND:
        return do_send(p, a);
    case ACT_ASK: /* when the client has read what went before: or it could take both for one */
        a->until_ns = a->until_ns ? a->until_ns : now + p->timeout_ms / PIECE_PART * UINT64_C(1000000);
        if (now < a->until_ns && vfu_server_unread(p->server))
            return false;
        a->until_ns = 0;
        make_ask(p, a, NULL);
        return false;
    case ACT_CLOSE:
        p->closed = true;
        return true;
    case ACT_AWAIT:
        a->ms = p->timeout_ms;
        if (is_answered(&p->seen))
            return true;
        break;
    case ACT_WAIT:
        break;
    }
    if (!a->until_ns)
        a->until_ns = now + a->ms * UINT64_C(1000000);
    if (a->what == ACT_AWAIT && now >= a->until_ns)
        for (unsigned i = 0; i < p->seen.asked_count; i++)
            p->seen.asked[i].late = !p->seen.asked[i].answered;
    return now >= a->until_ns;
}

bool client_play_turn(struct client_play *p)
{
    struct client_act *a;

    if (p->behind && vfu_mono_ns() >= p->behind_until_ns)
        let_go(p, false);
    while ((a = STAILQ_FIRST(&p->acts)) != NULL && !p->closed && do_act(p, a)) {
        p->active_ns = vfu_mono_ns();
        STAILQ_REMOVE_HEAD(&p->acts, next);
        free_act(a);
    }
    return !p->closed;
}

int client_play_due(const struct client_play *p)
{
    const struct client_act *a = STAILQ_FIRST(&p->acts);
    uint64_t now = vfu_mono_ns();

    if (a && ((a->what == ACT_SEND && a->sent) || (a->what == ACT_ASK && a->until_ns)))
        return 1;
    if (a && a->until_ns)
        return a->until_ns > now ? (int)((a->until_ns - now) / 1000000) + 1 : 0;
    if (a)
        return 0;
    return p->behind ? (int)(p->behind_until_ns > now ? (p->behind_until_ns - now) / 1000000 + 1 : 0) : -1;
}

void client_play_begin(struct client_play *p, const struct client_case *now, unsigned timeout_ms)
{
    *p = (struct client_play){ .now = now, .timeout_ms = timeout_ms, .active_ns = vfu_mono_ns() };
    p->seen.index = -1;
    p->seen.max_xfer = VFU_DEFAULT_MAX_DATA_XFER_SIZE;
    STAILQ_INIT(&p->acts);
}

void client_play_end(struct client_play *p)
{
    struct client_act *a;

    while ((a = STAILQ_FIRST(&p->acts)) != NULL) {
        STAILQ_REMOVE_HEAD(&p->acts, next);
        free_act(a);
    }
    free_act(p->behind);
    p->behind = NULL;
}
