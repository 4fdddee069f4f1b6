/*
 * vfuscope why FILE...: what is wrong in captures and whose fault it is, the worst first, and a page for each.
 */
#include "cli/cli.h"
#include "cli/input/judged.h"
#include "cli/output/maps.h"
#include "cli/output/output.h"
#include "cli/output/rules.h"
#include "cli/report/report.h"
#include "cli/signals.h"
#include "decoder/reasons/reasons.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const struct cli_option options[] = {
    { "json", 0, NULL, "one JSON object, or one a line of several", .group = CLI_OUTPUT },
    { "report", 0, "FILE", "write a page of it too, as vfuscope report does, without guest memory", .group = CLI_OUTPUT },
    { "overdue", 0, "TIME", "what waits longer for its reply hangs (1s; 0: only what the capture says so of)",
      .group = CLI_JUDGING },
    { "strict", 0, NULL, "what real peers break and live with counts as a violation too", .group = CLI_JUDGING },
    { "ignore", 0, "RULE", "leave a rule of the protocol out (all: check none); may be repeated",
      .group = CLI_JUDGING },
    { "plugin", 0, "NAME", "ask this plugin about every device, or the one in FILE about those it is for",
      .group = CLI_JUDGING },
    { "no-plugins", 0, NULL, "only the plugins of --plugin", .group = CLI_JUDGING },
    CLI_MAPS_OPTIONS,
    { 0 },
};

static atomic_bool give_up; /* the second signal also ends writing */

static void end_writing(void)
{
    atomic_store(&give_up, true);
}

static bool is_stopped(void *context)
{
    (void)context;
    return cli_signals_counted() > 0;
}

struct reading {
    struct cli_judged of;
    struct cli_report *report; /* NULL: none */
};

static bool write_out(void *context, const char *bytes, size_t size)
{
    (void)context;
    return fwrite(bytes, 1, size, stdout) == size;
}

static enum cli_status judge(struct reading *r, bool as_json)
{
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, write_out, NULL);
    enum vfu_why_status status;

    if (r->of.which && !as_json)
        vfu_write_char(&w, '\n');
    status = cli_output_why(r->of.output, as_json, &w);
    vfu_writer_flush(&w);
    return status >= VFU_MISFITS ? CLI_FAILED : CLI_OK;
}

/* Of the page there is all; what plugins read is not in it. */
static void watch(void *context, const struct vfu_event *event)
{
    struct reading *r = context;

    cli_report_event(r->report, event);
    if (!vfu_event_frames(event) && event->kind != VFU_EVENT_MEMORY)
        cli_report_listed(r->report, event);
}

/* False: a message was printed. */
static bool open_report(struct reading *r, const struct cli_args *args)
{
    const struct cli_report_how how = { .path = cli_value(args, "report"), .options = args->line, .give_up = &give_up,
                                        .source = strcmp(args->rest[0], "-") == 0 ? "standard input" : args->rest[0] };

    if (!how.path)
        return true;
    r->report = cli_report_open(&how);
    return r->report;
}

/* One capture, or ring. */
static enum cli_status read_and_judge(struct reading *r, const struct cli_args *args)
{
    struct cli_output_how how = { .session = r->of.session, .give_up = &give_up, .only_why = true,
                                  .watch = cli_has(args, "report") ? watch : NULL, .watch_context = r,
                                  .file = cli_inputs_name(r->of.inputs, r->of.which) };
    enum cli_status judged, closed, reported = CLI_OK;

    cli_rules_apply(args, r->of.session);
    r->of.output = cli_output_open(args, &how);
    if (!r->of.output)
        return CLI_USAGE;
    if (!open_report(r, args)) {
        cli_output_close(r->of.output);
        return CLI_USAGE;
    }
    cli_judged_read(&r->of);
    if (r->report)
        reported = cli_report_finish(r->report, r->of.session, 0);
    judged = judge(r, cli_has(args, "json"));
    closed = cli_output_close(r->of.output);
    return judged != CLI_OK ? judged : closed != CLI_OK ? closed : reported;
}

/* Each by itself: CLI_FAILED if any is bad. */
static enum cli_status each(struct reading *r, const struct cli_args *args)
{
    enum cli_status all = CLI_OK;

    for (r->of.which = 0; r->of.which < cli_inputs_count(r->of.inputs) && !cli_signals_counted(); r->of.which++) {
        enum cli_status status;

        r->of.session = vfu_session_new(&vfu_all_checks);
        if (!r->of.session) {
            cli_error("out of memory");
            return CLI_FAILED;
        }
        status = read_and_judge(r, args);
        vfu_session_free(r->of.session);
        if (status == CLI_USAGE)
            return status;
        all = status != CLI_OK ? status : all;
    }
    return all;
}

/* A page is of one capture, and not written to it. False: a message was printed. */
static bool may_report(const struct reading *r, const struct cli_args *args)
{
    const char *path = cli_value(args, "report");

    if (path && cli_inputs_count(r->of.inputs) > 1) {
        cli_error("--report: a page is of one capture (vfuscope decode FILE... -w OUT makes one of several)");
        return false;
    }
    if (path && cli_inputs_has(r->of.inputs, path)) {
        cli_error("%s: can't write to the file that is being read", path);
        return false;
    }
    return true;
}

static enum cli_status run(const struct cli_args *args)
{
    struct vfu_capwait wait = { .stopped = is_stopped };
    struct reading r = { .of.notes = !cli_has(args, "no-plugins") };
    enum cli_status status, read;

    cli_signals_count(end_writing);
    if (!cli_parse_overdue(args, &r.of.overdue_ns))
        return CLI_USAGE;
    r.of.inputs = cli_inputs_open(args->rest, (size_t)args->rest_count, &wait, &status);
    if (r.of.inputs && !may_report(&r, args)) {
        status = CLI_USAGE;
    } else if (r.of.inputs) {
        status = each(&r, args);
        read = cli_inputs_end(r.of.inputs);
        status = status != CLI_OK ? status : read;
    }
    cli_inputs_free(r.of.inputs);
    return cli_signals_counted() ? CLI_INTERRUPTED : status;
}

const struct cli_command cli_why = {
    .name = "why",
    .usage = "FILE...",
    .summary = "what is wrong in capture files, and whose fault (- is standard input)",
    .purpose = CLI_UNDERSTAND,
    .paging = CLI_PAGED_FILES,
    .examples = {
        { "why boot.pcap", "what is wrong, whose fault it is, and what to do, the worst first" },
        { "why boot.pcap --json | jq .status", "the verdict alone, for a script" },
    },
    .options = options,
    .min_args = 1,
    .max_args = INT_MAX,
    .run = run,
};
