/*
 * Where framing was lost: a header that answers a command which waits, and by which the stream is found again. A wrong
 * place would be worse than none: the id and the command must be those of one that waits, the flags and the errno a
 * reply's, and the size one that this reply can have. Then sixteen bytes are known, and nothing else is taken for them.
 */
#include "decoder/session/inside.h"
#include "decoder/wire/header.h"

#include <string.h>

/* Has it a tail, so that it may be longer than its fixed part? */
static bool has_tail(const struct vfu_layout *layout)
{
    for (const struct vfu_field *f = layout->fields; f->name; f++)
        if (f->kind >= VFU_BYTES || f->optional)
            return true;
    return false;
}

/* How many bytes the reply's tail may have, by what was asked. */
static uint64_t longest_tail(const struct vfu_command *command, const struct vfu_layout *layout,
                             const struct vfu_decoded *asked)
{
    const struct vfu_field *count = vfu_reply_count(command);
    const struct vfu_value *argsz = vfu_argsz(asked->values, asked->count);

    if (!has_tail(layout))
        return 0;
    if (count)
        return vfu_number(asked->values, asked->count, count->name, 0) + (command->reply.padded ? VFU_HEADER_SIZE : 0);
    if (argsz && !command->request.own_argsz)
        return argsz->number > layout->size ? argsz->number - layout->size : 0;
    return VFU_MAX_MESSAGE;
}

bool vfu_pending_decode(const struct vfu_pending *pending, struct vfu_decoded *out)
{
    struct vfu_event reply = { .kind = VFU_EVENT_MESSAGE, .command = vfu_command_by_number(pending->command), .paired = true,
                               .request_size = pending->request_size };

    out->count = 0;
    if (!reply.command)
        return false;
    reply.message.swapped = pending->swapped;
    memcpy(reply.request, pending->request, pending->request_size);
    vfu_decode_request(&reply, out);
    return true;
}

/* Can the reply to this command have a payload of that size? */
static bool fits(const struct vfu_pending *pending, uint64_t size)
{
    const struct vfu_command *command = vfu_command_by_number(pending->command);
    struct vfu_decoded asked;
    const struct vfu_layout *layout;

    if (!vfu_pending_decode(pending, &asked))
        return false;
    for (unsigned i = 0; (layout = vfu_shape_layout(&command->reply, i)) != NULL; i++)
        if (size >= layout->size && size - layout->size <= longest_tail(command, layout, &asked))
            return true;
    return false;
}

const struct vfu_pending *vfu_pairing_answered(const struct vfu_pairing *waiting, const uint8_t *bytes, bool swapped)
{
    struct vfu_header h = vfu_header_read(bytes, swapped);
    bool error = h.flags == (VFU_TYPE_REPLY | VFU_ERROR);
    const struct vfu_pending *command;

    if ((h.flags != VFU_TYPE_REPLY && !error) || !vfu_size_is_true(h.size) || (error ? h.error > 4095 : h.error > 0))
        return NULL;
    command = vfu_pairing_find(waiting, h.id, h.command);
    if (!command || !(error ? h.size == VFU_HEADER_SIZE && h.error : fits(command, h.size - VFU_HEADER_SIZE)))
        return NULL;
    return command;
}

size_t vfu_pairing_find_again(const struct vfu_pairing *waiting, const uint8_t *bytes, size_t size, bool swapped)
{
    for (size_t i = 0; waiting->count && i + VFU_HEADER_SIZE <= size; i++)
        if (vfu_pairing_answered(waiting, bytes + i, swapped))
            return i;
    return SIZE_MAX;
}

size_t vfu_session_find_again(const struct vfu_session *s, uint32_t conn, enum vfu_channel channel, enum vfu_side from,
                              const uint8_t *bytes, size_t size)
{
    const struct vfu_peers *p = vfu_peers_find(s, conn);

    return p ? vfu_pairing_find_again(&p->pairing[channel][!from], bytes, size, false) : SIZE_MAX;
}
