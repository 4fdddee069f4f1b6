/*
 * Who the peers look like: by their VERSION, and by what they do behind it where that alone does not tell.
 */
#include "decoder/reasons/looks.h"
#include "decoder/wire/decode.h"

#include <string.h>

/* Does the text fit? # is any number; [what may be missing]. */
static bool fits(const char *pattern, const char *text, const char *end)
{
    for (; *pattern; pattern++) {
        if (*pattern == '[') {
            if (fits(pattern + 1, text, end))
                return true;
            pattern = strchr(pattern, ']');
        } else if (*pattern == '#') {
            const char *digits = text;

            while (text < end && *text >= '0' && *text <= '9')
                text++;
            if (text == digits)
                return false;
        } else if (*pattern != ']') {
            if (text == end || *text++ != *pattern)
                return false;
        }
    }
    return text == end;
}

static bool fits_version(const struct vfu_peer_kind *kind, const struct vfu_event *e)
{
    const struct vfu_decoded *d = e->decoded;
    const struct vfu_value *json = vfu_value_by_name(d->values, d->count, "json");
    size_t size = json ? json->size : 0;

    if (kind->side != e->from || (kind->version_id != ANY && kind->version_id != e->id) ||
        vfu_number(d->values, d->count, "major", 1) != 0 ||
        (kind->minor != ANY && vfu_number(d->values, d->count, "minor", UINT16_MAX) != (uint64_t)kind->minor))
        return false;
    if (!kind->json || !size)
        return !kind->json && !size;
    return json->bytes[size - 1] == '\0' &&
           fits(kind->json, (const char *)json->bytes, (const char *)json->bytes + size - 1);
}

static void look_at_version(struct vfu_looks *looks, const struct vfu_event *e)
{
    struct vfu_look *look = &looks->sides[e->from];

    if (looks->answer || look->seen || (vfu_event_is_reply(e) && !e->paired))
        return;
    if (vfu_event_is_reply(e))
        looks->answer = e->message.no;
    if (e->decoded->truncated || e->message.changed || e->flags & VFU_ERROR)
        return;
    look->seen = true;
    look->version_size = e->size;
    for (unsigned i = 0; i < PEERS; i++)
        if (fits_version(&vfu_peer_kinds[i], e))
            look->fits |= UINT64_C(1) << i;
}

static void look_at_habits(struct vfu_looks *looks, const struct vfu_event *e)
{
    if (e->meant_as_reply && e->paired && e->from == VFU_SERVER)
        looks->sides[VFU_SERVER].signs |= 1u << SIGN_ERROR_TYPE_0;
    else if (e->command_number == VFU_DEVICE_GET_REGION_INFO && e->size == 4080 && e->id == 0)
        looks->sides[VFU_CLIENT].signs |= 1u << SIGN_REGION_INFO_4080;
}

/* The first of the rows that VERSION fits, and what came since. More exact ones than it may still be waited for. */
static void settle(struct vfu_looks *looks, enum vfu_side side, struct vfu_time time)
{
    struct vfu_look *look = &looks->sides[side];

    for (unsigned i = 0; i < PEERS; i++) {
        const struct vfu_peer_kind *kind = &vfu_peer_kinds[i];

        if (!(look->fits & UINT64_C(1) << i))
            continue;
        if (kind->later & ~look->signs) {
            looks->watching = true;
            continue;
        }
        if (look->kind != kind)
            looks->told &= (uint8_t)~(1u << side);
        look->kind = kind;
        look->name = kind->name;
        break;
    }
    if (look->kind && looks->answer && !(looks->told & 1u << side)) {
        looks->untold |= (uint8_t)(1u << side);
        looks->time = time;
    }
}

void vfu_look(struct vfu_peers *peers, const struct vfu_event *event)
{
    struct vfu_looks *looks = &peers->looks;

    if (event->command_number == VFU_VERSION)
        look_at_version(looks, event);
    else
        look_at_habits(looks, event);
    looks->watching = false;
    settle(looks, VFU_CLIENT, event->time);
    settle(looks, VFU_SERVER, event->time);
}
