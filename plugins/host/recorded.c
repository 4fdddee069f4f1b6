/*
 * Notes that a capture has, beside what the plugins say of the same message now.
 */
#include "plugins/host/inside.h"

#include <string.h>

static bool was_there(const struct plugin_recorded *r, const char *plugin)
{
    for (unsigned i = 0; i < r->count; i++)
        if (strcmp(r->names[i], plugin) == 0)
            return true;
    return false;
}

static bool has_note_of(const struct vfu_note *notes, unsigned count, const char *plugin)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(notes[i].plugin, plugin) == 0)
            return true;
    return false;
}

unsigned plugin_recorded_add(struct plugin_recorded *r, const struct vfu_event *event, struct vfu_note *notes,
                             unsigned count, unsigned room)
{
    unsigned own = 0, all;

    for (unsigned i = 0; i < event->note_count && r->count < PLUGIN_MAX; i++)
        if (!was_there(r, event->notes[i].plugin))
            memcpy(r->names[r->count++], event->notes[i].plugin, sizeof r->names[0]);
    for (unsigned i = 0; i < count; i++)
        if (!event->partial || !was_there(r, notes[i].plugin))
            notes[own++] = notes[i];
    all = own;
    for (unsigned i = 0; i < event->note_count && all < room; i++)
        if (!has_note_of(notes, own, event->notes[i].plugin))
            notes[all++] = event->notes[i];
    return all;
}
