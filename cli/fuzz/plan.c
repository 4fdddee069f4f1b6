/*
 * vfuscope fuzz: what a connection says. It begins as any does, goes on with right messages and with such that were changed, in
 * whatever order, and comes to the states of migration where a device has the most to lose.
 */
#include "cli/fuzz/inside.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOVES_LEAST = 4,
    MOVES_MORE = 24,
    STORM_LEAST = 16,
    STORM_MORE = 112,
    RAW = 64,
    CHUNKS = 4,
    SPLIT_IN = 20,   /* one in so many messages comes in pieces */
    HURRY_IN = 4,    /* behind one in so many the reply is not waited for */
    FDS_IN = 10,     /* one in so many comes with other descriptors */
};

struct planned {
    struct fuzz_state s;
    struct fuzz_list *list;
    bool ended; /* nothing follows */
    bool good;  /* there is memory */
};

static struct fuzz_random *dice(struct planned *p)
{
    return &p->s.random;
}

/* --- steps --- */

/* The message goes into the list, and the build is gone. */
static struct fuzz_step *add(struct planned *p, struct vfu_build *b, const struct fuzz_fds *fds)
{
    struct fuzz_list *l = p->list;
    struct fuzz_step *step = NULL;

    if (!p->good || !VFU_GROW(l->steps, l->room, l->count + 1)) {
        p->good = false;
    } else {
        step = &l->steps[l->count++];
        *step = (struct fuzz_step){ .bytes = b->bytes, .size = b->size, .fds = *fds };
        b->bytes = NULL;
    }
    vfu_build_free(b);
    return step;
}

static bool finish(struct planned *p, struct vfu_build *b)
{
    return vfu_build_end(b) && vfu_build_set_number(b, "header.id", p->s.id++);
}

/* Other descriptors than are due: too many, none, of another kind, or with nothing behind them. */
static void other_fds(struct planned *p, struct fuzz_fds *fds)
{
    static const unsigned counts[] = { 0, 1, 2, 8, 9, 16, 17, 64, VFU_MAX_FDS };

    fds->count = counts[fuzz_below(dice(p), sizeof counts / sizeof counts[0])];
    fds->kind = (enum fuzz_fd)fuzz_below(dice(p), FUZZ_FDS);
    fds->size = fuzz_one_in(dice(p), 2) ? 0x1000 : fds->size;
}

/* How it goes out. */
static void send_off(struct planned *p, struct fuzz_step *step)
{
    if (!step)
        return;
    step->waits = !fuzz_one_in(dice(p), HURRY_IN);
    if (fuzz_one_in(dice(p), SPLIT_IN))
        step->split = fuzz_one_in(dice(p), 2) ? VFU_HEADER_SIZE : 1 + (size_t)fuzz_below(dice(p), step->size - 1);
    if (step->split >= step->size)
        step->split = 0;
}

/* What is right about it gets wrong, in one or two places. */
static void spoil(struct planned *p, struct vfu_build *b, struct fuzz_fds *fds)
{
    unsigned times = 1 + fuzz_one_in(dice(p), 4);

    while (times-- > 0) {
        if (!fuzz_mutate(&p->s, b) || fuzz_one_in(dice(p), 12))
            fuzz_resize(&p->s, b);
        if (fuzz_one_in(dice(p), 16))
            fuzz_mutate_header(&p->s, b);
    }
    if (fuzz_one_in(dice(p), FDS_IN))
        other_fds(p, fds);
}

/* One command: right, or (one in so many) spoilt; 0: never. */
static struct fuzz_step *say(struct planned *p, unsigned command, unsigned spoilt_in)
{
    struct fuzz_fds fds;
    struct vfu_build b;

    if (!fuzz_make(&p->s, command, &b, &fds) || !finish(p, &b)) {
        vfu_build_free(&b);
        return NULL;
    }
    if (spoilt_in && fuzz_one_in(dice(p), spoilt_in))
        spoil(p, &b, &fds);
    return add(p, &b, &fds);
}

static void say_state(struct planned *p, unsigned state)
{
    static const struct fuzz_fds none;
    struct vfu_build b;
    struct fuzz_step *step;

    if (!fuzz_make_state(&p->s, state, &b) || !finish(p, &b)) {
        vfu_build_free(&b);
        return;
    }
    step = add(p, &b, &none);
    if (step)
        step->waits = true;
}

/* --- moves --- */

/* A command, by how much there is to get wrong about it. */
static void one(struct planned *p)
{
    static const uint8_t weighted[] = {
        VFU_DMA_MAP, VFU_DMA_MAP, VFU_DMA_MAP, VFU_DMA_UNMAP, VFU_DMA_UNMAP, VFU_DEVICE_GET_INFO, VFU_DEVICE_GET_REGION_INFO,
        VFU_DEVICE_GET_REGION_INFO, VFU_DEVICE_GET_REGION_IO_FDS, VFU_DEVICE_GET_IRQ_INFO, VFU_DEVICE_SET_IRQS,
        VFU_DEVICE_SET_IRQS, VFU_DEVICE_SET_IRQS, VFU_REGION_READ, VFU_REGION_READ, VFU_REGION_READ, VFU_REGION_WRITE,
        VFU_REGION_WRITE, VFU_REGION_WRITE, VFU_DEVICE_RESET, VFU_DIRTY_PAGES, VFU_REGION_WRITE_MULTI, VFU_REGION_WRITE_MULTI,
        VFU_DEVICE_FEATURE, VFU_DEVICE_FEATURE, VFU_DEVICE_FEATURE, VFU_MIG_DATA_READ, VFU_MIG_DATA_WRITE,
    };
    size_t commands;
    unsigned command;

    vfu_commands(&commands);
    command = fuzz_one_in(dice(p), 8) ? 1 + (unsigned)fuzz_below(dice(p), commands)
                                      : weighted[fuzz_below(dice(p), sizeof weighted)];
    send_off(p, say(p, command, 2));
}

/* The device is saved, or loaded: by the arcs that there are, and data of any size. */
static void migrate(struct planned *p)
{
    static const uint8_t saves[] = { VFU_STATE_STOP, VFU_STATE_STOP_COPY, VFU_STATE_PRE_COPY, VFU_STATE_PRE_COPY_P2P };
    bool load = fuzz_one_in(dice(p), 3);
    unsigned chunks = (unsigned)fuzz_below(dice(p), CHUNKS + 1);

    if (fuzz_one_in(dice(p), 2))
        say_state(p, VFU_STATE_STOP);
    say_state(p, load ? VFU_STATE_RESUMING : saves[fuzz_below(dice(p), sizeof saves)]);
    if (!load && fuzz_one_in(dice(p), 2))
        say_state(p, VFU_STATE_STOP_COPY);
    while (chunks-- > 0)
        send_off(p, say(p, load ? VFU_MIG_DATA_WRITE : VFU_MIG_DATA_READ, 2));
    if (fuzz_one_in(dice(p), 2))
        say_state(p, fuzz_one_in(dice(p), 2) ? VFU_STATE_STOP : VFU_STATE_RUNNING);
}

/* Many at once. */
static void storm(struct planned *p)
{
    static const uint8_t small[] = { VFU_REGION_READ, VFU_REGION_WRITE, VFU_DEVICE_GET_REGION_INFO, VFU_DEVICE_SET_IRQS,
                                     VFU_DMA_MAP, VFU_DEVICE_RESET, VFU_DEVICE_FEATURE };
    unsigned count = STORM_LEAST + (unsigned)fuzz_below(dice(p), STORM_MORE);
    unsigned command = small[fuzz_below(dice(p), sizeof small)], spoilt_in = fuzz_one_in(dice(p), 2) ? 0 : 4;

    while (count-- > 0)
        say(p, command, spoilt_in);
    if (p->list->count)
        p->list->steps[p->list->count - 1].waits = true;
}

/* A command that nobody knows, or one whose payload is anything. */
static void raw(struct planned *p)
{
    static const uint16_t odd[] = { 0, 19, 20, 255, 256, 0x7fff, 0x8000, 0xfffe, 0xffff };
    static const struct fuzz_fds none;
    uint64_t bytes[RAW / 8];
    struct vfu_build b;
    size_t commands;
    unsigned command;

    vfu_commands(&commands);
    command = fuzz_one_in(dice(p), 2) ? odd[fuzz_below(dice(p), sizeof odd / sizeof odd[0])]
                                      : 1 + (unsigned)fuzz_below(dice(p), commands);
    for (unsigned i = 0; i < RAW / 8; i++)
        bytes[i] = fuzz_one_in(dice(p), 2) ? fuzz_next(dice(p)) : fuzz_edge(&p->s, 0, 8);
    if (!vfu_build_start(&b, command, false))
        return;
    vfu_build_clear_payload(&b);
    if (vfu_build_append(&b, bytes, (size_t)fuzz_below(dice(p), RAW + 1)) && finish(p, &b))
        send_off(p, add(p, &b, &none));
    else
        vfu_build_free(&b);
}

/* Behind a header that does not say how much there is nobody can know what comes. */
static void lie(struct planned *p)
{
    struct fuzz_fds fds;
    struct vfu_build b;

    if (!fuzz_make(&p->s, 1 + (unsigned)fuzz_below(dice(p), VFU_MIG_DATA_WRITE), &b, &fds) || !finish(p, &b)) {
        vfu_build_free(&b);
        return;
    }
    fuzz_lie(&p->s, &b);
    add(p, &b, &fds);
    p->ended = true;
}

/* The connection ends amid a message, or behind one that nobody waits for. */
static void leave(struct planned *p)
{
    struct fuzz_step *step = say(p, fuzz_one_in(dice(p), 2) ? VFU_REGION_WRITE : VFU_DMA_MAP, 0);

    p->ended = true;
    if (!step)
        return;
    step->leaves = true;
    if (fuzz_one_in(dice(p), 2))
        step->size = VFU_HEADER_SIZE + (size_t)fuzz_below(dice(p), step->size - VFU_HEADER_SIZE);
}

static void move(struct planned *p)
{
    uint64_t n = fuzz_below(dice(p), 100);

    if (n < 60)
        one(p);
    else if (n < (p->s.device->migrates ? 78 : 63))
        migrate(p);
    else if (n < 92)
        one(p);
    else if (n < 94)
        storm(p);
    else if (n < 97)
        raw(p);
    else if (n < 99)
        lie(p);
    else
        leave(p);
}

static void begin(struct planned *p)
{
    struct fuzz_step *step;

    if (fuzz_one_in(dice(p), 40))
        return; /* it says nothing of a version */
    step = say(p, VFU_VERSION, 16);
    if (step)
        step->waits = true;
    send_off(p, fuzz_one_in(dice(p), 2) ? say(p, VFU_DEVICE_GET_INFO, 0) : NULL);
}

bool fuzz_plan(const struct fuzz_device *d, uint64_t seed, uint64_t conn, struct fuzz_list *list)
{
    struct planned p = { .list = list, .good = true };
    unsigned moves;

    *list = (struct fuzz_list){ .conn = conn };
    p.s = (struct fuzz_state){ .device = d, .random = fuzz_random(seed, conn), .migration = VFU_STATE_RUNNING };
    begin(&p);
    moves = MOVES_LEAST + (unsigned)fuzz_below(dice(&p), MOVES_MORE);
    for (unsigned i = 0; i < moves && !p.ended; i++)
        move(&p);
    if (!p.good)
        fuzz_list_free(list);
    return p.good;
}

void fuzz_list_free(struct fuzz_list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        free(list->steps[i].bytes);
    free(list->steps);
    *list = (struct fuzz_list){ 0 };
}
