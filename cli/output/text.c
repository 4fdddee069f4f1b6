/*
 * The sinks that show messages as they come, text and NDJSON: to standard output or to -o FILE.
 */
#include "cli/output/inside.h"
#include "cli/pager.h"

#include <stdlib.h>
#include <unistd.h>

enum { LEAST_WIDTH = 60 }; /* columns: a narrower terminal breaks lines itself */

struct shown {
    const struct cli_run *run;
    const char *path; /* NULL: a standard file */
    bool quiet; /* the file is made, and nothing written to it */
    bool at_terminal; /* and no file was asked for */
    enum cli_when coloured, pairs;
    struct vfu_text text;
    struct vfu_json json;
    struct cli_stream stream;
};

/* What both understand, and what chooses between them. */
static const struct cli_option options[] = {
    { "output", 'o', "FILE", "write the messages to FILE, not to standard output", .group = CLI_OUTPUT },
    { "json", 0, NULL, "one JSON object a message", .group = CLI_OUTPUT },
    { "verbose", 'v', NULL, "the whole field tree of each message", .group = CLI_OUTPUT },
    { "hex", 'x', NULL, "payloads whole, in hex", .group = CLI_OUTPUT },
    { "quiet", 'q', NULL, "no output a message", .group = CLI_OUTPUT },
    { 0 },
};
static const struct cli_option text_options[] = {
    { "pairs", 0, NULL, "a line a command with its reply, as on a terminal", .group = CLI_OUTPUT },
    { "no-pairs", 0, NULL, "a line a message, as in files and pipes", .group = CLI_OUTPUT },
    { "time", 't', "FORMAT", "times: absolute, relative (default) or delta", .values = "absolute relative delta",
      .group = CLI_OUTPUT },
    { 0 },
};

static bool parse(struct cli_sink *s, const struct cli_args *args)
{
    struct shown *own = s->own = calloc(1, sizeof *own);

    if (!own) {
        cli_error("out of memory");
        return false;
    }
    own->run = s->run;
    own->path = cli_value(args, "output");
    own->quiet = cli_has(args, "quiet");
    own->text.tree = cli_has(args, "verbose");
    own->text.hex = own->json.hex = cli_has(args, "hex");
    own->pairs = cli_has(args, "no-pairs") ? CLI_NEVER : cli_has(args, "pairs") ? CLI_ALWAYS : CLI_AUTO;
    return cli_parse_time(args, &own->text.time_format) && cli_parse_colour(args, &own->coloured);
}

/* With -q there is nothing to say; a file that was asked for is made all the same, or it is said why not. */
static bool is_wanted(const struct cli_sink *s, const struct cli_args *args)
{
    return !(cli_has(args, "quiet") || s->run->how.screen) || cli_has(args, "output");
}

static bool parse_text(struct cli_sink *s, const struct cli_args *args)
{
    return !is_wanted(s, args) || cli_has(args, "json") || parse(s, args);
}

static bool parse_json(struct cli_sink *s, const struct cli_args *args)
{
    return !is_wanted(s, args) || !cli_has(args, "json") || parse(s, args);
}

/* On a terminal a line is an exchange, and as long as a line there may be. */
static void set_lines(struct shown *own)
{
    bool terminal = cli_is_terminal(own->stream.out.fd);
    unsigned columns = cli_columns(own->stream.out.fd);

    own->text.pairs = own->pairs == CLI_ALWAYS || (own->pairs == CLI_AUTO && terminal);
    own->text.fold = own->text.pairs && terminal;
    if (columns >= LEAST_WIDTH)
        own->text.width = columns;
}

static bool open_stream(struct cli_sink *s, struct vfu_error *error)
{
    struct shown *own = s->own;

    s->name = own->path ? own->path : s->run->stdout_taken ? "standard error" : "standard output";
    if (!own->path && s->run->stdout_taken)
        cli_stream_use(&own->stream, STDERR_FILENO, s->name, s->give_up);
    else if (!cli_stream_open(&own->stream, own->path ? own->path : "-", own->text.hex ? VFU_OUT_PRIVATE : VFU_OUT_TEXT,
                              s->give_up, error))
        return false;
    own->at_terminal = !own->path && cli_is_terminal(own->stream.out.fd);
    own->text.file_width = s->run->how.file_width;
    own->text.colour = cli_is_coloured(own->coloured, own->stream.out.fd);
    set_lines(own);
    return true;
}

static bool is_hushed(const struct shown *own)
{
    return own->at_terminal && atomic_load_explicit(&own->run->hushed, memory_order_relaxed);
}

/* Where a capture begins and ends is for who looks at all there is. */
static bool shows(const struct shown *own, const struct vfu_event *event)
{
    return !own->quiet && !is_hushed(own) && (own->text.tree || !vfu_event_frames(event));
}

static bool text_event(void *context, const struct vfu_event *event, struct vfu_error *error)
{
    struct shown *own = context;

    if (!shows(own, event))
        return true;
    if (!own->text.started && !vfu_event_frames(event)) { /* times are relative to the first event, even if this is not the one */
        own->text.started = true;
        own->text.first_ns = own->text.last_ns = own->run->first_ns;
    }
    vfu_text_event(&own->text, event, &own->stream.writer);
    return cli_stream_good(&own->stream, error);
}

static bool json_event(void *context, const struct vfu_event *event, struct vfu_error *error)
{
    struct shown *own = context;

    if (!shows(own, event))
        return true;
    vfu_json_event(&own->json, event, &own->stream.writer);
    return cli_stream_good(&own->stream, error);
}

static bool flush(void *context, struct vfu_error *error)
{
    return cli_stream_flush(&((struct shown *)context)->stream, error);
}

static bool end_text(void *context, struct vfu_error *error)
{
    struct shown *own = context;

    vfu_text_end(&own->text, &own->stream.writer);
    return cli_stream_good(&own->stream, error);
}

static bool close_stream(void *context, struct vfu_error *error)
{
    struct shown *own = context;
    bool ok = cli_stream_close(&own->stream, error);

    free(own);
    return ok;
}

const struct cli_sink_kind cli_sink_text = {
    .name = "text",
    .options = text_options,
    .file = options,
    .frames = true,
    .parse = parse_text,
    .open = open_stream,
    .event = text_event,
    .flush = flush,
    .end = end_text,
    .close = close_stream,
};

const struct cli_sink_kind cli_sink_json = {
    .name = "json",
    .options = options,
    .file = options,
    .frames = true,
    .parse = parse_json,
    .open = open_stream,
    .event = json_event,
    .flush = flush,
    .close = close_stream,
};
