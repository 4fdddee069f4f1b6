/*
 * What plugins may call: notes, guest memory, a device's ids.
 */
#include "plugins/host/process/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add_note(struct vfp_device *d, bool warning, const char *format, va_list args)
{
    struct plugin_host *h = d->host;
    struct plugin_note *n = &h->notes[h->note_count < PLUGIN_NOTES ? h->note_count : PLUGIN_NOTES - 1];

    atomic_fetch_add(&h->shared->plugins[d->index].notes, 1);
    n->plugin = d->index;
    n->warning = warning;
    if (h->note_count < PLUGIN_NOTES) {
        vsnprintf(n->text, sizeof n->text, format, args);
        h->note_count++;
    } else {
        snprintf(n->text, sizeof n->text, "... and %u notes more", ++h->notes_lost + 1);
    }
}

static void note(struct vfp_device *d, const char *format, ...)
{
    va_list args;

    if (d->host->silent)
        return;
    va_start(args, format);
    add_note(d, false, format, args);
    va_end(args);
}

static void warn(struct vfp_device *d, const char *format, ...)
{
    va_list args;

    if (d->host->silent)
        return;
    va_start(args, format);
    add_note(d, true, format, args);
    va_end(args);
}

/* Told to vfuscope if it is live, so that a capture can have it. */
static void record(struct plugin_host *h, uint64_t address, const void *bytes, size_t size)
{
    struct plugin_read head = { .address = address, .size = (uint32_t)size };

    memcpy(h->reads + h->reads_size, &head, sizeof head);
    memcpy(h->reads + h->reads_size + sizeof head, bytes, size);
    h->reads_size += sizeof head + size;
    h->read_count++;
}

/* What was read for this message stays as it was: a capture has it once. False: it was not read. */
static bool recorded(const struct plugin_host *h, uint64_t address, void *buffer, size_t size)
{
    struct plugin_read head;

    for (size_t at = 0; at < h->reads_size; at += sizeof head + head.size) {
        memcpy(&head, h->reads + at, sizeof head);
        if (head.address == address && head.size == size) {
            memcpy(buffer, h->reads + at + sizeof head, size);
            return true;
        }
    }
    return false;
}

static enum vfp_memory read_memory(struct vfp_device *d, uint64_t address, void *buffer, size_t size)
{
    struct plugin_host *h = d->host;
    const struct plugin_maps *maps = &d->conn->maps;
    const struct plugin_mapping *at = plugin_maps_at(maps, address);
    enum vfp_memory result;

    if (size == 0)
        return VFP_OK;
    memset(buffer, 0, size);
    if (!(h->loaded[d->index].plugin->uses & VFP_USES_MEMORY))
        return VFP_FAILED;
    if (size > PLUGIN_MEMORY - h->memory_read || h->read_count == PLUGIN_READS)
        return VFP_TOO_MUCH;
    if (recorded(h, address, buffer, size))
        return VFP_OK;
    if (h->held && plugin_stored_read(h->held, h->held->no, address, buffer, size)) {
        h->memory_read += size;
        return VFP_OK;
    }
    if (h->live) {
        result = plugin_maps_read(maps, address, buffer, size);
    } else if (!plugin_maps_hold(maps, address, size, false) && !plugin_maps_hold(maps, address, size, true)) {
        result = VFP_UNMAPPED;
    } else if (!at->shared) {
        result = VFP_NOT_SHARED;
    } else {
        result = plugin_stored_read(&h->stored, h->no, address, buffer, size) ? VFP_OK : VFP_MISSING;
    }
    if (result == VFP_UNMAPPED && d->conn->joined)
        result = VFP_MISSING;
    if (result == VFP_OK)
        record(h, address, buffer, size);
    h->memory_read += size;
    return result;
}

static const char *why(enum vfp_memory result)
{
    static const char *const texts[] = {
        [VFP_OK] = "read",
        [VFP_UNMAPPED] = "outside the DMA map",
        [VFP_NOT_SHARED] = "mapped without a file descriptor",
        [VFP_MISSING] = "not at hand",
        [VFP_FAILED] = "can't be read",
        [VFP_TOO_MUCH] = "too much for one message",
    };

    return (size_t)result < sizeof texts / sizeof texts[0] ? texts[result] : "unknown";
}

static bool is_mapped(struct vfp_device *d, uint64_t address, uint64_t size, bool to_write)
{
    return d->conn->joined || plugin_maps_hold(&d->conn->maps, address, size, to_write);
}

static const struct vfp_ids *ids_of(struct vfp_device *d)
{
    return &d->conn->ids;
}

bool plugin_config_known(const struct plugin_conn *c, unsigned offset, size_t size)
{
    if (offset > PLUGIN_CONFIG || size > PLUGIN_CONFIG - offset)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!c->config_known[offset + i])
            return false;
    return true;
}

static bool config(struct vfp_device *d, unsigned offset, void *buffer, size_t size)
{
    if (!plugin_config_known(d->conn, offset, size)) {
        memset(buffer, 0, size);
        return false;
    }
    memcpy(buffer, d->conn->config + offset, size);
    return true;
}

static uint64_t region_size(struct vfp_device *d, unsigned region)
{
    return region < PLUGIN_REGIONS ? d->conn->region_size[region] : 0;
}

static bool is_mappable(struct vfp_device *d, unsigned region, uint64_t offset, uint64_t size)
{
    for (unsigned i = 0; region < PLUGIN_REGIONS && i < PLUGIN_AREAS; i++) {
        const struct plugin_area *a = &d->conn->mappable[region][i];

        if (a->size && (offset < a->offset ? a->offset - offset < size : offset - a->offset < a->size))
            return true;
    }
    return false;
}

const struct vfp_host plugin_api = {
    .abi = VFP_ABI,
    .size = sizeof(struct vfp_host),
    .note = note,
    .warn = warn,
    .read = read_memory,
    .why = why,
    .is_mapped = is_mapped,
    .ids = ids_of,
    .config = config,
    .region_size = region_size,
    .is_mappable = is_mappable,
};
