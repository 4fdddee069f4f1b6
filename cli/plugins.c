/*
 * Plugins, from vfuscope's side: see plugins.h. A question about an event waits for its answer, in a thread that carries
 * no traffic; a process that does not answer is killed, and from then on there are no notes.
 */
#include "plugins.h"
#include "plugin_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOAD_MS = 10000, ANSWER_MS = 5000, END_MS = 1000 };

/* Descriptors of DMA maps, from the thread that carries traffic to the one that asks. */
struct handed {
    struct handed *next;
    uint64_t no;
    int fd;
};

struct cli_plugins {
    pid_t pid;  /* 0: gone */
    int socket; /* -1: no more */
    struct plugin_shared *shared;
    struct plugin_hello hello;
    pthread_mutex_t lock; /* of the list, oldest first */
    struct handed *first, **last;

    /* Of the event at hand */
    struct vfu_note *notes;
    unsigned note_count, note_room;
    const struct vfu_event *event;
    int fd; /* of its DMA_MAP; -1 */
    void (*memory)(void *context, const struct vfu_event *event);
    void *context;
    uint8_t answer[PLUGIN_ANSWER_MAX];
};

/* --- the process --- */

static const char *culprit(const struct cli_plugins *p)
{
    int at = atomic_load(&p->shared->current);

    return at >= 0 && at < (int)p->hello.count ? p->hello.names[at] : NULL;
}

/* It is gone, or to go: say why, once. `what` when it still runs. */
static void give_up(struct cli_plugins *p, const char *what)
{
    const char *name = culprit(p);
    char why[160];
    int status = 0;
    pid_t got = 0;

    if (p->socket < 0)
        return;
    close(p->socket);
    p->socket = -1;
    for (int waited = 0; !what && got == 0 && waited < END_MS; waited += 10) {
        got = waitpid(p->pid, &status, WNOHANG);
        if (got == 0)
            poll(NULL, 0, 10);
    }
    if (got == p->pid && WIFSIGNALED(status))
        snprintf(why, sizeof why, "crashed (%s)", strsignal(WTERMSIG(status)));
    else if (got == p->pid)
        snprintf(why, sizeof why, "ended its process with status %d", WEXITSTATUS(status));
    else
        snprintf(why, sizeof why, "%s", what ? what : "closed its socket");
    if (got == 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    p->pid = 0;
    cli_error("plugin %s: %s; there are no notes of plugins from here on", name ? name : "process", why);
}

/* Wait for its next packet; its size, or 0 when there will be none. */
static size_t await(struct cli_plugins *p, void *packet, size_t room, int ms)
{
    struct pollfd poll_for = { .fd = p->socket, .events = POLLIN };
    struct timespec start, t;
    ssize_t n = -1;
    int ready, left = ms;

    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        ready = poll(&poll_for, 1, left);
        clock_gettime(CLOCK_MONOTONIC, &t);
        left = ms - (int)((t.tv_sec - start.tv_sec) * 1000 + (t.tv_nsec - start.tv_nsec) / 1000000);
    } while (ready < 0 && errno == EINTR && left > 0);
    if (ready <= 0) {
        give_up(p, "does not come back");
        return 0;
    }
    do
        n = recv(p->socket, packet, room, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        give_up(p, NULL);
    return n > 0 ? (size_t)n : 0;
}

static bool start(struct cli_plugins *p, const struct plugin_wanted *wanted, bool live)
{
    int pair[2], room = 2 * (int)PLUGIN_ANSWER_MAX;

    p->shared = mmap(NULL, sizeof *p->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p->shared == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        cli_error("plugins: %s", strerror(errno));
        return false;
    }
    atomic_init(&p->shared->current, -1);
    setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    p->pid = fork();
    if (p->pid == 0) {
        plugin_host_run(pair[1], wanted, live, p->shared);
        _exit(0);
    }
    close(pair[1]);
    p->socket = pair[0];
    if (p->pid > 0)
        return true;
    p->pid = 0;
    cli_error("plugins: can't start their process: %s", strerror(errno));
    return false;
}

static bool loaded(struct cli_plugins *p)
{
    if (await(p, &p->hello, sizeof p->hello, LOAD_MS) != sizeof p->hello) {
        if (p->socket >= 0)
            cli_error("plugins: their process does not start");
        return false;
    }
    if (!p->hello.ok)
        cli_error("%s", p->hello.error);
    return p->hello.ok;
}

bool cli_plugins_open(const struct cli_args *args, bool live, struct cli_plugins **plugins)
{
    struct plugin_wanted *wanted = calloc(1, sizeof *wanted);
    struct cli_plugins *p = calloc(1, sizeof *p);
    bool ok = wanted && p;

    *plugins = NULL;
    if (!ok)
        cli_error("out of memory");
    else
        ok = plugin_search(args, wanted);
    if (ok && wanted->count) {
        p->socket = p->fd = -1;
        p->last = &p->first;
        pthread_mutex_init(&p->lock, NULL);
        ok = start(p, wanted, live) && loaded(p);
        if (ok)
            *plugins = p;
        else
            cli_plugins_close(p);
        p = NULL;
    }
    free(p);
    free(wanted);
    return ok;
}

void cli_plugins_close(struct cli_plugins *p)
{
    if (!p)
        return;
    if (p->socket >= 0)
        close(p->socket);
    if (p->pid > 0) {
        int waited = 0;

        for (; waitpid(p->pid, NULL, WNOHANG) == 0 && waited < END_MS; waited += 2)
            poll(NULL, 0, 2);
        if (waited >= END_MS) {
            kill(p->pid, SIGKILL);
            waitpid(p->pid, NULL, 0);
        }
    }
    while (p->first) {
        struct handed *h = p->first;

        p->first = h->next;
        close(h->fd);
        free(h);
    }
    if (p->shared != MAP_FAILED)
        munmap(p->shared, sizeof *p->shared);
    pthread_mutex_destroy(&p->lock);
    free(p->notes);
    free(p);
}

/* --- descriptors --- */

void cli_plugins_fd(struct cli_plugins *p, uint64_t no, int fd)
{
    struct handed *h = malloc(sizeof *h);

    if (!h) {
        close(fd);
        return;
    }
    *h = (struct handed){ .no = no, .fd = fd };
    pthread_mutex_lock(&p->lock);
    *p->last = h;
    p->last = &h->next;
    pthread_mutex_unlock(&p->lock);
}

/* The descriptor handed over for this message, or -1; those of earlier ones, which a full queue left out, are closed. */
static int take_fd(struct cli_plugins *p, uint64_t no)
{
    int fd = -1;

    pthread_mutex_lock(&p->lock);
    while (p->first && p->first->no <= no) {
        struct handed *h = p->first;

        p->first = h->next;
        if (!p->first)
            p->last = &p->first;
        if (h->no == no && fd < 0)
            fd = h->fd;
        else
            close(h->fd);
        free(h);
    }
    pthread_mutex_unlock(&p->lock);
    return fd;
}

/* --- questions and answers --- */

static bool send_ask(struct cli_plugins *p, const struct plugin_ask *ask, const uint8_t *data, size_t size)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = { 0 };
    struct iovec iov[] = { { (void *)(uintptr_t)ask, sizeof *ask }, { (void *)(uintptr_t)data, size } };
    struct msghdr m = { .msg_iov = iov, .msg_iovlen = size ? 2 : 1 };

    if (ask->kind == ASK_MAP_SENT && p->fd >= 0) {
        m.msg_control = &control;
        m.msg_controllen = sizeof control;
        control.align = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
        memcpy(CMSG_DATA(&control.align), &p->fd, sizeof(int));
    }
    if (sendmsg(p->socket, &m, MSG_NOSIGNAL) >= 0)
        return true;
    give_up(p, NULL);
    return false;
}

static void keep_notes(struct cli_plugins *p, const uint8_t *notes, uint32_t count)
{
    if (p->note_count + count > p->note_room) {
        unsigned room = p->note_count + count + 16;
        struct vfu_note *grown = realloc(p->notes, room * sizeof *grown);

        if (!grown)
            return;
        p->notes = grown;
        p->note_room = room;
    }
    for (uint32_t i = 0; i < count && p->note_count < PLUGIN_NOTES; i++) {
        struct vfu_note *n = &p->notes[p->note_count++];

        memcpy(n, notes + i * sizeof *n, sizeof *n);
        n->plugin[sizeof n->plugin - 1] = n->text[sizeof n->text - 1] = '\0';
    }
}

/* What was read, as events in pieces that a capture's record can hold. */
static void tell_memory(struct cli_plugins *p, uint64_t address, const uint8_t *bytes, size_t size)
{
    const struct vfu_message *m = &p->event->message;

    for (size_t at = 0; at < size; at += VFU_EVENT_MEMORY_MAX) {
        size_t piece = size - at < VFU_EVENT_MEMORY_MAX ? size - at : VFU_EVENT_MEMORY_MAX;
        struct vfu_event e = { .kind = VFU_EVENT_MEMORY, .offset = address + at, .about = m->no };

        e.message = (struct vfu_message){ .time_ns = m->time_ns, .mono_ns = m->mono_ns, .conn = m->conn,
                                          .channel = m->channel, .from = m->from, .bytes = bytes + at,
                                          .captured = piece, .size = piece };
        p->memory(p->context, &e);
    }
}

static void take_answer(struct cli_plugins *p, size_t size)
{
    struct plugin_answer head;
    struct plugin_read read;
    const uint8_t *at = p->answer + sizeof head, *end = p->answer + size;

    if (size < sizeof head)
        return;
    memcpy(&head, p->answer, sizeof head);
    if (head.notes > PLUGIN_NOTES || head.notes * sizeof(struct vfu_note) > (size_t)(end - at))
        return;
    keep_notes(p, at, head.notes);
    at += head.notes * sizeof(struct vfu_note);
    for (uint32_t i = 0; i < head.reads && (size_t)(end - at) >= sizeof read; i++) {
        memcpy(&read, at, sizeof read);
        at += sizeof read;
        if (read.size > (size_t)(end - at))
            return;
        if (p->memory)
            tell_memory(p, read.address, at, read.size);
        at += read.size;
    }
}

static void ask(void *context, const struct plugin_ask *question, const uint8_t *data, size_t size)
{
    struct cli_plugins *p = context;

    if (p->socket >= 0 && send_ask(p, question, data, size))
        take_answer(p, await(p, p->answer, sizeof p->answer, ANSWER_MS));
}

void cli_plugins_event(struct cli_plugins *p, struct vfu_event *event,
                       void (*memory)(void *context, const struct vfu_event *event), void *context)
{
    bool is_map = event->kind == VFU_EVENT_MESSAGE && event->command_number == VFU_DMA_MAP;

    p->note_count = 0;
    p->event = event;
    p->memory = memory;
    p->context = context;
    p->fd = is_map ? take_fd(p, event->message.no) : -1;
    if (p->socket >= 0)
        plugin_events(event, ask, p);
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    event->notes = p->notes;
    event->note_count = p->note_count;
}

unsigned cli_plugins_cost(const struct cli_plugins *p, struct vfu_summary_plugin *list, unsigned room)
{
    unsigned count = p->hello.count < room ? p->hello.count : room;

    for (unsigned i = 0; i < count; i++)
        list[i] = (struct vfu_summary_plugin){ .name = p->hello.names[i],
                                               .calls = atomic_load(&p->shared->plugins[i].calls),
                                               .ns = atomic_load(&p->shared->plugins[i].ns),
                                               .notes = atomic_load(&p->shared->plugins[i].notes) };
    return count;
}
