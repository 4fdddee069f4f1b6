/*
 * Rules of sizes and counts.
 */
#include "decoder/rules/inside.h"

void vfu_check_zero(struct vfu_check *c, const char *const *fields)
{
    for (; *fields; fields++) {
        uint64_t number = vfu_check_number(c, *fields);

        if (!number)
            continue;
        vfu_break(c, RULE_NOT_ZERO, "%s is 0x%llx: only the reply fills it in", *fields, (unsigned long long)number);
        return;
    }
}

void vfu_check_argsz(struct vfu_check *c)
{
    const struct vfu_value *argsz = vfu_argsz(c->decoded->values, c->decoded->count);
    const struct vfu_command *command = c->event->command;
    unsigned least = (command->request.own_argsz ? &command->request : &command->reply)->layout->size;
    const struct vfu_field *count;
    uint64_t more;

    if (!argsz)
        return;
    count = vfu_reply_count(command);
    more = count ? vfu_check_number(c, count->name) : 0;
    if (argsz->number < least)
        vfu_break(c, RULE_ARGSZ_TOO_SMALL, "argsz is %llu, the fixed part has %u bytes",
                  (unsigned long long)argsz->number, least);
    else if (argsz->number - least < more)
        vfu_break(c, RULE_ARGSZ_TOO_SMALL, "argsz is %llu, which leaves no room for %llu bytes of data",
                  (unsigned long long)argsz->number, (unsigned long long)more);
}

void vfu_check_reply_argsz(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    const struct vfu_value *argsz = vfu_argsz(c->decoded->values, c->decoded->count);
    uint32_t payload = e->size - VFU_HEADER_SIZE, fixed = e->command->reply.layout->size, asked;

    if (e->command->reply.own_argsz && argsz && argsz->number < payload)
        vfu_break(c, RULE_REPLY_ARGSZ, "argsz is %llu, the payload has %u bytes", (unsigned long long)argsz->number,
                  payload);
    if (!e->paired)
        return;
    asked = (uint32_t)vfu_check_asked(c, "argsz", 0);
    if (e->command->reply.own_argsz && argsz && argsz->number > payload && argsz->number <= asked)
        vfu_break(c, RULE_REPLY_ARGSZ, "argsz is %llu, the payload has %u bytes: the request had room for all",
                  (unsigned long long)argsz->number, payload);
    if (payload > fixed && asked >= fixed && payload > asked)
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

/* Structs that may grow at their end have an argsz that says how far they reach. */
static bool has_grown(const struct vfu_check *c)
{
    const struct vfu_value *argsz = vfu_argsz(c->decoded->values, c->decoded->count);

    return vfu_check_shape(c)->grows && argsz && argsz->number == c->event->size - VFU_HEADER_SIZE;
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
    if (d->extra_size && e->command->reply.padded && vfu_event_is_reply(e))
        vfu_break(c, RULE_MIGRATION_PADDED, "size says %llu, %zu more bytes follow",
                  (unsigned long long)vfu_check_number(c, "size"), d->extra_size);
    else if (d->extra_size && !has_grown(c))
        vfu_break(c, RULE_TOO_LONG, "%zu bytes beyond the known fields", d->extra_size);
}
