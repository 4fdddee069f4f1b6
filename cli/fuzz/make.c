/*
 * vfuscope fuzz: right messages, which mean something now: what is mapped, which states there are, what the device has.
 */
#include "cli/fuzz/inside.h"

#include <stdio.h>

enum { NAME = 48, BULK = 4096, WRITES = 4, FIRST_ADDRESS = 0x10000000, STEP = 0x1000000 };

static bool set(struct vfu_build *b, const char *name, uint64_t number)
{
    return vfu_build_set_number(b, name, number);
}

static uint64_t below(struct fuzz_state *s, uint64_t n)
{
    return fuzz_below(&s->random, n);
}

/* --- VERSION --- */

#define PROPOSES(rest) "{\"capabilities\":{\"max_msg_fds\":8," rest "}}"
static const char *const jsons[] = {
    PROPOSES("\"max_data_xfer_size\":1048576,\"pgsizes\":4096,\"max_dma_maps\":65535,\"write_multiple\":true"),
    PROPOSES("\"max_data_xfer_size\":4096"),
    PROPOSES("\"migration\":{\"pgsize\":4096,\"max_bitmap_size\":4096}"),
    PROPOSES("\"twin_socket\":{\"supported\":true}"),
};
static const char *const odd_jsons[] = {
    "", "{", "[]", "null", "{}", "{\"capabilities\":[]}", "{\"capabilities\":{\"max_msg_fds\":", "\xff\xfe",
    PROPOSES("\"max_data_xfer_size\":0"), PROPOSES("\"max_data_xfer_size\":-1"), PROPOSES("\"pgsizes\":\"4096\""),
    PROPOSES("\"max_data_xfer_size\":18446744073709551615"), PROPOSES("\"pgsizes\":0,\"max_dma_maps\":0"),
    PROPOSES("\"pgsizes\":1e308,\"max_dma_maps\":-9223372036854775808"), PROPOSES("\"pgsizes\":3"),
    PROPOSES("\"migration\":{\"pgsize\":0,\"max_bitmap_size\":0}"), PROPOSES("\"migration\":{\"pgsize\":{}}"),
    PROPOSES("\"migration\":7"), PROPOSES("\"twin_socket\":{\"supported\":7,\"fd_index\":-1}"), PROPOSES("\"twin_socket\":true"),
    "{\"capabilities\":{\"max_msg_fds\":0}}", "{\"capabilities\":{\"max_msg_fds\":\"many\",\"max_msg_fds\":[[[[[[[[]]]]]]]]}}",
};
#define PICK(s, list) (list)[below(s, sizeof (list) / sizeof *(list))]

static bool version(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds)
{
    bool odd = fuzz_one_in(&s->random, 12);

    (void)fds;
    if (odd)
        return vfu_build_set(b, "json", PICK(s, odd_jsons));
    return vfu_build_set(b, "json", fuzz_one_in(&s->random, 4) ? PICK(s, jsons) : jsons[0]);
}

/* --- memory --- */

static bool dma_map(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds)
{
    struct fuzz_map m = { s->next_address, s->device->page << below(s, 6) };
    const uint64_t offset = fuzz_one_in(&s->random, 4) ? s->device->page : 0;

    if (!m.address)
        m.address = FIRST_ADDRESS;
    s->next_address = fuzz_one_in(&s->random, 2) ? m.address + m.size : m.address + STEP;
    s->maps[s->map_count < FUZZ_MAPS ? s->map_count++ : below(s, FUZZ_MAPS)] = m;
    if (!fuzz_one_in(&s->random, 4))
        *fds = (struct fuzz_fds){ FUZZ_MEMFD, 1, offset + m.size };
    return set(b, "flags", 1 + below(s, 3)) && set(b, "offset", offset) && set(b, "address", m.address) &&
           set(b, "size", m.size);
}

static bool dma_unmap(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds)
{
    uint64_t which = below(s, s->map_count);

    (void)fds;
    if (!s->map_count || fuzz_one_in(&s->random, 12)) {
        s->map_count = 0;
        return set(b, "flags", VFIO_DMA_UNMAP_FLAG_ALL);
    }
    if (!set(b, "address", s->maps[which].address) || !set(b, "size", s->maps[which].size))
        return false;
    s->maps[which] = s->maps[--s->map_count];
    if (!fuzz_one_in(&s->random, 4))
        return true;
    return set(b, "flags", VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) && set(b, "bitmap.pgsize", s->device->page) &&
           set(b, "bitmap.size", 8);
}

/* A place that is mapped, or one that any could be. */
static struct fuzz_map place(struct fuzz_state *s)
{
    return s->map_count ? s->maps[below(s, s->map_count)] : (struct fuzz_map){ FIRST_ADDRESS, s->device->page };
}

static bool dirty_pages(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds)
{
    const struct fuzz_map m = place(s);
    const uint64_t flag = UINT64_C(1) << below(s, 3);

    (void)fds;
    if (!set(b, "flags", flag) || flag != VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP)
        return true;
    return set(b, "iova", m.address) && set(b, "size", m.size) && set(b, "bitmap.pgsize", s->device->page) &&
           set(b, "bitmap.size", 8);
}

/* What only a server sends. */
static bool dma(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds)
{
    static const uint8_t data[8];
    const struct fuzz_map m = place(s);

    (void)fds;
    if (!set(b, "address", m.address) || !set(b, "count", sizeof data))
        return false;
    return b->command->number == VFU_DMA_READ || vfu_build_set_bytes(b, "data", data, sizeof data);
}

/* --- the device --- */

static bool index_only(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds)
{
    bool irq = b->command->number == VFU_DEVICE_GET_IRQ_INFO;

    (void)fds;
    return set(b, "index", below(s, irq ? s->device->num_irqs : s->device->num_regions));
}

static bool nothing(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds)
{
    (void)s;
    (void)b;
    (void)fds;
    return true;
}

static bool set_irqs(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds)
{
    static const uint8_t ones[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
    const uint64_t index = below(s, s->device->num_irqs), vectors = s->device->num_irqs ? s->device->irqs[index].count : 0;
    const uint64_t start = below(s, vectors), most = vectors - start < 8 ? vectors - start : 8;
    const uint64_t count = most ? 1 + below(s, most) : 0;
    const uint64_t action = UINT64_C(8) << below(s, 3);

    if (!set(b, "index", index) || !set(b, "start", start) || !set(b, "count", count))
        return false;
    switch (below(s, 4)) {
    case 0:
        return set(b, "flags", VFIO_IRQ_SET_DATA_NONE | action);
    case 1:
        return set(b, "flags", VFIO_IRQ_SET_DATA_BOOL | action) && vfu_build_set_bytes(b, "data", ones, (size_t)count);
    case 2: /* all of the index is off */
        return set(b, "flags", VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER) && set(b, "start", 0) && set(b, "count", 0);
    default:
        *fds = (struct fuzz_fds){ FUZZ_EVENTFD, (unsigned)count, 0 };
        return set(b, "flags", VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER);
    }
}

/* A region that has bytes, and a place in it. */
static uint64_t access_to(struct fuzz_state *s, uint64_t count, uint64_t *offset)
{
    const struct fuzz_device *d = s->device;
    uint64_t region = below(s, d->num_regions);

    for (unsigned i = 0; i < d->num_regions && d->regions[region].size < count; i++)
        region = (region + 1) % d->num_regions;
    *offset = d->num_regions && d->regions[region].size > count ? below(s, d->regions[region].size - count + 1) : 0;
    if (!fuzz_one_in(&s->random, 4)) /* registers lie at the begin */
        *offset = *offset % 0x100 / count * count;
    return region;
}

static uint64_t access_count(struct fuzz_state *s)
{
    const uint64_t most = s->device->max_xfer < BULK ? s->device->max_xfer : BULK;

    return fuzz_one_in(&s->random, 8) && most ? 1 + below(s, most) : UINT64_C(1) << below(s, 4);
}

static bool region_access(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds)
{
    uint8_t data[BULK];
    const uint64_t count = access_count(s), byte = below(s, 4) ? fuzz_next(&s->random) : 0;
    uint64_t offset, region = access_to(s, count, &offset);

    (void)fds;
    for (uint64_t i = 0; i < count; i++)
        data[i] = (uint8_t)(byte >> 8 * (i % 8));
    if (!set(b, "offset", offset) || !set(b, "region", region) || !set(b, "count", count))
        return false;
    return b->command->number == VFU_REGION_READ || vfu_build_set_bytes(b, "data", data, (size_t)count);
}

static bool write_multi(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds)
{
    const uint64_t writes = 1 + below(s, WRITES);
    uint64_t offset, region;
    bool good = true;
    char name[NAME];

    (void)fds;
    for (uint64_t i = 0; i < writes && good; i++) {
        const uint64_t count = UINT64_C(1) << below(s, 4), data = fuzz_next(&s->random);

        region = access_to(s, count, &offset);
        snprintf(name, sizeof name, "writes[%u].offset", (unsigned)i);
        good = set(b, name, offset);
        snprintf(name, sizeof name, "writes[%u].region", (unsigned)i);
        good = good && set(b, name, region);
        snprintf(name, sizeof name, "writes[%u].data", (unsigned)i);
        good = good && vfu_build_set_bytes(b, name, &data, sizeof data);
        snprintf(name, sizeof name, "writes[%u].count", (unsigned)i);
        good = good && set(b, name, count);
    }
    return good && set(b, "wr_cnt", writes);
}

/* --- features --- */

static bool feature(struct vfu_build *b, uint64_t flags, uint64_t number)
{
    return set(b, "flags", flags) && set(b, "feature", number);
}

bool fuzz_make_state(struct fuzz_state *s, unsigned state, struct vfu_build *b)
{
    s->migration = state;
    return vfu_build_start(b, VFU_DEVICE_FEATURE, false) &&
           feature(b, VFIO_DEVICE_FEATURE_SET, VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE) && set(b, "device_state", state);
}

static bool device_feature(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds)
{
    const struct fuzz_map m = place(s);

    (void)fds;
    switch (below(s, 8)) {
    case 0:
        return feature(b, VFIO_DEVICE_FEATURE_GET, VFIO_DEVICE_FEATURE_MIGRATION);
    case 1:
        return feature(b, VFIO_DEVICE_FEATURE_GET, VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE);
    case 2:
        return feature(b, VFIO_DEVICE_FEATURE_SET, VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP);
    case 3:
        return feature(b, VFIO_DEVICE_FEATURE_GET, VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT) && set(b, "iova", m.address) &&
               set(b, "length", m.size) && set(b, "page_size", s->device->page);
    case 4:
        return feature(b, VFIO_DEVICE_FEATURE_SET, VFIO_DEVICE_FEATURE_DMA_LOGGING_START) && set(b, "page_size", s->device->page) &&
               set(b, "ranges[0].iova", m.address) && set(b, "ranges[0].length", m.size);
    case 5:
        return feature(b, VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET, below(s, VFU_FEATURE_BUS_MASTER + 2));
    case 6:
        return feature(b, VFIO_DEVICE_FEATURE_GET, VFU_FEATURE_MIG_DATA_SIZE);
    default:
        s->migration = (unsigned)below(s, VFU_STATE_PRE_COPY_P2P + 2); /* whatever the way there */
        return feature(b, VFIO_DEVICE_FEATURE_SET, VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE) && set(b, "device_state", s->migration);
    }
}

static bool mig_data(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds)
{
    static const uint8_t data[BULK];
    const uint64_t size = below(s, BULK + 1);

    (void)fds;
    if (b->command->number == VFU_MIG_DATA_READ)
        return set(b, "size", size);
    return set(b, "size", size) && vfu_build_set_bytes(b, "data", data, (size_t)size);
}

/* --- all of them --- */

static bool (*const makes[])(struct fuzz_state *s, struct vfu_build *b, struct fuzz_fds *fds) = {
    [VFU_VERSION] = version,
    [VFU_DMA_MAP] = dma_map,
    [VFU_DMA_UNMAP] = dma_unmap,
    [VFU_DEVICE_GET_INFO] = nothing,
    [VFU_DEVICE_GET_REGION_INFO] = index_only,
    [VFU_DEVICE_GET_REGION_IO_FDS] = index_only,
    [VFU_DEVICE_GET_IRQ_INFO] = index_only,
    [VFU_DEVICE_SET_IRQS] = set_irqs,
    [VFU_REGION_READ] = region_access,
    [VFU_REGION_WRITE] = region_access,
    [VFU_DMA_READ] = dma,
    [VFU_DMA_WRITE] = dma,
    [VFU_DEVICE_RESET] = nothing,
    [VFU_DIRTY_PAGES] = dirty_pages,
    [VFU_REGION_WRITE_MULTI] = write_multi,
    [VFU_DEVICE_FEATURE] = device_feature,
    [VFU_MIG_DATA_READ] = mig_data,
    [VFU_MIG_DATA_WRITE] = mig_data,
};

/* A command that has no maker is zeros, as long as the table says: its fields get to their edges all the same. */
bool fuzz_make(struct fuzz_state *s, unsigned command, struct vfu_build *b, struct fuzz_fds *fds)
{
    *fds = (struct fuzz_fds){ 0 };
    if (!vfu_build_start(b, command, false))
        return false;
    return command >= sizeof makes / sizeof makes[0] || !makes[command] || makes[command](s, b, fds);
}
