/*
 * What a device's saved state is wrapped in: one or more images, each a header (which format, whose state, how long,
 * a checksum; little-endian) and the model's bytes. All but the last are previews, sent while the device still ran.
 */
#ifndef VFU_CAPTURE_SERVER_STREAM_H
#define VFU_CAPTURE_SERVER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts zeroed; server_stream_clear frees it. */
struct server_stream {
    uint8_t *bytes; /* going out: all there is; coming in: of the image at hand */
    size_t size, room;
    size_t at;     /* going out: how much was read */
    bool complete; /* coming in: the last image is whole, and at hand */
    bool damaged;  /* coming in */
};

void server_stream_clear(struct server_stream *s);
/* Append an image. False: out of memory, and nothing was. */
bool server_stream_add(struct server_stream *s, const char *model, bool last, const uint8_t *state, size_t size);
/* The next piece as it comes in. 0; EINVAL if it can't be of a stream of this model, now and from then on; ENOMEM. */
int server_stream_take(struct server_stream *s, const char *model, const uint8_t *bytes, size_t size);
/* The state in the last image, of a stream that is complete. */
const uint8_t *server_stream_state(const struct server_stream *s, size_t *size);

#endif
