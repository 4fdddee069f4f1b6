/*
 * vfuscope check: the DMA map. What is mapped is memory of the check's own.
 */
#include "cli/check/requirements/inside.h"

#include <errno.h>
#include <unistd.h>

#define MAP "VFIO_USER_DMA_MAP"
#define UNMAP "VFIO_USER_DMA_UNMAP"

enum { BOTH = VFU_DMA_READABLE | VFU_DMA_WRITEABLE, MOST_MAPS = 1024 };
static const uint64_t address = 0x100000, high = 0x100000000, held = 0x400000000, size = 0x10000;

/* With an fd, or (-1) without. */
static enum check_answer map(struct check *c, uint64_t at, uint64_t length, int fd)
{
    return check_ask_fds(c, VFU_DMA_MAP, WITH({ "flags", BOTH }, { "address", at }, { "size", length }), &fd, fd >= 0);
}

static enum check_answer unmap(struct check *c, uint64_t at, uint64_t length)
{
    return check_ask(c, VFU_DMA_UNMAP, WITH({ "address", at }, { "size", length }));
}

/* With an fd, from that offset on. */
static enum check_result map_from(struct check *c, uint64_t offset)
{
    int fd = check_open(c) ? check_memory(c, offset + size) : -1;

    if (fd < 0)
        return check_verdict(c);
    check_ask_fds(c, VFU_DMA_MAP,
                  WITH({ "flags", BOTH }, { "offset", offset }, { "address", address }, { "size", size }), &fd, 1);
    close(fd);
    return check_done(c);
}

static enum check_result map_fd(struct check *c)
{
    return map_from(c, 0);
}

static enum check_result map_offset(struct check *c)
{
    return map_from(c, size);
}

static enum check_result map_readonly(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    check_ask(c, VFU_DMA_MAP, WITH({ "flags", VFU_DMA_READABLE }, { "address", address }, { "size", size }));
    return check_done(c);
}

/* One more than max_dma_maps; those up to there are taken. */
static enum check_result map_max(struct check *c)
{
    uint64_t most;

    if (!check_open(c))
        return check_verdict(c);
    most = vfu_client_agreed(&c->client)->max_dma_maps;
    if (most > MOST_MAPS)
        return check_skip(c, "max_dma_maps is too large to be tried");
    for (uint64_t i = 0; i < most; i++) {
        map(c, address + i * size, size, -1);
        if (!check_is_done(c))
            return check_fail(c, "mapping %u of max_dma_maps, %u", (unsigned)i + 1, (unsigned)most);
    }
    map(c, address + most * size, size, -1);
    return check_refused(c);
}

static bool open_mapped(struct check *c)
{
    if (!check_open(c))
        return false;
    map(c, address, size, -1);
    if (check_is_done(c))
        return true;
    check_lacks(c, "map-reply", "a mapping without fd was to be taken");
    return false;
}

static enum check_result map_message(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    map(c, high, size, -1);
    return check_done(c);
}

static enum check_result map_reply(struct check *c)
{
    if (!open_mapped(c))
        return check_verdict(c);
    return c->reply->size == VFU_HEADER_SIZE ? CHECK_PASSES : check_fail(c, "the reply has no payload");
}

static enum check_result is_eexist(struct check *c)
{
    return check_is_error(c) && c->reply->error == EEXIST ? CHECK_PASSES : check_fail(c, "EEXIST was due");
}

static void map_over_half(struct check *c)
{
    map(c, address + size / 2, size, -1);
}

static enum check_result map_again(struct check *c)
{
    if (!open_mapped(c))
        return check_verdict(c);
    map(c, address, size, -1);
    return is_eexist(c);
}

static enum check_result map_overlap(struct check *c)
{
    if (!open_mapped(c))
        return check_verdict(c);
    map_over_half(c);
    return check_is_done(c) ? check_lacks(c, "map-over", "an error reply was due") : is_eexist(c);
}

static enum check_result map_over(struct check *c)
{
    if (!open_mapped(c))
        return check_verdict(c);
    map_over_half(c);
    return check_refused(c);
}

static enum check_result map_beside(struct check *c)
{
    if (!open_mapped(c))
        return check_verdict(c);
    map(c, address + size, size, -1);
    return check_done(c);
}

static enum check_result map_empty(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    map(c, address, 0, -1);
    return check_refused(c);
}

static enum check_result map_wrap(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    map(c, UINT64_MAX - 0xfff, 0x2000, -1);
    return check_refused(c);
}

static enum check_result dma_unmap(struct check *c)
{
    if (!open_mapped(c))
        return check_verdict(c);
    unmap(c, address, size);
    if (!check_is_done(c))
        return check_done(c);
    map(c, address, size, -1);
    return check_is_done(c) ? CHECK_PASSES : check_fail(c, "what was unmapped can be mapped again");
}

static enum check_result unmap_reply(struct check *c)
{
    if (!open_mapped(c))
        return check_verdict(c);
    unmap(c, address, size);
    if (!check_is_done(c))
        return check_lacks(c, "unmap", "what was mapped was to be unmapped");
    return check_number(c, "address") == address && check_number(c, "size") == size
               ? CHECK_PASSES
               : check_fail(c, "the reply repeats the entry");
}

static enum check_result unmap_unknown(struct check *c)
{
    if (!open_mapped(c))
        return check_verdict(c);
    unmap(c, address + 4 * size, size);
    return check_refused(c);
}

static enum check_result unmap_part(struct check *c)
{
    if (!open_mapped(c))
        return check_verdict(c);
    unmap(c, address, size / 2);
    return check_refused(c);
}

/* From the mapping to the end of all addresses, and round to the mapping's end. */
static enum check_result unmap_wrap(struct check *c)
{
    if (!open_mapped(c))
        return check_verdict(c);
    unmap(c, address + size / 2, UINT64_MAX - size / 4);
    return check_refused(c);
}

static enum check_result unmap_two(struct check *c)
{
    if (!open_mapped(c))
        return check_verdict(c);
    map(c, address + size, size, -1);
    unmap(c, address, 2 * size);
    return check_refused(c);
}

/* --- what is no longer held --- */

/* Map memory and end that: then nobody else has it. */
static enum check_result released(struct check *c, bool (*end)(struct check *c))
{
    enum check_result result;
    int mine, theirs;
    bool known;

    if (!check_open(c) || !check_memory_twice(c, size, &mine, &theirs))
        return check_verdict(c);
    map(c, held, size, theirs);
    known = !check_is_mine(mine);
    close(theirs);
    if (!check_is_done(c))
        result = check_lacks(c, "map-fd", "memory with an fd was to be mapped");
    else if (!end(c))
        result = check_verdict(c);
    else if (check_is_mine(mine))
        result = known ? CHECK_PASSES : check_skip(c, "it can't be told who has the memory's file open");
    else
        result = check_fail(c, "the server still has the memory's file open, or mapped");
    close(mine);
    return result;
}

static bool end_mapping(struct check *c)
{
    unmap(c, held, size);
    if (!check_is_done(c))
        check_lacks(c, "unmap", "what was mapped was to be unmapped");
    return check_is_done(c);
}

static enum check_result unmap_release(struct check *c)
{
    return released(c, end_mapping);
}

/* The next client is served when the last one is forgotten. */
static enum check_result disconnect_release(struct check *c)
{
    return released(c, check_open);
}

/* --- flags, which the specification no longer has --- */

static enum check_result unmap_all(struct check *c)
{
    if (!open_mapped(c))
        return check_verdict(c);
    check_ask(c, VFU_DMA_UNMAP, WITH({ "flags", VFIO_DMA_UNMAP_FLAG_ALL }));
    if (check_is_error(c))
        return check_skip(c, "the flag all is not known");
    if (!check_is_done(c))
        return check_done(c);
    map(c, address, size, -1);
    return check_is_done(c) ? CHECK_PASSES : check_fail(c, "what was unmapped can be mapped again");
}

/* The text that was: today's has no such flag, and a reply without a bitmap follows it. */
static enum check_result unmap_bitmap(struct check *c)
{
    const unsigned bytes = 8, plain = VFU_HEADER_SIZE + 24;

    if (!open_mapped(c))
        return check_verdict(c);
    check_ask(c, VFU_DMA_UNMAP,
              WITH({ "argsz", 48 }, { "flags", VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP }, { "address", address },
                   { "size", size }, { "bitmap.pgsize", 4096 }, { "bitmap.size", bytes }));
    if (check_is_error(c) || (check_is_done(c) && c->reply->size <= plain))
        return check_skip(c, "dirty bitmaps do not come with DMA_UNMAP");
    return check_is_done(c) && c->reply->size == c->build.size + bytes
               ? CHECK_PASSES
               : check_fail(c, "a bitmap of %u bytes was due", bytes);
}

static enum check_result map_reconnect(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    map(c, 2 * high, size, -1);
    if (!check_is_done(c))
        return check_lacks(c, "map-message", "a mapping without fd was to be taken");
    if (!check_open(c))
        return check_verdict(c);
    map(c, 2 * high, size, -1);
    return check_is_done(c) ? CHECK_PASSES : check_fail(c, "mappings end with their client");
}

const struct check_requirement check_dma[] = {
    { "map-fd", MAP, "memory with an fd can be mapped", map_fd, FDS },
    { "map-offset", MAP, "memory that is not at the beginning of its file can be mapped", map_offset, FDS },
    { "map-message", MAP, "memory without an fd can be mapped", map_message },
    { "map-reply", MAP, "the reply to DMA_MAP has no payload", map_reply },
    { "map-again", MAP, "the same mapping again gets EEXIST", map_again, ODD },
    { "map-over", MAP, "a mapping over a part of another gets an error reply", map_over },
    { "map-overlap", MAP, "the error of a mapping over a part of another is EEXIST", map_overlap, ODD },
    { "map-beside", MAP, "mappings may lie side by side", map_beside },
    { "map-readonly", MAP, "memory that can only be read can be mapped", map_readonly },
    { "map-max", "VFIO_USER_VERSION", "max_dma_maps can be mapped, and no more", map_max },
    { "map-empty", "Security Considerations", "a mapping of no bytes gets an error reply", map_empty, ODD },
    { "map-wrap", "Security Considerations", "a mapping that wraps around gets an error reply", map_wrap },
    { "map-short", MAP, "a DMA_MAP without all its fields gets an error reply", check_short,
      .command = VFU_DMA_MAP, .number = 16 },
    { "unmap", UNMAP, "what was mapped can be unmapped", dma_unmap },
    { "unmap-reply", UNMAP, "the reply to DMA_UNMAP repeats the entry", unmap_reply, ODD },
    { "unmap-unknown", UNMAP, "what was not mapped can't be unmapped", unmap_unknown },
    { "unmap-part", UNMAP, "a part of a mapping can't be unmapped", unmap_part },
    { "unmap-wrap", UNMAP, "an unmap that wraps around gets an error reply", unmap_wrap },
    { "unmap-short", UNMAP, "a DMA_UNMAP without all its fields gets an error reply", check_short,
      .command = VFU_DMA_UNMAP, .number = 8 },
    { "unmap-two", UNMAP, "two mappings can't be unmapped as one", unmap_two },
    { "unmap-release", UNMAP, "what is unmapped is no longer held, when the reply comes", unmap_release, FDS },
    { "unmap-all", UNMAP, "where the flag all is known, it unmaps all", unmap_all, ODD },
    { "unmap-bitmap", UNMAP, "where dirty bitmaps come with the reply, they are as large as was asked", unmap_bitmap,
      ODD },
    { "disconnect-release", "Client Disconnection", "a client's memory is no longer held after its connection",
      disconnect_release, ODD, FDS },
    { "map-reconnect", "Client Disconnection", "a client's mappings end with its connection", map_reconnect, ODD },
    { NULL },
};
