/*
 * The job of looking at events: batches of questions are carried out, and answered with what plugins noted and read.
 */
#include "plugins/host/process/inside.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOWEST = 19 /* priority */, STACK = 8 << 20, BELOW_STACK = 64 << 20 };

/* The next order, with its descriptors; false: the end. */
static bool receive(struct plugin_order *order, int *fds, unsigned *count)
{
    union {
        char bytes[CMSG_SPACE(PLUGIN_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = { order, sizeof *order };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    ssize_t n;

    do
        n = recvmsg(PLUGIN_FD_SOCKET, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    *count = 0;
    for (struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL; c; c = CMSG_NXTHDR(&m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            *count = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(fds, CMSG_DATA(c), *count * sizeof(int));
        }
    return n == (ssize_t)sizeof *order;
}

static void put(uint8_t *answers, size_t *at, const void *bytes, size_t size)
{
    memcpy(answers + *at, bytes, size);
    *at += size;
}

/* Notes, reads, places, behind the answers that there are; the number of bytes then. */
static size_t answer(const struct plugin_host *h, uint32_t number, uint8_t *answers, size_t at)
{
    struct plugin_answer head = { .ask = number,
                                  .notes = h->note_count,
                                  .requests = h->request_count,
                                  .reads = h->live ? h->read_count : 0,
                                  .has_places = h->has_places,
                                  .places = h->has_places ? h->place_count : 0,
                                  .has_open = h->has_open,
                                  .open = h->has_open ? h->open : 0 };

    if (!head.notes && !head.requests && !head.reads && !head.has_places && !head.has_open)
        return at;
    put(answers, &at, &head, sizeof head);
    put(answers, &at, h->notes, h->note_count * sizeof h->notes[0]);
    put(answers, &at, h->requests, h->request_count * sizeof h->requests[0]);
    put(answers, &at, h->reads, h->live ? h->reads_size : 0);
    put(answers, &at, h->places, head.places * sizeof h->places[0]);
    return at;
}

static void settle(bool *b)
{
    uint8_t byte;

    memcpy(&byte, b, 1);
    *b = byte != 0;
}

/* A plugin may have written there: no byte but 0 and 1 is a bool. */
static void settle_all(struct plugin_ask *ask)
{
    settle(&ask->all);
    settle(&ask->has_fd);
    settle(&ask->posted);
    if (ask->kind == ASK_MAP_SENT || ask->kind == ASK_MAP_DONE || ask->kind == ASK_UNMAP) {
        settle(&ask->map.readable);
        settle(&ask->map.writeable);
        settle(&ask->map.shared);
        settle(&ask->map.unmapped);
    } else if (ask->kind == ASK_DMA) {
        settle(&ask->dma.is_write);
    } else if (ask->kind == ASK_ACCESS || ask->kind == ASK_DONE) {
        settle(&ask->access.is_write);
        settle(&ask->access.posted);
        settle(&ask->access.has_value);
    } else if (ask->kind == ASK_REGION) {
        settle(&ask->region_info.whole);
        settle(&ask->region_info.sparse);
        settle(&ask->region_info.msix_mappable);
    }
}

/* Questions from order->from on, until all are done or there is no room for another answer. */
static void carry_out(struct plugin_host *h, const struct plugin_order *order, const int *fds, unsigned fd_count)
{
    struct plugin_batch *batch = &h->shared->batch[order->batch & 1];
    const uint8_t *at = batch->asks + order->from_at;
    struct plugin_ask ask;
    unsigned fd = 0;
    size_t size = 0;

    for (uint32_t i = order->from; i < order->count && size + PLUGIN_ANSWER_MAX <= PLUGIN_ANSWERS; i++) {
        memcpy(&ask, at, sizeof ask);
        settle_all(&ask);
        h->note_count = h->notes_lost = h->read_count = h->request_count = 0;
        h->reads_size = h->memory_read = 0;
        h->has_places = h->has_open = false;
        if (ask.conn >= order->first_conn)
            plugin_learn(h, &ask, at + sizeof ask, ask.has_fd && fd < fd_count ? fds[fd++] : -1);
        else if (ask.has_fd && fd < fd_count)
            close(fds[fd++]);
        at += plugin_ask_size(ask.data_size);
        size = answer(h, i, batch->answers, size);
        atomic_store_explicit(&h->shared->answered, (uint32_t)size, memory_order_release);
        atomic_store_explicit(&h->shared->done, i + 1, memory_order_release);
    }
    while (fd < fd_count) /* they come again, with the questions that are left */
        close(fds[fd++]);
}

static void *serve(void *context)
{
    struct plugin_host *h = context;
    struct plugin_order order = { 0 };
    int fds[PLUGIN_FDS];
    unsigned count;

    plugin_guard_thread();
    while (plugin_clock_wait(h), receive(&order, fds, &count)) {
        carry_out(h, &order, fds, count);
        plugin_clock_again(h);
        atomic_store(&h->shared->idle, 1);
        if (send(PLUGIN_FD_SOCKET, "", 1, MSG_NOSIGNAL) < 0)
            break;
    }
    _exit(0);
}

/*
 * Not in the first thread: where the stack of that ends the C library looks for in a file, which AddressSanitizer asks
 * for when a call is left. Below the stack is room that plugins can't use, or other memory may be.
 */
static void serve_in_thread(struct plugin_host *h)
{
    pthread_attr_t how;
    pthread_t thread;
    sigset_t all;

    pthread_attr_init(&how);
    pthread_attr_setstacksize(&how, STACK);
    pthread_attr_setguardsize(&how, BELOW_STACK);
    if (pthread_create(&thread, &how, serve, h) != 0)
        return;
    sigfillset(&all); /* they are the thread's */
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    pthread_join(thread, NULL);
}

void plugin_look(const struct plugin_job *job, struct plugin_shared *shared)
{
    struct plugin_host *h = calloc(1, sizeof *h);
    struct plugin_hello hello = { 0 };

    if (!h)
        return;
    if (job->live && !job->waited_for && !job->clock_ns) /* where no core is idle traffic goes first */
        setpriority(PRIO_PROCESS, 0, LOWEST);
    h->live = job->live;
    h->clock.every_ns = job->live ? job->clock_ns : 0;
    h->shared = shared;
    memcpy(h->ended, job->ended, sizeof h->ended);
    TAILQ_INIT(&h->conns);
    hello.ok = plugin_load(&job->wanted, h->loaded, &h->count, hello.error, &h->shared->loading) &&
               plugin_confine(job, &hello.open, hello.error);
    hello.count = h->count;
    hello.ok = hello.ok && plugin_rows_put(&h->shared->rows, h->loaded, h->count, hello.error);
    plugin_names_put(&h->shared->registers, h->loaded, hello.ok ? h->count : 0);
    for (unsigned i = 0; i < h->count; i++) {
        const struct vfp_plugin *p = h->loaded[i].plugin;

        snprintf(hello.names[i], sizeof hello.names[i], "%s", p->name);
        hello.look |= (uint32_t)(p->uses & VFP_USES_MEMORY && p->interrupt) << i;
        hello.clock |= (uint32_t)plugin_has_look(p) << i;
    }
    plugin_guard_start(h->shared);
    if (send(PLUGIN_FD_SOCKET, &hello, sizeof hello, MSG_NOSIGNAL) >= 0 && hello.ok)
        serve_in_thread(h);
}
