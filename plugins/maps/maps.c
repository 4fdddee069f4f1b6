/*
 * Files with maps of registers.
 */
#include "plugins/maps/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

bool vfu_maps_is_named(const char *name)
{
    const char *end = strrchr(name, '.');

    return end && end != name && (strcasecmp(end, ".json") == 0 || strcasecmp(end, ".svd") == 0 || strcasecmp(end, ".xml") == 0);
}

struct vfu_devmap *vfu_maps_parse(const char *bytes, size_t size, const struct vfu_maps_how *how, struct vfu_error *error)
{
    struct maps_making m = { .map = vfu_devmap_new(), .how = how, .error = error, .region = how->region, .offset = how->offset };
    size_t at = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    bool good = m.map;

    if (!good)
        vfu_fail(error, 0, "out of memory");
    while (at < size && strchr(" \t\r\n", bytes[at]) && bytes[at])
        at++;
    if (good && at == size)
        good = vfu_fail(error, 0, "it is empty");
    if (good)
        good = bytes[at] == '<' ? maps_svd(&m, bytes, size) : maps_json(&m, bytes, size);
    if (good && how->claim) {
        m.map->claims[0] = *how->claim;
        m.map->claim_count = how->claim->vendor > UINT16_MAX ? 0 : 1;
    }
    good = good && maps_finish(&m);
    maps_making_free(&m);
    if (good)
        return m.map;
    vfu_devmap_free(m.map);
    return NULL;
}

/* What a file holds; malloced. NULL: error says why. */
static char *read_all(int fd, size_t *size, struct vfu_error *error)
{
    size_t room = 64 << 10;
    char *bytes = malloc(room), *more;
    ssize_t n = 1;

    *size = 0;
    while (bytes && (n = read(fd, bytes + *size, room - *size)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        *size += (size_t)n;
        if (*size < room)
            continue;
        more = *size < MAPS_BYTES ? realloc(bytes, 2 * room) : NULL;
        if (!more) {
            free(bytes);
            vfu_fail(error, 0, *size < MAPS_BYTES ? "out of memory" : "more than %d MiB", MAPS_BYTES >> 20);
            return NULL;
        }
        bytes = more;
        room *= 2;
    }
    if (bytes && n == 0)
        return bytes;
    vfu_fail(error, errno, "%s", bytes ? strerror(errno) : "out of memory");
    free(bytes);
    return NULL;
}

struct vfu_devmap *vfu_maps_read(const char *path, const struct vfu_maps_how *how, struct vfu_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO that nobody writes to is empty */
    struct vfu_devmap *map;
    size_t size;
    char *bytes;

    *error = (struct vfu_error){ 0 };
    if (fd < 0) {
        vfu_fail(error, errno, "%s", strerror(errno));
        return NULL;
    }
    bytes = read_all(fd, &size, error);
    close(fd);
    if (!bytes)
        return NULL;
    map = vfu_maps_parse(bytes, size, how, error);
    free(bytes);
    return map;
}
