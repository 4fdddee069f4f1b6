/*
 * A message built by hand: see message.h.
 */
#include "capture/foreign.h"
#include "cli/shell/message.h"
#include "decoder/wire/grow.h"

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
    uint8_t *bytes;
    size_t size;
    bool fits;

    if (!shell_hex(sh, hex, &bytes, &size))
        return false;
    fits = VFU_GROW(m->raw, m->raw_capacity, m->raw_size + size + 1); /* of nothing too */
    if (fits) {
        memcpy(m->raw + m->raw_size, bytes, size);
        m->raw_size += size;
        m->has_raw = true;
    }
    free(bytes);
    return fits || shell_fail(sh, "out of memory");
}

static bool set_word(struct shell *sh, struct shell_message *m, char *word)
{
    char *equals = strchr(word, '=');
    uint64_t address;

    if (!equals)
        return shell_fail(sh, "%.80s: field=value, fd=KIND, raw=HEX or an option", word);
    *equals = '\0';
    if (strcmp(word, "fd") == 0)
        return add_fd(sh, m, equals + 1);
    if (strcmp(word, "raw") == 0)
        return add_raw(sh, m, equals + 1);
    if (!vfu_build_set(&m->build, word, equals + 1) &&
        !(shell_named_address(sh, equals + 1, &address) && vfu_build_set_number(&m->build, word, address)))
        return shell_fail(sh, "%s", m->build.error);
    m->fields = m->fields || strncmp(word, "header.", 7) != 0;
    m->id_set = m->id_set || strcmp(word, "header.id") == 0;
    return true;
}

bool shell_message_set(struct shell *sh, struct shell_message *m, const struct shell_value *words,
                       const struct shell_value options[3])
{
    m->no_wait = options[0].given;
    m->split = options[1].number;
    m->pipeline = options[2].number;
    for (int i = 0; i < words->list.count; i++)
        if (!set_word(sh, m, words->list.word[i]))
            return false;
    return true;
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
        return shell_message_pipeline(sh, m);
    sent = shell_message_out(sh, m, !m->no_wait);
    vfu_close_fds(m->fds, m->nfds);
    m->nfds = 0;
    if (sent == VFU_CLIENT_OK && !m->no_wait)
        sent = vfu_client_wait(&sh->link.client, sh->link.client.timeout_ms, &sh->outcome.error);
    result = shell_client_result(sh, sent);
    if (result == SHELL_OK || result == SHELL_REFUSED)
        shell_reply_show(sh);
    return result;
}
