/*
 * The plugins' process: keeps what a plugin may ask about (a device's ids, config space, DMA map), calls the plugins
 * that claim a device, and answers with what they noted.
 */
#include "plugins/host/process/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LOWEST = 19 /* priority */ };

/* --- connections --- */

static struct host_conn *conn_of(struct plugin_host *h, uint32_t number, bool begins)
{
    struct host_conn **at = &h->conns, *c;

    while (*at && (*at)->number != number)
        at = &(*at)->next;
    if (*at)
        return *at;
    c = calloc(1, sizeof *c + h->count * sizeof c->devices[0]);
    if (!c)
        return NULL;
    c->number = number;
    c->joined = !begins;
    for (unsigned i = 0; i < h->count; i++)
        c->devices[i] = (struct vfp_device){ .host = h, .conn = c, .index = i };
    c->next = h->conns;
    h->conns = c;
    host_open_all(c);
    if (++h->conn_count > HOST_CONNS) { /* a capture that never says "disconnect": forget the oldest */
        for (at = &h->conns; (*at)->next;)
            at = &(*at)->next;
        c = *at;
        *at = NULL;
        host_conn_free(h, c);
        return h->conns;
    }
    return c;
}

void host_conn_free(struct plugin_host *h, struct host_conn *c)
{
    for (unsigned i = 0; i < h->count; i++)
        host_close(&c->devices[i]);
    plugin_maps_free(&c->maps);
    free(c);
    h->conn_count--;
}

static void disconnect(struct plugin_host *h, uint32_t number)
{
    struct host_conn **at = &h->conns, *c;

    while (*at && (*at)->number != number)
        at = &(*at)->next;
    c = *at;
    if (!c)
        return;
    *at = c->next;
    host_conn_free(h, c);
}

/* --- what a question tells --- */

/* Config space is learned from what the client reads: that is what it acts on. */
static void learn_config(struct host_conn *c, const struct vfp_access *a)
{
    if (a->region != VFP_CONFIG || a->is_write || a->offset >= HOST_CONFIG)
        return;
    for (size_t i = 0; i < a->data_size && a->offset + i < HOST_CONFIG; i++) {
        c->config[a->offset + i] = a->data[i];
        c->config_known[a->offset + i] = true;
    }
    host_identify(c);
}

static void unmap(struct host_conn *c, const struct plugin_ask *ask)
{
    struct plugin_mapping gone;

    while (plugin_maps_take(&c->maps, ask->map.address, ask->map.size, ask->all, &gone)) {
        struct vfp_map map = { .address = gone.address,
                               .size = gone.size,
                               .readable = gone.readable,
                               .writeable = gone.writeable,
                               .shared = gone.shared,
                               .unmapped = true };

        host_call(c, HOST_MAP, &map, 0);
    }
}

static void map_done(struct host_conn *c, const struct plugin_ask *ask)
{
    const struct plugin_mapping *p = plugin_maps_done(&c->maps, ask);

    if (p)
        host_call(c, HOST_MAP,
                  &(struct vfp_map){ .address = p->address,
                                     .size = p->size,
                                     .readable = p->readable,
                                     .writeable = p->writeable,
                                     .shared = p->shared },
                  0);
}

static void learn_region(struct host_conn *c, const struct plugin_ask *ask, const uint8_t *data, size_t size)
{
    struct plugin_area *areas = c->mappable[ask->region];

    c->region_size[ask->region] = ask->region_size;
    memset(areas, 0, sizeof c->mappable[0]);
    memcpy(areas, data, size < sizeof c->mappable[0] ? size : sizeof c->mappable[0]);
}

/* `fd` (-1: none) is the function's; data are size bytes. */
static void handle(struct plugin_host *h, struct plugin_ask *ask, const uint8_t *data, size_t size, int fd)
{
    struct host_conn *c;

    h->no = ask->no;
    if (ask->kind == ASK_MEMORY) {
        plugin_stored_add(&h->stored, ask->no, ask->address, data, size);
        return;
    }
    if (ask->kind == ASK_DISCONNECT) {
        disconnect(h, ask->conn);
        return;
    }
    c = conn_of(h, ask->conn, ask->kind == ASK_CONNECT);
    if (!c) {
        if (fd >= 0)
            close(fd);
        return;
    }
    switch (ask->kind) {
    case ASK_ACCESS:
        ask->access.data = data;
        ask->access.data_size = size;
        learn_config(c, &ask->access);
        host_call(c, HOST_ACCESS, &ask->access, 0);
        break;
    case ASK_MAP_SENT:
        plugin_maps_sent(&c->maps, ask, fd);
        break;
    case ASK_MAP_DONE:
        map_done(c, ask);
        break;
    case ASK_UNMAP:
        unmap(c, ask);
        break;
    case ASK_DMA:
        ask->dma.data = data;
        ask->dma.data_size = size;
        host_call(c, HOST_DMA, &ask->dma, 0);
        break;
    case ASK_INTERRUPT:
        host_call(c, HOST_INTERRUPT, &ask->interrupt, 0);
        break;
    case ASK_RESET:
        host_call(c, HOST_RESET, NULL, 0);
        break;
    case ASK_MIGRATION:
        host_call(c, HOST_MIGRATION, NULL, ask->number);
        break;
    case ASK_REGION:
        if (ask->region < HOST_REGIONS)
            learn_region(c, ask, data, size);
        break;
    default:
        break;
    }
    if (ask->no == 0) /* an interrupt, which has no number: what was stored for it is not the next one's */
        h->stored.size = 0;
}

/* --- batches --- */

/* The next order, with its descriptors; false: the end. */
static bool receive(const struct plugin_host *h, struct plugin_order *order, int *fds, unsigned *count)
{
    union {
        char bytes[CMSG_SPACE(PLUGIN_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = { order, sizeof *order };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    ssize_t n;

    do
        n = recvmsg(h->socket, &m, MSG_CMSG_CLOEXEC);
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

/* Notes, then reads, behind the answers that there are; the number of bytes then. */
static size_t answer(const struct plugin_host *h, uint32_t number, uint8_t *answers, size_t at)
{
    struct plugin_answer head = { number, h->note_count, h->live ? h->read_count : 0 };

    if (!head.notes && !head.reads)
        return at;
    put(answers, &at, &head, sizeof head);
    put(answers, &at, h->notes, h->note_count * sizeof h->notes[0]);
    put(answers, &at, h->reads, h->live ? h->reads_size : 0);
    return at;
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
        h->note_count = h->notes_lost = h->read_count = 0;
        h->reads_size = h->memory_read = 0;
        if (ask.conn > h->shared->conn)
            h->shared->conn = ask.conn;
        if (ask.conn >= order->first_conn)
            handle(h, &ask, at + sizeof ask, ask.data_size, ask.has_fd && fd < fd_count ? fds[fd++] : -1);
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

static void serve(struct plugin_host *h)
{
    struct plugin_order order;
    int fds[PLUGIN_FDS];
    unsigned count;

    while (receive(h, &order, fds, &count)) {
        carry_out(h, &order, fds, count);
        atomic_store(&h->shared->idle, true);
        if (send(h->socket, "", 1, MSG_NOSIGNAL) < 0)
            return;
    }
}

/* Nothing of vfuscope's is this process's business: not its files, not its terminal's signals. */
int plugin_leave(int own)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGXFSZ };
    static const int defaults[] = { SIGCHLD, SIGUSR1, SIGUSR2 };
    struct rlimit no_core = { 0, 0 };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "vfuscope-plugin");
    setrlimit(RLIMIT_CORE, &no_core);
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        signal(ignored[i], SIG_IGN);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        signal(defaults[i], SIG_DFL);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    own = fcntl(own, F_DUPFD_CLOEXEC, 4);
    if (own < 0 || dup2(own, 3) < 0)
        _exit(1);
    syscall(SYS_close_range, 4u, ~0u, 0u);
    return 3;
}

void plugin_host_run(int socket, const struct plugin_wanted *wanted, bool live, struct plugin_shared *shared)
{
    struct plugin_host *h = calloc(1, sizeof *h);
    struct plugin_hello hello = { 0 };

    if (!h)
        return;
    h->socket = plugin_leave(socket);
    if (live) /* where no core is idle traffic goes first */
        setpriority(PRIO_PROCESS, 0, LOWEST);
    h->live = live;
    h->shared = shared;
    hello.ok = plugin_load(wanted, h->loaded, &h->count, hello.error, &shared->loading);
    hello.count = h->count;
    for (unsigned i = 0; i < h->count; i++)
        snprintf(hello.names[i], sizeof hello.names[i], "%s", h->loaded[i].plugin->name);
    host_guard_start(shared);
    if (send(h->socket, &hello, sizeof hello, MSG_NOSIGNAL) >= 0 && hello.ok)
        serve(h);
}
