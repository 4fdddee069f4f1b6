/*
 * Sending a message that was built: whole or in pieces, once or many times before the first reply is waited for.
 */
#include "capture/clock.h"
#include "cli/shell/message.h"

enum vfu_client_result shell_message_out(struct shell *sh, struct shell_message *m, bool wait)
{
    const struct vfu_build *b = &m->build;

    return vfu_client_send_pieces(&sh->link.client, b->bytes, b->size, m->split ? (size_t)m->split : b->size, m->fds,
                                  m->nfds, wait, &sh->outcome.error);
}

/* --- many times --- */

static void piped_json(struct shell_piped *piped, const struct vfu_event *event)
{
    const struct vfu_json json = { .hex = true };
    struct vfu_writer *w = &piped->replies.w;

    vfu_write_text(w, piped->answered > 1 ? ",{\"header\":" : "{\"header\":");
    shell_header_json(event, w);
    vfu_write_text(w, ",\"reply\":");
    vfu_json_payload(&json, event, w);
    vfu_write_char(w, '}');
}

bool shell_message_piped(struct shell *sh, const struct vfu_event *event)
{
    struct shell_piped *piped = &sh->link.piped;

    if (!piped->waiting || (uint16_t)(event->id - piped->first_id) >= piped->ids)
        return false;
    piped->waiting--;
    piped->answered++;
    if (event->flags & VFU_ERROR && piped->errors++ == 0)
        shell_refused(sh, event);
    piped_json(piped, event);
    shell_reply_say(sh, event);
    if (event->flags & VFU_ERROR)
        shell_say(sh, "id %u: error %s\n", event->id,
                  vfu_name_of(vfu_errno_names, event->error) ? vfu_name_of(vfu_errno_names, event->error) : "?");
    return true;
}

/* All copies out; what is answered meanwhile is taken. */
static enum vfu_client_result send_all(struct shell *sh, struct shell_message *m)
{
    struct shell_piped *piped = &sh->link.piped;
    enum vfu_client_result sent = VFU_CLIENT_OK;

    for (uint64_t i = 0; i < m->pipeline && (sent == VFU_CLIENT_OK || sent == VFU_CLIENT_TIMEOUT); i++) {
        if (i > 0 && !m->id_set)
            vfu_build_set_number(&m->build, "header.id", vfu_client_next_id(&sh->link.client));
        sh->link.sent = (struct shell_sent){ .flags = VFU_NO_REPLY }; /* unless the session sees a command go out */
        sent = shell_message_out(sh, m, false);
        if (i == 0)
            piped->first_id = sh->link.sent.id;
        piped->ids = m->id_set ? 1 : (unsigned)i + 1;
        if (sent == VFU_CLIENT_OK && (sh->link.sent.flags & (VFU_TYPE_MASK | VFU_NO_REPLY)) == VFU_TYPE_COMMAND)
            piped->waiting++;
        if (sent == VFU_CLIENT_OK)
            sent = vfu_client_turn(&sh->link.client, NULL, 0, &sh->outcome.error);
    }
    return sent;
}

/* Then the rest is waited for; VFU_CLIENT_FAILED: in vain. */
static enum vfu_client_result await_all(struct shell *sh, const struct shell_message *m, uint64_t start_ns)
{
    enum vfu_client_result got = VFU_CLIENT_OK;

    for (uint64_t now = start_ns; sh->link.piped.waiting && (got == VFU_CLIENT_OK || got == VFU_CLIENT_TIMEOUT);
         now = vfu_mono_ns()) {
        int left = sh->link.client.timeout_ms - (int)((now - start_ns) / 1000000);

        if (left <= 0) {
            shell_fail(sh, "%llu of %llu command%s got no reply within %d ms",
                       (unsigned long long)sh->link.piped.waiting, (unsigned long long)m->pipeline,
                       vfu_plural(m->pipeline), sh->link.client.timeout_ms);
            return VFU_CLIENT_FAILED;
        }
        got = vfu_client_turn(&sh->link.client, NULL, left, &sh->outcome.error);
    }
    return got;
}

static enum shell_result run_pipeline(struct shell *sh, struct shell_message *m)
{
    const struct shell_piped *piped = &sh->link.piped;
    uint64_t start_ns = vfu_mono_ns();
    enum vfu_client_result result = send_all(sh, m);

    if (result == VFU_CLIENT_OK || result == VFU_CLIENT_TIMEOUT)
        result = await_all(sh, m, start_ns);
    if (result == VFU_CLIENT_STOPPED)
        return SHELL_STOPPED;
    if (result != VFU_CLIENT_OK && result != VFU_CLIENT_TIMEOUT)
        return SHELL_FAILED;
    shell_say(sh, "%llu sent, %llu %s, %llu error%s, %.1f us\n", (unsigned long long)m->pipeline,
              (unsigned long long)piped->answered, piped->answered == 1 ? "reply" : "replies",
              (unsigned long long)piped->errors, vfu_plural(piped->errors),
              (double)(vfu_mono_ns() - start_ns) / 1e3);
    return piped->errors ? SHELL_REFUSED : SHELL_OK;
}

enum shell_result shell_message_pipeline(struct shell *sh, struct shell_message *m)
{
    struct shell_piped *piped = &sh->link.piped;
    enum shell_result result;

    *piped = (struct shell_piped){ 0 };
    shell_buffer_init(&piped->replies);
    result = run_pipeline(sh, m);
    shell_json_number(sh, "answered", piped->answered);
    shell_json_number(sh, "errors", piped->errors);
    shell_json_key(sh, "replies");
    vfu_write_char(&sh->outcome.members.w, '[');
    vfu_write_text(&sh->outcome.members.w, shell_buffer_text(&piped->replies));
    vfu_write_char(&sh->outcome.members.w, ']');
    shell_buffer_free(&piped->replies);
    piped->waiting = 0;
    return result;
}
