/*
 * vfuscope check --client: a server that asks for the client's memory by messages.
 */
#include "cli/check/clients/inside.h"

#define READS .section = "VFIO_USER_DMA_READ", .index = CLIENT_ANY, .ready = true
#define WRITES .section = "VFIO_USER_DMA_WRITE", .index = CLIENT_ANY, .ready = true

const struct client_case client_dma[] = {
    { "dma-read", READS, .text = "reads the client's memory", .steps = { SEND, STEP(ASK, ASK_READ) }, .due = DUE_ANSWER },
    { "dma-write", WRITES, .text = "writes to the client's memory what it has read there",
      .steps = { SEND, STEP(ASK, ASK_WRITE) }, .due = DUE_ANSWER },
    { "dma-across", READS, .text = "reads over the end of a mapping into the next one", .steps = { SEND, STEP(ASK, ASK_ACROSS) },
      .due = DUE_ANSWER, .severity = VFU_SUSPICIOUS },
    /* QEMU 11 sends of its answer what the socket's buffer takes at once (219,264 of 262,176 bytes), and then the next message. */
    { "dma-large", READS, .text = "reads as much at a time as was agreed on", .steps = { SEND, STEP(ASK, ASK_LARGE) },
      .due = DUE_ANSWER },
    { "dma-outside", READS, .text = "reads where nothing is mapped", .steps = { SEND, STEP(ASK, ASK_OUTSIDE) },
      .due = DUE_REFUSAL },
    { "dma-forbidden", WRITES, .text = "writes to memory that is mapped for reading", .steps = { SEND, STEP(ASK, ASK_FORBIDDEN) },
      .due = DUE_REFUSAL },
    { "dma-gone", READS, .text = "reads what was unmapped a moment ago", .steps = { SEND, STEP(ASK, ASK_GONE) },
      .due = DUE_REFUSAL },
    { "dma-waiting", READS, .text = "reads the client's memory while the client waits for a reply",
      .no_twin = true, .steps = { STEP(ASK, ASK_FEW), STEP(AWAIT, 0), SEND }, .due = DUE_ANSWER, .severity = VFU_SUSPICIOUS },
    { 0 },
};
