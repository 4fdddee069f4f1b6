/*
 * A sink at work: called directly, or in a thread of its own behind a queue. What is wrong with it is said here, once.
 */
#include "capture/queue.h"
#include "cli/output/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* It is broken. Always false. Who reads a pipe may leave: that is told only where something goes on without them. */
static bool fail(struct cli_sink *s, const struct vfu_error *error)
{
    const char *name = strcmp(s->name, "-") == 0 ? "standard output" : s->name;

    if (s->failed || !error->text[0]) {
        s->failed = true;
        return false;
    }
    s->failed = true;
    s->unread = error->number == EPIPE;
    if (!s->unread)
        cli_error("%s", error->text);
    else if (s->run->how.live)
        cli_error("%s: nobody reads it any more, the traffic goes on without it", name);
    return false;
}

static inline bool take(void *context, const struct vfu_event *event)
{
    struct cli_sink *s = context;
    struct vfu_error error;

    return s->kind->event(s->own, event, &error) || fail(s, &error);
}

static bool end(void *context)
{
    struct cli_sink *s = context;
    struct vfu_error error;

    return !s->run->over || !s->kind->end || s->kind->end(s->own, &error) || fail(s, &error);
}

static bool flush(void *context)
{
    struct cli_sink *s = context;
    struct vfu_error error;

    return !s->kind->flush || s->kind->flush(s->own, &error) || fail(s, &error);
}

bool cli_sink_new(const struct cli_sink_kind *kind, const struct cli_args *args, const struct cli_run *run,
                  struct cli_sink **wanted)
{
    struct cli_sink *s = calloc(1, sizeof *s);
    const char *path = kind->file ? cli_value(args, kind->file->name) : NULL;
    bool good;

    *wanted = NULL;
    if (!s) {
        cli_error("out of memory");
        return false;
    }
    s->kind = kind;
    s->run = run;
    s->name = path ? path : kind->name;
    s->asked_for = path != NULL;
    s->give_up = run->how.queued ? &s->own_give_up : run->how.give_up;
    good = kind->parse(s, args);
    if (s->own)
        *wanted = s;
    else
        free(s);
    return good;
}

bool cli_sink_open(struct cli_sink *s)
{
    struct vfu_error error;

    return !s->kind->open || s->kind->open(s, &error) || fail(s, &error);
}

/* A file always takes what it gets, sooner or later, however busy its disk is: nobody has to read it. */
static bool goes_to_file(const struct cli_sink *s)
{
    struct stat st;
    bool named = s->asked_for && strcmp(s->name, "-") != 0;

    return (named ? stat(s->name, &st) : fstat(STDOUT_FILENO, &st)) == 0 && S_ISREG(st.st_mode);
}

bool cli_sink_start(struct cli_sink *s)
{
    const struct vfu_sink as = { .event = take, .flush = flush, .end = end, .context = s, .give_up = s->give_up,
                                 .patient = goes_to_file(s) };

    if (!s->run->how.queued || s->kind->collects)
        return true;
    s->queue = vfu_queue_new(&as, s->keep, s->run->how.lossless, s->run->how.interrupted);
    if (!s->queue)
        cli_error("%s: can't start its thread", s->name);
    return s->queue;
}

void cli_sink_event(struct cli_sink *s, const struct vfu_event *event)
{
    if (!s->queue) {
        if (!s->failed)
            take(s, event);
    } else if (!vfu_queue_push(s->queue, event) && !s->said_left_out) {
        s->said_left_out = true;
        cli_error("%s: too slow, messages are left out of it (--lossless holds the traffic instead)", s->name);
    }
}

void cli_sink_flush(struct cli_sink *s)
{
    if (!s->queue && !s->failed)
        flush(s);
}

bool cli_sink_failed(const struct cli_sink *s)
{
    return s->queue ? vfu_queue_failed(s->queue) : s->failed;
}

void cli_say_left_out(const char *name, struct vfu_left_out left_out)
{
    const char *hint = "it was too slow (--lossless holds the traffic instead)";

    if (left_out.messages && left_out.events)
        cli_error("%s: %llu messages were left out, and %llu events, %s", name, (unsigned long long)left_out.messages,
                  (unsigned long long)left_out.events, hint);
    else if (left_out.messages || left_out.events)
        cli_error("%s: %llu %s were left out, %s", name, (unsigned long long)(left_out.messages + left_out.events),
                  left_out.messages ? "messages" : "events", hint);
}

struct vfu_left_out cli_sink_finish(struct cli_sink *s)
{
    struct vfu_left_out left_out = { 0, 0 };

    if (s->queue) {
        left_out = vfu_queue_close(s->queue);
    } else if (!s->failed) {
        end(s);
        cli_sink_flush(s);
    }
    s->queue = NULL;
    if ((left_out.messages || left_out.events) && s->asked_for) /* a file that lacks some is not what was asked for */
        s->failed = true;
    cli_say_left_out(s->name, left_out);
    return left_out;
}

enum cli_status cli_sink_close(struct cli_sink *s)
{
    struct vfu_error error = { .number = 0 };
    enum cli_status status = CLI_OK;

    if (!s->kind->close(s->own, &error))
        fail(s, &error);
    /* A capture of traffic that nobody can have again is missed by more than who read it. */
    if (s->failed)
        status = s->unread && !(s->run->how.live && s->kind->memory) ? CLI_UNREAD : CLI_FAILED;
    free(s);
    return status;
}
