/*
 * diff: a capture, read into memory as exchanges, with the names that plugins have for registers.
 */
#include "capture/file/capfile.h"
#include "cli/diff/inside.h"
#include "cli/output/output.h"
#include "cli/signals.h"
#include "decoder/reasons/reasons.h"

static bool is_stopped(void *context)
{
    (void)context;
    return cli_signals_counted() > 0;
}

static void take(void *context, const struct vfu_event *event)
{
    struct diff_capture *c = context;

    c->no_memory |= !vfu_conversations_event(&c->talk, event);
}

static enum cli_status read_all(struct diff_capture *c, struct vfu_capreader *reader)
{
    struct vfu_event event;
    struct vfu_error error;
    enum vfu_captured got;

    while ((got = vfu_capreader_next(reader, &event, &error)) == VFU_CAPTURED_MESSAGE || got == VFU_CAPTURED_EVENT) {
        c->begun = true;
        cli_output_recorded(c->output, c->session, got == VFU_CAPTURED_MESSAGE, &event, false);
        if (c->no_memory)
            break;
    }
    c->begun |= got == VFU_CAPTURED_END;
    cli_output_flush(c->output);
    cli_say_unread(reader, c->path);
    vfu_conversations_end(&c->talk);
    if (c->no_memory)
        cli_error("%s: out of memory", c->path);
    else if (got == VFU_CAPTURED_BAD)
        cli_error("%s", error.text);
    return c->no_memory || got == VFU_CAPTURED_BAD ? CLI_FAILED : CLI_OK;
}

enum cli_status diff_load(struct diff_capture *c, const char *path, const struct cli_args *args)
{
    const struct vfu_capwait wait = { .stopped = is_stopped };
    const struct cli_output_how how = { .take = take, .take_context = c };
    struct vfu_error error;
    struct vfu_capreader *reader = vfu_capreader_open(path, &wait, &error);
    enum cli_status status;

    *c = (struct diff_capture){ .path = path };
    if (!reader) {
        if (cli_signals_counted())
            return CLI_INTERRUPTED;
        cli_error("%s", error.text);
        return error.number ? CLI_USAGE : CLI_FAILED;
    }
    c->session = vfu_session_new(&vfu_all_checks);
    if (!c->session)
        cli_error("out of memory");
    c->output = c->session ? cli_output_open(args, &how) : NULL;
    status = c->output ? read_all(c, reader) : CLI_USAGE;
    vfu_capreader_close(reader);
    return cli_signals_counted() ? CLI_INTERRUPTED : status;
}

void diff_close(struct diff_capture *c)
{
    vfu_conversations_free(&c->talk);
    if (c->output)
        cli_output_close(c->output);
    vfu_session_free(c->session);
}
