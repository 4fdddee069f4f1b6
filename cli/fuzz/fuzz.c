/*
 * vfuscope fuzz SOCKET: odd messages, until the server falls over or the time is over.
 */
#include "capture/clock.h"
#include "cli/fuzz/odd.h"
#include "cli/signals.h"
#include "decoder/wire/parse.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

enum { TOGETHER = 256 /* connections that it may take together, at most */, NAME = 64 };

static const struct cli_option options[] = {
    { "client", 0, "LISTEN", "be a server that says odd things; -- COMMAND is started for each run", .group = CLI_RUNNING },
    { "seed", 0, "N", "the same run again (default: another each time, which is told)", .group = CLI_RUNNING },
    { "time", 0, "TIME", "so long (60s)", .group = CLI_RUNNING },
    { "connections", 0, "N", "so many connections, however long they take", .group = CLI_RUNNING },
    { "from", 0, "N", "begin with the run's N-th connection (1)", .group = CLI_RUNNING },
    { "yes", 0, NULL, "a server that others may use is meant: it was not started with -- COMMAND", .group = CLI_RUNNING },
    { "timeout", 0, "TIME", "who answers nothing for so long, though there is time to, hangs (10s)", .group = CLI_JUDGING },
    { "memory", 0, "SIZE", "so much more memory than at the start is looked into (512M)", .group = CLI_JUDGING },
    { "write", 'w', "FILE", "the capture of what it takes (fuzz-SEED.pcap)", .group = CLI_CAPTURE },
    { "json", 0, NULL, "a JSON object", .group = CLI_OUTPUT },
    { 0 },
};

struct running {
    struct fuzz fuzz;
    uint64_t time_ns, connections, from; /* connections: 0: not counted */
    uint64_t done;
    const char *file;
    char name[NAME]; /* the default one */
    bool json;
    const struct cli_args *args;
};

static bool is_stopped(void)
{
    return cli_signals_counted() > 0;
}

/* --- the command line --- */

static bool parse_time(const struct cli_args *args, const char *option, uint64_t *ns)
{
    const char *text = cli_value(args, option);

    if (!text || (vfu_parse_time(text, ns) && *ns > 0))
        return true;
    cli_error("--%s %s: a time, such as 500ms or 5s", option, text);
    return false;
}

static bool parse(const struct cli_args *args, struct running *r)
{
    struct fuzz *f = &r->fuzz;
    uint64_t hang_ns = UINT64_C(10000000000), random = 0;

    if (getrandom(&random, sizeof random, 0) < 0)
        random = vfu_mono_ns();
    r->time_ns = UINT64_C(60000000000);
    if (!cli_number(args, "seed", random >> 32, &f->seed) || !parse_time(args, "time", &r->time_ns) ||
        !cli_number(args, "connections", 0, &r->connections) || !cli_number(args, "from", 1, &r->from) ||
        !cli_number(args, "memory", UINT64_C(512) << 20, &f->memory_limit) || !parse_time(args, "timeout", &hang_ns))
        return false;
    if (cli_has(args, "connections") && !cli_has(args, "time"))
        r->time_ns = UINT64_MAX;
    f->hang_ms = hang_ns / 1000000 < INT32_MAX / 16 ? (unsigned)(hang_ns / 1000000) : INT32_MAX / 16;
    f->hang_ms += !f->hang_ms;
    r->from += !r->from;
    r->json = cli_has(args, "json");
    snprintf(r->name, sizeof r->name, "fuzz-%llu.pcap", (unsigned long long)f->seed);
    r->file = cli_has(args, "write") ? cli_value(args, "write") : r->name;
    return true;
}

/* --- the run --- */

/* Whoever grows: behind which connection was that most? */
static void note_growth(struct fuzz *f, uint64_t conn, uint64_t fds, uint64_t memory)
{
    if (fds && f->fds > fds && f->fds - fds >= f->fds_grew) {
        f->fds_grew = f->fds - fds;
        f->fds_by = conn;
    }
    if (memory && f->memory > memory && f->memory - memory >= f->memory_grew) {
        f->memory_grew = f->memory - memory;
        f->memory_by = conn;
    }
}

/* The server has grown so far, and no connection is seen that does it: from here on. */
static void forgive(struct fuzz *f, const struct fuzz_finding *found)
{
    cli_error(f->check.server.command ? "%s, and again it did not grow: it goes on" : "%s, by this or by another client: it goes on",
              found->text);
    f->usual.fds = f->fds > f->usual.fds ? f->fds : f->usual.fds;
    f->usual.memory = f->memory > f->usual.memory ? f->memory : f->usual.memory;
    f->fds_grew = f->memory_grew = 0;
}

/* Does it grow by what is said to grow? A hang, too, is only one if it is seen again. */
static bool is_certain(const struct fuzz *f, const struct fuzz_finding *found, const struct fuzz_small *small)
{
    if (found->kind == FUZZ_DESCRIPTORS || found->kind == FUZZ_MEMORY) /* who else uses it is not known of one with --yes */
        return small->again;
    return small->again || !f->check.server.command || found->kind != FUZZ_HANG;
}

/* The connection alone; or it and those before it. False: a signal came, or there is no memory. */
static bool make_small(struct running *r, const struct fuzz_finding *found, uint64_t begun, uint64_t conn, struct fuzz_small *small)
{
    struct fuzz *f = &r->fuzz;
    uint64_t first = conn - begun < TOGETHER ? begun : conn - TOGETHER;

    if (found->kind == FUZZ_DESCRIPTORS || found->kind == FUZZ_MEMORY) {
        conn = found->kind == FUZZ_DESCRIPTORS ? f->fds_by : f->memory_by;
        conn = conn ? conn : begun;
        first = conn;
    }
    if (!fuzz_make_small(f, found, conn, conn, small))
        return false;
    if (small->again || !f->check.server.command || first == conn)
        return true;
    fuzz_small_free(small);
    return fuzz_make_small(f, found, first, conn, small);
}

/* How to say it again: a capture does not hold in which pieces a message came. */
static void say_how(const struct running *r, const struct fuzz_small *small, uint64_t conn, char how[CLI_LINE])
{
    bool pieces = false;

    for (unsigned i = 0; i < small->count; i++)
        for (unsigned j = 0; j < small->lists[i].count; j++)
            pieces |= small->lists[i].steps[j].split > 0;
    if (pieces)
        snprintf(how, CLI_LINE, "vfuscope fuzz %.500s --seed %llu --from %llu --connections 1, since it takes pieces",
                 r->fuzz.check.path, (unsigned long long)r->fuzz.seed, (unsigned long long)conn);
    else
        snprintf(how, CLI_LINE, "vfuscope replay %.500s %.500s%s", r->file, r->fuzz.check.path,
                 small->count > 1 ? " --conn all" : "");
}

static enum cli_status tell(struct running *r, const struct fuzz_finding *found, struct fuzz_small *small, uint64_t conn,
                            const char *output)
{
    struct fuzz_told t = { .seed = r->fuzz.seed, .connections = r->done, .messages = r->fuzz.said, .finding = found,
                           .small = small, .output = output, .connection = conn, .replayed = "" };
    char how[CLI_LINE];
    struct vfu_error error;

    if (found) {
        if (fuzz_save(&r->fuzz, found, small, r->file, r->args->line, &error))
            t.file = r->file;
        else
            cli_error("%s", error.text);
        say_how(r, small, conn, how);
        t.replayed = how;
    }
    fuzz_tell(&t, r->json);
    return found ? CLI_FAILED : CLI_OK;
}

/* Found: what does it take? *certain is false if it is nothing after all. */
static enum cli_status take_finding(struct running *r, const struct fuzz_finding *found, uint64_t begun, uint64_t conn,
                                    bool *certain)
{
    static char output[FUZZ_OUTPUT + 1];
    struct fuzz_small small;
    uint64_t messages = r->fuzz.said;
    enum cli_status status = CLI_INTERRUPTED;

    memcpy(output, r->fuzz.output.last, sizeof output);
    if (!make_small(r, found, begun, conn, &small)) {
        if (!is_stopped())
            cli_error("out of memory");
    } else if ((*certain = is_certain(&r->fuzz, found, &small))) {
        r->fuzz.said = messages;
        status = tell(r, found, &small, conn, output);
    }
    fuzz_small_free(&small);
    return status;
}

static enum cli_status run_all(struct running *r)
{
    struct fuzz *f = &r->fuzz;
    const uint64_t start = vfu_mono_ns();
    uint64_t begun = r->from; /* the first connection of this server's life */
    struct fuzz_finding found;
    struct vfu_error error;

    for (uint64_t conn = r->from; !is_stopped() && vfu_mono_ns() - start < r->time_ns &&
                                  (!r->connections || r->done < r->connections); conn++) {
        uint64_t fds = f->fds, memory = f->memory;
        struct fuzz_list list;
        enum cli_status status;
        bool certain = true;

        if (f->check.server.command && f->check.server.child.pid <= 0)
            begun = conn;
        if (!fuzz_serve(f, &error)) {
            if (!is_stopped())
                cli_error("%s", error.text);
            break;
        }
        if (!fuzz_plan(&f->device, f->seed, conn, &list)) {
            cli_error("out of memory");
            break;
        }
        fuzz_run(f, &list);
        fuzz_list_free(&list);
        r->done++;
        if (fuzz_settle(f, f->hang_ms, &found)) {
            note_growth(f, conn, fds, memory);
            continue;
        }
        note_growth(f, conn, fds, memory);
        status = take_finding(r, &found, begun, conn, &certain);
        if (certain)
            return status;
        forgive(f, &found);
    }
    return is_stopped() ? CLI_INTERRUPTED : tell(r, NULL, NULL, 0, "");
}

/* It falls over where nothing is wrong: that is told, and no more. */
static enum cli_status tell_usual(struct running *r, const struct fuzz_finding *found, const struct vfu_error *error)
{
    struct fuzz_told t = { .seed = r->fuzz.seed, .finding = found, .output = r->fuzz.output.last, .replayed = "" };

    if (is_stopped())
        return CLI_INTERRUPTED;
    if (!found->kind || found->kind == FUZZ_GONE) { /* it may end with its client: whoever started it does not start it again */
        cli_error("%s", found->kind ? "the server ends with its client: have it started anew, with -- COMMAND" : error->text);
        return CLI_USAGE;
    }
    cli_error("it falls over where the client does nothing but leave");
    fuzz_tell(&t, r->json);
    return CLI_FAILED;
}

static void say_usual(const struct fuzz *f)
{
    if (f->usual.ends)
        cli_error("%s: the command ends with its client, and is started anew each time", f->check.server.command[0]);
    if (f->usual.reports)
        cli_error("%s: a sanitizer reports something where the client does nothing but leave: its reports are no findings",
                  f->check.server.command[0]);
}

static enum cli_status run_server(struct running *r, const struct cli_args *args)
{
    struct fuzz *f = &r->fuzz;
    struct fuzz_finding found = { 0 };
    struct vfu_error error = { 0 };
    enum cli_status status = CLI_FAILED;

    f->check = (struct check){ .path = args->rest[0], .timeout_ms = (int)f->hang_ms, .stopped = is_stopped,
                               .server = { .command = args->command } };
    child_remember_limits(&f->check.server.child);
    vfu_raise_fd_limit();
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }); /* one a trial is too many */
    cli_signals_count(NULL);
    if (!fuzz_output_open(&f->output) || !fuzz_init(f)) {
        cli_error("out of memory");
    } else {
        f->check.server.child.output = args->command ? f->output.fd : 0;
        f->check.server.child.no_input = true;
        if (!fuzz_watch_usual(f, &found, &error)) {
            status = tell_usual(r, &found, &error);
        } else {
            say_usual(f);
            status = run_all(r);
        }
        fuzz_end_server(f);
        check_free(&f->check);
    }
    fuzz_output_close(&f->output);
    return status;
}

static enum cli_status run_clients(struct running *r, const struct cli_args *args)
{
    const struct fuzz_how how = { .listen = cli_value(args, "client"), .command = args->command, .time_ns = r->time_ns,
                                  .connections = r->connections, .from = r->from, .file = r->file, .options = args->line,
                                  .json = r->json };
    enum cli_status status;

    if (args->rest_count) {
        cli_error("fuzz: --client has the socket, there is no other");
        return CLI_USAGE;
    }
    if (!fuzz_output_open(&r->fuzz.output)) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    cli_signals_count(NULL);
    status = fuzz_clients(&r->fuzz, &how);
    fuzz_output_close(&r->fuzz.output);
    return status;
}

static enum cli_status run(const struct cli_args *args)
{
    static struct running r;

    r = (struct running){ .args = args };
    if (!parse(args, &r))
        return CLI_USAGE;
    if (cli_has(args, "client"))
        return run_clients(&r, args);
    if (args->rest_count == 0) {
        cli_error("fuzz: an argument is missing: SOCKET");
        return CLI_USAGE;
    }
    if (!args->command && !cli_has(args, "yes")) {
        cli_error("%s: nobody knows what becomes of a device that is told such things, nor of who uses it: start one with "
                  "-- COMMAND, or say --yes", args->rest[0]);
        return CLI_USAGE;
    }
    return run_server(&r, args);
}

const struct cli_command cli_fuzz = {
    .name = "fuzz",
    .usage = "[SOCKET] [-- COMMAND...]",
    .summary = "odd messages, in states where they mean something, until somebody falls over",
    .purpose = CLI_BREAK,
    .examples = {
        { "fuzz device.sock -- ./my-server device.sock", "a minute of it, against a server that is started anew whenever it ends" },
        { "fuzz device.sock --seed 7 --connections 99 -- ./my-server", "the same each time, for a test" },
    },
    .options = options,
    .max_args = 1,
    .takes_command = true,
    .run = run,
};
