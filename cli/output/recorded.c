/*
 * What capture files hold, on its way to the sinks.
 */
#include "capture/file/capfile.h"
#include "cli/output/output.h"
#include "decoder/registers/registers.h"

void cli_recorded(struct vfu_session *session, bool is_message, const struct vfu_event *read, bool notes,
                  void (*take)(void *context, const struct vfu_event *event), void *context)
{
    struct vfu_event event;

    if (read->kind == VFU_EVENT_PEER && vfu_session_judges_peer(session, read->conn, read->from))
        return; /* it is told anew */
    if (is_message) {
        vfu_session_message(session, &read->message, &event);
    } else {
        event = *read;
        vfu_session_event(session, &event);
    }
    event.file = read->file;
    vfu_session_add_recorded(session, &event, read);
    event.registers = read->registers;
    event.register_count = read->register_count && vfu_event_is_access(&event) ? read->register_count : 0;
    event.notes = read->notes;
    event.note_count = notes ? read->note_count : 0;
    event.requests = read->requests;
    event.request_count = notes ? read->request_count : 0;
    take(context, &event);
    while (vfu_session_peer(session, &event)) {
        event.file = read->file;
        take(context, &event);
    }
}

static void take(void *context, const struct vfu_event *event)
{
    cli_output_event(context, event);
}

void cli_output_recorded(struct cli_output *o, struct vfu_session *session, bool is_message, const struct vfu_event *read,
                         bool notes)
{
    cli_recorded(session, is_message, read, notes, take, o);
}

void cli_say_unread(const struct vfu_capreader *reader, const char *path)
{
    const char *why;
    uint64_t count = vfu_capreader_left_out(reader, &why);

    if (count)
        cli_error("%s: %llu event%s left out, the first in %s", path, (unsigned long long)count,
                  count == 1 ? " is" : "s are", why);
}
