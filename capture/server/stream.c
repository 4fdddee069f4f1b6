/*
 * The server end: the stream of migration data; see stream.h.
 */
#include "capture/server/stream.h"
#include "decoder/wire/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, LAST = 1 };
enum {
    AT_MAGIC = 0,
    AT_VERSION = 8,
    AT_FLAGS = 12,
    AT_MODEL = 16,
    AT_SIZE = 32, /* of the state that follows the header */
    AT_CHECKSUM = 36,
    HEADER = 40,
    MODEL = AT_SIZE - AT_MODEL,
};
enum { MAX_STATE = 64 << 20 };
static const char magic[] = "VFUSCOPE";

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* FNV-1a over the header up to the checksum and over the state. */
static uint32_t checksum(const uint8_t *image, size_t size)
{
    uint32_t sum = 2166136261;

    for (size_t i = 0; i < HEADER + size; i++)
        if (i < AT_CHECKSUM || i >= HEADER)
            sum = (sum ^ image[i]) * 16777619;
    return sum;
}

void server_stream_clear(struct server_stream *s)
{
    free(s->bytes);
    *s = (struct server_stream){ 0 };
}

bool server_stream_add(struct server_stream *s, const char *model, bool last, const uint8_t *state, size_t size)
{
    size_t length = strlen(model);
    uint8_t *image;

    if (!VFU_GROW(s->bytes, s->room, s->size + HEADER + size))
        return false;
    image = s->bytes + s->size;
    memset(image, 0, HEADER);
    memcpy(image + AT_MAGIC, magic, AT_VERSION - AT_MAGIC);
    put32(image + AT_VERSION, VERSION);
    put32(image + AT_FLAGS, last ? LAST : 0);
    memcpy(image + AT_MODEL, model, length < MODEL ? length : MODEL);
    put32(image + AT_SIZE, (uint32_t)size);
    memcpy(image + HEADER, state, size);
    put32(image + AT_CHECKSUM, checksum(image, size));
    s->size += HEADER + size;
    return true;
}

static bool is_header(const uint8_t *image, const char *model)
{
    char name[MODEL] = { 0 };
    size_t length = strlen(model);

    memcpy(name, model, length < MODEL ? length : MODEL);
    return memcmp(image + AT_MAGIC, magic, AT_VERSION - AT_MAGIC) == 0 && get32(image + AT_VERSION) == VERSION &&
           !(get32(image + AT_FLAGS) & ~(uint32_t)LAST) && memcmp(image + AT_MODEL, name, MODEL) == 0 &&
           get32(image + AT_SIZE) <= MAX_STATE;
}

/* How many bytes of the image are still to come; false: it can't be one. */
static bool missing(const struct server_stream *s, const char *model, size_t *count)
{
    const uint8_t *image = s->bytes;
    size_t got = s->size;

    *count = HEADER - got;
    if (got < HEADER)
        return true;
    *count = HEADER + get32(image + AT_SIZE) - got;
    return is_header(image, model) && (*count > 0 || checksum(image, got - HEADER) == get32(image + AT_CHECKSUM));
}

/* The image is whole and good: was it the last? A preview is forgotten. */
static void finish_image(struct server_stream *s)
{
    s->complete = get32(s->bytes + AT_FLAGS) & LAST;
    if (!s->complete)
        s->size = 0;
}

int server_stream_take(struct server_stream *s, const char *model, const uint8_t *bytes, size_t size)
{
    size_t more = 0;

    while (size > 0 && !s->damaged) {
        s->damaged = s->complete || !missing(s, model, &more);
        if (s->damaged)
            break;
        if (more > size)
            more = size;
        if (!VFU_GROW(s->bytes, s->room, s->size + more)) {
            s->damaged = true; /* a part of it is lost */
            return ENOMEM;
        }
        memcpy(s->bytes + s->size, bytes, more);
        s->size += more;
        bytes += more;
        size -= more;
        if (!missing(s, model, &more))
            s->damaged = true;
        else if (more == 0)
            finish_image(s);
    }
    return s->damaged ? EINVAL : 0;
}

const uint8_t *server_stream_state(const struct server_stream *s, size_t *size)
{
    *size = s->size - HEADER;
    return s->bytes + HEADER;
}
