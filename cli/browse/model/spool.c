/*
 * The spool: see spool.h.
 */
#include "cli/browse/model/spool.h"
#include "decoder/wire/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 1 << 20 };

/* Before each event: how many bytes of the struct, and of what it points to. */
struct image {
    uint32_t head, rest;
    uint64_t number;
};

/* So much of the struct means something. */
static size_t head_of(const struct vfu_event *e)
{
    return e->kind == VFU_EVENT_MESSAGE ? offsetof(struct vfu_event, decoded) : sizeof *e;
}

static int open_unlinked(void)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    int fd;

    folder = folder && *folder ? folder : "/tmp";
    fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    if ((size_t)snprintf(path, sizeof path, "%s/vfuscope-XXXXXX", folder) >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

bool browse_spool_open(struct browse_spool *s, uint64_t limit, struct vfu_error *error)
{
    const char *folder = getenv("TMPDIR");

    *s = (struct browse_spool){ .fd = open_unlinked(), .limit = limit };
    if (s->fd < 0)
        return vfu_fail(error, errno, "%s: %s", folder && *folder ? folder : "/tmp", strerror(errno));
    s->buffer = malloc(BUFFER);
    if (!s->buffer) {
        close(s->fd);
        return vfu_fail(error, ENOMEM, "out of memory");
    }
    pthread_mutex_init(&s->lock, NULL);
    return true;
}

void browse_spool_close(struct browse_spool *s)
{
    if (!s->buffer)
        return;
    close(s->fd);
    free(s->buffer);
    free(s->room);
    pthread_mutex_destroy(&s->lock);
    s->buffer = NULL;
}

/* Bytes at a place of the spool, to or from where they lie in the file. */
static bool move(struct browse_spool *s, uint64_t at, uint8_t *bytes, size_t size, bool write)
{
    while (size) {
        uint64_t place = s->limit ? at % s->limit : at;
        size_t piece = s->limit && s->limit - place < size ? (size_t)(s->limit - place) : size;
        ssize_t n = write ? pwrite(s->fd, bytes, piece, (off_t)place) : pread(s->fd, bytes, piece, (off_t)place);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n ? errno : EIO;
            return false;
        }
        bytes += n;
        size -= (size_t)n;
        at += (uint64_t)n;
    }
    return true;
}

static void fail(struct browse_spool *s, int number)
{
    s->failed = s->failed ? s->failed : number;
}

static void flush(struct browse_spool *s)
{
    if (s->failed || !s->used)
        return;
    if (!move(s, s->written, s->buffer, s->used, true)) {
        fail(s, errno);
        return;
    }
    s->written += s->used;
    s->used = 0;
}

static void put(struct browse_spool *s, const void *bytes, size_t size)
{
    if (s->used + size > BUFFER)
        flush(s);
    if (s->failed)
        return;
    s->size += size;
    if (size <= BUFFER) {
        memcpy(s->buffer + s->used, bytes, size);
        s->used += size;
    } else if (move(s, s->written, (uint8_t *)(uintptr_t)bytes, size, true)) {
        s->written += size;
    } else {
        fail(s, errno);
    }
}

bool browse_spool_add(struct browse_spool *s, const struct vfu_event *event, uint64_t number)
{
    size_t size = vfu_event_size(event);
    const struct image head = { (uint32_t)head_of(event), (uint32_t)(size - sizeof *event), number };

    if (size > s->room_size) {
        free(s->room);
        s->room = malloc(size);
        s->room_size = s->room ? size : 0;
    }
    if (!s->room) {
        pthread_mutex_lock(&s->lock);
        fail(s, ENOMEM);
        pthread_mutex_unlock(&s->lock);
        return false;
    }
    memset(s->room + sizeof *event + head.rest - 16, 0, 16); /* up to where it is aligned */
    vfu_event_copy(event, s->room);
    pthread_mutex_lock(&s->lock);
    put(s, &head, sizeof head);
    put(s, s->room, head.head);
    put(s, s->room + sizeof *event, head.rest);
    size = !s->failed;
    pthread_mutex_unlock(&s->lock);
    return size;
}

uint64_t browse_spool_end(struct browse_spool *s)
{
    uint64_t end;

    pthread_mutex_lock(&s->lock);
    end = s->size;
    pthread_mutex_unlock(&s->lock);
    return end;
}

static uint64_t begin_of(const struct browse_spool *s)
{
    return s->limit && s->size > s->limit ? s->size - s->limit : 0;
}

uint64_t browse_spool_begin(struct browse_spool *s)
{
    uint64_t begin;

    pthread_mutex_lock(&s->lock);
    begin = begin_of(s);
    pthread_mutex_unlock(&s->lock);
    return begin;
}

uint8_t *browse_spool_read(struct browse_spool *s, uint64_t from, uint64_t to)
{
    uint8_t *bytes;
    bool good;

    pthread_mutex_lock(&s->lock);
    if (to > s->written)
        flush(s);
    good = from <= to && to <= s->written && from >= begin_of(s);
    pthread_mutex_unlock(&s->lock);
    bytes = good ? malloc(to - from + 1) : NULL;
    good = bytes && move(s, from, bytes, (size_t)(to - from), false);
    if (good && from >= browse_spool_begin(s)) /* still: it was not written over meanwhile */
        return bytes;
    free(bytes);
    return NULL;
}

struct vfu_event *browse_spool_next(const uint8_t *bytes, size_t size, size_t *at, uint64_t *number)
{
    struct vfu_event *e;
    struct image head;

    if (size - *at < sizeof head)
        return NULL;
    memcpy(&head, bytes + *at, sizeof head);
    if (head.head > sizeof *e || size - *at - sizeof head < (size_t)head.head + head.rest)
        return NULL;
    e = malloc(sizeof *e + head.rest);
    if (!e)
        return NULL;
    memset(e, 0, sizeof *e);
    memcpy(e, bytes + *at + sizeof head, head.head);
    memcpy(e + 1, bytes + *at + sizeof head + head.head, head.rest);
    *at += sizeof head + head.head + head.rest;
    *number = head.number;
    return vfu_event_moved(e);
}
