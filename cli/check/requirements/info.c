/*
 * vfuscope check: what the device says it has. DEVICE_GET_INFO, DEVICE_GET_REGION_INFO, DEVICE_GET_REGION_IO_FDS.
 */
#include "cli/check/requirements/inside.h"
#include "decoder/wire/area.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define INFO "VFIO_USER_DEVICE_GET_INFO"
#define REGION "VFIO_USER_DEVICE_GET_REGION_INFO"
#define SIZES "Message sizes"
#define IO_FDS "VFIO_USER_DEVICE_GET_REGION_IO_FDS"

enum { FIXED = 32, ROOM = 4096, MOST = 64 /* regions that are looked at */ };

static enum check_result info(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    if (c->decoded.is_short || check_number(c, "argsz") < 16)
        return check_fail(c, "the reply has 16 bytes, and argsz says so");
    return CHECK_PASSES;
}

static enum check_result info_regions(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    if (!(c->flags & VFIO_DEVICE_FLAGS_PCI))
        return check_skip(c, "no PCI device");
    return c->num_regions >= VFIO_PCI_NUM_REGIONS ? CHECK_PASSES : check_fail(c, "a PCI device has 9 regions or more");
}

/* --- regions --- */

static bool ask_region(struct check *c, uint64_t index, uint64_t argsz)
{
    check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", index }, { "argsz", argsz }));
    if (check_is_done(c) && !c->decoded.is_short)
        return true;
    check_lacks(c, "region-info", "the info of region %u was due", (unsigned)index);
    return false;
}

static unsigned regions(const struct check *c)
{
    return c->num_regions < MOST ? c->num_regions : MOST;
}

static enum check_result region_info(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    for (unsigned i = 0; i < regions(c); i++) {
        if (!ask_region(c, i, ROOM))
            return check_verdict(c);
        if (check_number(c, "index") != i)
            return check_fail(c, "region %u was asked for", i);
    }
    return CHECK_PASSES;
}

static enum check_result region_index(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", c->num_regions }));
    return check_refused(c);
}

/* For each region: the row's judge says what it thinks of the reply to an argsz of `number`. */
static enum check_result each_region(struct check *c)
{
    bool any = false;

    if (!check_open(c))
        return check_verdict(c);
    for (unsigned i = 0; i < regions(c); i++) {
        enum check_result one = ask_region(c, i, c->now->number) ? c->now->judge(c) : check_verdict(c);

        if (one == CHECK_FAILS || one == CHECK_NOT_TRIED)
            return one;
        any |= one == CHECK_PASSES;
    }
    return any ? CHECK_PASSES : check_skip(c, c->now->none);
}

static enum check_result judge_cut(struct check *c)
{
    if (c->reply->size > VFU_HEADER_SIZE + FIXED)
        return check_fail(c, "argsz had room for %u bytes", FIXED);
    if (check_number(c, "argsz") <= FIXED)
        return CHECK_DOES_NOT_APPLY;
    return c->client.reply.nfds ? check_fail(c, "a reply that was cut has no fds") : CHECK_PASSES;
}

static enum check_result judge_full(struct check *c)
{
    uint64_t argsz = check_number(c, "argsz");

    if (argsz > ROOM || argsz == c->reply->size - VFU_HEADER_SIZE)
        return CHECK_PASSES;
    return check_fail(c, "%u bytes came, argsz says %u", c->reply->size - VFU_HEADER_SIZE, (unsigned)argsz);
}

/* Has the region info that came last a capability with such an id? */
static bool has_capability(const struct check *c, bool (*is_such)(uint64_t id))
{
    const struct vfu_value *list = check_value(c, "capabilities");
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t at = SIZE_MAX;
    unsigned count;
    bool broken;

    while (list && vfu_list_next(list, &at, &layout, values, &count, &broken))
        if (is_such(vfu_number(values, count, "id", 0)))
            return true;
    return false;
}

static bool is_type(uint64_t id)
{
    return id == VFIO_REGION_INFO_CAP_TYPE;
}

bool check_has_own_fds(const struct check *c)
{
    return has_capability(c, vfu_areas_have_files);
}

static bool is_sparse(uint64_t id)
{
    return id == VFIO_REGION_INFO_CAP_SPARSE_MMAP || vfu_areas_have_files(id);
}

bool check_has_areas(const struct check *c)
{
    return has_capability(c, is_sparse);
}

/* Device-specific regions follow those that PCI has. */
static enum check_result judge_type(struct check *c)
{
    if (!(c->flags & VFIO_DEVICE_FLAGS_PCI) || check_number(c, "index") < VFIO_PCI_NUM_REGIONS ||
        !check_number(c, "size"))
        return CHECK_DOES_NOT_APPLY;
    return has_capability(c, is_type) ? CHECK_PASSES
                                      : check_fail(c, "a device-specific region has a type capability");
}

/* Its areas are offsets into one file, but for those of a capability that brings files of their own. */
static enum check_result judge_fd(struct check *c)
{
    unsigned nfds = c->client.reply.nfds;

    if (!(check_number(c, "flags") & VFIO_REGION_INFO_FLAG_MMAP))
        return CHECK_DOES_NOT_APPLY;
    if (nfds == 0)
        return check_fail(c, "the region can be mapped, its fd was due");
    return nfds == 1 || check_has_own_fds(c) ? CHECK_PASSES : check_fail(c, "%u descriptors, a region has one", nfds);
}

/* Can that part of the region be mapped as it says? One of no bytes is another requirement's: area-empty. */
static bool maps(struct check *c, const struct vfu_area *area)
{
    const struct vfu_reply *reply = &c->client.reply;
    uint64_t flags = check_number(c, "flags");
    int protection = (flags & VFIO_REGION_INFO_FLAG_READ ? PROT_READ : 0) |
                     (flags & VFIO_REGION_INFO_FLAG_WRITE ? PROT_WRITE : 0);
    void *memory;

    if (area->fd >= reply->nfds) {
        check_fail(c, "fd_index %u, %u descriptors came", area->fd, reply->nfds);
        return false;
    }
    if (area->size == 0)
        return true;
    memory = mmap(NULL, area->size, protection, MAP_SHARED, reply->fds[area->fd], (off_t)area->at);
    if (memory != MAP_FAILED) {
        munmap(memory, area->size);
        return true;
    }
    check_fail(c, "0x%llx+0x%llx can't be mapped: %s", (unsigned long long)area->offset,
               (unsigned long long)area->size, strerror(errno));
    return false;
}

static enum check_result judge_map(struct check *c)
{
    const struct vfu_value *list = check_value(c, "capabilities");
    const uint64_t base = check_number(c, "offset");
    struct vfu_area area = { .size = check_number(c, "size"), .at = base };
    struct vfu_value values[VFU_MAX_VALUES], item[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t at = SIZE_MAX;
    unsigned count, n;
    bool broken, sparse = false;

    if (!(check_number(c, "flags") & VFIO_REGION_INFO_FLAG_MMAP) || !c->client.reply.nfds)
        return CHECK_DOES_NOT_APPLY;
    while (list && vfu_list_next(list, &at, &layout, values, &count, &broken)) {
        const struct vfu_value *areas = vfu_value_by_name(values, count, "areas");
        size_t inside = SIZE_MAX;

        while (areas && vfu_list_next(areas, &inside, &layout, item, &n, &broken)) {
            sparse = true;
            area = vfu_area_of(item, n, base);
            if (!maps(c, &area))
                return check_verdict(c);
        }
    }
    return sparse || maps(c, &area) ? CHECK_PASSES : check_verdict(c);
}

/* The rules know what a chain may look like. */
static enum check_result judge_chain(struct check *c)
{
    if (!(check_number(c, "flags") & VFIO_REGION_INFO_FLAG_CAPS))
        return CHECK_DOES_NOT_APPLY;
    for (unsigned i = 0; i < c->reply->problem_count; i++) {
        const char *rule = c->reply->problems[i].rule->id;

        if (strncmp(rule, "cap-", 4) == 0 || strcmp(rule, "sparse-outside") == 0)
            return check_fail(c, "%s", c->reply->problems[i].text);
    }
    return CHECK_PASSES;
}

/* --- I/O fds --- */

/* The same, for each region that the server says something about. */
static enum check_result each_io_fds(struct check *c)
{
    bool any = false;

    if (!check_open(c))
        return check_verdict(c);
    for (unsigned i = 0; i < regions(c); i++) {
        check_ask(c, VFU_DEVICE_GET_REGION_IO_FDS, WITH({ "index", i }, { "argsz", c->now->number }));
        if (c->answer != CHECK_REPLY)
            return check_lacks(c, "io-fds", "a reply was due");
        if (check_is_error(c))
            continue;
        if (check_number(c, "index") != i)
            return check_lacks(c, "io-fds", "region %u was asked for", i);
        if (c->now->judge(c) == CHECK_FAILS)
            return CHECK_FAILS;
        any |= check_number(c, "count") > 0;
    }
    return any ? CHECK_PASSES : check_skip(c, "no region has such fds");
}

static enum check_result judge_io_fds(struct check *c)
{
    if ((check_number(c, "count") > 0) != (c->client.reply.nfds > 0))
        return check_fail(c, "%u sub-regions, %u fds", (unsigned)check_number(c, "count"), c->client.reply.nfds);
    for (unsigned n = 0; n < c->reply->problem_count; n++)
        if (strcmp(c->reply->problems[n].rule->id, "fd-index") == 0)
            return check_fail(c, "%s", c->reply->problems[n].text);
    return CHECK_PASSES;
}

static enum check_result judge_io_reply(struct check *c)
{
    if (check_number(c, "flags"))
        return check_fail(c, "flags are 0");
    return judge_full(c);
}

static enum check_result judge_io_cut(struct check *c)
{
    if (c->client.reply.nfds && check_number(c, "argsz") > c->now->number)
        return check_fail(c, "a reply that was cut has no fds");
    return check_fits(c, c->now->number);
}

/* What an ioeventfd's fd_index names is an eventfd. */
static enum check_result judge_io_kind(struct check *c)
{
    const struct vfu_value *list = check_value(c, "sub_regions");
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t at = SIZE_MAX;
    unsigned count;
    bool broken;

    while (list && vfu_list_next(list, &at, &layout, values, &count, &broken)) {
        uint64_t type = vfu_number(values, count, "type", 0), fd = vfu_number(values, count, "fd_index", 0);

        if (type == VFU_IO_IOEVENTFD && fd < c->client.reply.nfds && c->reply->message.fds[fd].type != VFU_FD_EVENTFD)
            return check_fail(c, "fd %u is to be an ioeventfd, and is no eventfd", (unsigned)fd);
    }
    return CHECK_PASSES;
}

static enum check_result io_fds_index(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    check_ask(c, VFU_DEVICE_GET_REGION_IO_FDS, WITH({ "index", c->num_regions }, { "argsz", ROOM }));
    return check_refused(c);
}

const struct check_requirement check_info[] = {
    { "info", INFO, "DEVICE_GET_INFO says how many regions and interrupts there are", info },
    { "info-regions", "Device-Specific Regions", "a PCI device has at least 9 regions", info_regions, ODD },
    { "info-argsz", SIZES, "a reply does not exceed argsz: DEVICE_GET_INFO with 8", check_small,
      .command = VFU_DEVICE_GET_INFO, .number = 8 },
    { "info-short", INFO, "a DEVICE_GET_INFO without all its fields gets an error reply", check_short,
      .command = VFU_DEVICE_GET_INFO, .number = 8 },
    { "region-info", REGION, "each region has its info, with its index", region_info },
    { "region-index", REGION, "a region that does not exist gets an error reply", region_index },
    { "region-argsz", SIZES, "a reply does not exceed argsz: DEVICE_GET_REGION_INFO with 16", check_small,
      .command = VFU_DEVICE_GET_REGION_INFO, .number = 16 },
    { "region-short", REGION, "a DEVICE_GET_REGION_INFO without all its fields gets an error reply", check_short,
      .command = VFU_DEVICE_GET_REGION_INFO, .number = 8 },
    { "region-full", REGION, "the reply's argsz is its size, where it fits", each_region, ODD, .number = ROOM,
      .judge = judge_full, .none = "there are no regions" },
    { "region-cut", SIZES, "what does not fit into argsz is left out, with the fds, and argsz says how much it is",
      each_region, .number = FIXED, .judge = judge_cut,
      .none = "no region has capabilities" },
    { "region-fd", REGION, "a region that can be mapped comes with one fd", each_region, .number = ROOM,
      .judge = judge_fd, .none = "no region can be mapped", FDS },
    { "region-map", REGION, "what is said to be mappable can be mapped", each_region, .number = ROOM,
      .judge = judge_map, .none = "no region can be mapped", FDS },
    { "region-chain", "VFIO region capabilities", "capabilities, and the areas in them, lie where they can",
      each_region, .number = ROOM, .judge = judge_chain,
      .none = "no region has capabilities" },
    { "region-type", "Device-Specific Regions", "a region beside those of PCI has a type", each_region, .number = ROOM,
      .judge = judge_type, .none = "no region is device-specific" },
    { "io-fds", IO_FDS, "sub-regions come with their fds", each_io_fds,
      .number = ROOM, .judge = judge_io_fds, FDS },
    { "io-fds-reply", IO_FDS, "the reply's argsz is its size, where it fits, and its flags are 0", each_io_fds,
      .number = ROOM, .judge = judge_io_reply },
    { "io-fds-cut", SIZES, "sub-regions that do not fit into argsz are left out, with their fds", each_io_fds,
      .number = FIXED / 2, .judge = judge_io_cut },
    { "io-fds-kind", "Sub-Region IO FD info format", "an ioeventfd is an eventfd", each_io_fds,
      .number = ROOM, .judge = judge_io_kind, FDS },
    { "io-fds-index", IO_FDS, "a region that does not exist has no I/O fds", io_fds_index },
    { NULL },
};
