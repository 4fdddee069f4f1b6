/*
 * info, regions, irqs: what the device says of itself.
 */
#include "cli/shell/commands/inside.h"
#include "decoder/sinks/sinks.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ASKED = 256 }; /* a device that claims more regions than that is not asked for all of them */

static void say_flags(struct shell *sh, const char *name)
{
    struct vfu_writer *w = shell_text(sh);
    const struct vfu_value *v;
    struct vfu_decoded d;

    vfu_decode(sh->link.client.reply.event, &d);
    v = vfu_value_by_name(d.values, d.count, name);
    if (v && v->number)
        vfu_text_flags(w, v->number, v->field->names);
    else
        vfu_write_char(w, '-');
}

static void say_agreed(struct shell *sh)
{
    const struct vfu_capabilities *c = vfu_client_agreed(&sh->link.client);
    const char *server = vfu_session_peer_name(sh->link.client.session, sh->link.client.conn, VFU_SERVER);
    struct vfu_writer *w = shell_text(sh);

    if (server)
        shell_say(sh, "server     looks like %s\n", server);
    if (!c->known)
        return;
    shell_say(sh, "version    %u.%u\nagreed     max_msg_fds %llu, max_data_xfer_size ", c->major, c->minor,
              (unsigned long long)c->max_msg_fds);
    vfu_write_size(w, c->max_data_xfer_size);
    shell_say(sh, ", pgsizes 0x%llx, max_dma_maps %llu%s%s%s\n", (unsigned long long)c->pgsizes,
              (unsigned long long)c->max_dma_maps, c->write_multiple ? ", write_multiple" : "",
              sh->link.client.sockets[VFU_TWIN] >= 0 ? ", twin socket" : "", c->migration ? ", migration" : "");
}

static enum shell_result info(struct shell *sh, const struct shell_value *args)
{
    enum shell_result result = shell_device_info(sh);
    uint64_t regions, irqs;

    (void)args;
    if (result != SHELL_OK)
        return result;
    say_agreed(sh);
    shell_say(sh, "device     flags ");
    say_flags(sh, "flags");
    regions = shell_reply_number(&sh->link, "num_regions", 0);
    irqs = shell_reply_number(&sh->link, "num_irqs", 0);
    shell_say(sh, ", %llu region%s, %llu IRQ index%s\n", (unsigned long long)regions, vfu_plural(regions),
              (unsigned long long)irqs, irqs == 1 ? "" : "es");
    shell_json_reply(sh);
    shell_json_key(sh, "version");
    vfu_write_text(&sh->outcome.members.w, sh->link.version ? sh->link.version : "null");
    return SHELL_OK;
}

/* "0x1000+0x3000 0x8000+0x8000": what of the region can be mapped */
static void say_areas(struct shell *sh)
{
    struct vfu_decoded d;
    const struct vfu_value *chain;
    size_t at = SIZE_MAX;
    const struct vfu_layout *layout;
    struct vfu_value cap[VFU_MAX_VALUES], area[VFU_MAX_VALUES];
    unsigned caps, areas;
    bool broken = false;

    vfu_decode(sh->link.client.reply.event, &d);
    chain = vfu_value_by_name(d.values, d.count, "capabilities");
    while (chain && vfu_list_next(chain, &at, &layout, cap, &caps, &broken)) {
        const struct vfu_value *list = vfu_value_by_name(cap, caps, "areas");
        size_t next = SIZE_MAX;

        while (list && vfu_list_next(list, &next, &layout, area, &areas, &broken))
            shell_say(sh, " 0x%llx+0x%llx", (unsigned long long)vfu_number(area, areas, "offset", 0),
                      (unsigned long long)vfu_number(area, areas, "size", 0));
    }
}

static void say_region(struct shell *sh, uint32_t index)
{
    struct vfu_writer *w = shell_text(sh);
    uint64_t start = vfu_writer_position(w);
    char name[SHELL_NAME];

    shell_say(sh, "%5u  %-8s", index, shell_name(name, vfu_region_names, index));
    vfu_write_size(w, shell_reply_number(&sh->link, "size", 0));
    vfu_write_pad(w, start, 26);
    say_flags(sh, "flags");
    say_areas(sh);
    vfu_write_char(w, '\n');
}

/* Ask for one after another of what DEVICE_GET_INFO counts, and list them as `member`. */
static enum shell_result list_all(struct shell *sh, const char *counted, const char *member, const char *heading,
                                  enum shell_result (*get)(struct shell *, uint32_t),
                                  void (*say)(struct shell *, uint32_t))
{
    const struct vfu_json json = { .hex = true };
    enum shell_result result = shell_device_info(sh);
    uint64_t count = shell_reply_number(&sh->link, counted, 0);

    if (result != SHELL_OK)
        return result;
    shell_say(sh, "%s\n", heading);
    shell_json_key(sh, member);
    vfu_write_char(&sh->outcome.members.w, '[');
    for (uint32_t i = 0; i < count && i < MAX_ASKED && result == SHELL_OK; i++) {
        result = get(sh, i);
        if (result == SHELL_OK)
            say(sh, i);
        if (result == SHELL_OK && i > 0)
            vfu_write_char(&sh->outcome.members.w, ',');
        if (result == SHELL_OK)
            vfu_json_payload(&json, sh->link.client.reply.event, &sh->outcome.members.w);
    }
    vfu_write_char(&sh->outcome.members.w, ']');
    if (count > MAX_ASKED)
        shell_say(sh, "(%llu in all; only the first %d were asked for)\n", (unsigned long long)count, MAX_ASKED);
    return result;
}

static enum shell_result regions(struct shell *sh, const struct shell_value *args)
{
    (void)args;
    return list_all(sh, "num_regions", "regions", "INDEX  NAME    SIZE      FLAGS, MAPPABLE AREAS",
                    shell_region_info, say_region);
}

static enum shell_result get_irq(struct shell *sh, uint32_t index)
{
    const struct shell_field fields[] = { { "index", index }, { 0 } };

    return shell_request(sh, VFU_DEVICE_GET_IRQ_INFO, fields, NULL, 0);
}

static void say_irq(struct shell *sh, uint32_t index)
{
    char name[SHELL_NAME];

    shell_say(sh, "%5u  %-6s %7llu  ", index, shell_name(name, vfu_irq_names, index),
              (unsigned long long)shell_reply_number(&sh->link, "count", 0));
    say_flags(sh, "flags");
    shell_say(sh, "\n");
}

static enum shell_result irqs(struct shell *sh, const struct shell_value *args)
{
    (void)args;
    return list_all(sh, "num_irqs", "irqs", "INDEX  NAME   VECTORS  FLAGS", get_irq, say_irq);
}

const struct shell_command cmd_info = {
    .name = "info",
    .help = "the device, and what was agreed at the start",
    .more = "Example: info",
    .flags = SHELL_PAGED,
    .run = info,
};

const struct shell_command cmd_regions = {
    .name = "regions",
    .help = "the device's regions: size, flags, what can be mapped",
    .more = "Example: regions",
    .flags = SHELL_PAGED,
    .run = regions,
};

const struct shell_command cmd_irqs = {
    .name = "irqs",
    .help = "the device's IRQ indexes: vectors and flags",
    .more = "Example: irqs",
    .flags = SHELL_PAGED,
    .run = irqs,
};
