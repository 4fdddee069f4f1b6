/*
 * A plugin that reads the guest memory that a device's register points to: 8 bytes at the value written to bar0+0x80, as
 * many as the value at bar0+0x90 says; if that is 1 it waits for them to change, and says what it reads then. And tells of
 * everything else that plugins are told of.
 */
#include "plugins/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct peek {
    struct vfp_device *device;
    const struct vfp_host *host;
    uint64_t address;
};

static void *peek_open(struct vfp_device *device, const struct vfp_host *host)
{
    struct peek *p = calloc(1, sizeof *p);

    if (p)
        *p = (struct peek){ .device = device, .host = host };
    return p;
}

static void peek(const struct peek *p, uint64_t size)
{
    struct vfp_line line = { 0 };
    uint8_t *bytes = calloc(1, size ? size : 1);
    enum vfp_memory result = bytes ? p->host->read(p->device, p->address, bytes, size) : VFP_FAILED;

    vfp_add(&line, "0x%" PRIx64 "+%" PRIu64 ": %s", p->address, size, p->host->why(result));
    for (size_t i = 0; i < size && i < 8 && result == VFP_OK; i++)
        vfp_add(&line, " %02x", bytes[i]);
    p->host->note(p->device, "%s", line.text);
    free(bytes);
}

/* The same byte again and again, for a second from when it says so: does it become another one? */
static void peek_again(const struct peek *p)
{
    uint8_t first = 0, byte = 0;

    p->host->read(p->device, p->address, &first, 1);
    byte = first;
    fputs("peek looks\n", stderr);
    for (int i = 0; i < 100 && byte == first; i++) {
        usleep(10000);
        p->host->read(p->device, p->address, &byte, 1);
    }
    if (byte != first)
        p->host->note(p->device, "it changed");
}

static void peek_access(void *context, const struct vfp_access *a)
{
    struct peek *p = context;

    if (a->error)
        p->host->warn(p->device, "%s of region %u refused: %u", a->is_write ? "write" : "read", a->region, a->error);
    else if (a->is_write && a->region == VFP_BAR0 && a->offset == 0x80 && a->has_value)
        p->address = a->value;
    else if (a->is_write && a->region == VFP_BAR0 && a->offset == 0x90 && a->has_value)
        peek(p, a->value < 1 << 20 ? a->value : 1 << 20);
    if (a->is_write && a->region == VFP_BAR0 && a->offset == 0x90 && a->has_value && a->value == 1)
        peek_again(p);
}

static void peek_map(void *context, const struct vfp_map *m)
{
    const struct peek *p = context;

    p->host->note(p->device, "%s 0x%" PRIx64 "+0x%" PRIx64 "%s%s%s", m->unmapped ? "gone" : "mapped", m->address, m->size,
                  m->readable ? " r" : "", m->writeable ? " w" : "", m->shared ? " shared" : "");
}

static void peek_dma(void *context, const struct vfp_dma *d)
{
    const struct peek *p = context;

    p->host->note(p->device, "dma %s 0x%" PRIx64 "+%" PRIu64 ", %zu bytes at hand", d->is_write ? "write" : "read",
                  d->address, d->size, d->data_size);
}

static void peek_reset(void *context)
{
    const struct peek *p = context;

    p->host->note(p->device, "reset");
}

static void peek_migration(void *context, uint32_t number)
{
    const struct peek *p = context;

    p->host->note(p->device, "migration state %u", number);
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "peek",
    .summary = "reads guest memory",
    .uses = VFP_USES_MEMORY,
    .open = peek_open,
    .close = free,
    .access = peek_access,
    .map = peek_map,
    .dma = peek_dma,
    .reset = peek_reset,
    .migration = peek_migration,
};
