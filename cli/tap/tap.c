/*
 * vfuscope tap LISTEN SERVER: between clients and a server, showing what they say.
 */
#include "capture/child.h"
#include "capture/listen.h"
#include "capture/tap/tap.h"
#include "cli/browse/beside.h"
#include "cli/cli.h"
#include "cli/output/logs.h"
#include "cli/output/output.h"
#include "cli/output/rules.h"
#include "cli/report/live.h"
#include "cli/signals.h"
#include "cli/tap/injections.h"
#include "cli/tap/interrupt.h"
#include "cli/tap/look.h"
#include "cli/tap/prompt.h"
#include "cli/tap/screen.h"
#include "cli/voice.h"
#include "decoder/reasons/reasons.h"
#include "decoder/wire/near.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>


static const struct cli_option options[] = {
    { "once", 0, NULL, "end with the first connection", .group = CLI_RUNNING },
    { "mode", 0, "MODE", "permissions of LISTEN, octal (default 0600)", .group = CLI_RUNNING },
    { "group", 0, "GROUP", "group of LISTEN, by name or number", .group = CLI_RUNNING },
    { "expose", 0, "LIST", "make visible what bypasses the socket: mmio, dma, irq, ioeventfd, all",
      .group = CLI_CHANGING },
    { "no-hold", 0, NULL, "with --expose irq: pass interrupts on at once, not after the plugins' look (1 ms at most)",
      .group = CLI_CHANGING },
    { "look", 0, "TIME", "look so often at queues whose doorbells are mapped (1ms, not with --expose irq; 0: never)",
      .group = CLI_JUDGING },
    { "inject", 0, "SPEC", "break messages: FILTER:ACTION...; see vfuscope-filter(7); may be repeated",
      .group = CLI_CHANGING },
    { "inject-file", 0, "FILE", "likewise a SPEC a line, with # before comments; may be repeated", .group = CLI_CHANGING },
    { "interactive", 'i', NULL, "a prompt beside the log: stop messages, look at them, change them",
      .group = CLI_CHANGING },
    { "browse", 0, NULL, "look around in what passes, full screen; see vfuscope browse", .group = CLI_OUTPUT },
    { "control", 0, "PATH", "a socket (mode 0600) for vfuscope shell --tap PATH", .group = CLI_CHANGING },
    { "report", 0, "FILE", "write a page at the end, as vfuscope report does, without guest memory", .group = CLI_OUTPUT },
    { "seed", 0, "N", "for the injections' probabilities (printed when there are any)", .group = CLI_CHANGING },
    { "log", 0, "NAME=FILE", "the lines that come into FILE from now on, too; may be repeated", .group = CLI_INPUT },
    { "log-server", 0, NULL, "likewise what the server after -- writes, as the log server", .group = CLI_INPUT },
    { "overdue", 0, "TIME", "tell of commands that wait longer for their reply (1s; 0: never)", .group = CLI_JUDGING },
    { "lossless", 0, NULL, "hold the traffic rather than leave messages out of a slow output", .group = CLI_CHANGING },
    { 0 },
};

struct tapping {
    struct vfu_listener listener, control;
    struct cli_output *output;
    struct vfu_session *session;
    struct child child;
    struct cli_logs logs;
    struct browse_beside *beside; /* the screen; NULL: none */
    bool browse;
    struct cli_live_report *report; /* of --report; NULL: none */
    int signals; /* a signalfd */
    struct tap_injections injections;
    uint64_t seed, overdue_ns;
    unsigned expose; /* VFU_EXPOSE_* */
    struct vfu_tap_look look; /* hold_ns: 0 without --expose irq, and with --no-hold */
    struct tap_prompt *prompt; /* NULL: none */
    struct tap_screen *screen; /* the same commands, from the screen; NULL: none */
    struct tap_interrupts interrupts;
};

/* What bypasses the socket, in the words of the opening lines. */
static const struct {
    const char *name, *what;
    unsigned bit;
} bypasses[] = {
    { "mmio", "accesses to mapped BARs", VFU_EXPOSE_MMIO },
    { "dma", "DMA into shared memory", VFU_EXPOSE_DMA },
    { "irq", "interrupts by eventfd", VFU_EXPOSE_IRQ },
    { "ioeventfd", "ioeventfds", VFU_EXPOSE_IOEVENTFD },
};
enum { BYPASSES = sizeof bypasses / sizeof *bypasses, EXPOSE_ALL = (1 << BYPASSES) - 1 };

/* --- options --- */

static bool parse_mode(const char *text, mode_t *mode)
{
    char *end = NULL;
    unsigned long n = text ? strtoul(text, &end, 8) : 0600;

    *mode = (mode_t)n;
    if (!text || (*text >= '0' && *text <= '7' && *end == '\0' && n <= 0777))
        return true;
    cli_error("--mode %s: octal permissions, such as 0660", text);
    return false;
}

static bool parse_group(const char *text, gid_t *group)
{
    struct group *entry;
    char *end;
    unsigned long n;

    *group = (gid_t)-1;
    if (!text)
        return true;
    entry = getgrnam(text);
    n = strtoul(text, &end, 10);
    if (!entry && (*text < '0' || *text > '9' || *end != '\0' || n >= (gid_t)-1)) {
        cli_error("--group %s: no such group", text);
        return false;
    }
    *group = entry ? entry->gr_gid : (gid_t)n;
    return true;
}

/* False: a message was printed. */
static bool parse_injections(const struct cli_args *args, struct tapping *t)
{
    if (!tap_injections_parse(args, &t->injections))
        return false;
    if (getrandom(&t->seed, sizeof t->seed, 0) != (ssize_t)sizeof t->seed)
        t->seed = (uint64_t)getpid();
    t->seed >>= 32; /* easier to type again */
    if (!cli_number(args, "seed", t->seed, &t->seed))
        return false;
    t->seed += t->seed == 0;
    if (t->injections.by_chance)
        cli_error("injections by chance: --seed %llu makes the same ones", (unsigned long long)t->seed);
    return true;
}

static bool parse_expose(const char *list, unsigned *expose)
{
    char word[VFU_NEAR_NAME], near[VFU_NEAR_TEXT];

    while (list && *list) {
        size_t size = strcspn(list, ","), i = 0;

        while (i < BYPASSES && (strlen(bypasses[i].name) != size || memcmp(bypasses[i].name, list, size) != 0))
            i++;
        if (i == BYPASSES && (size != 3 || memcmp(list, "all", size) != 0)) {
            snprintf(word, sizeof word, "%.*s", (int)size, list);
            cli_error("--expose %s: mmio, dma, irq, ioeventfd or all, with commas between them%s", word,
                      vfu_near_words(word, "mmio dma irq ioeventfd all", near));
            return false;
        }
        *expose |= i < BYPASSES ? bypasses[i].bit : EXPOSE_ALL;
        list += size + (list[size] == ',');
    }
    return true;
}

/* --- what the tap calls --- */

enum { DOING = 32 /* threads that SIGUSR1 tells of */, PIPE_ROOM = 1 << 20 };

static enum vfu_tap_stop interrupted(struct tapping *t, struct tap *tap)
{
    return t->prompt ? tap_prompt_interrupt(t->prompt, tap, &t->interrupts)
                     : tap_interrupted(&t->interrupts, tap, t->session, t->output);
}

static enum vfu_tap_stop on_signal(void *context, struct tap *tap)
{
    struct tapping *t = context;
    struct vfu_doing doing[DOING];
    int number;
    enum vfu_tap_stop stop = VFU_TAP_GO_ON;
    struct vfu_error how;

    while ((number = cli_signals_next(t->signals))) {
        if (number == SIGUSR1) {
            cli_output_so_far(t->output, doing, vfu_tap_doing(tap, doing, DOING));
            continue;
        }
        if (number == SIGCONT || number == SIGWINCH) {
            if (number == SIGCONT)
                tap_prompt_again(t->prompt);
            else
                tap_prompt_resize(t->prompt);
            continue;
        }
        if (number == SIGHUP && tap_prompt_hangup(t->prompt))
            continue; /* the prompt's terminal is gone; the traffic lives */
        if (number == SIGINT && interrupted(t, tap) == VFU_TAP_GO_ON)
            continue;
        if (number != SIGCHLD)
            return VFU_TAP_STOP;
        if (child_ended(&t->child, &how)) {
            cli_error("%s", how.text);
            stop = VFU_TAP_DRAIN; /* what it said last is still in the sockets */
        }
    }
    return stop;
}

static void on_event(void *context, const struct vfu_event *event)
{
    struct tapping *t = context;

    if (t->prompt)
        tap_prompt_saw(t->prompt, event);
    if (t->screen)
        tap_commands_saw(tap_screen_commands(t->screen), event);
    cli_output_event(t->output, event);
}

static void on_map_fd(void *context, uint64_t no, int fd)
{
    cli_output_map_fd(((struct tapping *)context)->output, no, fd);
}

static void on_unmapped(void *context)
{
    cli_output_settle(((struct tapping *)context)->output);
}

static void on_why(void *context, bool as_json, struct vfu_writer *w)
{
    cli_output_why(((struct tapping *)context)->output, as_json, w);
}

/* What the tap says is about what peers do, as often as they do it. */
static void say(void *context, const char *text)
{
    (void)context;
    if (cli_voice_admits())
        cli_error("%s", text);
}

/* --- running --- */

/* SERVER must be another socket: a tap that is its own server would connect to itself for ever. */
static bool is_itself(const struct vfu_listener *l, const char *server)
{
    struct vfu_path path;
    struct stat st;

    if (!vfu_socket_path(server, &path, NULL) || stat(path.text, &st) != 0 || st.st_dev != l->dev ||
        st.st_ino != l->ino)
        return false;
    cli_error("%s: LISTEN and SERVER are the same socket", server);
    return true;
}

static bool check_server(const char *server)
{
    struct vfu_path path;
    struct vfu_error error;

    if (vfu_socket_path(server, &path, &error) && vfu_may_be_socket(&path, &error))
        return true;
    cli_error("%s", error.text);
    return false;
}

static void opening_lines(const struct tapping *t)
{
    char seen[160] = "", unseen[160] = "";

    for (size_t i = 0; i < BYPASSES; i++) {
        char *list = t->expose & bypasses[i].bit ? seen : unseen;

        snprintf(list + strlen(list), sizeof seen - strlen(list), "%s%s", *list ? ", " : "", bypasses[i].what);
    }
    if (t->expose)
        cli_error("changed on the way, to be seen here (--expose): %s", seen);
    if (!t->expose)
        cli_error("not seen here: accesses to mapped BARs, DMA into shared memory, eventfds (interrupts, ioeventfds)");
    else
        cli_error("not seen here: %s%seventfds that mask or unmask", unseen, *unseen ? ", " : "");
    cli_output_warn(t->output);
    fprintf(stderr, "listening on %s\n", t->listener.path.text);
}

static enum cli_status tap(struct tapping *t, const struct cli_args *args)
{
    struct vfu_tap_options how = {
        .listener = &t->listener,
        .control = t->control.fd >= 0 ? &t->control : NULL,
        .server = args->rest[1],
        .session = t->session,
        .once = cli_has(args, "once"),
        .count = cli_output_count(t->output),
        .injections = t->injections.list,
        .injection_count = t->injections.count,
        .intercept = t->screen ? tap_commands_intercept(tap_screen_commands(t->screen)) : tap_prompt_intercept(t->prompt),
        .expose = t->expose,
        .look = t->look.fd >= 0 || t->look.moved_fd >= 0 ? &t->look : NULL,
        .seed = t->seed,
        .logs = t->logs.logs,
        .overdue_ns = t->overdue_ns,
        .stop_fd = t->signals,
        .stop = on_signal,
        .event = on_event,
        .map_fd = cli_output_has_plugins(t->output) ? on_map_fd : NULL,
        .unmapped = cli_output_has_plugins(t->output) ? on_unmapped : NULL,
        .why = on_why,
        .say = say,
        .context = t,
    };
    enum cli_status screen;
    struct vfu_error error;
    bool good;

    if (!cli_voice_start()) {
        cli_error("out of memory or threads");
        return CLI_FAILED;
    }
    if (!cli_logs_start(&t->logs))
        return CLI_FAILED;
    opening_lines(t);
    if (t->beside && !browse_beside_start(t->beside))
        return CLI_FAILED;
    good = vfu_tap_run(&how, &error);
    if (t->prompt)
        tap_prompt_over(t->prompt);
    if (t->screen)
        tap_commands_end(tap_screen_commands(t->screen));
    screen = browse_beside_stop(t->beside);
    if (good)
        return t->child.failed ? CLI_FAILED : screen;
    if (error.text[0])
        cli_error("%s", error.text);
    return CLI_FAILED;
}

/* A pipe for what it writes. False: a message was printed. */
static bool log_server(struct tapping *t, const char *command)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        cli_error("%s: %s", command, strerror(errno));
        return false;
    }
    fcntl(ends[0], F_SETPIPE_SZ, PIPE_ROOM);
    t->child.output = ends[1];
    return cli_logs_add_pipe(&t->logs, "server", ends[0]);
}

static bool start_child(struct tapping *t, const struct cli_args *args)
{
    struct vfu_error error;
    bool good;

    if (!args->command)
        return true;
    if (cli_has(args, "log-server") && !log_server(t, args->command[0]))
        return false;
    t->child.no_input = t->prompt;
    good = child_start(&t->child, args->command, &error);
    if (t->child.output)
        close(t->child.output);
    if (!good)
        cli_error("%s", error.text);
    return good;
}

static void watch(void *context, const struct vfu_event *event)
{
    struct tapping *t = context;

    if (t->beside)
        browse_beside_event(t->beside, event);
    if (t->report)
        cli_live_report_event(t->report, event);
}

/* Everything that can be wrong is found out before a client can connect. */
static enum cli_status open_and_tap(struct tapping *t, const struct cli_args *args)
{
    struct cli_output_how how = { .session = t->session, .queued = true, .live = true, .sums = true,
                                  .keeps_memory = t->expose & VFU_EXPOSE_DMA,
                                  .waited_for = t->look.hold_ns > 0, .clock_ns = t->look.every_ns, .lossless = cli_has(args, "lossless"), .interrupted = cli_signals_pending,
                                  .enough = cli_signals_end };
    enum cli_status status, written, reported;
    struct vfu_error error;
    char source[2 * PATH_MAX];

    if (is_itself(&t->listener, args->rest[1]))
        return CLI_USAGE;
    snprintf(source, sizeof source, "tap %s %s", args->rest[0], args->rest[1]);
    how.watch = t->browse || cli_has(args, "report") ? watch : NULL;
    how.watch_context = t;
    how.screen = t->browse;
    t->output = cli_output_open(args, &how);
    if (!t->output)
        return CLI_USAGE;
    tap_look_use(&t->look, t->output);
    if (!cli_live_report_open(args, source, &t->report)) {
        cli_output_close(t->output);
        return CLI_USAGE;
    }
    if (t->browse && (t->beside = browse_beside_open(args, args->rest[0], tap_screen_traffic(t->screen))) == NULL) {
        cli_output_close(t->output);
        return CLI_FAILED;
    }
    if (t->prompt)
        tap_prompt_use(t->prompt, t->output, t->session);
    if (t->screen)
        tap_commands_use(tap_screen_commands(t->screen), t->output, t->session);
    if (t->prompt && !tap_prompt_begin(t->prompt))
        status = CLI_FAILED;
    else
        status = start_child(t, args) ? tap(t, args) : CLI_USAGE;
    vfu_unlisten(&t->listener);
    vfu_unlisten(&t->control);
    if (!child_stop(&t->child, &error))
        cli_error("%s", error.text);
    if (t->prompt)
        tap_prompt_end(t->prompt);
    cli_logs_end(&t->logs, t->output); /* what the server said last, too */
    written = cli_output_close(t->output);
    browse_beside_close(t->beside);
    reported = cli_live_report_close(t->report, t->session);
    cli_voice_end();
    return status != CLI_OK ? status : written != CLI_OK ? written : reported;
}

/* What stops and changes messages, at a prompt or from the screen. False: a message was printed. */
static bool open_commands(struct tapping *t, const struct cli_args *args)
{
    enum vfu_time_format times;

    if (!t->browse && !cli_has(args, "interactive"))
        return true;
    if (!cli_parse_time(args, &times))
        return false;
    if (t->browse)
        return (t->screen = tap_screen_new(args, times)) != NULL;
    return (t->prompt = tap_prompt_new(args, times)) != NULL;
}

static enum cli_status run(const struct cli_args *args)
{
    struct tapping t = { .listener = { .fd = -1 }, .control = { .fd = -1 } };
    struct vfu_error error;
    const char *control = cli_value(args, "control");
    enum cli_status status;
    mode_t mode;
    gid_t group;

    if (!parse_mode(cli_value(args, "mode"), &mode) || !parse_group(cli_value(args, "group"), &group) ||
        !check_server(args->rest[1]) || !parse_expose(cli_value(args, "expose"), &t.expose) ||
        !tap_look_parse(args, t.expose & VFU_EXPOSE_IRQ, &t.look) || !cli_parse_overdue(args, &t.overdue_ns) || !browse_beside_parse(args, &t.browse))
        return CLI_USAGE;
    if (cli_has(args, "log-server") && !args->command) {
        cli_error("--log-server: of which server? (-- COMMAND)");
        return CLI_USAGE;
    }
    t.signals = cli_signals_open((const int[]){ SIGCHLD, SIGCONT, SIGWINCH, SIGUSR1, SIGHUP, 0 });
    t.session = vfu_session_new(&vfu_all_checks);
    tap_interrupts_open(&t.interrupts);
    if (!parse_injections(args, &t) || !cli_logs_open(&t.logs, args) ||
        !open_commands(&t, args)) {
        status = CLI_USAGE;
    } else if (t.signals < 0 || !t.session) {
        cli_error("out of memory or file descriptors");
        status = CLI_FAILED;
    } else if (!vfu_listen(args->rest[0], mode, group, &t.listener, &error) ||
               (control && !vfu_listen(control, 0600, (gid_t)-1, &t.control, &error))) {
        cli_error("%s", error.text);
        status = CLI_USAGE;
    } else {
        cli_rules_apply(args, t.session);
        child_remember_limits(&t.child);
        vfu_raise_fd_limit();
        status = open_and_tap(&t, args);
    }
    vfu_unlisten(&t.listener);
    vfu_unlisten(&t.control);
    cli_logs_free(&t.logs);
    vfu_session_free(t.session);
    tap_prompt_free(t.prompt);
    tap_screen_free(t.screen);
    tap_injections_free(&t.injections);
    if (t.signals >= 0)
        close(t.signals);
    return status;
}

const struct cli_command cli_tap = {
    .name = "tap",
    .usage = "LISTEN SERVER [-- COMMAND...]",
    .summary = "sit between clients and a server, and show what they say",
    .examples = {
        { "tap vmm.sock device.sock -w boot.pcap", "show what passes between them, and keep it" },
        { "tap vmm.sock device.sock --inject 'command == DMA_MAP:error=ENOMEM'",
          "refuse each DMA_MAP, and see what the client does" },
    },
    .options = options,
    .more = cli_output_option,
    .min_args = 2,
    .max_args = 2,
    .takes_command = true,
    .run = run,
};
