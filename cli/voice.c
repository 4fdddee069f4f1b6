/*
 * What is said on standard error: see voice.h.
 */
#include "cli/voice.h"
#include "capture/clock.h"
#include "capture/poke.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    ROOM = 256 << 10,       /* bytes that wait */
    BURST = 64,             /* lines of a flood that are said */
    A_SECOND = 8,           /* after those */
    PATIENCE_MS = 2000,     /* at the end, for who takes nothing */
    LOOK_MS = 20,
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    pthread_t thread;
    bool running, ending, done;
    FILE *before; /* what `stderr` was */
    char *bytes;  /* ROOM of them, a ring */
    size_t first, count;
    uint64_t written;  /* bytes so far */
    uint64_t left_out; /* lines for which there was no room */
    uint64_t held_back; /* lines of a flood */
    uint64_t tokens_ns; /* when the bucket was full, as it were */
} voice = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

/* --- the thread --- */

static void put(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        voice.bytes[(voice.first + voice.count + i) % ROOM] = bytes[i];
    voice.count += size;
}

/* A line of our own, once there is room and the flood is over. */
static void account(void)
{
    char line[128];
    uint64_t second = UINT64_C(1000000000);
    int size = 0;

    if (voice.left_out && voice.count < ROOM / 2) {
        size = snprintf(line, sizeof line, "vfuscope: %llu lines here are left out: nobody took them\n",
                        (unsigned long long)voice.left_out);
        voice.left_out = 0;
    } else if (voice.held_back && (voice.ending || vfu_mono_ns() >= voice.tokens_ns + second)) {
        size = snprintf(line, sizeof line, "vfuscope: %llu lines like these are left out\n", (unsigned long long)voice.held_back);
        voice.held_back = 0;
    }
    if (size > 0)
        put(line, (size_t)size);
}

static void wait_for_more(void)
{
    struct timespec until;

    if (!voice.held_back) {
        pthread_cond_wait(&voice.more, &voice.lock);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_cond_timedwait(&voice.more, &voice.lock, &until);
}

static void *speak(void *unused)
{
    pthread_mutex_lock(&voice.lock);
    for (;;) {
        size_t size;
        ssize_t n;

        account();
        if (!voice.count && voice.ending)
            break;
        if (!voice.count) {
            wait_for_more();
            continue;
        }
        size = voice.first + voice.count <= ROOM ? voice.count : ROOM - voice.first;
        pthread_mutex_unlock(&voice.lock);
        n = write(STDERR_FILENO, voice.bytes + voice.first, size);
        pthread_mutex_lock(&voice.lock);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            voice.count = 0; /* nobody listens any more */
            continue;
        }
        if (n > 0) {
            voice.first = (voice.first + (size_t)n) % ROOM;
            voice.count -= (size_t)n;
            voice.written += (uint64_t)n;
        } else if (voice.ending) {
            break;
        }
    }
    voice.done = true;
    pthread_mutex_unlock(&voice.lock);
    return unused;
}

/* --- who speaks --- */

static ssize_t queue(void *cookie, const char *bytes, size_t size)
{
    (void)cookie;
    pthread_mutex_lock(&voice.lock);
    if (size <= ROOM - voice.count) {
        put(bytes, size);
        pthread_cond_signal(&voice.more);
    } else {
        voice.left_out++;
    }
    pthread_mutex_unlock(&voice.lock);
    return (ssize_t)size;
}

bool cli_voice_admits(void)
{
    uint64_t apiece = UINT64_C(1000000000) / A_SECOND, now = vfu_mono_ns();
    bool admits;

    pthread_mutex_lock(&voice.lock);
    if (voice.tokens_ns + BURST * apiece < now)
        voice.tokens_ns = now - BURST * apiece;
    admits = voice.tokens_ns + apiece <= now;
    if (admits)
        voice.tokens_ns += apiece;
    else if (voice.held_back++ == 0)
        pthread_cond_signal(&voice.more);
    pthread_mutex_unlock(&voice.lock);
    return admits;
}

/* In a child the thread is not there. */
static void in_child(void)
{
    if (voice.running)
        stderr = voice.before;
}

bool cli_voice_start(void)
{
    FILE *own;

    voice.bytes = malloc(ROOM);
    own = voice.bytes ? fopencookie(NULL, "w", (cookie_io_functions_t){ .write = queue }) : NULL;
    if (!own)
        return false;
    setvbuf(own, NULL, _IONBF, 0); /* a call, a line */
    voice.running = vfu_poke_start(&voice.thread, speak, NULL);
    if (!voice.running) {
        fclose(own);
        return false;
    }
    pthread_atfork(NULL, NULL, in_child);
    fflush(stderr);
    voice.before = stderr;
    stderr = own;
    return true;
}

void cli_voice_end(void)
{
    uint64_t written = 0;
    unsigned waited = 0;

    if (!voice.running)
        return;
    stderr = voice.before;
    pthread_mutex_lock(&voice.lock);
    voice.ending = true;
    pthread_cond_signal(&voice.more);
    while (!voice.done && waited < PATIENCE_MS) {
        struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };

        pthread_mutex_unlock(&voice.lock);
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&voice.lock);
        waited = voice.written == written ? waited + LOOK_MS : 0;
        written = voice.written;
    }
    while (!voice.done) { /* again and again: it may come just before the system call */
        pthread_mutex_unlock(&voice.lock);
        pthread_kill(voice.thread, VFU_POKE);
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        pthread_mutex_lock(&voice.lock);
    }
    pthread_mutex_unlock(&voice.lock);
    pthread_join(voice.thread, NULL);
    voice.running = false;
}
