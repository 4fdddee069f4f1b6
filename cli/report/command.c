/*
 * vfuscope report FILE -o OUT: what `why` says of a capture, and what it is about, as a page to hand on.
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
    { "output", 'o', "FILE", "the page; - is standard output", .group = CLI_OUTPUT },
    { "memory", 0, NULL, "with guest memory, as far as messages hold it; FILE is private then", .group = CLI_OUTPUT },
    { "logs", 0, NULL, "with the lines of other logs", .group = CLI_OUTPUT },
    { "filter", 0, "EXPR", "list only the exchanges that this picks; see vfuscope help filters", .group = CLI_PICKING },
    { "since", 0, "TIME", "list only what came then or later: 0.25 or 250ms since the first record, or a date",
      .group = CLI_PICKING },
    { "until", 0, "TIME", "list only what came then or earlier", .group = CLI_PICKING },
    { "overdue", 0, "TIME", "what waits longer for its reply hangs (1s; 0: only what the capture says so of)",
      .group = CLI_JUDGING },
    { "strict", 0, NULL, "what real peers break and live with counts as a violation too", .group = CLI_JUDGING },
    { "ignore", 0, "RULE", "leave a rule of the protocol out (all: check none); may be repeated", .group = CLI_JUDGING },
    { "plugin", 0, "NAME", "ask this plugin about every device, or the one in FILE about those it is for",
      .group = CLI_JUDGING },
    { "no-plugins", 0, NULL, "only the plugins of --plugin", .group = CLI_JUDGING },
    CLI_MAPS_OPTIONS,
    { 0 },
};

static atomic_bool give_up; /* a signal ends writing, too */

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
    struct cli_report *report;
};

static void take(void *context, const struct vfu_event *event)
{
    cli_report_event(((struct reading *)context)->report, event);
}

static void take_picked(void *context, const struct vfu_event *event)
{
    cli_report_listed(((struct reading *)context)->report, event);
}

/* A page is of one capture, and not written to it. False: a message was printed. */
static bool may_write(const struct cli_inputs *inputs, const char *path)
{
    if (cli_inputs_count(inputs) > 1) {
        cli_error("report: a page is of one capture (vfuscope decode FILE... -w OUT makes one of several)");
        return false;
    }
    if (cli_inputs_has(inputs, path)) {
        cli_error("%s: can't write to the file that is being read", path);
        return false;
    }
    return true;
}

static enum cli_status report(struct reading *r, const struct cli_args *args)
{
    struct cli_report_how page = {
        .path = cli_value(args, "output"),
        .source = strcmp(args->rest[0], "-") == 0 ? "standard input" : args->rest[0],
        .options = args->line,
        .filter = cli_value(args, "filter"),
        .memory = cli_has(args, "memory"),
        .logs = cli_has(args, "logs"),
        .give_up = &give_up,
    };
    struct cli_output_how how = { .session = r->of.session, .give_up = &give_up, .take = take, .take_picked = take_picked,
                                  .take_context = r };
    enum cli_status status;

    cli_rules_apply(args, r->of.session);
    r->of.output = cli_output_open(args, &how);
    if (!r->of.output)
        return CLI_USAGE;
    r->report = cli_report_open(&page);
    if (!r->report) {
        cli_output_close(r->of.output);
        return CLI_USAGE;
    }
    cli_judged_read(&r->of);
    cli_output_end(r->of.output);
    status = cli_signals_counted() ? CLI_INTERRUPTED : cli_report_finish(r->report, r->of.session, 0);
    if (cli_signals_counted() && status == CLI_INTERRUPTED)
        cli_report_drop(r->report);
    cli_output_close(r->of.output);
    return status;
}

static enum cli_status run(const struct cli_args *args)
{
    struct vfu_capwait wait = { .stopped = is_stopped };
    struct reading r = { .of.notes = !cli_has(args, "no-plugins") };
    enum cli_status status, read;

    if (!cli_value(args, "output")) {
        cli_error("report: where to? -o FILE.html");
        return CLI_USAGE;
    }
    cli_signals_count(end_writing);
    if (!cli_parse_overdue(args, &r.of.overdue_ns))
        return CLI_USAGE;
    r.of.inputs = cli_inputs_open(args->rest, (size_t)args->rest_count, &wait, &status);
    if (!r.of.inputs)
        return status;
    r.of.session = vfu_session_new(&vfu_all_checks);
    if (!r.of.session)
        cli_error("out of memory");
    status = !r.of.session ? CLI_FAILED : !may_write(r.of.inputs, cli_value(args, "output")) ? CLI_USAGE : report(&r, args);
    read = cli_inputs_end(r.of.inputs);
    status = status != CLI_OK ? status : read;
    vfu_session_free(r.of.session);
    cli_inputs_free(r.of.inputs);
    return cli_signals_counted() ? CLI_INTERRUPTED : status;
}

const struct cli_command cli_report = {
    .name = "report",
    .usage = "FILE...",
    .summary = "a page of a capture file to hand on: what is wrong, and the exchanges (- is standard input)",
    .purpose = CLI_UNDERSTAND,
    .examples = {
        { "report boot.pcap -o boot.html", "a page for a bug tracker, without guest memory" },
        { "report boot.pcap -o boot.html --filter 'region == bar0'", "the same verdict, and only those exchanges" },
    },
    .options = options,
    .min_args = 1,
    .max_args = INT_MAX,
    .run = run,
};
