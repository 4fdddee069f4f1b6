/*
 * Lines that are handed to the tap's thread, and what the tap calls: see commands.h.
 */
#include "cli/cli.h"
#include "cli/tap/inside.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const char LEFT[] = "the prompt was left", ENDED[] = "the tap has ended";

/* --- what is shared with other threads --- */

/* What is stopped has changed, perhaps. */
static void look(struct tap_commands *c)
{
    const struct vfu_event *list[TAP_OFFERED];
    size_t count = c->tap ? vfu_tap_stopped(c->tap, list, TAP_OFFERED) : 0;

    pthread_mutex_lock(&c->shared.lock);
    for (size_t i = 0; i < count; i++) {
        c->shared.stopped[i].no = list[i]->message.no;
        c->shared.stopped[i].since_ns = list[i]->time.mono_ns;
        c->shared.stopped[i].command = list[i]->command_number;
        c->shared.stopped[i].is_reply = vfu_event_is_reply(list[i]);
    }
    c->shared.stopped_count = count;
    pthread_mutex_unlock(&c->shared.lock);
}

uint64_t tap_commands_stopped(struct tap_commands *c, uint64_t *since_ns)
{
    uint64_t no;

    pthread_mutex_lock(&c->shared.lock);
    no = c->shared.stopped_count ? c->shared.stopped[0].no : 0;
    if (no && since_ns)
        *since_ns = c->shared.stopped[0].since_ns;
    pthread_mutex_unlock(&c->shared.lock);
    return no;
}

uint64_t tap_commands_count(struct tap_commands *c)
{
    uint64_t count;

    pthread_mutex_lock(&c->shared.lock);
    count = c->shared.count;
    pthread_mutex_unlock(&c->shared.lock);
    return count;
}

bool tap_commands_are_over(struct tap_commands *c)
{
    bool over;

    pthread_mutex_lock(&c->shared.lock);
    over = c->shared.over;
    pthread_mutex_unlock(&c->shared.lock);
    return over;
}

/* --- lines --- */

bool tap_commands_hand(struct tap_commands *c, const char *line, tap_commands_done done, void *context)
{
    struct tap_order *o = malloc(sizeof *o + strlen(line) + 1);
    bool taken;

    if (!o)
        return false;
    o->next = NULL;
    o->done = done;
    o->context = context;
    memcpy(o->line, line, strlen(line) + 1);
    pthread_mutex_lock(&c->shared.lock);
    taken = !c->shared.over;
    if (taken) {
        *c->shared.last = o;
        c->shared.last = &o->next;
        eventfd_write(c->intercept.input_fd, 1);
    }
    pthread_mutex_unlock(&c->shared.lock);
    if (!taken)
        free(o);
    return taken;
}

static struct tap_order *next_order(struct tap_commands *c)
{
    struct tap_order *o;

    pthread_mutex_lock(&c->shared.lock);
    o = c->shared.first;
    if (o)
        c->shared.first = o->next;
    if (!c->shared.first)
        c->shared.last = &c->shared.first;
    pthread_mutex_unlock(&c->shared.lock);
    return o;
}

static void carry_out(struct tap_commands *c, struct tap_order *o)
{
    FILE *before = c->out;
    char *words = NULL;
    size_t size = 0;
    bool good = false;

    c->out = open_memstream(&words, &size);
    if (c->out) {
        good = tap_verb_run(c, o->line);
        fclose(c->out);
    }
    c->out = before;
    look(c);
    pthread_mutex_lock(&c->shared.lock);
    c->shared.count++;
    pthread_mutex_unlock(&c->shared.lock);
    o->done(o->context, good, words, size);
    free(o);
}

/* No more are taken, and those that wait are told why. */
static void close_orders(struct tap_commands *c, const char *why)
{
    struct tap_order *o;

    pthread_mutex_lock(&c->shared.lock);
    if (!c->shared.over)
        c->shared.over = why;
    pthread_mutex_unlock(&c->shared.lock);
    while ((o = next_order(c)) != NULL) {
        char *words = NULL;
        int size = asprintf(&words, "%s\n", why);

        o->done(o->context, false, size < 0 ? NULL : words, size < 0 ? 0 : (size_t)size);
        free(o);
    }
}

/* Somebody waits for a line to be done. */
struct waiting {
    sem_t done;
    bool good;
    char *words;
    size_t size;
};

static void done(void *context, bool good, char *words, size_t size)
{
    struct waiting *w = context;

    w->good = good;
    w->words = words;
    w->size = size;
    sem_post(&w->done);
}

bool tap_commands_line(struct tap_commands *c, const char *line, struct vfu_writer *say)
{
    struct waiting w = { 0 };

    sem_init(&w.done, 0, 0);
    if (tap_commands_hand(c, line, done, &w)) {
        while (sem_wait(&w.done) != 0 && errno == EINTR)
            ;
        if (w.size)
            vfu_write(say, w.words, w.size);
        free(w.words);
    } else {
        pthread_mutex_lock(&c->shared.lock);
        vfu_write_text(say, c->shared.over ? c->shared.over : "out of memory");
        pthread_mutex_unlock(&c->shared.lock);
        vfu_write_char(say, '\n');
    }
    sem_destroy(&w.done);
    return w.good;
}

/* --- what the tap calls --- */

static void input(void *context, struct tap *tap)
{
    struct tap_commands *c = context;
    struct tap_order *o;
    eventfd_t count;

    c->tap = tap;
    eventfd_read(c->intercept.input_fd, &count);
    while ((o = next_order(c)) != NULL)
        carry_out(c, o);
}

static bool stops(void *context, const struct vfu_event *event, const struct vfu_event *request)
{
    return tap_break_stops(context, event, request);
}

static bool may_stop(void *context, const struct vfu_event *event)
{
    return tap_break_may_stop(context, event);
}

/* Words that no line asked for: `what` and a message. */
static void notice(struct tap_commands *c, const char *what, const struct vfu_event *event, bool waits)
{
    FILE *before = c->out;
    char *words = NULL;
    size_t size = 0;

    c->out = open_memstream(&words, &size);
    if (c->out) {
        fputs(what, c->out);
        if (event)
            tap_say_message(c, event, false);
        if (waits)
            tap_patience_say(c, event);
        fclose(c->out);
        if (c->how.notice)
            c->how.notice(c->how.context, words, size);
        else
            fwrite(words, 1, size, stderr);
    }
    c->out = before;
    free(words);
}

static void stopped(void *context, const struct vfu_event *event)
{
    look(context);
    notice(context, "stopped ", event, true);
}

static void probed(void *context, const struct vfu_event *reply)
{
    if (reply)
        notice(context, "probe ", reply, false);
    else
        notice(context, "probe: the connection is gone, no reply will come\n", NULL, false);
}

void tap_commands_saw(struct tap_commands *c, const struct vfu_event *event)
{
    if (!c->text.started)
        c->text.first_ns = event->time.wall_ns;
    c->text.started = true;
    c->text.last_ns = event->time.wall_ns;
    tap_patience_saw(&c->patience, event);
    if (event->kind == VFU_EVENT_DISCONNECT)
        look(c);
}

void tap_commands_leave(struct tap_commands *c)
{
    c->gone = true;
    if (c->tap)
        vfu_tap_let_go(c->tap);
    look(c);
    close_orders(c, LEFT);
}

void tap_commands_end(struct tap_commands *c)
{
    c->gone = true;
    c->tap = NULL;
    look(c);
    close_orders(c, ENDED);
}

/* --- start and end --- */

const struct vfu_tap_intercept *tap_commands_intercept(const struct tap_commands *c)
{
    return &c->intercept;
}

void tap_commands_use(struct tap_commands *c, struct cli_output *output, const struct vfu_session *session)
{
    c->output = output;
    c->session = session;
}

struct tap_commands *tap_commands_new(const struct tap_commands_how *how)
{
    struct tap_commands *c = calloc(1, sizeof *c);
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (!c || fd < 0) {
        cli_error("out of memory or file descriptors");
        if (fd >= 0)
            close(fd);
        free(c);
        return NULL;
    }
    c->how = *how;
    pthread_mutex_init(&c->shared.lock, NULL);
    c->shared.last = &c->shared.first;
    c->text.time_format = how->times;
    c->names = cli_known_new();
    c->known = cli_known_of(c->names, how->args);
    if (c->known.registers)
        c->known.registers(c->names); /* not while traffic waits, and by one thread */
    c->intercept = (struct vfu_tap_intercept){ .input_fd = fd, .input = input, .stops = stops, .may_stop = may_stop,
                                               .stopped = stopped, .probed = probed, .context = c };
    return c;
}

void tap_commands_free(struct tap_commands *c)
{
    if (!c)
        return;
    close_orders(c, ENDED);
    tap_break_free(c);
    cli_known_free(c->names);
    close(c->intercept.input_fd);
    pthread_mutex_destroy(&c->shared.lock);
    free(c);
}
