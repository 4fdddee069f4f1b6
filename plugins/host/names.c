/*
 * The registers that plugins name, and where a device has them: what their process says of that is checked, and the registers are
 * kept, so that names are looked up here, without asking anybody.
 */
#include "decoder/wire/writer.h"
#include "plugins/host/inside.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS = 64 /* of a register, that are kept */, VALUES = 64 /* of a field */, LONGEST = 128 /* of any text */ };

/* A register, while it is put together. */
struct made {
    struct vfu_register reg;
    struct vfu_register_field fields[FIELDS];
    struct vfu_register_value values[FIELDS][VALUES];
};

/* A text of the copy that we have, which has its end there. NULL: none, or it can't be true. */
static const char *text_of(const struct plugin_registers *r, uint32_t at)
{
    return at && at < r->text_size && strnlen(r->text + at, LONGEST) < LONGEST ? r->text + at : NULL;
}

static bool make_field(const struct plugin_registers *r, const struct plugin_field_row *row, struct vfu_register_field *f,
                       struct vfu_register_value *values)
{
    uint32_t count = row->value_count < VALUES ? row->value_count : VALUES;

    if (row->values > r->value_count || row->value_count > r->value_count - row->values)
        return false;
    *f = (struct vfu_register_field){ text_of(r, row->name), row->low, row->bits, (uint16_t)count, values };
    for (uint32_t i = 0; i < count; i++) {
        values[i] = (struct vfu_register_value){ r->values[row->values + i].value, text_of(r, r->values[row->values + i].name) };
        if (!values[i].name)
            return false;
    }
    return f->name;
}

/* False: it can't be true. What has no field of bits that are there is left out. */
static bool make(const struct plugin_registers *r, const struct plugin_register_row *row, const struct plugin_hello *hello,
                 struct made *to)
{
    const char *name = text_of(r, row->name);
    size_t plugin = row->plugin < hello->count ? strlen(hello->names[row->plugin]) : 0;

    if (!plugin || !name || strncmp(name, hello->names[row->plugin], plugin) != 0 || name[plugin] != '.' || !name[plugin + 1] ||
        row->fields > r->field_count || row->field_count > r->field_count - row->fields)
        return false;
    to->reg = (struct vfu_register){ .name = name, .help = text_of(r, row->help), .width = row->width, .flags = row->flags,
                                     .fields = to->fields };
    for (uint32_t i = 0; i < row->field_count && to->reg.field_count < FIELDS; i++) {
        struct vfu_register_field *f = &to->fields[to->reg.field_count];

        if (!make_field(r, &r->fields[row->fields + i], f, to->values[to->reg.field_count]))
            return false;
        to->reg.field_count += f->bits && f->low + f->bits <= 8u * row->width;
    }
    return true;
}

/* All texts become such as a terminal can show: what it can't is a question mark. */
static void make_texts_printable(struct plugin_registers *r)
{
    char shown[8];

    for (uint32_t i = 0; i < r->text_size; i++) {
        const char one[] = { r->text[i], '\0' };
        struct vfu_writer w = vfu_writer(shown, sizeof shown, NULL, NULL);

        vfu_write_printable(&w, one);
        if (r->text[i] && (w.used != 1 || shown[0] != one[0]))
            r->text[i] = '?';
    }
    r->text[r->text_size - 1] = '\0';
}

/* A copy of what was claimed, read once. NULL: there is no memory. */
static struct plugin_registers *copy(const struct plugin_registers *claim)
{
    struct plugin_registers *r = malloc(sizeof *r);

    if (r)
        memcpy(r, claim, sizeof *r);
    atomic_signal_fence(memory_order_seq_cst); /* no compiler reads it again */
    return r;
}

static bool take(struct plugin_names *to, const struct plugin_registers *r, const struct plugin_hello *hello, struct made *room)
{
    for (to->count = 0; to->count < r->count; to->count++) {
        const struct plugin_register_row *row = &r->list[to->count];

        to->list[to->count] = NULL;
        if (row->width != 1 && row->width != 2 && row->width != 4 && row->width != 8)
            continue;
        if (!make(r, row, hello, room))
            return false;
        to->list[to->count] = vfu_register_keep(&room->reg);
    }
    return true;
}

bool plugin_names_take(struct plugin_names *to, const struct plugin_registers *claim, const struct plugin_hello *hello)
{
    struct plugin_registers *r = copy(claim);
    struct made *room = malloc(sizeof *room);
    bool good = r && room && r->count <= PLUGIN_REGISTERS && r->field_count <= PLUGIN_FIELDS && r->value_count <= PLUGIN_VALUES &&
                r->text_size >= 1 && r->text_size <= PLUGIN_TEXT;

    if (r && !r->count) { /* none: the rest means nothing */
        to->count = 0;
        good = true;
    } else if (good) {
        make_texts_printable(r);
        good = take(to, r, hello, room);
    }
    free(room);
    free(r);
    return good;
}

bool plugin_names_place(const struct plugin_names *names, const struct plugin_place *claim, struct vfu_register_place *place)
{
    *place = (struct vfu_register_place){ .reg = names->list[claim->reg], .offset = claim->offset, .stride = claim->stride,
                                          .region = claim->region, .count = claim->count };
    return place->reg;
}
