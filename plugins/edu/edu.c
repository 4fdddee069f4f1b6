/*
 * The edu plugin: QEMU's educational device (docs/specs/edu.rst there), and the example to begin with. It names the
 * registers, follows a factorial from its start to its result, shows DMA when it is started, and interrupts when they
 * are raised and acknowledged.
 */
#include "plugins/fields.h"

#include <stdlib.h>

enum {
    IDENTIFICATION = 0x00,
    LIVENESS = 0x04,
    FACTORIAL = 0x08,
    STATUS = 0x20,
    IRQ_STATUS = 0x24,
    IRQ_RAISE = 0x60,
    IRQ_ACKNOWLEDGE = 0x64,
    DMA_SOURCE = 0x80,
    DMA_DESTINATION = 0x88,
    DMA_COUNT = 0x90,
    DMA_COMMAND = 0x98,
    DMA_BUFFER = 0x40000,
};
enum { COMPUTING = 0x01, DMA_START = 0x1, DMA_FROM_DEVICE = 0x2, DMA_INTERRUPT = 0x4 };

static const struct vfp_field identification[] = {
    { "major", 24, 8 }, { "minor", 16, 8 }, { "magic", 0, 8 }, { 0 },
};
static const struct vfp_field status[] = { { "computing", 0, 1 }, { "interrupt when done", 7, 1 }, { 0 } };
static const struct vfp_field irqs[] = { { "factorial", 0, 1 }, { "DMA", 8, 1 }, { 0 } };
static const char *const directions[] = { "to the device", "from the device" };
static const struct vfp_field commands[] = {
    { "start", 0, 1 }, { "direction", 1, 1, directions, 2 }, { "interrupt when done", 2, 1 }, { 0 },
};

static const struct vfp_register registers[] = {
    { "id", IDENTIFICATION, VFP_BAR0, 4, identification, "identification", VFP_READ_ONLY },
    { "liveness", LIVENESS, VFP_BAR0, 4, NULL, "what is written, inverted" },
    { "factorial", FACTORIAL, VFP_BAR0, 4, NULL, "a number, then its factorial" },
    { "status", STATUS, VFP_BAR0, 4, status, "of the factorial" },
    { "irq_status", IRQ_STATUS, VFP_BAR0, 4, irqs, "what was raised and not acknowledged", VFP_READ_ONLY },
    { "irq_raise", IRQ_RAISE, VFP_BAR0, 4, irqs, "raises interrupts", VFP_WRITE_ONLY },
    { "irq_ack", IRQ_ACKNOWLEDGE, VFP_BAR0, 4, irqs, "acknowledges interrupts", VFP_WRITE_ONLY },
    { "dma_src", DMA_SOURCE, VFP_BAR0, 8, NULL, "DMA source address" },
    { "dma_dst", DMA_DESTINATION, VFP_BAR0, 8, NULL, "DMA destination address" },
    { "dma_count", DMA_COUNT, VFP_BAR0, 8, NULL, "DMA count in bytes" },
    { "dma_cmd", DMA_COMMAND, VFP_BAR0, 8, commands, "DMA command" },
    { 0 },
};

struct edu {
    struct vfp_device *device;
    const struct vfp_host *host;
    struct number {
        uint64_t value;
        bool known; /* it was written, or the device was reset */
    } source, destination, count;
    uint32_t number; /* whose factorial is computed; 0: not known */
    bool told_read_only;
};

static void *edu_open(struct vfp_device *device, const struct vfp_host *host)
{
    struct edu *e = calloc(1, sizeof *e);

    if (e) {
        e->device = device;
        e->host = host;
    }
    return e;
}

/* The side of a transfer that is guest memory must be in the DMA map, the other one in the buffer. */
static void dma_started(struct edu *e, uint64_t command)
{
    bool from_device = command & DMA_FROM_DEVICE;
    uint64_t source = e->source.value, destination = e->destination.value, count = e->count.value;
    uint64_t guest = from_device ? destination : source, own = from_device ? source : destination;

    if (!e->source.known || !e->destination.known || !e->count.known) {
        e->host->note(e->device, "DMA %s: where and how much was not seen", directions[from_device]);
        return;
    }
    e->host->note(e->device, "DMA %s: %" PRIu64 " bytes, 0x%" PRIx64 " -> 0x%" PRIx64 "%s", directions[from_device],
                  count, source, destination, command & DMA_INTERRUPT ? ", interrupt when done" : "");
    if (own < DMA_BUFFER || own - DMA_BUFFER > 4096 || count > 4096 - (own - DMA_BUFFER))
        e->host->warn(e->device, "DMA outside of the buffer, 4 KiB at 0x%x", DMA_BUFFER);
    if (count && !e->host->is_mapped(e->device, guest, count, from_device))
        e->host->warn(e->device, "0x%" PRIx64 "+%" PRIu64 " is not in the DMA map for the device to %s", guest, count,
                      from_device ? "write" : "read");
}

/* Names and fields are in the access's own line; what there is to say beyond. */
static void wrote(struct edu *e, uint64_t offset, uint64_t value)
{
    switch (offset) {
    case FACTORIAL:
        e->number = (uint32_t)value;
        e->host->note(e->device, "compute %u!", e->number);
        break;
    case DMA_SOURCE:
        e->source = (struct number){ value, true };
        break;
    case DMA_DESTINATION:
        e->destination = (struct number){ value, true };
        break;
    case DMA_COUNT:
        e->count = (struct number){ value, true };
        break;
    case DMA_COMMAND:
        if (value & DMA_START)
            dma_started(e, value);
        break;
    default:
        break;
    }
}

static void was_read(struct edu *e, uint64_t offset, uint64_t value)
{
    if (offset == FACTORIAL && e->number)
        e->host->note(e->device, "%u! = %" PRIu64 " (32 bits of it)", e->number, value);
    else if (offset == DMA_COMMAND)
        e->host->note(e->device, "DMA %s", value & DMA_START ? "still runs" : "is done");
}

static void forget(struct edu *e, bool is_reset)
{
    e->source = e->destination = e->count = (struct number){ 0, is_reset };
    e->number = 0;
}

static void read_only(struct edu *e, const struct vfp_register *r)
{
    if (!e->told_read_only)
        e->host->note(e->device, "%s is written: it is read-only", r->name);
    e->told_read_only = true;
}

/* The device takes four bytes; eight, too, where DMA is. */
static bool takes(const struct vfp_access *a) { return a->size == 4 || (a->size == 8 && a->offset >= DMA_SOURCE); }

static void edu_access(void *state, const struct vfp_access *a)
{
    struct edu *e = state;
    const struct vfp_register *r = a->region == VFP_BAR0 ? vfp_register_at(registers, a->region, a->offset) : NULL;

    if (vfp_is_function_reset(e->device, e->host, a))
        forget(e, true);
    if (!r || a->error || a->offset != r->offset || !takes(a))
        return;
    if (a->is_write && r->flags & VFP_READ_ONLY) {
        read_only(e, r);
        return;
    }
    if (!a->has_value) { /* what with is not at hand */
        if (a->is_write)
            forget(e, false);
        return;
    }
    if (a->is_write)
        wrote(e, a->offset, a->value);
    else if (!vfp_is_nobody(a))
        was_read(e, a->offset, a->value);
}

static void edu_interrupt(void *state, const struct vfp_interrupt *i)
{
    struct edu *e = state;

    if (i->count > 1)
        e->host->note(e->device, "%" PRIu64 " interrupts at once", i->count);
}

static void edu_reset(void *state) { forget(state, true); }

static void edu_gap(void *state) { forget(state, false); }

/* --- commands of the shell --- */

static int run_regs(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return vfp_print_registers(shell, host, registers);
}

/* The number is written, and the result read once the device does not compute any more. */
static int run_factorial(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    enum { PATIENCE_MS = 2000 };
    char *end;
    unsigned long number = strtoul(argv[0], &end, 0);
    uint64_t value = 0;

    (void)argc;
    if (*end || number > UINT32_MAX) {
        host->fail(shell, "N: %s: a number of 32 bits", argv[0]);
        return -1;
    }
    if (host->put(shell, VFP_BAR0, FACTORIAL, 4, number) != VFP_DONE)
        return -1;
    for (int waited = 0; host->get(shell, VFP_BAR0, STATUS, 4, &value) == VFP_DONE && value & COMPUTING; waited++) {
        if (waited == PATIENCE_MS) {
            host->fail(shell, "still computes after %d ms", waited);
            return -1;
        }
        host->pause(shell, 1);
    }
    if (host->get(shell, VFP_BAR0, FACTORIAL, 4, &value) != VFP_DONE)
        return -1;
    host->print(shell, "%lu! = %" PRIu64 "%s", number, value, number > 12 ? " (32 bits of it)" : "");
    host->value(shell, "value", value);
    return 0;
}

static const struct vfp_command shell_commands[] = {
    { .name = "regs", .usage = "", .help = "the registers, with their fields", .run = run_regs },
    { .name = "factorial",
      .usage = "N",
      .help = "have the device compute N!",
      .more = "Example: edu factorial 10",
      .min = 1,
      .max = 1,
      .run = run_factorial },
    { 0 },
};

static const struct vfp_claim claims[] = { { .vendor = 0x1234, .device = 0x11e8 } };

static bool edu_describe(const struct vfp_ids *ids, char *text, size_t size)
{
    (void)ids;
    snprintf(text, size, "QEMU edu");
    return true;
}

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "edu",
    .summary = "QEMU's educational device",
    .claims = claims,
    .claim_count = sizeof claims / sizeof claims[0],
    .registers = registers,
    .open = edu_open,
    .close = free,
    .access = edu_access,
    .interrupt = edu_interrupt,
    .reset = edu_reset,
    .gap = edu_gap,
    .commands = shell_commands,
    .describe = edu_describe,
};
