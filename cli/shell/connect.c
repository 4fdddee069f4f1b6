/*
 * Opening the connection, and what is forgotten with it.
 */
#include "cli/shell/shell.h"

#include <stdlib.h>
#include <string.h>

/* The agreed version and capabilities, for `info`. */
static void keep_version(struct shell *sh)
{
    const struct vfu_json json = { .hex = true };
    struct shell_buffer b;

    free(sh->link.version);
    sh->link.version = NULL;
    if (!sh->link.client.reply.event)
        return;
    shell_buffer_init(&b);
    vfu_json_payload(&json, sh->link.client.reply.event, &b.w);
    sh->link.version = strdup(shell_buffer_text(&b));
    shell_buffer_free(&b);
}

void shell_forget(struct shell_device *d, int watch_fd)
{
    d->outside.count = 0;
    shell_maps_clear(&d->maps);
    shell_irqs_clear(&d->irqs, watch_fd);
    shell_registers_forget(d);
    shell_kept_forget(d);
}

enum shell_result shell_connect(struct shell *sh, const char *path, bool wait)
{
    enum vfu_client_result result;

    free(sh->link.version);
    sh->link.version = NULL;
    memset(&sh->device.told, 0, sizeof sh->device.told);
    sh->device.name[0] = '\0';
    sh->link.at_tap = sh->link.tap && strcmp(path, sh->link.tap) == 0;
    result = vfu_client_connect(&sh->link.client, path, wait, &sh->outcome.error);
    if (result != VFU_CLIENT_OK)
        return result == VFU_CLIENT_STOPPED ? SHELL_STOPPED : SHELL_FAILED;
    if (!sh->link.negotiate)
        return SHELL_OK;
    result = vfu_client_negotiate(&sh->link.client, sh->link.caps, &sh->outcome.error);
    if (result != VFU_CLIENT_OK)
        return result == VFU_CLIENT_STOPPED ? SHELL_STOPPED : SHELL_FAILED;
    keep_version(sh);
    return shell_ask(sh);
}
