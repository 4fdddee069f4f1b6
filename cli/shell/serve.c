/*
 * The server's commands: DMA_READ and DMA_WRITE answered from the shell's mappings, all else refused.
 */
#include "cli/shell/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct copy {
    uint8_t *to;
    const uint8_t *from;
};

static void copy_out(void *context, uint8_t *memory, uint64_t offset, size_t size)
{
    memcpy(((struct copy *)context)->to + offset, memory, size);
}

static void copy_in(void *context, uint8_t *memory, uint64_t offset, size_t size)
{
    memcpy(memory, ((struct copy *)context)->from + offset, size);
}

/* 0, or the errno to refuse an access with: EFAULT where nothing is mapped, EPERM where the flags forbid it. */
static uint32_t check(const struct shell_maps *maps, uint64_t address, uint64_t count, uint32_t flag)
{
    if (address + count < address)
        return EFAULT;
    for (uint64_t done = 0; done < count;) {
        uint64_t left;
        bool denied;

        if (!shell_maps_at(maps, address + done, flag, &left, &denied))
            return EFAULT;
        if (denied)
            return EPERM;
        done += left < count - done ? left : count - done;
    }
    return 0;
}

/* In the form that the request has: its address and count as they came, then the data. */
static bool answer(struct shell *sh, const struct vfu_event *event, const struct vfu_decoded *d, uint64_t address,
                   uint64_t count)
{
    const struct vfu_value *how = vfu_value_by_name(d->values, d->count, "count");
    struct vfu_error error;
    bool reads = !event->command->moves.write;
    struct vfu_build b = { 0 };
    bool done = vfu_build_start(&b, event->command_number, true);

    if (done && !reads && how && how->field->width == 4) {
        /* Older QEMU's layout: its servers take a bare header. */
        vfu_build_clear_payload(&b);
    } else {
        done = done && vfu_build_set_number(&b, "address", address) && vfu_build_set_number(&b, "count", count);
    }
    if (done && reads) {
        struct copy copy = { .to = malloc(count ? count : 1) };

        done = copy.to &&
               shell_maps_walk(&sh->device.maps, address, count, false, copy_out, &copy, &error) &&
               vfu_build_set_bytes(&b, "data", copy.to, count);
        free(copy.to);
    }
    done = done && vfu_client_answer(&sh->link.client, event, &b);
    vfu_build_free(&b);
    return done;
}

/* Remember what lies outside, so that `dma list` can say it. */
static void note_outside(struct shell *sh, uint64_t address, uint64_t size, bool write)
{
    struct shell_outside *o = &sh->device.outside;

    for (size_t i = 0; i < o->count; i++) {
        if (o->touched[i].address != address || o->touched[i].write != write)
            continue;
        o->touched[i].times++;
        return;
    }
    if (o->count == SHELL_OUTSIDE)
        return;
    o->touched[o->count].address = address;
    o->touched[o->count].size = size;
    o->touched[o->count].write = write;
    o->touched[o->count++].times = 1;
}

/* dma trace: what was read or written, its first bytes. */
static void trace(struct shell *sh, uint64_t address, uint64_t count, bool reads)
{
    enum { SHOWN = 32 };
    uint8_t bytes[SHOWN] = { 0 };
    struct copy copy = { .to = bytes };
    struct vfu_error error;
    char hex[2 * SHOWN + 1] = "";
    size_t shown = count < SHOWN ? (size_t)count : SHOWN;

    if (!sh->device.trace || !shell_maps_walk(&sh->device.maps, address, shown, false, copy_out, &copy, &error))
        return;
    for (size_t i = 0; i < shown; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    shell_show(sh, "device %s 0x%llx+0x%llx: %s%s", reads ? "reads" : "writes", (unsigned long long)address,
               (unsigned long long)count, hex, shown < count ? "..." : "");
}

void shell_serve_dma(void *context, struct vfu_client *client, const struct vfu_event *event)
{
    struct shell *sh = context;
    const struct vfu_command *command = event->command;
    bool reads = command && !command->moves.write;
    struct vfu_decoded d;
    struct vfu_error error; /* the command at work keeps its own */
    const struct vfu_value *data;
    uint64_t address, count;
    uint32_t refused;

    if (!command || command->moves.space != VFU_MEMORY_SPACE) {
        vfu_client_refuse(client, event, ENOTSUP);
        return;
    }
    vfu_decode(event, &d);
    address = vfu_number(d.values, d.count, "address", 0);
    count = vfu_number(d.values, d.count, "count", 0);
    data = vfu_value_by_name(d.values, d.count, "data");
    if (d.is_short || (!reads && (!data || data->size < count)))
        refused = EINVAL;
    else if (count > vfu_client_proposed(client)->max_data_xfer_size)
        refused = E2BIG;
    else
        refused = check(&sh->device.maps, address, count, reads ? VFU_DMA_READABLE : VFU_DMA_WRITEABLE);
    if (!refused && !reads) {
        struct copy copy = { .from = data->bytes };

        if (!shell_maps_walk(&sh->device.maps, address, count, true, copy_in, &copy, &error))
            refused = EPERM;
    }
    if (refused == EFAULT)
        note_outside(sh, address, count, !reads);
    if (!refused)
        trace(sh, address, count, reads);
    if (refused) {
        shell_notice(sh, "%s of 0x%llx+0x%llx by the device refused: %s",
                     command->name, (unsigned long long)address, (unsigned long long)count,
                     refused == EFAULT ? "not mapped"
                     : refused == EPERM ? "not allowed by the mapping's flags" : strerror((int)refused));
        vfu_client_refuse(client, event, refused);
    } else if (!(event->flags & VFU_NO_REPLY) && !answer(sh, event, &d, address, count)) {
        vfu_client_refuse(client, event, ENOMEM);
    }
}
