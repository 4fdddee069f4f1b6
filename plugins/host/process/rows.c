/*
 * The misfits and reasons that plugins may say: whether their tables are as they should be, and a copy for vfuscope, which
 * can't look into this process.
 */
#include "plugins/host/process/inside.h"

#include <stdio.h>
#include <string.h>

/* How many rows; UINT32_MAX: a row is not as it should be. */
static uint32_t count_of(const struct vfp_plugin *p, const struct vfp_finding *list)
{
    uint32_t count = 0;

    for (const struct vfp_finding *f = list; f && f->name; f++, count++)
        if (count == VFP_FINDINGS || !plugin_is_word(f->name) || !f->section || !f->help || !f->means || !f->todo ||
            strlen(p->name) + 1 + strlen(f->name) >= sizeof((struct plugin_row *)0)->id)
            return UINT32_MAX;
    return count;
}

const char *plugin_rows_check(const struct vfp_plugin *p, struct plugin_loaded *loaded)
{
    if (p->abi <= PLUGIN_BEFORE_FINDINGS)
        return NULL;
    loaded->misfits = count_of(p, p->misfits);
    loaded->reasons = count_of(p, p->reasons);
    return loaded->misfits == UINT32_MAX || loaded->reasons == UINT32_MAX
               ? "its misfits and reasons: at most 32 of each, with all that a row has, and names of 27 bytes with its own before"
               : NULL;
}

static void put(struct plugin_row *row, const struct vfp_finding *f, const struct vfp_plugin *p, uint32_t plugin, bool is_reason)
{
    row->plugin = plugin;
    row->is_reason = is_reason;
    row->by = f->by;
    snprintf(row->id, sizeof row->id, "%s-%s", p->name, f->name);
    snprintf(row->section, sizeof row->section, "%s", f->section);
    snprintf(row->help, sizeof row->help, "%s", f->help);
    snprintf(row->means, sizeof row->means, "%s", f->means);
    snprintf(row->who, sizeof row->who, "%s", f->who ? f->who : "");
    snprintf(row->example, sizeof row->example, "%s", f->example ? f->example : "");
    snprintf(row->todo, sizeof row->todo, "%s", f->todo);
}

bool plugin_rows_put(struct plugin_rows *rows, struct plugin_loaded *loaded, unsigned count, char *error)
{
    rows->count = 0;
    for (unsigned i = 0; i < count; i++) {
        struct plugin_loaded *l = &loaded[i];

        l->first_row = rows->count;
        if (l->misfits + l->reasons > PLUGIN_ROWS - rows->count) {
            snprintf(error, PLUGIN_ERROR, "plugins: %s: more than %d misfits and reasons in all", l->plugin->name, PLUGIN_ROWS);
            return false;
        }
        for (uint32_t n = 0; n < l->misfits; n++)
            put(&rows->list[rows->count++], &l->plugin->misfits[n], l->plugin, i, false);
        for (uint32_t n = 0; n < l->reasons; n++)
            put(&rows->list[rows->count++], &l->plugin->reasons[n], l->plugin, i, true);
    }
    return true;
}
