/*
 * The server end: the client's memory comes and goes. DMA_MAP, DMA_UNMAP.
 */
#include "capture/server/inside.h"

#include <errno.h>
#include <sys/mman.h>

/* Can the fd be mapped as it says? The attempt gives the errno; DMA itself goes by pread and pwrite. */
static int try_map(const struct server_map *m)
{
    int protection = (m->readable ? PROT_READ : 0) | (m->writeable ? PROT_WRITE : 0);
    void *at = mmap(NULL, m->size, protection, MAP_SHARED, m->fd, (off_t)m->offset);

    if (at == MAP_FAILED)
        return errno;
    munmap(at, m->size);
    return 0;
}

static bool aligned(uint64_t n)
{
    return n % SERVER_PAGE_SIZE == 0;
}

int server_dma_map(struct vfu_server *s, struct server_request *r)
{
    uint64_t flags = server_field(r, "flags");
    struct server_map m = {
        .address = server_field(r, "address"),
        .size = server_field(r, "size"),
        .offset = server_field(r, "offset"),
        .readable = flags & VFU_DMA_READABLE,
        .writeable = flags & VFU_DMA_WRITEABLE,
        .fd = r->nfds ? r->fds[0] : -1,
    };
    int failed = 0;

    if (server_field(r, "argsz") < r->in->layout->size || r->nfds > 1 ||
        flags & ~(uint64_t)(VFU_DMA_READABLE | VFU_DMA_WRITEABLE | VFU_DMA_MMAP | VFU_DMA_FILE_IO) ||
        (flags & (VFU_DMA_MMAP | VFU_DMA_FILE_IO) && m.fd < 0) || m.size == 0 || m.address + (m.size - 1) < m.address ||
        !aligned(m.address) || !aligned(m.size) || (m.fd >= 0 && (!aligned(m.offset) || m.offset > INT64_MAX)))
        return EINVAL;
    if (m.fd >= 0 && !(flags & VFU_DMA_FILE_IO))
        failed = try_map(&m);
    if (!failed)
        failed = server_map_add(s, &m);
    if (!failed && m.fd >= 0)
        r->fds[0] = -1; /* it is the map's now */
    return failed;
}

/* Address and size must be a mapping's own, to the byte. */
static int unmap_one(struct vfu_server *s, uint64_t address, uint64_t size)
{
    const struct server_map *m = server_map_at(s, address);

    if (!m || m->address != address || m->size != size)
        return ENOENT;
    server_dma_abort(s, address, size, "unmapped meanwhile");
    server_map_remove(s, m);
    return 0;
}

int server_dma_unmap(struct vfu_server *s, struct server_request *r)
{
    uint64_t flags = server_field(r, "flags"), address = server_field(r, "address"), size = server_field(r, "size");
    int failed = 0;

    if (server_field(r, "argsz") < r->in->layout->size)
        return EINVAL;
    if (flags == VFIO_DMA_UNMAP_FLAG_ALL) {
        if (address || size)
            return EINVAL;
        server_dma_abort(s, 0, 0, "unmapped meanwhile");
        server_maps_free(s);
    } else if (flags) { /* dirty bitmaps came and went with DIRTY_PAGES; vaddr is the kernel's alone */
        return EINVAL;
    } else {
        failed = unmap_one(s, address, size);
    }
    if (!failed && (!vfu_build_set_number(&r->reply, "flags", flags) ||
                    !vfu_build_set_number(&r->reply, "address", address) ||
                    !vfu_build_set_number(&r->reply, "size", size)))
        failed = ENOMEM;
    return failed;
}
