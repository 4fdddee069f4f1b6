/*
 * The table of reasons: what each says of a refused command, and what its author does about it. The files of their themes
 * find them.
 */
#include "decoder/reasons/inside.h"

static const char section_access[] = "Read and Write Operations", section_version[] = "VFIO_USER_VERSION",
                  section_region[] = "VFIO_USER_DEVICE_GET_REGION_INFO", section_map[] = "VFIO_USER_DMA_MAP",
                  section_unmap[] = "VFIO_USER_DMA_UNMAP", section_irqs[] = "VFIO_USER_DEVICE_SET_IRQS",
                  section_feature[] = "VFIO_USER_DEVICE_FEATURE", section_data[] = "VFIO_USER_MIG_DATA_READ";

const struct vfu_reason vfu_reason_table[REASONS] = {
    [REASON_NO_SUCH_REGION] = { "no-such-region", section_region, "the device has fewer regions",
        { .means = "DEVICE_GET_INFO's reply, which is named, says how many regions there are; the index is not below that.",
          .example = "client > #11    REGION_READ                  6  9+0x0 4 bytes\n"
                     "server < #12    REGION_READ                  6  error EINVAL  1.0us\n"
                     "        because region 9: the device has 9 (#4) [no-such-region]",
          .todo = "Ask for num_regions and stay below it." } },
    [REASON_NO_REGION] = { "no-region", section_region, "the region has no bytes",
        { .means = "The region's index is a good one, but its info, which is named, gives it the size 0: the device does "
                   "not have it.",
          .example = "client > #11    REGION_READ                  6  bar1+0x0 4 bytes\n"
                     "server < #12    REGION_READ                  6  error EINVAL  1.0us\n"
                     "        because bar1 has no bytes (#8) [no-region]",
          .todo = "Ask for a region's info before it is used, and leave those of size 0 alone." } },
    [REASON_REGION_END] = { "region-end", section_access, "the access goes beyond the end of its region",
        { .means = "The server has no bytes there: the region's info, in the message that is named, gives its size. "
                   "The command itself breaks the rule region-bounds.",
          .example = "client > #11    REGION_READ                  6  bar0+0x3ffe 4 bytes\n"
                     "server < #12    REGION_READ                  6  error EINVAL  1.0us\n"
                     "        because bar0 ends at 0x4000 (#6) [region-end]",
          .todo = "Keep accesses inside the region, or make the region as large as the driver expects it." } },
    [REASON_REGION_FLAGS] = { "region-flags", section_access, "the region's flags do not allow the access",
        { .means = "The region's info, in the message that is named, has no flag read, or no flag write: accesses of that "
                   "kind are refused.",
          .example = "client > #11    REGION_WRITE                 6  rom+0x0 = 0x00000000\n"
                     "server < #12    REGION_WRITE                 6  error EPERM  1.0us\n"
                     "        because rom can't be written: its flags are 0x1 (#10) [region-flags]",
          .todo = "The device's author sets the flags that its region callback can serve; the client looks at them." } },
    [REASON_TOO_LARGE] = { "too-large", section_version, "more bytes than the receiver's max_data_xfer_size",
        { .means = "In VERSION, the message that is named, the receiver said how much it takes at once. What is absent there "
                   "is 1048576 bytes.",
          .example = "server > #5     DMA_READ                     3  0x10000 8192 bytes\n"
                     "client < #6     DMA_READ                     3  error EINVAL  1.0us\n"
                     "        because 8192 bytes, the client's max_data_xfer_size is 4096 (#1) [too-large]",
          .todo = "Split the transfer." } },
    [REASON_NOT_AGREED] = { "not-agreed", section_version, "REGION_WRITE_MULTI needs write_multiple, which was not agreed on",
        { .means = "A client may only send REGION_WRITE_MULTI when VERSION's reply has write_multiple set to true.",
          .example = "client > #11    REGION_WRITE_MULTI           6  1 write: bar0+0x0 = 0x00000000\n"
                     "server < #12    REGION_WRITE_MULTI           6  error EINVAL  1.0us\n"
                     "        because REGION_WRITE_MULTI was not agreed on (#2) [not-agreed]",
          .todo = "Send single writes, or make the server agree." } },
    [REASON_ODD_ACCESS] = { "odd-access", section_access, "a guess: an access of a width or at an offset that registers don't have",
        { .means = "Most devices take accesses of 1, 2, 4 or 8 bytes at a multiple of that, and refuse others. The "
                   "specification allows any.",
          .example = "client > #11    REGION_READ                  6  bar0+0x0 3 bytes\n"
                     "server < #12    REGION_READ                  6  error EINVAL  1.0us\n"
                     "        perhaps because 3 bytes at once: registers have 1, 2, 4 or 8 [odd-access]",
          .todo = "Access registers by their width; a device should answer others with what the bytes are." } },

    [REASON_CONFIG_WRITE] = { "config-write", section_access, "a guess: a write to what is read-only in config space",
        { .means = "The server refuses a write to config space with an errno that says so, or where a guest sizes BARs and the "
                   "option ROM. Real PCI devices ignore writes to read-only bits; drivers and firmware count on that.",
          .who = "Device servers whose capabilities refuse every write that they do not implement.",
          .example = "client > #11    REGION_WRITE                 6  config+0x30 = 0xfffeffff\n"
                     "server < #12    REGION_WRITE                 6  error EINVAL  1.0us\n"
                     "        perhaps because config+0x30 is read-only: PCI devices ignore such writes, they don't refuse them [config-write]",
          .todo = "Take the write and keep the read-only bits." } },

    [REASON_ALREADY_MAPPED] = { "already-mapped", section_map, "a mapping lies there, and is named",
        { .means = "The new mapping shares bytes with one that the server still has. libvfio-user takes a mapping that is "
                   "there just so (same range, file, offset and flags), and refuses any other.",
          .who = "A VMM that lost count of its mappings, over a reset for instance.",
          .example = "client > #5     DMA_MAP                      3  0x1f000+8K readable  by message\n"
                     "server < #6     DMA_MAP                      3  error EINVAL  1.0us\n"
                     "        because 0x10000+64K: mapped by #3 [already-mapped]",
          .todo = "Unmap the old one first, and wait for the reply." } },
    [REASON_MAP_LIMIT] = { "map-limit", section_version, "max_dma_maps is reached",
        { .means = "VERSION's reply, which is named, says how many mappings the server keeps, and there are as many.",
          .example = "client > #7     DMA_MAP                      4  0x80000+4K readable  by message\n"
                     "server < #8     DMA_MAP                      4  error ENOSPC  1.0us\n"
                     "        because 2 mappings are there, max_dma_maps is 2 (#2) [map-limit]",
          .todo = "Merge mappings, or raise the server's limit." } },
    [REASON_NO_MAP_LIMIT] = { "no-map-limit", section_version, "a guess: the server has a limit that it did not announce",
        { .means = "Absent from VERSION's reply, max_dma_maps is 65535. Nothing else is wrong with the mapping, and there are "
                   "several already: the server may have a smaller table than it says.",
          .who = "Servers with a table of fixed size: a VM with much memory hot-plugged, or a vIOMMU, fills it.",
          .example = "client > #11    DMA_MAP                      6  0x40000+4K readable  by message\n"
                     "server < #12    DMA_MAP                      6  error EINVAL  1.0us\n"
                     "        perhaps because 4 mappings are there, the server announced no max_dma_maps (#2) [no-map-limit]",
          .todo = "Announce max_dma_maps in VERSION's reply." } },
    [REASON_MAP_PAGES] = { "map-pages", section_map, "the range is not made of whole pages",
        { .means = "Address and size are multiples of the smallest page that was agreed on (pgsizes, 4096 if absent), and a "
                   "mapping is not empty.",
          .example = "client > #5     DMA_MAP                      3  0x40800+4K readable  by message\n"
                     "server < #6     DMA_MAP                      3  error EINVAL  1.0us\n"
                     "        because 0x40800+4K is not made of whole pages: they have 4K (#2) [map-pages]",
          .todo = "Round the range to whole pages." } },
    [REASON_MAP_WRAPS] = { "map-wraps", section_map, "the range goes beyond the last address",
        { .means = "Address and size together are more than 64 bits: the range has no end.",
          .example = "client > #5     DMA_MAP                      3  0xfffffffffffff000+8K readable  by message\n"
                     "server < #6     DMA_MAP                      3  error EINVAL  1.0us\n"
                     "        because 0xfffffffffffff000+8K goes beyond the last address [map-wraps]",
          .todo = "Look at where the size comes from: -1 or an unset register, mostly." } },
    [REASON_MAP_WITHOUT_FD] = { "map-without-fd", section_map, "to be mapped or read as a file, and no descriptor came",
        { .means = "Flags 4 (mmap) and 8 (file I/O) say how a descriptor is to be used, and the message brought none.",
          .example = "client > #5     DMA_MAP                      3  0x40000+4K writeable|mmap  by message\n"
                     "server < #6     DMA_MAP                      3  error EINVAL  1.0us\n"
                     "        because to be reached by mmap (flags 0x6), and no descriptor came [map-without-fd]",
          .todo = "Pass the descriptor, or clear the flag, for memory by message." } },
    [REASON_UNKNOWN_FLAGS] = { "unknown-flags", section_map, "flags that are not defined, or not together",
        { .means = "The flags hold a bit that neither the specification nor libvfio-user knows, or bits that exclude each other.",
          .example = "client > #5     DMA_MAP                      3  0x40000+4K readable|writeable|0x10  by message\n"
                     "server < #6     DMA_MAP                      3  error EINVAL  1.0us\n"
                     "        because flags 0x13: nobody knows 0x10 [unknown-flags]",
          .todo = "Clear them." } },
    [REASON_NOT_MAPPED] = { "not-mapped", section_unmap, "nothing is mapped there; the nearest mappings are named",
        { .means = "No DMA_MAP made this range, as far as the whole connection tells.",
          .who = "QEMU unmaps ranges that it never mapped, and takes the ENOENT; a device that DMAs there has a wrong address, "
                 "or the VMM did not map it.",
          .example = "client > #5     DMA_UNMAP                    3  0x30000+4K\n"
                     "server < #6     DMA_UNMAP                    3  error ENOENT  1.0us\n"
                     "        because 0x30000+4K is not mapped; the nearest is 0x10000+64K (#3) [not-mapped]",
          .todo = "Compare the address with the nearest mappings; look for the DMA_MAP that is missing." } },
    [REASON_MAPPED_OTHERWISE] = { "mapped-otherwise", section_unmap, "the range was mapped with other bounds",
        { .means = "An unmap, and a report of dirty pages, name a mapping just as it was made; servers do not split mappings, "
                   "nor take several as one.",
          .example = "client > #5     DMA_UNMAP                    3  0x10000+4K\n"
                     "server < #6     DMA_UNMAP                    3  error ENOENT  1.0us\n"
                     "        because 0x10000+4K is not mapped so: #3 mapped 0x10000+64K [mapped-otherwise]",
          .todo = "Use the bounds of the DMA_MAP that is named." } },
    [REASON_ALREADY_UNMAPPED] = { "already-unmapped", section_unmap, "the range was mapped once, and taken away since",
        { .means = "Both messages are named: the one that mapped it, and the one that took it away. Who uses it now holds on "
                   "to what ended.",
          .example = "client > #7     DMA_UNMAP                    4  0x10000+64K\n"
                     "server < #8     DMA_UNMAP                    4  error ENOENT  1.0us\n"
                     "        because 0x10000+64K, mapped by #3, was unmapped by #5 [already-unmapped]",
          .todo = "On an unmap, a device stops its DMA to the range before it answers." } },
    [REASON_MAP_ACCESS] = { "map-access", section_map, "the mapping's flags do not allow the access",
        { .means = "The mapping is there, but it is not readable, or not writeable, for the device.",
          .example = "server > #7     DMA_WRITE                    4  0x40000 = 00\n"
                     "client < #8     DMA_WRITE                    4  error EPERM  1.0us\n"
                     "        because 0x40000+4K, mapped by #5, is not writeable [map-access]",
          .todo = "Look at what the memory is: ROM is mapped for reading only." } },

    [REASON_LOG_NOT_STARTED] = { "log-not-started", section_feature, "dirty pages are not logged",
        { .means = "A report, or a bitmap with an unmap, needs DMA_LOGGING_START before it, and it was not sent, or was refused, "
                   "or a stop came since.",
          .example = "client > #11    DEVICE_FEATURE               6  DMA_LOGGING_REPORT get 0x100000+64K page size 4K\n"
                     "server < #12    DEVICE_FEATURE               6  error EINVAL  1.0us\n"
                     "        because logging was not started [log-not-started]",
          .todo = "Start the log first." } },
    [REASON_LOG_RUNS] = { "log-runs", section_feature, "a guess: the log runs already",
        { .means = "Servers keep one log, with one page size: libvfio-user refuses to start it again with another.",
          .example = "client > #13    DEVICE_FEATURE               7  DMA_LOGGING_START set page size 8K\n"
                     "server < #14    DEVICE_FEATURE               7  error EINVAL  1.0us\n"
                     "        perhaps because logging runs since #11, with pages of 4K [log-runs]",
          .todo = "Stop it first, or ask for the same pages." } },
    [REASON_DMA_WITHOUT_FD] = { "dma-without-fd", section_feature, "the memory was mapped without a descriptor",
        { .means = "Its DMA_MAP, which is named, brought no descriptor, so the device reaches it by messages, and the server "
                   "keeps no log of its pages: libvfio-user answers EINVAL.",
          .who = "QEMU asks for the pages of all memory, BIOS and option ROMs too, which it maps without a descriptor; the "
                 "migration fails.",
          .example = "client > #15    DEVICE_FEATURE               8  DMA_LOGGING_REPORT get 0xc0000+40K page size 4K\n"
                     "server < #16    DEVICE_FEATURE               8  error EINVAL  1.0us\n"
                     "        because 0xc0000+40K: mapped by #11, without a descriptor [dma-without-fd]",
          .todo = "The server answers with clean pages, or marks what it wrote by DMA_WRITE; the client leaves such ranges out." } },
    [REASON_MAPPED_AFTER_LOG] = { "mapped-after-log", section_feature, "the memory was mapped after the log began",
        { .means = "Its DMA_MAP came after DMA_LOGGING_START; both are named. A server that makes its bitmaps when the log is "
                   "started has none for it.",
          .who = "Older libvfio-user.",
          .example = "client > #15    DEVICE_FEATURE               8  DMA_LOGGING_REPORT get 0x200000+64K page size 4K\n"
                     "server < #16    DEVICE_FEATURE               8  error EINVAL  1.0us\n"
                     "        because 0x200000+64K: mapped by #13, after the log began (#11) [mapped-after-log]",
          .todo = "The server starts logging for what is mapped while the log runs." } },
    [REASON_LOG_PAGE_SIZE] = { "log-page-size", section_feature, "the page size is no power of two, or the range not made of pages",
        { .means = "A bitmap has a bit for each page, whose size is a power of two.",
          .example = "client > #13    DEVICE_FEATURE               7  DMA_LOGGING_REPORT get 0x100000+64K page size 6K\n"
                     "server < #14    DEVICE_FEATURE               7  error EINVAL  1.0us\n"
                     "        because a page size of 0x1800 is no power of two [log-page-size]",
          .todo = "Ask for pages of 4096." } },

    [REASON_NO_SUCH_IRQ] = { "no-such-irq", section_irqs, "the device has fewer IRQ indexes",
        { .means = "DEVICE_GET_INFO's reply, which is named, says how many there are; the index is not below that.",
          .who = "QEMU asks for the ERR and REQ interrupts whatever num_irqs says, and lives with the refusal.",
          .example = "client > #11    DEVICE_GET_IRQ_INFO          6  7\n"
                     "server < #12    DEVICE_GET_IRQ_INFO          6  error EINVAL  1.0us\n"
                     "        because IRQ index 7: the device has 5 (#4) [no-such-irq]",
          .todo = "Ask for num_irqs and stay below it." } },
    [REASON_NO_VECTORS] = { "no-vectors", section_irqs, "the index has fewer vectors",
        { .means = "The index's info, which is named, says how many vectors it has: start and count go beyond them. "
                   "Which have an eventfd is said where it is known.",
          .example = "client > #11    DEVICE_SET_IRQS              6  msix 0+8 eventfd|trigger  fds eventfd,eventfd,eventfd,eventfd,eventfd,eventfd,eventfd,eventfd\n"
                     "server < #12    DEVICE_SET_IRQS              6  error EINVAL  1.0us\n"
                     "        because msix has 4 vectors (#6), none armed [no-vectors]",
          .todo = "The MSI or MSI-X capability in config space and DEVICE_GET_IRQ_INFO have to say the same count." } },
    [REASON_IRQ_FLAGS] = { "irq-not-offered", section_irqs, "the index's flags do not offer the action",
        { .means = "The index's info, which is named, has no flag maskable, or no flag eventfd.",
          .who = "libvfio-user calls no index maskable, yet takes mask and unmask of INTx.",
          .example = "client > #11    DEVICE_SET_IRQS              6  msix 0+1 none|mask\n"
                     "server < #12    DEVICE_SET_IRQS              6  error EINVAL  1.0us\n"
                     "        because msix is not maskable: its flags are 0x9 (#6) [irq-not-offered]",
          .todo = "The device's author sets the flag, or the client leaves the action." } },
    [REASON_IRQ_EMPTY] = { "irq-empty", section_irqs, "a count of 0, which only disables a whole index",
        { .means = "With no vectors named, SET_IRQS means one thing: with the flags none and trigger, and start 0, it disables "
                   "the index.",
          .example = "client > #11    DEVICE_SET_IRQS              6  msix 0+0 eventfd|trigger\n"
                     "server < #12    DEVICE_SET_IRQS              6  error EINVAL  1.0us\n"
                     "        because a count of 0 disables the index: with none|trigger and start 0 only [irq-empty]",
          .todo = "Name vectors, or use these flags." } },
    [REASON_IRQ_NORESIZE] = { "irq-noresize", section_irqs, "a guess: vectors can't be added while some are armed",
        { .means = "The flag noresize says that the vectors of an index are enabled together: to have more, it is disabled "
                   "first.",
          .example = "client > #13    DEVICE_SET_IRQS              7  msix 0+4 eventfd|trigger  fds eventfd,eventfd,eventfd,eventfd\n"
                     "server < #14    DEVICE_SET_IRQS              7  error EINVAL  1.0us\n"
                     "        perhaps because msix can't grow while vectors are armed: noresize (#6) [irq-noresize]",
          .todo = "Disable the index, then arm all that are wanted." } },
    [REASON_NONE_ARMED] = { "none-armed", section_irqs, "a guess: none of the vectors has an eventfd",
        { .means = "To trigger, mask or unmask vectors that were never armed means nothing, and some servers refuse it.",
          .example = "client > #11    DEVICE_SET_IRQS              6  msix 0+1 none|trigger\n"
                     "server < #12    DEVICE_SET_IRQS              6  error EINVAL  1.0us\n"
                     "        perhaps because msix has 4 vectors (#6), none armed [none-armed]",
          .todo = "Arm them first." } },

    [REASON_NO_RESET] = { "no-reset", "VFIO_USER_DEVICE_RESET", "the device does not offer a reset",
        { .means = "DEVICE_GET_INFO's reply, which is named, has no flag reset.",
          .example = "client > #11    DEVICE_RESET                 6\n"
                     "server < #12    DEVICE_RESET                 6  error EINVAL  1.0us\n"
                     "        because the device's flags are 0x2, without reset (#4) [no-reset]",
          .todo = "Look at the flag first." } },
    [REASON_UNKNOWN_FEATURE] = { "unknown-feature", section_feature, "vfio-user has no such feature",
        { .means = "vfio-user has the features MIGRATION, MIG_DEVICE_STATE and those of DMA_LOGGING; what else VFIO has, no "
                   "server has to know.",
          .example = "client > #11    DEVICE_FEATURE               6  77 get\n"
                     "server < #12    DEVICE_FEATURE               6  error EINVAL  1.0us\n"
                     "        because nobody knows a feature 77 [unknown-feature]",
          .todo = "Probe a feature before it is used, and do without." } },
    [REASON_FEATURE_ACCESS] = { "feature-access", section_feature, "the feature can't be got, or not be set",
        { .means = "MIGRATION and DMA_LOGGING_REPORT are only got, DMA_LOGGING_START and _STOP only set. A probe with the "
                   "wrong one of these flags is refused as well.",
          .example = "client > #11    DEVICE_FEATURE               6  MIGRATION set\n"
                     "server < #12    DEVICE_FEATURE               6  error EINVAL  1.0us\n"
                     "        because MIGRATION can be got, not set [feature-access]",
          .todo = "Use the other flag." } },
    [REASON_ARGSZ_SMALL] = { "argsz-small", section_feature, "the reply does not fit into argsz",
        { .means = "argsz is the room that the client has for the reply, and its data need more. A bitmap takes 8 bytes for "
                   "each 64 pages.",
          .example = "client > #11    DEVICE_FEATURE               6  MIGRATION get\n"
                     "server < #12    DEVICE_FEATURE               6  error EINVAL  1.0us\n"
                     "        because argsz is 8, the reply has 16 bytes [argsz-small]",
          .todo = "Set argsz to the size that is said." } },
    [REASON_NO_ARC] = { "no-arc", section_feature, "the state can't be reached from where the device is",
        { .means = "Not every migration state follows every other: from STOP_COPY there is no way back to PRE_COPY, ERROR can't "
                   "be asked for, and only a reset leaves it. Who said what state it is in is named.",
          .example = "client > #13    DEVICE_FEATURE               7  MIG_DEVICE_STATE set PRE_COPY\n"
                     "server < #14    DEVICE_FEATURE               7  error EINVAL  1.0us\n"
                     "        because PRE_COPY can't be reached from STOP_COPY (#11) [no-arc]",
          .todo = "Go by way of a state that both have, STOP or RUNNING; reset a device in ERROR." } },
    [REASON_STATE_NOT_OFFERED] = { "state-not-offered", section_feature, "the device does not have this migration state",
        { .means = "The feature MIGRATION's flags, in the reply that is named, say which states there are: PRE_COPY needs "
                   "pre_copy, RUNNING_P2P needs p2p.",
          .example = "client > #13    DEVICE_FEATURE               7  MIG_DEVICE_STATE set PRE_COPY\n"
                     "server < #14    DEVICE_FEATURE               7  error EINVAL  1.0us\n"
                     "        because PRE_COPY is not offered: the device's migration flags are 0x1 (#12) [state-not-offered]",
          .todo = "Look at the flags before a state is asked for." } },
    [REASON_WRONG_STATE] = { "wrong-state", section_data, "the device neither saves nor resumes",
        { .means = "Migration data is read in PRE_COPY and STOP_COPY, and written in RESUMING. Who said what state the device is "
                   "in is named.",
          .example = "client > #13    MIG_DATA_READ                7  16\n"
                     "server < #14    MIG_DATA_READ                7  error EINVAL  1.0us\n"
                     "        because the device is in state STOP (#11), not PRE_COPY or STOP_COPY [wrong-state]",
          .todo = "Set the state first, and look at the reply." } },
    [REASON_NO_MIGRATION] = { "no-migration", section_feature, "a guess: the device can't be migrated",
        { .means = "Neither VERSION's reply nor the feature MIGRATION speak of it: the server may have no code for it.",
          .who = "libvfio-user refuses all these features with EINVAL when the device has no migration callbacks; SPDK's "
                 "devices have none.",
          .example = "client > #3     DEVICE_FEATURE               2  MIGRATION get\n"
                     "server < #4     DEVICE_FEATURE               2  error EINVAL  1.0us\n"
                     "        perhaps because the device has no migration: VERSION's reply has none (#2) [no-migration]",
          .todo = "Probe the feature MIGRATION; the VM can't migrate with this device." } },
    [REASON_DEVICE_STOPPED] = { "device-stopped", section_feature, "a guess: the device is stopped for a migration",
        { .means = "In STOP and STOP_COPY libvfio-user only takes accesses, features and migration data, and in STOP_COPY no "
                   "accesses either. The specification does not say so.",
          .example = "client > #13    DMA_MAP                      7  0x400000+4K readable  by message\n"
                     "server < #14    DMA_MAP                      7  error EINVAL  1.0us\n"
                     "        perhaps because the device is in state STOP (#11) [device-stopped]",
          .todo = "Set the state to RUNNING first, or end the migration before the device is used." } },

    [REASON_WRONG_MAJOR] = { "wrong-major", section_version, "there is no such major version",
        { .means = "vfio-user's major version is 0; a server that does not know the one proposed refuses.",
          .example = "client > #1     VERSION                      1  1.0\n"
                     "server < #2     VERSION                      1  error EINVAL  1.0us\n"
                     "        because major version 1: there is 0 only [wrong-major]",
          .todo = "Propose 0." } },
    [REASON_VERSION_LIMIT] = { "version-limit", section_version, "a guess: more than libvfio-user takes",
        { .means = "libvfio-user refuses a VERSION with max_msg_fds above 16, or, for a device that migrates, "
                   "migration.pgsize other than 4096.",
          .example = "client > #1     VERSION                      1  0.0 {\"capabilities\":{\"max_msg_fds\":17}}\n"
                     "server < #2     VERSION                      1  error EINVAL  1.0us\n"
                     "        perhaps because max_msg_fds is 17: libvfio-user takes up to 16 [version-limit]",
          .todo = "Propose less." } },

    [REASON_UNKNOWN_COMMAND] = { "unknown-command", "Commands", "the specification has no such command",
        { .means = "The command's number is in no text that is known. libvfio-user answers EINVAL, others ENOSYS or ENOTSUP.",
          .example = "client > #11    UNKNOWN 19                   6  00\n"
                     "server < #12    UNKNOWN 19                   6  error ENOSYS  1.0us\n"
                     "        because nobody knows a command 19 [unknown-command]",
          .todo = "Look at the number, and at what comes before it: a header read out of step looks like this." } },
    [REASON_LEGACY_COMMAND] = { "legacy-command", "VFIO_USER_DIRTY_PAGES", "a guess: the command is of an older specification",
        { .means = "DIRTY_PAGES was taken out of the specification; today's servers refuse it.",
          .example = "client > #11    DIRTY_PAGES                  6  start\n"
                     "server < #12    DIRTY_PAGES                  6  error EINVAL  1.0us\n"
                     "        perhaps because DIRTY_PAGES is of an older specification: the features DMA_LOGGING_... are in its place [legacy-command]",
          .todo = "Use the features DMA_LOGGING_START, _REPORT and _STOP." } },
    [REASON_RULE_BROKEN] = { "rule-broken", "Header", "the command breaks a rule, which is named",
        { .means = "The command is wrong in itself, in the way that the rule says; explain has it, by the name in the "
                   "sentence. As a guess where servers often let that pass.",
          .example = "client > #11    DEVICE_GET_INFO              6\n"
                     "server < #12    DEVICE_GET_INFO              6  error EINVAL  1.0us\n"
                     "        because #11 breaks argsz-too-small: argsz is 8, the fixed part has 16 bytes [rule-broken]",
          .todo = "Mend the command." } },
    [REASON_INJECTED] = { "injected", "Header", "the tap had a hand in it, as it was asked to",
        { .means = "With --inject, with interception or with --expose the tap answered in a peer's place, or changed the command, "
                   "or it sent the command itself, as a probe: the refusal says nothing about the peers.",
          .example = "client > #11    DEVICE_GET_INFO              6  changed: injected\n"
                     "server < #12    DEVICE_GET_INFO              6  error EIO  changed: injected  1.0us\n"
                     "        because the tap had a hand in #11: an injection, an interception, --expose, or a probe [injected]",
          .todo = "Leave the option out." } },
};

const struct vfu_reason *vfu_reasons(size_t *count)
{
    *count = REASONS;
    return vfu_reason_table;
}
