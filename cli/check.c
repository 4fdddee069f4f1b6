/*
 * vfuscope check SOCKET: does the server do what the specification asks for? This file: the list of requirements, and
 * how they went, as text, TAP or JSON.
 */
#include "check.h"
#include "cli.h"
#include "decoder/writer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct check_requirement *const themes[] = { check_version, check_header, check_info,    check_irqs,
                                                          check_access,  check_dma,    check_features };
enum { THEMES = sizeof themes / sizeof themes[0], DEAD = 3 /* requirements without a server, then it is given up */ };

static void list_all(void)
{
    for (unsigned t = 0; t < THEMES; t++)
        for (const struct check_requirement *r = themes[t]; r->id; r++)
            printf("%-26s %s (%s)%s\n", r->id, r->text, r->section, r->writes ? " --write" : "");
}

static const struct cli_option options[] = {
    { "tap", 0, NULL, "TAP version 13, as prove reads it" },
    { "json", 0, NULL, "one JSON object a requirement" },
    { "write", 0, NULL, "also what writes to registers or loads migration data" },
    { "timeout", 0, "TIME", "wait so long for a reply, as 200ms or 2s (the default)" },
    { "list", 0, NULL, "list the requirements, and end", list_all },
    { 0 },
};

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signals = 1;
}

static bool is_stopped(void)
{
    return signals;
}

static void catch_signals(void)
{
    struct sigaction end = { .sa_handler = on_signal };

    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* --- how a requirement went --- */

struct report {
    bool tap, json;
    unsigned number, counts[3]; /* by enum check_result */
};

static const char *const words[] = { "passes", "FAILS", "n/a" };

/* Inside a JSON or YAML string. */
static void put_escaped(const char *text)
{
    char room[2 * CHECK_LINE];
    struct vfu_writer w = vfu_writer(room, sizeof room, NULL, NULL);

    vfu_write_json_string(&w, (const uint8_t *)text, strlen(text));
    printf("%.*s", (int)w.used, room);
}

static void put_member(const char *before, const char *name, const char *text, const char *after)
{
    if (!text[0])
        return;
    printf("%s%s: \"", before, name);
    put_escaped(text);
    printf("\"%s", after);
}

static void put_json(const struct check *c, const struct check_requirement *r, enum check_result result)
{
    static const char *const results[] = { "passes", "fails", "does not apply" };

    printf("{\"requirement\":\"%s\",\"section\":\"%s\",\"text\":\"%s\",\"result\":\"%s\"", r->id, r->section, r->text,
           results[result]);
    if (result != CHECK_PASSES)
        put_member(",", "\"why\"", c->why, "");
    if (result == CHECK_FAILS) {
        put_member(",", "\"sent\"", c->sent, "");
        put_member(",", "\"came\"", c->came, "");
    }
    printf("}\n");
}

static void put_tap(const struct check *c, const struct check_requirement *r, enum check_result result, unsigned number)
{
    printf("%sok %u - %s: %s%s%s\n", result == CHECK_FAILS ? "not " : "", number, r->id, r->text,
           result == CHECK_DOES_NOT_APPLY ? " # SKIP " : "", result == CHECK_DOES_NOT_APPLY ? c->why : "");
    if (result != CHECK_FAILS)
        return;
    printf("  ---\n  section: \"%s\"\n", r->section);
    put_member("  ", "why", c->why, "\n");
    put_member("  ", "sent", c->sent, "\n");
    put_member("  ", "came", c->came, "\n");
    printf("  ...\n");
}

static void put_text(const struct check *c, const struct check_requirement *r, enum check_result result)
{
    printf("%-7s %-26s %s", words[result], r->id, r->text);
    if (result == CHECK_DOES_NOT_APPLY)
        printf(": %s", c->why);
    printf("\n");
    if (result != CHECK_FAILS)
        return;
    if (c->sent[0])
        printf("        sent: %s\n", c->sent);
    if (c->came[0])
        printf("        came: %s\n", c->came);
    printf("        why:  %s; see %s\n", c->why, r->section);
}

static void put(struct report *report, const struct check *c, const struct check_requirement *r, enum check_result result)
{
    report->counts[result]++;
    report->number++;
    if (report->json)
        put_json(c, r, result);
    else if (report->tap)
        put_tap(c, r, result, report->number);
    else
        put_text(c, r, result);
    fflush(stdout);
}

/* --- running them --- */

/* After silence: does anybody get an answer? What the requirement has to say stays. */
static bool is_served(struct check *c)
{
    char sent[CHECK_LINE], came[CHECK_LINE], why[CHECK_LINE];
    bool served;

    memcpy(sent, c->sent, sizeof sent);
    memcpy(came, c->came, sizeof came);
    memcpy(why, c->why, sizeof why);
    served = check_open(c);
    memcpy(c->sent, sent, sizeof sent);
    memcpy(c->came, came, sizeof came);
    memcpy(c->why, why, sizeof why);
    return served;
}

static enum check_result run_one(struct check *c, const struct check_requirement *r)
{
    enum check_result result;

    c->sent[0] = c->came[0] = c->why[0] = '\0';
    c->answer = CHECK_SILENT;
    c->unserved = false;
    if (r->writes && !c->write)
        return check_skip(c, "not without --write");
    if (c->dead >= DEAD)
        return check_fail(c, "not tried: the server stopped answering");
    result = r->run(c);
    /* A server that is gone or hangs would cost every requirement its time. */
    if (c->answer == CHECK_SILENT && !c->unserved && !is_stopped())
        c->unserved = !is_served(c);
    c->dead = c->unserved ? c->dead + 1 : 0;
    check_close(c);
    return result;
}

static unsigned count_all(void)
{
    unsigned count = 0;

    for (unsigned t = 0; t < THEMES; t++)
        for (const struct check_requirement *r = themes[t]; r->id; r++)
            count++;
    return count;
}

static void run_all(struct check *c, struct report *report)
{
    if (report->tap)
        printf("TAP version 13\n1..%u\n", count_all());
    for (unsigned t = 0; t < THEMES; t++) {
        for (const struct check_requirement *r = themes[t]; r->id && !is_stopped(); r++) {
            enum check_result result = run_one(c, r);

            if (!is_stopped())
                put(report, c, r, result);
        }
    }
    if (report->tap && is_stopped())
        printf("Bail out! interrupted\n");
}

/* A path that nobody serves is a mistake; a server that never answers is not. */
static bool find_server(struct check *c)
{
    struct vfu_error error;

    c->first = vfu_connect(c->path, c->timeout_ms, false, &error);
    if (c->first < 0) {
        cli_error("%s", error.text);
        return false;
    }
    /* Does it need a moment between two clients? */
    for (unsigned i = 0; i < 3; i++)
        if (!check_open(c))
            break;
    return true;
}

static bool parse_timeout(const char *text, int *ms)
{
    char *end;
    double n = strtod(text ? text : "2s", &end), unit = strcmp(end, "ms") == 0 ? 1 : 1000;

    *ms = n * unit >= 1 && n * unit <= 3600000 ? (int)(n * unit) : 0;
    return *ms && (!*end || strcmp(end, "s") == 0 || strcmp(end, "ms") == 0);
}

static enum cli_status run(const struct cli_args *args)
{
    struct check c = { .path = args->rest[0], .write = cli_has(args, "write"), .stopped = is_stopped, .fd = -1,
                       .first = -1 };
    struct report report = { .tap = cli_has(args, "tap"), .json = cli_has(args, "json") };

    if (!parse_timeout(cli_value(args, "timeout"), &c.timeout_ms)) {
        cli_error("--timeout %s: a time from 1ms to 3600s", cli_value(args, "timeout"));
        return CLI_USAGE;
    }
    if (report.tap && report.json) {
        cli_error("--tap and --json: only one of them");
        return CLI_USAGE;
    }
    catch_signals();
    c.session = vfu_session_new();
    if (!c.session) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    if (!find_server(&c)) {
        vfu_session_free(c.session);
        return CLI_USAGE;
    }
    run_all(&c, &report);
    check_close(&c);
    vfu_build_free(&c.build);
    vfu_session_free(c.session);
    if (!report.tap && !report.json)
        printf("%u pass, %u fail, %u do not apply\n", report.counts[CHECK_PASSES], report.counts[CHECK_FAILS],
               report.counts[CHECK_DOES_NOT_APPLY]);
    if (is_stopped())
        return CLI_INTERRUPTED;
    return report.counts[CHECK_FAILS] ? CLI_FAILED : CLI_OK;
}

const struct cli_command cli_check = {
    .name = "check",
    .usage = "SOCKET",
    .summary = "what the specification asks of a server, one by one",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
