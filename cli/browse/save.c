/*
 * What leaves the screen: what is shown as a file, a message as the shell's `send` line.
 */
#include "cli/browse/inside.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/error.h"

#include <stdio.h>
#include <string.h>

/* --- files --- */

enum kind { AS_CAPTURE, AS_TEXT, AS_JSON, AS_REPORT };

static bool ends_so(const char *text, const char *end)
{
    size_t size = strlen(text), length = strlen(end);

    return size > length && strcmp(text + size - length, end) == 0;
}

/* By the name's end. */
static enum kind kind_of(const char *path)
{
    if (ends_so(path, ".json") || ends_so(path, ".ndjson") || ends_so(path, ".jsonl"))
        return AS_JSON;
    if (ends_so(path, ".html") || ends_so(path, ".htm"))
        return AS_REPORT;
    return ends_so(path, ".pcap") || ends_so(path, ".vfu") || ends_so(path, ".pcap.zst") || ends_so(path, ".pcap.gz") ? AS_CAPTURE
                                                                                                                    : AS_TEXT;
}

/* What picks its exchanges, in words. */
static bool write_report(struct browse *b, const char *path, struct vfu_error *error)
{
    char picked[EDIT_ROOM + 32];
    struct browse_report page = { .path = path, .source = b->how->name, .options = b->how->args->line };

    snprintf(picked, sizeof picked, "%s%s", b->filter, !b->folded ? "" : b->filter[0] ? "; polls folded" : "polls folded");
    page.filter = picked[0] ? picked : NULL;
    return browse_view_report(b->view, &page, error);
}

static bool write_to(struct browse *b, const char *path, enum kind kind, struct vfu_error *error)
{
    static const enum browse_write kinds[] = { [AS_CAPTURE] = BROWSE_WRITE_CAPTURE, [AS_TEXT] = BROWSE_WRITE_TEXT,
                                               [AS_JSON] = BROWSE_WRITE_JSON };

    if (kind != AS_REPORT)
        return browse_view_write(b->view, kinds[kind], path, error);
    return write_report(b, path, error);
}

/* Once the person was told that it is at it: of much it takes a while. */
static void write_now(struct browse *b)
{
    static const char *const words[] = { "capture", "text", "JSON", "report" };
    struct vfu_error error = { 0 };
    const char *path = b->write_to;
    enum kind kind = kind_of(path);

    if (!write_to(b, path, kind, &error))
        browse_wrong(b, "%s", error.text);
    else if (browse_view_filling(b->view, NULL) || b->state.reading)
        browse_say(b, "%s: written as %s, what is shown so far", path, words[kind]);
    else
        browse_say(b, "%s: written as %s, %zu line%s of the list", path, words[kind], browse_rows(b), vfu_plural(browse_rows(b)));
}

static bool named(struct browse *b, const char *path, bool done)
{
    if (!done || !path[0])
        return true;
    snprintf(b->write_to, sizeof b->write_to, "%s", path);
    browse_ask_end(b);
    browse_say(b, "%s: being written ...", b->write_to);
    b->due = write_now;
    return true;
}

void browse_write_file(struct browse *b, int unused)
{
    static const struct browse_question question = { "write what is shown to (.pcap, .txt, .json, .html): ", named, NULL, NULL, -1 };

    (void)unused;
    browse_ask(b, &question, "");
}

/* --- a message as a line of the shell --- */

static bool has_only_fields(const struct vfu_decoded *d)
{
    for (unsigned i = 0; i < d->count; i++)
        if (d->values[i].field->kind == VFU_LIST || d->values[i].field->kind == VFU_OBJECT || d->values[i].field->kind == VFU_JSON)
            return false;
    return !d->extra_size && !d->truncated && !d->is_short;
}

static void field(struct vfu_writer *w, const struct vfu_value *v)
{
    const char *name = v->field->kind == VFU_ENUM ? vfu_name_of(v->field->names, v->number) : NULL;

    if (v->field->alias)
        return;
    vfu_write_char(w, ' ');
    vfu_write_text(w, v->field->name);
    vfu_write_char(w, '=');
    if (v->field->kind == VFU_BYTES)
        vfu_write_hex(w, v->bytes, v->size);
    else if (name)
        vfu_write_text(w, name);
    else if (v->field->kind == VFU_NUMBER && v->number < 10)
        vfu_write_decimal(w, v->number);
    else
        vfu_write_0x(w, v->field->kind == VFU_FLAGS ? v->raw : v->number);
}

static void descriptor(struct vfu_writer *w, const struct vfu_fd *fd)
{
    if (fd->type == VFU_FD_EVENTFD) {
        vfu_write_text(w, " fd=eventfd");
    } else if (fd->has_size) {
        vfu_write_text(w, " fd=memfd:");
        vfu_write_size(w, fd->size);
    }
}

static void send_line(struct vfu_writer *w, const struct vfu_event *e)
{
    const struct vfu_message *m = &e->message;
    uint32_t flags = e->flags & ~(uint32_t)VFU_TYPE_MASK;
    struct vfu_decoded room;
    const struct vfu_decoded *d = vfu_decoded_of(e, &room);

    vfu_write_text(w, "send ");
    if (e->command)
        vfu_write_text(w, e->command->name);
    else
        vfu_write_decimal(w, e->command_number);
    if (flags) {
        vfu_write_text(w, " header.flags=");
        vfu_write_0x(w, flags);
    }
    if (e->command && has_only_fields(d)) {
        for (unsigned i = 0; i < d->count; i++)
            field(w, &d->values[i]);
    } else if (m->captured > VFU_HEADER_SIZE) {
        vfu_write_text(w, " raw=");
        vfu_write_hex(w, m->bytes + VFU_HEADER_SIZE, m->captured - VFU_HEADER_SIZE);
    }
    for (unsigned i = 0; i < m->nfds; i++)
        descriptor(w, &m->fds[i]);
}

/* OSC 52: terminals that know it put it where pasting takes it from; the others pass over it. */
static void to_clipboard(struct browse *b, const char *text, size_t size)
{
    struct browse_text t;
    struct vfu_writer *w = browse_text_begin(&t);

    vfu_write_text(w, "\033]52;c;");
    vfu_write_base64(w, (const uint8_t *)text, size);
    vfu_write_char(w, '\a');
    if (browse_text_end(&t))
        browse_terminal_send(b->terminal, t.bytes, t.size);
    browse_text_free(&t);
}

static void show_copy(struct browse *b, struct browse_lines *l)
{
    browse_lines_split(l, b->copied, strlen(b->copied), browse_terminal_columns(b->terminal));
}

void browse_copy(struct browse *b, int unused)
{
    static const struct browse_page page = { NULL, "The message as a line of the shell (Esc goes back)", false, show_copy };
    const struct vfu_event *e;
    struct vfu_writer w = vfu_writer(b->copied, sizeof b->copied - 1, NULL, NULL);

    (void)unused;
    browse_fields_ready(b, browse_layout(b).fields_columns);
    e = b->events ? browse_events_command(b->events) : NULL;
    if (!e || e->kind != VFU_EVENT_MESSAGE) {
        browse_wrong(b, "only a message can be sent");
        return;
    }
    send_line(&w, e);
    if (w.failed) {
        browse_wrong(b, "the message is too long for a line of the shell");
        return;
    }
    b->copied[w.used] = '\0';
    to_clipboard(b, b->copied, w.used);
    browse_page_open(b, &page);
}
