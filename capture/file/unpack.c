/*
 * What is read may be compressed, with gzip or zstd: its first bytes say so, not its name. As it streams through, little is
 * kept of it, whatever it would become.
 */
#include "capture/file/inside.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { INPUT = 64 << 10, GZIP_ONLY = 16 /* zlib: no other header */ };

struct file_unpack {
    file_unpack_source *source;
    void *context;
    enum { UNKNOWN, PLAIN, GZIP, ZSTD } kind;
    size_t at, have; /* of what was read from the source: in[at] is next */
    bool over;       /* the source has no more */
    bool amid;       /* a member or frame has begun, and has not ended */
    bool another;    /* one has ended */
    char why[160];   /* it failed; empty: it has not */
    z_stream gzip;
    ZSTD_DStream *zstd;
    uint8_t in[INPUT];
};

struct file_unpack *file_unpack_new(file_unpack_source *source, void *context)
{
    struct file_unpack *u = malloc(sizeof *u);

    if (!u)
        return NULL;
    memset(u, 0, offsetof(struct file_unpack, in));
    u->source = source;
    u->context = context;
    return u;
}

void file_unpack_free(struct file_unpack *u)
{
    if (!u)
        return;
    if (u->kind == GZIP)
        inflateEnd(&u->gzip);
    ZSTD_freeDStream(u->zstd);
    free(u);
}

const char *file_unpack_why(const struct file_unpack *u)
{
    return u->why;
}

__attribute__((format(printf, 2, 3))) static ssize_t fail(struct file_unpack *u, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(u->why, sizeof u->why, format, args);
    va_end(args);
    errno = EIO;
    return -1;
}

static const char *name_of(const struct file_unpack *u)
{
    return u->kind == GZIP ? "gzip" : "zstd";
}

/* More input, behind what is there. False: the source failed. */
static bool fill(struct file_unpack *u)
{
    ssize_t n;

    if (u->at == u->have)
        u->at = u->have = 0;
    n = u->source(u->context, (char *)u->in + u->have, sizeof u->in - u->have);
    if (n < 0)
        return false;
    u->over = n == 0;
    u->have += (size_t)n;
    return true;
}

static bool begins(const struct file_unpack *u, const char *magic, size_t size)
{
    return u->have >= size && memcmp(u->in, magic, size) == 0;
}

/* What is it? A pipe may hand out the first bytes one by one. False: the source failed, or memory is out. */
static bool look(struct file_unpack *u)
{
    while (u->have < 4 && !u->over)
        if (!fill(u))
            return false;
    if (begins(u, "\x1f\x8b", 2)) {
        if (inflateInit2(&u->gzip, MAX_WBITS + GZIP_ONLY) != Z_OK)
            return fail(u, "out of memory") == 0;
        u->kind = GZIP;
    } else if (begins(u, "\x28\xb5\x2f\xfd", 4) || (u->have >= 4 && memcmp(u->in + 1, "\x2a\x4d\x18", 3) == 0 && u->in[0] >> 4 == 5)) {
        u->zstd = ZSTD_createDStream();
        if (!u->zstd)
            return fail(u, "out of memory") == 0;
        u->kind = ZSTD;
    } else {
        u->kind = PLAIN;
    }
    return true;
}

static ssize_t read_plain(struct file_unpack *u, char *buffer, size_t size)
{
    size_t left = u->have - u->at;

    if (!left)
        return u->source(u->context, buffer, size);
    size = left < size ? left : size;
    memcpy(buffer, u->in + u->at, size);
    u->at += size;
    return (ssize_t)size;
}

/* Between two members: zeros may stand behind the last one. */
static void skip_padding(struct file_unpack *u)
{
    while (u->another && u->at < u->have && u->in[u->at] == 0)
        u->at++;
}

/* What the input makes; 0: nothing yet. */
static ssize_t gunzip(struct file_unpack *u, char *buffer, size_t size)
{
    int got;

    if (!u->amid)
        skip_padding(u);
    if (!u->amid && u->at == u->have)
        return 0;
    if (!u->amid && u->another && (u->in[u->at] != 0x1f || inflateReset(&u->gzip) != Z_OK))
        return fail(u, "what stands behind the gzip data is none");
    u->amid = true;
    u->gzip.next_in = u->in + u->at;
    u->gzip.avail_in = (uInt)(u->have - u->at);
    u->gzip.next_out = (Bytef *)buffer;
    u->gzip.avail_out = (uInt)size;
    got = inflate(&u->gzip, Z_NO_FLUSH);
    u->at = u->have - u->gzip.avail_in;
    if (got == Z_STREAM_END)
        u->amid = !(u->another = true);
    if (size > u->gzip.avail_out) /* what is wrong behind that is said again */
        return (ssize_t)(size - u->gzip.avail_out);
    if (got == Z_OK || got == Z_BUF_ERROR || got == Z_STREAM_END)
        return 0;
    return fail(u, "the gzip data is damaged%s%s", u->gzip.msg ? ": " : "", u->gzip.msg ? u->gzip.msg : "");
}

static ssize_t unzstd(struct file_unpack *u, char *buffer, size_t size)
{
    ZSTD_inBuffer in = { u->in, u->have, u->at };
    ZSTD_outBuffer out = { buffer, size, 0 };
    size_t got;

    if (!u->amid && u->at == u->have)
        return 0;
    got = ZSTD_decompressStream(u->zstd, &out, &in);
    u->at = in.pos;
    if (ZSTD_isError(got) && out.pos == 0)
        return !u->amid && u->another ? fail(u, "what stands behind the zstd data is none")
                                      : fail(u, "the zstd data is damaged: %s", ZSTD_getErrorName(got));
    u->amid = got != 0;
    u->another |= !u->amid;
    return (ssize_t)out.pos;
}

ssize_t file_unpack_read(struct file_unpack *u, char *buffer, size_t size)
{
    if (*u->why || (u->kind == UNKNOWN && !look(u))) {
        errno = *u->why ? EIO : errno;
        return -1;
    }
    if (u->kind == PLAIN)
        return read_plain(u, buffer, size);
    for (;;) {
        ssize_t n = u->kind == GZIP ? gunzip(u, buffer, size) : unzstd(u, buffer, size);

        if (n != 0)
            return n;
        if (u->at < u->have)
            continue;
        if (u->over)
            return u->amid ? fail(u, "the %s data is cut: it has no end", name_of(u)) : 0;
        if (!fill(u))
            return -1;
    }
}

bool file_unpack_is_plain(const struct file_unpack *u)
{
    return u->kind == PLAIN;
}

void file_unpack_drop(struct file_unpack *u)
{
    u->at = u->have;
}
