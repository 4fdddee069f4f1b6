/*
 * vfuscope fuzz --client: what the server says otherwise than it should. Which of its messages, and how, follows from the seed, the
 * connection and how many went before.
 */
#include "capture/foreign.h"
#include "cli/fuzz/odd.h"
#include "decoder/wire/header.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { VERSION_IN = 12, REPLY_IN = 6, READ_MS = 20, FDS = 8 };

/* Of the last two there is nothing more to hear: they are rare. */
enum way { SET, SET_TOO, SET_MORE, RESIZE, HEADER, LIE, REFUSE, TWICE, PIECES, MORE_FDS, NO_FDS, ASK, STRAY, UNKNOWN, SILENT, PART,
           WAYS };

/* --- what is sent --- */

static void keep(struct fuzz_odd *o, const uint8_t *bytes, size_t size, unsigned nfds)
{
    uint8_t *copy;

    if (o->kept_count == FUZZ_ODD || !(copy = malloc(size)))
        return;
    memcpy(copy, bytes, size);
    o->kept[o->kept_count++] = (struct fuzz_step){ .bytes = copy, .size = size, .fds = { .count = nfds } };
}

static void put(struct fuzz_odd *o, enum vfu_channel channel, const uint8_t *bytes, size_t size, const int *fds, unsigned nfds)
{
    const struct vfu_server_out out = { channel, bytes, size, fds, nfds };

    if (vfu_header_read(bytes, false).size == size)
        vfu_server_note(o->server, &out);
    vfu_server_put(o->server, &out);
}

/* A message that is there, to be changed. */
static bool load(struct vfu_build *b, const uint8_t *bytes, size_t size)
{
    struct vfu_event e = fuzz_event(bytes, size);

    return vfu_build_load(b, &e);
}

static void put_pieces(struct fuzz_odd *o, const struct vfu_server_out *out)
{
    const uint8_t *bytes = out->bytes;
    size_t first = 1 + (size_t)fuzz_below(&o->state.random, out->size - 1);
    struct vfu_server_out piece = { out->channel, bytes, first, out->fds, out->nfds };

    vfu_server_note(o->server, out);
    vfu_server_put(o->server, &piece);
    for (unsigned i = 0; i < READ_MS && vfu_server_unread(o->server); i++)
        poll(NULL, 0, 1); /* nothing signals it */
    piece = (struct vfu_server_out){ out->channel, bytes + first, out->size - first, NULL, 0 };
    vfu_server_put(o->server, &piece);
}

/* Its own descriptors, and others. */
static void put_more_fds(struct fuzz_odd *o, const struct vfu_server_out *out)
{
    int fds[FDS], made = (int)fuzz_below(&o->state.random, FDS - 1) + 1, own;
    unsigned nfds = 0;

    while (nfds < out->nfds && nfds < FDS && (fds[nfds] = fcntl(out->fds[nfds], F_DUPFD_CLOEXEC, 0)) >= 0)
        nfds++;
    for (own = 0; own < made && nfds < FDS && (fds[nfds] = memfd_create("vfuscope-fuzz", MFD_CLOEXEC)) >= 0; own++)
        nfds++;
    put(o, out->channel, out->bytes, out->size, fds, nfds);
    vfu_close_fds(fds, nfds);
}

/* A command of the server's own: DMA at an edge, or one that nobody knows. */
static void ask(struct fuzz_odd *o, enum vfu_channel channel, unsigned command)
{
    const struct fuzz_map *m = o->state.map_count ? &o->state.maps[fuzz_below(&o->state.random, o->state.map_count)] : NULL;
    static const uint8_t data[64];
    struct vfu_build b;
    bool good = vfu_build_start(&b, command, false) && vfu_build_set_number(&b, "header.id", 0x7000 + o->sent);

    if (good && b.command) {
        uint64_t count = fuzz_below(&o->state.random, sizeof data);

        good = vfu_build_set_number(&b, "address", m ? m->address : 0) && vfu_build_set_number(&b, "count", count) &&
               (command == VFU_DMA_READ || vfu_build_set_bytes(&b, "data", data, (size_t)count));
    }
    if (good && vfu_build_end(&b)) {
        if (fuzz_one_in(&o->state.random, 2))
            fuzz_mutate(&o->state, &b);
        keep(o, b.bytes, b.size, 0);
        put(o, channel, b.bytes, b.size, NULL, 0);
    }
    vfu_build_free(&b);
}

/* What becomes of a message whose fields or header are changed. */
static void change(struct fuzz_odd *o, struct vfu_build *b, enum way way)
{
    switch (way) {
    case RESIZE:
        fuzz_resize(&o->state, b);
        break;
    case HEADER:
    case STRAY:
        fuzz_mutate_header(&o->state, b);
        break;
    case LIE:
        fuzz_lie(&o->state, b);
        break;
    case REFUSE:
        vfu_build_set_number(b, "header.flags", VFU_TYPE_REPLY | VFU_ERROR);
        vfu_build_set_number(b, "header.error", fuzz_edge(&o->state, EINVAL, 4));
        if (fuzz_one_in(&o->state.random, 2))
            b->size = VFU_HEADER_SIZE;
        vfu_build_set_number(b, "header.size", b->size);
        break;
    default:
        for (unsigned i = 1 + fuzz_one_in(&o->state.random, 3); i > 0; i--)
            if (!fuzz_mutate(&o->state, b))
                fuzz_resize(&o->state, b);
        break;
    }
}

static void say_otherwise(struct fuzz_odd *o, const struct vfu_server_out *out, enum way way)
{
    const bool beside = way == STRAY;
    struct vfu_build b;

    if (load(&b, out->bytes, out->size)) {
        change(o, &b, way);
        keep(o, b.bytes, b.size, out->nfds);
        put(o, out->channel, b.bytes, b.size, beside ? NULL : out->fds, beside ? 0 : out->nfds);
    }
    vfu_build_free(&b);
    if (beside)
        put(o, out->channel, out->bytes, out->size, out->fds, out->nfds);
}

static void say(struct fuzz_odd *o, const struct vfu_server_out *out, enum way way)
{
    switch (way) {
    case TWICE:
        put(o, out->channel, out->bytes, out->size, out->fds, out->nfds);
        put(o, out->channel, out->bytes, out->size, NULL, 0);
        break;
    case PIECES:
        put_pieces(o, out);
        break;
    case MORE_FDS:
        put_more_fds(o, out);
        break;
    case NO_FDS:
        put(o, out->channel, out->bytes, out->size, NULL, 0);
        break;
    case ASK:
    case UNKNOWN:
        ask(o, out->channel, way == UNKNOWN ? (unsigned)fuzz_edge(&o->state, 99, 2) : VFU_DMA_READ + (o->sent & 1));
        put(o, out->channel, out->bytes, out->size, out->fds, out->nfds);
        break;
    case PART:
        vfu_server_put(o->server, &(struct vfu_server_out){ out->channel, out->bytes, out->size / 2, NULL, 0 });
        o->closes = true;
        break;
    case SILENT:
        break;
    default:
        say_otherwise(o, out, way);
        return;
    }
    keep(o, out->bytes, out->size, out->nfds);
}

bool fuzz_odd_sends(void *context, const struct vfu_server_out *out)
{
    struct fuzz_odd *o = context;
    struct vfu_header h = vfu_header_read(out->bytes, false);
    unsigned n = o->sent++;
    bool odd;

    if (!o->odd)
        return false;
    o->state.random = fuzz_random(o->seed, o->conn << 32 | n);
    odd = fuzz_one_in(&o->state.random, h.command == VFU_VERSION ? VERSION_IN : REPLY_IN) && n < FUZZ_ODD;
    if (!odd || !o->stays[n])
        return false;
    o->was_odd[n] = true;
    say(o, out, (enum way)fuzz_below(&o->state.random, fuzz_one_in(&o->state.random, 6) ? WAYS : SILENT));
    return true;
}

void fuzz_odd_event(void *context, const struct vfu_event *e)
{
    struct fuzz_odd *o = context;
    struct vfu_decoded d;
    struct fuzz_map *m;

    fuzz_keep(o->fuzz, e);
    if (e->kind != VFU_EVENT_MESSAGE || e->from != VFU_CLIENT)
        return;
    o->heard++;
    if (!vfu_event_is_command(e) || e->command_number != VFU_DMA_MAP)
        return;
    vfu_decode(e, &d);
    m = &o->state.maps[o->state.map_count < FUZZ_MAPS ? o->state.map_count++ : 0];
    *m = (struct fuzz_map){ vfu_number(d.values, d.count, "address", 0), vfu_number(d.values, d.count, "size", 0) };
}

void fuzz_odd_begin(struct fuzz_odd *o)
{
    for (unsigned i = 0; i < o->kept_count; i++)
        free(o->kept[i].bytes);
    o->kept_count = o->sent = 0;
    o->heard = 0;
    o->closes = false;
    o->state = (struct fuzz_state){ 0 };
    memset(o->was_odd, 0, sizeof o->was_odd);
}
