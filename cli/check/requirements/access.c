/*
 * vfuscope check: reads of regions, DEVICE_RESET. What is read is PCI configuration space, and memory that any client
 * could map: no other register is touched.
 */
#include "cli/check/requirements/inside.h"

#define ACCESS "Read and Write Operations"
#define REGION "VFIO_USER_DEVICE_GET_REGION_INFO"
#define READ "VFIO_USER_REGION_READ"

enum { CONFIG = VFIO_PCI_CONFIG_REGION_INDEX, MOST = 64 /* regions that are looked at */ };

uint64_t check_open_config(struct check *c)
{
    if (!check_open(c))
        return 0;
    if (c->num_regions > CONFIG) {
        check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", CONFIG }, { "argsz", 4096 }));
        if (!check_is_done(c)) {
            check_lacks(c, "region-info", "the info of the configuration space was due");
            return 0;
        }
        if (check_number(c, "flags") & VFIO_REGION_INFO_FLAG_READ && check_number(c, "size") >= 64)
            return check_number(c, "size");
    }
    check_skip(c, "no PCI configuration space");
    return 0;
}

enum check_answer check_read_config(struct check *c, uint64_t offset, uint64_t count)
{
    return check_ask(c, VFU_REGION_READ, WITH({ "region", CONFIG }, { "offset", offset }, { "count", count }));
}

static enum check_result region_read(struct check *c)
{
    const struct vfu_value *data;

    if (!check_open_config(c))
        return check_verdict(c);
    check_read_config(c, 4, 4);
    if (!check_is_done(c))
        return check_done(c);
    data = check_value(c, "data");
    return check_number(c, "count") == 4 && data && data->size == 4 && !c->decoded.extra_size
               ? CHECK_PASSES
               : check_fail(c, "4 bytes were due");
}

static enum check_result region_read_echo(struct check *c)
{
    if (!check_open_config(c))
        return check_verdict(c);
    check_read_config(c, 8, 4);
    if (!check_is_done(c))
        return check_lacks(c, "read", "the reply to a read was due");
    return check_number(c, "offset") == 8 && check_number(c, "region") == CONFIG
               ? CHECK_PASSES
               : check_fail(c, "the reply is about another place");
}

static enum check_result read_end(struct check *c)
{
    uint64_t size = check_open_config(c);

    if (!size)
        return check_verdict(c);
    check_read_config(c, size, 4);
    return check_refused(c);
}

static enum check_result read_past_end(struct check *c)
{
    uint64_t size = check_open_config(c);

    if (!size)
        return check_verdict(c);
    check_read_config(c, size - 2, 4);
    return check_refused(c);
}

static enum check_result read_wrap(struct check *c)
{
    if (!check_open_config(c))
        return check_verdict(c);
    check_read_config(c, UINT64_MAX - 1, 4);
    return check_refused(c);
}

static enum check_result read_region(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    check_ask(c, VFU_REGION_READ, WITH({ "region", c->num_regions }, { "count", 4 }));
    return check_refused(c);
}

static enum check_result read_whole(struct check *c)
{
    uint64_t size = check_open_config(c);

    if (!size)
        return check_verdict(c);
    check_read_config(c, 0, size);
    return check_is_done(c) && check_number(c, "count") == size
               ? CHECK_PASSES
               : check_fail(c, "%u bytes were due", (unsigned)size);
}

static bool ask_region(struct check *c, unsigned index)
{
    check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", index }, { "argsz", 4096 }));
    return check_is_done(c);
}

/* Where the first part begins that can be mapped. */
static uint64_t mappable_at(const struct check *c)
{
    const struct vfu_value *list = check_value(c, "capabilities"), *areas;
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t at = SIZE_MAX, first = SIZE_MAX;
    unsigned count;
    bool broken;

    while (list && vfu_list_next(list, &at, &layout, values, &count, &broken)) {
        areas = vfu_value_by_name(values, count, "areas");
        if (areas && vfu_list_next(areas, &first, &layout, values, &count, &broken))
            return vfu_number(values, count, "offset", 0);
    }
    return 0;
}

static enum check_result read_mappable(struct check *c)
{
    const uint32_t flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_MMAP;

    if (!check_open(c))
        return check_verdict(c);
    for (unsigned i = 0; i < c->num_regions && i < MOST; i++) {
        if (!ask_region(c, i) || (check_number(c, "flags") & flags) != flags)
            continue;
        check_ask(c, VFU_REGION_READ, WITH({ "region", i }, { "offset", mappable_at(c) }, { "count", 4 }));
        return check_done(c);
    }
    return check_skip(c, "no region can be mapped");
}

static enum check_result read_absent(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    for (unsigned i = 0; i < c->num_regions && i < MOST; i++) {
        if (!ask_region(c, i) || (check_number(c, "size") && check_number(c, "flags") & VFIO_REGION_INFO_FLAG_READ))
            continue;
        check_ask(c, VFU_REGION_READ, WITH({ "region", i }, { "count", 4 }));
        return check_refused(c);
    }
    return check_skip(c, "every region can be read");
}

/* More than max_data_xfer_size, of a region that is so large. */
static enum check_result read_too_much(struct check *c)
{
    uint64_t most;

    if (!check_open(c))
        return check_verdict(c);
    most = vfu_client_agreed(&c->client)->max_data_xfer_size;
    for (uint32_t i = 0; i < c->num_regions && i < 64; i++) {
        check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", i }, { "argsz", 4096 }));
        if (!check_is_done(c) || check_number(c, "size") <= most || most >= UINT32_MAX)
            continue;
        check_ask(c, VFU_REGION_READ, WITH({ "region", i }, { "count", most + 1 }));
        return check_refused(c);
    }
    return check_skip(c, "no region is larger than max_data_xfer_size");
}

/* --- reset --- */

static enum check_result reset(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    if (!(c->flags & VFIO_DEVICE_FLAGS_RESET))
        return check_skip(c, "the device has no reset");
    check_ask(c, VFU_DEVICE_RESET, PLAIN);
    if (!check_is_done(c))
        return check_done(c);
    return c->reply->size == VFU_HEADER_SIZE ? CHECK_PASSES : check_fail(c, "the reply has no payload");
}

const struct check_requirement check_access[] = {
    { "read", READ, "a read has as many bytes as were asked for", region_read },
    { "read-echo", READ, "the reply to a read repeats offset and region", region_read_echo },
    { "read-end", READ, "a read behind the region gets an error reply", read_end },
    { "read-past-end", READ, "a read past the region's end gets an error reply", read_past_end },
    { "read-wrap", READ, "a read whose end wraps around gets an error reply", read_wrap },
    { "read-region", READ, "a read of a region that does not exist gets an error reply", read_region },
    { "read-short", READ, "a REGION_READ without all its fields gets an error reply", check_short,
      .command = VFU_REGION_READ, .number = 8 },
    { "read-whole", READ, "the configuration space can be read in one piece", read_whole },
    { "read-mappable", ACCESS, "what can be mapped can be read, too", read_mappable },
    { "read-absent", REGION, "a region that is empty or not readable is not read", read_absent },
    { "read-too-much", ACCESS, "a read above max_data_xfer_size gets an error reply", read_too_much, ODD },
    { "reset", "VFIO_USER_DEVICE_RESET", "a device that says so can be reset", reset },
    { NULL },
};
