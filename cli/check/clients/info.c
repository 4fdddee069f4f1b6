/*
 * vfuscope check --client: what the device says of itself. BAR2 of edu has 64 KiB, of which two areas can be mapped.
 */
#include "cli/check/clients/inside.h"

#define REGION .section = "VFIO_USER_DEVICE_GET_REGION_INFO", .command = VFU_DEVICE_GET_REGION_INFO, .index = 2
#define IRQ .section = "VFIO_USER_DEVICE_GET_IRQ_INFO", .command = VFU_DEVICE_GET_IRQ_INFO
/* Without what can be mapped */
#define BARE STEP(CUT, CLIENT_REGION_INFO), STEP(NO_FDS, 0), SET("argsz", CLIENT_REGION_INFO), SET("cap_offset", 0)

/* id, version, next; then nr_areas, reserved, and each area's offset and size */
#define SPARSE_LAST "01000100" "00000000" "02000000" "00000000" \
    "0010000000000000" "0030000000000000" "0080000000000000" "0080000000000000"
#define CHAIN(text) HEX(CHAIN, text)

const struct client_case client_info[] = {
    { "info-again", .section = "VFIO_USER_DEVICE_GET_INFO", .text = "has a larger answer to DEVICE_GET_INFO than there is room",
      .command = VFU_DEVICE_GET_INFO, .index = CLIENT_ANY, .steps = { STEP(ROOM, 24), SEND }, .due = DUE_AGAIN,
      .severity = VFU_SUSPICIOUS },
    { "region-again", REGION, .text = "has a larger answer about BAR2 than there is room",
      .steps = { CHAIN("02000100" "30000000" "0180000000000000" "77770100" "40000000" "0000000000000000" SPARSE_LAST), SEND },
      .due = DUE_AGAIN,
      .severity = VFU_SUSPICIOUS },
    { "region-unknown-cap", REGION, .text = "has a capability of BAR2 that nobody knows, and then the sparse areas",
      .steps = { CHAIN("77770900" "30000000" "0102030405060708" SPARSE_LAST), SEND }, .due = DUE_GO_ON },
    { "region-cap-order", REGION, .text = "has BAR2's sparse areas behind two other capabilities, backwards in memory",
      .steps = { CHAIN("02000100" "60000000" "0180000000000000" "01000100" "00000000" "02000000" "00000000"
                       "0010000000000000" "0030000000000000" "0080000000000000" "0080000000000000"
                       "03000100" "30000000"), SEND }, .due = DUE_GO_ON },
    { "region-cap-version", REGION, .text = "has BAR2's sparse areas in a version 7 of that capability",
      .steps = { CHAIN("01000700" "00000000" "02000000" "00000000" "0010000000000000" "0030000000000000"
                       "0080000000000000" "0080000000000000"), SEND }, .due = DUE_SURVIVE },
    { "region-areas-odd", REGION, .text = "has areas of BAR2 in falling order, a page each, the last one at its end",
      .steps = { CHAIN("01000100" "00000000" "03000000" "00000000" "00f0000000000000" "0010000000000000"
                       "0050000000000000" "0010000000000000" "0000000000000000" "0010000000000000"), SEND },
      .due = DUE_GO_ON },
    { "region-areas-none", REGION, .text = "says that nothing of BAR2 can be mapped by a list of no areas",
      .steps = { CHAIN("01000100" "00000000" "00000000" "00000000"), SEND }, .due = DUE_GO_ON },
    { "region-areas-outside", REGION, .text = "has an area of BAR2 that lies beyond its end",
      .steps = { CHAIN("01000100" "00000000" "01000000" "00000000" "0000010000000000" "0010000000000000"), SEND },
      .due = DUE_SURVIVE },
    { "region-areas-many", REGION, .text = "says that BAR2 has 2^28 areas, and lists one",
      .steps = { CHAIN("01000100" "00000000" "00000010" "00000000" "0010000000000000" "0010000000000000"), SEND },
      .due = DUE_SURVIVE },
    { "region-chain-loop", REGION, .text = "has capabilities of BAR2 that go round in a ring",
      .steps = { CHAIN("77770100" "20000000" "0000000000000000"), SEND }, .due = DUE_SURVIVE },
    { "region-chain-outside", REGION, .text = "has capabilities of BAR2 that go on beyond the reply",
      .steps = { CHAIN("77770100" "00100000" "0000000000000000"), SEND }, .due = DUE_SURVIVE },
    { "region-no-fd", REGION, .text = "says that BAR2 can be mapped, and passes no descriptor",
      .steps = { STEP(NO_FDS, 0), SEND }, .due = DUE_SURVIVE },
    { "region-two-fds", REGION, .text = "passes two descriptors more than BAR2 needs", .steps = { STEP(FDS, 2), SEND },
      .due = DUE_SURVIVE },
    { "region-read-only", REGION, .text = "has a BAR2 that can only be read", .steps = { BARE, SET("flags", VFIO_REGION_INFO_FLAG_READ), SEND },
      .due = DUE_GO_ON, .rules = { "region-access" } },
    { "region-empty", REGION, .text = "has no BAR2", .steps = { BARE, SET("flags", 0), SET("size", 0), SEND },
      .due = DUE_GO_ON, .rules = { "region-bounds", "region-access" } },
    { "region-huge", REGION, .text = "has a BAR2 of 1 TiB, which can't be mapped",
      .steps = { BARE, SET("flags", VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE), SET("size", UINT64_C(1) << 40), SEND }, .due = DUE_SURVIVE },
    { "irq-none", IRQ, .index = 0, .text = "has no INTx", .steps = { SET("count", 0), SET("flags", 0), SEND },
      .due = DUE_GO_ON, .rules = { "irq-range" } },
    { "irq-many", IRQ, .index = 2, .text = "has 2048 MSI-X vectors, and no way to change how many are enabled",
      .steps = { SET("count", DEV_MAX_VECTORS), SET("flags", VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE), SEND }, .due = DUE_GO_ON, .rules = { "irq-range", "irq-fd-count" } },
    { "irq-no-eventfd", IRQ, .index = 1, .text = "has an MSI that takes no eventfds", .steps = { SET("flags", 0), SEND },
      .due = DUE_SURVIVE },
    { 0 },
};
