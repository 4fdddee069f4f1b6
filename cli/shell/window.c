/*
 * Mapping a part of a region: see inside.h.
 */
#include "cli/shell/guard.h"
#include "cli/shell/inside.h"
#include "decoder/wire/area.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Where a part of a region is: which of the reply's descriptors, at which offset of its file. */
struct place {
    unsigned fd;
    uint64_t at;
};

/* Is [offset, offset + size) in this area? */
static bool is_in(const struct vfu_area *area, uint64_t offset, size_t size, struct place *place)
{
    uint64_t start = area->offset, length = area->size;

    if (offset < start || offset - start > length || size > length - (offset - start))
        return false;
    *place = (struct place){ area->fd, area->at + (offset - start) };
    return true;
}

/* Does [offset, offset + size) lie in an area that can be mapped? Without areas, all of the region can. */
static bool find_place(const struct vfu_event *reply, uint64_t offset, size_t size, struct place *place)
{
    const struct vfu_layout *layout;
    struct vfu_value cap[VFU_MAX_VALUES], item[VFU_MAX_VALUES];
    const struct vfu_value *chain;
    bool sparse = false, broken = false;
    struct vfu_decoded d;
    unsigned caps, count;
    size_t at = SIZE_MAX;
    uint64_t whole, base;

    vfu_decode(reply, &d);
    chain = vfu_value_by_name(d.values, d.count, "capabilities");
    base = vfu_number(d.values, d.count, "offset", 0);
    while (chain && vfu_list_next(chain, &at, &layout, cap, &caps, &broken)) {
        const struct vfu_value *list = vfu_value_by_name(cap, caps, "areas");
        size_t next = SIZE_MAX;

        sparse = sparse || list;
        while (list && vfu_list_next(list, &next, &layout, item, &count, &broken)) {
            struct vfu_area area = vfu_area_of(item, count, base);

            if (is_in(&area, offset, size, place))
                return true;
        }
    }
    whole = vfu_number(d.values, d.count, "size", 0);
    *place = (struct place){ .at = base + offset };
    return !sparse && offset <= whole && size <= whole - offset;
}

static bool map(struct shell *sh, int fd, uint64_t file_offset, size_t size, bool to_write, struct shell_window *window)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), start = file_offset & ~(page - 1);
    void *mapped;

    window->mapped_size = size + (size_t)(file_offset - start);
    mapped = mmap(NULL, window->mapped_size, to_write ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd,
                  (off_t)start);
    if (mapped == MAP_FAILED)
        return shell_fail(sh, "the region can't be mapped: %s", strerror(errno));
    window->mapped = mapped;
    window->at = (uint8_t *)mapped + (file_offset - start);
    return true;
}

enum shell_result shell_window_open(struct shell *sh, uint32_t region, uint64_t offset, size_t size, bool to_write,
                                    struct shell_window *window)
{
    enum shell_result result = shell_region_info(sh, region);
    const struct vfu_reply *reply = &sh->link.client.reply;
    struct place place;
    bool good;
    int fd;

    *window = (struct shell_window){ 0 };
    if (result != SHELL_OK)
        return result;
    if (!reply->nfds || !(shell_reply_number(&sh->link, "flags", 0) & VFIO_REGION_INFO_FLAG_MMAP))
        return shell_fail(sh, "the region can't be mapped: the server %s",
                          reply->nfds ? "does not offer it" : "passed no fd"), SHELL_FAILED;
    if (!find_place(reply->event, offset, size, &place))
        return shell_fail(sh, "0x%llx+0x%zx is in no area that can be mapped (regions lists them)",
                          (unsigned long long)offset, size), SHELL_FAILED;
    fd = place.fd < reply->nfds ? vfu_reply_take_fd(&sh->link.client.reply, place.fd) : -1;
    if (fd < 0)
        return shell_fail(sh, "the area's fd_index is %u, the server passed %u", place.fd, reply->nfds), SHELL_FAILED;
    good = map(sh, fd, place.at, size, to_write, window);
    close(fd);
    return good ? SHELL_OK : SHELL_FAILED;
}

void shell_window_close(struct shell_window *window)
{
    if (window->mapped)
        munmap(window->mapped, window->mapped_size);
    window->mapped = NULL;
}

struct job {
    volatile uint8_t *to;
    const volatile uint8_t *from;
    size_t size;
    unsigned width;
};

/* One access a value, as wide as the value where it is aligned so: what a device sees matters. */
static void copy(void *context)
{
    struct job *j = context;
    bool aligned = (((uintptr_t)j->to | (uintptr_t)j->from) & (j->width - 1)) == 0;

    for (size_t i = 0; i < j->size; i += j->width) {
        if (aligned && j->width == 8)
            *(volatile uint64_t *)(j->to + i) = *(const volatile uint64_t *)(j->from + i);
        else if (aligned && j->width == 4)
            *(volatile uint32_t *)(j->to + i) = *(const volatile uint32_t *)(j->from + i);
        else if (aligned && j->width == 2)
            *(volatile uint16_t *)(j->to + i) = *(const volatile uint16_t *)(j->from + i);
        else
            for (unsigned k = 0; k < j->width; k++)
                j->to[i + k] = j->from[i + k];
    }
}

bool shell_window_read(struct shell *sh, const struct shell_window *window, uint8_t *to, size_t size, unsigned width)
{
    struct job job = { to, window->at, size, width };

    return guard_run(copy, &job) || shell_fail(sh, "the memory behind the region is gone (a bus error)");
}

bool shell_window_write(struct shell *sh, const struct shell_window *window, const uint8_t *from, size_t size,
                        unsigned width)
{
    struct job job = { window->at, from, size, width };

    return guard_run(copy, &job) || shell_fail(sh, "the memory behind the region is gone (a bus error)");
}
