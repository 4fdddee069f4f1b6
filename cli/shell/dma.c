/*
 * The shell's DMA mappings: see dma.h.
 */
#include "cli/shell/dma.h"
#include "cli/shell/guard.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool open_file(struct shell_map *map, const char *path, struct vfu_error *error)
{
    struct stat st;

    map->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (map->fd < 0 && (errno == EACCES || errno == EROFS) && !(map->flags & VFU_DMA_WRITEABLE)) {
        map->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        map->read_only = true;
    }
    if (map->fd < 0 || fstat(map->fd, &st) != 0)
        return vfu_fail(error, errno, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return vfu_fail(error, EINVAL, "%s: not a regular file", path);
    /* Beyond a file's end a mapping is a bus error, in the server as here. */
    if ((uint64_t)st.st_size < map->size)
        return vfu_fail(error, EINVAL, "%s: has %llu bytes, fewer than the %llu to map", path,
                        (unsigned long long)st.st_size, (unsigned long long)map->size);
    return true;
}

static bool open_memfd(struct shell_map *map, struct vfu_error *error)
{
    map->fd = memfd_create("vfuscope-dma", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    /* Sealed, so that the server can't cut it short: our own access would be a bus error. */
    if (map->fd < 0 || ftruncate(map->fd, (off_t)map->size) != 0 || fcntl(map->fd, F_ADD_SEALS, F_SEAL_SHRINK) != 0)
        return vfu_fail(error, errno, "can't make %llu bytes of memory: %s", (unsigned long long)map->size,
                        strerror(errno));
    return true;
}

bool shell_map_make(struct shell_map *map, const char *path, struct vfu_error *error)
{
    bool made;
    void *memory;

    map->fd = -1;
    map->memory = NULL;
    if (map->size == 0 || map->size > SIZE_MAX / 2)
        return vfu_fail(error, EINVAL, "SIZE: %llu bytes can't be mapped here", (unsigned long long)map->size);
    made = map->backing == SHELL_FILE ? open_file(map, path, error)
           : map->backing == SHELL_MEMFD ? open_memfd(map, error) : true;
    if (made) {
        memory = mmap(NULL, map->size, map->read_only ? PROT_READ : PROT_READ | PROT_WRITE,
                      (map->fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED) | MAP_NORESERVE, map->fd, 0);
        if (memory != MAP_FAILED) {
            map->memory = memory;
            return true;
        }
        vfu_fail(error, errno, "can't map %llu bytes: %s", (unsigned long long)map->size, strerror(errno));
    }
    shell_map_drop(map);
    return false;
}

void shell_map_drop(struct shell_map *map)
{
    if (map->memory)
        munmap(map->memory, map->size);
    if (map->fd >= 0)
        close(map->fd);
    map->memory = NULL;
    map->fd = -1;
}

bool shell_maps_add(struct shell_maps *maps, const struct shell_map *map, struct vfu_error *error)
{
    if (!VFU_GROW(maps->map, maps->capacity, maps->count + 1))
        return vfu_fail(error, ENOMEM, "out of memory");
    maps->map[maps->count++] = *map;
    return true;
}

void shell_maps_remove(struct shell_maps *maps, uint64_t address, uint64_t size)
{
    size_t kept = 0;

    for (size_t i = 0; i < maps->count; i++) {
        struct shell_map *m = &maps->map[i];

        if (m->address >= address && m->address - address <= size && m->size <= size - (m->address - address))
            shell_map_drop(m);
        else
            maps->map[kept++] = *m;
    }
    maps->count = kept;
}

void shell_maps_clear(struct shell_maps *maps)
{
    for (size_t i = 0; i < maps->count; i++)
        shell_map_drop(&maps->map[i]);
    free(maps->map);
    *maps = (struct shell_maps){ 0 };
}

const struct shell_map *shell_maps_named(const struct shell_maps *maps, const char *name, size_t size)
{
    for (size_t i = maps->count; size > 0 && i-- > 0;)
        if (strncmp(maps->map[i].name, name, size) == 0 && maps->map[i].name[size] == '\0')
            return &maps->map[i];
    return NULL;
}

/* The first mapping that the range touches, or NULL. */
static const struct shell_map *in_the_way(const struct shell_maps *maps, uint64_t address, uint64_t size)
{
    for (size_t i = 0; i < maps->count; i++) {
        const struct shell_map *m = &maps->map[i];

        if (m->address >= address ? m->address - address < size : address - m->address < m->size)
            return m;
    }
    return NULL;
}

bool shell_maps_room(const struct shell_maps *maps, uint64_t size, uint64_t *address)
{
    enum { FIRST = 16 << 20, LEAST = 4096, MOST = 1 << 20 };
    const struct shell_map *m;
    uint64_t align = LEAST, at = FIRST;

    while (align < size && align < MOST)
        align *= 2;
    while ((m = in_the_way(maps, at, size)) != NULL) {
        uint64_t end = m->address + m->size;

        if (end < m->address || end > UINT64_MAX - align)
            return false;
        at = (end + align - 1) & ~(align - 1);
    }
    *address = at;
    return size <= UINT64_MAX - at;
}

static const struct shell_map *find(const struct shell_maps *maps, uint64_t address)
{
    for (size_t i = maps->count; i-- > 0;)
        if (address >= maps->map[i].address && address - maps->map[i].address < maps->map[i].size)
            return &maps->map[i];
    return NULL;
}

uint8_t *shell_maps_at(const struct shell_maps *maps, uint64_t address, uint32_t flags, uint64_t *left, bool *denied)
{
    const struct shell_map *m = find(maps, address);

    *left = 0;
    *denied = false;
    if (!m)
        return NULL;
    *left = m->size - (address - m->address);
    *denied = (m->flags & flags) != flags;
    return m->memory + (address - m->address);
}

struct step {
    shell_touch *walk;
    void *context;
    uint8_t *memory;
    uint64_t offset;
    size_t size;
};

static void take_step(void *context)
{
    struct step *s = context;

    s->walk(s->context, s->memory, s->offset, s->size);
}

bool shell_maps_walk(const struct shell_maps *maps, uint64_t address, uint64_t size, bool to_write, shell_touch *walk,
                     void *context, struct vfu_error *error)
{
    /* First see that all of it is there, then do it. */
    for (int pass = 0; pass < 2; pass++) {
        for (uint64_t done = 0; done < size;) {
            const struct shell_map *m = find(maps, address + done);
            uint64_t from, part;

            if (!m || address + done < address)
                return vfu_fail(error, EFAULT, "0x%llx is not mapped (dma list shows what is)",
                                (unsigned long long)(address + done));
            if (to_write && m->read_only)
                return vfu_fail(error, EACCES, "0x%llx: the file there can't be written",
                                (unsigned long long)(address + done));
            from = address + done - m->address;
            part = m->size - from < size - done ? m->size - from : size - done;
            if (pass == 1) {
                struct step step = { walk, context, m->memory + from, done, part };

                if (!guard_run(take_step, &step))
                    return vfu_fail(error, EFAULT, "the file behind 0x%llx is shorter than it was",
                                    (unsigned long long)(address + done));
            }
            done += part;
        }
    }
    return true;
}
