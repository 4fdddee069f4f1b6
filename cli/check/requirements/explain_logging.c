/*
 * Requirements of dirty logging, at length. See struct vfu_explanation.
 */
#include "cli/check/requirements/inside.h"

const struct vfu_explained check_explain_logging[] = {
    { "logging-off",
      { .means = "A report of dirty pages that is asked for before logging was started is refused. There is nothing "
                 "to report, and zeros would say that no page was written.",
        .todo = "Answer an error unless DMA_LOGGING_START was set." } },
    { "logging",
      { .means = "A report of 64 pages has 64 bits: a bitmap of 8 bytes. A client that gets another size can't tell "
                 "which page a bit stands for.",
        .todo = "Send the 24 bytes of the request's data, then the bitmap." } },
    { "logging-page-size",
      { .means = "A report may ask for larger pages than the log has: of 64 pages of 4 KiB, 32 of 8 KiB. The server "
                 "translates.",
        .todo = "Set the bit of a large page if one of the small ones in it is dirty." } },
    { "logging-bits",
      { .means = "A report of three pages has one word of 64 bits, and the bits above the third are 0. Others would "
                 "say that pages outside of the range were written.",
        .todo = "Round the bitmap up to 8 bytes, and clear what is behind the last page." } },
    { "logging-page",
      { .means = "A page size of 3000 is refused: only powers of two divide addresses into pages.",
        .todo = "Check that page_size is not 0 and page_size & (page_size - 1) is." } },
    { "logging-wrap",
      { .means = "A report of a range whose end wraps around in 64 bits is refused.",
        .todo = "Check iova + length - 1 >= iova." } },
    { "logging-argsz",
      { .means = "The request's argsz is 32, too small for the bitmap. It gets an error reply, or no more than 32 "
                 "bytes.",
        .todo = "Compare argsz with the size of the answer before it is sent." } },
    { "logging-reply",
      { .means = "The reply to the start repeats the request, but for the page size, which the server may choose.",
        .todo = "Copy the request's payload, and put in the page size that you log by." } },
    { "logging-ranges",
      { .means = "Logging can be started for ranges of memory, and a report of them is answered.",
        .todo = "Read num_ranges ranges behind the fixed part. You may log more than they say." } },
    { "logging-short",
      { .means = "A start that announces four ranges and has none should be refused.",
        .who = "libvfio-user accepts it: it logs everything, whatever the ranges are.",
        .todo = "Check that the payload has 24 + 16 * num_ranges bytes." } },
    { "logging-stop",
      { .means = "After DMA_LOGGING_STOP a report is refused.",
        .todo = "Forget the log, and that it was started." } },
    { "logging-probe",
      { .means = "A device that logs answers probes of start, stop and report well.",
        .todo = "Answer a probe with the request." } },
    { NULL },
};
