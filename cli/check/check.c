/*
 * vfuscope check SOCKET: does the server do what the specification asks for? This file: the command line, and running
 * the requirements that are chosen.
 */
#include "cli/check/options.h"
#include "cli/cli.h"
#include "cli/signals.h"
#include "decoder/wire/near.h"
#include "decoder/wire/parse.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEAD = 3 /* requirements without a server, then it is given up */ };

const struct cli_option check_options[] = {
    { "client", 0, "LISTEN", "judge a client instead: one case a connection; -- COMMAND is started for each",
      .group = CLI_RUNNING },
    { "tap", 0, NULL, "TAP version 13, as prove reads it", .group = CLI_OUTPUT },
    { "json", 0, NULL, "one JSON object a requirement", .group = CLI_OUTPUT },
    { "write", 0, NULL, "also what writes to registers, stops the device or loads migration data",
      .group = CLI_PICKING },
    { "only", 0, "NAME", "this requirement, or those like 'irq-*'; may be repeated", .group = CLI_PICKING },
    { "ignore", 0, "NAME", "all but this, or those like it; may be repeated", .group = CLI_PICKING },
    { "timeout", 0, "TIME", "wait so long for a reply (2s), or for a client (10s)", .group = CLI_RUNNING },
    { "fail-on", 0, "SEVERITY", "exit status 1 for failures so bad or worse: violation (default), misfit, suspicious",
      .group = CLI_JUDGING },
    { "known", 0, "FILE", "what is known to fail, a name a line, fails nothing; what passes now is told",
      .group = CLI_JUDGING },
    { "save-known", 0, "FILE", "write the names of what fails, for --known", .group = CLI_JUDGING },
    { "list", 0, NULL, "list the requirements, and end", .group = CLI_PICKING },
    { 0 },
};

static bool is_stopped(void)
{
    return cli_signals_counted() > 0;
}

/* --- which --- */

/* Where the walk over all requirements is: at `r` of the list *themes. */
struct walk {
    const struct check_requirement *const *themes, *r;
};

/* The next requirement; a walk begins with the themes and NULL. False: there are no more. */
static bool next(struct walk *w)
{
    w->r = w->r ? w->r + 1 : *w->themes;
    while (!w->r->id && *++w->themes)
        w->r = *w->themes;
    return w->r->id;
}

static bool is_named(const struct cli_args *args, const char *option, const char *id)
{
    for (size_t i = 0; i < args->set_count; i++)
        if (strcmp(args->set[i].option->name, option) == 0 && fnmatch(args->set[i].value, id, 0) == 0)
            return true;
    return false;
}

bool check_is_chosen(const struct cli_args *args, const struct check_requirement *r)
{
    return (!cli_has(args, "only") || is_named(args, "only", r->id)) && !is_named(args, "ignore", r->id);
}

static void say_unknown(const char *option, const char *name, const struct check_requirement *const *themes)
{
    char text[VFU_NEAR_TEXT];
    struct vfu_near near;

    vfu_near_begin(&near, name);
    for (struct walk w = { themes, NULL }; next(&w);)
        vfu_near_offer(&near, w.r->id);
    cli_error("--%s %s: no such requirement%s (--list lists them)", option, name, vfu_near_text(&near, text));
}

static bool exists(void *themes, const char *name)
{
    for (struct walk w = { themes, NULL }; next(&w);)
        if (strcmp(w.r->id, name) == 0)
            return true;
    return false;
}

bool check_open_known(const struct cli_args *args, const struct check_requirement *const *themes, struct check_report *report)
{
    bool good = check_known_open(&report->known, args, exists, (void *)(uintptr_t)themes);

    if (!good)
        check_known_free(&report->known);
    return good;
}

unsigned check_count_chosen(const struct cli_args *args, const struct check_requirement *const *themes)
{
    unsigned count = 0;

    for (size_t i = 0; i < args->set_count; i++) {
        const char *option = args->set[i].option->name, *name = args->set[i].value;
        bool known = strcmp(option, "only") != 0 && strcmp(option, "ignore") != 0;

        for (struct walk w = { themes, NULL }; !known && next(&w);)
            known = fnmatch(name, w.r->id, 0) == 0;
        if (!known) {
            say_unknown(option, name, themes);
            return 0;
        }
    }
    for (struct walk w = { themes, NULL }; next(&w);)
        count += check_is_chosen(args, w.r);
    if (!count)
        cli_error("--ignore: nothing is left to check");
    return count;
}

void check_list(const struct cli_args *args, const struct check_requirement *const *themes, const struct check_report *report)
{
    for (struct walk w = { themes, NULL }; next(&w);)
        if (check_is_chosen(args, w.r))
            check_report_list(report, w.r);
}

/* --- running them --- */

/* After silence: does anybody get an answer? The verdict stays. */
static bool is_served(struct check *c)
{
    struct check_verdict kept = c->verdict;
    bool served = check_open(c);

    c->verdict = kept;
    return served;
}

/* A command that crashed fails what was asked of it then, though it is started again. */
static void take_crash(struct check *c)
{
    const char *crash = check_server_crash(c);
    size_t used = strlen(c->verdict.why);

    if (!crash)
        return;
    if (c->server.late && c->before) {
        cli_error("%s; that was after %s", crash, c->before->id);
        return;
    }
    if (c->verdict.result != CHECK_FAILS)
        check_fail(c, "%s", crash);
    else
        snprintf(c->verdict.why + used, sizeof c->verdict.why - used, "; %s", crash);
}

static void run_one(struct check *c)
{
    c->verdict = (struct check_verdict){ .result = CHECK_NOT_TRIED };
    c->talk.sent[0] = c->talk.came[0] = '\0';
    c->answer = CHECK_SILENT;
    c->unserved = false;
    if (c->now->writes && !c->write) {
        check_skip(c, "not without --write");
        return;
    }
    if (c->now->fds && c->loses_fds) {
        check_untried(c, CHECK_RELAY);
        return;
    }
    if (c->dead >= DEAD && strcmp(c->now->id, c->gone) != 0) {
        check_lacks(c, c->gone, "the server stopped answering");
        return;
    }
    c->connected = 0;
    c->server.late = false;
    c->verdict.result = c->now->run(c);
    if (c->verdict.result == CHECK_FAILS && c->verdict.after_refusal && check_leaves_bodies(c))
        check_lacks(c, CHECK_REFUSED_BODY, "it goes on behind a command that was refused");
    /* A server that is gone or hangs would cost every requirement its time. */
    if (!c->unserved && !is_stopped() && (c->answer == CHECK_SILENT || (c->answer == CHECK_CLOSED && !c->served)))
        c->unserved = !is_served(c);
    if (c->unserved && !c->served)
        check_lacks(c, c->gone, "the server does not answer"); /* nor did it ever */
    c->dead = c->unserved ? c->dead + 1 : 0;
    check_close(c);
    take_crash(c);
}

static enum vfu_severity severity_of(const struct check_requirement *const *themes, const char *id)
{
    for (struct walk w = { themes, NULL }; next(&w);)
        if (strcmp(w.r->id, id) == 0)
            return w.r->severity;
    return VFU_SUSPICIOUS;
}

/* False: the server breaks what was asked for, or what that needs. */
static bool run_all(struct check *c, const struct cli_args *args, const struct check_requirement *const *themes,
                    struct check_report *report)
{
    bool good = true;

    for (struct walk w = { themes, NULL }; next(&w) && !is_stopped();) {
        if (!check_is_chosen(args, w.r))
            continue;
        c->now = w.r;
        run_one(c);
        if (is_stopped())
            break;
        check_report_put(report, c);
        if (c->verdict.result == CHECK_PASSES || c->verdict.result == CHECK_FAILS)
            check_known_went(&report->known, w.r->id, c->verdict.result == CHECK_FAILS);
        if (c->verdict.result == CHECK_FAILS && c->failures < CHECK_MOST)
            c->failed[c->failures++] = w.r->id;
        if (c->verdict.result == CHECK_FAILS)
            good &= !check_report_counts(report, w.r->id, w.r->severity);
        else if (c->verdict.result == CHECK_NOT_TRIED && c->verdict.lacking)
            good &= !check_report_counts(report, c->verdict.lacking, severity_of(themes, c->verdict.lacking));
        good &= !c->server.late;
        c->before = w.r;
    }
    return good;
}

/* A path that nobody serves is a mistake; a server that never answers is not. */
static bool find_server(struct check *c)
{
    struct vfu_error error;
    char name[32];

    if (!check_server_start(c, &error) || !check_find(c, &error)) {
        cli_error("%s", error.text);
        return false;
    }
    /* Does it need a moment between two clients? */
    for (unsigned i = 0; i < 3; i++)
        if (!check_open(c))
            return true;
    c->loses_fds = check_loses_fds(c);
    if (c->loses_fds) {
        check_server_name(c, name, sizeof name);
        cli_error(CHECK_RELAY " (%s, pid %d, listens at %s)", name, (int)c->server.peer, c->path);
    }
    return true;
}

/* A bare number is seconds. */
static bool parse_timeout(const char *text, int *ms)
{
    uint64_t ns, seconds;

    if (!vfu_parse_time(text, &ns)) {
        if (!vfu_parse_number(text, &seconds) || seconds > 3600)
            return false;
        ns = seconds * 1000000000;
    }
    *ms = ns <= UINT64_C(3600000000000) ? (int)(ns / 1000000) : 0;
    return *ms > 0;
}

bool check_parse(const struct cli_args *args, int *timeout_ms, struct check_report *report)
{
    const char *timeout = cli_value(args, "timeout"), *severity = cli_value(args, "fail-on");
    char near[VFU_NEAR_TEXT];

    if (cli_has(args, "tap") && cli_has(args, "json")) {
        cli_error("--tap and --json: only one of them");
        return false;
    }
    report->format = cli_has(args, "tap") ? CHECK_TAP : cli_has(args, "json") ? CHECK_JSON : CHECK_TEXT;
    if (timeout && !parse_timeout(timeout, timeout_ms)) {
        cli_error("--timeout %s: a time from 1ms to 3600s", timeout);
        return false;
    }
    if (severity)
        report->fail_on = vfu_severity_by_name(severity);
    if (report->fail_on == VFU_SEVERITIES) {
        cli_error("--fail-on %s: violation, misfit or suspicious%s", severity,
                  vfu_near_words(severity, "violation misfit suspicious", near));
        return false;
    }
    return true;
}

static enum cli_status check_server(struct check *c, const struct cli_args *args,
                                    const struct check_requirement *const *themes, struct check_report *report,
                                    unsigned count)
{
    bool good;

    if (!find_server(c))
        return is_stopped() ? CLI_INTERRUPTED : CLI_USAGE;
    check_report_start(report, count);
    good = run_all(c, args, themes, report);
    check_report_end(report, is_stopped());
    if (is_stopped())
        return CLI_INTERRUPTED;
    good &= check_known_end(&report->known, args);
    return good ? CLI_OK : CLI_FAILED;
}

enum cli_status check_main(const struct cli_args *args, const struct check_requirement *const *themes)
{
    struct check c = { .path = args->rest[0], .write = cli_has(args, "write"), .timeout_ms = 2000,
                       .stopped = is_stopped, .server = { .command = args->command } };
    struct check_report report = { .format = CHECK_TEXT };
    enum cli_status status;
    unsigned count;

    if (!check_parse(args, &c.timeout_ms, &report))
        return CLI_USAGE;
    if (args->rest_count == 0 && !cli_has(args, "list")) {
        cli_error("check: an argument is missing: SOCKET");
        return CLI_USAGE;
    }
    if (!(count = check_count_chosen(args, themes)))
        return CLI_USAGE;
    if (cli_has(args, "list")) {
        check_list(args, themes, &report);
        return CLI_OK;
    }
    if (!check_open_known(args, themes, &report))
        return CLI_USAGE;
    child_remember_limits(&c.server.child);
    cli_signals_count(NULL);
    if (!check_init(&c)) {
        cli_error("out of memory");
        check_known_free(&report.known);
        return CLI_FAILED;
    }
    status = check_server(&c, args, themes, &report, count);
    check_free(&c);
    check_server_stop(&c);
    check_known_free(&report.known);
    return status;
}
