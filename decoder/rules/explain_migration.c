/*
 * Rules of device features and migration, at length. See struct vfu_explanation.
 */
#include "decoder/rules/inside.h"

const struct vfu_explained vfu_explain_migration[] = {
    { "feature-flags",
      { .means = "DEVICE_FEATURE either gets a feature or sets it; both at once are allowed only with probe. With "
                 "neither nothing is asked for.",
        .who = "libvfio-user answers EINVAL.",
        .example = "client > #3     DEVICE_FEATURE               2  MIG_DEVICE_STATE get|set STOP\n"
                   "        ! violation by the client: flags 0x30000: both get and set [feature-flags]",
        .todo = "Set exactly one of get (0x10000) and set (0x20000), or probe (0x40000) with what is to be probed." } },
    { "migration-flags",
      { .means = "The device says that it can migrate, but not that it has the state STOP_COPY, in which its state "
                 "is read. The specification asks for this flag at least. A client can't migrate the device with "
                 "less.",
        .example = "client > #3     DEVICE_FEATURE               2  MIGRATION get\n"
                   "server < #4     DEVICE_FEATURE               2  MIGRATION get pre_copy  1.0us\n"
                   "        ! violation by the server: the flags are 0x4, without stop_copy (0x1) [migration-flags]",
        .todo = "Set stop_copy (1) in the flags of the feature MIGRATION. A device that can't migrate answers the "
                "get with an error." } },
    { "migration-arc",
      { .means = "The device can't go to this state from the one it is in. ERROR can't be asked for, only "
                 "DEVICE_RESET leaves it, and there is no way from STOP_COPY to PRE_COPY. Other ways that lead over "
                 "further states the server walks by itself.",
        .example = "client > #8     DEVICE_FEATURE               5  MIG_DEVICE_STATE set PRE_COPY\n"
                   "        ! violation by the client: PRE_COPY can't be reached from STOP_COPY [migration-arc]",
        .todo = "Look at the state before this one: the last DEVICE_FEATURE with MIG_DEVICE_STATE. From STOP_COPY go "
                "to STOP or RUNNING first." } },
    { "migration-state",
      { .means = "The state is one that the flags of the feature MIGRATION do not offer: PRE_COPY needs pre_copy, "
                 "the P2P states need p2p, saving and loading need stop_copy. The server has to refuse it.",
        .example = "client > #5     DEVICE_FEATURE               3  MIG_DEVICE_STATE set PRE_COPY\n"
                   "        ! violation by the client: PRE_COPY, the device's migration flags are 0x1, without 0x4 [migration-state]",
        .todo = "Get the feature MIGRATION first and keep to what its flags offer. A migration works without "
                "PRE_COPY; all data then moves while the device is stopped." } },
    { "migration-data-state",
      { .means = "The device's state is read in PRE_COPY or STOP_COPY, and written in RESUMING. In any other state "
                 "there is no data to take, or no place to put it. After a reset the state counts as unknown, and "
                 "nothing is said.",
        .who = "libvfio-user answers EINVAL.",
        .example = "client > #5     MIG_DATA_READ                3  8\n"
                   "        ! violation by the client: the device is in state STOP [migration-data-state]",
        .todo = "Set the state with MIG_DEVICE_STATE first, and wait for its reply." } },
    { "migration-too-much",
      { .means = "The reply has more data than MIG_DATA_READ asked for. The client has no room for the rest, and a "
                 "part of the device's state is lost if it cuts it off.",
        .example = "client > #3     MIG_DATA_READ                2  1\n"
                   "server < #4     MIG_DATA_READ                2  2 0011  1.0us\n"
                   "        ! violation by the server: 2 bytes, 1 were asked for [migration-too-much]",
        .todo = "Give at most size bytes, and the rest with the next read." } },
    { "migration-padded",
      { .means = "Behind the data that the size field counts there are more bytes. The client takes those that are "
                 "counted; the rest means nothing.",
        .who = "libvfio-user's last reply is as long as what was asked for, whatever it has: of 1024 bytes 8 may "
               "count. Clients that go by the message's size load zeros into the device.",
        .example = "client > #3     MIG_DATA_READ                2  8\n"
                   "server < #4     MIG_DATA_READ                2  1 00  +7 extra bytes  1.0us\n"
                   "        ! suspicious: the server: size says 1, 7 more bytes follow [migration-padded]",
        .todo = "Make the message as long as the data. A client goes by the field size." } },
    { "logging-not-started",
      { .means = "A report of dirty pages is asked for, and logging was not started on this connection. There is "
                 "nothing to report; the server has to refuse it.",
        .who = "libvfio-user answers EINVAL (\"dirty page logging not enabled\").",
        .example = "client > #3     DEVICE_FEATURE               2  DMA_LOGGING_REPORT get 0x0+1M page size 4K\n"
                   "        ! violation by the client: a report is asked for, logging was not started [logging-not-started]",
        .todo = "Set DMA_LOGGING_START first, and look at its reply. A new connection begins without logging." } },
    { "bitmap-size",
      { .means = "A dirty bitmap has one bit for each page of the range, and a report comes in whole words of 64 "
                 "bits. With fewer the client misses pages, and migrates old memory without noticing. With a room "
                 "that no message can have the request can't be answered.",
        .example = "client > #4     DMA_UNMAP                    3  0x0+1M get_dirty_bitmap pgsize 4K size 31\n"
                   "        ! violation by the client: 31 bytes of bitmap, 256 pages of 0x1000 need 32 [bitmap-size]",
        .todo = "Take (length + page size - 1) / page size bits, and round up to a multiple of 8 bytes." } },
    { "page-size",
      { .means = "The page size of a bitmap is a power of two; this one is not, or 0. Then it is not clear which bit "
                 "stands for which address.",
        .who = "libvfio-user answers EINVAL.",
        .example = "client > #5     DEVICE_FEATURE               3  DMA_LOGGING_REPORT get 0x0+1M page size 6K\n"
                   "        ! violation by the client: a page size of 0x1800 [page-size]",
        .todo = "Use 4096, or another power of two that the server logs by." } },
    { NULL },
};
