/*
 * The table of the rules: what each demands, how bad it is to break it, where it stands in the specification. The
 * checks are in the files of their themes.
 */
#include "decoder/rules/inside.h"
#include "decoder/rules/rules.h"

#include <string.h>

#define MUST VFU_VIOLATION
#define ODD VFU_SUSPICIOUS
static const char section_header[] = "Header", section_version[] = "VFIO_USER_VERSION",
                  section_sizes[] = "Message sizes", section_access[] = "Read and Write Operations",
                  section_irqs[] = "VFIO_USER_DEVICE_SET_IRQS",
                  section_region[] = "VFIO_USER_DEVICE_GET_REGION_INFO", section_feature[] = "VFIO_USER_DEVICE_FEATURE",
                  section_map[] = "VFIO_USER_DMA_MAP", section_order[] = "Command Concurrency";

const struct vfu_rule vfu_rule_table[RULES] = {
    [RULE_SIZE_IMPOSSIBLE] = { "size-impossible", MUST, section_header,
                               "a message's size is at least 16 and not above what any peer takes" },
    [RULE_SIZE_ABOVE_AGREED] = { "size-above-agreed", ODD, section_sizes,
                                 "no message is larger than the agreed max_data_xfer_size explains" },
    [RULE_RESERVED_FLAGS] = { "reserved-flags", MUST, section_header, "reserved flag bits are zero" },
    [RULE_UNKNOWN_TYPE] = { "unknown-type", MUST, section_header, "a message is a command (0) or a reply (1)" },
    [RULE_UNKNOWN_COMMAND] = { "unknown-command", ODD, "Commands", "a command is one of the specification's" },
    [RULE_WRONG_DIRECTION] = { "wrong-direction", MUST, "Commands", "a command comes from the side that may send it" },
    [RULE_ERROR_IN_COMMAND] = { "error-in-command", MUST, section_header,
                                "only a reply has the error flag or an errno" },
    [RULE_ERROR_REPLY_PAYLOAD] = { "error-reply-payload", ODD, section_header, "an error reply is its header alone",
                                   "libvfio-user, and so SPDK, sends the body of a good one along" },
    [RULE_ERROR_WITHOUT_FLAG] = { "error-without-flag", ODD, section_header,
                                  "a reply with an errno has the error flag" },
    [RULE_NO_REPLY_QUESTION] = { "no-reply-question", ODD, section_header,
                                 "a command whose reply has what it asks for does without No_reply" },
    [RULE_REPLY_WITHOUT_COMMAND] = { "reply-without-command", MUST, section_header,
                                     "a reply has the id and the number of a command that waits for it" },
    [RULE_REPLY_TO_NO_REPLY] = { "reply-to-no-reply", MUST, section_header, "a command with No_reply gets no reply" },
    [RULE_DUPLICATE_REPLY] = { "duplicate-reply", MUST, section_header, "a command gets one reply" },
    [RULE_COMMAND_MISMATCH] = { "command-mismatch", MUST, section_header, "a reply repeats its command's number" },
    [RULE_NEVER_ANSWERED] = { "never-answered", ODD, section_header, "a command gets a reply",
                              "whoever ends a connection leaves what was under way unanswered" },
    [RULE_VERSION_NOT_FIRST] = { "version-not-first", MUST, section_version, "VERSION is a client's first message" },
    [RULE_VERSION_TWICE] = { "version-twice", MUST, section_version, "VERSION comes once" },
    [RULE_VERSION_UNANSWERED] = { "version-unanswered", ODD, section_version,
                                  "commands wait for VERSION's reply: before it nobody knows what was agreed on" },
    [RULE_MAJOR_CHANGED] = { "major-changed", MUST, section_version, "the reply's major version is the one proposed" },
    [RULE_MINOR_RAISED] = { "minor-raised", MUST, section_version,
                            "the reply's minor version is not above the proposed" },
    [RULE_CAPABILITY_NOT_OFFERED] = { "capability-not-offered", ODD, section_version,
                                      "the reply's capabilities are among those proposed",
                                      "libvfio-user answers with all it has, whatever the client proposed" },
    [RULE_CAPABILITY_LIMIT] = { "capability-limit", ODD, section_version,
                                "a limit leaves the other side something to use" },
    [RULE_JSON_WITHOUT_NUL] = { "json-without-nul", MUST, section_version, "the version data ends with a NUL" },
    [RULE_JSON_INVALID] = { "json-invalid", MUST, section_version, "the version data is a JSON object, and nothing else" },
    [RULE_JSON_WRONG_TYPE] = { "json-wrong-type", MUST, section_version,
                               "a capability has the type that its name says" },
    [RULE_WRITE_MULTIPLE_NOT_AGREED] = { "write-multiple-not-agreed", MUST, section_version,
                                         "REGION_WRITE_MULTI needs write_multiple" },
    [RULE_TOO_SHORT] = { "too-short", MUST, section_sizes, "a message has all the fields of its command" },
    [RULE_TOO_LONG] = { "too-long", MUST, section_sizes, "a message has no bytes beyond its command's fields" },
    [RULE_ARGSZ_TOO_SMALL] = { "argsz-too-small", MUST, section_sizes, "argsz has room for the fixed part" },
    [RULE_NOT_ZERO] = { "not-zero", ODD, section_sizes, "what only the reply fills in is zero in the request" },
    [RULE_REPLY_ABOVE_ARGSZ] = { "reply-above-argsz", MUST, section_sizes,
                                 "a reply's payload is not larger than its request's argsz" },
    [RULE_REPLY_ARGSZ] = { "reply-argsz", ODD, section_sizes, "a reply's argsz is the size of the whole answer, which comes if there is room" },
    [RULE_COUNT_RAISED] = { "count-raised", MUST, section_access, "a reply's count is not above the one asked for" },
    [RULE_COUNT_LOWERED] = { "count-lowered", ODD, section_access, "a transfer is done whole" },
    [RULE_REPLY_DIFFERS] = { "reply-differs", MUST, section_access, "a reply repeats what its request is about" },
    [RULE_TRANSFER_TOO_LARGE] = { "transfer-too-large", MUST, section_sizes,
                                  "a transfer is not above the receiver's max_data_xfer_size" },
    [RULE_TOO_MANY_WRITES] = { "too-many-writes", ODD, "VFIO_USER_REGION_WRITE_MULTI", "wr_cnt is at most 200" },
    [RULE_WRITE_TOO_WIDE] = { "write-too-wide", MUST, "VFIO_USER_REGION_WRITE_MULTI", "a write has at most 8 bytes" },
    [RULE_FD_MISSING] = { "fd-missing", MUST, section_region,
                          "what can be mapped or listened to comes with a descriptor" },
    [RULE_FD_UNEXPECTED] = { "fd-unexpected", MUST, "Overview", "file descriptors come only where they belong" },
    [RULE_TOO_MANY_FDS] = { "too-many-fds", MUST, section_version, "no more fds than the receiver's max_msg_fds" },
    [RULE_FD_WRONG_KIND] = { "fd-wrong-kind", MUST, "Overview", "a file descriptor is of the kind that is needed" },
    [RULE_FD_INDEX] = { "fd-index", MUST, section_version, "fd_index names one of the message's descriptors" },
    [RULE_FDS_CUT] = { "fds-cut", ODD, "Overview", "all of a message's descriptors arrive" },
    [RULE_FILE_TOO_SMALL] = { "file-too-small", ODD, "Overview",
                              "what can be mapped lies inside its file: touching what lies beyond is a SIGBUS" },
    [RULE_PCI_INFO] = { "pci-info", ODD, "VFIO_USER_DEVICE_GET_INFO",
                        "a PCI device has regions up to its config space, and INTx, MSI and MSI-X" },
    [RULE_RESET_NOT_OFFERED] = { "reset-not-offered", ODD, "VFIO_USER_DEVICE_GET_INFO",
                                 "only a device with the reset flag is sent DEVICE_RESET" },
    [RULE_NO_SUCH_REGION] = { "no-such-region", MUST, section_region, "a region's index is below num_regions" },
    [RULE_REGION_BOUNDS] = { "region-bounds", MUST, section_access, "an access lies inside its region" },
    [RULE_REGION_ACCESS] = { "region-access", MUST, section_access, "an access is one that the region's flags allow" },
    [RULE_REGION_NOT_ASKED] = { "region-not-asked", ODD, section_access,
                                "a region's info is asked for before it is accessed" },
    [RULE_CAP_CHAIN] = { "cap-chain", MUST, section_region, "a capability chain stays inside its reply and ends" },
    [RULE_CAP_OVERLAP] = { "cap-overlap", MUST, section_region, "capabilities do not overlap" },
    [RULE_SPARSE_OUTSIDE] = { "sparse-outside", MUST, section_region, "mappable areas lie inside their region" },
    [RULE_MMAP_UNALIGNED] = { "mmap-unaligned", ODD, section_region, "what can be mapped begins at a page" },
    [RULE_SUB_REGION_OUTSIDE] = { "sub-region-outside", MUST, "VFIO_USER_DEVICE_GET_REGION_IO_FDS",
                                  "a sub-region lies inside its region" },
    [RULE_INFO_INDEX] = { "info-index", ODD, section_region, "what is asked for is below num_regions and num_irqs",
                          "QEMU asks for the ERR and REQ interrupts whatever num_irqs says" },
    [RULE_NO_SUCH_IRQ] = { "no-such-irq", MUST, section_irqs, "an IRQ index is below num_irqs" },
    [RULE_IRQ_RANGE] = { "irq-range", MUST, section_irqs, "start and count stay inside the index's vectors" },
    [RULE_IRQ_FLAGS] = { "irq-flags", MUST, section_irqs, "there is one data type and one action" },
    [RULE_IRQ_ACTION] = { "irq-action", ODD, section_irqs, "an action is one that the index's info offers",
                          "libvfio-user calls no index maskable, and QEMU unmasks INTx" },
    [RULE_IRQ_FD_COUNT] = { "irq-fd-count", MUST, section_irqs, "there are count eventfds, or none" },
    [RULE_IRQ_FIRED] = { "irq-fired", ODD, section_irqs,
                         "a client does not fire the vectors that it listens to itself" },
    [RULE_IRQ_NONE_TO_TAKE] = { "irq-none-to-take", ODD, section_irqs,
                                "eventfds are taken away where there are some: else they may have been lost on their way" },
    [RULE_MAP_OVERLAP] = { "map-overlap", MUST, section_map, "a mapping does not lie over another" },
    [RULE_MAP_SIZE] = { "map-size", MUST, section_map, "a mapping is not empty, and aligned to a page" },
    [RULE_MAP_WRAP] = { "map-wrap", MUST, section_map, "a mapping does not wrap around" },
    [RULE_MAP_TOO_MANY] = { "map-too-many", MUST, section_version, "there are at most max_dma_maps mappings" },
    [RULE_MAP_FLAGS] = { "map-flags", ODD, section_map, "a mapping can be read, or written, or both, by a way that is there" },
    [RULE_UNMAP_UNKNOWN] = { "unmap-unknown", ODD, "VFIO_USER_DMA_UNMAP", "what is unmapped was mapped just so",
                             "QEMU unmaps ranges that it never mapped, and takes the ENOENT" },
    [RULE_UNMAP_ALL] = { "unmap-all", ODD, "VFIO_USER_DMA_UNMAP",
                         "an unmap of everything has address 0, size 0 and no other flag" },
    [RULE_DMA_OUTSIDE] = { "dma-outside", MUST, section_map, "DMA stays inside what was mapped" },
    [RULE_DMA_PERMISSION] = { "dma-permission", MUST, section_map, "DMA does what the mapping's flags allow" },
    [RULE_TWIN_BYPASSED] = { "twin-bypassed", MUST, section_version,
                             "with a twin socket the server's commands run there, the client's on the main one" },
    [RULE_FEATURE_FLAGS] = { "feature-flags", MUST, section_feature, "a feature is either got, or set, or probed" },
    [RULE_MIGRATION_FLAGS] = { "migration-flags", MUST, section_feature, "what can migrate has stop_copy" },
    [RULE_MIGRATION_ARC] = { "migration-arc", MUST, section_feature,
                             "a device state can be reached from the last one" },
    [RULE_MIGRATION_STATE] = { "migration-state", MUST, section_feature,
                               "a device state is one that the feature MIGRATION's flags offer" },
    [RULE_MIGRATION_DATA_STATE] = { "migration-data-state", MUST, "VFIO_USER_MIG_DATA_READ",
                                    "migration data is read while saving, and written while resuming" },
    [RULE_MIGRATION_TOO_MUCH] = { "migration-too-much", MUST, "VFIO_USER_MIG_DATA_READ",
                                  "migration data is not more than was asked for" },
    [RULE_MIGRATION_PADDED] = { "migration-padded", ODD, "VFIO_USER_MIG_DATA_READ",
                                "migration data is as long as its size says",
                                "libvfio-user's last reply has the length that was asked for" },
    [RULE_LOGGING_NOT_STARTED] = { "logging-not-started", MUST, section_feature,
                                   "dirty pages are reported while logging runs" },
    [RULE_BITMAP_SIZE] = { "bitmap-size", MUST, section_feature, "a bitmap has a bit for each page" },
    [RULE_PAGE_SIZE] = { "page-size", MUST, section_feature, "a bitmap's page size is a power of two" },
    [RULE_CROSSING] = { "crossing", ODD, section_order,
                        "commands of both sides do not cross on one socket: a peer that waits for its own reply may "
                        "not read the other's command", "QEMU and libvfio-user do DMA by message so" },
    [RULE_OVERDUE] = { "overdue", ODD, section_order, "a reply comes in time" },
    [RULE_BOTH_WAIT] = { "both-wait", ODD, section_order, "the two sides do not wait for each other" },
    [RULE_LATE_INTERRUPT] = { "late-interrupt", ODD, section_irqs,
                              "an eventfd that was taken away is not signalled any more" },
    [RULE_STALLED] = { "stalled", ODD, section_header, "a message that was begun is sent to its end" },
};

const struct vfu_rule *vfu_rules(size_t *count)
{
    *count = RULES;
    return vfu_rule_table;
}

bool vfu_rules_ignore(struct vfu_rule_settings *settings, const char *id)
{
    for (unsigned i = 0; i < RULES; i++) {
        if (strcmp(vfu_rule_table[i].id, id) == 0) {
            settings->ignored[i / 64] |= 1ull << i % 64;
            return true;
        }
    }
    return false;
}
