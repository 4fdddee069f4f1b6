/*
 * The devices that vfuscope serve has: models behind capture/server/device.h, one file each.
 */
#ifndef VFU_PLUGINS_DEVICES_DEVICES_H
#define VFU_PLUGINS_DEVICES_DEVICES_H

#include "capture/server/device.h"

extern const struct dev_model dev_edu, dev_ram;

#endif
