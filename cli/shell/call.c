/*
 * The shell's commands to the server: building them from field names, sending, waiting, and what the answer means for
 * the command that asked.
 */
#include "cli/shell/shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum shell_result shell_client_result(struct shell *sh, enum vfu_client_result result)
{
    switch (result) {
    case VFU_CLIENT_OK:
        if (!sh->link.client.reply.event || !(sh->link.client.reply.event->flags & VFU_ERROR))
            return SHELL_OK;
        shell_refused(sh, sh->link.client.reply.event);
        return SHELL_REFUSED;
    case VFU_CLIENT_STOPPED:
        return SHELL_STOPPED;
    default:
        return SHELL_FAILED;
    }
}

enum shell_result shell_call(struct shell *sh, struct vfu_build *b, const int *fds, unsigned nfds)
{
    vfu_reply_clear(&sh->link.client.reply); /* a posted command has none: the one before is not its */
    return shell_client_result(sh, vfu_client_call(&sh->link.client, b, fds, nfds, &sh->outcome.error));
}

/* A reply that lacks fields would read as zeros. The header alone, with which some servers acknowledge, is a form too. */
static bool is_whole(struct shell *sh)
{
    const struct vfu_event *e = sh->link.client.reply.event;
    struct vfu_decoded d;

    if (!e)
        return true;
    vfu_decode(e, &d);
    return !d.is_short || shell_fail(sh, "the server's reply is too short for its fields: %u bytes", e->size);
}

enum shell_result shell_request(struct shell *sh, unsigned command, const struct shell_field *fields, const int *fds,
                                unsigned nfds)
{
    struct vfu_build b = { 0 };
    bool built = vfu_build_start(&b, command, false);
    enum shell_result result = SHELL_FAILED;

    for (const struct shell_field *f = fields; built && f && f->name; f++)
        built = f->bytes ? vfu_build_set_bytes(&b, f->name, f->bytes, f->size)
                         : vfu_build_set_number(&b, f->name, f->number);
    if (built)
        result = shell_call(sh, &b, fds, nfds);
    else
        shell_fail(sh, "%s", b.error);
    if (result == SHELL_OK && !is_whole(sh))
        result = SHELL_FAILED;
    vfu_build_free(&b);
    return result;
}

uint64_t shell_reply_number(const struct shell_link *link, const char *name, uint64_t otherwise)
{
    struct vfu_decoded d;

    if (!link->client.reply.event)
        return otherwise;
    vfu_decode(link->client.reply.event, &d);
    return vfu_number(d.values, d.count, name, otherwise);
}

const uint8_t *shell_reply_bytes(const struct shell_link *link, const char *name, size_t *size)
{
    const struct vfu_value *v;
    struct vfu_decoded d;

    *size = 0;
    if (!link->client.reply.event)
        return NULL;
    vfu_decode(link->client.reply.event, &d);
    v = vfu_value_by_name(d.values, d.count, name);
    if (v)
        *size = v->size;
    return v ? v->bytes : NULL;
}

bool shell_wait(struct shell *sh, int timeout_ms, enum shell_result *result)
{
    enum vfu_client_result turned = vfu_client_turn(&sh->link.client, NULL, timeout_ms, &sh->outcome.error);

    if (turned == VFU_CLIENT_STOPPED)
        *result = SHELL_STOPPED;
    else if (turned == VFU_CLIENT_CLOSED)
        *result = SHELL_FAILED;
    else
        return true;
    return false;
}

bool shell_await(struct shell *sh, int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };

    while (!p.revents)
        if (vfu_client_turn(&sh->link.client, &p, -1, &sh->outcome.error) == VFU_CLIENT_STOPPED)
            return false;
    return true;
}

size_t shell_chunk(const struct shell_link *link)
{
    uint64_t agreed = vfu_client_agreed(&link->client)->max_data_xfer_size;

    return agreed == 0 ? 1 : agreed < SHELL_CHUNK ? (size_t)agreed : SHELL_CHUNK;
}

enum shell_result shell_region_read(struct shell *sh, uint32_t region, uint64_t offset, uint8_t *to, size_t size)
{
    size_t chunk = shell_chunk(&sh->link);

    for (size_t done = 0; done < size;) {
        size_t want = size - done < chunk ? size - done : chunk, got;
        const struct shell_field fields[] = {
            { "offset", offset + done }, { "region", region }, { "count", want }, { 0 },
        };
        enum shell_result result = shell_request(sh, VFU_REGION_READ, fields, NULL, 0);
        const uint8_t *data;

        if (result != SHELL_OK)
            return result;
        data = shell_reply_bytes(&sh->link, "data", &got);
        if (got != want) {
            shell_fail(sh, "the server answered with %zu byte%s of the %zu asked for at 0x%llx", got, vfu_plural(got),
                       want, (unsigned long long)(offset + done));
            return SHELL_FAILED;
        }
        memcpy(to + done, data, want);
        done += want;
    }
    return SHELL_OK;
}

enum shell_result shell_region_write(struct shell *sh, uint32_t region, uint64_t offset, const uint8_t *from,
                                     size_t size, bool posted)
{
    size_t chunk = shell_chunk(&sh->link);

    for (size_t done = 0; done < size;) {
        size_t part = size - done < chunk ? size - done : chunk;
        const struct shell_field fields[] = {
            { "offset", offset + done }, { "region", region }, { "count", part }, { "data", 0, from + done, part },
            { posted ? "header.flags" : NULL, VFU_TYPE_COMMAND | VFU_NO_REPLY }, { 0 },
        };
        enum shell_result result = shell_request(sh, VFU_REGION_WRITE, fields, NULL, 0);
        uint64_t count;

        if (result != SHELL_OK)
            return result;
        count = shell_reply_number(&sh->link, "count", part);
        if (count != part) {
            shell_fail(sh, "the server says that it wrote %llu of %zu byte%s at 0x%llx", (unsigned long long)count,
                       part, vfu_plural(part), (unsigned long long)(offset + done));
            return SHELL_FAILED;
        }
        done += part;
    }
    return SHELL_OK;
}
