/*
 * The server end: DEVICE_FEATURE. What the device lacks, and what can't be done with a feature, is EINVAL, as
 * libvfio-user answers it (the kernel's VFIO has ENOTTY; the specification names no errno).
 */
#include "capture/server/inside.h"

#include <errno.h>


enum { METHODS = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET };

static int get_migration(struct vfu_server *s, struct server_request *r)
{
    uint64_t pre_copy = s->options.migration == VFU_SERVER_PRE_COPY ? VFU_MIGRATION_PRE_COPY : 0;

    return vfu_build_set_number(&r->reply, "migration_flags", VFIO_MIGRATION_STOP_COPY | pre_copy) ? 0 : ENOMEM;
}

static int get_state(struct vfu_server *s, struct server_request *r)
{
    return vfu_build_set_number(&r->reply, "device_state", s->migration.state) ? 0 : ENOMEM;
}

static int set_state(struct vfu_server *s, struct server_request *r)
{
    return server_migrate(s, server_field(r, "device_state"));
}

static const struct {
    bool migration; /* only of a device that can be saved */
    int (*get)(struct vfu_server *s, struct server_request *r); /* the reply is started: argsz and flags */
    int (*set)(struct vfu_server *s, struct server_request *r); /* the reply is the request */
} features[] = {
    [VFIO_DEVICE_FEATURE_MIGRATION] = { .migration = true, .get = get_migration },
    [VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE] = { .migration = true, .get = get_state, .set = set_state },
    [VFIO_DEVICE_FEATURE_DMA_LOGGING_START] = { .set = server_dirty_start },
    [VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP] = { .set = server_dirty_stop },
    [VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT] = { .get = server_dirty_report },
};
enum { FEATURES = sizeof features / sizeof features[0] };

/* The methods that a feature has. */
static uint64_t methods_of(const struct vfu_server *s, uint64_t feature)
{
    if (feature >= FEATURES || s->options.migration == VFU_SERVER_NO_MIGRATION ||
        (features[feature].migration && !s->dev->model->save))
        return 0;
    return (features[feature].get ? VFIO_DEVICE_FEATURE_GET : 0) |
           (features[feature].set ? VFIO_DEVICE_FEATURE_SET : 0);
}

/* To set and to probe: all of it. */
static int repeat_all(struct server_request *r)
{
    size_t size = r->event->message.captured - VFU_HEADER_SIZE;

    return server_field(r, "argsz") < size ? EINVAL : server_repeat(r, size);
}

/* What does not fit is left out; argsz says what room to ask again with. */
static int get(struct vfu_server *s, struct server_request *r, uint64_t feature)
{
    size_t full;
    int failed;

    if (!vfu_build_set_number(&r->reply, "flags", VFIO_DEVICE_FEATURE_GET) ||
        !vfu_build_set_number(&r->reply, "feature", feature))
        return ENOMEM;
    failed = features[feature].get(s, r);
    if (failed || !vfu_build_end(&r->reply))
        return failed ? failed : ENOMEM;
    full = r->reply.size - VFU_HEADER_SIZE;
    if (full <= server_field(r, "argsz"))
        return 0;
    failed = server_repeat(r, r->event->command->request.layout->size);
    return failed || vfu_build_set_number(&r->reply, "argsz", full) ? failed : ENOMEM;
}

int server_device_feature(struct vfu_server *s, struct server_request *r)
{
    uint64_t flags = server_field(r, "flags"), feature = server_field(r, "feature"), methods = methods_of(s, feature);
    int failed;

    if (!methods || flags & METHODS & ~methods || flags & ~(uint64_t)(METHODS | VFIO_DEVICE_FEATURE_PROBE) ||
        server_field(r, "argsz") < r->event->command->request.layout->size)
        return EINVAL;
    if (flags & VFIO_DEVICE_FEATURE_PROBE)
        return repeat_all(r);
    switch (flags) {
    case VFIO_DEVICE_FEATURE_GET:
        return get(s, r, feature);
    case VFIO_DEVICE_FEATURE_SET:
        failed = repeat_all(r);
        return failed ? failed : features[feature].set(s, r);
    default: /* neither, or both */
        return EINVAL;
    }
}
