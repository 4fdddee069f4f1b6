/*
 * vfuscope decode FILE: a capture, shown as the tap would have shown it.
 */
#include "capture/file/capfile.h"
#include "cli/cli.h"
#include "cli/output/logs.h"
#include "cli/output/output.h"
#include "cli/output/rules.h"
#include "cli/signals.h"
#include "decoder/reasons/reasons.h"

#include <stddef.h>

static const struct cli_option options[] = {
    { "log", 0, "NAME=FILE", "lines of another log, by their times; may be repeated", .group = CLI_INPUT },
    { 0 },
};

enum { LOOK = 64 /* records: so often it is looked whether anybody takes the output yet */ };

static atomic_bool give_up; /* the second signal also ends writing */

static void end_writing(void)
{
    atomic_store(&give_up, true);
}

/* A signal came, or nobody takes what is written: there is nothing to wait for any more. */
static bool is_stopped(void *context)
{
    struct cli_output **o = context;

    return cli_signals_counted() > 0 || (*o && cli_output_failed(*o, true));
}

static void flush_output(void *context)
{
    struct cli_output **o = context;

    if (*o)
        cli_output_flush(*o);
}

static enum cli_status decode_all(struct vfu_capreader *reader, struct cli_output *o, struct vfu_session *session,
                                  bool notes, struct cli_timed *logs)
{
    struct vfu_event event;
    struct vfu_error error;

    for (unsigned n = 1; !cli_output_count_reached(o) && (n % LOOK || !cli_output_failed(o, true)); n++) {
        enum vfu_captured got = vfu_capreader_next(reader, &event, &error);

        switch (got) {
        case VFU_CAPTURED_MESSAGE:
        case VFU_CAPTURED_EVENT:
            cli_timed_until(logs, o, &event);
            cli_output_recorded(o, session, got == VFU_CAPTURED_MESSAGE, &event, notes);
            break;
        case VFU_CAPTURED_END:
            cli_timed_rest(logs, o);
            return CLI_OK;
        case VFU_CAPTURED_STOPPED: /* by a signal, or since no output is left: its end tells */
            return CLI_OK;
        case VFU_CAPTURED_BAD:
            cli_timed_rest(logs, o);
            cli_output_flush(o); /* what came before it, before the reason why nothing follows */
            cli_error("%s", error.text);
            return CLI_FAILED;
        }
    }
    return CLI_OK;
}

static enum cli_status run(const struct cli_args *args)
{
    struct cli_output *o = NULL;
    struct cli_output_how how = { .give_up = &give_up, .range = args->rest_count > 1 ? args->rest[1] : NULL };
    uint64_t first, last;
    struct vfu_capwait wait = { .idle = flush_output, .stopped = is_stopped, .context = &o };
    struct vfu_capreader *reader;
    struct vfu_session *session;
    struct cli_timed *logs = NULL;
    struct vfu_error error;
    enum cli_status status = CLI_FAILED, written;

    if (how.range && !cli_parse_range(how.range, &first, &last)) {
        cli_error("%s: not FIRST..LAST, the numbers of messages", how.range);
        return CLI_USAGE;
    }
    cli_signals_count(end_writing);
    if (cli_output_overwrites(args, args->rest[0]))
        return CLI_USAGE;
    reader = vfu_capreader_open(args->rest[0], &wait, &error);
    if (!reader) {
        if (cli_signals_counted())
            return CLI_INTERRUPTED;
        cli_error("%s", error.text);
        return error.number ? CLI_USAGE : CLI_FAILED;
    }
    session = vfu_session_new(&vfu_all_checks);
    how.session = session;
    if (!session)
        cli_error("out of memory");
    if (session)
        cli_rules_apply(args, session);
    if (session && cli_timed_open(args, (const char *const *)args->rest, 1, &logs))
        o = cli_output_open(args, &how);
    if (o) {
        status = decode_all(reader, o, session, !cli_has(args, "no-plugins"), logs);
        cli_say_unread(reader, args->rest[0]);
        written = cli_output_close(o);
        status = status == CLI_OK ? written : status;
    } else if (session) {
        status = CLI_USAGE;
    }
    cli_timed_free(logs);
    vfu_session_free(session);
    vfu_capreader_close(reader);
    return cli_signals_counted() ? CLI_INTERRUPTED : status;
}

const struct cli_command cli_decode = {
    .name = "decode",
    .usage = "FILE [FIRST..LAST]",
    .summary = "show a capture file (- is standard input)",
    .paging = CLI_PAGED_FILES,
    .examples = {
        { "decode boot.pcap --filter 'error or latency > 1ms'",
          "only what failed or took long, each with its reply" },
        { "decode boot.pcap -q -c", "a summary, and no messages" },
    },
    .options = options,
    .more = cli_output_option,
    .min_args = 1,
    .max_args = 2,
    .run = run,
};
