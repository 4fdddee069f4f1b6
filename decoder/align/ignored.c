/*
 * What a person says does not count: fields by the names that filters have, registers, places.
 */
#include "decoder/align/align.h"
#include "decoder/wire/capabilities.h"
#include "decoder/registers/registers.h"
#include "decoder/wire/transfer.h"

#include <stdio.h>
#include <string.h>

/* What filters know beside the fields of messages; most of it is never a difference. */
static const char *const others[] = {
    "command", "from", "type", "channel", "conn", "no", "latency", "time", "fds", "error", "no_reply", "problem", "reason",
    "note", "warning", "value", "register", "header.id", "header.command", "header.size", "header.flags", "header.error",
    "capabilities",
    /* What diff compares that is no exchange. */
    "connection", "disconnect", "interrupts",
};

struct taker {
    void (*take)(void *context, const char *name);
    void *context;
};

static void each_of(const struct vfu_layout *layout, const struct taker *t)
{
    for (const struct vfu_field *f = layout->fields; f && f->name; f++) {
        t->take(t->context, f->name);
        if (f->item)
            each_of(f->item, t);
    }
}

static void each_in(const struct vfu_shape *shape, const struct taker *t)
{
    const struct vfu_layout *layout;

    for (unsigned i = 0; (layout = vfu_shape_layout(shape, i)) != NULL; i++)
        each_of(layout, t);
}

void vfu_ignored_each(void (*take)(void *context, const char *name), void *context)
{
    const struct taker t = { take, context };
    size_t count;
    const struct vfu_command *commands = vfu_commands(&count);

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        take(context, others[i]);
    for (size_t i = 0; i < VFU_CAPABILITIES; i++)
        take(context, vfu_capability_list[i].name);
    for (size_t i = 0; i < count; i++) {
        each_in(&commands[i].request, &t);
        each_in(&commands[i].reply, &t);
    }
    each_of(&vfu_header_layout, &t);
}

struct looked_for {
    const char *name;
    bool found;
};

static void look(void *context, const char *name)
{
    struct looked_for *l = context;

    l->found |= strcmp(l->name, name) == 0;
}

static bool is_field(const char *name)
{
    struct looked_for l = { .name = name };

    vfu_ignored_each(look, &l);
    return l.found;
}

static void offer(void *context, const char *name)
{
    vfu_near_offer(context, name);
}

const char *vfu_ignored_near(const char *name, char text[VFU_NEAR_TEXT])
{
    struct vfu_near near;

    vfu_near_begin(&near, name);
    vfu_ignored_each(offer, &near);
    return vfu_near_text(&near, text);
}

/* bar0+0x20, nvme.csts */
static bool is_place(const char *name)
{
    return strpbrk(name, "+.") && strncmp(name, "header.", 7) != 0;
}

bool vfu_ignored_add(struct vfu_ignored *ignored, const char *name)
{
    if (ignored->count == VFU_IGNORED_FIELDS || strlen(name) >= VFU_IGNORED_NAME || (!is_place(name) && !is_field(name)))
        return false;
    snprintf(ignored->names[ignored->count++], VFU_IGNORED_NAME, "%s", name);
    return true;
}

bool vfu_ignored_has(const struct vfu_ignored *ignored, const char *field)
{
    for (unsigned i = 0; ignored && i < ignored->count; i++)
        if (strcmp(ignored->names[i], field) == 0)
            return true;
    return false;
}

/* All of an array are meant by its name without an index. */
static bool is_register(const char *name, const struct vfu_register_at *r)
{
    char text[VFU_IGNORED_NAME];
    struct vfu_writer w = vfu_writer(text, sizeof text - 1, NULL, NULL);

    if (strcmp(name, r->reg->name) == 0)
        return true;
    vfu_register_write_name(&w, r);
    text[w.used] = '\0';
    return strcmp(name, text) == 0;
}

static bool is_at(const char *name, const struct vfu_exchange *x)
{
    char text[VFU_IGNORED_NAME];
    struct vfu_writer w = vfu_writer(text, sizeof text - 1, NULL, NULL);
    const char *region;
    struct vfu_decoded d;
    struct vfu_event e;
    struct vfu_moved m;

    if (!strchr(name, '+') || !vfu_exchange_command(x, &e) || !e.command)
        return false;
    vfu_decode(&e, &d);
    if (!vfu_moved_first(&m, e.command, &d) || m.transfer->space != VFU_REGION_SPACE)
        return false;
    region = vfu_name_of(vfu_region_names, m.region);
    if (region)
        vfu_write_text(&w, region);
    else
        vfu_write_decimal(&w, m.region);
    vfu_write_char(&w, '+');
    vfu_write_0x(&w, m.at);
    text[w.used] = '\0';
    return strcmp(name, text) == 0;
}

bool vfu_ignored_has_value(const struct vfu_ignored *ignored, const struct vfu_exchange *x)
{
    for (unsigned i = 0; ignored && i < ignored->count; i++) {
        const char *name = ignored->names[i];

        if (!is_place(name))
            continue;
        for (unsigned k = 0; k < x->register_count; k++)
            if (is_register(name, &x->registers[k]))
                return true;
        if (is_at(name, x))
            return true;
    }
    return false;
}
