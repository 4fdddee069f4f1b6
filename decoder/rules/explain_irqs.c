/*
 * Rules of interrupts, at length. See struct vfu_explanation.
 */
#include "decoder/rules/inside.h"

const struct vfu_explained vfu_explain_irqs[] = {
    { "no-such-irq",
      { .means = "The device said in DEVICE_GET_INFO how many interrupt types it has, and this one is behind the "
                 "last. For PCI they are 0 INTx, 1 MSI, 2 MSI-X, 3 ERR, 4 REQ. The server has to refuse it.",
        .who = "libvfio-user answers EINVAL.",
        .example = "client > #13    DEVICE_SET_IRQS              7  err disable\n"
                   "        ! violation by the client: IRQ index err, the device has 3 [no-such-irq]",
        .todo = "Set up only types below num_irqs, whose DEVICE_GET_IRQ_INFO has a count above 0." } },
    { "irq-range",
      { .means = "start and count reach past the vectors that the server told of in DEVICE_GET_IRQ_INFO. A server "
                 "that does not check, or whose sum wraps around, writes behind its table of vectors.",
        .who = "libvfio-user accepted start 1 with count 0xffffffff, whose sum is 0, until it was mended.",
        .example = "client > #13    DEVICE_SET_IRQS              7  msix 3+2 none|trigger\n"
                   "        ! violation by the client: msix 3+2, the index has 4 vectors [irq-range]",
        .todo = "As a client keep start + count within the info's count. As a server compare in 64 bits." } },
    { "irq-flags",
      { .means = "The flags of DEVICE_SET_IRQS name one kind of data (none, bool, eventfd) and one action (mask, "
                 "unmask, trigger). With none or two of either it is not clear what is to be done.",
        .example = "client > #13    DEVICE_SET_IRQS              7  intx 0+1 none|unmask|trigger\n"
                   "        ! violation by the client: flags 0x31: of 0x7 and of 0x38 one is to be set [irq-flags]",
        .todo = "Set exactly one of 0x7 and exactly one of 0x38. To arm vectors it is 0x24, to disable an index 0x21 "
                "with start 0 and count 0." } },
    { "irq-action",
      { .means = "The action is one that the interrupt's info does not offer: masking without the maskable flag, or "
                 "eventfds without the eventfd flag. The server may refuse it.",
        .who = "libvfio-user calls no interrupt type maskable, and QEMU unmasks INTx after each interrupt all the "
               "same.",
        .example = "client > #13    DEVICE_SET_IRQS              7  msix 0+1 none|mask\n"
                   "        ! suspicious: the client: msix is not maskable: its flags are 0x1 [irq-action]",
        .todo = "As a client look at the flags of DEVICE_GET_IRQ_INFO. As a server set the flag for what works; INTx "
                "needs maskable and automasked." } },
    { "irq-fd-count",
      { .means = "With the eventfd flag there is one descriptor for each vector, or none, which takes the eventfds "
                 "away. Here it is another number, so it is not clear which vector gets which. Without that flag no "
                 "descriptor belongs there.",
        .who = "libvfio-user answers EINVAL.",
        .example = "client > #13    DEVICE_SET_IRQS              7  msix 0+2 eventfd|trigger  fd eventfd\n"
                   "        ! violation by the client: 1 descriptors for 2 vectors, flags 0x24 [irq-fd-count]",
        .todo = "Send as many descriptors as count says; where max_msg_fds allows fewer, send several messages." } },
    { "irq-fired",
      { .means = "The client triggers vectors that it gave eventfds to: it gets these interrupts itself, as if the "
                 "device had fired them. As a rule it meant to switch the interrupt type off; that is count 0 with "
                 "start 0.",
        .who = "Some VMMs fired all their vectors at teardown. The guest then sees interrupts from a device that is "
               "being shut down.",
        .example = "server < #12    DEVICE_GET_IRQ_INFO          6  msix 4 vectors eventfd  1.0us\n"
                   "client > #13    DEVICE_SET_IRQS              7  msix 0+2 eventfd|trigger  fds eventfd,eventfd\n"
                   "client > #14    DEVICE_SET_IRQS              8  msix 0+4 none|trigger\n"
                   "        ! suspicious: the client: fires the armed vectors of msix; to disable the index, count is 0 [irq-fired]",
        .todo = "To disable an index send 0x21 (none and trigger) with start 0 and count 0." } },
    { "irq-none-to-take",
      { .means = "DEVICE_SET_IRQS with the eventfd flag and without descriptors takes eventfds away, and there never "
                 "were any. It came before the client had passed any descriptor at all, and for several vectors: so "
                 "they were probably lost on their way, and the interrupts will never come.",
        .who = "A relay that does not pass ancillary data on, such as socat, turns each \"arm\" into a \"take "
               "away\". QEMU takes away what is not there, too, but not before it has passed some descriptor; that "
               "is not meant here.",
        .example = "client > #13    DEVICE_SET_IRQS              7  msix 0+4 eventfd|trigger\n"
                   "        ! suspicious: the client: takes eventfds away from msix 0+4, which has none: were descriptors lost on the way? [irq-none-to-take]",
        .todo = "Connect client and server without the relay, or with one that passes descriptors, and look whether "
                "they arrive." } },
    { NULL },
};
