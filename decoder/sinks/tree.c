/*
 * The field tree of -v, and hexdumps.
 */
#include "decoder/sinks/inside.h"

enum { TREE_BYTES = 64, DUMP_WIDTH = 16 };

static void tree_list(struct vfu_writer *w, const struct vfu_value *list, unsigned indent)
{
    struct vfu_value values[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t offset = SIZE_MAX;
    unsigned count;
    uint64_t index = 0;
    bool broken = false;

    vfu_write_char(w, '\n');
    while (vfu_list_next(list, &offset, &layout, values, &count, &broken)) {
        text_indent(w, indent + 2);
        vfu_write_char(w, '[');
        vfu_write_decimal(w, index++);
        vfu_write_text(w, "]\n");
        vfu_text_tree(w, values, count, indent + 4);
    }
    if (broken) {
        text_indent(w, indent + 2);
        vfu_write_text(w, "the chain goes back, or outside\n");
    }
}

static void tree_number(struct vfu_writer *w, const struct vfu_value *v)
{
    switch (v->field->kind) {
    case VFU_FLAGS:
        vfu_write_0x(w, v->raw);
        vfu_write_text(w, " (");
        text_value(w, v);
        vfu_write_char(w, ')');
        break;
    case VFU_ENUM:
        if (v->field->hex)
            vfu_write_0x(w, v->number);
        else
            vfu_write_decimal(w, v->number);
        if (vfu_name_of(v->field->names, v->number)) {
            vfu_write_text(w, " (");
            text_value(w, v);
            vfu_write_char(w, ')');
        }
        break;
    case VFU_SIZE:
        vfu_write_0x(w, v->number);
        vfu_write_text(w, " (");
        text_value(w, v);
        vfu_write_char(w, ')');
        break;
    default:
        text_value(w, v);
    }
    vfu_write_char(w, '\n');
}

static void tree_bytes(struct vfu_writer *w, const struct vfu_value *v)
{
    vfu_write_hex(w, v->bytes, v->size < TREE_BYTES ? v->size : TREE_BYTES);
    if (v->size > TREE_BYTES)
        vfu_write_text(w, "...");
    vfu_write_text(w, v->size ? " (" : "(");
    vfu_write_count(w, v->claimed, "byte");
    if (v->size < v->claimed) {
        vfu_write_text(w, ", ");
        vfu_write_decimal(w, v->size);
        vfu_write_text(w, " at hand");
    }
    vfu_write_text(w, ")\n");
}

void vfu_text_tree(struct vfu_writer *w, const struct vfu_value *values, unsigned count, unsigned indent)
{
    struct vfu_value inside[VFU_MAX_VALUES];

    for (const struct vfu_value *v = values; v < values + count; v++) {
        text_indent(w, indent);
        vfu_write_text(w, v->field->name);
        vfu_write_text(w, v->field->kind == VFU_LIST || v->field->kind == VFU_OBJECT ? ":" : ": ");
        switch (v->field->kind) {
        case VFU_BYTES:
            tree_bytes(w, v);
            break;
        case VFU_LIST:
            tree_list(w, v, indent);
            break;
        case VFU_OBJECT:
            vfu_write_char(w, '\n');
            vfu_text_tree(w, inside, vfu_object_values(v, inside), indent + 2);
            break;
        case VFU_JSON:
            vfu_write_escaped(w, v->bytes, text_size(v));
            vfu_write_char(w, '\n');
            break;
        default:
            tree_number(w, v);
        }
    }
}

void vfu_text_hexdump(struct vfu_writer *w, const uint8_t *bytes, size_t size, unsigned indent, uint64_t offset)
{
    for (size_t at = 0; at < size; at += DUMP_WIDTH) {
        size_t n = size - at < DUMP_WIDTH ? size - at : DUMP_WIDTH;

        text_indent(w, indent);
        for (unsigned shift = 32; shift > 0; shift -= 8) {
            uint8_t byte = (uint8_t)((offset + at) >> (shift - 8));

            vfu_write_hex(w, &byte, 1);
        }
        vfu_write_char(w, ' ');
        for (size_t i = 0; i < DUMP_WIDTH; i++) {
            vfu_write_text(w, i == DUMP_WIDTH / 2 ? "  " : " ");
            if (i < n)
                vfu_write_hex(w, bytes + at + i, 1);
            else
                vfu_write_text(w, "  ");
        }
        vfu_write_text(w, "  |");
        for (size_t i = 0; i < n; i++)
            vfu_write_char(w, bytes[at + i] >= 0x20 && bytes[at + i] < 0x7f ? (char)bytes[at + i] : '.');
        vfu_write_text(w, "|\n");
    }
}
