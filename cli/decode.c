/*
 * vfuscope decode FILE...: captures, shown as the tap would have shown them.
 */
#include "cli/cli.h"
#include "cli/input/input.h"
#include "cli/output/logs.h"
#include "cli/output/output.h"
#include "cli/output/ranges.h"
#include "cli/output/rules.h"
#include "cli/signals.h"
#include "decoder/reasons/reasons.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    { "log", 0, "NAME=FILE", "lines of another log, by their times; may be repeated", .group = CLI_INPUT },
    { 0 },
};

enum { LOOK = 64 /* records: so often it is looked whether anybody takes the output yet */, LONGEST = 24 /* column of names */ };

#define NO_FILE SIZE_MAX


/* What is to be decoded. */
struct decoding {
    char **files;          /* file_count of them, without what picks of them; malloced */
    size_t file_count;
    struct cli_ranges ranges; /* FIRST..LAST, malloced, with names once `inputs` have them */
    size_t *range_files;      /* of which of the files each is; NO_FILE: of the only one; malloced */
    struct cli_inputs *inputs;
    struct vfu_session **sessions; /* of each of several; NULL: not yet, or not any more */
    struct vfu_session *session;   /* of the only one; of several what all of them know, at the end */
    struct cli_output *output;
    struct cli_timed *logs;        /* of --log; NULL: none */
    bool notes;                    /* those of the captures are shown too */
    bool read_all;
};

static atomic_bool give_up; /* the second signal also ends writing */

static void end_writing(void)
{
    atomic_store(&give_up, true);
}

/* A signal came, or nobody takes what is written: there is nothing to wait for any more. */
static bool is_stopped(void *context)
{
    struct decoding *d = context;

    return cli_signals_counted() > 0 || (d->output && cli_output_failed(d->output, true));
}

static void flush_output(void *context)
{
    struct decoding *d = context;

    if (d->output)
        cli_output_flush(d->output);
}

/* --- arguments: FILE, FILE:FIRST..LAST, and beside the only FILE FIRST..LAST; what has such a name is a file --- */

static bool is_range(const char *text)
{
    uint64_t first, last;

    return cli_parse_range(text, &first, &last);
}

/* Could it be meant for one? */
static bool looks_like_range(const char *text)
{
    return (text[0] >= '0' && text[0] <= '9') || text[0] == '#' || strncmp(text, "..", 2) == 0;
}

static void add_range(struct decoding *d, const char *text, size_t file)
{
    struct cli_range *r = &d->ranges.list[d->ranges.count];

    r->text = text;
    cli_parse_range(text, &r->first, &r->last);
    d->range_files[d->ranges.count++] = file;
}

/* Part a range from its file, which may be given already; false: out of memory. */
static bool take_file(struct decoding *d, const char *argument)
{
    const char *colon = access(argument, F_OK) != 0 ? strrchr(argument, ':') : NULL;
    bool ranged = colon && colon > argument && is_range(colon + 1);
    char *file = ranged ? strndup(argument, (size_t)(colon - argument)) : strdup(argument);
    size_t at = ranged ? 0 : d->file_count;

    if (!file)
        return false;
    while (at < d->file_count && strcmp(d->files[at], file) != 0)
        at++;
    if (ranged)
        add_range(d, colon + 1, at);
    if (at == d->file_count)
        d->files[d->file_count++] = file;
    else
        free(file);
    return true;
}

static enum cli_status take_arguments(const struct cli_args *args, struct decoding *d)
{
    bool good;

    d->files = calloc((size_t)args->rest_count, sizeof *d->files);
    d->ranges.list = calloc((size_t)args->rest_count, sizeof *d->ranges.list);
    d->range_files = calloc((size_t)args->rest_count, sizeof *d->range_files);
    good = d->files && d->ranges.list && d->range_files;
    for (int i = 0; good && i < args->rest_count; i++) {
        const char *argument = args->rest[i];
        bool range = args->rest_count > 1 && access(argument, F_OK) != 0 && is_range(argument);

        if (!range && i > 0 && i == args->rest_count - 1 && looks_like_range(argument) && access(argument, F_OK) != 0) {
            cli_error("%s: no file, and not FIRST..LAST, the numbers of messages", argument);
            return CLI_USAGE;
        }
        if (range)
            add_range(d, argument, NO_FILE);
        else
            good = take_file(d, argument);
    }
    if (good && !d->file_count) {
        cli_error("%s: of which FILE?", args->rest[0]);
        return CLI_USAGE;
    }
    if (good)
        return CLI_OK;
    cli_error("out of memory");
    return CLI_FAILED;
}

/* What people call it; several FILEs that are one are a ring's. */
static const char *whose(const struct decoding *d, size_t file)
{
    const char *path = d->files[file == NO_FILE ? 0 : file];

    return file == NO_FILE && d->file_count > 1 ? "the ring" : strcmp(path, "-") == 0 ? "standard input" : path;
}

/* Once it is known what the files are called. Of what can't be read nothing is picked. */
static bool name_ranges(struct decoding *d)
{
    for (size_t i = 0; i < d->ranges.count; i++) {
        struct cli_range *r = &d->ranges.list[i];
        size_t file = d->range_files[i], which = file == NO_FILE ? 0 : cli_inputs_of(d->inputs, file);

        if (file == NO_FILE && cli_inputs_count(d->inputs) > 1) {
            cli_error("%s: of which of the FILEs? (FILE:%s)", r->text, r->text);
            return false;
        }
        if (r->first > r->last) {
            cli_error("%s: the range is empty", r->text);
            return false;
        }
        r->whose = whose(d, file);
        r->file = which < cli_inputs_count(d->inputs) ? cli_inputs_name(d->inputs, which) : "";
    }
    return true;
}

/* --- reading --- */

/* That of one of several, which begins when something of it comes; NULL: out of memory. */
static struct vfu_session *session_of(struct decoding *d, size_t which)
{
    if (!d->sessions)
        return d->session;
    if (!d->sessions[which] && (d->sessions[which] = vfu_session_new(&vfu_all_checks)) != NULL)
        *vfu_session_rules(d->sessions[which]) = *vfu_session_rules(d->session);
    return d->sessions[which];
}

static enum cli_status decode_all(struct decoding *d)
{
    struct vfu_session *session;
    struct vfu_event event;
    size_t which;

    for (unsigned n = 1; !cli_output_count_reached(d->output) && (n % LOOK || !cli_output_failed(d->output, true)); n++) {
        enum vfu_captured got = cli_inputs_next(d->inputs, &event, &which);

        d->read_all = got == VFU_CAPTURED_END;
        if (d->read_all)
            cli_timed_rest(d->logs, d->output);
        if (got != VFU_CAPTURED_MESSAGE && got != VFU_CAPTURED_EVENT)
            return CLI_OK; /* stopped: by a signal, or since no output is left: its end tells */
        session = session_of(d, which);
        if (!session) {
            cli_error("out of memory");
            return CLI_FAILED;
        }
        if (d->logs)
            cli_timed_until(d->logs, d->output, &event);
        cli_output_recorded(d->output, session, got == VFU_CAPTURED_MESSAGE, &event, d->notes);
    }
    return CLI_OK;
}

/* What all of them know is told as one. */
static void join_sessions(struct decoding *d)
{
    for (size_t i = 0; d->sessions && i < cli_inputs_count(d->inputs); i++) {
        if (d->sessions[i])
            vfu_session_join(d->session, d->sessions[i]);
        d->sessions[i] = NULL;
    }
}

/* Of the longest, of those that are not too long for a column. */
static unsigned width_of_names(const struct cli_inputs *in)
{
    size_t width = 0;

    for (size_t i = 0; i < cli_inputs_count(in); i++) {
        size_t length = cli_inputs_name(in, i) ? strlen(cli_inputs_name(in, i)) : 0;

        width = length > width && (length <= LONGEST || !width) ? length : width;
    }
    return (unsigned)(width < LONGEST ? width : LONGEST);
}

/* False: a message was printed. */
static bool open_logs(const struct cli_args *args, struct decoding *d)
{
    const char *path, **paths;
    size_t count = 0;
    bool good;

    while (cli_inputs_path(d->inputs, count))
        count++;
    paths = calloc(count + 1, sizeof *paths);
    if (!paths) {
        cli_error("out of memory");
        return false;
    }
    for (size_t i = 0; (path = cli_inputs_path(d->inputs, i)) != NULL; i++)
        paths[i] = path;
    good = cli_timed_open(args, paths, count, &d->logs);
    free(paths);
    return good;
}

static enum cli_status decode(const struct cli_args *args, struct decoding *d)
{
    struct cli_output_how how = { .give_up = &give_up };
    enum cli_status status, read, written;

    d->session = vfu_session_new(&vfu_all_checks);
    if (d->session && cli_inputs_count(d->inputs) > 1)
        d->sessions = calloc(cli_inputs_count(d->inputs), sizeof *d->sessions);
    if (!d->session || (cli_inputs_count(d->inputs) > 1 && !d->sessions)) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    if (!name_ranges(d))
        return CLI_USAGE;
    cli_rules_apply(args, d->session);
    how.session = d->session;
    how.ranges = d->ranges.count ? &d->ranges : NULL;
    how.file_width = width_of_names(d->inputs);
    if (!open_logs(args, d) || (d->output = cli_output_open(args, &how)) == NULL)
        return CLI_USAGE;
    status = decode_all(d);
    join_sessions(d);
    read = cli_inputs_end(d->inputs);
    written = cli_output_close(d->output);
    d->output = NULL;
    if (d->read_all)
        cli_ranges_say_beyond(&d->ranges);
    return status != CLI_OK ? status : read != CLI_OK ? read : written;
}

/* Before they are opened: a FIFO that is written to, too, would be waited for; and then what they turned out to be. */
static bool overwrites(const struct cli_args *args, const struct decoding *d)
{
    const char *path;

    for (size_t i = 0; i < d->file_count; i++)
        if (cli_output_overwrites(args, d->files[i]))
            return true;
    for (size_t i = 0; d->inputs && (path = cli_inputs_path(d->inputs, i)) != NULL; i++)
        if (cli_output_overwrites(args, path))
            return true;
    return false;
}

static enum cli_status run_with(const struct cli_args *args, struct decoding *d)
{
    struct vfu_capwait wait = { .idle = flush_output, .stopped = is_stopped, .context = d };
    enum cli_status status = take_arguments(args, d);

    if (status != CLI_OK)
        return status;
    cli_signals_count(end_writing);
    if (overwrites(args, d))
        return CLI_USAGE;
    d->inputs = cli_inputs_open(d->files, d->file_count, &wait, &status);
    if (!d->inputs)
        return status;
    return overwrites(args, d) ? CLI_USAGE : decode(args, d);
}

static enum cli_status run(const struct cli_args *args)
{
    struct decoding d = { .notes = !cli_has(args, "no-plugins") };
    enum cli_status status = run_with(args, &d);

    cli_timed_free(d.logs);
    cli_inputs_free(d.inputs);
    vfu_session_free(d.session);
    free(d.sessions);
    for (size_t i = 0; i < d.file_count; i++)
        free(d.files[i]);
    free(d.files);
    free(d.ranges.list);
    free(d.range_files);
    return cli_signals_counted() ? CLI_INTERRUPTED : status;
}

const struct cli_command cli_decode = {
    .name = "decode",
    .usage = "FILE[:FIRST..LAST]... [FIRST..LAST | N]",
    .summary = "show capture files (- is standard input)",
    .paging = CLI_PAGED_FILES,
    .examples = {
        { "decode boot.pcap --filter 'error or latency > 1ms'",
          "only what failed or took long, each with its reply" },
        { "decode from.pcap to.pcap", "both ends of a migration, as one" },
    },
    .options = options,
    .more = cli_output_option,
    .min_args = 1,
    .max_args = INT_MAX,
    .run = run,
};
