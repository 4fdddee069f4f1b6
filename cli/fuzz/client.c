/*
 * vfuscope fuzz --client LISTEN: a server that says odd things to each client that connects. A command is started anew for each
 * connection, and watched: it may give up, and say so by its status, but not crash, nor go on for ever where it usually ends.
 */
#include "capture/clock.h"
#include "capture/listen.h"
#include "cli/fuzz/odd.h"
#include "cli/signals.h"
#include "plugins/devices/devices.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MS = 20, MOST_TRIALS = 200, SLOWEST = 20 };

struct clients {
    struct fuzz *fuzz;
    const struct fuzz_how *how;
    struct fuzz_odd odd;
    struct vfu_listener listener;
    struct child child;
    int status;
    struct vfu_error ended; /* so */
    bool ends;              /* the command does, where all is right, and where its server leaves */
    uint64_t usual_ns;      /* how long that takes */
    bool unusable;
    uint64_t done, said;
    unsigned trials;
};

static bool is_stopped(void)
{
    return cli_signals_counted() > 0;
}

/* --- a client --- */

static bool has_ended(struct clients *c)
{
    if (c->child.pid <= 0)
        return true;
    if (!child_ended(&c->child, &c->ended))
        return false;
    c->status = c->child.status;
    c->child.status = 0;
    return true;
}

/*
 * How much of its time the command has had since it was looked at last: none while it wants to run and is not let, or while we are
 * not; all, once it has used half of its time.
 */
static uint64_t had_ns(const struct clients *c, uint64_t since_ns, uint64_t cpu_before, uint64_t patience_ns)
{
    const uint64_t passed = vfu_mono_ns() - since_ns, most = 2 * TICK_MS * UINT64_C(1000000);
    uint64_t cpu;
    char state = fuzz_state_of(c->child.pid, &cpu);

    if (state == 'R' && (cpu - cpu_before) * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK)) < patience_ns / 2)
        return 0;
    return passed < most ? passed : most;
}

/* The next connection; -1: there is none, the command has ended, or it takes too long, or a signal came. */
static int accept_client(struct clients *c, uint64_t patience_ns)
{
    struct pollfd p = { .fd = c->listener.fd, .events = POLLIN };
    uint64_t cpu, waited_ns = 0;

    fuzz_state_of(c->child.pid, &cpu);
    while (!is_stopped()) {
        int fd = accept4(c->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        uint64_t looked_ns;

        if (fd >= 0)
            return fd;
        if (c->how->command && (has_ended(c) || waited_ns >= patience_ns))
            return -1;
        looked_ns = vfu_mono_ns();
        poll(&p, 1, TICK_MS);
        waited_ns += had_ns(c, looked_ns, cpu, patience_ns);
    }
    return -1;
}

/* One connection, until the client leaves, or says nothing any more. `leaves`: the server does, behind its first message. */
static void serve(struct clients *c, int fd, bool leaves)
{
    struct vfu_server_options options = { .model = &dev_edu, .event = fuzz_odd_event, .sends = fuzz_odd_sends, .context = &c->odd };
    struct pollfd p[VFU_SERVER_POLLS];
    char why[DEV_WHY];
    uint64_t heard = c->odd.heard, active_ns = vfu_mono_ns();

    c->odd.server = vfu_server_new(&options, why);
    if (!c->odd.server) {
        cli_error("%s", why);
        close(fd);
        c->unusable = true;
        return;
    }
    vfu_server_take(c->odd.server, fd);
    while (!is_stopped() && !c->odd.closes && !(leaves && c->odd.sent)) {
        if (poll(p, vfu_server_poll(c->odd.server, p), TICK_MS) > 0 && !vfu_server_turn(c->odd.server, p))
            break;
        if (c->odd.heard != heard) {
            heard = c->odd.heard;
            active_ns = vfu_mono_ns();
        }
        if (vfu_mono_ns() - active_ns >= c->fuzz->hang_ms * UINT64_C(1000000))
            break;
    }
    c->odd.closes = false;
    vfu_server_free(c->odd.server);
    c->odd.server = NULL;
}

static void judge(struct clients *c, bool hangs, struct fuzz_finding *found)
{
    struct fuzz_output *o = &c->fuzz->output;

    fuzz_output_read(o);
    *found = (struct fuzz_finding){ 0 };
    if (o->report && !c->fuzz->usual.reports) {
        found->kind = FUZZ_SANITIZER;
        snprintf(found->text, sizeof found->text, "%s", o->line);
    } else if (c->child.pid <= 0 && fuzz_is_crash(c->status)) {
        found->kind = FUZZ_CRASH;
        found->status = c->status;
        snprintf(found->text, sizeof found->text, "%s", c->ended.text);
    } else if (hangs && c->ends) {
        found->kind = FUZZ_HANG;
        snprintf(found->text, sizeof found->text, "it does not end, though its server has left");
    }
}

/* The command, or whoever comes. It may come back as often as it likes. False: nobody came. */
static bool run_client(struct clients *c, bool leaves, struct fuzz_finding *found)
{
    const uint64_t patience_ns = c->fuzz->hang_ms * UINT64_C(1000000) + SLOWEST * c->usual_ns, begun_ns = vfu_mono_ns();
    struct vfu_error error;
    bool came = false;
    int fd;

    fuzz_odd_begin(&c->odd);
    c->fuzz->output.report = false;
    c->fuzz->output.used = 0;
    c->fuzz->output.last[0] = '\0';
    c->status = 0;
    *found = (struct fuzz_finding){ 0 };
    if (c->how->command && !child_start(&c->child, c->how->command, &error)) {
        cli_error("%s", error.text);
        c->unusable = true;
        return false;
    }
    while (!c->unusable && (fd = accept_client(c, patience_ns)) >= 0) {
        came = true;
        serve(c, fd, leaves);
        c->done++;
        if (!c->how->command || vfu_mono_ns() - begun_ns >= patience_ns * 4)
            break; /* it would come back for ever */
    }
    c->said += c->odd.sent;
    if (c->how->command)
        judge(c, !has_ended(c) && vfu_mono_ns() - begun_ns < patience_ns * 4, found);
    if (!child_stop(&c->child, &error) && !is_stopped() && !found->kind)
        cli_error("%s", error.text);
    return came;
}

/* --- what is usual --- */

static bool watch_usual(struct clients *c)
{
    struct fuzz_finding found;
    const uint64_t start = vfu_mono_ns();
    bool ended;

    c->odd.odd = false;
    if (!c->how->command)
        return true;
    if (!run_client(c, false, &found) && !c->unusable && !is_stopped()) {
        cli_error("%s: it does not connect", c->how->command[0]);
        return false;
    }
    ended = c->ended.text[0];
    c->usual_ns = vfu_mono_ns() - start;
    c->fuzz->usual.reports = found.kind == FUZZ_SANITIZER;
    if (found.kind == FUZZ_CRASH) {
        cli_error("%s, where all is right", found.text);
        return false;
    }
    c->ended.text[0] = '\0';
    run_client(c, true, &found);
    c->ends = ended && c->ended.text[0];
    if (!c->ends && !is_stopped())
        cli_error("%s: it does not end with its server: whether it hangs is not judged", c->how->command[0]);
    return !c->unusable && !is_stopped();
}

/* --- which of it --- */

static bool happens(struct clients *c, const struct fuzz_finding *wanted)
{
    struct fuzz_finding found;

    c->trials++;
    run_client(c, false, &found);
    return found.kind == wanted->kind && found.status == wanted->status;
}

static void leave_out(struct clients *c, unsigned from, unsigned to, const struct fuzz_finding *wanted)
{
    bool kept[FUZZ_ODD];

    memcpy(kept, c->odd.stays, sizeof kept);
    memset(c->odd.stays + from, 0, to - from);
    if (memcmp(kept, c->odd.stays, sizeof kept) != 0 && (c->trials >= MOST_TRIALS || is_stopped() || !happens(c, wanted)))
        memcpy(c->odd.stays, kept, sizeof kept);
}

/* What was odd is left as it should be, as far as the same happens all the same. */
static bool make_small(struct clients *c, const struct fuzz_finding *wanted, unsigned *before)
{
    unsigned last = c->odd.sent < FUZZ_ODD ? c->odd.sent : FUZZ_ODD;

    *before = c->odd.kept_count;
    memcpy(c->odd.stays, c->odd.was_odd, sizeof c->odd.stays);
    c->trials = 0;
    if (!happens(c, wanted)) {
        memset(c->odd.stays, 1, sizeof c->odd.stays);
        return false;
    }
    for (unsigned part = last / 2; part > 0; part /= 2)
        for (unsigned from = 0; from < last; from += part)
            leave_out(c, from, from + part < last ? from + part : last, wanted);
    return true;
}

static bool save(struct clients *c, const struct fuzz_finding *wanted, bool *again, struct vfu_error *error)
{
    struct fuzz *f = c->fuzz;
    bool good;

    f->capture_error = (struct vfu_error){ 0 };
    f->capture = vfu_capwriter_open(c->how->file, 0, NULL, error);
    if (!f->capture)
        return false;
    good = fuzz_put(f, VFU_EVENT_CAPTURE, c->how->options, error);
    *again = happens(c, wanted) || *again;
    good = good && fuzz_put(f, VFU_EVENT_END, c->how->options, error);
    good = vfu_capwriter_close(f->capture, error) && good;
    f->capture = NULL;
    if (good && f->capture_error.text[0])
        *error = f->capture_error;
    return good && !f->capture_error.text[0];
}

static enum cli_status tell(struct clients *c, const struct fuzz_finding *found)
{
    struct fuzz_told t = { .seed = c->fuzz->seed, .connections = c->done, .messages = c->said, .finding = found,
                           .connection = c->odd.conn, .by_server = true, .replayed = "", .output = "" };
    static char output[FUZZ_OUTPUT + 1];
    struct fuzz_list list = { 0 };
    struct fuzz_small small = { .lists = &list, .count = 1 };
    char how[CHECK_LINE];
    struct vfu_error error;

    if (!found) {
        t.connection = 0;
        fuzz_tell(&t, c->how->json);
        return CLI_OK;
    }
    memcpy(output, c->fuzz->output.last, sizeof output);
    small.again = make_small(c, found, &small.before);
    if (is_stopped() || (found->kind == FUZZ_HANG && !small.again))
        return is_stopped() ? CLI_INTERRUPTED : CLI_OK; /* it was only slow, perhaps */
    if (save(c, found, &small.again, &error))
        t.file = c->how->file;
    else
        cli_error("%s", error.text);
    list.steps = c->odd.kept;
    list.count = small.messages = c->odd.kept_count;
    small.trials = c->trials;
    snprintf(how, sizeof how, "vfuscope fuzz --client %.200s --seed %llu --from %llu --connections 1", c->how->listen,
             (unsigned long long)c->fuzz->seed, (unsigned long long)c->odd.conn);
    t.replayed = how;
    t.output = output;
    t.small = &small;
    fuzz_tell(&t, c->how->json);
    return CLI_FAILED;
}

/* --- all of it --- */

static enum cli_status run_all(struct clients *c)
{
    const uint64_t start = vfu_mono_ns();
    struct fuzz_finding found;
    enum cli_status status;
    uint64_t runs = 0;

    if (!watch_usual(c))
        return is_stopped() ? CLI_INTERRUPTED : CLI_USAGE;
    c->done = c->said = 0;
    c->odd.odd = true;
    memset(c->odd.stays, 1, sizeof c->odd.stays);
    for (c->odd.conn = c->how->from; !is_stopped() && !c->unusable && vfu_mono_ns() - start < c->how->time_ns &&
                                     (!c->how->connections || runs < c->how->connections); c->odd.conn++) {
        run_client(c, false, &found);
        runs++;
        if (!found.kind || is_stopped())
            continue;
        status = tell(c, &found);
        if (status != CLI_OK)
            return status;
        memset(c->odd.stays, 1, sizeof c->odd.stays);
    }
    if (is_stopped() || c->unusable)
        return c->unusable ? CLI_USAGE : CLI_INTERRUPTED;
    return tell(c, NULL);
}

enum cli_status fuzz_clients(struct fuzz *f, const struct fuzz_how *how)
{
    static struct clients c;
    enum cli_status status;
    struct vfu_error error;

    c = (struct clients){ .fuzz = f, .how = how, .listener = { .fd = -1 }, .odd = { .fuzz = f, .seed = f->seed } };
    child_remember_limits(&c.child);
    c.child.output = f->output.fd;
    c.child.no_input = true;
    vfu_raise_fd_limit();
    signal(SIGPIPE, SIG_IGN);
    if (!vfu_listen(how->listen, 0600, (gid_t)-1, &c.listener, &error)) {
        cli_error("%s", error.text);
        return CLI_USAGE;
    }
    fprintf(stderr, "listening on %s\n", c.listener.path.text);
    status = run_all(&c);
    fuzz_odd_begin(&c.odd);
    vfu_unlisten(&c.listener);
    return status;
}
