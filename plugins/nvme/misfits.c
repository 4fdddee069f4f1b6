/*
 * NVMe: the tables of misfits and reasons, with what explain says of them.
 */
#include "plugins/nvme/nvme.h"

static const char cap[] = "NVMe Base 2.0, 3.1.3.1 (CAP)", doorbells[] = "NVMe over PCIe 1.0, 3.1.2 (doorbells)";

const struct vfp_finding nvme_misfits[] = {
    [NVME_BAR0_SIZE] = {
        .name = "bar0-size", .section = "NVMe 1.0, 2.1.10 (MLBAR)", .by = VFP_SERVER, .help = "BAR0 has 16 KiB at least",
        .means = "The address in BAR0 (MLBAR) begins at bit 14; bits 13:4 are reserved and read 0. A smaller BAR has address bits "
                 "there, which is not defined.",
        .who = "Windows' driver masks them away, looks for the registers elsewhere, and the device does not start (Code 10). "
               "Linux takes the address as it is.",
        .example = "server < #22    REGION_READ  config+0x10 = 0xffffe000\n"
                   "    ! misfit: the server: BAR0 has 8K: Windows needs 16K (MLBAR bits 13:4 are reserved) [nvme-bar0-size]",
        .todo = "Make BAR0 16 KiB large, whatever the doorbells need." },
    [NVME_BAR0_ABSENT] = {
        .name = "bar0-absent", .section = "NVMe 1.0, 2.1.10 (MLBAR)", .by = VFP_SERVER, .help = "a controller has its registers in BAR0",
        .means = "The class code 0x010802 says that the device is an NVMe controller; its registers are in BAR0, and nowhere else.",
        .who = "Every NVMe driver claims the device by its class, finds no BAR0 and gives up.",
        .todo = "Give BAR0 16 KiB at least, or the device another class." },
    [NVME_DOORBELLS_OUTSIDE] = {
        .name = "doorbells", .section = doorbells, .by = VFP_SERVER, .help = "the doorbells of all queues lie in BAR0",
        .means = "The doorbells of queue N are at 0x1000 + 2N and 2N + 1 times the stride (4 bytes times 2 to the power of CAP.DSTRD). "
                 "Where the BAR ends before, a queue that the controller granted can't be rung.",
        .who = "Linux uses as many queues as have their doorbells in the BAR, and refuses a controller whose BAR0 ends below 8 KiB.",
        .todo = "Grant fewer queues (Set Features, Number of Queues), make the stride smaller, or BAR0 larger." },
    [NVME_QUEUE_SIZE] = {
        .name = "queue-size", .section = cap, .by = VFP_SERVER, .help = "CAP.MQES is 1 at least: queues of two entries",
        .means = "MQES is the largest queue's entries less one. A queue with one entry is full and empty at once: the least is 1.",
        .todo = "Set CAP.MQES to the largest queue's entries less one." },
    [NVME_PAGE_SIZE] = {
        .name = "page-size", .section = cap, .by = VFP_SERVER, .help = "the controller takes pages of 4 KiB",
        .means = "CAP.MPSMIN is the smallest page that the controller takes, 4 KiB times 2 to that power, CAP.MPSMAX the largest. A host "
                 "whose pages are smaller than MPSMIN can't use it.",
        .who = "Linux with 4 KiB pages refuses it: \"Minimum device page size 8192 too large for host (4096)\".",
        .todo = "Set CAP.MPSMIN to 0." },
    [NVME_QUEUE_UNMAPPED] = {
        .name = "queue-unmapped", .section = "NVMe Base 2.0, 3.1.3.8 (ASQ), 5.4 (Create I/O CQ)", .by = VFP_CLIENT,
        .help = "the memory of a queue is in the DMA map",
        .means = "The driver gave the controller the address of a queue that the client has not mapped for it, or not for reading or "
                 "writing. The controller can't fetch commands, or write completions there.",
        .who = "A driver that writes garbage to ASQ or ACQ; a VMM that does not map all of guest memory (a hole, memory that was "
               "plugged later, a vIOMMU that maps nothing yet).",
        .todo = "Compare the address with the DMA_MAPs before it: `dma list` in the shell, or the tap's lines." },
    [NVME_QUEUE_PIECES] = {
        .name = "queue-pieces", .section = cap, .by = VFP_CLIENT,
        .help = "queues are in one piece of memory where CAP.CQR asks for it",
        .means = "CAP.CQR says that the controller takes queues whose memory is contiguous only. A queue is created with a list of "
                 "pages.",
        .todo = "The driver is to set PC in Create I/O Queue, and to allocate the queue in one piece." },
    [NVME_MISFITS] = { 0 },
};

const struct vfp_finding nvme_reasons[] = {
    [NVME_WHY_UNMAPPED] = {
        .name = "queue-unmapped", .section = "NVMe Base 2.0, 3.1.3.8 (ASQ), 3.1.3.9 (ACQ)",
        .help = "the controller was to be enabled with an admin queue outside the DMA map",
        .means = "Setting CC.EN has the controller take the admin queues at ASQ and ACQ. One of them is where the client has mapped "
                 "no memory for it.",
        .who = "SPDK refuses the write of CC then.",
        .todo = "Compare the address with the DMA_MAPs before it: the driver's queue, or the VMM's map is wrong." },
    [NVME_WHY_NO_QUEUE] = {
        .name = "no-queue", .section = doorbells, .help = "a doorbell of a queue that was not created",
        .means = "Since the controller was enabled no Create I/O Queue of that number was seen to succeed.",
        .todo = "The driver is to wait for the completion of Create I/O Queue before it rings." },
    [NVME_WHY_QUEUE_END] = {
        .name = "queue-end", .section = doorbells, .help = "a doorbell says more than its queue has entries",
        .means = "Heads and tails count from 0 to the queue's entries less one, and come round.",
        .todo = "The driver is to take the tail modulo the size that the queue was created with." },
    [NVME_WHY_DISABLED] = {
        .name = "disabled", .section = "NVMe Base 2.0, 3.1.3.5 (CC)", .help = "a doorbell while the controller is disabled",
        .means = "With CC.EN 0 there are no queues, and so no doorbells.",
        .todo = "The driver is to set CC.EN, and to wait for CSTS.RDY." },
    [NVME_WHY_NO_DOORBELL] = {
        .name = "no-doorbell", .section = doorbells, .help = "a write behind the registers that is no doorbell",
        .means = "From 0x1000 on there is one doorbell of 4 bytes at each multiple of the stride (CAP.DSTRD).",
        .todo = "Look at the stride that the driver computes from CAP.DSTRD." },
    [NVME_WHY_READ_ONLY] = {
        .name = "read-only", .section = "NVMe Base 2.0, 3.1.3 (properties)", .help = "a register that is written is read-only",
        .means = "A write there changes nothing. That it is refused rather than ignored is this device's choice.",
        .todo = "A device on PCI ignores writes to read-only registers; its driver need not write there." },
    [NVME_WHYS] = { 0 },
};
