/*
 * vfuscope attach PID|NAME: what a running process says and hears, without touching its sockets.
 */
#include "capture/attach/attach.h"
#include "cli/cli.h"
#include "cli/output/output.h"
#include "cli/output/rules.h"
#include "cli/signals.h"
#include "decoder/rules/rules.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    { "list", 0, NULL, "list the process's connected UNIX sockets, and end" },
    { "fd", 0, "N", "only the connection at this file descriptor of the process" },
    { "socket", 0, "PATH", "only connections at this socket" },
    { "method", 0, "METHOD", "bpf (default) or ptrace, which is slow and works without BPF",
      .values = "bpf ptrace" },
    { 0 },
};

struct attaching {
    pid_t pid;
    struct cli_output *output;
    struct vfu_session *session;
    int signals; /* a signalfd */
};

/* --- options --- */

static bool parse_method(const char *text, enum vfu_attach_method *method)
{
    *method = text && strcmp(text, "ptrace") == 0 ? VFU_ATTACH_PTRACE : VFU_ATTACH_BPF;
    if (!text || *method == VFU_ATTACH_PTRACE || strcmp(text, "bpf") == 0)
        return true;
    cli_error("--method %s: bpf or ptrace", text);
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

static void say(void *context, const char *text)
{
    (void)context;
    cli_error("%s", text);
}

static void attached(void *context)
{
    fprintf(stderr, "attached to %d\n", (int)((struct attaching *)context)->pid);
}

/* --- the list --- */

static void list_one(void *context, const struct vfu_attach_socket *s)
{
    unsigned *count = context;

    if ((*count)++ == 0)
        printf("   fd  end     peer                      socket\n");
    printf("%5d  %-6s  ", s->fd, !s->path[0] ? "?" : s->is_server ? "server" : "client");
    if (s->peer_pid)
        printf("%-7d %-16s  ", (int)s->peer_pid, s->peer_name);
    else
        printf("%-24s  ", "?");
    printf("%s\n", s->path[0] ? s->path : "(unnamed)");
}

static enum cli_status list(pid_t pid)
{
    struct vfu_attach_files files;
    struct vfu_error error;
    unsigned count = 0;

    if (!vfu_attach_list(pid, list_one, &count, &error)) {
        cli_error("%s", error.text);
        return CLI_USAGE;
    }
    if (count == 0)
        cli_error("%d: no connected UNIX stream sockets", (int)pid);
    if (vfu_attach_count_files(pid, &files))
        printf("also open: %u memfd%s, %llu MiB; %u eventfd%s\n", files.memfds, vfu_plural(files.memfds),
               (unsigned long long)(files.memfd_bytes >> 20), files.eventfds, vfu_plural(files.eventfds));
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

/* --- running --- */

static enum cli_status attach(struct attaching *t, const struct cli_args *args, enum vfu_attach_method method, int fd)
{
    struct vfu_attach_options how = {
        .pid = t->pid,
        .fd = fd,
        .socket = cli_value(args, "socket"),
        .method = method,
        .session = t->session,
        .count = cli_output_count(t->output),
        .stop_fd = t->signals,
        .stop = on_signal,
        .event = on_event,
        .map_fd = cli_output_has_plugins(t->output) ? on_map_fd : NULL,
        .say = say,
        .attached = attached,
        .context = t,
    };
    struct vfu_error error;

    cli_error("not seen here: accesses to mapped BARs, DMA into shared memory, eventfds (interrupts, ioeventfds)");
    cli_output_warn(t->output);
    if (vfu_attach_run(&how, &error))
        return CLI_OK;
    cli_error("%s", error.text);
    return CLI_USAGE;
}

static enum cli_status run(const struct cli_args *args)
{
    struct cli_output_how how = { .queued = true, .live = true, .interrupted = cli_signals_pending };
    struct attaching t = { .signals = -1 };
    enum cli_status status = CLI_USAGE, written;
    enum vfu_attach_method method;
    struct vfu_error error;
    int fd;

    if (!parse_method(cli_value(args, "method"), &method) || !parse_fd(args, &fd))
        return CLI_USAGE;
    if (!vfu_attach_find(args->rest[0], &t.pid, &error)) {
        cli_error("%s", error.text);
        return CLI_USAGE;
    }
    if (cli_has(args, "list"))
        return list(t.pid);
    t.signals = take_signals();
    how.session = t.session = vfu_session_new(&vfu_rule_checks);
    if (t.signals < 0 || !t.session)
        cli_error("out of memory or file descriptors");
    else if (cli_rules_apply(args, t.session) && (t.output = cli_output_open(args, &how))) {
        status = attach(&t, args, method, fd);
        written = cli_output_close(t.output);
        status = status == CLI_OK ? written : status;
    }
    vfu_session_free(t.session);
    if (t.signals >= 0)
        close(t.signals);
    return status;
}

const struct cli_command cli_attach = {
    .name = "attach",
    .usage = "PID|NAME",
    .summary = "show what a running process says and hears",
    .options = options,
    .more = cli_output_option,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
