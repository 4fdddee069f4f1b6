/*
 * The registers that plugins name, with their fields, written down for vfuscope, which can't look into this process: once, before
 * anything is asked. And where a device has them.
 */
#include "plugins/host/process/inside.h"

#include <stdio.h>
#include <string.h>

/* --- names --- */

/* A text's place; 0: it is empty, or there is no room. */
static uint32_t put_text(struct plugin_registers *r, const char *text)
{
    size_t size = text ? strlen(text) + 1 : 0;
    uint32_t at = r->text_size;

    if (size < 2 || size > sizeof r->text - at)
        return 0;
    memcpy(r->text + at, text, size);
    r->text_size += (uint32_t)size;
    return at;
}

static void put_values(struct plugin_registers *r, struct plugin_field_row *row, const struct vfp_field *f)
{
    row->values = r->value_count;
    for (unsigned v = 0; f->values && v < f->value_count && r->value_count < PLUGIN_VALUES; v++) {
        uint32_t name = put_text(r, f->values[v]);

        if (!name)
            continue;
        r->values[r->value_count++] = (struct plugin_value_row){ v, name };
        row->value_count++;
    }
}

static void put_fields(struct plugin_registers *r, struct plugin_register_row *row, const struct vfp_field *list)
{
    row->fields = r->field_count;
    for (const struct vfp_field *f = list; f && f->name && r->field_count < PLUGIN_FIELDS; f++) {
        struct plugin_field_row *field = &r->fields[r->field_count];

        *field = (struct plugin_field_row){ .low = f->low, .bits = f->bits };
        field->name = put_text(r, f->name);
        if (!field->name)
            return;
        put_values(r, field, f);
        r->field_count++;
        row->field_count++;
    }
}

/* Registers often share their fields: those are written once. */
static void take_fields(struct plugin_registers *r, struct plugin_register_row *row, const struct vfp_register *list,
                        const struct vfp_register *of)
{
    for (const struct vfp_register *before = list; of->fields && before < of; before++)
        if (before->fields == of->fields) {
            const struct plugin_register_row *same = row - (of - before);

            row->fields = same->fields;
            row->field_count = same->field_count;
            return;
        }
    put_fields(r, row, of->fields);
}

static bool put_register(struct plugin_registers *r, const struct vfp_plugin *p, uint32_t plugin, const struct vfp_register *from)
{
    struct plugin_register_row *row = &r->list[r->count];
    char name[128];

    if (r->count == PLUGIN_REGISTERS)
        return false;
    snprintf(name, sizeof name, "%s.%s", p->name, from->name);
    *row = (struct plugin_register_row){ .plugin = plugin, .width = from->width, .flags = from->flags };
    row->name = put_text(r, name);
    row->help = put_text(r, from->help);
    if (!row->name)
        return false;
    take_fields(r, row, p->registers, from);
    r->count++;
    return true;
}

void plugin_names_put(struct plugin_registers *r, struct plugin_loaded *loaded, unsigned count)
{
    r->count = r->field_count = r->value_count = 0;
    r->text_size = 1; /* 0 is none */
    for (unsigned i = 0; i < count; i++) {
        const struct vfp_register *from = loaded[i].plugin->registers;

        loaded[i].first_register = r->count;
        while (from && from->name && put_register(r, loaded[i].plugin, i, from))
            from++;
        loaded[i].registers = r->count - loaded[i].first_register;
    }
}
