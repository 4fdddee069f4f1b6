/*
 * Reasons for refused DMA_MAPs, DMA_UNMAPs, and DMA by message.
 */
#include "decoder/reasons/inside.h"

#include <errno.h>

enum { WITH_BITMAP = 40 /* bytes of payload */, MANY_MAPS = 4, LEAST_PAGE = 4096, MOST_WAITING = 64 };

/* What lies there already. */
static void say_overlaps(struct vfu_refusal *r, uint64_t address, uint64_t size)
{
    const struct vfu_ranges *maps = &r->peers->known.maps;
    char range[VFU_RANGE_ROOM];
    unsigned left = VFU_MOST_LOOKED;

    for (const struct vfu_known_map *m = vfu_ranges_over(maps, address, size);
         m && m->address <= vfu_range_last(address, size) && left-- && r->count < VFU_MAX_BECAUSE;
         m = vfu_ranges_next(maps, m)) {
        if (!vfu_is_mapped_since(r, m))
            continue;
        vfu_say_because(r, REASON_ALREADY_MAPPED, &m->no, 1, "%s: mapped by #%llu%s",
                        vfu_reason_range(m->address, m->size, range), (unsigned long long)m->no,
                        m->address == address && m->size == size ? ", the same range" : "");
    }
}

/* How many mappings there were at least when the command came: not those that came after it. */
static size_t maps_before(const struct vfu_refusal *r)
{
    const struct vfu_pairing *commands = &r->peers->pairing[VFU_MAIN][VFU_CLIENT];
    const struct vfu_known_map *own = vfu_ranges_at(&r->peers->known.maps, vfu_asked(r, "address"));
    size_t count = r->peers->known.maps.count, later = own && own->no == r->reply->reply_to;
    unsigned looked = 0;

    for (const struct vfu_pending *p = vfu_pairing_oldest(commands); p; p = vfu_pairing_newer(commands, p)) {
        if (looked++ == MOST_WAITING)
            return 0;
        later += p->command == VFU_DMA_MAP;
    }
    return !vfu_knows_maps(r) || later > count ? 0 : count - later;
}

static const char *plural(size_t n)
{
    return n == 1 ? " is" : "s are";
}

static void say_limit(struct vfu_refusal *r)
{
    const struct vfu_connection *known = &r->peers->known;
    size_t count = maps_before(r);

    if (known->agreed_no && known->agreed.present & 1u << VFU_CAPABILITY_MAX_DMA_MAPS && count &&
        count >= known->agreed.max_dma_maps)
        vfu_say_because(r, REASON_MAP_LIMIT, &known->agreed_no, 1, "%zu mapping%s there, max_dma_maps is %llu (#%llu)",
                        count, plural(count), (unsigned long long)known->agreed.max_dma_maps,
                        (unsigned long long)known->agreed_no);
}

static void say_pages(struct vfu_refusal *r, uint64_t address, uint64_t size)
{
    const struct vfu_connection *known = &r->peers->known;
    bool agreed = known->agreed_no && known->agreed.pgsizes;
    uint64_t page = agreed ? known->agreed.pgsizes & -known->agreed.pgsizes : LEAST_PAGE;
    char range[VFU_RANGE_ROOM], pages[VFU_RANGE_ROOM], no[VFU_NO_ROOM];

    if (size == 0)
        vfu_say_because(r, REASON_MAP_PAGES, NULL, 0, "a mapping of no bytes");
    else if ((address | size) & (page - 1))
        vfu_say_because(r, REASON_MAP_PAGES, agreed ? &known->agreed_no : NULL, agreed,
                        "%s is not made of whole pages: they have %s%s", vfu_reason_range(address, size, range),
                        vfu_reason_size(page, pages), vfu_reason_no(agreed ? known->agreed_no : 0, no));
    if (size && address + (size - 1) < address)
        vfu_say_because(r, REASON_MAP_WRAPS, NULL, 0, "%s goes beyond the last address",
                        vfu_reason_range(address, size, range));
}

static void say_flags(struct vfu_refusal *r)
{
    uint64_t flags = vfu_asked(r, "flags");
    uint64_t unknown = flags & ~(uint64_t)(VFU_DMA_READABLE | VFU_DMA_WRITEABLE | VFU_DMA_MMAP | VFU_DMA_FILE_IO);

    if (unknown)
        vfu_say_because(r, REASON_UNKNOWN_FLAGS, NULL, 0, "flags 0x%llx: nobody knows 0x%llx",
                        (unsigned long long)flags, (unsigned long long)unknown);
    if (flags & (VFU_DMA_MMAP | VFU_DMA_FILE_IO) && r->reply->request_fds == 0)
        vfu_say_because(r, REASON_MAP_WITHOUT_FD, NULL, 0, "to be reached %s (flags 0x%llx), and no descriptor came",
                        flags & VFU_DMA_MMAP ? "by mmap" : "by file I/O", (unsigned long long)flags);
}

void vfu_reasons_map(struct vfu_refusal *r)
{
    uint64_t address = vfu_asked(r, "address"), size = vfu_asked(r, "size");

    if (!vfu_has_asked(r, "size"))
        return;
    say_overlaps(r, address, size);
    say_pages(r, address, size);
    say_flags(r);
    say_limit(r);
}

/* What servers say whose table is full: libvfio-user EINVAL, others what Linux has for it. */
static bool may_mean_full(uint32_t error)
{
    return error == EINVAL || error == ENOSPC || error == ENOMEM || error == E2BIG || error == ENOBUFS ||
           error == EMFILE || error == ENFILE || error == EBUSY || error == EDQUOT;
}

void vfu_guess_map(struct vfu_refusal *r)
{
    const struct vfu_connection *known = &r->peers->known;
    size_t count = maps_before(r);

    if (!may_mean_full(r->reply->error))
        return;
    if (known->agreed_no && !(known->agreed.present & 1u << VFU_CAPABILITY_MAX_DMA_MAPS) && count >= MANY_MAPS)
        vfu_say_perhaps(r, REASON_NO_MAP_LIMIT, &known->agreed_no, 1,
                        "%zu mappings are there, the server announced no max_dma_maps (#%llu)", count,
                        (unsigned long long)known->agreed_no);
}

/* The bitmap that a DMA_UNMAP asks for: its page size and its bytes; false: it asks for none. */
static bool asks_bitmap(const struct vfu_refusal *r, uint64_t *page, uint64_t *bytes)
{
    struct vfu_decoded request;
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_value *bitmap;
    unsigned count;

    if (!(vfu_asked(r, "flags") & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) || !vfu_decode_request(r->reply, &request))
        return false;
    bitmap = vfu_value_by_name(request.values, request.count, "bitmap");
    count = bitmap ? vfu_object_values(bitmap, values) : 0;
    *page = vfu_number(values, count, "pgsize", 0);
    *bytes = vfu_number(values, count, "size", 0);
    return count == 2;
}

void vfu_reasons_unmap(struct vfu_refusal *r)
{
    uint64_t address = vfu_asked(r, "address"), size = vfu_asked(r, "size"), flags = vfu_asked(r, "flags");
    uint64_t page, bytes;
    bool bitmap;

    if (!vfu_has_asked(r, "size"))
        return;
    if (flags & VFIO_DMA_UNMAP_FLAG_ALL) {
        if (address || size || flags != VFIO_DMA_UNMAP_FLAG_ALL)
            vfu_say_because(r, REASON_UNKNOWN_FLAGS, NULL, 0, "unmap_all goes with address 0, size 0 and no other flag");
        return;
    }
    if (flags & ~(uint64_t)(VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP | VFIO_DMA_UNMAP_FLAG_ALL))
        vfu_say_because(r, REASON_UNKNOWN_FLAGS, NULL, 0, "flags 0x%llx: an unmap has 1 and 2 only",
                        (unsigned long long)flags);
    vfu_because_argsz_large(r);
    bitmap = asks_bitmap(r, &page, &bytes);
    if (bitmap && bytes > VFU_MAX_MESSAGE)
        vfu_say_because(r, REASON_ARGSZ_SMALL, NULL, 0, "a bitmap of 0x%llx bytes: no argsz has room for that",
                        (unsigned long long)bytes);
    else if (bitmap)
        vfu_because_argsz(r, WITH_BITMAP + bytes);
    if (r->count == 0)
        vfu_because_not_mapped(r, address, size, true);
    if (bitmap && r->count == 0)
        vfu_because_not_logged(r, address, size, page);
}

/* What the mapping allows, from one to the next; false: it ends there, *at says where. */
static bool covers(struct vfu_refusal *r, uint64_t *at, uint64_t left, bool write)
{
    const struct vfu_ranges *maps = &r->peers->known.maps;
    uint32_t needed = write ? VFU_DMA_WRITEABLE : VFU_DMA_READABLE;
    char range[VFU_RANGE_ROOM];

    for (const struct vfu_known_map *m = vfu_ranges_from(maps, *at); left > 0; m = vfu_ranges_next(maps, m)) {
        uint64_t there;

        if (!m || m->address > *at)
            return false;
        if (!vfu_is_mapped_since(r, m))
            return true; /* who knows */
        if (!(m->flags & needed)) {
            vfu_say_because(r, REASON_MAP_ACCESS, &m->no, 1, "%s, mapped by #%llu, is not %s",
                            vfu_reason_range(m->address, m->size, range), (unsigned long long)m->no,
                            write ? "writeable" : "readable");
            return true;
        }
        there = m->size - (*at - m->address);
        there = there < left ? there : left;
        *at += there;
        left -= there;
    }
    return true;
}

void vfu_reasons_dma(struct vfu_refusal *r)
{
    uint64_t address = vfu_asked(r, "address"), count = vfu_asked(r, "count"), at = address;

    if (!vfu_has_asked(r, "count"))
        return;
    vfu_because_too_large(r, count, VFU_CLIENT);
    if (!r->peers->known.unmaps_pending && !covers(r, &at, count, r->reply->command->moves.write))
        vfu_because_not_mapped(r, at, count - (at - address), false);
}
