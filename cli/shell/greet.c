/*
 * What the shell asks when it has connected, as a VMM does, and the line that says what is there.
 */
#include "cli/shell/bytes.h"
#include "cli/shell/shell.h"
#include "plugins/host/host.h"

#include <linux/pci_regs.h>
#include <string.h>

/* Between the parts of the list. */
static void begin_part(struct vfu_writer *w, bool *any)
{
    vfu_write_text(w, *any ? ", " : ": ");
    *any = true;
}

/* "bar2 64K mappable" */
static void put_regions(const struct vfu_connection *known, bool is_pci, struct vfu_writer *w, bool *any)
{
    char name[SHELL_NAME];

    for (uint32_t i = 0; i < VFU_MAX_KNOWN_REGIONS; i++) {
        const struct vfu_known_region *r = &known->regions[i];

        if (!r->known || !r->size || (is_pci && (i == VFIO_PCI_CONFIG_REGION_INDEX || i == VFIO_PCI_VGA_REGION_INDEX)))
            continue;
        begin_part(w, any);
        vfu_write_text(w, is_pci && i < VFIO_PCI_NUM_REGIONS ? shell_name(name, vfu_region_names, i)
                                                            : (snprintf(name, sizeof name, "region %u", i), name));
        vfu_write_char(w, ' ');
        vfu_write_size(w, r->size);
        if (r->flags & VFIO_REGION_INFO_FLAG_MMAP)
            vfu_write_text(w, " mappable");
    }
}

/* What a driver would take: "msix 4", or else "msi 1", or else "intx 1". */
static void put_irqs(const struct vfu_connection *known, bool is_pci, struct vfu_writer *w, bool *any)
{
    char name[SHELL_NAME];

    for (uint32_t i = VFIO_PCI_MSIX_IRQ_INDEX + 1; is_pci && i-- > 0;)
        if (known->irqs[i].known && known->irqs[i].count) {
            begin_part(w, any);
            vfu_write_text(w, shell_name(name, vfu_irq_names, i));
            vfu_write_char(w, ' ');
            vfu_write_decimal(w, known->irqs[i].count);
            return;
        }
}

/* "QEMU edu [1234:11e8]", or what is known of that. */
static void put_device(const struct shell_device *d, struct vfu_writer *w)
{
    char ids[16];

    if (!shell_knows_ids(d)) {
        vfu_write_text(w, d->told.is_pci ? "a PCI device" : "a device");
        return;
    }
    if (d->registers && d->registers->device[0]) {
        vfu_write_text(w, d->registers->device);
        vfu_write_char(w, ' ');
    }
    snprintf(ids, sizeof ids, "[%04x:%04x]", (unsigned)shell_load(d->told.config + PCI_VENDOR_ID, 2),
             (unsigned)shell_load(d->told.config + PCI_DEVICE_ID, 2));
    vfu_write_text(w, ids);
}

/* What the prompt says: the plugin that is for this device, rather than for any. No news if they can't be loaded. */
static void name_device(struct shell *sh)
{
    struct shell_device *d = &sh->device;
    struct vfu_error before = sh->outcome.error;

    if (shell_registers(sh) && d->registers->device_plugin < d->registers->plugin_count)
        snprintf(d->name, sizeof d->name, "%s", d->registers->plugins[d->registers->device_plugin].name);
    sh->outcome.error = before;
}

static void say_device(struct shell *sh)
{
    const struct vfu_connection *known = vfu_session_connection(sh->link.client.session, sh->link.client.conn);
    struct vfu_writer *w = shell_text(sh);
    bool any = false;

    put_device(&sh->device, w);
    vfu_write_text(w, " at ");
    vfu_write_printable(w, sh->link.client.path.text);
    put_regions(known, sh->device.told.is_pci, w, &any);
    put_irqs(known, sh->device.told.is_pci, w, &any);
    vfu_write_char(w, '\n');
}

enum shell_result shell_ask(struct shell *sh)
{
    struct vfu_error no_news;

    enum vfu_client_result result;

    if (!sh->link.asks)
        return SHELL_OK;
    result = sh->link.at_tap ? vfu_client_ask_tap(&sh->link.client, &sh->device.told, &no_news)
                             : vfu_client_ask(&sh->link.client, &sh->device.told, &no_news);
    return result == VFU_CLIENT_STOPPED ? SHELL_STOPPED : SHELL_OK;
}

void shell_greet(struct shell *sh)
{
    if (!sh->screen.interactive || !sh->device.told.known)
        return;
    if (shell_knows_ids(&sh->device))
        name_device(sh);
    if (!sh->screen.json && vfu_client_is_open(&sh->link.client))
        say_device(sh);
}
