/*
 * The summary: -c prints it at the end, on standard output; a tap, at any time, on standard error.
 */
#include "capture/clock.h"
#include "cli/output/inside.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct summary {
    const struct cli_run *run;
    struct vfu_summary *summary;
    pthread_mutex_t lock; /* with plugins events come from their thread */
    bool at_end, as_json;
};

static const struct cli_option options[] = {
    { "summary", 'c', NULL, "a summary table at the end", .group = CLI_OUTPUT },
    { 0 },
};

static bool parse(struct cli_sink *s, const struct cli_args *args)
{
    bool at_end = cli_has(args, options->name);
    struct summary *own;

    if (!at_end && !s->run->how.sums)
        return true;
    own = s->own = calloc(1, sizeof *own);
    if (own) {
        own->run = s->run;
        own->at_end = at_end;
        own->as_json = cli_has(args, "json");
        own->summary = vfu_summary_new();
        pthread_mutex_init(&own->lock, NULL);
    }
    if (own && own->summary)
        return true;
    cli_error("out of memory");
    return false;
}

static bool summary_event(void *context, const struct vfu_event *event, struct vfu_error *error)
{
    struct summary *own = context;
    bool shared = own->run->plugins;

    (void)error;
    if (shared)
        pthread_mutex_lock(&own->lock);
    vfu_summary_event(own->summary, event);
    if (shared)
        pthread_mutex_unlock(&own->lock);
    return true;
}

/* --- printing --- */

struct printing {
    struct vfu_outfile out;
    struct vfu_error *error;
};

static bool write_out(void *context, const char *bytes, size_t size)
{
    struct printing *p = context;

    /* While traffic is carried standard error waits for nobody (cli/voice.h). */
    if (p->out.fd == STDERR_FILENO)
        return fwrite(bytes, 1, size, stderr) == size;
    return vfu_outfile_write(&p->out, bytes, size, p->error);
}

static bool print(struct summary *own, int fd, struct vfu_error *error)
{
    struct vfu_summary_plugin plugins[32];
    struct printing to = { .out = { .fd = fd, .path = "-" }, .error = error };
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, write_out, &to);

    if (own->run->plugins)
        vfu_summary_plugins(own->summary, plugins, cli_plugins_cost(own->run->plugins, plugins, 32));
    vfu_summary_doing(own->summary, own->run->doing, own->run->doing_count);
    if (own->as_json)
        vfu_summary_json(own->summary, own->run->how.session, own->run->left_out, &w);
    else
        vfu_summary_text(own->summary, own->run->how.session, own->run->left_out, &w);
    return vfu_writer_flush(&w);
}

static void so_far(void *context)
{
    struct summary *own = context;
    struct vfu_error error;

    pthread_mutex_lock(&own->lock);
    vfu_summary_at(own->summary, vfu_mono_ns());
    print(own, STDERR_FILENO, &error);
    pthread_mutex_unlock(&own->lock);
}

static bool close_summary(void *context, struct vfu_error *error)
{
    struct summary *own = context;
    bool ok = !own->at_end || !own->run->over ||
              print(own, own->run->stdout_taken ? STDERR_FILENO : STDOUT_FILENO, error);

    pthread_mutex_destroy(&own->lock);
    vfu_summary_free(own->summary);
    free(own);
    return ok;
}

const struct cli_sink_kind cli_sink_summary = {
    .name = "summary",
    .options = options,
    .collects = true,
    .parse = parse,
    .event = summary_event,
    .so_far = so_far,
    .close = close_summary,
};
