/*
 * vfuscope check: dirty logging. What is logged is memory of the check's own, to which no device writes.
 */
#include "cli/check/requirements/inside.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOGGING "VFIO_DEVICE_FEATURE_DMA_LOGGING_START / VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP"
#define REPORT "VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT"

enum { PAGE = 4096, PAGES = 64, FEW = 3, NO_ROOM = 32 };

static void ask_report(struct check *c, uint64_t iova, uint64_t length, uint64_t page_size, uint64_t argsz)
{
    check_ask(c, VFU_DEVICE_FEATURE,
              WITH({ "flags", VFIO_DEVICE_FEATURE_GET }, { "feature", VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT },
                   { "iova", iova }, { "length", length }, { "page_size", page_size }, { "argsz", argsz }));
}

static bool start(struct check *c)
{
    check_ask(c, VFU_DEVICE_FEATURE,
              WITH({ "flags", VFIO_DEVICE_FEATURE_SET }, { "feature", VFIO_DEVICE_FEATURE_DMA_LOGGING_START },
                   { "page_size", PAGE }, { "argsz", 24 }));
    return check_is_done(c);
}

static bool stop(struct check *c)
{
    check_ask_feature(c, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP);
    return check_is_done(c);
}

/* Memory from 0 on: libvfio-user reports of what is mapped, and only of all of it. */
static bool open_memory(struct check *c, unsigned pages)
{
    int fd;

    if (!check_open(c))
        return false;
    fd = memfd_create("vfuscope", MFD_CLOEXEC);
    if (fd < 0) {
        check_untried(c, "no memory: %s", strerror(errno));
        return false;
    }
    if (ftruncate(fd, pages * PAGE) == 0)
        check_ask_fds(c, VFU_DMA_MAP,
                      WITH({ "flags", VFU_DMA_READABLE | VFU_DMA_WRITEABLE }, { "size", pages * PAGE }), &fd, 1);
    close(fd);
    if (check_is_done(c))
        return true;
    check_lacks(c, "map-fd", "memory was to be mapped");
    return false;
}

/* Of so many pages as the row says, or PAGES. The row's judge begins with the answer to the start. */
static enum check_result logged(struct check *c)
{
    enum check_result result;

    if (!open_memory(c, c->now->number ? (unsigned)c->now->number : PAGES))
        return check_verdict(c);
    if (!start(c))
        return check_is_error(c) ? check_skip(c, "no dirty logging")
                                 : check_lacks(c, "logging-reply", "dirty logging, or an error reply, was due");
    result = c->now->judge(c);
    if (c->answer == CHECK_REPLY)
        stop(c);
    return result;
}

static enum check_result logging_off(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    ask_report(c, 0, PAGES * PAGE, PAGE, CHECK_ARGSZ);
    return check_refused(c);
}

/* The last answer's bitmap, if it has that size: whole 64-bit words. NULL: check_verdict(c). */
static const struct vfu_value *bitmap(struct check *c, size_t size)
{
    const struct vfu_value *bits = check_is_done(c) ? check_value(c, "bitmap") : NULL;

    if (bits && bits->size == size)
        return bits;
    check_fail(c, "a bitmap of %zu bytes was due", size);
    return NULL;
}

static enum check_result report_all(struct check *c)
{
    ask_report(c, 0, PAGES * PAGE, PAGE, CHECK_ARGSZ);
    return bitmap(c, PAGES / 8) ? CHECK_PASSES : check_verdict(c);
}

static enum check_result report_larger(struct check *c)
{
    ask_report(c, 0, PAGES * PAGE, 2 * PAGE, CHECK_ARGSZ);
    return bitmap(c, 8) ? CHECK_PASSES : check_verdict(c);
}

static enum check_result report_few(struct check *c)
{
    const struct vfu_value *bits;
    uint64_t word;

    ask_report(c, 0, FEW * PAGE, PAGE, CHECK_ARGSZ);
    bits = bitmap(c, sizeof word);
    if (!bits)
        return check_verdict(c);
    memcpy(&word, bits->bytes, sizeof word);
    return word >> FEW ? check_fail(c, "only the lowest %u bits stand for pages", FEW) : CHECK_PASSES;
}

static enum check_result report_odd(struct check *c)
{
    ask_report(c, 0, PAGES * PAGE, 3000, CHECK_ARGSZ);
    return check_refused(c);
}

static enum check_result report_wrapped(struct check *c)
{
    ask_report(c, UINT64_MAX - PAGE + 1, 2 * PAGE, PAGE, CHECK_ARGSZ);
    return check_refused(c);
}

static enum check_result report_cut(struct check *c)
{
    ask_report(c, 0, PAGES * PAGE, PAGE, NO_ROOM);
    return check_is_error(c) ? CHECK_PASSES : check_fits(c, NO_ROOM);
}

static enum check_result report_stopped(struct check *c)
{
    if (!stop(c))
        return check_done(c);
    ask_report(c, 0, PAGES * PAGE, PAGE, CHECK_ARGSZ);
    return check_refused(c);
}

/* But for page_size, which is the server's choice. */
static enum check_result start_repeats(struct check *c)
{
    return check_repeats(c, VFU_HEADER_SIZE + 16);
}

static enum check_result start_ranges(struct check *c)
{
    if (!stop(c))
        return check_lacks(c, "logging-stop", "logging was to be stopped");
    check_ask(c, VFU_DEVICE_FEATURE,
              WITH({ "flags", VFIO_DEVICE_FEATURE_SET }, { "feature", VFIO_DEVICE_FEATURE_DMA_LOGGING_START },
                   { "page_size", PAGE }, { "ranges[0].iova", 0 }, { "ranges[0].length", PAGES * PAGE },
                   { "argsz", 40 }));
    return check_is_done(c) ? report_all(c) : check_done(c);
}

static enum check_result start_short(struct check *c)
{
    if (!stop(c))
        return check_lacks(c, "logging-stop", "logging was to be stopped");
    check_ask(c, VFU_DEVICE_FEATURE,
              WITH({ "flags", VFIO_DEVICE_FEATURE_SET }, { "feature", VFIO_DEVICE_FEATURE_DMA_LOGGING_START },
                   { "page_size", PAGE }, { "num_ranges", 4 }, { "argsz", 88 }));
    return check_refused(c);
}

static enum check_result probe_all(struct check *c)
{
    static const uint32_t flags[] = { VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
                                      VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP,
                                      VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT };

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        check_ask_feature(c, VFIO_DEVICE_FEATURE_PROBE | flags[i]);
        if (!check_is_done(c))
            return check_done(c);
    }
    return CHECK_PASSES;
}

const struct check_requirement check_logging[] = {
    { "logging-off", REPORT, "without logging there is no report", logging_off },
    { "logging", REPORT, "a report has a bit for each page", logged, FDS, .judge = report_all },
    { "logging-page-size", REPORT, "a report can have other pages than the log", logged, FDS, .judge = report_larger },
    { "logging-bits", REPORT, "a bitmap has whole 64-bit words, and its bits that stand for no page are 0", logged, FDS,
      .judge = report_few, .number = FEW },
    { "logging-page", REPORT, "a page size that is no power of two gets an error reply", logged, FDS,
      .judge = report_odd },
    { "logging-wrap", REPORT, "a report of a range that wraps around gets an error reply", logged, FDS,
      .judge = report_wrapped },
    { "logging-argsz", "Message sizes", "a reply does not exceed argsz: DMA_LOGGING_REPORT with 32", logged, FDS,
      .judge = report_cut },
    { "logging-reply", LOGGING, "the reply to the start repeats the request, but for the page size", logged, FDS,
      .judge = start_repeats },
    { "logging-ranges", LOGGING, "logging can be asked for ranges", logged, FDS, .judge = start_ranges },
    { "logging-short", LOGGING, "ranges that are not there get an error reply", logged, ODD, FDS,
      .judge = start_short },
    { "logging-stop", LOGGING, "after the stop there is no report", logged, FDS, .judge = report_stopped },
    { "logging-probe", LOGGING, "logging can be probed", logged, FDS, .judge = probe_all },
    { NULL },
};
