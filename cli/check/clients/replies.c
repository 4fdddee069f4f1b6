/*
 * vfuscope check --client: how replies come. In pieces, late, twice, in another order, or as no message at all.
 */
#include "cli/check/clients/inside.h"

#define HEADER .section = "Header", .index = CLIENT_ANY
#define ACCESS .section = "VFIO_USER_REGION_READ", .command = VFU_REGION_READ, .index = CLIENT_ANY, .nth = 1

const struct client_case client_replies[] = {
    { "pieces-byte", HEADER, .text = "sends a byte of each reply alone, and then the rest",
      .steps = { STEP(PIECES, 1) }, .due = DUE_GO_ON },
    { "pieces-header", HEADER, .text = "sends the header of each reply alone, and then the payload",
      .steps = { STEP(PIECES, 16) }, .due = DUE_GO_ON },
    { "pieces-version", HEADER, .command = VFU_VERSION, .nth = 1, .text = "sends VERSION's reply in two pieces",
      .steps = { STEP(PIECES, 24) }, .due = DUE_GO_ON },
    { "glued", HEADER, .text = "sends a reply and a DMA_READ in one piece", .ready = true, .no_twin = true,
      .steps = { STEP(GLUED, ASK_FEW) },
      .due = DUE_ANSWER },
    { "late", ACCESS, .text = "answers a REGION_READ late", .steps = { STEP(WAIT, 10), SEND }, .due = DUE_GO_ON },
    { "late-very", ACCESS, .text = "does not answer a REGION_READ until the client gives up, or three times --timeout",
      .steps = { STEP(WAIT, 300), SEND }, .due = DUE_SURVIVE },
    { "stray", ACCESS, .text = "sends a reply to a command that nobody sent, before the right one",
      .steps = { STEP(STRAY, 0), SEND }, .due = DUE_SURVIVE },
    { "twice", ACCESS, .text = "sends a reply twice", .steps = { SEND, SEND }, .due = DUE_SURVIVE },
    { "order", HEADER, .text = "answers the second of two commands that are under way first", .steps = { STEP(BEHIND, 0) },
      .due = DUE_GO_ON },
    { "posted", HEADER, .text = "answers a command that wants no reply", .posted = true, .nth = 1, .steps = { SEND },
      .due = DUE_SURVIVE },
    { "other-command", ACCESS, .text = "answers with another command's number", .steps = { SET("header.command", 4), SEND },
      .due = DUE_SURVIVE },
    { "type", ACCESS, .text = "answers with a message of type 7", .steps = { SET("header.flags", 7), SEND }, .due = DUE_SURVIVE },
    { "size-3", ACCESS, .text = "answers with a header of size 3", .steps = { SET("header.size", 3), STEP(PART, 16) },
      .due = DUE_SURVIVE },
    { "size-4g", ACCESS, .text = "answers with a header of size 4 GiB - 1", .steps = { SET("header.size", 0xffffffff), SEND },
      .due = DUE_SURVIVE },
    { "reply-short", ACCESS, .text = "answers a REGION_READ without its data", .steps = { STEP(CUT, 16), SEND },
      .due = DUE_SURVIVE },
    { "reply-bare", ACCESS, .text = "answers a REGION_READ with a header alone", .steps = { STEP(CUT, 0), SEND },
      .due = DUE_SURVIVE },
    { "reply-long", ACCESS, .text = "answers a REGION_READ with more than was asked for", .steps = { STEP(LONGER, 64), SEND },
      .due = DUE_SURVIVE },
    { "count-large", ACCESS, .text = "answers a REGION_READ with a count of 2^32 - 1", .steps = { SET("count", 0xffffffff), SEND },
      .due = DUE_SURVIVE },
    { "fds-nowhere", ACCESS, .text = "passes a descriptor with a REGION_READ's reply", .steps = { STEP(FDS, 1), SEND },
      .due = DUE_SURVIVE },
    { 0 },
};
