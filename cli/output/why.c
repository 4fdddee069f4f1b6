/*
 * What `why` says: a sink that collects the evidence for the verdict, which is asked for at the end, or at any time.
 */
#include "capture/clock.h"
#include "cli/output/inside.h"
#include "decoder/reasons/verdict.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct why {
    const struct cli_run *run;
    bool as_json; /* on standard error, when it is asked for */
    struct vfu_evidence *evidence;
    struct vfu_why verdict; /* the last one that was asked for */
    pthread_mutex_t lock; /* with plugins events come from their thread */
};

static bool parse(struct cli_sink *s, const struct cli_args *args)
{
    struct why *own;

    if (!s->run->how.sums && !s->run->how.only_why)
        return true;
    s->unfiltered = true;
    own = s->own = calloc(1, sizeof *own);
    if (own) {
        own->run = s->run;
        own->as_json = cli_has(args, "json");
        own->evidence = vfu_evidence_new();
        pthread_mutex_init(&own->lock, NULL);
    }
    if (own && own->evidence)
        return true;
    cli_error("out of memory");
    return false;
}

static bool why_event(void *context, const struct vfu_event *event, struct vfu_error *error)
{
    struct why *own = context;
    bool shared = own->run->plugins && own->run->how.queued;

    (void)error;
    if (shared)
        pthread_mutex_lock(&own->lock);
    vfu_evidence_event(own->evidence, event);
    if (shared)
        pthread_mutex_unlock(&own->lock);
    return true;
}

enum vfu_why_status cli_why_write(void *context, bool as_json, struct vfu_writer *w)
{
    struct why *own = context;
    enum vfu_why_status status;

    pthread_mutex_lock(&own->lock);
    vfu_why_of(own->evidence, own->run->how.session, own->run->how.live ? vfu_mono_ns() : 0, &own->verdict);
    own->verdict.file = own->run->how.file;
    if (as_json)
        vfu_why_json(&own->verdict, w);
    else
        vfu_why_text(&own->verdict, w);
    status = own->verdict.status;
    pthread_mutex_unlock(&own->lock);
    return status;
}

/* While traffic is carried standard error waits for nobody (cli/voice.h). */
static bool write_error(void *context, const char *bytes, size_t size)
{
    (void)context;
    return fwrite(bytes, 1, size, stderr) == size;
}

static void so_far(void *context)
{
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, write_error, NULL);

    cli_why_write(context, ((struct why *)context)->as_json, &w);
    if (!((struct why *)context)->as_json)
        vfu_write_char(&w, '\n');
    vfu_writer_flush(&w);
}

static bool close_why(void *context, struct vfu_error *error)
{
    struct why *own = context;

    (void)error;
    pthread_mutex_destroy(&own->lock);
    vfu_evidence_free(own->evidence);
    free(own);
    return true;
}

const struct cli_sink_kind cli_sink_why = {
    .name = "why",
    .collects = true,
    .parse = parse,
    .event = why_event,
    .so_far = so_far,
    .close = close_why,
};
