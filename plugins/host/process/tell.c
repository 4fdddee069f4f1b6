/*
 * The job of telling what there is for the shell: the registers that plugins name, with their places, and the commands.
 */
#include "plugins/host/process/inside.h"

#include <stdio.h>
#include <string.h>

static void copy_fields(struct vfu_plugin_register *to, const struct vfp_field *f)
{
    for (; f && f->name && to->field_count < REGISTER_FIELDS; f++, to->field_count++) {
        unsigned i = to->field_count;

        snprintf(to->fields[i].name, sizeof to->fields[i].name, "%s", f->name);
        to->fields[i].low = f->low;
        to->fields[i].bits = f->bits;
        to->fields[i].value_count = f->values ? f->value_count : 0;
        for (unsigned v = 0; v < to->fields[i].value_count && v < REGISTER_VALUES; v++)
            snprintf(to->fields[i].values[v], sizeof to->fields[i].values[v], "%s", f->values[v] ? f->values[v] : "");
    }
}

/* Its place, which a plugin may know only with the device before it. */
static void place(struct vfu_plugin_register *to, const struct vfp_plugin *p, const struct vfp_register *from,
                  const uint8_t *config, size_t size)
{
    uint8_t region = VFP_LOCATED;
    uint32_t offset = 0;

    to->region = from->region;
    to->offset = from->offset;
    if (from->region >= VFP_LOCATED && config && p->locate && p->locate(from, config, size, &region, &offset)) {
        to->region = region;
        to->offset = offset;
    }
}

static void copy_commands(struct vfu_plugin_tables *r, const struct vfp_plugin *p, unsigned plugin)
{
    unsigned index = 0;

    for (const struct vfp_command *c = p->commands; c && c->name && r->command_count < COMMANDS_MAX; c++, index++) {
        struct vfu_plugin_command *to = &r->commands[r->command_count];

        if (!plugin_is_word(c->name) || !c->run)
            continue;
        snprintf(to->name, sizeof to->name, "%s %s", p->name, c->name);
        snprintf(to->usage, sizeof to->usage, "%s", c->usage ? c->usage : "");
        snprintf(to->help, sizeof to->help, "%s", c->help ? c->help : "");
        snprintf(to->more, sizeof to->more, "%s", c->more ? c->more : "");
        snprintf(to->words, sizeof to->words, "%s", c->words ? c->words : "");
        to->min = (int)c->min;
        to->max = (int)c->max;
        to->plugin = plugin;
        to->index = index;
        r->command_count++;
    }
}

static void copy_plugin(struct vfu_plugin_tables *r, const struct plugin_loaded *l, const uint8_t *config, size_t size)
{
    const struct vfp_plugin *p = l->plugin;
    unsigned number = r->plugin_count++;

    snprintf(r->plugins[number].name, sizeof r->plugins[number].name, "%s", p->name);
    r->plugins[number].file = l->file;
    copy_commands(r, p, number);
    for (size_t i = 0; i < p->claim_count && i < REGISTER_CLAIMS; i++)
        r->plugins[number].claims[r->plugins[number].claim_count++] = p->claims[i];
    for (const struct vfp_register *from = p->registers; from && from->name && r->count < REGISTERS_MAX; from++) {
        struct vfu_plugin_register *to = &r->list[r->count++];

        if (from->width != 1 && from->width != 2 && from->width != 4 && from->width != 8) {
            r->count--;
            continue;
        }
        snprintf(to->name, sizeof to->name, "%s.%s", p->name, from->name);
        snprintf(to->help, sizeof to->help, "%s", from->help ? from->help : "");
        to->plugin = number;
        to->width = from->width;
        to->flags = from->flags;
        place(to, p, from, config, size);
        copy_fields(to, from->fields);
    }
}

void plugin_tell(const struct plugin_job *job, struct vfu_plugin_tables *tables)
{
    struct plugin_loaded loaded[PLUGIN_MAX];
    const uint8_t *config = job->config_size ? job->config : NULL;
    unsigned count;
    uint32_t open;

    if (!plugin_load(&job->wanted, loaded, &count, tables->error, NULL) || !plugin_confine(job, &open, tables->error))
        return;
    if (!plugin_rows_put(&tables->rows, loaded, count, tables->error))
        return;
    for (unsigned i = 0; i < count; i++)
        copy_plugin(tables, &loaded[i], config, job->config_size);
    tables->located = config != NULL;
    tables->ok = true;
}
