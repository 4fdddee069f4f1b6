/*
 * The capture of -w: everything, or what stood before a message that --trigger picks.
 */
#include "capture/clock.h"
#include "cli/output/inside.h"
#include "cli/output/renumber.h"
#include "decoder/filter/filter.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/memory.h"

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

/* What the trigger knows of an open connection. */
struct connection {
    LIST_ENTRY(connection) entry;
    uint32_t conn;
    bool written;              /* something of it was */
    struct vfu_event *connect; /* its begin, as long as nothing was; NULL: none came, or it is still among those kept */
};

struct capture {
    const char *options; /* the command line's */
    bool live;           /* it is of what happens now */
    struct cli_ring_how how;
    struct cli_renumbered *numbers; /* it is of several captures; NULL: it is not */
    uint64_t framed_ns; /* of these: the first one that says where it began was written; when the last event came */
    struct cli_ring *ring;      /* NULL: not open yet */
    struct vfu_filter *trigger; /* NULL: everything is written */
    struct vfu_event **kept;    /* copies of the last `before` events, kept[at] the oldest */
    size_t before, at, count, bytes;
    uint64_t after, after_left; /* messages behind each that is picked */
    uint64_t picked;
    bool begun;
    bool no_memory, logs;           /* guest memory is left out, but not the lines of other logs */
    struct vfu_without_memory without; /* room for that: bytes_room of its bytes */
    size_t bytes_room;
    bool said, ended;               /* and the capture has said so, and that it ended */
    struct vfu_time last;           /* when the last event came */
    LIST_HEAD(, connection) connections;
};

static const struct cli_option options[] = {
    { "write", 'w', "FILE", "write a capture file (- is standard output)", .group = CLI_CAPTURE },
    { "snaplen", 's', "BYTES", "keep so many bytes of each message in the capture", .group = CLI_CAPTURE },
    { "ring-size", 0, "BYTES", "-w FILE.1, FILE.2, ...: the next one when one is so large", .group = CLI_CAPTURE },
    { "ring-files", 0, "N", "keep the last N of them (2)", .group = CLI_CAPTURE },
    { "trigger", 0, "EXPR", "-w only the messages that this picks, and those before each", .group = CLI_CAPTURE },
    { "before", 0, "N", "with --trigger: so many (1000)", .group = CLI_CAPTURE },
    { "after", 0, "N", "with --trigger: and so many behind each (0)", .group = CLI_CAPTURE },
    { "no-memory", 0, NULL, "leave guest memory out of the capture, so that it can be handed on", .group = CLI_CAPTURE },
    { "logs", 0, NULL, "with --no-memory: but not the lines of other logs (--log)", .group = CLI_CAPTURE },
    { 0 },
};

/* --- without guest memory --- */

/* A capture that some other program made does not say how it was. */
static bool put_begin(struct capture *c, const struct vfu_event *first, struct vfu_error *error);

/* What the capture is to have of an event, which is all or less. */
static bool put_without(struct capture *c, const struct vfu_event *event, struct vfu_error *error)
{
    struct vfu_event e = *event;

    if (e.kind == VFU_EVENT_CAPTURE)
        c->said = e.capture.no_memory = true;
    else if (!c->said && !put_begin(c, event, error))
        return false;
    c->ended = e.kind == VFU_EVENT_END;
    c->last = e.time;
    if (e.kind == VFU_EVENT_MESSAGE && !VFU_GROW(c->without.bytes, c->bytes_room, e.message.captured))
        return vfu_fail(error, 0, "%s: out of memory", c->how.path);
    return !vfu_leave_out_memory(&e, c->logs, &c->without) || cli_ring_event(c->ring, &e, error);
}

static bool put(struct capture *c, const struct vfu_event *event, struct vfu_error *error)
{
    return c->no_memory ? put_without(c, event, error) : cli_ring_event(c->ring, event, error);
}


/* --- the trigger --- */

static struct connection *connection_of(struct capture *c, uint32_t conn)
{
    struct connection *n;

    LIST_FOREACH(n, &c->connections, entry)
        if (n->conn == conn)
            return n;
    return NULL;
}

static void forget_connection(struct connection *n)
{
    if (!n)
        return;
    LIST_REMOVE(n, entry);
    free(n->connect);
    free(n);
}

/* Write an event; its connection's begin comes first, if that was put aside. */
static bool write_event(struct capture *c, const struct vfu_event *event, struct vfu_error *error)
{
    struct connection *n = event->conn ? connection_of(c, event->conn) : NULL;
    bool good = true;

    if (event->conn && !n && (n = calloc(1, sizeof *n)) != NULL) {
        n->conn = event->conn;
        LIST_INSERT_HEAD(&c->connections, n, entry);
    }
    if (n && n->connect) {
        n->connect->connect.late = true;
        good = put(c, n->connect, error);
        free(n->connect);
        n->connect = NULL;
    }
    if (n)
        n->written = true;
    if (event->kind == VFU_EVENT_DISCONNECT)
        forget_connection(n);
    return good && put(c, event, error);
}

static struct vfu_event *take_oldest(struct capture *c)
{
    struct vfu_event *oldest = c->kept[c->at];

    c->bytes -= vfu_event_size(oldest);
    c->at = (c->at + 1) % c->before;
    c->count--;
    return oldest;
}

/*
 * The oldest event has no room any more. A connection's begin is put aside, for whatever of it will be written; its end is
 * written if any of it was.
 */
static bool forget_oldest(struct capture *c, struct vfu_error *error)
{
    struct vfu_event *oldest = take_oldest(c);
    struct connection *n = oldest->conn ? connection_of(c, oldest->conn) : NULL;
    bool good = true;

    if (oldest->kind == VFU_EVENT_CONNECT && !n && (n = calloc(1, sizeof *n)) != NULL) {
        n->conn = oldest->conn;
        n->connect = oldest;
        LIST_INSERT_HEAD(&c->connections, n, entry);
        return true;
    }
    if (oldest->kind == VFU_EVENT_DISCONNECT && n && n->written)
        good = write_event(c, oldest, error);
    else if (oldest->kind == VFU_EVENT_DISCONNECT)
        forget_connection(n);
    free(oldest);
    return good;
}

static bool keep(struct capture *c, const struct vfu_event *event, struct vfu_error *error)
{
    size_t size = vfu_event_size(event);
    void *room = malloc(size);
    bool good = true;

    if (!room)
        return true;
    while (c->count && (c->count == c->before || c->bytes + size > KEPT_BYTES))
        good = forget_oldest(c, error) && good;
    c->kept[(c->at + c->count++) % c->before] = vfu_event_copy(event, room);
    c->bytes += size;
    return good;
}

/* The command that a reply answers, if it is among those kept. */
static const struct vfu_event *command_of(const struct capture *c, const struct vfu_event *event)
{
    bool is_reply = event->kind == VFU_EVENT_MESSAGE && event->paired;

    for (size_t i = c->count; is_reply && i-- > 0;) {
        const struct vfu_event *e = c->kept[(c->at + i) % c->before];

        if (e->kind == VFU_EVENT_MESSAGE && e->message.no == event->reply_to && e->conn == event->conn)
            return e;
    }
    return NULL;
}

static bool take(struct capture *c, const struct vfu_event *event, struct vfu_error *error)
{
    bool good = true, picked;

    if (!c->trigger || vfu_event_frames(event))
        return put(c, event, error);
    if (!c->begun)
        vfu_filter_begin(c->trigger, event->time.wall_ns);
    c->begun = true;
    picked = vfu_filter_match(c->trigger, event, command_of(c, event), false) == VFU_YES;
    c->picked += picked;
    if (!picked && !c->after_left)
        return keep(c, event, error);
    if (picked)
        c->after_left = c->after;
    else
        c->after_left -= event->kind == VFU_EVENT_MESSAGE;
    while (c->count) {
        struct vfu_event *oldest = take_oldest(c);

        good = good && write_event(c, oldest, error);
        free(oldest);
    }
    return good && write_event(c, event, error) && (!picked || cli_ring_flush(c->ring, error));
}

/* Of several captures one is made, which begins as the first of them did, and ends once. */
static bool take_merged(struct capture *c, const struct vfu_event *event, struct vfu_error *error)
{
    struct vfu_event one = *event;

    if (event->kind == VFU_EVENT_END || (event->kind == VFU_EVENT_CAPTURE && c->framed_ns))
        return true;
    if (event->kind == VFU_EVENT_CAPTURE || c->framed_ns)
        c->framed_ns = event->time.wall_ns;
    cli_renumber(c->numbers, &one);
    return take(c, &one, error);
}

static bool capture_event(void *context, const struct vfu_event *event, struct vfu_error *error)
{
    struct capture *c = context;

    return c->numbers ? take_merged(c, event, error) : take(c, event, error);
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
    static const char *const needy[] = { "ring-size", "ring-files", "trigger", "before", "after", "no-memory" };

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
        !cli_number(args, "before", BEFORE, &before) || !cli_number(args, "after", 0, &c->after))
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
    LIST_INIT(&c->connections);
    c->options = args->line;
    c->how.snaplen = snaplen > UINT32_MAX ? 0 : (uint32_t)snaplen;
    s->keep = snaplen && snaplen < LEAST_SNAPLEN ? LEAST_SNAPLEN : c->how.snaplen;
    s->unfiltered = !cli_has(args, "filter-capture");
    s->no_memory = c->no_memory = cli_has(args, "no-memory");
    c->logs = cli_has(args, "logs");
    return parse_ring(args, c) && parse_trigger(args, c);
}

/* Who writes it, and how. */
static bool say_begin(struct capture *c, const struct vfu_event *like, struct vfu_error *error)
{
    struct vfu_event begin = *like;
    struct utsname name;

    begin.capture.options = c->options;
    begin.capture.size = strlen(c->options) + 1;
    snprintf(begin.capture.version, sizeof begin.capture.version, "%s", VFUSCOPE_VERSION);
    if (uname(&name) == 0)
        snprintf(begin.capture.kernel, sizeof begin.capture.kernel, "%.60s %.60s", name.release, name.machine);
    return put(c, &begin, error);
}

/* Of what happens now; a capture that is read says itself where it began. */
static bool write_begin(struct capture *c, struct vfu_error *error)
{
    struct vfu_event begin = { .kind = VFU_EVENT_CAPTURE, .time = vfu_now() };

    begin.capture.start_ns = begin.time.wall_ns;
    return say_begin(c, &begin, error);
}

static bool put_begin(struct capture *c, const struct vfu_event *first, struct vfu_error *error)
{
    struct vfu_event begin = { .kind = VFU_EVENT_CAPTURE, .time = first->time };

    begin.capture.start_ns = first->time.wall_ns;
    return say_begin(c, &begin, error);
}

static bool open_ring(struct cli_sink *s, struct vfu_error *error)
{
    struct capture *c = s->own;

    c->live = s->run->how.live;
    if (s->run->how.file_width && (c->numbers = cli_renumbered_new()) == NULL)
        return vfu_fail(error, 0, "out of memory");
    c->ring = cli_ring_open(&c->how, error);
    return c->ring && (!c->live || write_begin(c, error));
}

/* What is still kept was not asked for, but for the ends of connections that were. */
static bool write_end(void *context, struct vfu_error *error)
{
    struct capture *c = context;
    struct vfu_event end = { .kind = VFU_EVENT_END, .time = vfu_now() };

    while (c->count)
        if (!forget_oldest(c, error))
            return false;
    if (c->trigger)
        cli_error("%s: --trigger picked %llu time%s", c->how.path, (unsigned long long)c->picked, c->picked == 1 ? "" : "s");
    if (c->framed_ns)
        end.time = (struct vfu_time){ c->framed_ns, c->framed_ns };
    if (c->said && !c->live)
        end.time = c->last;
    return (!(c->live || c->framed_ns) && (!c->said || c->ended)) || put(c, &end, error);
}

static bool close_capture(void *context, struct vfu_error *error)
{
    struct capture *c = context;
    bool good = !c->ring || cli_ring_close(c->ring, error);

    while (c->count)
        free(take_oldest(c));
    while (!LIST_EMPTY(&c->connections))
        forget_connection(LIST_FIRST(&c->connections));
    vfu_filter_free(c->trigger);
    cli_renumbered_free(c->numbers);
    free(c->kept);
    free(c->without.bytes);
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
