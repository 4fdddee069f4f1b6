/*
 * VERSION's JSON text as it must stand in our own output.
 */
#ifndef VFU_DECODER_WIRE_CAPABILITIES_H
#define VFU_DECODER_WIRE_CAPABILITIES_H

#include "decoder/session/session.h"
#include "decoder/wire/writer.h"

/* Is it a JSON object? Allocates while it runs. */
bool vfu_json_valid(const char *text, size_t size);

/*
 * Write `"capabilities":{...}` with the inner object of the text, all its members, numbers digit for digit. False, and
 * nothing written, if the text is no JSON or has none.
 */
bool vfu_write_capabilities(const char *text, size_t size, struct vfu_writer *w);

#endif
