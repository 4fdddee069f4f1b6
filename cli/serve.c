/*
 * vfuscope serve SOCKET: an embedded device behind a vfio-user server, so that there is something to talk to. This
 * file: the command line and the loop; serve.h says which part is where.
 */
#include "capture/server/inside.h"
#include "cli/cli.h"
#include "cli/signals.h"
#include "plugins/devices/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct dev_model *const models[] = { &dev_edu, &dev_ram };
enum { MODELS = sizeof models / sizeof models[0] };
enum { ACCEPT_PAUSE_MS = 100 };

static const struct cli_option options[] = {
    { "device", 0, "NAME", "the device: edu (the default), or ram:OPTIONS, registers that just remember",
      .values = "edu ram:" },
    { "migration", 0, "KIND", "pre-copy (the default), stop-copy or none: how the device's state can be saved" },
    { "once", 0, NULL, "end with the first connection" },
    { "socket-path", 0, "PATH", "the same as SOCKET" },
    { "fd", 0, "N", "serve on an inherited socket, listening or connected" },
    { NULL },
};

/* Where clients come from */
struct source {
    struct vfu_listener listener; /* fd -1: none, or not ours */
    int fd;                       /* the listening socket; -1: none */
    int connected;                /* a client that is there already; -1: none */
    bool once;
};

/* NAME or NAME:OPTIONS */
static const struct dev_model *find_model(const char *name)
{
    size_t size = strcspn(name, ":");

    for (size_t i = 0; i < MODELS; i++)
        if (strncmp(models[i]->name, name, size) == 0 && !models[i]->name[size])
            return models[i];
    cli_error("--device %s: no such device; there are edu and ram", name);
    return NULL;
}

static bool find_kind(const char *name, enum serve_kind *kind)
{
    static const char *const kinds[] = {
        [SERVE_PRE_COPY] = "pre-copy", [SERVE_STOP_COPY] = "stop-copy", [SERVE_NO_MIGRATION] = "none",
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i], name) == 0) {
            *kind = (enum serve_kind)i;
            return true;
        }
    cli_error("--migration %s: pre-copy, stop-copy or none", name);
    return false;
}

/* --fd N: listening or connected? */
static bool adopt(const char *text, uint64_t number, struct source *from)
{
    int fd = number > INT32_MAX ? -1 : (int)number, listening, type;
    socklen_t size = sizeof type;

    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
        cli_error("--fd %s: %s", text, fd < 0 ? strerror(EBADF) : strerror(errno));
        return false;
    }
    size = sizeof listening;
    if (type != SOCK_STREAM || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0) {
        cli_error("--fd %s: not a stream socket", text);
        return false;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (listening) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        from->fd = fd;
        fprintf(stderr, "listening on fd %d\n", fd);
    } else {
        from->connected = fd;
    }
    return true;
}

static bool open_source(const struct cli_args *args, struct source *from, const char **name)
{
    const char *path = cli_value(args, "socket-path"), *text = cli_value(args, "fd");
    struct vfu_error error;
    uint64_t number;

    *from = (struct source){ .fd = -1, .connected = -1, .once = cli_has(args, "once") };
    from->listener.fd = -1;
    if ((args->rest_count > 0) + (path != NULL) + (text != NULL) != 1) {
        cli_error("serve: give one of SOCKET, --socket-path and --fd");
        return false;
    }
    if (text) {
        *name = "fd";
        return cli_number(args, "fd", 0, &number) && adopt(text, number, from);
    }
    *name = path ? path : args->rest[0];
    if (!vfu_listen(*name, 0600, (gid_t)-1, &from->listener, &error)) {
        cli_error("%s", error.text);
        return false;
    }
    from->fd = from->listener.fd;
    *name = from->listener.path.text;
    fprintf(stderr, "listening on %s\n", *name);
    return true;
}

/* What poll said of a channel; false: the channel is at its end. */
static bool channel_ready(struct serve *s, struct serve_channel *c, short events)
{
    if (events & POLLOUT)
        serve_writable(c);
    return !(events & (POLLIN | POLLHUP | POLLERR)) || s->closing || serve_readable(s, c);
}

static bool is_over(const struct serve *s, short events)
{
    return s->closing && (!serve_waits(&s->client) || events & (POLLHUP | POLLERR));
}

enum { POLL_SIGNALS, POLL_CLIENT, POLL_TWIN, POLL_BELLS };

/* Wait for something to do; false: a message was printed. Doorbells come last: what rang before a command is seen too. */
static bool wait_for_work(struct serve *s, int signals, struct pollfd *p)
{
    short in = serve_is_full(&s->client) || s->closing ? 0 : POLLIN;
    nfds_t count;

    do {
        p[POLL_SIGNALS] = (struct pollfd){ .fd = signals, .events = POLLIN };
        p[POLL_CLIENT] = (struct pollfd){ .fd = s->client.fd, .events = (short)(in | (serve_waits(&s->client) ? POLLOUT : 0)) };
        p[POLL_TWIN] = (struct pollfd){ .fd = s->twin.fd, .events = (short)(POLLIN | (serve_waits(&s->twin) ? POLLOUT : 0)) };
        count = POLL_BELLS + serve_doorbells_poll(s, p + POLL_BELLS);
        if (poll(p, count, -1) >= 0)
            return true;
    } while (errno == EINTR);
    cli_error("poll: %s", strerror(errno));
    return false;
}

/* Serve the client until it leaves; true: a signal asked for the end. */
static bool serve_client(struct serve *s, int signals)
{
    struct pollfd p[POLL_BELLS + SERVE_MAX_MSG_FDS];
    bool asked = false, good = true;

    while (good && !asked) {
        if (!wait_for_work(s, signals, p))
            break;
        asked = p[POLL_SIGNALS].revents;
        serve_doorbells_run(s);
        if (p[POLL_TWIN].revents && !channel_ready(s, &s->twin, p[POLL_TWIN].revents))
            serve_twin_close(s);
        if (p[POLL_CLIENT].revents)
            good = channel_ready(s, &s->client, p[POLL_CLIENT].revents) || serve_waits(&s->client);
        good = good && serve_dma_run(s) && !is_over(s, p[POLL_CLIENT].revents);
    }
    serve_close(s);
    return asked;
}

/* Wait for the next client; -1: a signal asked for the end. */
static int next_client(struct source *from, int signals)
{
    struct pollfd p[] = { { .fd = signals, .events = POLLIN }, { .fd = from->fd, .events = POLLIN } };
    int fd = -1;

    while (fd < 0) {
        if (poll(p, 2, -1) < 0)
            continue; /* EINTR */
        if (p[0].revents)
            return -1;
        fd = accept4(from->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            cli_error("accept: %s", strerror(errno));
            poll(p, 1, ACCEPT_PAUSE_MS); /* out of memory or fds: the client waits in the backlog */
        }
    }
    return fd;
}

static void loop(struct serve *s, struct source *from, int signals)
{
    bool asked = false;

    while (!asked) {
        int fd = from->connected >= 0 ? from->connected : next_client(from, signals);

        if (fd < 0)
            break;
        serve_open(s, fd);
        asked = serve_client(s, signals);
        if (from->once || from->connected >= 0)
            break;
    }
}

static bool device_new(struct serve *s, const struct dev_model *model, const char *details)
{
    char why[DEV_WHY] = "";

    s->host.context = s;
    serve_host_irqs(s);
    serve_host_dma(s);
    s->dev = model->create(&s->host, details, why);
    if (!s->dev) {
        cli_error("--device %s: %s", model->name, why);
        return false;
    }
    if (serve_irqs_new(s)) {
        serve_migration_reset(s);
        return true;
    }
    cli_error("%s: out of memory", model->name);
    return false;
}

static enum cli_status serve(const struct cli_args *args)
{
    const char *device = cli_value(args, "device"), *details = device ? strchr(device, ':') : NULL;
    const char *kind = cli_value(args, "migration");
    const struct dev_model *model = find_model(device ? device : "edu");
    enum cli_status status = CLI_USAGE;
    struct serve s = { .client.fd = -1, .twin.fd = -1 };
    struct source from;
    int signals;

    if (!model || (kind && !find_kind(kind, &s.kind)))
        return CLI_USAGE;
    vfu_raise_fd_limit();
    signals = cli_signals_open((const int[]){ 0 });
    if (signals < 0)
        cli_error("signalfd: %s", strerror(errno));
    else if (device_new(&s, model, details ? details + 1 : NULL) && open_source(args, &from, &s.name)) {
        loop(&s, &from, signals);
        vfu_unlisten(&from.listener);
        status = CLI_OK;
    }
    serve_stream_clear(&s.migration.data);
    serve_irqs_free(&s);
    if (s.dev)
        model->destroy(s.dev);
    return status;
}

const struct cli_command cli_serve = {
    .name = "serve",
    .usage = "SOCKET",
    .summary = "run an embedded device behind a vfio-user server",
    .options = options,
    .min_args = 0,
    .max_args = 1,
    .run = serve,
};
