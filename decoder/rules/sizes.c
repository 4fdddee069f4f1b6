/*
 * Rules of sizes and counts.
 */
#include "decoder/rules/inside.h"

/* It is the reply's, but of two commands whose reply has nothing: there it is the request's own. */
void vfu_check_argsz(struct vfu_check *c)
{
    const struct vfu_value *argsz = vfu_value_by_name(c->decoded->values, c->decoded->count, "argsz");
    const struct vfu_event *e = c->event;
    bool own = e->command_number == VFU_DMA_MAP || e->command_number == VFU_DEVICE_SET_IRQS;
    unsigned least = own ? e->command->request.layout->size : e->command->reply.layout->size;

    if (argsz && argsz->number < least)
        vfu_break(c, RULE_ARGSZ_TOO_SMALL, "argsz is %llu, the fixed part has %u bytes",
                  (unsigned long long)argsz->number, least);
    else if (argsz && e->command_number == VFU_MIG_DATA_READ && argsz->number - least < vfu_check_number(c, "size"))
        vfu_break(c, RULE_ARGSZ_TOO_SMALL, "argsz is %llu, which leaves no room for %llu bytes of data",
                  (unsigned long long)argsz->number, (unsigned long long)vfu_check_number(c, "size"));
}

/* The replies whose argsz is their own; others repeat the request's, or libvfio-user pads them. */
static bool tells_argsz(uint16_t command)
{
    return command == VFU_DEVICE_GET_INFO || command == VFU_DEVICE_GET_REGION_INFO ||
           command == VFU_DEVICE_GET_REGION_IO_FDS || command == VFU_DEVICE_GET_IRQ_INFO;
}

void vfu_check_reply_argsz(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    uint32_t payload = e->size - VFU_HEADER_SIZE, fixed = e->command->reply.layout->size, asked;

    /* To set or probe a feature the reply is the request again, whatever its argsz. */
    if (e->command_number == VFU_DEVICE_FEATURE && !(vfu_check_number(c, "flags") & VFIO_DEVICE_FEATURE_GET))
        return;
    if (tells_argsz(e->command_number) && c->decoded->count && vfu_check_number(c, "argsz") < payload)
        vfu_break(c, RULE_REPLY_ARGSZ, "argsz is %llu, the payload has %u bytes",
                  (unsigned long long)vfu_check_number(c, "argsz"), payload);
    if (!e->paired || payload <= fixed)
        return;
    asked = (uint32_t)vfu_check_asked(c, "argsz", 0);
    if (asked >= fixed && payload > asked)
        vfu_break(c, RULE_REPLY_ABOVE_ARGSZ, "%u bytes of payload, the request's argsz was %u", payload, asked);
}

void vfu_check_writes(struct vfu_check *c)
{
    const struct vfu_value *writes = vfu_value_by_name(c->decoded->values, c->decoded->count, "writes");
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    uint64_t asked, done;
    unsigned count;
    bool broken;

    if (vfu_event_is_command(c->event) && c->peers->known.agreed.known && !c->peers->known.agreed.write_multiple)
        vfu_break(c, RULE_WRITE_MULTIPLE_NOT_AGREED, "write_multiple was not agreed on");
    if (vfu_event_is_reply(c->event) && c->event->paired) {
        done = vfu_check_number(c, "wr_cnt");
        asked = vfu_check_asked(c, "wr_cnt", done);
        if (done > asked)
            vfu_break(c, RULE_COUNT_RAISED, "%llu writes were asked for, the reply says %llu",
                      (unsigned long long)asked, (unsigned long long)done);
    }
    if (!writes)
        return;
    if (writes->number > VFU_MAX_WRITE_MULTI)
        vfu_break(c, RULE_TOO_MANY_WRITES, "%llu writes", (unsigned long long)writes->number);
    while (vfu_list_next(writes, &offset, &layout, values, &count, &broken)) {
        uint64_t width = vfu_number(values, count, "count", 0);

        if (width > VFU_MAX_WRITE_MULTI_DATA) {
            vfu_break(c, RULE_WRITE_TOO_WIDE, "the write at byte %zu has %llu bytes", offset,
                      (unsigned long long)width);
            return;
        }
    }
}

/* Structs that begin with argsz may grow at their end: it says how far they reach. */
static bool has_grown(const struct vfu_check *c)
{
    const struct vfu_value *argsz = vfu_value_by_name(c->decoded->values, c->decoded->count, "argsz");

    return argsz && argsz->number == c->event->size - VFU_HEADER_SIZE;
}

void vfu_check_length(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    const struct vfu_decoded *d = c->decoded;

    if (d->is_short && e->size - VFU_HEADER_SIZE < d->layout->size)
        vfu_break(c, RULE_TOO_SHORT, "%u bytes of payload, the fixed part has %u", e->size - VFU_HEADER_SIZE,
                  d->layout->size);
    else if (d->is_short)
        vfu_break(c, RULE_TOO_SHORT, "%u bytes of payload, its fields announce more", e->size - VFU_HEADER_SIZE);
    if (d->extra_size && e->command_number == VFU_MIG_DATA_READ && vfu_event_is_reply(e))
        vfu_break(c, RULE_MIGRATION_PADDED, "size says %llu, %zu more bytes follow",
                  (unsigned long long)vfu_check_number(c, "size"), d->extra_size);
    else if (d->extra_size && !has_grown(c))
        vfu_break(c, RULE_TOO_LONG, "%zu bytes beyond the known fields", d->extra_size);
}
