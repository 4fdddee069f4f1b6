/*
 * vfuscope check: what migration is asked with: features, the device's state, and its data.
 */
#include "cli/check/requirements/inside.h"
#include "decoder/wire/grow.h"

#include <stdlib.h>
#include <string.h>

enum check_answer check_ask_feature(struct check *c, uint64_t flags)
{
    return check_ask(c, VFU_DEVICE_FEATURE, WITH({ "flags", flags }, { "argsz", CHECK_ARGSZ }));
}

bool check_open_migration(struct check *c)
{
    if (!check_open(c))
        return false;
    check_ask_feature(c, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION);
    if (check_is_done(c))
        return true;
    if (check_is_error(c))
        check_skip(c, "the device does not migrate");
    else
        check_lacks(c, "migration", "the feature MIGRATION, or an error reply, was due");
    return false;
}

enum check_result check_repeats(struct check *c, size_t from)
{
    size_t size = c->reply->message.captured;

    if (!check_is_done(c))
        return check_done(c);
    return size == c->build.size && size >= from &&
                   memcmp(c->reply->message.bytes + from, c->build.bytes + from, size - from) == 0
               ? CHECK_PASSES
               : check_fail(c, "the reply repeats the request");
}

enum check_answer check_set_state(struct check *c, uint64_t state)
{
    return check_ask(c, VFU_DEVICE_FEATURE,
                     WITH({ "flags", VFIO_DEVICE_FEATURE_SET }, { "feature", VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE },
                          { "device_state", state }, { "argsz", 16 }));
}

bool check_enters(struct check *c, uint64_t state)
{
    check_set_state(c, state);
    return check_is_done(c);
}

bool check_is_in(struct check *c, uint64_t state)
{
    check_ask_feature(c, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE);
    return check_is_done(c) && check_number(c, "device_state") == state;
}

void check_ask_data(struct check *c, uint64_t size)
{
    check_ask(c, VFU_MIG_DATA_READ, WITH({ "size", size }, { "argsz", size + 8 }));
}

/* What is there of the data that was just asked for; false: not as it should be. */
static bool take_piece(struct check *c, struct check_image *image, size_t *size)
{
    const struct vfu_value *data = check_is_done(c) ? check_value(c, "data") : NULL;

    *size = data ? data->size : 0;
    if (!check_is_done(c) || *size != check_number(c, "size") || *size > CHECK_PIECE ||
        !VFU_GROW(image->bytes, image->room, image->size + *size))
        return false;
    if (data && *size > 0)
        memcpy(image->bytes + image->size, data->bytes, *size);
    image->size += *size;
    return true;
}

bool check_read_state(struct check *c, struct check_image *image)
{
    size_t size = CHECK_PIECE;

    while (size == CHECK_PIECE && image->size <= CHECK_IMAGE - CHECK_PIECE) {
        check_ask_data(c, CHECK_PIECE);
        if (!take_piece(c, image, &size)) {
            check_fail(c, "up to %u bytes of the device's state were due", CHECK_PIECE);
            return false;
        }
    }
    if (size == CHECK_PIECE)
        check_fail(c, "there is no end to the state: %zu bytes", image->size);
    return size < CHECK_PIECE;
}

enum check_result check_run_again(struct check *c, enum check_result result)
{
    struct check_verdict kept = c->verdict;
    struct check_image rest = { 0 };

    if (c->answer == CHECK_REPLY && !check_is_in(c, VFU_STATE_RUNNING)) {
        check_read_state(c, &rest);
        free(rest.bytes);
        if (!(check_enters(c, VFU_STATE_STOP) && check_enters(c, VFU_STATE_RUNNING)) && check_is_error(c))
            check_ask(c, VFU_DEVICE_RESET, PLAIN);
    }
    c->verdict = kept;
    return result;
}
