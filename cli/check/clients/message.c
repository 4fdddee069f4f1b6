/*
 * vfuscope check --client: the message at hand, as a case changes it.
 */
#include "capture/foreign.h"
#include "cli/check/clients/inside.h"
#include "decoder/wire/header.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BAR2 = 64 << 10 /* what is behind a descriptor of ours */ };

bool client_take(struct client_message *m, const struct vfu_server_out *out)
{
    *m = (struct client_message){ .channel = out->channel, .size = out->size, .bytes = malloc(out->size) };
    if (!m->bytes)
        return false;
    memcpy(m->bytes, out->bytes, out->size);
    while (m->nfds < out->nfds && m->nfds < CLIENT_FDS && (m->fds[m->nfds] = fcntl(out->fds[m->nfds], F_DUPFD_CLOEXEC, 0)) >= 0)
        m->nfds++;
    return true;
}

void client_no_fds(struct client_message *m)
{
    vfu_close_fds(m->fds, m->nfds);
    m->nfds = 0;
}

void client_set(struct client_message *m, const char *field, uint64_t number, const char *text)
{
    struct vfu_header h = vfu_header_read(m->bytes, false);
    struct vfu_event e = { .kind = VFU_EVENT_MESSAGE, .id = h.id, .command_number = h.command, .size = h.size, .flags = h.flags,
                           .error = h.error, .command = vfu_command_by_number(h.command) };
    struct vfu_build b;

    e.message.bytes = m->bytes;
    e.message.captured = e.message.size = m->size;
    if (vfu_build_load(&b, &e) && (text ? vfu_build_set(&b, field, text) : vfu_build_set_number(&b, field, number)) &&
        (b.size == m->size || vfu_build_set_number(&b, "header.size", b.size))) {
        free(m->bytes);
        m->bytes = b.bytes;
        m->size = b.size;
        b.bytes = NULL;
    }
    vfu_build_free(&b);
}

void client_resize(struct client_message *m, size_t payload)
{
    uint8_t *bytes = realloc(m->bytes, VFU_HEADER_SIZE + payload);

    if (!bytes)
        return;
    if (VFU_HEADER_SIZE + payload > m->size)
        memset(bytes + m->size, 0, VFU_HEADER_SIZE + payload - m->size);
    m->bytes = bytes;
    m->size = VFU_HEADER_SIZE + payload;
    client_set(m, "header.size", m->size, NULL);
}

void client_add_fds(struct client_message *m, uint64_t count)
{
    while (count-- > 0 && m->nfds < CLIENT_FDS) {
        int fd = memfd_create("check", MFD_CLOEXEC);

        if (fd < 0)
            return;
        if (ftruncate(fd, BAR2) != 0) {
            close(fd);
            return;
        }
        m->fds[m->nfds++] = fd;
    }
}

void client_refuse(struct client_message *m, uint64_t error)
{
    client_no_fds(m);
    client_resize(m, 0);
    client_set(m, "header.flags", VFU_TYPE_REPLY | VFU_ERROR, NULL);
    client_set(m, "header.error", error, NULL);
}
