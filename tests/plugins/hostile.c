/*
 * A plugin that does what HOSTILE says when bar0+0x80 is written, and notes what it sees until then.
 */
#include "plugins/plugin.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct hostile {
    struct vfp_device *device;
    const struct vfp_host *host;
};

static volatile char sink;

static void *hostile_open(struct vfp_device *device, const struct vfp_host *host)
{
    struct hostile *h = calloc(1, sizeof *h);

    if (h)
        *h = (struct hostile){ device, host };
    return h;
}

static void segv(const struct hostile *h)
{
    (void)h;
    raise(SIGSEGV); /* as a stray pointer does, but sanitizers do not explain it at length */
}

static void divide(const struct hostile *h)
{
    (void)h;
    raise(SIGFPE);
}

static int deeper(unsigned depth) /* 2 MiB of stack at a time, until there is none */
{
    volatile char room[2 << 20];

    room[0] = room[sizeof room - 1] = (char)depth;
    sink = room[depth % sizeof room];
    return depth ? deeper(depth - 1) + room[0] : 0;
}

static void overflow(const struct hostile *h)
{
    (void)h;
    sink = (char)deeper(1000);
}

static void leave(const struct hostile *h)
{
    (void)h;
    exit(3);
}

static void hang(const struct hostile *h)
{
    (void)h;
    for (;;)
        pause();
}

static void hang_for_good(const struct hostile *h)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    hang(h);
}

static void flood(const struct hostile *h)
{
    for (int i = 0; i < 1000; i++)
        h->host->note(h->device, "note %d \033[31m\r\n\tred%c\xff %1000s", i, 1, "long");
}

static void print(const struct hostile *h)
{
    (void)h;
    printf("from a plugin\n");
    fflush(stdout);
}

static void close_all(const struct hostile *h)
{
    (void)h;
    for (int fd = 0; fd < 1000; fd++)
        close(fd);
}

static void *crash(void *context)
{
    (void)context;
    raise(SIGSEGV);
    return NULL;
}

static void crash_in_thread(const struct hostile *h)
{
    pthread_t thread;

    (void)h;
    if (pthread_create(&thread, NULL, crash, NULL) == 0)
        pthread_join(thread, NULL);
}

static void hostile_access(void *context, const struct vfp_access *access)
{
    static const struct {
        const char *name;
        void (*run)(const struct hostile *h);
    } deeds[] = {
        { "segv", segv }, { "divide", divide }, { "overflow", overflow }, { "exit", leave }, { "hang", hang },
        { "hang for good", hang_for_good }, { "flood", flood }, { "print", print }, { "close", close_all },
        { "thread", crash_in_thread },
    };
    const struct hostile *h = context;
    const char *name = getenv("HOSTILE");

    h->host->note(h->device, "sees 0x%llx", (unsigned long long)access->offset);
    for (size_t i = 0; name && i < sizeof deeds / sizeof deeds[0]; i++)
        if (access->is_write && access->offset == 0x80 && strcmp(deeds[i].name, name) == 0)
            deeds[i].run(h);
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "hostile",
    .summary = "does what it must not",
    .open = hostile_open,
    .close = free,
    .access = hostile_access,
};
