/*
 * vfuscope check --client: a server that dies, before a reply, in it, behind it. Whoever comes back is served.
 */
#include "cli/check/clients/inside.h"

#define DIES(how, what, which, n, ...) \
    { "dies-" how, .section = "Overview", .text = "dies " what, .command = VFU_##which, .index = CLIENT_ANY, .nth = n, \
      .ends = true, .steps = { __VA_ARGS__, STEP(CLOSE, 0) }, .due = DUE_SURVIVE }

const struct client_case client_ends[] = {
    DIES("before-version", "before it answers VERSION", VERSION, 1, STEP(NO_FDS, 0)),
    DIES("in-version", "in its reply to VERSION", VERSION, 1, STEP(PART, 20)),
    DIES("after-version", "behind its reply to VERSION", VERSION, 1, SEND),
    DIES("in-info", "in its reply to DEVICE_GET_INFO", DEVICE_GET_INFO, 1, STEP(PART, 20)),
    DIES("in-region-info", "in its third reply about regions", DEVICE_GET_REGION_INFO, 3, STEP(PART, 20)),
    DIES("after-region-info", "behind its third reply about regions", DEVICE_GET_REGION_INFO, 3, SEND),
    DIES("before-read", "before it answers the first REGION_READ", REGION_READ, 1, STEP(NO_FDS, 0)),
    DIES("in-read", "in its reply to the first REGION_READ", REGION_READ, 1, STEP(PART, 20)),
    DIES("after-read", "behind its reply to the first REGION_READ", REGION_READ, 1, SEND),
    DIES("in-map", "before it answers the first DMA_MAP", DMA_MAP, 1, STEP(NO_FDS, 0)),
    { 0 },
};
