/*
 * Where sinks write: a buffer of the caller's and a function that empties it. No stdio: formatting a message must cost
 * less than a microsecond. Whatever came off the wire goes through vfu_write_escaped or is hex.
 */
#ifndef VFU_DECODER_WIRE_WRITER_H
#define VFU_DECODER_WIRE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct vfu_writer {
    char *buffer;
    size_t capacity, used;
    uint64_t flushed; /* bytes given to `flush` so far: flushed + used is the position */
    /* Empties the buffer: takes `used` bytes. NULL: what does not fit is dropped and `failed` set. */
    bool (*flush)(void *context, const char *bytes, size_t size);
    void *context;
    bool failed; /* flush returned false, or it did not fit; stays set */
};

static inline struct vfu_writer vfu_writer(char *buffer, size_t capacity,
                                           bool (*flush)(void *, const char *, size_t), void *context)
{
    return (struct vfu_writer){ .buffer = buffer, .capacity = capacity, .flush = flush, .context = context };
}

/* Give everything written so far to flush; false if it failed, now or before. */
bool vfu_writer_flush(struct vfu_writer *w);
static inline uint64_t vfu_writer_position(const struct vfu_writer *w) { return w->flushed + w->used; }

void vfu_write(struct vfu_writer *w, const char *bytes, size_t size);
static inline void vfu_write_char(struct vfu_writer *w, char c)
{
    if (w->used < w->capacity)
        w->buffer[w->used++] = c;
    else
        vfu_write(w, &c, 1);
}
/* Our own words only: not escaped. Here, because of most the length is known to the compiler. */
static inline void vfu_write_text(struct vfu_writer *w, const char *text)
{
    vfu_write(w, text, strlen(text));
}
void vfu_write_decimal(struct vfu_writer *w, uint64_t n);
/* width: 40 at most */
void vfu_write_decimal_padded(struct vfu_writer *w, uint64_t n, unsigned width, char pad);
/* 1 byte, 2 bytes; what: one of them */
void vfu_write_count(struct vfu_writer *w, uint64_t n, const char *what);
void vfu_write_0x(struct vfu_writer *w, uint64_t n); /* 0x1f */
void vfu_write_hex(struct vfu_writer *w, const uint8_t *bytes, size_t size);
void vfu_write_base64(struct vfu_writer *w, const uint8_t *bytes, size_t size); /* padded with = */
/* As people write sizes: 4096 -> 4K, 1048576 -> 1M, 100 -> 100, 4097 -> 4097, above 64 KiB not a multiple -> hex. */
void vfu_write_size(struct vfu_writer *w, uint64_t n);
/* Spaces up to `column`, counted from position `start`; at least one. */
void vfu_write_pad(struct vfu_writer *w, uint64_t start, unsigned column);
/*
 * Text that others chose, for a terminal: control characters (C0, C1, DEL, those that turn the direction of text around) and
 * invalid UTF-8 become \xNN, a backslash \\.
 */
void vfu_write_escaped(struct vfu_writer *w, const uint8_t *bytes, size_t size);
/* Likewise a line of ours with words of others in it, some of them escaped already: a backslash stays as it is. */
void vfu_write_printable(struct vfu_writer *w, const char *text);
bool vfu_is_utf8(const uint8_t *bytes, size_t size);
/* The inside of a JSON string; invalid UTF-8 becomes U+FFFD, control characters (as above) \uNNNN. */
void vfu_write_json_string(struct vfu_writer *w, const uint8_t *bytes, size_t size);

#endif
