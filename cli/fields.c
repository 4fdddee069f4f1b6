/*
 * The fields of messages by name: see fields.h.
 */
#include "cli/fields.h"

#include <string.h>

enum { MOST = 128 };

struct names {
    const char *list[MOST];
    size_t count;
};

static void collect(struct names *n, const struct vfu_layout *layout)
{
    for (const struct vfu_field *f = layout->fields; f && f->name; f++) {
        size_t i = 0;

        while (i < n->count && strcmp(n->list[i], f->name) != 0)
            i++;
        if (i == n->count && i < MOST)
            n->list[n->count++] = f->name;
        if (f->item)
            collect(n, f->item);
    }
}

void cli_each_field(const struct vfu_command *command, void (*take)(void *context, const char *name), void *context)
{
    const struct vfu_shape *shapes[] = { &command->request, &command->reply };
    const struct vfu_layout *layout;
    struct names n = { .count = 0 };

    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; (layout = vfu_shape_layout(shapes[k], i)) != NULL; i++)
            collect(&n, layout);
    for (size_t i = 0; i < n.count; i++)
        take(context, n.list[i]);
}
