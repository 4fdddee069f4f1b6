/*
 * vfuscope attach PID|NAME: what a running process says and hears, without touching its sockets.
 */
#include "capture/attach/attach.h"
#include "cli/browse/beside.h"
#include "cli/cli.h"
#include "cli/output/logs.h"
#include "cli/output/output.h"
#include "cli/output/rules.h"
#include "cli/signals.h"
#include "cli/voice.h"
#include "decoder/reasons/reasons.h"
#include "decoder/wire/near.h"
#include "decoder/wire/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    { "browse", 0, NULL, "look around in what passes, full screen; see vfuscope browse", .group = CLI_OUTPUT },
    { "list", 0, NULL, "list the process's connected UNIX sockets, and end; without PID all of the machine's",
      .group = CLI_INPUT },
    { "fd", 0, "N", "only the connection at this file descriptor of the process", .group = CLI_INPUT },
    { "socket", 0, "PATH", "only connections at this socket, however its path is spelt", .group = CLI_INPUT },
    { "method", 0, "METHOD", "bpf (default) or ptrace, which is slow and works without BPF",
      .values = "bpf ptrace", .group = CLI_INPUT },
    { "log", 0, "NAME=FILE", "the lines that come into FILE from now on, too; may be repeated", .group = CLI_INPUT },
    { 0 },
};

struct attaching {
    const struct cli_args *args;
    pid_t pid;
    int fd; /* only this one; -1: all */
    enum vfu_attach_method method;
    struct vfu_attach *attach;
    struct cli_output *output;
    struct vfu_session *session;
    struct cli_logs logs;
    int signals; /* a signalfd */
    struct browse_beside *beside; /* the screen; NULL: none */
    bool browse;
};

/* --- options --- */

static bool parse_method(const char *text, enum vfu_attach_method *method)
{
    char near[VFU_NEAR_TEXT];

    *method = text && strcmp(text, "ptrace") == 0 ? VFU_ATTACH_PTRACE : VFU_ATTACH_BPF;
    if (!text || *method == VFU_ATTACH_PTRACE || strcmp(text, "bpf") == 0)
        return true;
    cli_error("--method %s: bpf or ptrace%s", text, vfu_near_words(text, "bpf ptrace", near));
    return false;
}

static bool parse_fd(const struct cli_args *args, int *fd)
{
    uint64_t n;

    if (!cli_number(args, "fd", UINT64_MAX, &n))
        return false;
    *fd = n <= INT32_MAX ? (int)n : -1;
    if (n <= INT32_MAX || !cli_has(args, "fd"))
        return true;
    cli_error("--fd %s: too large", cli_value(args, "fd"));
    return false;
}

/* Before any thread starts: SIGCHLD is the method ptrace's to read, and no thread may take it from there. */
static int take_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return cli_signals_open((const int[]){ SIGHUP, 0 });
}

/* --- what attach calls --- */

static bool on_signal(void *context)
{
    struct attaching *t = context;

    return cli_signals_next(t->signals) != 0;
}

static void on_event(void *context, const struct vfu_event *event)
{
    cli_output_event(((struct attaching *)context)->output, event);
}

static void on_map_fd(void *context, uint64_t no, int fd)
{
    cli_output_map_fd(((struct attaching *)context)->output, no, fd);
}

/* About what the process does, as often as it does it. */
static void say(void *context, const char *text)
{
    (void)context;
    if (cli_voice_admits())
        cli_error("%s", text);
}

static void attached(void *context)
{
    fprintf(stderr, "attached to %d\n", (int)((struct attaching *)context)->pid);
}

/* --- the list --- */

struct listing {
    FILE *to;
    unsigned count;
};

static bool put_out(void *context, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, context) == size;
}

/* The names in it are what others chose. */
static void list_one(void *context, const struct vfu_attach_socket *s)
{
    struct listing *l = context;
    char buffer[1024], number[16];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, put_out, l->to);
    uint64_t start;

    if (l->count++ == 0)
        fprintf(l->to, "   fd  end     peer                      socket\n");
    fprintf(l->to, "%5d  %-6s  ", s->fd, !s->path[0] ? "?" : s->is_server ? "server" : "client");
    snprintf(number, sizeof number, s->peer_pid ? "%-7d " : "?", (int)s->peer_pid);
    start = vfu_writer_position(&w);
    vfu_write_text(&w, number);
    vfu_write_escaped(&w, (const uint8_t *)s->peer_name, strlen(s->peer_name));
    vfu_write_pad(&w, start, 26);
    if (s->path[0])
        vfu_write_escaped(&w, (const uint8_t *)s->path, strlen(s->path));
    else
        vfu_write_text(&w, "(unnamed)");
    vfu_write_char(&w, '\n');
    vfu_writer_flush(&w);
}

static enum cli_status list(pid_t pid)
{
    struct listing l = { .to = stdout };
    struct vfu_attach_files files;
    struct vfu_error error;

    if (!vfu_attach_list(pid, list_one, &l, &error)) {
        cli_error("%s", error.text);
        return CLI_USAGE;
    }
    if (l.count == 0)
        cli_error("%d: no connected UNIX stream sockets", (int)pid);
    if (vfu_attach_count_files(pid, &files))
        printf("also open: %u memfd%s, %llu MiB; %u eventfd%s\n", files.memfds, vfu_plural(files.memfds),
               (unsigned long long)(files.memfd_bytes >> 20), files.eventfds, vfu_plural(files.eventfds));
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static void write_holder(struct vfu_writer *w, const struct vfu_attach_holder *h, unsigned width)
{
    uint64_t start = vfu_writer_position(w);

    if (h->pid) {
        vfu_write_decimal(w, (uint64_t)h->pid);
        vfu_write_char(w, ' ');
        vfu_write_escaped(w, (const uint8_t *)h->name, strlen(h->name));
        vfu_write_text(w, " fd ");
        vfu_write_decimal(w, (uint64_t)h->fd);
    } else {
        vfu_write_char(w, '?');
    }
    vfu_write_pad(w, start, width);
}

/* Of all processes. */
static enum cli_status list_machine(void)
{
    enum { WIDTH = 34 };
    char buffer[1024];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, put_out, stdout);
    struct vfu_attach_pair *pairs;
    size_t count = vfu_attach_machine(&pairs);

    if (count)
        printf("%-*s%-*s%s\n", WIDTH, "client", WIDTH, "server", "socket");
    else
        cli_error("no connected UNIX stream sockets");
    for (size_t i = 0; i < count; i++) {
        write_holder(&w, &pairs[i].client, WIDTH);
        write_holder(&w, &pairs[i].server, WIDTH);
        if (pairs[i].path[0])
            vfu_write_escaped(&w, (const uint8_t *)pairs[i].path, strlen(pairs[i].path));
        else
            vfu_write_text(&w, "(unnamed)");
        vfu_write_char(&w, '\n');
        vfu_writer_flush(&w);
    }
    free(pairs);
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

/* --- is there what is asked for? --- */

struct wanted {
    int fd;             /* -1: any */
    const char *socket; /* NULL: any */
    bool found;
};

static void match(void *context, const struct vfu_attach_socket *s)
{
    struct wanted *w = context;

    w->found |= w->fd >= 0 ? s->fd == w->fd : vfu_attach_is_at(s, w->socket);
}

/* Where no connection is yet, one may come; or it is another that was meant. */
static void say_if_none(pid_t pid, int fd, const char *socket)
{
    struct wanted w = { .fd = fd, .socket = socket };
    struct listing l = { .to = stderr };
    struct vfu_error error;

    if ((fd < 0 && !socket) || !vfu_attach_list(pid, match, &w, &error) || w.found)
        return; /* what can't be listed can't be attached to either, which says why */
    if (fd >= 0)
        cli_error("--fd %d: no connected UNIX stream socket now; if it becomes one it is shown", fd);
    else
        cli_error("--socket %s: no open connection there; one that is made later is shown", socket);
    cli_error("process %d has these now:", (int)pid);
    vfu_attach_list(pid, list_one, &l, &error);
    if (!l.count)
        fprintf(stderr, "(no connected UNIX stream sockets)\n");
}

/* --- running --- */

/* A ring's later files are opened without privileges. */
static bool ring_can_go_on(const struct cli_args *args)
{
    const char *path = cli_value(args, "write"), *slash = path ? strrchr(path, '/') : NULL;
    char folder[PATH_MAX] = ".";

    if (!path || !cli_has(args, "ring-size"))
        return true;
    if (slash)
        snprintf(folder, sizeof folder, "%.*s", slash > path ? (int)(slash - path) : 1, path);
    if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0)
        return true;
    cli_error("%s: the ring's next files could not be made there once privileges are given up: %s (take a folder of %s)",
              path, strerror(errno), geteuid() == 0 ? "root's" : "your own");
    return false;
}

/* The output's files are open, and nothing of others has been read: take hold, and give up privileges. */
static bool take_hold(void *context)
{
    struct attaching *t = context;
    struct vfu_error error;

    t->attach = vfu_attach_start(t->pid, t->method, &error);
    if (!t->attach)
        cli_error("%s", error.text);
    return t->attach && ring_can_go_on(t->args);
}

static enum cli_status watch(struct attaching *t)
{
    const struct vfu_attach_options how = {
        .fd = t->fd,
        .socket = cli_value(t->args, "socket"),
        .session = t->session,
        .logs = t->logs.logs,
        .count = cli_output_count(t->output),
        .stop_fd = t->signals,
        .stop = on_signal,
        .event = on_event,
        .map_fd = cli_output_has_plugins(t->output) ? on_map_fd : NULL,
        .say = say,
        .attached = attached,
        .context = t,
    };
    enum cli_status screen;
    struct vfu_error error;
    bool good;

    /* Who waits for a terminal takes nothing from the kernel meanwhile, and by ptrace the process stands still. */
    if (!cli_voice_start()) {
        cli_error("out of memory or threads");
        return CLI_FAILED;
    }
    if (!cli_logs_start(&t->logs))
        return CLI_FAILED;
    cli_error("not seen here: accesses to mapped BARs, DMA into shared memory, eventfds (interrupts, ioeventfds)");
    cli_output_warn(t->output);
    if (t->beside && !browse_beside_start(t->beside))
        return CLI_FAILED;
    good = vfu_attach_run(t->attach, &how, &error);
    screen = browse_beside_stop(t->beside);
    if (good)
        return screen;
    cli_error("%s", error.text);
    return CLI_USAGE;
}

static void look(void *context, const struct vfu_event *event)
{
    browse_beside_event(((struct attaching *)context)->beside, event);
}

static enum cli_status attach(struct attaching *t)
{
    const struct cli_output_how how = { .session = t->session, .queued = true, .live = true,
                                        .interrupted = cli_signals_pending, .opened = take_hold, .context = t,
                                        .enough = cli_signals_end, .screen = t->browse,
                                        .watch = t->browse ? look : NULL, .watch_context = t };
    enum cli_status status = CLI_USAGE, written;

    t->output = cli_output_open(t->args, &how);
    if (t->output) {
        t->beside = t->browse ? browse_beside_open(t->args, t->args->rest[0], NULL) : NULL;
        status = t->browse && !t->beside ? CLI_FAILED : watch(t);
        vfu_attach_end(t->attach);
        t->attach = NULL;
        cli_logs_end(&t->logs, t->output);
        written = cli_output_close(t->output);
        browse_beside_close(t->beside);
        cli_voice_end();
        status = status == CLI_OK ? written : status;
    }
    vfu_attach_end(t->attach);
    return status;
}

static enum cli_status run(const struct cli_args *args)
{
    struct attaching t = { .args = args, .signals = -1 };
    enum cli_status status = CLI_USAGE;
    struct vfu_error error;

    if (!parse_method(cli_value(args, "method"), &t.method) || !parse_fd(args, &t.fd))
        return CLI_USAGE;
    if (args->rest_count == 0 && cli_has(args, "list"))
        return list_machine();
    if (args->rest_count == 0) {
        cli_error("attach: to which process? (a PID or NAME; --list shows what there is)");
        return CLI_USAGE;
    }
    if (!vfu_attach_find(args->rest[0], &t.pid, &error)) {
        cli_error("%s", error.text);
        return CLI_USAGE;
    }
    if (cli_has(args, "list"))
        return list(t.pid);
    if (!browse_beside_parse(args, &t.browse))
        return CLI_USAGE;
    say_if_none(t.pid, t.fd, cli_value(args, "socket"));
    t.signals = take_signals();
    t.session = vfu_session_new(&vfu_all_checks);
    if (t.signals < 0 || !t.session) {
        cli_error("out of memory or file descriptors");
    } else if (cli_logs_open(&t.logs, args)) {
        cli_rules_apply(args, t.session);
        status = attach(&t);
    }
    cli_logs_free(&t.logs);
    vfu_session_free(t.session);
    if (t.signals >= 0)
        close(t.signals);
    return status;
}

const struct cli_command cli_attach = {
    .name = "attach",
    .usage = "[PID|NAME]",
    .summary = "show what a running process says and hears",
    .examples = {
        { "attach --list", "which processes talk over UNIX sockets, and to whom" },
        { "attach qemu-system-x86_64 -w now.pcap", "show what a VM that runs says from now on, and keep it" },
    },
    .options = options,
    .more = cli_output_option,
    .min_args = 0,
    .max_args = 1,
    .run = run,
};
