/*
 * The registers that plugins name, for the device at hand: most have a fixed place, others are where its config space
 * says.
 */
#include "cli/shell/bytes.h"
#include "cli/shell/shell.h"
#include "plugins/host/host.h"

#include <linux/pci_regs.h>
#include <string.h>

bool shell_registers(struct shell *sh)
{
    const struct vfu_client_device *told = &sh->device.told;
    /* What was not read of it is zero there: no capabilities. */
    size_t size = told->config_size > PCI_CFG_SPACE_SIZE ? told->config_size : PCI_CFG_SPACE_SIZE;

    if (!sh->device.registers)
        sh->device.registers = vfu_plugin_tables_load(shell_knows_ids(&sh->device) ? told->config : NULL, size,
                                                      &sh->outcome.error);
    return sh->device.registers;
}

void shell_registers_forget(struct shell_device *d)
{
    vfu_plugin_tables_free(d->registers);
    d->registers = NULL;
}

enum shell_result shell_registers_locate(struct shell *sh)
{
    struct shell_config config;
    enum shell_result result = SHELL_OK;

    if (!shell_registers(sh))
        return SHELL_FAILED;
    if (!sh->device.registers->located)
        result = shell_config_read(sh, &config);
    if (sh->device.registers->located || result != SHELL_OK)
        return result;
    shell_registers_forget(&sh->device);
    sh->device.registers = vfu_plugin_tables_load(config.bytes, config.size, &sh->outcome.error);
    return sh->device.registers ? SHELL_OK : SHELL_FAILED;
}

enum shell_result shell_registers_claimed(struct shell *sh, bool *wanted)
{
    uint8_t head[PCI_CLASS_DEVICE + 2];
    enum shell_result result;

    if (!shell_registers(sh))
        return SHELL_FAILED;
    if (shell_knows_ids(&sh->device))
        memcpy(head, sh->device.told.config, sizeof head);
    else if ((result = shell_region_read(sh, VFIO_PCI_CONFIG_REGION_INDEX, 0, head, sizeof head)) != SHELL_OK)
        return result;
    for (unsigned i = 0; i < sh->device.registers->plugin_count; i++)
        wanted[i] = vfu_plugin_tables_claims(sh->device.registers, i, (uint16_t)shell_load(head + PCI_VENDOR_ID, 2),
                                         (uint16_t)shell_load(head + PCI_DEVICE_ID, 2),
                                         (uint32_t)shell_load(head + PCI_CLASS_REVISION, 4) >> 8);
    return SHELL_OK;
}

const struct vfu_plugin_register *shell_register(struct shell *sh, const char *text)
{
    const struct vfu_plugin_register *r;

    if (!strchr(text, '.') || strchr(text, '+') || !shell_registers(sh))
        return NULL;
    r = vfu_plugin_tables_find(sh->device.registers, text);
    if (!r || vfu_plugin_register_has_place(r))
        return r;
    if (shell_registers_locate(sh) != SHELL_OK)
        return NULL;
    r = vfu_plugin_tables_find(sh->device.registers, text);
    return r && vfu_plugin_register_has_place(r) ? r : NULL;
}
