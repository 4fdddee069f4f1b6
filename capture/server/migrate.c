/*
 * The server end: migration. The device's states and the arcs between them, as VFIO has them, and the data that is
 * saved and loaded. What is delivered while RESUMING becomes the device's state on leaving RESUMING, or none of it
 * does.
 *
 * Stopped, the device starts no DMA and fires no interrupt: both wait until it runs again. A DMA message whose reply
 * is awaited when the device stops is sent anew then.
 */
#include "capture/server/inside.h"

#include <errno.h>
#include <stdlib.h>

enum { STATES = VFU_STATE_PRE_COPY_P2P + 1 };

/*
 * The first step of the shortest way without a saving state (STOP_COPY, PRE_COPY) inside. 0: there is none. The P2P
 * states are not vfio-user's.
 */
static const uint8_t steps[STATES][STATES] = {
    [VFU_STATE_STOP] = { [VFU_STATE_RUNNING] = VFU_STATE_RUNNING,
                         [VFU_STATE_STOP_COPY] = VFU_STATE_STOP_COPY,
                         [VFU_STATE_RESUMING] = VFU_STATE_RESUMING,
                         [VFU_STATE_PRE_COPY] = VFU_STATE_RUNNING },
    [VFU_STATE_RUNNING] = { [VFU_STATE_STOP] = VFU_STATE_STOP,
                            [VFU_STATE_STOP_COPY] = VFU_STATE_STOP,
                            [VFU_STATE_RESUMING] = VFU_STATE_STOP,
                            [VFU_STATE_PRE_COPY] = VFU_STATE_PRE_COPY },
    [VFU_STATE_STOP_COPY] = { [VFU_STATE_STOP] = VFU_STATE_STOP,
                              [VFU_STATE_RUNNING] = VFU_STATE_STOP,
                              [VFU_STATE_RESUMING] = VFU_STATE_STOP },
    [VFU_STATE_RESUMING] = { [VFU_STATE_STOP] = VFU_STATE_STOP,
                             [VFU_STATE_RUNNING] = VFU_STATE_STOP,
                             [VFU_STATE_STOP_COPY] = VFU_STATE_STOP,
                             [VFU_STATE_PRE_COPY] = VFU_STATE_STOP },
    [VFU_STATE_PRE_COPY] = { [VFU_STATE_RUNNING] = VFU_STATE_RUNNING,
                             [VFU_STATE_STOP] = VFU_STATE_RUNNING,
                             [VFU_STATE_RESUMING] = VFU_STATE_RUNNING,
                             [VFU_STATE_STOP_COPY] = VFU_STATE_STOP_COPY },
};

static void stop(struct vfu_server *s)
{
    s->dev->stopped = true;
    server_dma_hold(s);
}

static void run(struct vfu_server *s)
{
    s->dev->stopped = false;
    server_irqs_resume(s);
}

/* Put the device's state as it is now into the stream. */
static int save(struct vfu_server *s, bool last)
{
    const struct dev_model *model = s->dev->model;
    size_t size;
    uint8_t *bytes = model->save(s->dev, &size);
    bool good = bytes && server_stream_add(&s->migration.data, model->name, last, bytes, size);

    free(bytes);
    return good ? 0 : ENOMEM;
}

/* Nothing delivered leaves the device as it was. */
static int load(struct vfu_server *s)
{
    const struct server_stream *data = &s->migration.data;
    const uint8_t *bytes;
    size_t size;

    if (data->damaged || (data->size > 0 && !data->complete))
        return EINVAL;
    if (!data->complete)
        return s->migration.delivered ? EINVAL : 0;
    bytes = server_stream_state(data, &size);
    return s->dev->model->load(s->dev, bytes, size);
}

/* One arc. A failure leaves the state as it was, but for data that is no good: ERROR. */
static int walk(struct vfu_server *s, enum vfu_device_state to)
{
    enum vfu_device_state from = s->migration.state;
    int failed = 0;

    if (from == VFU_STATE_RESUMING) {
        failed = load(s);
        if (failed)
            s->migration.state = VFU_STATE_ERROR;
    } else if (to == VFU_STATE_STOP_COPY) {
        bool ran = !s->dev->stopped;

        stop(s);
        failed = save(s, true);
        if (failed && ran)
            run(s);
    } else if (to == VFU_STATE_PRE_COPY) {
        failed = save(s, false);
    } else if (to == VFU_STATE_RUNNING && from == VFU_STATE_STOP) {
        run(s);
    } else if (from == VFU_STATE_RUNNING) {
        stop(s);
    }
    if (!failed)
        s->migration.state = to;
    /* Only PRE_COPY -> STOP_COPY goes on with the data of the state before. */
    if (s->migration.state != VFU_STATE_STOP_COPY && s->migration.state != VFU_STATE_PRE_COPY) {
        server_stream_clear(&s->migration.data);
        s->migration.delivered = false;
    }
    return failed;
}

int server_migrate(struct vfu_server *s, uint64_t state)
{
    int failed = 0;

    if (state == VFU_STATE_ERROR || state >= STATES ||
        (state == VFU_STATE_PRE_COPY && s->options.migration == VFU_SERVER_STOP_COPY))
        return EINVAL;
    while (!failed && s->migration.state != state) {
        enum vfu_device_state next = steps[s->migration.state][state];

        failed = next ? walk(s, next) : EINVAL;
    }
    return failed;
}

void server_migration_reset(struct vfu_server *s)
{
    server_stream_clear(&s->migration.data);
    s->migration = (struct server_migration){ .state = VFU_STATE_RUNNING };
    run(s);
}

void server_migration_end(struct vfu_server *s)
{
    if (s->migration.state != VFU_STATE_ERROR)
        server_migration_reset(s);
}

int server_mig_data_read(struct vfu_server *s, struct server_request *r)
{
    struct server_stream *data = &s->migration.data;
    uint64_t size = server_field(r, "size");

    if (s->migration.state != VFU_STATE_PRE_COPY && s->migration.state != VFU_STATE_STOP_COPY)
        return EINVAL;
    /* Less than was asked for would mean the end of the data: what does not fit is refused, not cut. */
    if (size > SERVER_MAX_DATA_XFER_SIZE || server_field(r, "argsz") < r->in->layout->size + size)
        return EINVAL;
    if (size > data->size - data->at)
        size = data->size - data->at;
    if (!vfu_build_set_number(&r->reply, "size", size) ||
        !vfu_build_set_bytes(&r->reply, "data", data->bytes + data->at, size))
        return ENOMEM;
    data->at += size;
    return 0;
}

int server_mig_data_write(struct vfu_server *s, struct server_request *r)
{
    const struct vfu_value *data = vfu_value_by_name(r->in->values, r->in->count, "data");
    uint64_t size = server_field(r, "size");

    if (s->migration.state != VFU_STATE_RESUMING || size > SERVER_MAX_DATA_XFER_SIZE || r->in->extra_size ||
        server_field(r, "argsz") < r->in->layout->size || (size && (!data || data->size != size)))
        return EINVAL;
    if (size == 0)
        return 0;
    s->migration.delivered = true;
    return server_stream_take(&s->migration.data, s->dev->model->name, data->bytes, size);
}
