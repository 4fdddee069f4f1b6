/*
 * vfuscope check --client: what the client does, as the server's session sees it.
 */
#include "cli/check/clients/inside.h"
#include "decoder/wire/capabilities.h"
#include "decoder/wire/writer.h"

#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

static uint64_t number(const struct vfu_event *e, const char *name)
{
    return e->decoded ? vfu_number(e->decoded->values, e->decoded->count, name, 0) : 0;
}

/* What its command is about: a region, an IRQ index, a feature. */
static int64_t index_of(const struct vfu_event *e)
{
    static const char *const names[] = { "region", "index", "feature" };

    for (size_t i = 0; e->decoded && i < sizeof names / sizeof *names; i++)
        if (vfu_value_by_name(e->decoded->values, e->decoded->count, names[i]))
            return (int64_t)number(e, names[i]);
    return -1;
}

static void learn_map(struct client_seen *s, const struct vfu_event *e)
{
    uint64_t flags = number(e, "flags");

    if (s->map_count == CLIENT_MAPS)
        return;
    s->maps[s->map_count++] = (struct client_map){ .address = number(e, "address"), .size = number(e, "size"),
                                                   .readable = flags & VFU_DMA_READABLE,
                                                   .writeable = flags & VFU_DMA_WRITEABLE, .there = true };
}

static void learn_unmap(struct client_seen *s, const struct vfu_event *e)
{
    uint64_t address = number(e, "address"), size = number(e, "size");

    for (unsigned i = 0; i < s->map_count; i++)
        if (s->maps[i].address - address < size || size == 0)
            s->maps[i].there = false;
}

/* Bus mastering is a bit of config space's command register. */
static void learn_master(struct client_seen *s, const struct vfu_event *e)
{
    const struct vfu_value *data = e->decoded ? vfu_value_by_name(e->decoded->values, e->decoded->count, "data") : NULL;
    uint64_t offset = number(e, "offset");

    if (s->index != VFIO_PCI_CONFIG_REGION_INDEX || !data || offset > PCI_COMMAND || PCI_COMMAND - offset >= data->size)
        return;
    s->master = data->bytes[PCI_COMMAND - offset] & PCI_COMMAND_MASTER;
    s->was_master |= s->master;
}

static void learn_version(struct client_play *p, const struct vfu_event *e)
{
    const struct vfu_value *json = e->decoded ? vfu_value_by_name(e->decoded->values, e->decoded->count, "json") : NULL;
    struct vfu_capabilities caps;

    vfu_capabilities_parse(json && json->size ? (const char *)json->bytes : "{}", json && json->size ? json->size : 2, &caps);
    p->seen.max_xfer = caps.max_data_xfer_size;
    p->seen.offers_twin = caps.twin_socket;
}

static void command(struct client_play *p, const struct vfu_event *e)
{
    struct client_seen *s = &p->seen;

    s->commands++;
    s->command = e->command_number;
    s->index = index_of(e);
    s->argsz = number(e, "argsz");
    s->after += p->met && s->command != VFU_DMA_UNMAP;
    snprintf(s->last, sizeof s->last, "%s", e->command ? e->command->name : "an unknown command");
    if (s->wanted && s->command == s->wanted_of && s->index == s->wanted_index && s->argsz >= s->wanted)
        s->again = true;
    if (s->command == VFU_VERSION)
        learn_version(p, e);
    else if (s->command == VFU_DMA_MAP)
        learn_map(s, e);
    else if (s->command == VFU_DMA_UNMAP)
        learn_unmap(s, e);
    else if (s->command == VFU_REGION_WRITE)
        learn_master(s, e);
    if (s->log_count < CLIENT_LOG)
        s->log[s->log_count++] = (struct client_logged){ (uint16_t)s->command, (int16_t)s->index, (e->flags & VFU_NO_REPLY) != 0 };
}

static void answer(struct client_seen *s, const struct vfu_event *e)
{
    const struct vfu_value *data = e->decoded ? vfu_value_by_name(e->decoded->values, e->decoded->count, "data") : NULL;

    for (unsigned i = 0; i < s->asked_count; i++) {
        struct client_question *q = &s->asked[i];

        if (q->id != e->id || q->answered || e->command_number != (q->write ? VFU_DMA_WRITE : VFU_DMA_READ))
            continue;
        q->answered = true;
        q->refused = e->flags & VFU_ERROR;
        q->whole = !q->refused && (q->write || (data && data->size == q->size));
        if (!q->write && q->whole && q->size <= sizeof s->data)
            memcpy(s->data, data->bytes, q->size);
        return;
    }
}

/* The first rule that is broken of those that the case is about; plainly, any that must not be. */
static void look_for_rules(struct client_play *p, const struct vfu_event *e)
{
    for (unsigned i = 0; i < e->problem_count && !p->seen.broken[0]; i++) {
        const struct vfu_problem *problem = &e->problems[i];
        bool about = p->now == client_plain && problem->severity == VFU_VIOLATION;

        for (unsigned k = 0; k < CLIENT_RULES && p->now && p->now->rules[k]; k++)
            about |= strcmp(p->now->rules[k], problem->rule->id) == 0;
        if (about && !problem->nobody && problem->at_fault == VFU_CLIENT)
            snprintf(p->seen.broken, sizeof p->seen.broken, "%.40s: %.100s", problem->rule->id, problem->text);
    }
}

void client_saw(struct client_play *p, const struct vfu_event *e)
{
    if (e->kind == VFU_EVENT_UNFRAMED)
        p->seen.garbage = true;
    look_for_rules(p, e);
    if (e->kind != VFU_EVENT_MESSAGE || e->from != VFU_CLIENT)
        return;
    if (vfu_event_is_reply(e))
        answer(&p->seen, e);
    else
        command(p, e);
}
