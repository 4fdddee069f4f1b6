/*
 * The server end: access to the device's regions. REGION_READ, REGION_WRITE, REGION_WRITE_MULTI, DEVICE_RESET.
 */
#include "capture/server/inside.h"

#include <errno.h>
#include <stdlib.h>

/* Is [offset, offset + count) of this region there? Count 0 is legal, as with libvfio-user. */
static const struct dev_region *accessed(const struct vfu_server *s, uint64_t index, uint64_t offset, uint64_t count)
{
    const struct dev_region *region;

    if (index >= s->dev->region_count || count > SERVER_MAX_DATA_XFER_SIZE)
        return NULL;
    region = &s->dev->regions[index];
    return offset <= region->size && count <= region->size - offset ? region : NULL;
}

static int access_write(struct vfu_server *s, uint64_t index, uint64_t offset, const void *bytes, uint64_t count)
{
    const struct dev_region *region = accessed(s, index, offset, count);

    if (!region || (count && !region->writeable))
        return EINVAL;
    return count ? s->dev->model->write(s->dev, (unsigned)index, offset, bytes, count) : 0;
}

/* The reply repeats where and how much. */
static bool reply_place(struct server_request *r, uint64_t index, uint64_t offset, uint64_t count)
{
    return vfu_build_set_number(&r->reply, "offset", offset) && vfu_build_set_number(&r->reply, "region", index) &&
           vfu_build_set_number(&r->reply, "count", count);
}

int server_region_read(struct vfu_server *s, struct server_request *r)
{
    uint64_t index = server_field(r, "region"), offset = server_field(r, "offset"), count = server_field(r, "count");
    const struct dev_region *region = accessed(s, index, offset, count);
    uint8_t few[64], *bytes = few;
    int failed = 0;

    if (!region || (count && !region->readable))
        return EINVAL;
    if (count > sizeof few)
        bytes = malloc(count);
    if (!bytes)
        return ENOMEM;
    if (count)
        failed = s->dev->model->read(s->dev, (unsigned)index, offset, bytes, count);
    if (!failed && (!reply_place(r, index, offset, count) || !vfu_build_set_bytes(&r->reply, "data", bytes, count)))
        failed = ENOMEM;
    if (bytes != few)
        free(bytes);
    return failed;
}

int server_region_write(struct vfu_server *s, struct server_request *r)
{
    uint64_t index = server_field(r, "region"), offset = server_field(r, "offset"), count = server_field(r, "count");
    const struct vfu_value *data = vfu_value_by_name(r->in->values, r->in->count, "data");
    int failed;

    if (!accessed(s, index, offset, count) || r->in->extra_size || (count && (!data || data->size != count)))
        return EINVAL;
    failed = access_write(s, index, offset, data ? data->bytes : NULL, count);
    return failed || reply_place(r, index, offset, count) ? failed : ENOMEM;
}

/*
 * The reply says how many writes were done: the first that can't be done ends the list. An error only if none was, or
 * if the message itself is malformed; then nothing is written.
 */
int server_region_write_multi(struct vfu_server *s, struct server_request *r)
{
    const struct vfu_value *writes = vfu_value_by_name(r->in->values, r->in->count, "writes");
    uint64_t count = server_field(r, "wr_cnt"), done = 0;
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t at = SIZE_MAX;
    unsigned n;
    bool broken = false;
    int failed = 0;

    if (!s->write_multiple || count > VFU_MAX_WRITE_MULTI || r->in->extra_size ||
        (count && (!writes || writes->size < writes->claimed)))
        return EINVAL;
    while (count && !failed && vfu_list_next(writes, &at, &layout, values, &n, &broken)) {
        const struct vfu_value *data = vfu_value_by_name(values, n, "data");
        uint64_t size = vfu_number(values, n, "count", 0);

        if (size > VFU_MAX_WRITE_MULTI_DATA || (size && (!data || data->size < size)))
            failed = EINVAL;
        else
            failed = access_write(s, vfu_number(values, n, "region", 0), vfu_number(values, n, "offset", 0),
                                  data ? data->bytes : NULL, size);
        if (!failed)
            done++;
    }
    if (failed && !done)
        return failed;
    return vfu_build_set_number(&r->reply, "wr_cnt", done) ? 0 : ENOMEM;
}

int server_reset(struct vfu_server *s, struct server_request *r)
{
    (void)r;
    s->dev->model->reset(s->dev);
    server_irqs_forget(s);
    server_doorbells_forget(s);
    server_migration_reset(s);
    return 0;
}
