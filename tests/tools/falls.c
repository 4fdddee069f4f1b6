/*
 * falls SOCKET FAULT [TRACE]
 *     serves edu, one client after the other, with one fault, for `vfuscope fuzz` to find, or with one way of behaving that is none:
 *     see `faults`. Into TRACE goes a line on each message that comes.
 */
#include "capture/listen.h"
#include "capture/server/server.h"
#include "decoder/wire/decode.h"
#include "plugins/devices/devices.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LARGE = 1 << 16, MEGABYTE = 1 << 20, SLOW_MS = 2 };

static FILE *trace;
static unsigned resets, connections; /* of this process: connections in which there was a reset */
static bool was_reset, hangs_up;

static uint64_t field(const struct vfu_event *e, const char *name)
{
    struct vfu_decoded d;

    vfu_decode(e, &d);
    return vfu_number(d.values, d.count, name, 0);
}

static void die_of_size(const struct vfu_event *e)
{
    if (e->command_number == VFU_MIG_DATA_READ && field(e, "size") > LARGE)
        abort();
}

static void die_of_wrap(const struct vfu_event *e)
{
    if (e->command_number == VFU_REGION_READ && field(e, "offset") + field(e, "count") < field(e, "offset"))
        raise(SIGSEGV);
}

/* Only behind a reset, on the same connection. */
static void die_behind_reset(const struct vfu_event *e)
{
    if (was_reset && !e->command)
        abort();
}

static void die_of_two(const struct vfu_event *e)
{
    (void)e;
    if (was_reset && connections >= 2)
        abort();
}

static void hang(const struct vfu_event *e)
{
    while (e->command_number == VFU_DEVICE_SET_IRQS && field(e, "start") + field(e, "count") > UINT32_MAX)
        pause();
}

static void spin(const struct vfu_event *e)
{
    while (e->command_number == VFU_DEVICE_SET_IRQS && field(e, "start") + field(e, "count") > UINT32_MAX)
        ;
}

static void leak(const struct vfu_event *e)
{
    if (e->command_number == VFU_DMA_MAP && e->message.nfds && dup(STDIN_FILENO) < 0)
        perror("dup");
}

static void grow(const struct vfu_event *e)
{
    static char *kept[MEGABYTE];

    if (e->command_number == VFU_DEVICE_RESET && (kept[resets % MEGABYTE] = malloc(MEGABYTE)) != NULL)
        memset(kept[resets % MEGABYTE], 1, MEGABYTE);
    if (trace && kept[0])
        fprintf(trace, "%d\n", kept[0][resets % MEGABYTE]); /* or the compiler would think that nobody wants it */
}

static void leave(const struct vfu_event *e)
{
    if (!e->command)
        exit(3);
}

static void report(const struct vfu_event *e)
{
    if (!e->command)
        fprintf(stderr, "falls.c:1:2: runtime error: this is no command\n");
}

/* --- what is no fault --- */

static void nothing(const struct vfu_event *e)
{
    (void)e;
}

static void close_it(const struct vfu_event *e)
{
    hangs_up |= !e->command || e->command_number == VFU_DEVICE_RESET;
}

static void be_slow(const struct vfu_event *e)
{
    (void)e;
    poll(NULL, 0, SLOW_MS);
}

static const struct {
    const char *name;
    void (*run)(const struct vfu_event *e);
} faults[] = {
    { "size", die_of_size }, { "wrap", die_of_wrap }, { "reset", die_behind_reset }, { "two", die_of_two }, { "hang", hang },
    { "spin", spin }, { "leak", leak }, { "grow", grow }, { "exit", leave }, { "report", report },
    { "none", nothing }, { "once", nothing }, { "closes", close_it }, { "slow", be_slow },
};
static void (*fault)(const struct vfu_event *e);

static uint32_t sum(const uint8_t *bytes, size_t size)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < size; i++)
        h = (h ^ bytes[i]) * 16777619u;
    return h;
}

static void event(void *context, const struct vfu_event *e)
{
    (void)context;
    if (e->kind == VFU_EVENT_CONNECT)
        was_reset = hangs_up = false;
    if (e->kind != VFU_EVENT_MESSAGE || e->from != VFU_CLIENT || !vfu_event_is_command(e))
        return;
    if (trace)
        fprintf(trace, "%u %zu %08x %u\n", e->command_number, e->message.captured, sum(e->message.bytes, e->message.captured),
                e->message.nfds);
    if (e->command_number == VFU_DEVICE_RESET) {
        resets++;
        connections += !was_reset;
        was_reset = true;
    }
    fault(e);
}

static void serve(struct vfu_server *s, int fd)
{
    struct pollfd p[VFU_SERVER_POLLS];
    bool more = true;

    vfu_server_take(s, fd);
    while (more && !hangs_up) {
        poll(p, vfu_server_poll(s, p), -1);
        more = vfu_server_turn(s, p);
    }
    vfu_server_leave(s);
    if (trace)
        fprintf(trace, "left\n");
    if (trace)
        fflush(trace);
}

int main(int argc, char **argv)
{
    struct vfu_server_options how = { .model = &dev_edu, .event = event };
    struct vfu_listener l = { .fd = -1 };
    struct vfu_server *s;
    struct vfu_error error;
    char why[DEV_WHY];
    int fd;

    for (size_t i = 0; argc > 2 && i < sizeof faults / sizeof faults[0]; i++)
        if (strcmp(faults[i].name, argv[2]) == 0)
            fault = faults[i].run;
    if (!fault) {
        fprintf(stderr, "usage: falls SOCKET FAULT [TRACE]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGSEGV, SIG_DFL); /* whatever a sanitizer would make of it */
    trace = argc > 3 ? fopen(argv[3], "w") : NULL;
    s = vfu_server_new(&how, why);
    if (!s || !vfu_listen(argv[1], 0600, (gid_t)-1, &l, &error)) {
        fprintf(stderr, "falls: %s\n", s ? error.text : why);
        return 1;
    }
    do {
        struct pollfd p = { .fd = l.fd, .events = POLLIN };

        poll(&p, 1, -1);
        fd = accept4(l.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            serve(s, fd);
    } while (strcmp(argv[2], "once") != 0 || fd < 0);
    vfu_unlisten(&l);
    vfu_server_free(s);
    return 0;
}
