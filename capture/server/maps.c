/*
 * vfuscope serve: the client's memory. DMA_MAP, DMA_UNMAP, and the map that DMA looks addresses up in.
 */
#include "capture/server/inside.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool ends_before(const void *maps, size_t at, uint64_t address)
{
    const struct serve_map *m = (const struct serve_map *)maps + at;

    return m->address + (m->size - 1) < address;
}

/* The index of the first mapping that ends above address. */
static size_t first_above(const struct serve *s, uint64_t address)
{
    return vfu_lower_bound(s->maps, s->map_count, address, ends_before);
}

const struct serve_map *serve_map_at(const struct serve *s, uint64_t address)
{
    size_t i = first_above(s, address);

    return i < s->map_count && s->maps[i].address <= address ? &s->maps[i] : NULL;
}

/* Can the fd be mapped as it says? The attempt gives the errno; DMA itself goes by pread and pwrite. */
static int try_map(const struct serve_map *m)
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
    return n % SERVE_PAGE_SIZE == 0;
}

static int insert(struct serve *s, const struct serve_map *m)
{
    size_t at = first_above(s, m->address);

    if (at < s->map_count && s->maps[at].address <= m->address + (m->size - 1))
        return EEXIST;
    if (s->map_count == SERVE_MAX_DMA_MAPS)
        return ENOSPC;
    if (!VFU_GROW(s->maps, s->map_room, s->map_count + 1))
        return ENOMEM;
    memmove(s->maps + at + 1, s->maps + at, (s->map_count - at) * sizeof *s->maps);
    s->maps[at] = *m;
    s->map_count++;
    return 0;
}

int serve_dma_map(struct serve *s, struct serve_request *r)
{
    uint64_t flags = serve_field(r, "flags");
    struct serve_map m = {
        .address = serve_field(r, "address"),
        .size = serve_field(r, "size"),
        .offset = serve_field(r, "offset"),
        .readable = flags & VFU_DMA_READABLE,
        .writeable = flags & VFU_DMA_WRITEABLE,
        .fd = r->nfds ? r->fds[0] : -1,
    };
    int failed = 0;

    if (serve_field(r, "argsz") < r->in.layout->size || r->nfds > 1 ||
        flags & ~(uint64_t)(VFU_DMA_READABLE | VFU_DMA_WRITEABLE | VFU_DMA_MMAP | VFU_DMA_FILE_IO) ||
        (flags & (VFU_DMA_MMAP | VFU_DMA_FILE_IO) && m.fd < 0) || m.size == 0 || m.address + (m.size - 1) < m.address ||
        !aligned(m.address) || !aligned(m.size) || (m.fd >= 0 && (!aligned(m.offset) || m.offset > INT64_MAX)))
        return EINVAL;
    if (m.fd >= 0 && !(flags & VFU_DMA_FILE_IO))
        failed = try_map(&m);
    if (!failed)
        failed = insert(s, &m);
    if (failed)
        return failed;
    if (m.fd >= 0)
        r->fds[0] = -1; /* it is the map's now */
    if (s->dev->model->dma_mapped)
        s->dev->model->dma_mapped(s->dev, m.address, m.size);
    return 0;
}

static void gone(struct serve *s, const struct serve_map *m)
{
    if (s->dev->model->dma_unmapped)
        s->dev->model->dma_unmapped(s->dev, m->address, m->size);
    if (m->fd >= 0)
        close(m->fd);
}

void serve_maps_free(struct serve *s)
{
    for (size_t i = 0; i < s->map_count; i++)
        gone(s, &s->maps[i]);
    free(s->maps);
    s->maps = NULL;
    s->map_count = s->map_room = 0;
}

/* Address and size must be a mapping's own, to the byte. */
static int unmap_one(struct serve *s, uint64_t address, uint64_t size)
{
    size_t at = first_above(s, address);

    if (at == s->map_count || s->maps[at].address != address || s->maps[at].size != size)
        return ENOENT;
    serve_dma_abort(s, address, size, "unmapped meanwhile");
    gone(s, &s->maps[at]);
    s->map_count--;
    memmove(s->maps + at, s->maps + at + 1, (s->map_count - at) * sizeof *s->maps);
    return 0;
}

int serve_dma_unmap(struct serve *s, struct serve_request *r)
{
    uint64_t flags = serve_field(r, "flags"), address = serve_field(r, "address"), size = serve_field(r, "size");
    int failed = 0;

    if (serve_field(r, "argsz") < r->in.layout->size)
        return EINVAL;
    if (flags == VFIO_DMA_UNMAP_FLAG_ALL) {
        if (address || size)
            return EINVAL;
        serve_dma_abort(s, 0, 0, "unmapped meanwhile");
        serve_maps_free(s);
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
