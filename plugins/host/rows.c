/*
 * The misfits and reasons that plugins may say. Their texts are copied and kept: events that hold them, and whoever explains
 * them, may outlive the plugins.
 */
#include "decoder/reasons/reasons.h"
#include "plugins/host/inside.h"

#include <stdlib.h>
#include <string.h>

/* A row as it is kept, with the texts behind it. */
struct kept {
    struct vfu_rule misfit;
    struct vfu_reason reason;
    char plugin[sizeof((struct vfu_note *)0)->plugin];
    struct plugin_row row;
};

/* Texts that a terminal can show. */
static bool check(struct plugin_row *row, const char *plugin)
{
    size_t size = strlen(plugin);

    plugin_make_printable(row->section, sizeof row->section, false);
    plugin_make_printable(row->help, sizeof row->help, false);
    plugin_make_printable(row->means, sizeof row->means, false);
    plugin_make_printable(row->who, sizeof row->who, false);
    plugin_make_printable(row->example, sizeof row->example, true);
    plugin_make_printable(row->todo, sizeof row->todo, false);
    return memchr(row->id, '\0', sizeof row->id) && strncmp(row->id, plugin, size) == 0 && row->id[size] == '-' &&
           plugin_is_word(row->id) && row->by <= VFP_SERVER;
}

static const char *or_null(const char *text) { return *text ? text : NULL; }

/* Kept for the program's life. NULL: it can't be true, or there is no memory for it. */
static struct kept *keep(const struct plugin_row *row, const char *plugin)
{
    struct kept *k = calloc(1, sizeof *k);
    struct vfu_explanation explains;

    if (!k)
        return NULL;
    memcpy(&k->row, row, sizeof k->row);
    memcpy(k->plugin, plugin, strlen(plugin) + 1);
    if (!check(&k->row, plugin)) {
        free(k);
        return NULL;
    }
    explains = (struct vfu_explanation){ k->row.means, or_null(k->row.who), or_null(k->row.example), k->row.todo };
    k->misfit = (struct vfu_rule){ k->row.id, VFU_MISFIT, k->row.section, k->row.help, .explains = explains, .plugin = k->plugin };
    k->reason = (struct vfu_reason){ k->row.id, k->row.section, k->row.help, explains };
    return k;
}

bool plugin_rows_take(struct plugin_findings *to, const struct plugin_rows *claim, unsigned plugins,
                      char names[][sizeof((struct vfu_note *)0)->plugin])
{
    uint32_t count = *(volatile const uint32_t *)&claim->count, plugin;
    struct plugin_finding *f;
    struct kept *k;

    to->count = 0;
    if (count > PLUGIN_ROWS)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        plugin = *(volatile const uint32_t *)&claim->list[i].plugin;
        k = plugin < plugins ? keep(&claim->list[i], names[plugin]) : NULL;
        if (!k)
            return false;
        f = &to->list[to->count];
        *f = (struct plugin_finding){ plugin, (enum vfp_side)k->row.by, k->row.is_reason ? NULL : vfu_misfit_add(&k->misfit),
                                      k->row.is_reason ? vfu_reason_add(&k->reason) : NULL };
        if (f->misfit != &k->misfit && f->reason != &k->reason) /* known already, or more than are kept of all */
            free(k);
        if (!f->misfit && !f->reason)
            return true;
        to->count++;
    }
    return true;
}
