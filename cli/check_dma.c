/*
 * vfuscope check: the DMA map. What is mapped is memory of the check's own.
 */
#include "check.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAP "VFIO_USER_DMA_MAP"
#define UNMAP "VFIO_USER_DMA_UNMAP"

static const uint64_t address = 0x100000, high = 0x100000000, size = 0x10000;

/* With an fd, or (-1) without. */
static enum check_answer map(struct check *c, uint64_t at, uint64_t length, int fd)
{
    return check_ask_fds(c, VFU_DMA_MAP,
                         WITH({ "flags", VFU_DMA_READABLE | VFU_DMA_WRITEABLE }, { "address", at }, { "size", length }), &fd,
                         fd >= 0);
}

static enum check_answer unmap(struct check *c, uint64_t at, uint64_t length)
{
    return check_ask(c, VFU_DMA_UNMAP, WITH({ "address", at }, { "size", length }));
}

static enum check_result map_fd(struct check *c)
{
    int fd;

    if (!check_open(c))
        return CHECK_FAILS;
    fd = memfd_create("vfuscope", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0) {
        check_fail(c, "no memory: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return CHECK_FAILS;
    }
    map(c, address, size, fd);
    close(fd);
    return check_done(c);
}

static bool open_mapped(struct check *c)
{
    if (!check_open(c))
        return false;
    map(c, address, size, -1);
    if (check_is_done(c))
        return true;
    check_fail(c, "a mapping without fd was to be taken");
    return false;
}

static enum check_result map_message(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    map(c, high, size, -1);
    return check_done(c);
}

static enum check_result map_reply(struct check *c)
{
    if (!open_mapped(c))
        return CHECK_FAILS;
    return c->reply.size == VFU_HEADER_SIZE ? CHECK_PASSES : check_fail(c, "the reply has no payload");
}

static enum check_result is_eexist(struct check *c)
{
    return check_is_error(c) && c->reply.error == EEXIST ? CHECK_PASSES : check_fail(c, "EEXIST was due");
}

static enum check_result map_again(struct check *c)
{
    if (!open_mapped(c))
        return CHECK_FAILS;
    map(c, address, size, -1);
    return is_eexist(c);
}

static enum check_result map_overlap(struct check *c)
{
    if (!open_mapped(c))
        return CHECK_FAILS;
    map(c, address + size / 2, size, -1);
    return is_eexist(c);
}

static enum check_result map_beside(struct check *c)
{
    if (!open_mapped(c))
        return CHECK_FAILS;
    map(c, address + size, size, -1);
    return check_done(c);
}

static enum check_result map_empty(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    map(c, address, 0, -1);
    return check_refused(c);
}

static enum check_result map_wrap(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    map(c, UINT64_MAX - 0xfff, 0x2000, -1);
    return check_refused(c);
}

static enum check_result map_short(struct check *c)
{
    static const uint8_t zeros[16];

    if (!check_open(c))
        return CHECK_FAILS;
    check_ask_raw(c, VFU_DMA_MAP, zeros, sizeof zeros);
    return check_refused(c);
}

static enum check_result dma_unmap(struct check *c)
{
    if (!open_mapped(c))
        return CHECK_FAILS;
    unmap(c, address, size);
    if (!check_is_done(c))
        return check_done(c);
    map(c, address, size, -1);
    return check_is_done(c) ? CHECK_PASSES : check_fail(c, "what was unmapped can be mapped again");
}

static enum check_result unmap_reply(struct check *c)
{
    if (!open_mapped(c))
        return CHECK_FAILS;
    unmap(c, address, size);
    if (!check_is_done(c))
        return check_done(c);
    return check_number(c, "address") == address && check_number(c, "size") == size
               ? CHECK_PASSES
               : check_fail(c, "the reply repeats the entry");
}

static enum check_result unmap_unknown(struct check *c)
{
    if (!open_mapped(c))
        return CHECK_FAILS;
    unmap(c, address + 4 * size, size);
    return check_refused(c);
}

static enum check_result unmap_part(struct check *c)
{
    if (!open_mapped(c))
        return CHECK_FAILS;
    unmap(c, address, size / 2);
    return check_refused(c);
}

static enum check_result unmap_short(struct check *c)
{
    static const uint8_t zeros[8];

    if (!check_open(c))
        return CHECK_FAILS;
    check_ask_raw(c, VFU_DMA_UNMAP, zeros, sizeof zeros);
    return check_refused(c);
}

static enum check_result map_reconnect(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    map(c, 2 * high, size, -1);
    if (!check_is_done(c))
        return check_done(c);
    if (!check_open(c))
        return CHECK_FAILS;
    map(c, 2 * high, size, -1);
    return check_is_done(c) ? CHECK_PASSES : check_fail(c, "mappings end with their client");
}

const struct check_requirement check_dma[] = {
    { "map-fd", MAP, "memory with an fd can be mapped", map_fd },
    { "map-message", MAP, "memory without an fd can be mapped", map_message },
    { "map-reply", MAP, "the reply to DMA_MAP has no payload", map_reply },
    { "map-again", MAP, "the same mapping again gets EEXIST", map_again },
    { "map-overlap", MAP, "a mapping over another gets EEXIST", map_overlap },
    { "map-beside", MAP, "mappings may lie side by side", map_beside },
    { "map-empty", "Security Considerations", "a mapping of no bytes gets an error reply", map_empty },
    { "map-wrap", "Security Considerations", "a mapping that wraps around gets an error reply", map_wrap },
    { "map-short", MAP, "a DMA_MAP without all its fields gets an error reply", map_short },
    { "unmap", UNMAP, "what was mapped can be unmapped", dma_unmap },
    { "unmap-reply", UNMAP, "the reply to DMA_UNMAP repeats the entry", unmap_reply },
    { "unmap-unknown", UNMAP, "what was not mapped can't be unmapped", unmap_unknown },
    { "unmap-part", UNMAP, "a part of a mapping can't be unmapped", unmap_part },
    { "unmap-short", UNMAP, "a DMA_UNMAP without all its fields gets an error reply", unmap_short },
    { "map-reconnect", "Client Disconnection", "a client's mappings end with its connection", map_reconnect },
    { NULL },
};
