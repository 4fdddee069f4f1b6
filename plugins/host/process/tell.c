/*
 * The job of telling what there is for the shell: the registers that plugins name, with their places, and the commands.
 */
#include "plugins/host/process/inside.h"

#include <linux/pci_regs.h>
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

static uint32_t le(const uint8_t *bytes, unsigned size)
{
    uint32_t value = 0;

    while (size--)
        value = value << 8 | bytes[size];
    return value;
}

static struct vfp_ids ids_in(const uint8_t *config)
{
    return (struct vfp_ids){
        .known = true,
        .vendor = (uint16_t)le(config + PCI_VENDOR_ID, 2),
        .device = (uint16_t)le(config + PCI_DEVICE_ID, 2),
        .class_code = le(config + PCI_CLASS_REVISION, 4) >> 8,
        .revision = config[PCI_REVISION_ID],
        .subsystem_known = true,
        .subsystem_vendor = (uint16_t)le(config + PCI_SUBSYSTEM_VENDOR_ID, 2),
        .subsystem = (uint16_t)le(config + PCI_SUBSYSTEM_ID, 2),
    };
}

/* A name, if the plugin claims the device and has one. */
static void describe(struct vfu_plugin_tables *r, const struct vfp_plugin *p, const struct vfp_ids *ids)
{
    if (r->device[0] || p->abi <= PLUGIN_BEFORE_NAMES || !p->describe ||
        !plugin_claims(p->claims, p->claim_count, ids->vendor, ids->device, ids->class_code))
        return;
    if (!p->describe(ids, r->device, sizeof r->device))
        r->device[0] = '\0';
}

/* First those that claim some devices, then those that claim any. */
static void name_device(struct vfu_plugin_tables *r, const struct plugin_loaded *loaded, unsigned count, const uint8_t *config)
{
    const struct vfp_ids ids = ids_in(config);

    for (unsigned i = 0; i < count; i++) {
        const struct vfp_plugin *p = loaded[i].plugin;

        if (!p->claim_count || !plugin_claims(p->claims, p->claim_count, ids.vendor, ids.device, ids.class_code))
            continue;
        if (r->device_plugin == PLUGIN_MAX)
            r->device_plugin = i;
        describe(r, p, &ids);
    }
    for (unsigned i = 0; i < count; i++)
        describe(r, loaded[i].plugin, &ids);
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
    tables->device_plugin = PLUGIN_MAX;
    if (config)
        name_device(tables, loaded, count, config);
    tables->located = config != NULL;
    tables->ok = true;
}
