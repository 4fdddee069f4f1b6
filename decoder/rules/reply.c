/*
 * Rules of replies: what they repeat of their requests.
 */
#include "decoder/rules/inside.h"

#include <string.h>

static void check_count(struct vfu_check *c, const char *name)
{
    uint64_t count = vfu_check_number(c, name), asked = vfu_check_asked(c, name, count);

    if (count != asked)
        vfu_break(c, count > asked ? RULE_COUNT_RAISED : RULE_COUNT_LOWERED,
                  "%llu bytes were asked for, the reply says %llu", (unsigned long long)asked,
                  (unsigned long long)count);
}

__attribute__((noinline)) static void check_fields(struct vfu_check *c)
{
    const struct vfu_command *command = c->event->command;
    const struct vfu_decoded *d = c->decoded;

    for (const char *const *name = command->repeats; name && *name; name++) {
        const struct vfu_value *v = vfu_value_by_name(d->values, d->count, *name);
        uint64_t asked = v ? vfu_check_asked(c, *name, v->number) : 0;

        if (!v || v->number == asked)
            continue;
        vfu_break(c, RULE_REPLY_DIFFERS, "the request has %s 0x%llx, the reply 0x%llx", *name,
                  (unsigned long long)asked, (unsigned long long)v->number);
        return;
    }
    if (command->moves.space != VFU_NO_SPACE)
        check_count(c, d->layout->fields[command->moves.size].name);
}

void vfu_check_repeated(struct vfu_check *c)
{
    const struct vfu_event *e = c->event;
    size_t fixed = c->decoded->layout->size;

    /* All of it to the byte, or a bare header: nearly always. */
    if (e->paired && c->decoded->count > 0 &&
        (fixed > e->request_size || memcmp(e->message.bytes + VFU_HEADER_SIZE, e->request, fixed) != 0))
        check_fields(c);
}
