/*
 * vfuscope check --client: migration that fails, for clients that migrate.
 */
#include "cli/check/clients/inside.h"

#include <errno.h>

#define FEATURE .section = "VFIO_USER_DEVICE_FEATURE", .command = VFU_DEVICE_FEATURE, .due = DUE_SURVIVE

const struct client_case client_states[] = {
    { "migration-state-refused", FEATURE, .index = 2, .text = "refuses to change its device state",
      .steps = { STEP(REFUSE, EIO), SEND } },
    { "migration-state-error", FEATURE, .index = 2, .text = "answers that its device state is ERROR",
      .steps = { SET("device_state", VFU_STATE_ERROR), SEND } },
    { "migration-read-refused", .section = "VFIO_USER_MIG_DATA_READ", .command = VFU_MIG_DATA_READ, .index = CLIENT_ANY,
      .text = "refuses to give its state's data", .steps = { STEP(REFUSE, EIO), SEND }, .due = DUE_SURVIVE },
    { "migration-write-refused", .section = "VFIO_USER_MIG_DATA_WRITE", .command = VFU_MIG_DATA_WRITE, .index = CLIENT_ANY,
      .text = "refuses to take its state's data", .steps = { STEP(REFUSE, EIO), SEND }, .due = DUE_SURVIVE },
    { "logging-page-size", FEATURE, .index = 6, .text = "logs dirty pages in another page size than was asked for",
      .steps = { SET("page_size", 65536), SEND } },
    { 0 },
};
