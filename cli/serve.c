/*
 * vfuscope serve SOCKET: an embedded device behind a vfio-user server, so that there is something to talk to. One
 * client at a time: further ones wait in the listener's backlog.
 */
#include "capture/listen.h"
#include "capture/server/server.h"
#include "cli/cli.h"
#include "cli/recorded.h"
#include "cli/signals.h"
#include "cli/voice.h"
#include "decoder/wire/near.h"
#include "plugins/devices/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct dev_model *const models[] = { &dev_edu, &dev_ram };
enum { MODELS = sizeof models / sizeof models[0] };
enum { ACCEPT_PAUSE_MS = 100, MOST_SAID = 20 };

static const struct cli_option options[] = {
    { "device", 0, "NAME", "the device: edu (the default), or ram:OPTIONS, registers that just remember",
      .values = "edu ram:", .group = CLI_DEVICE },
    { "from", 0, "FILE", "the device of a capture, played back; what the client does otherwise is told",
      .group = CLI_DEVICE },
    { "migration", 0, "KIND", "pre-copy (the default), stop-copy or none: how the device's state can be saved",
      .values = "pre-copy stop-copy none", .group = CLI_DEVICE },
    { "once", 0, NULL, "end with the first connection", .group = CLI_RUNNING },
    { "socket-path", 0, "PATH", "the same as SOCKET", .group = CLI_INPUT },
    { "fd", 0, "N", "serve on an inherited socket, listening or connected", .group = CLI_INPUT },
    { NULL },
};

struct serving {
    struct vfu_server *server;
    int signals;
    const char *name; /* of the socket */
    unsigned said;    /* lines about the client */
    struct vfu_server_options how;
    struct cli_recorded *recorded; /* of --from; NULL: none */
    bool differs;                  /* the client did, from the recorded one */
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
    char near[VFU_NEAR_TEXT];

    for (size_t i = 0; i < MODELS; i++)
        if (strncmp(models[i]->name, name, size) == 0 && !models[i]->name[size])
            return models[i];
    cli_error("--device %s: no such device; there are edu and ram%s", name, vfu_near_words(name, "edu ram", near));
    return NULL;
}

static bool find_migration(const char *name, enum vfu_server_migration *kind)
{
    static const char *const kinds[] = {
        [VFU_SERVER_PRE_COPY] = "pre-copy", [VFU_SERVER_STOP_COPY] = "stop-copy", [VFU_SERVER_NO_MIGRATION] = "none",
    };
    char near[VFU_NEAR_TEXT];

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i], name) == 0) {
            *kind = (enum vfu_server_migration)i;
            return true;
        }
    cli_error("--migration %s: pre-copy, stop-copy or none%s", name, vfu_near_words(name, "pre-copy stop-copy none", near));
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

/* What the server says about a client, who can cause only so many lines. */
static void say(void *context, const char *text)
{
    struct serving *v = context;

    if (v->said == MOST_SAID)
        return;
    v->said++;
    cli_error("%s: %s%s", v->name, text, v->said == MOST_SAID ? "; no more is said about this client" : "");
}

static void event(void *context, const struct vfu_event *e)
{
    cli_recorded_event(((struct serving *)context)->recorded, e);
}

/* A recorded device begins anew with each client. False: a message was printed. */
static bool begin_anew(struct serving *v)
{
    char why[DEV_WHY] = "";

    if (!v->recorded)
        return true;
    vfu_server_free(v->server);
    v->server = vfu_server_new(&v->how, why);
    if (!v->server)
        cli_error("--from: %s", why);
    return v->server;
}

/* Serve the client until it leaves; true: a signal asked for the end. */
static bool serve_client(struct serving *v, int fd)
{
    struct pollfd p[1 + VFU_SERVER_POLLS] = { { .fd = v->signals, .events = POLLIN } };
    bool goes_on = true;

    v->said = 0;
    if (!begin_anew(v)) {
        close(fd);
        return true;
    }
    vfu_server_take(v->server, fd);
    while (goes_on && !p[0].revents) {
        int ready = poll(p, 1 + vfu_server_poll(v->server, p + 1), -1);

        if (ready >= 0) {
            goes_on = vfu_server_turn(v->server, p + 1);
        } else if (errno != EINTR) {
            cli_error("poll: %s", strerror(errno));
            goes_on = false;
        }
    }
    vfu_server_leave(v->server);
    if (v->recorded)
        v->differs = cli_recorded_differs(v->recorded) > 0;
    return p[0].revents;
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
            if (cli_voice_admits())
                cli_error("accept: %s", strerror(errno));
            poll(p, 1, ACCEPT_PAUSE_MS); /* out of memory or fds: the client waits in the backlog */
        }
    }
    return fd;
}

static void loop(struct serving *v, struct source *from)
{
    bool asked = false;

    while (!asked) {
        int fd = from->connected >= 0 ? from->connected : next_client(from, v->signals);

        if (fd < 0)
            break;
        asked = serve_client(v, fd);
        if (from->once || from->connected >= 0)
            break;
    }
}

static enum cli_status serve(const struct cli_args *args)
{
    const char *device = cli_value(args, "device"), *details = device ? strchr(device, ':') : NULL;
    const char *migration = cli_value(args, "migration");
    struct serving v = { .signals = -1 };
    struct vfu_server_options how = { .model = find_model(device ? device : "edu"),
                                      .details = details ? details + 1 : NULL,
                                      .say = say,
                                      .context = &v };
    const char *capture = cli_value(args, "from");
    struct cli_recorded recorded = { 0 };
    enum cli_status status = CLI_USAGE;
    char why[DEV_WHY] = "";
    struct source from;

    if (capture && (device || migration)) {
        cli_error("--from %s: the device is the capture's, which --device and --migration say nothing of", capture);
        return CLI_USAGE;
    }
    if (capture && !cli_recorded_load(&recorded, capture)) {
        cli_recorded_free(&recorded);
        return CLI_USAGE;
    }
    if (capture) {
        recorded.tape.say = say;
        recorded.tape.context = &v;
        how.model = &dev_recorded;
        how.details = (const char *)(const void *)&recorded.tape;
        how.migration = VFU_SERVER_NO_MIGRATION;
        how.event = event;
        v.recorded = &recorded;
    }
    v.how = how;
    if (!how.model || (migration && !find_migration(migration, &how.migration)))
        return CLI_USAGE;
    vfu_raise_fd_limit();
    v.server = vfu_server_new(&how, why); /* signals end it as they end all: a file of the device may be a FIFO */
    v.signals = v.server ? cli_signals_open((const int[]){ 0 }) : -1;
    if (!v.server) {
        cli_error("--device %s: %s", how.model->name, why);
    } else if (v.signals < 0) {
        cli_error("signalfd: %s", strerror(errno));
    } else if (!cli_voice_start()) { /* a device under test is often run by a harness that never reads standard error */
        cli_error("out of memory or threads");
        status = CLI_FAILED;
    } else if (open_source(args, &from, &v.name)) {
        loop(&v, &from);
        vfu_unlisten(&from.listener);
        status = from.once && v.differs ? CLI_FAILED : CLI_OK;
    }
    vfu_server_free(v.server);
    cli_recorded_free(&recorded);
    cli_voice_end();
    return status;
}

const struct cli_command cli_serve = {
    .name = "serve",
    .usage = "SOCKET",
    .summary = "run an embedded device behind a vfio-user server",
    .purpose = CLI_DRIVE,
    .examples = {
        { "serve device.sock", "QEMU's edu device, until ^C" },
        { "serve device.sock --device ram: --once", "registers that just remember, for one client" },
    },
    .options = options,
    .min_args = 0,
    .max_args = 1,
    .run = serve,
};
