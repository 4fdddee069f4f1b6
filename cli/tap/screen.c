/*
 * Between the screen's thread and the commands of the tap's prompt: see screen.h.
 */
#include "cli/cli.h"
#include "cli/tap/screen.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 1024 };

struct tap_screen {
    struct tap_commands *commands;
    struct browse_traffic traffic;
    pthread_mutex_t lock;
    char words[WORDS]; /* the last notice, of which the screen has not heard; under the lock. "": it has */
};

/* --- the tap's thread --- */

static void keep_notice(void *context, const char *words, size_t size)
{
    struct tap_screen *s = context;

    if (size >= sizeof s->words)
        size = sizeof s->words - 1;
    pthread_mutex_lock(&s->lock);
    memcpy(s->words, words, size);
    s->words[size] = '\0';
    pthread_mutex_unlock(&s->lock);
}

/* --- the screen's --- */

static bool line(void *context, const char *text, struct vfu_writer *say)
{
    return tap_commands_line(((struct tap_screen *)context)->commands, text, say);
}

static size_t complete(void *context, const char *text, void (*take)(void *take_context, const char *word), void *take_context)
{
    return tap_commands_complete(((struct tap_screen *)context)->commands, text, take, take_context);
}

static bool hint(void *context, const char *text, char *to, size_t size)
{
    return tap_commands_hint(((struct tap_screen *)context)->commands, text, to, size);
}

static uint64_t stopped(void *context, uint64_t *since_ns)
{
    return tap_commands_stopped(((struct tap_screen *)context)->commands, since_ns);
}

static bool notice(void *context, char *words, size_t size)
{
    struct tap_screen *s = context;
    bool came;

    pthread_mutex_lock(&s->lock);
    came = s->words[0];
    if (came)
        snprintf(words, size, "%s", s->words);
    s->words[0] = '\0';
    pthread_mutex_unlock(&s->lock);
    return came;
}

/* --- start and end --- */

struct tap_screen *tap_screen_new(const struct cli_args *args, enum vfu_time_format times)
{
    struct tap_screen *s = calloc(1, sizeof *s);
    const struct tap_commands_how how = { .args = args, .times = times, .keys = true, .notice = keep_notice, .context = s };

    if (!s) {
        cli_error("out of memory");
        return NULL;
    }
    s->traffic = (struct browse_traffic){ .context = s, .line = line, .complete = complete, .hint = hint, .stopped = stopped,
                                          .notice = notice };
    pthread_mutex_init(&s->lock, NULL);
    s->commands = tap_commands_new(&how);
    if (s->commands)
        return s;
    tap_screen_free(s);
    return NULL;
}

void tap_screen_free(struct tap_screen *s)
{
    if (!s)
        return;
    tap_commands_free(s->commands);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

struct tap_commands *tap_screen_commands(const struct tap_screen *s)
{
    return s->commands;
}

const struct browse_traffic *tap_screen_traffic(const struct tap_screen *s)
{
    return s ? &s->traffic : NULL;
}
