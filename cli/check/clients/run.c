/*
 * vfuscope check --client LISTEN: the cases, one a connection. With a command each has one of its own; without, whoever
 * connects gets the next.
 */
#include "capture/clock.h"
#include "capture/listen.h"
#include "cli/check/clients/inside.h"
#include "cli/check/options.h"
#include "cli/check/report.h"
#include "cli/signals.h"
#include "decoder/reasons/reasons.h"
#include "plugins/devices/devices.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct client_case *const themes[] = {
    client_plain, client_version, client_info, client_replies, client_errors, client_dma, client_ends, client_states, NULL,
};

enum { CASES = 128, TICK_MS = 100 };

struct running {
    struct vfu_listener listener;
    int signals;
    struct child child;
    char **command; /* NULL: whoever connects */
    unsigned timeout_ms;
    struct check check; /* for the report */
    struct check_report report;
    struct client_play play;
    struct client_seen plain;
    enum client_end plain_end;
    struct check_requirement rows[CASES + 1]; /* the cases, as requirements are listed and chosen */
    const struct client_case *cases[CASES];
    unsigned count;
    bool stopped, unusable; /* by a signal; no case can be played */
};

static void list_cases(struct running *r)
{
    for (const struct client_case *const *theme = themes; *theme; theme++)
        for (const struct client_case *c = *theme; c->id && r->count < CASES; c++) {
            r->rows[r->count] = (struct check_requirement){ .id = c->id, .section = c->section, .text = c->text,
                                                            .severity = c->severity };
            r->cases[r->count++] = c;
        }
}

/* --- the command --- */

/* Nobody but us ends a client, and we do so when its case is over. */
static bool is_crash(int status)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) - 128;

    return child_status_is_crash(status) || number == SIGPIPE || (WIFSIGNALED(status) && number == SIGKILL);
}

/* Has it ended? */
static bool has_ended(struct running *r, struct client_outcome *o)
{
    struct vfu_error how;

    if (r->child.pid <= 0)
        return true;
    if (!child_ended(&r->child, &how))
        return false;
    if (is_crash(r->child.status)) {
        o->end = CLIENT_CRASHED;
        snprintf(o->how, sizeof o->how, "%.100s", how.text);
    }
    return true;
}

/* --- waiting --- */

/* Signals; true: the run is to end. */
static bool look(struct running *r)
{
    int number;

    while ((number = cli_signals_next(r->signals)))
        r->stopped |= number != SIGCHLD;
    return r->stopped;
}

/* A client; -1: there is none: a signal, the command's end, or that it hangs. */
static int accept_client(struct running *r, struct client_outcome *o, bool again)
{
    struct pollfd p[] = { { .fd = r->signals, .events = POLLIN }, { .fd = r->listener.fd, .events = POLLIN } };
    const uint64_t until = vfu_mono_ns() + r->timeout_ms * UINT64_C(1000000);

    for (;;) {
        int fd = accept4(r->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd >= 0)
            return fd;
        if (look(r) || (r->command && has_ended(r, o)))
            return -1;
        if (r->command && vfu_mono_ns() >= until) {
            o->end = again || o->end == CLIENT_CRASHED ? CLIENT_HUNG : CLIENT_ABSENT;
            return -1;
        }
        poll(p, 2, TICK_MS);
    }
}

/* One connection, to its end. False: the client hangs, or a signal came. */
static bool serve(struct running *r, struct client_play *play, int fd, struct client_outcome *o)
{
    struct pollfd p[1 + VFU_SERVER_POLLS] = { { .fd = r->signals, .events = POLLIN } };

    vfu_server_take(play->server, fd);
    for (;;) {
        int due = client_play_due(play);
        int ready = poll(p, 1 + vfu_server_poll(play->server, p + 1), due >= 0 && due < TICK_MS ? due : TICK_MS);

        if (look(r))
            break;
        if (ready > 0 && !vfu_server_turn(play->server, p + 1))
            return true;
        if (!client_play_turn(play)) {
            vfu_server_leave(play->server);
            return true;
        }
        if (STAILQ_EMPTY(&play->acts) && vfu_mono_ns() - play->active_ns >= r->timeout_ms * UINT64_C(1000000)) {
            o->end = CLIENT_HUNG;
            break;
        }
    }
    vfu_server_leave(play->server);
    return false;
}

static bool serve_case(struct running *r, struct client_play *play, const struct client_case *now, int fd,
                       struct client_outcome *o)
{
    struct vfu_server_options how = { .model = &dev_edu, .checks = &vfu_all_checks, .event = client_event,
                                      .sends = client_sends, .context = play };
    char why[DEV_WHY];
    bool good;

    how.no_twin = now && now->no_twin;
    client_play_begin(play, now, r->timeout_ms);
    play->waits_for_master = r->plain.was_master;
    play->server = vfu_server_new(&how, why);
    if (!play->server) {
        cli_error("%s", why);
        close(fd);
        r->unusable = true;
        return false;
    }
    good = serve(r, play, fd, o);
    vfu_server_free(play->server);
    play->server = NULL;
    client_play_end(play);
    return good;
}

/* A command that has left may come back, and is served as it should be; else it is to end. */
static void see_off(struct running *r, struct client_outcome *o)
{
    struct client_play other;
    int fd;

    while (o->end == CLIENT_LEFT && (fd = accept_client(r, o, true)) >= 0) {
        o->back++;
        serve_case(r, &other, NULL, fd, o);
    }
}

static void end_command(struct running *r)
{
    struct vfu_error error;

    if (!child_stop(&r->child, &error) && !r->stopped)
        cli_error("%s", error.text);
}

/* Play it. False: a signal came, or the command can't be started. */
static bool play_case(struct running *r, const struct client_case *now, struct client_outcome *o)
{
    struct vfu_error error;
    int fd;

    *o = (struct client_outcome){ .end = CLIENT_LEFT, .is_command = r->command, .plain = r->plain_end };
    client_play_begin(&r->play, now, r->timeout_ms);
    if (r->command && !child_start(&r->child, r->command, &error)) {
        cli_error("%s", error.text);
        r->unusable = true;
        return false;
    }
    fd = accept_client(r, o, false);
    if (fd < 0 && o->end == CLIENT_LEFT)
        o->end = CLIENT_ABSENT;
    if (fd >= 0 && serve_case(r, &r->play, now, fd, o) && r->command)
        see_off(r, o);
    end_command(r);
    return !r->stopped && !r->unusable;
}

/* --- all of them --- */

/* False: something fails. */
static bool run_all(struct running *r, const struct cli_args *args)
{
    struct client_outcome o;
    bool good = true, chosen;

    for (unsigned i = 0; i < r->count && !r->stopped; i++) {
        chosen = check_is_chosen(args, &r->rows[i]);
        if (!chosen && i > 0)
            continue;
        if (!play_case(r, r->cases[i], &o))
            break;
        if (i == 0) { /* what the others are compared with */
            r->plain = r->play.seen;
            r->plain_end = o.end;
        }
        r->check.now = &r->rows[i];
        client_judge(&r->play, &o, &r->plain, &r->check);
        if (!chosen)
            continue;
        check_report_put(&r->report, &r->check);
        if (r->check.verdict.result == CHECK_PASSES || r->check.verdict.result == CHECK_FAILS)
            check_known_went(&r->report.known, r->rows[i].id, r->check.verdict.result == CHECK_FAILS);
        if (r->check.verdict.result == CHECK_FAILS)
            good &= !check_report_counts(&r->report, r->rows[i].id, r->rows[i].severity);
    }
    return good;
}

static enum cli_status run(struct running *r, const struct cli_args *args, unsigned count)
{
    struct vfu_error error;
    bool good;

    child_remember_limits(&r->child);
    vfu_raise_fd_limit();
    r->signals = cli_signals_open((const int[]){ SIGCHLD, 0 });
    if (r->signals < 0) {
        cli_error("signalfd: %s", strerror(errno));
        return CLI_FAILED;
    }
    if (!vfu_listen(cli_value(args, "client"), 0600, (gid_t)-1, &r->listener, &error)) {
        cli_error("%s", error.text);
        close(r->signals);
        return CLI_USAGE;
    }
    fprintf(stderr, "listening on %s\n", r->listener.path.text);
    check_report_start(&r->report, count);
    good = run_all(r, args);
    vfu_unlisten(&r->listener);
    close(r->signals);
    check_report_end(&r->report, r->stopped);
    if (r->stopped || r->unusable)
        return r->stopped ? CLI_INTERRUPTED : CLI_USAGE;
    return check_known_end(&r->report.known, args) && good ? CLI_OK : CLI_FAILED;
}

bool check_client_case_at(size_t i, struct check_client_case *told)
{
    for (const struct client_case *const *theme = themes; *theme; theme++)
        for (const struct client_case *c = *theme; c->id; c++)
            if (i-- == 0) {
                *told = (struct check_client_case){ c->id, c->section, c->text, c->severity, client_explanation(c) };
                return true;
            }
    return false;
}

enum cli_status check_client_cases(const struct cli_args *args)
{
    static struct running r;
    const struct check_requirement *const lists[] = { r.rows, NULL };
    enum cli_status status;
    unsigned count;
    int timeout = 10000;

    r = (struct running){ .command = args->command, .listener = { .fd = -1 } };
    list_cases(&r);
    if (args->rest_count) {
        cli_error("check: --client has the socket, there is no other");
        return CLI_USAGE;
    }
    if (!check_parse(args, &timeout, &r.report) || !(count = check_count_chosen(args, lists)) ||
        !check_open_known(args, lists, &r.report))
        return CLI_USAGE;
    r.timeout_ms = (unsigned)timeout;
    if (cli_has(args, "list")) {
        check_list(args, lists, &r.report);
        status = CLI_OK;
    } else {
        status = run(&r, args, count);
    }
    check_known_free(&r.report.known);
    return status;
}
