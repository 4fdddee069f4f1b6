/*
 * virtio: the common configuration (4.1.4.3): features, the device status and the order of its steps (3.1.1), queues.
 */
#include "plugins/virtio/virtio.h"

void virtio_forget(struct virtio *v)
{
    memset(v->queues, 0, sizeof v->queues);
    v->driver_features = 0;
    v->driver_known = 0;
    v->device_select = v->driver_select = v->queue_select = 0;
    v->device_select_known = v->driver_select_known = v->queue_select_known = true;
}

/* What is set keeps its value, as a guess: rings are where they were, most likely. */
void virtio_gap(struct virtio *v)
{
    v->status_known = v->generation_known = false;
    v->device_select_known = v->driver_select_known = v->queue_select_known = false;
    v->device_known = v->driver_known = 0;
    v->window.length = 0;
    memset(v->config_known, 0, sizeof v->config_known);
    for (unsigned i = 0; i < VIRTIO_QUEUES; i++)
        for (unsigned k = 0; k < VIRTIO_WAITING; k++)
            v->queues[i].waiting[k].unsure = true;
}

/* Requests that the device will not answer any more: those that have a name. */
static void tell_lost(struct virtio *v)
{
    for (unsigned i = 0; i < VIRTIO_QUEUES; i++) {
        const struct virtio_waiting *last = NULL;
        unsigned count = 0;

        for (unsigned k = 0; k < VIRTIO_WAITING; k++) {
            const struct virtio_waiting *w = &v->queues[i].waiting[k];

            if (w->used && !w->unsure && w->what[0] && count++ == 0)
                last = w;
        }
        /* where its used ring was looked at they are */
        if (count && v->queues[i].told_unread)
            NOTE(v, "queue %u: no answer was seen to %u request%s, such as chain %u: %s", i, count, count == 1 ? "" : "s",
                 last->id, last->what);
        else if (count)
            WARN(v, "queue %u: %u request%s without an answer, such as chain %u: %s", i, count, count == 1 ? "" : "s",
                 last->id, last->what);
    }
}

void virtio_was_reset(struct virtio *v)
{
    if (v->status & STATUS_DRIVER_OK || !v->status_known) {
        virtio_look_all(v); /* what was done in time */
        tell_lost(v);
    }
    virtio_forget(v);
    v->status = 0;
}

/* --- the status --- */

static void check_features(struct virtio *v)
{
    struct vfp_line l = { 0 };
    uint64_t wrong = v->driver_features & ~v->device_features, left = v->device_features & ~v->driver_features;
    unsigned feature, needs;

    if (v->driver_known != 3)
        return;
    if (v->device_known == 3 && wrong) {
        virtio_add_features(&l, v->type, wrong);
        WARN(v, "the driver takes features that the device does not offer: %s", l.text);
    } else if (v->device_known == 3 && left) {
        virtio_add_features(&l, v->type, left);
        NOTE(v, "not taken: %s", l.text);
    }
    if (!virtio_took(v, F_VERSION_1))
        WARN(v, "VERSION_1 is not taken: a modern device may refuse that");
    if (virtio_feature_lacks(v->type, v->driver_features, &feature, &needs)) {
        l = (struct vfp_line){ 0 };
        virtio_add_feature(&l, v->type, feature);
        vfp_add(&l, " is taken without ");
        virtio_add_feature(&l, v->type, needs);
        WARN(v, "%s", l.text);
    }
}

/* Each step needs the one before it (3.1.1). */
static void check_steps(struct virtio *v, uint8_t now, uint8_t new)
{
    if (new & STATUS_DRIVER && !(now & STATUS_ACKNOWLEDGE))
        WARN(v, "DRIVER without ACKNOWLEDGE before it");
    if (new & STATUS_FEATURES_OK && !(now & STATUS_DRIVER))
        WARN(v, "FEATURES_OK without DRIVER before it");
    if (new & STATUS_DRIVER_OK && !(now & STATUS_FEATURES_OK))
        WARN(v, "DRIVER_OK without FEATURES_OK before it");
    if (new & STATUS_DRIVER_OK && new & STATUS_FEATURES_OK)
        WARN(v, "DRIVER_OK together with FEATURES_OK: whether the device takes the features was not read");
}

static void add_status(struct vfp_line *l, uint8_t value)
{
    vfp_add(l, "0x%x%s", value, value ? ": " : "");
    vfp_add_fields(l, virtio_status_bits, value);
}

static void status_written(struct virtio *v, uint8_t value)
{
    struct vfp_line l = { 0 };
    uint8_t before = v->status;

    if (!value) {
        NOTE(v, "status <- 0: device reset");
        virtio_was_reset(v);
    } else {
        vfp_add(&l, "status <- ");
        add_status(&l, value);
        if (!v->named)
            NOTE(v, "%s", l.text);
        if (v->status_known && before & ~value)
            WARN(v, "status bits are cleared without a reset");
        if (v->status_known)
            check_steps(v, value, value & ~before);
        if (value & ~before & STATUS_FEATURES_OK)
            check_features(v);
        if (value & ~before & STATUS_FAILED)
            WARN(v, "the driver gives up");
    }
    v->status = value;
    v->status_known = true;
}

static void status_read(struct virtio *v, uint8_t value)
{
    struct vfp_line l = { 0 };

    if (!v->named && (!v->status_known || value != v->status)) {
        vfp_add(&l, "status = ");
        add_status(&l, value);
        NOTE(v, "%s", l.text);
    }
    if (v->status_known && v->status & ~value & STATUS_FEATURES_OK)
        WARN(v, "FEATURES_OK did not stay: the device refuses the driver's features");
    if (value & ~v->status & STATUS_NEEDS_RESET)
        WARN(v, "NEEDS_RESET: the device has met an error that it can't recover from");
    v->status = value;
    v->status_known = true;
}

/* --- features --- */

static void features(struct virtio *v, bool of_driver, uint32_t select, uint32_t value)
{
    uint64_t *all = of_driver ? &v->driver_features : &v->device_features;
    unsigned from = select * 32;
    struct vfp_line l = { 0 };

    if (select > 1) {
        if (value)
            NOTE(v, "%s features from bit %" PRIu64 " on: 0x%x", of_driver ? "driver" : "device", (uint64_t)select * 32, value);
        return;
    }
    *all = (*all & ~((uint64_t)UINT32_MAX << from)) | (uint64_t)value << from;
    if (of_driver)
        v->driver_known |= (uint8_t)(1 << select);
    else
        v->device_known |= (uint8_t)(1 << select);
    vfp_add(&l, "%s features %u to %u: ", of_driver ? "driver takes" : "device offers", from, from + 31);
    virtio_add_features(&l, v->type, (uint64_t)value << from);
    NOTE(v, "%s", l.text);
    if (of_driver && v->status_known && v->status & STATUS_FEATURES_OK)
        WARN(v, "features change after FEATURES_OK");
}

/* --- queues --- */

static struct virtio_queue *selected(struct virtio *v)
{
    return v->queue_select < VIRTIO_QUEUES ? &v->queues[v->queue_select] : NULL;
}

/* The parts of a queue, with what they are aligned to (2.7, 2.8). */
static void check_places(struct virtio *v, const struct virtio_queue *q)
{
    bool packed = virtio_took(v, F_RING_PACKED);
    uint64_t event = virtio_took(v, F_EVENT_IDX) ? 2 : 0;

    if (!q->size || q->size > 32768 || (!packed && q->size & (q->size - 1)))
        WARN(v, "queue %u: %u is no %s", v->queue_select, q->size, packed ? "size from 1 to 32768" : "power of two");
    if (q->desc % 16 || q->driver % (packed ? 4 : 2) || q->device % 4)
        WARN(v, "queue %u: its addresses are not aligned", v->queue_select);
    if (packed) {
        virtio_fit_queue(v, "descriptor ring", q->desc, (uint64_t)q->size * 16, true);
        virtio_fit_queue(v, "driver event area", q->driver, 4, false);
        virtio_fit_queue(v, "device event area", q->device, 4, true);
    } else {
        virtio_fit_queue(v, "descriptor table", q->desc, (uint64_t)q->size * 16, false);
        virtio_fit_queue(v, "available ring", q->driver, (uint64_t)q->size * 2 + 4 + event, false);
        virtio_fit_queue(v, "used ring", q->device, (uint64_t)q->size * 8 + 4 + event, true);
    }
}

static void enabled(struct virtio *v, struct virtio_queue *q)
{
    bool packed = virtio_took(v, F_RING_PACKED);
    struct vfp_line l = { 0 };

    vfp_add(&l, "queue %u is enabled: %s", v->queue_select, packed ? "packed, " : "");
    if (q->seen_size)
        vfp_add(&l, "%u deep, ", q->size);
    if (packed)
        vfp_add(&l, "ring 0x%" PRIx64 ", events 0x%" PRIx64 " and 0x%" PRIx64, q->desc, q->driver, q->device);
    else
        vfp_add(&l, "descriptors 0x%" PRIx64 ", available 0x%" PRIx64 ", used 0x%" PRIx64, q->desc, q->driver, q->device);
    if (q->vector == NO_VECTOR)
        vfp_add(&l, ", no vector");
    else if (q->vector)
        vfp_add(&l, ", vector %u", q->vector);
    NOTE(v, "%s", l.text);
    q->enabled = true;
    q->next_avail = q->next_used = 0;
    q->avail_wrap = q->used_wrap = true;
    if (!(v->status & STATUS_FEATURES_OK) && v->status_known)
        WARN(v, "a queue is enabled before FEATURES_OK");
    if (v->status & STATUS_DRIVER_OK && v->status_known && v->driver_known == 3 && !virtio_took(v, F_RING_RESET))
        WARN(v, "a queue is enabled after DRIVER_OK");
    if (q->seen_size)
        check_places(v, q);
}

/* Half of a 64-bit address. */
static void set_address(uint64_t *address, const struct vfp_access *a, uint64_t at)
{
    if (at % 8 == 0)
        *address = (*address & ~(uint64_t)UINT32_MAX) | a->value;
    else
        *address = (*address & UINT32_MAX) | a->value << 32;
}

static void queue_access(struct virtio *v, const struct vfp_access *a, uint64_t at)
{
    struct virtio_queue *q = selected(v);

    if (!v->queue_select_known && a->is_write && at == QUEUE_ENABLE)
        NOTE(v, "a queue is enabled: which one was not seen");
    if (!q || !v->queue_select_known)
        return;
    switch (at) {
    case QUEUE_SIZE:
        q->size = (uint16_t)a->value;
        q->seen_size = true;
        NOTE(v, "queue %u size %s %u%s", v->queue_select, a->is_write ? "<-" : "=", q->size,
             q->size ? "" : ": there is no such queue");
        break;
    case QUEUE_VECTOR:
        if (!a->is_write && a->value == NO_VECTOR && q->vector != NO_VECTOR && q->vector)
            WARN(v, "queue %u: the device has no vector %u for it", v->queue_select, q->vector);
        q->vector = (uint16_t)a->value;
        break;
    case QUEUE_NOTIFY_OFF:
        if (!a->is_write) {
            q->notify_off = (uint16_t)a->value;
            virtio_fit_notify(v, v->queue_select, q->notify_off);
        }
        break;
    case QUEUE_ENABLE:
        if (a->is_write && a->value == 1)
            enabled(v, q);
        else if (a->is_write)
            WARN(v, "queue enable <- %" PRIu64 ": only 1 may be written", a->value);
        break;
    case QUEUE_RESET:
        if (a->is_write && a->value == 1) {
            virtio_look_queue(v, v->queue_select); /* what was done in time */
            NOTE(v, "queue %u is reset", v->queue_select);
            *q = (struct virtio_queue){ 0 };
        }
        break;
    default:
        if (a->is_write && at >= QUEUE_DESC && at < QUEUE_NOTIFY_DATA)
            set_address(at < QUEUE_DRIVER ? &q->desc : at < QUEUE_DEVICE ? &q->driver : &q->device, a, at);
        break;
    }
}

static void config_vector(struct virtio *v, unsigned vector)
{
    if (vector == NO_VECTOR)
        NOTE(v, "configuration changes <- no vector");
    else if (!v->named)
        NOTE(v, "configuration changes <- vector %u", vector);
}

/* It differs when the device's configuration does (4.1.4.3.1): what was read of it is old. */
static void generation(struct virtio *v, uint8_t value)
{
    if (v->generation_known && v->generation != value) {
        NOTE(v, "configuration generation %u -> %u: the device has changed it", v->generation, value);
        memset(v->config_known, 0, sizeof v->config_known);
    }
    v->generation = value;
    v->generation_known = true;
}

/* A register, whole. */
static void one(struct virtio *v, const struct vfp_access *a, uint64_t at)
{
    switch (at) {
    case DEVICE_SELECT:
        v->device_select = (uint32_t)a->value;
        v->device_select_known = true;
        break;
    case DEVICE_FEATURE:
        if (v->device_select_known)
            features(v, false, v->device_select, (uint32_t)a->value);
        break;
    case DRIVER_SELECT:
        v->driver_select = (uint32_t)a->value;
        v->driver_select_known = true;
        break;
    case DRIVER_FEATURE:
        if (a->is_write && v->driver_select_known)
            features(v, true, v->driver_select, (uint32_t)a->value);
        break;
    case CONFIG_VECTOR:
        if (a->is_write)
            config_vector(v, (unsigned)a->value);
        break;
    case NUM_QUEUES:
        v->num_queues = (uint16_t)a->value;
        if (!v->named)
            NOTE(v, "%u queue%s", v->num_queues, v->num_queues == 1 ? "" : "s");
        break;
    case STATUS:
        if (a->is_write)
            status_written(v, (uint8_t)a->value);
        else
            status_read(v, (uint8_t)a->value);
        break;
    case GENERATION:
        generation(v, (uint8_t)a->value);
        break;
    case QUEUE_SELECT:
        v->queue_select = (uint32_t)a->value;
        v->queue_select_known = true;
        break;
    default:
        queue_access(v, a, at);
        break;
    }
}

/* All ones are no vector, too, and may be a generation. */
static bool is_gone(struct virtio *v, const struct vfp_register *r, const struct vfp_access *a)
{
    bool ones = a->value == vfp_bits(UINT64_MAX, 0, 8 * r->width);

    if (a->is_write || r->offset == CONFIG_VECTOR || r->offset == QUEUE_VECTOR || r->offset == GENERATION)
        return !a->is_write && ones && v->told_gone;
    if (ones)
        (v->told_gone ? v->host->note : v->host->warn)(v->device, "%s reads all ones: there is no device behind it", r->name);
    v->told_gone = ones;
    return ones;
}

/* The registers that an access is to. Of one that is written in part, or not at hand, nothing is known. */
void virtio_common(struct virtio *v, const struct vfp_access *a, uint64_t at)
{
    for (const struct vfp_register *r = virtio_registers; r->name; r++) {
        bool whole = a->has_value && r->offset >= at && (uint64_t)r->offset + r->width <= at + a->size;
        struct vfp_access part = *a;

        if (virtio_register_area(r) != AREA_COMMON || r->offset >= at + a->size || (uint64_t)r->offset + r->width <= at)
            continue;
        part.size = r->width;
        part.value = whole ? vfp_bits(a->value, (unsigned)(8 * (r->offset - at)), 8 * r->width) : 0;
        if (a->is_write && r->flags & VFP_READ_ONLY) {
            virtio_read_only(v, r);
        } else if (!whole && a->is_write) {
            NOTE(v, "%s is written in part, or what with is not at hand", r->name);
            virtio_gap(v);
        } else if (whole && !is_gone(v, r, &part)) {
            one(v, &part, r->offset);
        }
    }
}
