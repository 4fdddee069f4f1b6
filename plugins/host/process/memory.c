/*
 * Guest memory as plugins see it. It is read with pread, not mapped: a file that shrinks is then an error, no signal.
 */
#include "decoder/wire/grow.h"
#include "plugins/host/process/inside.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAPPINGS = 65536, PENDING = 1024, STORED = 4 * PLUGIN_MEMORY };

static void drop(const struct plugin_mapping *p)
{
    if (p->fd >= 0)
        close(p->fd);
}

void plugin_maps_sent(struct plugin_maps *m, const struct plugin_ask *ask, int fd)
{
    struct plugin_mapping p = { .no = ask->no,
                                .address = ask->map.address,
                                .size = ask->map.size,
                                .offset = ask->fd_offset,
                                .readable = ask->map.readable,
                                .writeable = ask->map.writeable,
                                .shared = ask->map.shared,
                                .fd = fd };

    if (m->pending_count == PENDING) { /* nobody answers: forget the oldest */
        drop(&m->pending[0]);
        memmove(m->pending, m->pending + 1, --m->pending_count * sizeof p);
    }
    if (VFU_GROW(m->pending, m->pending_room, m->pending_count + 1))
        m->pending[m->pending_count++] = p;
    else
        drop(&p);
}

const struct plugin_mapping *plugin_maps_done(struct plugin_maps *m, const struct plugin_ask *ask)
{
    struct plugin_mapping p, *over;
    size_t i = 0;

    while (i < m->pending_count && m->pending[i].no != ask->about_no)
        i++;
    if (i == m->pending_count)
        return NULL;
    p = m->pending[i];
    memmove(m->pending + i, m->pending + i + 1, (--m->pending_count - i) * sizeof p);
    if (ask->error || p.size == 0 || p.address + (p.size - 1) < p.address) {
        drop(&p);
        return NULL;
    }
    /* What it overlaps is the server's mistake, or the same mapping again: the new one counts. */
    while ((over = vfu_ranges_over(&m->list, p.address, p.size))) {
        drop(over);
        vfu_ranges_remove(&m->list, over);
    }
    over = m->list.count < MAPPINGS ? vfu_ranges_add(&m->list, &p) : NULL;
    if (!over)
        drop(&p);
    return over;
}

bool plugin_maps_take(struct plugin_maps *m, uint64_t address, uint64_t size, bool all, struct plugin_mapping *gone)
{
    const struct plugin_mapping *p = all ? vfu_ranges_first(&m->list) : vfu_ranges_over(&m->list, address, size);

    if (!p)
        return false;
    *gone = *p;
    drop(gone);
    gone->fd = -1;
    vfu_ranges_remove(&m->list, p);
    return true;
}

void plugin_maps_free(struct plugin_maps *m)
{
    for (const struct plugin_mapping *p = vfu_ranges_first(&m->list); p; p = vfu_ranges_next(&m->list, p))
        drop(p);
    for (size_t i = 0; i < m->pending_count; i++)
        drop(&m->pending[i]);
    vfu_ranges_clear(&m->list);
    free(m->pending);
}

const struct plugin_mapping *plugin_maps_at(const struct plugin_maps *m, uint64_t address)
{
    return vfu_ranges_at(&m->list, address);
}

/* The part of the range that one mapping holds; NULL: not mapped at its start. */
static const struct plugin_mapping *piece_of(const struct plugin_maps *m, uint64_t address, uint64_t size,
                                             uint64_t *piece)
{
    const struct plugin_mapping *p = plugin_maps_at(m, address);

    if (p) {
        uint64_t left = p->size - (address - p->address);

        *piece = left < size ? left : size;
    }
    return p;
}

bool plugin_maps_hold(const struct plugin_maps *m, uint64_t address, uint64_t size, bool to_write)
{
    uint64_t piece;

    while (size) {
        const struct plugin_mapping *p = piece_of(m, address, size, &piece);

        if (!p || !(to_write ? p->writeable : p->readable))
            return false;
        size -= piece;
        address += piece;
        if (size && !address) /* over the end of the address space */
            return false;
    }
    return true;
}

static bool read_file(int fd, uint64_t offset, uint8_t *buffer, size_t size)
{
    size_t got = 0;

    if (offset > INT64_MAX - size)
        return false;
    while (got < size) {
        ssize_t n = pread(fd, buffer + got, size - got, (off_t)(offset + got));

        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

static enum vfp_memory read_pieces(const struct plugin_maps *m, uint64_t address, uint8_t *buffer, size_t size)
{
    while (size) {
        uint64_t piece = 0;
        const struct plugin_mapping *p = piece_of(m, address, size, &piece);

        if (!p)
            return VFP_UNMAPPED;
        if (!p->shared)
            return VFP_NOT_SHARED;
        if (p->fd < 0)
            return VFP_MISSING;
        if (!read_file(p->fd, p->offset + (address - p->address), buffer, piece))
            return VFP_FAILED;
        address += piece;
        buffer += piece;
        size -= piece;
    }
    return VFP_OK;
}

enum vfp_memory plugin_maps_read(const struct plugin_maps *m, uint64_t address, uint8_t *buffer, size_t size)
{
    enum vfp_memory result;

    if (!plugin_maps_hold(m, address, size, false) && !plugin_maps_hold(m, address, size, true))
        result = VFP_UNMAPPED;
    else
        result = read_pieces(m, address, buffer, size);
    if (result != VFP_OK)
        memset(buffer, 0, size);
    return result;
}

/* --- what a capture stored --- */

void plugin_stored_add(struct plugin_stored *s, uint64_t no, uint64_t address, const uint8_t *bytes, size_t size)
{
    struct plugin_read head = { .address = address, .size = (uint32_t)size };

    if (no != s->no)
        s->size = 0;
    s->no = no;
    if (s->size + sizeof head + size > STORED)
        return;
    if (!s->bytes && !(s->bytes = malloc(STORED)))
        return;
    memcpy(s->bytes + s->size, &head, sizeof head);
    if (size)
        memcpy(s->bytes + s->size + sizeof head, bytes, size);
    s->size += sizeof head + size;
}

/* The stored piece that has the byte at `address`; how many bytes of it from there on. */
static const uint8_t *stored_at(const struct plugin_stored *s, uint64_t address, size_t *left)
{
    struct plugin_read head;

    for (size_t at = 0; at + sizeof head <= s->size; at += sizeof head + head.size) {
        memcpy(&head, s->bytes + at, sizeof head);
        if (address >= head.address && address - head.address < head.size) {
            *left = head.size - (size_t)(address - head.address);
            return s->bytes + at + sizeof head + (address - head.address);
        }
    }
    return NULL;
}

/* The last piece of just that size: what was read there last. */
static const uint8_t *stored_last(const struct plugin_stored *s, uint64_t address, size_t size)
{
    const uint8_t *found = NULL;
    struct plugin_read head;

    for (size_t at = 0; at + sizeof head <= s->size; at += sizeof head + head.size) {
        memcpy(&head, s->bytes + at, sizeof head);
        if (head.address == address && head.size == size)
            found = s->bytes + at + sizeof head;
    }
    return found;
}

bool plugin_stored_read(const struct plugin_stored *s, uint64_t no, uint64_t address, uint8_t *buffer, size_t size, bool last)
{
    const uint8_t *found = last && no == s->no ? stored_last(s, address, size) : NULL;
    size_t done = 0, left = 0;

    if (found) {
        memcpy(buffer, found, size);
        return true;
    }
    while (done < size) {
        const uint8_t *bytes = no == s->no ? stored_at(s, address + done, &left) : NULL;

        if (!bytes)
            break;
        left = left < size - done ? left : size - done;
        memcpy(buffer + done, bytes, left);
        done += left;
    }
    if (done < size)
        memset(buffer, 0, size);
    return done == size;
}
