/*
 * Captures written compressed, as their names ask for: FILE.zst, FILE.gz, and the files FILE.zst.N of a ring.
 */
#include "capture/file/inside.h"
#include "capture/file/outfile.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

/* A file that is cut can be read up to its last whole block: zstd's would have 128 KiB. */
enum { BLOCK = 32 << 10 };
enum { OUTPUT = 64 << 10, WITH_GZIP_HEADER = 16, MEMORY_LEVEL = 8 };

struct file_pack {
    ZSTD_CStream *zstd; /* NULL: gzip */
    z_stream gzip;
    uint8_t out[OUTPUT];
};

/* Does the name, but for a ring's number, end so? */
static bool ends(const char *name, size_t size, const char *with)
{
    size_t length = strlen(with);

    return size > length && memcmp(name + size - length, with, length) == 0;
}

static size_t size_without_number(const char *name)
{
    size_t size = strlen(name), at = size;

    while (at > 0 && name[at - 1] >= '0' && name[at - 1] <= '9')
        at--;
    return at > 1 && at < size && name[at - 1] == '.' ? at - 1 : size;
}

bool file_pack_open(const char *path, struct file_pack **pack)
{
    size_t size = size_without_number(path);
    bool zstd = ends(path, size, ".zst");
    struct file_pack *p;

    *pack = NULL;
    if (!zstd && !ends(path, size, ".gz"))
        return true;
    p = malloc(sizeof *p);
    if (!p)
        return false;
    memset(p, 0, offsetof(struct file_pack, out));
    *pack = p;
    if (zstd && (p->zstd = ZSTD_createCStream()) != NULL &&
        !ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_checksumFlag, 1)))
        return true;
    if (!zstd && deflateInit2(&p->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + WITH_GZIP_HEADER, MEMORY_LEVEL,
                              Z_DEFAULT_STRATEGY) == Z_OK)
        return true;
    file_pack_close(p);
    *pack = NULL;
    return false;
}

void file_pack_close(struct file_pack *p)
{
    if (p && p->zstd)
        ZSTD_freeCStream(p->zstd);
    else if (p)
        deflateEnd(&p->gzip);
    free(p);
}

static bool put_zstd(struct file_pack *p, struct vfu_outfile *to, const void *bytes, size_t size, enum file_pack_how how,
                     struct vfu_error *error)
{
    static const ZSTD_EndDirective directives[] = {
        [FILE_PACK_MORE] = ZSTD_e_continue, [FILE_PACK_FLUSH] = ZSTD_e_flush, [FILE_PACK_END] = ZSTD_e_end,
    };
    ZSTD_inBuffer in = { bytes, size, 0 };
    size_t left;

    do {
        ZSTD_outBuffer out = { p->out, sizeof p->out, 0 };

        left = ZSTD_compressStream2(p->zstd, &out, &in, directives[how]);
        if (ZSTD_isError(left))
            return vfu_fail(error, 0, "%s: zstd: %s", to->path, ZSTD_getErrorName(left));
        if (out.pos && !vfu_outfile_write(to, p->out, out.pos, error))
            return false;
    } while (how == FILE_PACK_MORE ? in.pos < in.size : left > 0);
    return true;
}

static bool put_gzip(struct file_pack *p, struct vfu_outfile *to, const void *bytes, size_t size, enum file_pack_how how,
                     struct vfu_error *error)
{
    static const int flushes[] = { [FILE_PACK_MORE] = Z_NO_FLUSH, [FILE_PACK_FLUSH] = Z_SYNC_FLUSH, [FILE_PACK_END] = Z_FINISH };

    p->gzip.next_in = (Bytef *)(uintptr_t)bytes; /* zlib does not write to it */
    p->gzip.avail_in = (uInt)size;
    do {
        p->gzip.next_out = p->out;
        p->gzip.avail_out = sizeof p->out;
        deflate(&p->gzip, flushes[how]);
        if (!vfu_outfile_write(to, p->out, sizeof p->out - p->gzip.avail_out, error))
            return false;
    } while (p->gzip.avail_out == 0);
    return true;
}

bool file_pack_put(struct file_pack *p, struct vfu_outfile *to, const void *bytes, size_t size, enum file_pack_how how,
                   struct vfu_error *error)
{
    if (!p->zstd)
        return put_gzip(p, to, bytes, size, how, error);
    for (; size > BLOCK; bytes = (const char *)bytes + BLOCK, size -= BLOCK)
        if (!put_zstd(p, to, bytes, BLOCK, FILE_PACK_FLUSH, error))
            return false;
    return put_zstd(p, to, bytes, size, how, error);
}
