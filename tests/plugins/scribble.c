/*
 * A plugin that writes over the memory that its process shares with vfuscope, as fast as it can from the first access
 * on, with what HOSTILE says: "random", "ones", "zeroes" and "sizes" everywhere; "each" one word with each access, the
 * next one with the next; "answers" what is answered; "walk" the sizes of questions and how far they are done, and then
 * it dies.
 */
#include "plugins/host/process/process.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AREAS = 16, HEAD = 2048 /* bytes at the begin, where sizes and states are */ };

static struct area {
    volatile uint32_t *words;
    size_t size;
} areas[AREAS];
static size_t area_count, accesses;
static const char *how;

/* Before anything else: later no file can be opened. */
__attribute__((constructor)) static void find_areas(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], rights[8];
    uint64_t from, to;

    while (maps && area_count < AREAS && fgets(line, sizeof line, maps))
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &from, &to, rights) == 3 && strcmp(rights, "rw-s") == 0)
            areas[area_count++] = (struct area){ (void *)(uintptr_t)from, to - from };
    if (maps)
        fclose(maps);
    how = getenv("HOSTILE");
    how = how ? how : "";
}

static uint32_t number(void)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)state;
}

static uint32_t next_value(void)
{
    static const uint32_t hostile[] = { 0, 1, 2, 64, 65, 0xffff, 512 << 10, (512 << 10) + 1, 0x7fffffff, 0x80000000, 0xffffffff };

    if (strcmp(how, "ones") == 0)
        return 0xffffffff;
    if (strcmp(how, "zeroes") == 0)
        return 0;
    return strcmp(how, "random") == 0 ? number() : hostile[number() % (sizeof hostile / sizeof hostile[0])];
}

static void scribble_area(volatile uint32_t *words, size_t size)
{
    for (size_t w = 0; w < size / sizeof *words; w++)
        words[w] = next_value();
}

static void *scribble(void *context)
{
    for (;;)
        for (size_t i = 0; i < area_count; i++)
            scribble_area(areas[i].words, areas[i].size);
    return context;
}

static struct plugin_shared *shared(void)
{
    for (size_t i = 0; i < area_count; i++)
        if (areas[i].size >= sizeof(struct plugin_shared))
            return (void *)(uintptr_t)areas[i].words;
    abort();
}

static void *scribble_answers(void *context)
{
    struct plugin_shared *s = shared();

    for (;;)
        for (size_t i = 0; i < 2; i++) {
            scribble_area((void *)s->batch[i].answers, 4096);
            scribble_area((void *)&s->answered, sizeof s->answered);
        }
    return context;
}

static void walk(void)
{
    struct plugin_shared *s = shared();

    memset(s->batch[0].asks, 0x7f, PLUGIN_ASKS);
    memset(s->batch[1].asks, 0x7f, PLUGIN_ASKS);
    s->done += 3;
    raise(SIGKILL);
}

static void scribble_one(void)
{
    size_t i = accesses % area_count, w = accesses / area_count % (HEAD / sizeof(uint32_t));

    areas[i].words[w] = next_value();
}

static void *scribble_open(struct vfp_device *device, const struct vfp_host *host)
{
    static const struct vfp_host *known;

    host->note(device, "%zu areas are shared", area_count);
    known = host;
    return (void *)&known;
}

static void scribble_access(void *context, const struct vfp_access *access)
{
    pthread_t thread;

    (void)context;
    (void)access;
    if (!area_count)
        return;
    if (strcmp(how, "each") == 0)
        scribble_one();
    else if (accesses && strcmp(how, "walk") == 0)
        walk();
    else if (!accesses && strcmp(how, "walk") != 0)
        pthread_create(&thread, NULL, strcmp(how, "answers") == 0 ? scribble_answers : scribble, NULL);
    accesses++;
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "scribble",
    .summary = "writes where it may",
    .open = scribble_open,
    .access = scribble_access,
};
