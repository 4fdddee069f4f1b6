/*
 * What is shown of one item below the list: the lines of its messages' fields, each with the bytes that it is about.
 */
#ifndef VFU_CLI_BROWSE_FIELDS_H
#define VFU_CLI_BROWSE_FIELDS_H

#include "cli/browse/lines.h"
#include "decoder/wire/event.h"

struct browse_fields_how {
    unsigned width; /* columns that a line may have: longer ones go on in the next */
    bool header;    /* the header's fields, too, a line each */
};

/* Reply may be NULL. */
void browse_fields(struct browse_lines *l, const struct vfu_event *command, const struct vfu_event *reply,
                   const struct browse_fields_how *how);

#endif
