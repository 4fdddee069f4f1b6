/*
 * How a reason and a misfit are said, and the words that they share.
 */
#include "decoder/reasons/inside.h"
#include "decoder/wire/writer.h"

#include <stdarg.h>
#include <stdio.h>

const char *vfu_reason_name(const struct vfu_name *names, const char *what, uint64_t value, char room[VFU_NAME_ROOM])
{
    const char *name = vfu_name_of(names, value);

    if (name)
        return name;
    snprintf(room, VFU_NAME_ROOM, "%s%llu", what, (unsigned long long)value);
    return room;
}

const char *vfu_reason_range(uint64_t address, uint64_t size, char room[VFU_RANGE_ROOM])
{
    struct vfu_writer w = vfu_writer(room, VFU_RANGE_ROOM, NULL, NULL);

    vfu_write_0x(&w, address);
    vfu_write_char(&w, '+');
    vfu_write_size(&w, size);
    vfu_write_char(&w, '\0');
    return room;
}

const char *vfu_reason_size(uint64_t size, char room[VFU_RANGE_ROOM])
{
    struct vfu_writer w = vfu_writer(room, VFU_RANGE_ROOM, NULL, NULL);

    vfu_write_size(&w, size);
    vfu_write_char(&w, '\0');
    return room;
}

const char *vfu_reason_no(uint64_t no, char room[VFU_NO_ROOM])
{
    room[0] = '\0';
    if (no)
        snprintf(room, VFU_NO_ROOM, " (#%llu)", (unsigned long long)no);
    return room;
}

static void say(struct vfu_refusal *r, enum vfu_reason_number reason, bool certain, const uint64_t *messages,
                unsigned count, const char *format, va_list args)
{
    struct vfu_because *b = &r->because[r->count];

    if (r->count == VFU_MAX_BECAUSE)
        return;
    r->count++;
    *b = (struct vfu_because){ .certain = certain };
    snprintf(b->reason, sizeof b->reason, "%s", vfu_reason_table[reason].id);
    for (unsigned i = 0; i < count && b->count < VFU_BECAUSE_MESSAGES; i++)
        if (messages[i])
            b->messages[b->count++] = messages[i];
    vsnprintf(b->text, sizeof b->text, format, args);
}

void vfu_say_because(struct vfu_refusal *r, enum vfu_reason_number reason, const uint64_t *messages, unsigned count,
                     const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(r, reason, true, messages, count, format, args);
    va_end(args);
}

void vfu_say_perhaps(struct vfu_refusal *r, enum vfu_reason_number reason, const uint64_t *messages, unsigned count,
                     const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(r, reason, false, messages, count, format, args);
    va_end(args);
}

static void note(struct vfu_fitting *f, enum vfu_misfit_number misfit, enum vfu_side at_fault, bool nobody,
                 const char *format, va_list args)
{
    struct vfu_problem *p = &f->problems[f->count];
    uint64_t *told = &f->peers->rules.misfits_told[misfit], bit = 1ull << f->index % 64;

    if (f->count == VFU_MAX_PROBLEMS || *told & bit || vfu_misfit_ignored(f->settings, misfit))
        return;
    *told |= bit;
    *p = (struct vfu_problem){ .rule = &vfu_misfit_table[misfit], .severity = VFU_MISFIT, .at_fault = at_fault,
                               .nobody = nobody };
    vsnprintf(p->text, sizeof p->text, format, args);
    f->count++;
}

void vfu_misfit(struct vfu_fitting *f, enum vfu_misfit_number misfit, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    note(f, misfit, f->event->from, true, format, args);
    va_end(args);
}

void vfu_misfit_by(struct vfu_fitting *f, enum vfu_misfit_number misfit, enum vfu_side at_fault, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    note(f, misfit, at_fault, false, format, args);
    va_end(args);
}

const char *vfu_fit_name(const struct vfu_fitting *f, const struct vfu_name *names, char room[24])
{
    const char *name = vfu_name_of(names, f->index); /* as the rules have it: a PCI device or not */

    if (name)
        return name;
    snprintf(room, 24, "%s %u", names == vfu_region_names ? "region" : "IRQ index", f->index);
    return room;
}
