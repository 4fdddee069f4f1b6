/*
 * The PCI plugin's commands of the shell: registers of the header, and the capability lists with theirs.
 */
#include "plugins/pci/pci.h"

struct space {
    uint8_t bytes[PCI_SPACE];
    size_t size; /* what the device has */
};

static bool get(const void *context, unsigned at, unsigned size, uint32_t *value)
{
    const struct space *s = context;

    *value = 0;
    if (at > s->size || size > s->size - at)
        return false;
    *value = (uint32_t)vfp_le(s->bytes + at, size);
    return true;
}

/* All of config space, or what every device has. */
static bool read_space(struct vfp_shell *shell, const struct vfp_shell_host *host, struct space *s)
{
    s->size = host->bytes(shell, VFP_CONFIG, 0, s->bytes, PCI_SPACE) == VFP_DONE ? PCI_SPACE : PCI_CFG_SPACE_SIZE;
    return s->size == PCI_SPACE || host->bytes(shell, VFP_CONFIG, 0, s->bytes, s->size) == VFP_DONE;
}

static void show(struct vfp_shell *shell, const struct vfp_shell_host *host, const struct space *s, unsigned at,
                 const struct vfp_register *r)
{
    struct vfp_line line = { 0 };
    uint64_t value;

    if (r->width > s->size || at > s->size - r->width || r->width > 8)
        return;
    value = vfp_le(s->bytes + at, r->width);
    vfp_add_fields(&line, r->fields, value);
    host->print(shell, "  %-26s 0x%-10" PRIx64 "%s%s", r->name, value, line.size ? " " : "", line.text);
}

static int run_regs(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    struct space s;
    struct pci_view view = { get, &s };

    (void)argc;
    (void)argv;
    if (!read_space(shell, host, &s))
        return -1;
    for (const struct vfp_register *r = pci_registers; r->name; r++)
        if (pci_is_in_header(&view, r))
            show(shell, host, &s, r->offset, r);
    return 0;
}

static int run_caps(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    struct space s;
    struct pci_view view = { get, &s };
    struct pci_list list = { .count = 0 };
    bool done, extended_done;

    (void)argc;
    (void)argv;
    if (!read_space(shell, host, &s))
        return -1;
    pci_walk(&view, &list, &done, &extended_done);
    for (unsigned i = 0; i < list.count; i++) {
        const struct pci_capability *c = &list.capabilities[i];
        const char *name = c->at < PCI_CFG_SPACE_SIZE ? pci_capability_name((uint8_t)c->id) : pci_extended_name(c->id);
        unsigned end = pci_end_of(&list, c->at);

        if (name)
            host->print(shell, "0x%03x %s", c->at, name);
        else
            host->print(shell, "0x%03x capability 0x%x", c->at, c->id);
        for (const struct vfp_register *r = pci_registers; r->name; r++)
            if (pci_is_in(c, r) && c->at + r->offset + r->width <= end)
                show(shell, host, &s, c->at + r->offset, r);
    }
    if (list.wrong_at)
        host->print(shell, "the list leads to 0x%x, where it can't go on", list.wrong_at);
    else if (!list.count)
        host->print(shell, "no capabilities");
    return 0;
}

const struct vfp_command pci_commands[] = {
    { .name = "regs", .usage = "", .help = "the header of config space, with its fields", .run = run_regs },
    { .name = "caps", .usage = "", .help = "the capabilities in config space, with their registers", .run = run_caps },
    { 0 },
};
