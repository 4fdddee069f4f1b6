/*
 * vfuscope check --client: error replies, to each command, and odd ones.
 */
#include "cli/check/clients/inside.h"

#include <errno.h>

#define REFUSED(name, which, number) \
    { "error-" name, .section = "Header", .text = "refuses " #which, .command = VFU_##which, .index = CLIENT_ANY, .nth = 1, \
      .steps = { STEP(REFUSE, number), SEND }, .due = DUE_SURVIVE }

#define READ .section = "Header", .command = VFU_REGION_READ, .index = CLIENT_ANY, .nth = 1, .due = DUE_SURVIVE

const struct client_case client_errors[] = {
    REFUSED("version", VERSION, EINVAL),
    REFUSED("info", DEVICE_GET_INFO, EINVAL),
    REFUSED("region-info", DEVICE_GET_REGION_INFO, EINVAL),
    REFUSED("irq-info", DEVICE_GET_IRQ_INFO, EINVAL),
    REFUSED("region-read", REGION_READ, EIO),
    REFUSED("region-write", REGION_WRITE, EIO),
    REFUSED("dma-map", DMA_MAP, ENOMEM),
    REFUSED("dma-unmap", DMA_UNMAP, ENOENT),
    REFUSED("set-irqs", DEVICE_SET_IRQS, EINVAL),
    REFUSED("reset", DEVICE_RESET, EBUSY),
    REFUSED("feature", DEVICE_FEATURE, EINVAL),
    REFUSED("write-multi", REGION_WRITE_MULTI, EIO),
    REFUSED("io-fds", DEVICE_GET_REGION_IO_FDS, EINVAL),
    { "error-body", READ, .text = "refuses a REGION_READ with the body of a good reply",
      .steps = { SET("header.flags", VFU_TYPE_REPLY | VFU_ERROR), SET("header.error", EIO), SEND } },
    { "error-0", READ, .text = "refuses a REGION_READ with errno 0", .steps = { STEP(REFUSE, 0), SEND } },
    { "error-max", READ, .text = "refuses a REGION_READ with errno 0xffffffff", .steps = { STEP(REFUSE, 0xffffffff), SEND } },
    { "error-flagless", READ, .text = "answers a REGION_READ with an errno, and no error flag",
      .steps = { SET("header.error", EIO), SEND } },
    { 0 },
};
