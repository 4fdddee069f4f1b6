/*
 * The summary: -c prints it at the end, on standard output; a tap, at any time, on standard error.
 */
#include "capture/clock.h"
#include "cli/output/inside.h"
#include "cli/pager.h"
#include "decoder/wire/parse.h"

#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEAST_WIDTH = 40, MOST_WIDTH = 10000 };

struct summary {
    const struct cli_run *run;
    struct vfu_summary *summary;
    pthread_mutex_t lock; /* with plugins events come from their thread */
    bool at_end, as_json, some_ignored;
    bool below_messages; /* on standard output, too */
    enum cli_when coloured;
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
        own->below_messages = !cli_has(args, "quiet") && !cli_has(args, "output");
        own->some_ignored = cli_has(args, "ignore");
        own->summary = vfu_summary_new();
        pthread_mutex_init(&own->lock, NULL);
    }
    if (own && own->summary)
        return cli_parse_colour(args, &own->coloured);
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

/* Does a terminal of this user's locale show UTF-8? */
static bool has_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", NULL);
    bool utf8 = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

    if (locale)
        freelocale(locale);
    return utf8;
}

/* As wide as the terminal, or as COLUMNS says. */
static struct vfu_summary_look look_of(const struct summary *own, int fd)
{
    const char *columns = getenv("COLUMNS");
    uint64_t width = 0;

    if (!columns || !vfu_parse_number(columns, &width) || width > MOST_WIDTH)
        width = cli_columns(fd);
    return (struct vfu_summary_look){ .width = width >= LEAST_WIDTH ? (unsigned)width : 0,
                                      .colour = cli_is_coloured(own->coloured, fd),
                                      .blocks = cli_is_terminal(fd) && has_utf8(), .unchecked = own->some_ignored };
}

static bool print(struct summary *own, int fd, struct vfu_error *error)
{
    struct vfu_summary_plugin plugins[32];
    struct printing to = { .out = { .fd = fd, .path = "-" }, .error = error };
    struct vfu_summary_look look;
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, write_out, &to);

    if (own->run->plugins)
        vfu_summary_plugins(own->summary, plugins, cli_plugins_cost(own->run->plugins, plugins, 32));
    vfu_summary_doing(own->summary, own->run->doing, own->run->doing_count);
    look = look_of(own, fd);
    if (own->as_json)
        vfu_summary_json(own->summary, own->run->how.session, own->run->left_out, &w);
    else if (own->below_messages && fd == STDOUT_FILENO)
        vfu_write_char(&w, '\n');
    if (!own->as_json)
        vfu_summary_text(own->summary, own->run->how.session, own->run->left_out, &look, &w);
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
