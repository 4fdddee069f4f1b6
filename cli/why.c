/*
 * vfuscope why FILE: what is wrong in a capture and whose fault it is, the worst first.
 */
#include "capture/file/capfile.h"
#include "cli/cli.h"
#include "cli/output/output.h"
#include "cli/output/rules.h"
#include "cli/signals.h"
#include "decoder/reasons/reasons.h"

#include <stdio.h>
#include <string.h>

static const struct cli_option options[] = {
    { "json", 0, NULL, "one JSON object", .group = CLI_OUTPUT },
    { "overdue", 0, "TIME", "what waits longer for its reply hangs (1s; 0: only what the capture says so of)",
      .group = CLI_JUDGING },
    { "strict", 0, NULL, "what real peers break and live with counts as a violation too", .group = CLI_JUDGING },
    { "ignore", 0, "RULE", "leave a rule of the protocol out (all: check none); may be repeated",
      .group = CLI_JUDGING },
    { "plugin", 0, "NAME", "ask this plugin about every device, or the one in FILE about those it is for",
      .group = CLI_JUDGING },
    { "no-plugins", 0, NULL, "only the plugins of --plugin", .group = CLI_JUDGING },
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
    struct vfu_capreader *reader;
    struct vfu_session *session;
    struct cli_output *output;
    uint64_t overdue_ns; /* 0: never */
    struct vfu_time last; /* of all events, the latest */
    bool notes; /* those of the capture count too */
};

/* What waits too long at this time: where the capture was written without its being told. */
static void take_overdue(struct reading *r, struct vfu_time now)
{
    struct vfu_event event;

    while (r->overdue_ns && vfu_session_overdue(r->session, now, r->overdue_ns, &event))
        cli_output_event(r->output, &event);
}

static void take(struct reading *r, bool is_message, const struct vfu_event *read)
{
    if (read->time.mono_ns > r->last.mono_ns)
        r->last = read->time;
    if (read->kind == VFU_EVENT_DISCONNECT) /* what waits is forgotten with it */
        take_overdue(r, read->time);
    cli_output_recorded(r->output, r->session, is_message, read, r->notes);
}

static enum cli_status read_all(struct reading *r)
{
    struct vfu_event event;
    struct vfu_error error;

    for (;;) {
        enum vfu_captured got = vfu_capreader_next(r->reader, &event, &error);

        if (got == VFU_CAPTURED_BAD)
            cli_error("%s", error.text);
        if (got != VFU_CAPTURED_MESSAGE && got != VFU_CAPTURED_EVENT) {
            take_overdue(r, r->last);
            cli_output_flush(r->output);
            return got == VFU_CAPTURED_BAD ? CLI_FAILED : CLI_OK;
        }
        take(r, got == VFU_CAPTURED_MESSAGE, &event);
    }
}

static bool write_out(void *context, const char *bytes, size_t size)
{
    (void)context;
    return fwrite(bytes, 1, size, stdout) == size;
}

static enum cli_status judge(struct cli_output *o, bool as_json)
{
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, write_out, NULL);
    enum vfu_why_status status = cli_output_why(o, as_json, &w);

    vfu_writer_flush(&w);
    return status >= VFU_MISFITS ? CLI_FAILED : CLI_OK;
}

static enum cli_status read_and_judge(struct reading *r, const struct cli_args *args)
{
    struct cli_output_how how = { .session = r->session, .give_up = &give_up, .only_why = true };
    enum cli_status status, judged, closed;

    cli_rules_apply(args, r->session);
    r->output = cli_output_open(args, &how);
    if (!r->output)
        return CLI_USAGE;
    status = read_all(r);
    cli_say_unread(r->reader, args->rest[0]);
    judged = judge(r->output, cli_has(args, "json"));
    closed = cli_output_close(r->output);
    return status != CLI_OK ? status : judged != CLI_OK ? judged : closed;
}

static enum cli_status run(const struct cli_args *args)
{
    struct vfu_capwait wait = { .stopped = is_stopped };
    struct reading r = { .notes = !cli_has(args, "no-plugins") };
    struct vfu_error error;
    enum cli_status status;

    cli_signals_count(end_writing);
    if (!cli_parse_overdue(args, &r.overdue_ns))
        return CLI_USAGE;
    r.reader = vfu_capreader_open(args->rest[0], &wait, &error);
    if (!r.reader) {
        if (cli_signals_counted())
            return CLI_INTERRUPTED;
        cli_error("%s", error.text);
        return error.number ? CLI_USAGE : CLI_FAILED;
    }
    r.session = vfu_session_new(&vfu_all_checks);
    if (!r.session)
        cli_error("out of memory");
    status = r.session ? read_and_judge(&r, args) : CLI_FAILED;
    vfu_session_free(r.session);
    vfu_capreader_close(r.reader);
    return cli_signals_counted() ? CLI_INTERRUPTED : status;
}

const struct cli_command cli_why = {
    .name = "why",
    .usage = "FILE",
    .summary = "what is wrong in a capture file, and whose fault (- is standard input)",
    .purpose = CLI_UNDERSTAND,
    .paging = CLI_PAGED_FILES,
    .examples = {
        { "why boot.pcap", "what is wrong, whose fault it is, and what to do, the worst first" },
        { "why boot.pcap --json | jq .status", "the verdict alone, for a script" },
    },
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
