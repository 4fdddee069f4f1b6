/*
 * What plugins may call: notes, guest memory, a device's ids.
 */
#include "plugins/host/process/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add_note(struct vfp_device *d, const struct plugin_note *what, const char *format, va_list args)
{
    struct plugin_host *h = d->host;
    struct plugin_note *n = &h->notes[h->note_count < PLUGIN_NOTES ? h->note_count : PLUGIN_NOTES - 1];

    atomic_fetch_add(&h->shared->plugins[d->index].notes, 1);
    *n = *what;
    n->plugin = d->index;
    if (h->note_count < PLUGIN_NOTES) {
        vsnprintf(n->text, sizeof n->text, format, args);
        h->note_count++;
    } else {
        n->kind = NOTE_PLAIN;
        snprintf(n->text, sizeof n->text, "... and %u notes more", ++h->notes_lost + 1);
    }
}

static void note(struct vfp_device *d, const char *format, ...)
{
    va_list args;

    if (d->host->silent)
        return;
    va_start(args, format);
    add_note(d, &(struct plugin_note){ .kind = NOTE_PLAIN }, format, args);
    va_end(args);
}

static void warn(struct vfp_device *d, const char *format, ...)
{
    va_list args;

    if (d->host->silent)
        return;
    va_start(args, format);
    add_note(d, &(struct plugin_note){ .kind = NOTE_WARNING }, format, args);
    va_end(args);
}

/* --- requests --- */

static struct vfu_request *new_request(struct vfp_device *d)
{
    struct plugin_host *h = d->host;
    struct plugin_request *r = &h->requests[h->request_count];

    if (h->silent || h->request_count == PLUGIN_REQUESTS)
        return NULL;
    h->request_count++;
    *r = (struct plugin_request){ .plugin = d->index };
    return &r->request;
}

static void went_by(struct vfp_device *d, uint32_t queue, uint64_t count)
{
    struct plugin_host *h = d->host;
    struct vfu_request *r;

    for (uint32_t i = 0; i < h->request_count; i++) {
        r = &h->requests[i].request;
        if (h->requests[i].plugin == d->index && r->went_by && r->queue == queue) {
            r->went_by += h->silent ? 0 : count;
            return;
        }
    }
    r = count ? new_request(d) : NULL;
    if (r) {
        r->queue = queue;
        r->went_by = count;
    }
}

_Static_assert(VFP_HAS_OPCODE == (int)VFU_REQUEST_OPCODE && VFP_HAS_LBA == (int)VFU_REQUEST_LBA && VFP_HAS_STATUS == (int)VFU_REQUEST_STATUS &&
               VFP_HAS_LATENCY == (int)VFU_REQUEST_LATENCY && VFP_HAS_FAILED == (int)VFU_REQUEST_FAILED, "the same bits");

static void request(struct vfp_device *d, const struct vfp_request *q)
{
    struct vfu_request *r = new_request(d);

    if (!r) {
        went_by(d, q->queue, 1);
        return;
    }
    *r = (struct vfu_request){ .known = q->known & VFU_REQUEST_ALL, .queue = q->queue, .id = q->id, .opcode = q->opcode, .status = q->status,
                               .blocks = q->blocks, .depth = q->depth, .lba = q->lba, .bytes = q->bytes,
                               .latency_ns = q->latency_ns };
    if (q->name)
        snprintf(r->name, sizeof r->name, "%s", q->name);
}

/* --- misfits and reasons --- */

/* FNV-1a */
static uint64_t hash_of(unsigned row, const char *text)
{
    uint64_t hash = 14695981039346656037u ^ row;

    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 1099511628211u;
    return hash;
}

/* Was this said of the device? It is now. */
static bool was_said(struct vfp_device *d, unsigned row, const char *text)
{
    uint64_t hash = hash_of(row, text);

    for (unsigned i = 0; i < PLUGIN_SAID && i < d->said_count; i++)
        if (d->said[i] == hash)
            return true;
    d->said[d->said_count++ % PLUGIN_SAID] = hash;
    return false;
}

__attribute__((format(printf, 3, 4))) static void say(struct vfp_device *d, const struct plugin_note *what, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_note(d, what, format, args);
    va_end(args);
}

static void misfit(struct vfp_device *d, unsigned number, const char *format, ...)
{
    const struct plugin_loaded *l = &d->host->loaded[d->index];
    char text[sizeof((struct vfu_problem *)0)->text];
    va_list args;

    if (d->host->silent || number >= l->misfits)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!was_said(d, number, text))
        say(d, &(struct plugin_note){ .kind = NOTE_MISFIT, .row = l->first_row + number }, "%s", text);
}

/* Below the reply that refuses the access at hand, if that is the message at hand; else as a note. */
static void add_reason(struct vfp_device *d, enum plugin_note_kind kind, unsigned number, const uint64_t *messages,
                       unsigned count, const char *format, va_list args)
{
    const struct plugin_host *h = d->host;
    const struct plugin_loaded *l = &h->loaded[d->index];
    struct plugin_note what = { .kind = kind, .row = l->first_row + l->misfits + number };
    char text[sizeof((struct vfu_because *)0)->text];

    if (h->silent || number >= l->reasons || !h->refused_by)
        return;
    for (unsigned i = 0; i < count && what.count < VFU_BECAUSE_MESSAGES; i++)
        if (messages[i])
            what.messages[what.count++] = messages[i];
    vsnprintf(text, sizeof text, format, args);
    if (h->refused_by == h->no)
        say(d, &what, "%s", text);
    else
        say(d, &(struct plugin_note){ .kind = NOTE_PLAIN }, "#%llu was refused%s because %s", (unsigned long long)h->refused_no,
            kind == NOTE_GUESS ? ", perhaps" : "", text);
}

static void because(struct vfp_device *d, unsigned number, const uint64_t *messages, unsigned count, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_reason(d, NOTE_REASON, number, messages, count, format, args);
    va_end(args);
}

static void perhaps(struct vfp_device *d, unsigned number, const uint64_t *messages, unsigned count, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_reason(d, NOTE_GUESS, number, messages, count, format, args);
    va_end(args);
}

static uint64_t message(struct vfp_device *d) { return d->host->no; }

/* --- guest memory --- */

/* Told to vfuscope if it is live, so that a capture can have it. */
static void record(struct plugin_host *h, uint64_t address, const void *bytes, size_t size)
{
    struct plugin_read head = { .address = address, .size = (uint32_t)size };

    memcpy(h->reads + h->reads_size, &head, sizeof head);
    memcpy(h->reads + h->reads_size + sizeof head, bytes, size);
    h->reads_size += sizeof head + size;
    h->read_count++;
}

/*
 * What was read for this message stays as it was: a capture has it once. All of those bytes, or none: they are not at one
 * place of what was read before.
 */
static bool recorded(const struct plugin_host *h, uint64_t address, void *buffer, size_t size)
{
    struct plugin_read head;

    for (size_t at = 0; at < h->reads_size; at += sizeof head + head.size) {
        memcpy(&head, h->reads + at, sizeof head);
        if (head.address <= address && address - head.address <= head.size && size <= head.size - (address - head.address)) {
            memcpy(buffer, h->reads + at + sizeof head + (address - head.address), size);
            return true;
        }
    }
    return false;
}

/* Where the memory is, and whether this capture, or this process, can read it. */
static enum vfp_memory read_fresh(struct vfp_device *d, uint64_t address, void *buffer, size_t size, bool last)
{
    struct plugin_host *h = d->host;
    const struct plugin_maps *maps = &d->conn->maps;
    const struct plugin_mapping *at = plugin_maps_at(maps, address);

    if (h->live)
        return plugin_maps_read(maps, address, buffer, size);
    if (!plugin_maps_hold(maps, address, size, false) && !plugin_maps_hold(maps, address, size, true))
        return VFP_UNMAPPED;
    if (!at->shared)
        return VFP_NOT_SHARED;
    return plugin_stored_read(&h->stored, h->no, address, buffer, size, last) ? VFP_OK : VFP_MISSING;
}

static enum vfp_memory read_either(struct vfp_device *d, uint64_t address, void *buffer, size_t size, bool now)
{
    struct plugin_host *h = d->host;
    enum vfp_memory result;

    if (size == 0)
        return VFP_OK;
    memset(buffer, 0, size);
    if (!(h->loaded[d->index].plugin->uses & VFP_USES_MEMORY))
        return VFP_FAILED;
    if (size > PLUGIN_MEMORY - h->memory_read || h->read_count == PLUGIN_READS)
        return VFP_TOO_MUCH;
    if (!now && recorded(h, address, buffer, size))
        return VFP_OK;
    if (h->held && plugin_stored_read(h->held, h->held->no, address, buffer, size, now)) {
        h->memory_read += size;
        return VFP_OK;
    }
    result = read_fresh(d, address, buffer, size, now);
    if (result == VFP_UNMAPPED && d->conn->joined)
        result = VFP_MISSING;
    if (result == VFP_OK)
        record(h, address, buffer, size);
    h->memory_read += size;
    return result;
}

static enum vfp_memory read_memory(struct vfp_device *d, uint64_t address, void *buffer, size_t size)
{
    return read_either(d, address, buffer, size, false);
}

static enum vfp_memory read_now(struct vfp_device *d, uint64_t address, void *buffer, size_t size)
{
    return read_either(d, address, buffer, size, true);
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

/* --- the device --- */

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
    return region < PLUGIN_REGIONS ? d->conn->regions[region].size : 0;
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

static bool region_info(struct vfp_device *d, unsigned region, struct vfp_region_info *info)
{
    *info = (struct vfp_region_info){ 0 };
    if (region >= PLUGIN_REGIONS || !d->conn->region_known[region])
        return false;
    *info = d->conn->regions[region];
    return true;
}

static bool irq_info(struct vfp_device *d, unsigned index, struct vfp_irq_info *info)
{
    *info = (struct vfp_irq_info){ 0 };
    if (index >= PLUGIN_IRQS || !d->conn->irq_known[index])
        return false;
    *info = d->conn->irqs[index];
    return true;
}

static void places_changed(struct vfp_device *d) { d->conn->places_changed = true; }

static unsigned room(struct vfp_device *d) { return d->host->silent ? PLUGIN_NOTES : PLUGIN_NOTES - d->host->note_count; }

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
    .misfit = misfit,
    .because = because,
    .perhaps = perhaps,
    .message = message,
    .region = region_info,
    .irq = irq_info,
    .places_changed = places_changed,
    .read_now = read_now,
    .room = room,
    .request = request,
    .went_by = went_by,
};
