/*
 * A message built by hand: see shell_message.h.
 */
#include "capture/clock.h"
#include "cli/shell/message.h"

#include "decoder/sinks/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

bool shell_message_start(struct shell *sh, struct shell_message *m, unsigned command)
{
    memset(m, 0, sizeof *m);
    if (vfu_build_start(&m->build, command, false) &&
        vfu_build_set_number(&m->build, "header.id", vfu_client_next_id(&sh->link.client)))
        return true;
    return shell_fail(sh, "%s", m->build.error);
}

void shell_message_free(struct shell_message *m)
{
    vfu_close_fds(m->fds, m->nfds);
    m->nfds = 0;
    free(m->raw);
    m->raw = NULL;
    vfu_build_free(&m->build);
}

static int make_memfd(struct shell *sh, const char *size)
{
    uint64_t bytes;
    int fd;

    if (!shell_number(sh, "fd=memfd:SIZE", size, &bytes))
        return -1;
    fd = memfd_create("vfuscope-send", MFD_CLOEXEC);
    if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0)
        return fd;
    shell_fail(sh, "fd=memfd:%.40s: %s", size, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* memfd:SIZE, eventfd, file:PATH */
static int make_fd(struct shell *sh, const char *kind)
{
    int fd = -1;

    if (strncmp(kind, "memfd:", 6) == 0)
        return make_memfd(sh, kind + 6);
    if (strcmp(kind, "eventfd") == 0) {
        fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    } else if (strncmp(kind, "file:", 5) == 0) {
        fd = open(kind + 5, O_RDWR | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0 && (errno == EACCES || errno == EROFS || errno == EISDIR))
            fd = open(kind + 5, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } else {
        shell_fail(sh, "fd=%.80s: memfd:SIZE, eventfd or file:PATH", kind);
        return -1;
    }
    if (fd < 0)
        shell_fail(sh, "fd=%.150s: %s", kind, strerror(errno));
    return fd;
}

static bool add_fd(struct shell *sh, struct shell_message *m, const char *kind)
{
    int fd;

    if (m->nfds == VFU_MAX_FDS)
        return shell_fail(sh, "fd=: a message carries at most %d", VFU_MAX_FDS);
    fd = make_fd(sh, kind);
    if (fd < 0)
        return false;
    m->fds[m->nfds++] = fd;
    return true;
}

static bool add_raw(struct shell *sh, struct shell_message *m, const char *hex)
{
    uint8_t *bytes, *grown;
    size_t size;

    if (!shell_hex(sh, hex, &bytes, &size))
        return false;
    grown = realloc(m->raw, m->raw_size + size + 1);
    if (grown) {
        memcpy(grown + m->raw_size, bytes, size);
        m->raw = grown;
        m->raw_size += size;
        m->has_raw = true;
    }
    free(bytes);
    return grown || shell_fail(sh, "out of memory");
}

/* "--split" and its N */
static bool take_number(struct shell *sh, int argc, char **argv, int *at, uint64_t most, uint64_t *number)
{
    const char *option = argv[*at];

    if (++*at == argc)
        return shell_fail(sh, "%s: a number must follow", option);
    if (!shell_number(sh, option, argv[*at], number))
        return false;
    return (*number > 0 && *number <= most) ||
           shell_fail(sh, "%s: %.40s: from 1 to %llu", option, argv[*at], (unsigned long long)most);
}

static bool take_word(struct shell *sh, struct shell_message *m, int argc, char **argv, int *at)
{
    char *word = argv[*at], *equals = strchr(word, '=');

    if (strcmp(word, "--no-wait") == 0)
        return m->no_wait = true;
    if (strcmp(word, "--split") == 0)
        return take_number(sh, argc, argv, at, VFU_MAX_MESSAGE, &m->split);
    if (strcmp(word, "--pipeline") == 0)
        return take_number(sh, argc, argv, at, SHELL_PIPELINE, &m->pipeline);
    if (!equals)
        return shell_fail(sh, "%.80s: field=value, fd=KIND, raw=HEX or an option", word);
    *equals = '\0';
    if (strcmp(word, "fd") == 0)
        return add_fd(sh, m, equals + 1);
    if (strcmp(word, "raw") == 0)
        return add_raw(sh, m, equals + 1);
    if (!vfu_build_set(&m->build, word, equals + 1))
        return shell_fail(sh, "%s", m->build.error);
    m->fields = m->fields || strncmp(word, "header.", 7) != 0;
    m->id_set = m->id_set || strcmp(word, "header.id") == 0;
    return true;
}

bool shell_message_words(struct shell *sh, struct shell_message *m, int argc, char **argv, int at)
{
    for (; at < argc; at++)
        if (!take_word(sh, m, argc, argv, &at))
            return false;
    return true;
}

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

static void say_reply(struct shell *sh, const struct vfu_event *event)
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

static void show_reply(struct shell *sh)
{
    const struct vfu_event *event = &sh->link.client.reply.event;

    if (!sh->link.client.reply.present)
        return;
    shell_json_reply(sh);
    shell_json_key(sh, "header");
    shell_header_json(event, &sh->outcome.members.w);
    shell_json_key(sh, "fds");
    fds_json(&event->message, &sh->outcome.members.w);
    say_reply(sh, event);
}

/* One copy of it, whole or in pieces. */
static enum vfu_client_result put_out(struct shell *sh, struct shell_message *m, bool wait)
{
    const struct vfu_build *b = &m->build;

    return vfu_client_send_pieces(&sh->link.client, b->bytes, b->size, m->split ? (size_t)m->split : b->size, m->fds,
                                  m->nfds, wait, &sh->outcome.error);
}

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
    if (event->flags & VFU_ERROR && piped->errors++ == 0) {
        sh->outcome.refused = event->error;
        vfu_client_reason(event, sh->outcome.reason, sizeof sh->outcome.reason);
    }
    piped_json(piped, event);
    say_reply(sh, event);
    if (event->flags & VFU_ERROR)
        shell_say(sh, "id %u: error %s\n", event->id,
                  vfu_name_of(vfu_errno_names, event->error) ? vfu_name_of(vfu_errno_names, event->error) : "?");
    return true;
}

/* All copies out, what is answered meanwhile taken; then the rest is waited for. */
static enum shell_result run_pipeline(struct shell *sh, struct shell_message *m)
{
    struct shell_piped *piped = &sh->link.piped;
    enum vfu_client_result sent = VFU_CLIENT_OK;
    uint64_t start, now;

    start = vfu_mono_ns();
    for (uint64_t i = 0; i < m->pipeline && (sent == VFU_CLIENT_OK || sent == VFU_CLIENT_TIMEOUT); i++) {
        if (i > 0 && !m->id_set)
            vfu_build_set_number(&m->build, "header.id", vfu_client_next_id(&sh->link.client));
        sh->link.sent = (struct shell_sent){ .flags = VFU_NO_REPLY }; /* unless the session sees a command go out */
        sent = put_out(sh, m, false);
        if (i == 0)
            piped->first_id = sh->link.sent.id;
        piped->ids = m->id_set ? 1 : (unsigned)i + 1;
        if (sent == VFU_CLIENT_OK && (sh->link.sent.flags & (VFU_TYPE_MASK | VFU_NO_REPLY)) == VFU_TYPE_COMMAND)
            piped->waiting++;
        if (sent == VFU_CLIENT_OK)
            sent = vfu_client_turn(&sh->link.client, NULL, 0, &sh->outcome.error);
    }
    for (now = start; piped->waiting && (sent == VFU_CLIENT_OK || sent == VFU_CLIENT_TIMEOUT);
         now = vfu_mono_ns()) {
        int left = sh->link.client.timeout_ms - (int)((now - start) / 1000000);

        if (left <= 0) {
            shell_fail(sh, "%llu of %llu command%s got no reply within %d ms", (unsigned long long)piped->waiting,
                       (unsigned long long)m->pipeline, vfu_plural(m->pipeline), sh->link.client.timeout_ms);
            return SHELL_FAILED;
        }
        sent = vfu_client_turn(&sh->link.client, NULL, left, &sh->outcome.error);
    }
    if (sent == VFU_CLIENT_STOPPED)
        return SHELL_STOPPED;
    if (sent != VFU_CLIENT_OK && sent != VFU_CLIENT_TIMEOUT)
        return SHELL_FAILED;
    now = vfu_mono_ns();
    shell_say(sh, "%llu sent, %llu %s, %llu error%s, %.1f us\n", (unsigned long long)m->pipeline,
              (unsigned long long)piped->answered, piped->answered == 1 ? "reply" : "replies",
              (unsigned long long)piped->errors, vfu_plural(piped->errors), (double)(now - start) / 1e3);
    return piped->errors ? SHELL_REFUSED : SHELL_OK;
}

static enum shell_result send_pipeline(struct shell *sh, struct shell_message *m)
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

enum shell_result shell_message_send(struct shell *sh, struct shell_message *m)
{
    enum vfu_client_result sent;
    enum shell_result result;
    struct vfu_build *b = &m->build;

    if (m->has_raw && !m->fields)
        vfu_build_clear_payload(b);
    if ((m->has_raw && !vfu_build_append(b, m->raw, m->raw_size)) || !vfu_build_end(b)) {
        shell_fail(sh, "%s", b->error);
        return SHELL_FAILED;
    }
    vfu_reply_clear(&sh->link.client.reply);
    if (m->pipeline)
        return send_pipeline(sh, m);
    sent = put_out(sh, m, !m->no_wait);
    vfu_close_fds(m->fds, m->nfds);
    m->nfds = 0;
    if (sent == VFU_CLIENT_OK && !m->no_wait)
        sent = vfu_client_wait(&sh->link.client, sh->link.client.timeout_ms, &sh->outcome.error);
    result = shell_client_result(sh, sent);
    if (result == SHELL_OK || result == SHELL_REFUSED)
        show_reply(sh);
    return result;
}
