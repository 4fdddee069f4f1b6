/*
 * vfuscope check --client: what VERSION's reply says.
 */
#include "cli/check/clients/inside.h"

#define SECTION "VFIO_USER_VERSION"
#define AT .section = SECTION, .command = VFU_VERSION, .index = CLIENT_ANY, .nth = 1, .no_twin = true
#define JSON(json) TEXT("json", "{\"capabilities\":{" json "}}")

const struct client_case client_version[] = {
    { "version-minor-lower", .text = "agrees on minor version 0", AT, .steps = { SET("minor", 0), SEND }, .due = DUE_GO_ON },
    { "version-minor-raised", .text = "answers with minor version 99", AT, .steps = { SET("minor", 99), SEND },
      .due = DUE_SURVIVE },
    { "version-major", .text = "answers with major version 7", AT, .steps = { SET("major", 7), SEND }, .due = DUE_SURVIVE },
    { "version-unknown", .text = "has capabilities that nobody knows, of all types", AT,
      .steps = { JSON("\"x-a\":1,\"x-b\":[true,null],\"x-c\":{\"d\":\"e\"},\"max_msg_fds\":8"), SEND }, .due = DUE_GO_ON },
    { "version-none", .text = "answers without capabilities", AT, .steps = { JSON(""), SEND }, .due = DUE_GO_ON },
    { "version-no-json", .text = "answers without JSON", AT, .steps = { STEP(CUT, 4), SEND }, .due = DUE_GO_ON },
    { "version-bad-json", .text = "answers with JSON that is cut", AT,
      .steps = { TEXT("json", "{\"capabilities\":{\"max_msg_fds\":"), SEND }, .due = DUE_SURVIVE },
    { "version-wrong-types", .text = "answers with text and lists where numbers belong", AT,
      .steps = { JSON("\"max_msg_fds\":\"8\",\"max_data_xfer_size\":[1],\"pgsizes\":{}"), SEND }, .due = DUE_SURVIVE },
    { "version-fds", .text = "agrees on max_msg_fds 1", AT, .steps = { JSON("\"max_msg_fds\":1"), SEND }, .due = DUE_GO_ON,
      .rules = { "too-many-fds" } },
    { "version-xfer", .text = "agrees on max_data_xfer_size 4 KiB", AT,
      .steps = { JSON("\"max_msg_fds\":8,\"max_data_xfer_size\":4096"), SEND }, .due = DUE_GO_ON,
      .rules = { "transfer-too-large", "size-above-agreed" } },
    { "version-pgsizes", .text = "agrees on pgsizes 64 KiB", AT, .steps = { JSON("\"max_msg_fds\":8,\"pgsizes\":65536"), SEND },
      .due = DUE_SURVIVE, .rules = { "map-size" } },
    { "version-maps", .text = "agrees on max_dma_maps 4", AT, .steps = { JSON("\"max_msg_fds\":8,\"max_dma_maps\":4"), SEND },
      .due = DUE_SURVIVE, .rules = { "map-too-many" } },
    { "version-multi", .text = "does not agree on write_multiple", AT, .steps = { JSON("\"max_msg_fds\":8"), SEND },
      .due = DUE_GO_ON, .rules = { "write-multiple-not-agreed" } },
    { "version-no-twin", .text = "does not agree on the twin socket that the client offers", AT, .twin = true,
      .steps = { JSON("\"max_msg_fds\":8,\"max_dma_maps\":65535"), SEND }, .due = DUE_GO_ON, .rules = { "twin-bypassed" } },
    { "version-twin-lost", .text = "agrees on a twin socket, which does not come along", AT,
      .steps = { JSON("\"max_msg_fds\":8,\"twin_socket\":{\"supported\":true,\"fd_index\":0}"), SEND }, .twin = true,
      .due = DUE_SURVIVE },
    { 0 },
};
