/*
 * Inside cli/registers: a map as a list, as JSON, as a header of C.
 */
#ifndef VFU_CLI_REGISTERS_INSIDE_H
#define VFU_CLI_REGISTERS_INSIDE_H

#include "decoder/registers/devmap.h"

void registers_list(const struct vfu_devmap *m, struct vfu_writer *w);
void registers_json(const struct vfu_devmap *m, struct vfu_writer *w);
/* False: out of memory. */
bool registers_header(const struct vfu_devmap *m, struct vfu_writer *w);

/* "bar0+0x20" */
void registers_put_place(const struct vfu_register_place *p, struct vfu_writer *w);
/* "status", "ch[].gain": a name without the map's in front. */
const char *registers_short_name(const struct vfu_devmap *m, const struct vfu_register *reg);

#endif
