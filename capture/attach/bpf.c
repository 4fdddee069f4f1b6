/*
 * The method bpf: puts the records that the program in the kernel left in its ring together to the calls they were.
 */
#include "capture/attach/inside.h"
#include "capture/attach/record.h"
#include "capture/clock.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    BUSY_MS = 8,     /* how often the ring is emptied while there is traffic: nobody is woken for a message */
    IDLE_ROUNDS = 8, /* empty so often: sleep, and be woken */
};

/* The records of one call come from one processor, one after the other. */
struct call {
    bool open;
    struct attach_piece piece;
    uint64_t moved, before;
    uint8_t *bytes; /* ATTACH_CALL, made when needed */
    size_t got;
    struct attach_passed fds[VFU_MAX_FDS];
    struct vfu_fd seen[VFU_MAX_FDS];
};

struct method {
    struct attach *attach;
    struct attach_program program;
    int pidfd;
    uint32_t *generations;  /* of the fds that attach knows: ATTACH_FDS */
    uint64_t (*expected)[2]; /* bytes over each of them so far */
    struct call *calls; /* one a processor */
    int cpus;
    uint64_t lost, said_lost;
    uint64_t taken; /* records */
    uint64_t until; /* nothing is taken that came later; 0: there is no end yet */
};

/* --- fds --- */

/* Tell the program what became of an fd, unless its number has been given to another since. */
static void decided(void *method, int fd, bool watch)
{
    struct method *m = method;
    unsigned generation = m->generations[fd], state = watch ? RECORD_WATCHED : RECORD_IGNORED;
    unsigned *word = &m->program.fds[fd].word, now = __atomic_load_n(word, __ATOMIC_RELAXED);

    while (now >> 8 == generation && !__atomic_compare_exchange_n(word, &now, generation << 8 | state, false,
                                                                  __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

/* The number stands for another file than before, from the record's time on. */
static void renew(struct method *m, int fd, unsigned generation, uint64_t mono_ns)
{
    if (m->generations[fd] == generation)
        return;
    attach_closed(m->attach, fd, mono_ns);
    m->generations[fd] = generation;
    memset(m->expected[fd], 0, sizeof m->expected[fd]);
}

/* Another program runs: what it closed at its start nobody told, and the numbers go to other files. */
static void look_anew(struct method *m, uint64_t mono_ns)
{
    attach_exec(m->attach, mono_ns);
    for (int fd = 0; fd < ATTACH_FDS; fd++) {
        struct record_fd *f = &m->program.fds[fd];
        unsigned state = f->word & 0xff;

        if (state == RECORD_UNKNOWN || m->attach->fds[fd].state == ATTACH_WATCHED)
            continue;
        f->inode = 0;
        if (state == RECORD_WATCHED) {
            m->generations[fd] = (m->generations[fd] + 1) & 0xffffff;
            memset(m->expected[fd], 0, sizeof m->expected[fd]);
            f->begun = f->ended = 0;
            f->moved[0] = f->moved[1] = 0;
        }
        __atomic_store_n(&f->word, m->generations[fd] << 8 | RECORD_UNKNOWN, __ATOMIC_RELEASE);
    }
}

static void describe(const struct record_seen *seen, struct vfu_fd *out)
{
    mode_t mode = (mode_t)seen->mode & S_IFMT;

    *out = (struct vfu_fd){ .type = VFU_FD_OTHER };
    if (S_ISSOCK(mode))
        out->type = VFU_FD_SOCKET;
    else if (S_ISFIFO(mode))
        out->type = VFU_FD_PIPE;
    else if (S_ISCHR(mode) || S_ISBLK(mode))
        out->type = VFU_FD_DEVICE;
    else if (strncmp(seen->name, "[eventf", 7) == 0)
        out->type = VFU_FD_EVENTFD;
    else if (S_ISREG(mode) && seen->name[0] != '[')
        out->type = strncmp(seen->name, "memfd:", 6) == 0 ? VFU_FD_MEMFD : VFU_FD_FILE;
    if (out->type == VFU_FD_MEMFD || out->type == VFU_FD_FILE) {
        out->has_size = true;
        out->size = seen->size;
    }
}

/* --- calls --- */

static void take_call(struct method *m, struct call *c)
{
    uint64_t *expected = &m->expected[c->piece.fd][c->piece.sent];
    struct attach_piece gap = { .fd = c->piece.fd, .inode = c->piece.inode, .sent = c->piece.sent,
                                .mono_ns = c->piece.mono_ns };

    c->open = false;
    /* Calls were lost before this one; or two threads sent at once, and the other's record comes later. */
    if (c->before > *expected && __atomic_load_n(&m->program.shared->lost, __ATOMIC_RELAXED)) {
        gap.lost = c->before - *expected;
        attach_take(m->attach, &gap);
    }
    *expected = c->before + c->moved;
    c->piece.bytes = c->bytes;
    c->piece.size = c->got;
    c->piece.lost = c->moved - c->got;
    c->piece.fds = c->fds;
    c->piece.seen = c->seen;
    attach_take(m->attach, &c->piece);
}

/* The first record of a call. */
static void begin_call(struct call *c, const struct record *r)
{
    bool sent = r->flags & RECORD_SENT;

    c->open = true;
    c->got = 0;
    c->moved = r->moved;
    c->before = r->before;
    c->piece = (struct attach_piece){
        .fd = r->fd,
        .inode = r->inode,
        .sent = sent,
        .mono_ns = r->mono_ns,
        .end = r->flags & RECORD_END,
        .fds_cut = r->flags & RECORD_CUT,
        .begun = sent ? 0 : r->count,
        .ended = sent ? r->count : 0,
    };
}

static void take_fds(struct method *m, struct call *c, const struct record *r)
{
    const struct record_seen *seen = (const struct record_seen *)(r + 1);
    bool known = true;

    begin_call(c, r);
    for (unsigned i = 0; i < r->size && i < VFU_MAX_FDS; i++) {
        c->fds[i] = (struct attach_passed){ seen[i].fd, S_ISSOCK(seen[i].mode) ? seen[i].inode : 0 };
        describe(&seen[i], &c->seen[i]);
        known = known && seen[i].mode;
        c->piece.nfds++;
    }
    if (!known)
        attach_look_at_fds(m->attach, c->fds, c->piece.nfds, c->seen);
}

static void take_data(struct method *m, struct call *c, const struct record *r)
{
    /* The record with the fds came before, and has begun the call. */
    bool begun = c->open && c->got == 0 && c->piece.nfds && c->piece.fd == r->fd && c->piece.mono_ns == r->mono_ns &&
                 c->before == r->before;

    if (r->flags & RECORD_FIRST && !begun) {
        if (c->open) /* its end was lost */
            take_call(m, c);
        begin_call(c, r);
    } else if (!c->open || c->piece.mono_ns != r->mono_ns || c->piece.fd != r->fd) {
        return; /* its begin was lost: it is counted when the next one comes */
    }
    if (!c->bytes)
        c->bytes = malloc(ATTACH_CALL);
    if (c->bytes && r->size <= ATTACH_CALL - c->got) {
        memcpy(c->bytes + c->got, r + 1, r->size);
        c->got += r->size;
    }
    if (r->flags & RECORD_LAST)
        take_call(m, c);
}

static int take_record(void *method, void *bytes, size_t size)
{
    struct method *m = method;
    const struct record *r = bytes;
    struct call *c;

    if (m->until && size >= sizeof *r && r->mono_ns > m->until)
        return -1;
    m->taken++;
    if (m->attach->stopping || size < sizeof *r || (int)r->cpu >= m->cpus || r->fd < 0 || r->fd >= ATTACH_FDS)
        return 0;
    c = &m->calls[r->cpu];
    switch (r->kind) {
    case RECORD_EXEC:
        look_anew(m, r->mono_ns);
        break;
    case RECORD_CLOSED:
        renew(m, r->fd, (r->generation + 1) & 0xffffff, r->mono_ns);
        break;
    case RECORD_SEEN:
        renew(m, r->fd, r->generation, r->mono_ns);
        if (c->open)
            take_call(m, c);
        take_fds(m, c, r);
        break;
    default:
        renew(m, r->fd, r->generation, r->mono_ns);
        take_data(m, c, r);
        break;
    }
    return 0;
}

/* --- the loop --- */

/* Records that found no room: told at once. What they held is missed when the next call comes. */
static void tell_losses(struct method *m)
{
    m->lost = __atomic_load_n(&m->program.shared->lost, __ATOMIC_RELAXED);
    if (m->lost == m->said_lost)
        return;
    attach_lost(m->attach, m->lost - m->said_lost, vfu_mono_ns());
    m->said_lost = m->lost;
}

/* Empty the ring. Was there anything? */
static bool empty_ring(struct method *m)
{
    uint64_t before = m->taken;

    ring_buffer__consume(m->program.ring);
    tell_losses(m);
    return m->taken != before;
}

/* Wait for what there is to wait for. False: the process has ended. */
static bool wait_a_while(struct method *m, bool idle)
{
    struct pollfd fds[] = { { .fd = m->attach->options->stop_fd, .events = POLLIN },
                            { .fd = m->pidfd, .events = POLLIN },
                            { .fd = idle ? ring_buffer__epoll_fd(m->program.ring) : -1, .events = POLLIN },
                            { .fd = idle ? attach_logs_fd(m->attach) : -1, .events = POLLIN } };

    poll(fds, 4, idle ? attach_patience(m->attach) : BUSY_MS);
    if (fds[0].revents)
        attach_ask_stop(m->attach);
    else if (fds[2].revents)
        ring_buffer__poll(m->program.ring, 0);
    return !(fds[1].revents & (POLLIN | POLLERR));
}

static void watch(struct method *m)
{
    unsigned empty = 0;
    bool alive = true;

    while (alive && !m->attach->stopping) {
        bool idle = empty > IDLE_ROUNDS;
        uint64_t now, taken = m->taken;

        if (idle) {
            __atomic_store_n(&m->program.shared->asleep, 1, __ATOMIC_SEQ_CST);
            if (empty_ring(m)) /* came in between */
                empty = 0;
        }
        alive = wait_a_while(m, idle && empty);
        __atomic_store_n(&m->program.shared->asleep, 0, __ATOMIC_SEQ_CST);
        if (m->attach->stopping)
            break; /* what is there is taken below */
        now = vfu_mono_ns();
        empty_ring(m);
        /* Woken by something else, it sleeps on: who looks at a new connection at once still finds it there. */
        empty = m->taken != taken ? 0 : idle ? empty : empty + 1;
        attach_tell_logs(m->attach, now); /* what came before has been taken from the ring */
        attach_tick(m->attach);
    }
    /* What was there when the end came; not what comes on and on. */
    m->until = vfu_mono_ns();
    m->attach->stopping = attach_is_enough(m->attach);
    empty_ring(m);
    if (!alive)
        attach_ended(m->attach);
}

static bool make_tables(struct method *m, struct vfu_error *error)
{
    m->cpus = libbpf_num_possible_cpus();
    m->generations = calloc(ATTACH_FDS, sizeof *m->generations);
    m->expected = calloc(ATTACH_FDS, sizeof *m->expected);
    m->calls = m->cpus > 0 ? calloc((size_t)m->cpus, sizeof *m->calls) : NULL;
    return (m->generations && m->expected && m->calls) || vfu_fail(error, ENOMEM, "out of memory");
}

static void free_tables(struct method *m)
{
    for (int i = 0; m->calls && i < m->cpus; i++)
        free(m->calls[i].bytes);
    free(m->calls);
    free(m->expected);
    free(m->generations);
}

static bool start(struct attach *a, struct vfu_error *error)
{
    struct method *m = calloc(1, sizeof *m);

    if (!m)
        return vfu_fail(error, ENOMEM, "out of memory");
    a->method = m;
    m->attach = a;
    m->pidfd = (int)syscall(SYS_pidfd_open, a->pid, 0);
    if (m->pidfd < 0)
        return vfu_fail(error, errno, "%d: %s", (int)a->pid, strerror(errno));
    return make_tables(m, error) && attach_program_load(&m->program, a->pid, take_record, m, error);
}

static bool run(struct attach *a, struct vfu_error *error)
{
    a->decided = decided;
    if (!attach_scan(a, error))
        return false;
    a->options->attached(a->options->context);
    watch(a->method);
    return true;
}

static void end(struct attach *a)
{
    struct method *m = a->method;

    if (!m)
        return;
    attach_program_unload(&m->program);
    free_tables(m);
    if (m->pidfd >= 0)
        close(m->pidfd);
    free(m);
}

const struct attach_method attach_by_bpf = { .start = start, .watch = run, .end = end };
