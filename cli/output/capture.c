/*
 * The capture of -w: everything, or what stood before a message that --trigger picks.
 */
#include "capture/clock.h"
#include "cli/output/inside.h"
#include "decoder/filter/filter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

enum {
    LEAST_SNAPLEN = 16,
    FILES = 2,
    MOST_FILES = 1 << 20,
    BEFORE = 1000,
    MOST_BEFORE = 1 << 20,
    KEPT_BYTES = 64 << 20,
};

struct capture {
    const char *options; /* the command line's */
    bool live;           /* it is of what happens now */
    struct cli_ring_how how;
    struct cli_ring *ring;      /* NULL: not open yet */
    struct vfu_filter *trigger; /* NULL: everything is written */
    struct vfu_event **kept;    /* copies of the last `before` events, kept[at] the oldest */
    size_t before, at, count, bytes;
};

static const struct cli_option options[] = {
    { "write", 'w', "FILE", "write a capture file (- is standard output)" },
    { "snaplen", 's', "BYTES", "keep so many bytes of each message in the capture" },
    { "ring-size", 0, "BYTES", "-w FILE.1, FILE.2, ...: the next one when one is so large" },
    { "ring-files", 0, "N", "keep the last N of them (2)" },
    { "trigger", 0, "EXPR", "-w only the messages that this picks, and those before each" },
    { "before", 0, "N", "with --trigger: so many (1000)" },
    { 0 },
};

/* --- the trigger --- */

static void forget_oldest(struct capture *c)
{
    c->bytes -= vfu_event_size(c->kept[c->at]);
    free(c->kept[c->at]);
    c->at = (c->at + 1) % c->before;
    c->count--;
}

static void keep(struct capture *c, const struct vfu_event *event)
{
    size_t size = vfu_event_size(event);
    void *room = malloc(size);

    if (!room)
        return;
    while (c->count && (c->count == c->before || c->bytes + size > KEPT_BYTES))
        forget_oldest(c);
    c->kept[(c->at + c->count++) % c->before] = vfu_event_copy(event, room);
    c->bytes += size;
}

/* The command that a reply answers, if it is among those kept. */
static const struct vfu_event *command_of(const struct capture *c, const struct vfu_event *event)
{
    bool is_reply = event->kind == VFU_EVENT_MESSAGE && event->paired;

    for (size_t i = c->count; is_reply && i-- > 0;) {
        const struct vfu_event *e = c->kept[(c->at + i) % c->before];

        if (e->kind == VFU_EVENT_MESSAGE && e->message.no == event->reply_to)
            return e;
    }
    return NULL;
}

static bool capture_event(void *context, const struct vfu_event *event, struct vfu_error *error)
{
    struct capture *c = context;
    bool good = true;

    if (!c->trigger || vfu_event_frames(event))
        return cli_ring_event(c->ring, event, error);
    if (vfu_filter_match(c->trigger, event, command_of(c, event), false) != VFU_YES) {
        keep(c, event);
        return true;
    }
    while (c->count) {
        good = good && cli_ring_event(c->ring, c->kept[c->at], error);
        forget_oldest(c);
    }
    return good && cli_ring_event(c->ring, event, error) && cli_ring_flush(c->ring, error);
}

static bool flush(void *context, struct vfu_error *error)
{
    struct capture *c = context;

    return !c->ring || cli_ring_flush(c->ring, error);
}

/* --- start and end --- */

/* Without a file the others say nothing. */
static bool has_file(const struct cli_args *args)
{
    static const char *const needy[] = { "ring-size", "ring-files", "trigger", "before" };

    for (size_t i = 0; i < sizeof needy / sizeof *needy && !cli_has(args, "write"); i++) {
        if (cli_has(args, needy[i])) {
            cli_error("--%s: of which file? (-w FILE)", needy[i]);
            return false;
        }
    }
    return true;
}

static bool parse_ring(const struct cli_args *args, struct capture *c)
{
    uint64_t before;

    if (!cli_number(args, "ring-size", 0, &c->how.size) || !cli_number(args, "ring-files", FILES, &c->how.files) ||
        !cli_number(args, "before", BEFORE, &before))
        return false;
    if (c->how.files == 0 || c->how.files > MOST_FILES || before == 0 || before > MOST_BEFORE) {
        cli_error("--ring-files and --before: a number from 1 to %d", MOST_BEFORE);
        return false;
    }
    if (cli_has(args, "ring-files") && !c->how.size) {
        cli_error("--ring-files: of which size? (--ring-size)");
        return false;
    }
    if (c->how.size && strcmp(c->how.path, "-") == 0) {
        cli_error("--ring-size: standard output is one file");
        return false;
    }
    c->before = (size_t)before;
    return true;
}

static bool parse_trigger(const struct cli_args *args, struct capture *c)
{
    if (!cli_parse_filter(args, "trigger", &c->trigger))
        return false;
    if (!c->trigger || (c->kept = calloc(c->before, sizeof *c->kept)) != NULL)
        return true;
    cli_error("out of memory");
    return false;
}

static bool parse(struct cli_sink *s, const struct cli_args *args)
{
    const char *path = cli_value(args, "write");
    struct capture *c;
    uint64_t snaplen;

    if (!cli_number(args, "snaplen", 0, &snaplen) || !has_file(args))
        return false;
    if (!path)
        return true;
    c = s->own = calloc(1, sizeof *c);
    if (!c) {
        cli_error("out of memory");
        return false;
    }
    c->how = (struct cli_ring_how){ .path = path, .give_up = s->give_up };
    c->options = args->line;
    c->how.snaplen = snaplen > UINT32_MAX ? 0 : (uint32_t)snaplen;
    s->keep = snaplen && snaplen < LEAST_SNAPLEN ? LEAST_SNAPLEN : c->how.snaplen;
    s->unfiltered = !cli_has(args, "filter-capture");
    return parse_ring(args, c) && parse_trigger(args, c);
}

/* Of what happens now; a capture that is read says itself where it began. */
static bool write_begin(struct capture *c, struct vfu_error *error)
{
    struct vfu_event begin = { .kind = VFU_EVENT_CAPTURE, .time = vfu_now() };
    struct utsname name;

    begin.capture.start_ns = begin.time.wall_ns;
    begin.capture.options = c->options;
    begin.capture.size = strlen(c->options) + 1;
    snprintf(begin.capture.version, sizeof begin.capture.version, "%s", VFUSCOPE_VERSION);
    if (uname(&name) == 0)
        snprintf(begin.capture.kernel, sizeof begin.capture.kernel, "%.60s %.60s", name.release, name.machine);
    return cli_ring_event(c->ring, &begin, error);
}

static bool open_ring(struct cli_sink *s, struct vfu_error *error)
{
    struct capture *c = s->own;

    c->live = s->run->how.live;
    c->ring = cli_ring_open(&c->how, error);
    return c->ring && (!c->live || write_begin(c, error));
}

static bool write_end(void *context, struct vfu_error *error)
{
    struct capture *c = context;
    const struct vfu_event end = { .kind = VFU_EVENT_END, .time = vfu_now() };

    return !c->live || cli_ring_event(c->ring, &end, error);
}

static bool close_capture(void *context, struct vfu_error *error)
{
    struct capture *c = context;
    bool good = !c->ring || cli_ring_close(c->ring, error);

    while (c->count)
        forget_oldest(c);
    vfu_filter_free(c->trigger);
    free(c->kept);
    free(c);
    return good;
}

static bool overwrites(const struct cli_args *args, const char *input, const struct stat *in)
{
    const char *path = cli_value(args, "write");

    if (!cli_has(args, "ring-size"))
        return cli_overwrites(path, in);
    if (!cli_ring_has(path, in))
        return false;
    cli_error("%s: can't write to the file that is being read, as one of the ring %s", input, path);
    return true;
}

const struct cli_sink_kind cli_sink_capture = {
    .name = "capture",
    .options = options,
    .file = options,
    .alone = true,
    .memory = true,
    .frames = true,
    .parse = parse,
    .open = open_ring,
    .event = capture_event,
    .flush = flush,
    .end = write_end,
    .close = close_capture,
    .overwrites = overwrites,
};
