/*
 * The registers that plugins name, the commands that they add, and what they may say.
 */
#include "plugins/host/inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool ask(struct plugin_job *job, const struct vfu_plugin_tables *told, int memory, struct vfu_plugin_tables *tables,
                struct vfu_error *error)
{
    struct vfu_plugin_child child;
    struct vfu_error why;
    int status = 0;

    if (!plugin_start(job, memory, -1, &child, &why))
        return vfu_fail(error, why.number, "plugins: %s", why.text);
    if (!plugin_child_reap(&child, plugin_load_ms(), &status) || status != 0)
        return vfu_fail(error, 0, "plugins: one crashed or hung when it was loaded");
    if (!plugin_tables_copy(tables, told, &job->wanted))
        return vfu_fail(error, 0, "plugins: their process says of registers what can't be true");
    return tables->ok || vfu_fail(error, 0, "%.250s", tables->error);
}

/* What is said becomes the error. */
static void keep(void *context, const char *text)
{
    vfu_fail(context, 0, "%.250s", text);
}

/* findings: what they may say is known from now on, too; may be NULL. */
static struct vfu_plugin_tables *load(const uint8_t *config, size_t size, struct plugin_findings *findings, struct vfu_error *error)
{
    const struct vfu_plugins_how how = { .say = keep, .context = error };
    struct vfu_plugin_tables *r = calloc(1, sizeof *r), *told;
    char names[PLUGIN_MAX][sizeof((struct vfu_note *)0)->plugin];
    struct plugin_job *job = calloc(1, sizeof *job);
    bool good = false;
    int memory;

    told = plugin_memory(sizeof *told, &memory);
    if (!job || !r || !told) {
        vfu_fail(error, errno, "plugins: %s", strerror(errno));
    } else {
        job->kind = JOB_TELL;
        job->config_size = !config ? 0 : size < sizeof job->config ? size : sizeof job->config;
        memcpy(job->config, config ? config : job->config, job->config_size);
        good = plugin_search(&how, &job->wanted) && ask(job, told, memory, r, error);
    }
    for (unsigned i = 0; good && findings && i < r->plugin_count; i++)
        memcpy(names[i], r->plugins[i].name, sizeof names[i]);
    if (good && findings && !plugin_rows_take(findings, &told->rows, r->plugin_count, names))
        good = vfu_fail(error, 0, "plugins: their process says of misfits what can't be true");
    plugin_memory_free(told, sizeof *told, memory);
    free(job);
    if (good)
        return r;
    vfu_plugin_tables_free(r);
    return NULL;
}

struct vfu_plugin_tables *vfu_plugin_tables_load(const uint8_t *config, size_t size, struct vfu_error *error)
{
    return load(config, size, NULL, error);
}

bool vfu_plugin_findings(struct vfu_plugin_finding **list, size_t *count, struct vfu_error *error)
{
    struct plugin_findings *findings = calloc(1, sizeof *findings);
    struct vfu_plugin_tables *r = findings ? load(NULL, 0, findings, error) : NULL;

    *count = 0;
    *list = r ? calloc(findings->count + 1, sizeof **list) : NULL;
    if (!findings || (r && !*list))
        vfu_fail(error, errno, "plugins: %s", strerror(errno));
    for (; findings && *list && *count < findings->count; ++*count)
        (*list)[*count] = (struct vfu_plugin_finding){ findings->list[*count].misfit, findings->list[*count].reason };
    vfu_plugin_tables_free(r);
    free(findings);
    return *list;
}

void vfu_plugin_tables_free(struct vfu_plugin_tables *r)
{
    free(r);
}

const struct vfu_plugin_register *vfu_plugin_tables_find(const struct vfu_plugin_tables *r, const char *name)
{
    const struct vfu_plugin_register *found = NULL;

    for (unsigned i = 0; i < r->count; i++) {
        if (strcasecmp(r->list[i].name, name) != 0)
            continue;
        if (vfu_plugin_register_has_place(&r->list[i]))
            return &r->list[i];
        found = &r->list[i];
    }
    return found;
}

void vfu_plugin_register_fields(const struct vfu_plugin_register *r, uint64_t value, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < r->field_count && used < size; i++) {
        unsigned bits = r->fields[i].bits;
        uint64_t v = value >> (r->fields[i].low & 63) & (bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1);
        const char *comma = used ? ", " : "", *name = r->fields[i].name;
        const char *word = v < r->fields[i].value_count && v < REGISTER_VALUES ? r->fields[i].values[v] : "";

        if (!v)
            continue;
        if (word[0])
            used += (size_t)snprintf(text + used, size - used, "%s%s %s", comma, name, word);
        else if (bits == 1)
            used += (size_t)snprintf(text + used, size - used, "%s%s", comma, name);
        else
            used += (size_t)snprintf(text + used, size - used, v < 10 ? "%s%s %llu" : "%s%s 0x%llx", comma, name,
                                     (unsigned long long)v);
    }
}

bool vfu_plugin_tables_claims(const struct vfu_plugin_tables *r, unsigned plugin, uint16_t vendor, uint16_t device,
                          uint32_t class_code)
{
    return plugin_claims(r->plugins[plugin].claims, r->plugins[plugin].claim_count, vendor, device, class_code);
}
