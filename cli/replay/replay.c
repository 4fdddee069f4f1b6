/*
 * vfuscope replay FILE SOCKET: sends a capture's client side to a server, and tells which replies differ.
 */
#include "capture/client/client.h"
#include "capture/clock.h"
#include "capture/foreign.h"
#include "cli/cli.h"
#include "cli/output/output.h"
#include "cli/replay/inside.h"
#include "cli/signals.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/parse.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct cli_option options[] = {
    { "pace", 0, NULL, "at the pace of the capture, not at full speed", .group = CLI_RUNNING },
    { "conn", 0, "N", "this connection of the capture, or all, one after the other (default: the first)", .group = CLI_PICKING },
    { "timeout", 0, "TIME", "how long a reply may take (5s)", .group = CLI_RUNNING },
    { "compare", 0, NULL, "compare two captures: FILE FILE; see vfuscope diff, too", .group = CLI_INPUT },
    { "color", 0, "WHEN", "colours: auto (default), always or never", .values = "auto always never",
      .group = CLI_OUTPUT },
    { 0 },
};

enum { TURN_MS = 100 };

/* A command that was sent again. */
struct sent {
    uint64_t no; /* of the client's session */
    const struct replay_message *recorded;
    struct replay_message *reply; /* what came, copied */
};

struct replay {
    struct replay_capture capture;
    struct vfu_client client;
    struct sent *sent; /* by rising no */
    size_t sent_count;
    const struct replay_message *sending; /* its event is the next one */
    struct replay_differences differences;
    uint64_t compared, skipped;
    uint64_t timeout_ns;
    bool pace;
};

static void compare_reply(struct replay *r, const struct sent *s)
{
    r->compared++;
    if (!s->recorded->reply->event.message.changed)
        replay_compare_reply(&r->differences, s->recorded, s->no, &s->reply->event, NULL);
}

/* --- what arrives --- */

static struct sent *find_sent(struct replay *r, uint64_t no)
{
    for (size_t i = r->sent_count; i-- > 0;)
        if (r->sent[i].no == no)
            return &r->sent[i];
    return NULL;
}

static void on_event(void *context, const struct vfu_event *event)
{
    struct replay *r = context;
    struct sent *s;

    if (event->kind != VFU_EVENT_MESSAGE)
        return;
    if (event->from == VFU_CLIENT && r->sending) {
        r->sent[r->sent_count++] = (struct sent){ .no = event->message.no, .recorded = r->sending };
        r->sending = NULL;
    } else if (event->from == VFU_SERVER && vfu_event_is_reply(event) && event->paired) {
        s = find_sent(r, event->reply_to);
        if (s && !s->reply)
            s->reply = replay_copy(event);
    }
}

/* The recorded command of the server's that is this one, not used before: so its answer is at hand. */
static struct replay_message *recorded_request(struct replay *r, const struct vfu_event *event)
{
    char field[64];

    for (size_t i = 0; i < r->capture.count; i++) {
        struct replay_message *m = r->capture.messages[i];

        if (m->event.from == VFU_SERVER && vfu_event_is_command(&m->event) && !m->used &&
            replay_same(&m->event, event, field))
            return m;
    }
    return NULL;
}

/* Memory that is reached by messages answers what it answered then. */
static void on_command(void *context, struct vfu_client *client, const struct vfu_event *event)
{
    struct replay *r = context;
    struct replay_message *m = recorded_request(r, event);
    const struct vfu_message *answer = m && m->reply ? &m->reply->event.message : NULL;
    struct vfu_build b = { 0 };

    if (!m)
        replay_unexpected(&r->differences, event);
    if (m)
        m->used = true;
    if (event->flags & VFU_NO_REPLY)
        return;
    if (!answer || m->reply->event.flags & VFU_ERROR || vfu_message_at_hand(answer) < m->reply->event.size ||
        !vfu_build_start(&b, event->command_number, true)) {
        vfu_client_refuse(client, event, answer && m->reply->event.flags & VFU_ERROR ? m->reply->event.error : EFAULT);
        return;
    }
    vfu_build_clear_payload(&b);
    if (vfu_build_append(&b, answer->bytes + VFU_HEADER_SIZE, answer->captured - VFU_HEADER_SIZE))
        vfu_client_answer(client, event, &b);
    vfu_build_free(&b);
}

/* --- what is sent --- */

/* A descriptor like the one that was passed then: memory is empty, an eventfd has not fired. -1: errno says why. */
static int make_fd(const struct vfu_fd *was, uint64_t least)
{
    int fd, pair[2];

    switch (was->type) {
    case VFU_FD_EVENTFD:
        return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    case VFU_FD_SOCKET:
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
            return -1;
        close(pair[0]);
        return pair[1];
    default:
        fd = memfd_create("vfuscope-replay", MFD_CLOEXEC);
        if (fd >= 0 && ftruncate(fd, (off_t)(was->has_size ? was->size : least)) != 0) {
            close(fd);
            return -1;
        }
        return fd;
    }
}

/* What had no size, and is memory now, must reach as far as the mapping that it is for. */
static uint64_t least_size(const struct vfu_event *e)
{
    struct vfu_decoded d;

    if (e->command_number != VFU_DMA_MAP)
        return 0;
    vfu_decode(e, &d);
    return vfu_number(d.values, d.count, "offset", 0) + vfu_number(d.values, d.count, "size", 0);
}

/* Let what arrives arrive, until the reply is there (NULL: for just that long). False: too late, or no connection. */
static bool await(struct replay *r, const struct sent *s, uint64_t ns, struct vfu_error *error)
{
    uint64_t start, now;

    start = vfu_mono_ns();
    for (now = start; !(s && s->reply) && now - start < ns && !cli_signals_counted(); now = vfu_mono_ns()) {
        uint64_t left = (ns - (now - start)) / 1000000 + 1;

        if (vfu_client_turn(&r->client, NULL, left > TURN_MS ? TURN_MS : (int)left, error) == VFU_CLIENT_CLOSED)
            return false;
    }
    *error = (struct vfu_error){ .number = ETIMEDOUT };
    return !s || s->reply;
}

static bool send_again(struct replay *r, const struct replay_message *m, struct vfu_error *error)
{
    const struct vfu_message *was = &m->event.message;
    enum vfu_client_result result;
    int fds[VFU_MAX_FDS];
    unsigned nfds = 0;

    if (vfu_message_at_hand(was) < was->size) { /* what its header says is its sender's affair */
        if (!r->skipped++)
            cli_error("#%llu is cut in the capture: it, and others like it, are left out",
                      (unsigned long long)was->no);
        return true;
    }
    while (nfds < was->nfds && (fds[nfds] = make_fd(&was->fds[nfds], least_size(&m->event))) >= 0)
        nfds++;
    if (nfds < was->nfds) {
        vfu_fail(error, errno, "#%llu: can't make its file descriptor: %s", (unsigned long long)was->no,
                 strerror(errno));
        vfu_close_fds(fds, nfds);
        return false;
    }
    r->sending = m;
    result = vfu_client_send(&r->client, was->bytes, was->captured, fds, nfds, false, error);
    r->sending = NULL;
    vfu_close_fds(fds, nfds);
    return result == VFU_CLIENT_OK;
}

/* A reply was recorded here: the client may have sent what follows because of it. False: there is no connection. */
static bool expect_reply(struct replay *r, const struct replay_message *reply, struct vfu_error *error)
{
    struct sent *s = NULL;

    for (size_t i = r->sent_count; i-- > 0 && !s;)
        if (r->sent[i].recorded->reply == reply)
            s = &r->sent[i];
    if (!s)
        return true;
    if (await(r, s, r->timeout_ns, error)) {
        compare_reply(r, s);
        return true;
    }
    if (cli_signals_counted())
        return true;
    replay_compare_reply(&r->differences, s->recorded, s->no, NULL,
                         error->number == ETIMEDOUT ? NULL : "the server closed the connection");
    return vfu_client_is_open(&r->client);
}

/* The server hung up on the last command: does it now? */
static void see_end(struct replay *r, struct vfu_error *error)
{
    if (!await(r, NULL, r->timeout_ns, error) && !vfu_client_is_open(&r->client))
        printf("the server closed the connection behind the last command, as it did then\n");
    else if (!cli_signals_counted())
        replay_differs(&r->differences.count, "the server closed the connection behind this one then, and does not now",
                       r->capture.messages[r->capture.count - 1]->event.message.no, NULL);
}

static bool replay_all(struct replay *r, struct vfu_error *error)
{
    uint64_t last_ns = 0;

    for (size_t i = 0; i < r->capture.count && !cli_signals_counted(); i++) {
        const struct replay_message *m = r->capture.messages[i];
        const struct vfu_message *was = &m->event.message;

        if (was->from == VFU_SERVER) {
            if (vfu_event_is_reply(&m->event) && !expect_reply(r, m, error))
                return true; /* which was told */
            continue;
        }
        if (was->channel != VFU_MAIN || vfu_event_is_reply(&m->event))
            continue;
        if (r->pace && last_ns && was->time.mono_ns > last_ns && !await(r, NULL, was->time.mono_ns - last_ns, error))
            return false;
        last_ns = was->time.mono_ns;
        if (!send_again(r, m, error))
            return false;
    }
    if (r->capture.closed && !cli_signals_counted())
        see_end(r, error);
    return true;
}

static enum cli_status finish(const struct replay *r)
{
    uint64_t differ = r->differences.count;

    replay_say_more(differ);
    printf("%zu command%s sent, %llu %s compared, %llu difference%s\n", r->sent_count, vfu_plural(r->sent_count),
           (unsigned long long)r->compared, r->compared == 1 ? "reply" : "replies", (unsigned long long)differ, vfu_plural(differ));
    if (cli_signals_counted())
        return CLI_INTERRUPTED;
    return differ || r->skipped ? CLI_FAILED : CLI_OK;
}

/* Without one a server will refuse what follows, or hang up. */
static bool has_version(const struct replay_capture *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->messages[i]->event.from == VFU_CLIENT && c->messages[i]->event.command_number == VFU_VERSION)
            return true;
    return false;
}

static enum cli_status play(struct replay *r, const char *file, const char *socket)
{
    const struct vfu_client_hooks hooks = { .context = r, .event = on_event, .command = on_command, .watch_fd = -1 };
    struct vfu_error error;
    enum cli_status status = CLI_FAILED;

    r->differences.was = file;
    r->differences.now = socket;
    r->sent = calloc(r->capture.count, sizeof *r->sent);
    if (!vfu_client_init(&r->client, &hooks) || !r->sent) {
        cli_error("out of memory");
    } else if (vfu_client_connect(&r->client, socket, false, &error) != VFU_CLIENT_OK) {
        cli_error("%s", error.text);
        status = CLI_USAGE;
    } else {
        vfu_session_rules(r->client.session)->checks = NULL;
        if (!has_version(&r->capture))
            cli_error("%s: has no VERSION, with which a connection begins: the server may refuse all of it", file);
        if (!replay_all(r, &error) && !cli_signals_counted()) {
            cli_error("%s", error.text);
            r->differences.count += !r->differences.count;
        }
        status = finish(r);
    }
    vfu_client_free(&r->client);
    for (size_t i = 0; r->sent && i < r->sent_count; i++)
        free(r->sent[i].reply);
    free(r->sent);
    return status;
}

/* --- start --- */

static enum cli_status fail(const struct vfu_error *error)
{
    if (cli_signals_counted())
        return CLI_INTERRUPTED;
    cli_error("%s", error->text);
    return error->number ? CLI_USAGE : CLI_FAILED;
}

static bool load(struct replay_capture *c, const char *path, uint64_t conn, enum cli_status *status)
{
    struct vfu_error error;
    bool good = replay_load(c, path, (uint32_t)conn, &error);

    if (!good)
        *status = fail(&error);
    return good;
}

/* One after the other, each as if it were the only one; the worst status of all. */
static enum cli_status play_all(const struct replay *r, const struct cli_args *args)
{
    enum cli_status status = CLI_OK, one;
    struct vfu_error error;
    struct replay each;
    uint32_t conn;

    if (!replay_next(args->rest[0], 0, &conn, &error))
        return fail(&error);
    do { /* 0: there are no messages, which is said */
        each = *r;
        if (load(&each.capture, args->rest[0], conn, &one))
            one = play(&each, args->rest[0], args->rest[1]);
        replay_unload(&each.capture);
        status = one > status ? one : status;
        if (!replay_next(args->rest[0], conn, &conn, &error))
            return fail(&error);
    } while (conn && one != CLI_USAGE && one != CLI_INTERRUPTED);
    return status;
}

/* *all: that is what --conn says. */
static bool parse_conn(const struct cli_args *args, uint64_t *conn, bool *all)
{
    const char *text = cli_value(args, "conn");

    *conn = 0;
    *all = text && strcmp(text, "all") == 0;
    return *all || cli_number(args, "conn", 0, conn);
}

static enum cli_status run(const struct cli_args *args)
{
    struct replay r = { .timeout_ns = UINT64_C(5000000000), .pace = cli_has(args, "pace") };
    struct replay_capture other = { 0 };
    const char *timeout = cli_value(args, "timeout");
    enum cli_status status = CLI_USAGE;
    uint64_t conn;
    bool all;

    if (!parse_conn(args, &conn, &all) || !cli_wants_colour(args, &r.differences.colour))
        return CLI_USAGE;
    if (timeout && !vfu_parse_time(timeout, &r.timeout_ns)) {
        cli_error("--timeout %s: a time, such as 500ms or 5s", timeout);
        return CLI_USAGE;
    }
    cli_signals_count(NULL);
    if (all && !cli_has(args, "compare")) {
        status = play_all(&r, args);
    } else if (load(&r.capture, args->rest[0], conn, &status)) {
        if (!cli_has(args, "compare"))
            status = play(&r, args->rest[0], args->rest[1]);
        else if (load(&other, args->rest[1], conn, &status))
            status = replay_compare(&r.capture, &other) ? CLI_FAILED : CLI_OK;
    }
    replay_unload(&r.capture);
    replay_unload(&other);
    return status;
}

const struct cli_command cli_replay = {
    .name = "replay",
    .usage = "FILE SOCKET",
    .summary = "send a capture's client side to a server, and tell which replies differ",
    .purpose = CLI_DRIVE,
    .examples = {
        { "replay boot.pcap device.sock", "say all that the client said, and tell which replies differ" },
        { "replay --compare good.pcap bad.pcap", "the same of two captures, without a server" },
    },
    .options = options,
    .min_args = 2,
    .max_args = 2,
    .run = run,
};
