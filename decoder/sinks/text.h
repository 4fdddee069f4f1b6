/*
 * The pieces of the text sink: a value as people write it, one line of a payload, the field tree, a hexdump.
 */
#ifndef VFU_DECODER_SINKS_TEXT_H
#define VFU_DECODER_SINKS_TEXT_H

#include "decoder/wire/decode.h"
#include "decoder/wire/writer.h"

/* A value on one line: a name where it has one, sizes as 4K, addresses in hex, short data as a number. */
void vfu_text_value(struct vfu_writer *w, const struct vfu_value *v);

/*
 * The layout's brief: text with {field}, {field:thing} (1 thing, 2 things) and [parts], where a part is shown only if its
 * fields are there and one of them is not zero or empty.
 */
void vfu_text_brief(struct vfu_writer *w, const struct vfu_layout *layout, const struct vfu_value *values,
                    unsigned count);

/* Every field on a line of its own, indented. */
void vfu_text_tree(struct vfu_writer *w, const struct vfu_value *values, unsigned count, unsigned indent);

/* 16 bytes a line: offset, hex, characters. */
void vfu_text_hexdump(struct vfu_writer *w, const uint8_t *bytes, size_t size, unsigned indent, uint64_t offset);

/* readable|writeable|0x40; "0" when none is set */
void vfu_text_flags(struct vfu_writer *w, uint64_t bits, const struct vfu_name *names);

#endif
