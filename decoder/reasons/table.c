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
          .todo = "Ask for num_regions and stay below it." } },
    [REASON_NO_REGION] = { "no-region", section_region, "the region has no bytes",
        { .means = "The region's index is a good one, but its info, which is named, gives it the size 0: the device does "
                   "not have it.",
          .todo = "Ask for a region's info before it is used, and leave those of size 0 alone." } },
    [REASON_REGION_END] = { "region-end", section_access, "the access goes beyond the end of its region",
        { .means = "The server has no bytes there: the region's info, in the message that is named, gives its size. "
                   "The command itself breaks the rule region-bounds.",
          .example = "server < REGION_READ                  6  error EINVAL\n"
                     "        because bar0 ends at 0x1000 (#6) [region-end]",
          .todo = "Keep accesses inside the region, or make the region as large as the driver expects it." } },
    [REASON_REGION_FLAGS] = { "region-flags", section_access, "the region's flags do not allow the access",
        { .means = "The region's info, in the message that is named, has no flag read, or no flag write: accesses of that "
                   "kind are refused.",
          .todo = "The device's author sets the flags that its region callback can serve; the client looks at them." } },
    [REASON_TOO_LARGE] = { "too-large", section_version, "more bytes than the receiver's max_data_xfer_size",
        { .means = "In VERSION, the message that is named, the receiver said how much it takes at once. What is absent there "
                   "is 1048576 bytes.",
          .todo = "Split the transfer." } },
    [REASON_NOT_AGREED] = { "not-agreed", section_version, "REGION_WRITE_MULTI needs write_multiple, which was not agreed on",
        { .means = "A client may only send REGION_WRITE_MULTI when VERSION's reply has write_multiple set to true.",
          .todo = "Send single writes, or make the server agree." } },
    [REASON_ODD_ACCESS] = { "odd-access", section_access, "a guess: an access of a width or at an offset that registers don't have",
        { .means = "Most devices take accesses of 1, 2, 4 or 8 bytes at a multiple of that, and refuse others. The "
                   "specification allows any.",
          .todo = "Access registers by their width; a device should answer others with what the bytes are." } },

    [REASON_ALREADY_MAPPED] = { "already-mapped", section_map, "a mapping lies there, and is named",
        { .means = "The new mapping shares bytes with one that the server still has. libvfio-user takes a mapping that is "
                   "there just so (same range, file, offset and flags), and refuses any other.",
          .who = "A VMM that lost count of its mappings, over a reset for instance.",
          .example = "server < DMA_MAP                      4  error EINVAL\n"
                     "        because 0x10000+64K: mapped by #5 [already-mapped]",
          .todo = "Unmap the old one first, and wait for the reply." } },
    [REASON_MAP_LIMIT] = { "map-limit", section_version, "max_dma_maps is reached",
        { .means = "VERSION's reply, which is named, says how many mappings the server keeps, and there are as many.",
          .todo = "Merge mappings, or raise the server's limit." } },
    [REASON_NO_MAP_LIMIT] = { "no-map-limit", section_version, "a guess: the server has a limit that it did not announce",
        { .means = "Absent from VERSION's reply, max_dma_maps is 65535. Nothing else is wrong with the mapping, and there are "
                   "several already: the server may have a smaller table than it says.",
          .who = "Servers with a table of fixed size: a VM with much memory hot-plugged, or a vIOMMU, fills it.",
          .todo = "Announce max_dma_maps in VERSION's reply." } },
    [REASON_MAP_PAGES] = { "map-pages", section_map, "the range is not made of whole pages",
        { .means = "Address and size are multiples of the smallest page that was agreed on (pgsizes, 4096 if absent), and a "
                   "mapping is not empty.",
          .todo = "Round the range to whole pages." } },
    [REASON_MAP_WRAPS] = { "map-wraps", section_map, "the range goes beyond the last address",
        { .means = "Address and size together are more than 64 bits: the range has no end.",
          .todo = "Look at where the size comes from: -1 or an unset register, mostly." } },
    [REASON_MAP_WITHOUT_FD] = { "map-without-fd", section_map, "to be mapped or read as a file, and no descriptor came",
        { .means = "Flags 4 (mmap) and 8 (file I/O) say how a descriptor is to be used, and the message brought none.",
          .todo = "Pass the descriptor, or clear the flag, for memory by message." } },
    [REASON_UNKNOWN_FLAGS] = { "unknown-flags", section_map, "flags that are not defined, or not together",
        { .means = "The flags hold a bit that neither the specification nor libvfio-user knows, or bits that exclude each other.",
          .todo = "Clear them." } },
    [REASON_NOT_MAPPED] = { "not-mapped", section_unmap, "nothing is mapped there; the nearest mappings are named",
        { .means = "No DMA_MAP made this range, as far as the whole connection tells.",
          .who = "QEMU unmaps ranges that it never mapped, and takes the ENOENT; a device that DMAs there has a wrong address, "
                 "or the VMM did not map it.",
          .example = "server < DMA_UNMAP                    5  error ENOENT\n"
                     "        because 0x30000+4K is not mapped; the nearest is 0x10000+64K (#5) [not-mapped]",
          .todo = "Compare the address with the nearest mappings; look for the DMA_MAP that is missing." } },
    [REASON_MAPPED_OTHERWISE] = { "mapped-otherwise", section_unmap, "the range was mapped with other bounds",
        { .means = "An unmap, and a report of dirty pages, name a mapping just as it was made; servers do not split mappings, "
                   "nor take several as one.",
          .todo = "Use the bounds of the DMA_MAP that is named." } },
    [REASON_ALREADY_UNMAPPED] = { "already-unmapped", section_unmap, "the range was mapped once, and taken away since",
        { .means = "Both messages are named: the one that mapped it, and the one that took it away. Who uses it now holds on "
                   "to what ended.",
          .todo = "On an unmap, a device stops its DMA to the range before it answers." } },
    [REASON_MAP_ACCESS] = { "map-access", section_map, "the mapping's flags do not allow the access",
        { .means = "The mapping is there, but it is not readable, or not writeable, for the device.",
          .todo = "Look at what the memory is: ROM is mapped for reading only." } },

    [REASON_LOG_NOT_STARTED] = { "log-not-started", section_feature, "dirty pages are not logged",
        { .means = "A report, or a bitmap with an unmap, needs DMA_LOGGING_START before it, and it was not sent, or was refused, "
                   "or a stop came since.",
          .todo = "Start the log first." } },
    [REASON_LOG_RUNS] = { "log-runs", section_feature, "a guess: the log runs already",
        { .means = "Servers keep one log, with one page size: libvfio-user refuses to start it again with another.",
          .todo = "Stop it first, or ask for the same pages." } },
    [REASON_DMA_WITHOUT_FD] = { "dma-without-fd", section_feature, "the memory was mapped without a descriptor",
        { .means = "Its DMA_MAP, which is named, brought no descriptor, so the device reaches it by messages, and the server "
                   "keeps no log of its pages: libvfio-user answers EINVAL.",
          .who = "QEMU asks for the pages of all memory, BIOS and option ROMs too, which it maps without a descriptor; the "
                 "migration fails.",
          .example = "server < DEVICE_FEATURE              23  error EINVAL\n"
                     "        because 0xc0000+40K: mapped by #37, without a descriptor [dma-without-fd]",
          .todo = "The server answers with clean pages, or marks what it wrote by DMA_WRITE; the client leaves such ranges out." } },
    [REASON_MAPPED_AFTER_LOG] = { "mapped-after-log", section_feature, "the memory was mapped after the log began",
        { .means = "Its DMA_MAP came after DMA_LOGGING_START; both are named. A server that makes its bitmaps when the log is "
                   "started has none for it.",
          .who = "Older libvfio-user.",
          .example = "server < DEVICE_FEATURE              24  error EINVAL\n"
                     "        because 0x200000+64K: mapped by #41, after the log began (#39) [mapped-after-log]",
          .todo = "The server starts logging for what is mapped while the log runs." } },
    [REASON_LOG_PAGE_SIZE] = { "log-page-size", section_feature, "the page size is no power of two",
        { .means = "A bitmap has a bit for each page, whose size is a power of two.", .todo = "Ask for pages of 4096." } },

    [REASON_NO_SUCH_IRQ] = { "no-such-irq", section_irqs, "the device has fewer IRQ indexes",
        { .means = "DEVICE_GET_INFO's reply, which is named, says how many there are; the index is not below that.",
          .who = "QEMU asks for the ERR and REQ interrupts whatever num_irqs says, and lives with the refusal.",
          .todo = "Ask for num_irqs and stay below it." } },
    [REASON_NO_VECTORS] = { "no-vectors", section_irqs, "the index has fewer vectors",
        { .means = "The index's info, which is named, says how many vectors it has: start and count go beyond them. "
                   "Which have an eventfd is said where it is known.",
          .example = "server < DEVICE_SET_IRQS              7  error EINVAL\n"
                     "        because msix has 4 vectors (#8), none armed [no-vectors]",
          .todo = "The MSI or MSI-X capability in config space and DEVICE_GET_IRQ_INFO have to say the same count." } },
    [REASON_IRQ_FLAGS] = { "irq-not-offered", section_irqs, "the index's flags do not offer the action",
        { .means = "The index's info, which is named, has no flag maskable, or no flag eventfd.",
          .who = "libvfio-user calls no index maskable, yet takes mask and unmask of INTx.",
          .todo = "The device's author sets the flag, or the client leaves the action." } },
    [REASON_IRQ_EMPTY] = { "irq-empty", section_irqs, "a count of 0, which only disables a whole index",
        { .means = "With no vectors named, SET_IRQS means one thing: with the flags none and trigger, and start 0, it disables "
                   "the index.",
          .todo = "Name vectors, or use these flags." } },
    [REASON_IRQ_NORESIZE] = { "irq-noresize", section_irqs, "a guess: vectors can't be added while some are armed",
        { .means = "The flag noresize says that the vectors of an index are enabled together: to have more, it is disabled "
                   "first.",
          .todo = "Disable the index, then arm all that are wanted." } },
    [REASON_NONE_ARMED] = { "none-armed", section_irqs, "a guess: none of the vectors has an eventfd",
        { .means = "To trigger, mask or unmask vectors that were never armed means nothing, and some servers refuse it.",
          .todo = "Arm them first." } },

    [REASON_NO_RESET] = { "no-reset", "VFIO_USER_DEVICE_RESET", "the device does not offer a reset",
        { .means = "DEVICE_GET_INFO's reply, which is named, has no flag reset.", .todo = "Look at the flag first." } },
    [REASON_UNKNOWN_FEATURE] = { "unknown-feature", section_feature, "vfio-user has no such feature",
        { .means = "vfio-user has the features MIGRATION, MIG_DEVICE_STATE and those of DMA_LOGGING; what else VFIO has, no "
                   "server has to know.",
          .todo = "Probe a feature before it is used, and do without." } },
    [REASON_FEATURE_ACCESS] = { "feature-access", section_feature, "the feature can't be got, or not be set",
        { .means = "MIGRATION and DMA_LOGGING_REPORT are only got, DMA_LOGGING_START and _STOP only set. A probe with the "
                   "wrong one of these flags is refused as well.",
          .todo = "Use the other flag." } },
    [REASON_ARGSZ_SMALL] = { "argsz-small", section_feature, "the reply does not fit into argsz",
        { .means = "argsz is the room that the client has for the reply, and its data need more. A bitmap takes 8 bytes for "
                   "each 64 pages.",
          .todo = "Set argsz to the size that is said." } },
    [REASON_NO_ARC] = { "no-arc", section_feature, "the state can't be reached from where the device is",
        { .means = "Not every migration state follows every other: from STOP_COPY there is no way back to PRE_COPY, ERROR can't "
                   "be asked for, and only a reset leaves it. Who said what state it is in is named.",
          .todo = "Go by way of a state that both have, STOP or RUNNING; reset a device in ERROR." } },
    [REASON_STATE_NOT_OFFERED] = { "state-not-offered", section_feature, "the device does not have this migration state",
        { .means = "The feature MIGRATION's flags, in the reply that is named, say which states there are: PRE_COPY needs "
                   "pre_copy, RUNNING_P2P needs p2p.",
          .todo = "Look at the flags before a state is asked for." } },
    [REASON_WRONG_STATE] = { "wrong-state", section_data, "the device neither saves nor resumes",
        { .means = "Migration data is read in PRE_COPY and STOP_COPY, and written in RESUMING. Who said what state the device is "
                   "in is named.",
          .todo = "Set the state first, and look at the reply." } },
    [REASON_NO_MIGRATION] = { "no-migration", section_feature, "a guess: the device can't be migrated",
        { .means = "Neither VERSION's reply nor the feature MIGRATION speak of it: the server may have no code for it.",
          .who = "libvfio-user refuses all these features with EINVAL when the device has no migration callbacks; SPDK's "
                 "devices have none.",
          .todo = "Probe the feature MIGRATION; the VM can't migrate with this device." } },
    [REASON_DEVICE_STOPPED] = { "device-stopped", section_feature, "a guess: the device is stopped for a migration",
        { .means = "In STOP and STOP_COPY libvfio-user only takes accesses, features and migration data, and in STOP_COPY no "
                   "accesses either. The specification does not say so.",
          .todo = "Set the state to RUNNING first, or end the migration before the device is used." } },

    [REASON_WRONG_MAJOR] = { "wrong-major", section_version, "there is no such major version",
        { .means = "vfio-user's major version is 0; a server that does not know the one proposed refuses.",
          .todo = "Propose 0." } },
    [REASON_VERSION_LIMIT] = { "version-limit", section_version, "a guess: more than libvfio-user takes",
        { .means = "libvfio-user refuses a VERSION with max_msg_fds above 16, or, for a device that migrates, "
                   "migration.pgsize other than 4096.",
          .todo = "Propose less." } },

    [REASON_UNKNOWN_COMMAND] = { "unknown-command", "Commands", "the specification has no such command",
        { .means = "The command's number is in no text that is known. libvfio-user answers EINVAL, others ENOSYS or ENOTSUP.",
          .todo = "Look at the number, and at what comes before it: a header read out of step looks like this." } },
    [REASON_LEGACY_COMMAND] = { "legacy-command", "VFIO_USER_DIRTY_PAGES", "a guess: the command is of an older specification",
        { .means = "DIRTY_PAGES was taken out of the specification; today's servers refuse it.",
          .todo = "Use the features DMA_LOGGING_START, _REPORT and _STOP." } },
    [REASON_RULE_BROKEN] = { "rule-broken", "Header", "the command breaks a rule, which is named",
        { .means = "The command is wrong in itself, in the way that the rule says; explain has it, by the name in the "
                   "sentence. As a guess where servers often let that pass.",
          .todo = "Mend the command." } },
    [REASON_INJECTED] = { "injected", "Header", "the tap did it, as it was asked to",
        { .means = "With --inject, with interception or with --expose the tap answered in a peer's place, or changed the command: "
                   "the refusal says nothing about the peers.",
          .todo = "Leave the option out." } },
};

const struct vfu_reason *vfu_reasons(size_t *count)
{
    *count = REASONS;
    return vfu_reason_table;
}
