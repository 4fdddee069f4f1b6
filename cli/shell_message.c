/*
 * A message built by hand: see shell_message.h.
 */
#include "shell_message.h"

#include "decoder/text.h"

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
        vfu_build_set_number(&m->build, "header.id", vfu_client_next_id(&sh->client)))
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

bool shell_message_word(struct shell *sh, struct shell_message *m, char *word)
{
    char *equals = strchr(word, '=');

    if (strcmp(word, "--no-wait") == 0) {
        m->no_wait = true;
        return true;
    }
    if (!equals)
        return shell_fail(sh, "%.80s: field=value, fd=KIND, raw=HEX or --no-wait", word);
    *equals = '\0';
    if (strcmp(word, "fd") == 0)
        return add_fd(sh, m, equals + 1);
    if (strcmp(word, "raw") == 0)
        return add_raw(sh, m, equals + 1);
    if (!vfu_build_set(&m->build, word, equals + 1))
        return shell_fail(sh, "%s", m->build.error);
    m->fields = m->fields || strncmp(word, "header.", 7) != 0;
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
    const struct vfu_event *event = &sh->client.reply.event;

    if (!sh->client.reply.present)
        return;
    shell_json_reply(sh);
    shell_json_key(sh, "header");
    shell_header_json(event, &sh->members.w);
    shell_json_key(sh, "fds");
    fds_json(&event->message, &sh->members.w);
    say_reply(sh, event);
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
    vfu_reply_clear(&sh->client.reply);
    sent = vfu_client_send(&sh->client, b->bytes, b->size, m->fds, m->nfds, !m->no_wait, &sh->error);
    vfu_close_fds(m->fds, m->nfds);
    m->nfds = 0;
    if (sent == VFU_CLIENT_OK && !m->no_wait)
        sent = vfu_client_wait(&sh->client, sh->client.timeout_ms, &sh->error);
    result = shell_client_result(sh, sent);
    if (result == SHELL_OK || result == SHELL_REFUSED)
        show_reply(sh);
    return result;
}
