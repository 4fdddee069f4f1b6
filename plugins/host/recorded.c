/*
 * Notes that a capture has, beside what the plugins say of the same message now.
 */
#include "plugins/host/inside.h"

#include <string.h>

/* The plugin's number among those that were there; r->count: it was not. */
static unsigned number_of(const struct plugin_recorded *r, const char *plugin)
{
    unsigned i = 0;

    while (i < r->count && strcmp(r->names[i], plugin) != 0)
        i++;
    return i;
}

static bool was_there(const struct plugin_recorded *r, const char *plugin) { return number_of(r, plugin) < r->count; }

static bool speaks(const struct plugin_recorded *r, unsigned number, uint32_t conn)
{
    for (unsigned i = 0; i < PLUGIN_SPEAKS; i++)
        if (number < r->count && conn && r->speaks[number][i] == conn)
            return true;
    return false;
}

static void spoke(struct plugin_recorded *r, const char *plugin, uint32_t conn)
{
    unsigned number = number_of(r, plugin);

    if (number < r->count && !speaks(r, number, conn))
        r->speaks[number][r->next[number]++ % PLUGIN_SPEAKS] = conn;
}

void plugin_recorded_open(struct plugin_recorded *r, uint32_t conn, uint32_t plugins)
{
    unsigned at = 0;

    while (at < PLUGIN_OPENED && r->opened[at].conn != conn)
        at++;
    if (at == PLUGIN_OPENED)
        at = r->next_opened++ % PLUGIN_OPENED;
    r->opened[at].conn = conn;
    r->opened[at].plugins = plugins;
}

/* Has the plugin of this name the connection's device now? */
static bool has_device(const struct plugin_recorded *r, const struct plugin_hello *hello, uint32_t conn, const char *plugin)
{
    unsigned number = 0, at = 0;

    while (number < hello->count && strcmp(hello->names[number], plugin) != 0)
        number++;
    while (at < PLUGIN_OPENED && r->opened[at].conn != conn)
        at++;
    return conn && number < hello->count && at < PLUGIN_OPENED && r->opened[at].plugins >> number & 1;
}

unsigned plugin_recorded_add(struct plugin_recorded *r, const struct plugin_hello *hello, const struct vfu_event *event,
                             struct vfu_note *notes, unsigned count, unsigned room)
{
    unsigned own = 0, all;

    for (unsigned i = 0; i < event->note_count && r->count < PLUGIN_MAX; i++)
        if (!was_there(r, event->notes[i].plugin))
            memcpy(r->names[r->count++], event->notes[i].plugin, sizeof r->names[0]);
    for (unsigned i = 0; i < count; i++) {
        if (event->partial && was_there(r, notes[i].plugin))
            continue;
        notes[own++] = notes[i];
        spoke(r, notes[i].plugin, event->conn);
    }
    all = own;
    for (unsigned i = 0; i < event->note_count && all < room; i++)
        if (event->partial || !(speaks(r, number_of(r, event->notes[i].plugin), event->conn) ||
                                has_device(r, hello, event->conn, event->notes[i].plugin)))
            notes[all++] = event->notes[i];
    return all;
}

unsigned plugin_recorded_requests(struct plugin_recorded *r, const struct plugin_hello *hello, const struct vfu_event *event,
                                  struct vfu_request *requests, unsigned count, unsigned room)
{
    unsigned own = 0, all;

    for (unsigned i = 0; i < count; i++)
        if (!event->partial || !was_there(r, requests[i].plugin))
            requests[own++] = requests[i];
    all = own;
    for (unsigned i = 0; i < event->request_count && all < room; i++)
        if (event->partial || !(speaks(r, number_of(r, event->requests[i].plugin), event->conn) ||
                                has_device(r, hello, event->conn, event->requests[i].plugin)))
            requests[all++] = event->requests[i];
    return all;
}
