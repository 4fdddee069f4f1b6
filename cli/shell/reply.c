/*
 * A reply shown whole: its fields as a tree, its header and descriptors as JSON.
 */
#include "cli/shell/message.h"
#include "decoder/sinks/sinks.h"

void shell_header_json(const struct vfu_event *event, struct vfu_writer *w)
{
    bool first = true;

    vfu_write_text(w, "{\"id\":");
    vfu_write_decimal(w, event->id);
    vfu_write_text(w, ",\"command\":");
    vfu_write_decimal(w, event->command_number);
    if (event->command) {
        vfu_write_text(w, ",\"command_name\":\"");
        vfu_write_text(w, event->command->name);
        vfu_write_char(w, '"');
    }
    vfu_write_text(w, ",\"size\":");
    vfu_write_decimal(w, event->size);
    vfu_write_text(w, ",\"flags\":{\"raw\":\"");
    vfu_write_0x(w, event->flags);
    vfu_write_text(w, "\",\"names\":[");
    for (const struct vfu_name *n = vfu_header_flag_names; n->name; n++) {
        if ((event->flags & n->value) != n->value)
            continue;
        vfu_write_text(w, first ? "\"" : ",\"");
        vfu_write_text(w, n->name);
        vfu_write_char(w, '"');
        first = false;
    }
    vfu_write_text(w, "]},\"error\":");
    vfu_write_decimal(w, event->error);
    vfu_write_char(w, '}');
}

static void fds_json(const struct vfu_message *m, struct vfu_writer *w)
{
    vfu_write_char(w, '[');
    for (unsigned i = 0; i < m->nfds; i++) {
        vfu_write_text(w, i ? ",{\"type\":\"" : "{\"type\":\"");
        vfu_write_text(w, vfu_fd_type_name(m->fds[i].type));
        vfu_write_char(w, '"');
        if (m->fds[i].has_size) {
            vfu_write_text(w, ",\"size\":\"");
            vfu_write_0x(w, m->fds[i].size);
            vfu_write_char(w, '"');
        }
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
}

/* Bytes that the tree does not show whole. */
static bool needs_hexdump(const struct vfu_decoded *d)
{
    enum { IN_TREE = 64 };

    for (unsigned i = 0; i < d->count; i++)
        if (d->values[i].field->kind == VFU_BYTES && d->values[i].size > IN_TREE)
            return true;
    return d->extra_size > 0;
}

void shell_reply_say(struct shell *sh, const struct vfu_event *event)
{
    struct vfu_writer *w = shell_text(sh);
    const struct vfu_message *m = &event->message;
    struct vfu_decoded d;
    char name[SHELL_NAME];

    vfu_decode(event, &d);
    if (event->flags & VFU_ERROR && m->captured == VFU_HEADER_SIZE)
        return; /* the error is said anyway */
    snprintf(name, sizeof name, "command %u", event->command_number);
    shell_say(sh, "%s reply, id %u, %u bytes", event->command ? event->command->name : name, event->id, event->size);
    for (unsigned i = 0; i < m->nfds; i++) {
        shell_say(sh, "%s%s", i ? ", " : ", fd ", vfu_fd_type_name(m->fds[i].type));
        if (m->fds[i].has_size) {
            vfu_write_char(w, ':');
            vfu_write_size(w, m->fds[i].size);
        }
    }
    shell_say(sh, "%s%s\n", d.is_short ? ", too short for its fields" : "", d.extra_size ? ", with bytes beyond" : "");
    vfu_text_tree(w, d.values, d.count, 2);
    if (needs_hexdump(&d))
        vfu_text_hexdump(w, m->bytes + VFU_HEADER_SIZE, m->captured - VFU_HEADER_SIZE, 2, 0);
}

void shell_reply_show(struct shell *sh)
{
    const struct vfu_event *event = sh->link.client.reply.event;

    if (!event)
        return;
    shell_json_reply(sh);
    shell_json_key(sh, "header");
    shell_header_json(event, &sh->outcome.members.w);
    shell_json_key(sh, "fds");
    fds_json(&event->message, &sh->outcome.members.w);
    shell_reply_say(sh, event);
}
