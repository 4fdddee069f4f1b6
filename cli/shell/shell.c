/*
 * vfuscope shell: its command line, where its commands come from, and its exit status.
 */
#include "cli/output/maps.h"
#include "cli/shell/message.h"
#include "cli/shell/inside.h"
#include "cli/signals.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A message that says it brings descriptors has none, and none ever came. */
static bool has_lost_fds(const struct shell_link *link, const struct vfu_event *event, const struct vfu_problem *p)
{
    return !link->got_fds && event->kind == VFU_EVENT_MESSAGE && event->message.nfds == 0 &&
           (strcmp(p->rule->id, "fd-index") == 0 || strcmp(p->rule->id, "fd-missing") == 0);
}

/* What the server does wrong is news also when nothing is traced; what the person does wrong is meant. */
static void tell_violations(struct shell *sh, const struct vfu_event *event)
{
    struct shell_link *link = &sh->link;

    for (unsigned i = 0; i < event->problem_count; i++) {
        const struct vfu_problem *p = &event->problems[i];

        if (p->at_fault != VFU_SERVER || p->severity != VFU_VIOLATION || p->repeated)
            continue;
        if (!has_lost_fds(link, event, p))
            shell_notice(sh, "the server breaks a rule: %s [%s]", p->text, p->rule->id);
        else if (!link->lost_fds) /* whoever loses one loses all: said once */
            shell_notice(sh, "descriptors get lost between here and the server: a relay such as socat? (%s)", p->text);
        link->lost_fds |= has_lost_fds(link, event, p);
    }
}

static void on_event(void *context, const struct vfu_event *event)
{
    struct shell *sh = context;
    struct shell_buffer b;

    sh->link.got_fds |= event->kind == VFU_EVENT_MESSAGE && event->from == VFU_SERVER && event->message.nfds > 0;
    if (event->kind == VFU_EVENT_MESSAGE && event->from == VFU_CLIENT)
        sh->link.sent = (struct shell_sent){ event->id, event->flags };
    if (!sh->screen.trace) {
        tell_violations(sh, event);
        return;
    }
    shell_buffer_init(&b);
    vfu_text_event(&sh->screen.text, event, &b.w);
    shell_hide_line(sh);
    if (sh->screen.json) {
        vfu_writer_flush(&sh->screen.w);
        fputs(shell_buffer_text(&b), stderr);
    } else {
        vfu_write_text(&sh->screen.w, shell_buffer_text(&b));
        vfu_writer_flush(&sh->screen.w);
    }
    shell_show_line(sh);
    shell_buffer_free(&b);
}

static void on_unexpected(void *context, const struct vfu_event *event, enum vfu_unexpected why)
{
    struct shell *sh = context;
    char name[SHELL_NAME];
    const char *what = event->command ? event->command->name
                                      : (snprintf(name, sizeof name, "command %u", event->command_number), name);
    const char *error = event->flags & VFU_ERROR ? vfu_name_of(vfu_errno_names, event->error) : NULL;

    switch (why) {
    case VFU_UNEXPECTED_LATE:
        shell_notice(sh, "a late reply to %s (id %u) came%s%s: nobody waits for it any more", what, event->id,
                     error ? ", " : "", error ? error : "");
        break;
    case VFU_UNEXPECTED_UNWAITED:
        if (!shell_message_piped(sh, event))
            shell_notice(sh, "reply to %s (id %u)%s%s", what, event->id, error ? ": " : "", error ? error : "");
        break;
    case VFU_UNEXPECTED_STRAY:
        shell_notice(sh, "a stray reply came: %s, id %u%s%s answers nothing that was sent", what, event->id,
                     error ? ", " : "", error ? error : "");
        break;
    case VFU_UNEXPECTED_TYPE:
        shell_notice(sh, "a message of type %u came (%s, id %u): neither command nor reply",
                     event->flags & VFU_TYPE_MASK, what, event->id);
        break;
    }
}

static void on_closed(void *context, const char *why)
{
    struct shell *sh = context;

    /* A command that needed the connection says so itself. */
    if (sh->screen.interactive && !sh->run.running)
        shell_notice(sh, "%s (connect opens it again)", why);
}

/* VERSION's text is an object with a member `capabilities`; the inner object alone will do. */
static bool use_caps(struct shell *sh, const char *json)
{
    cJSON *root = json ? cJSON_Parse(json) : NULL;
    size_t size;

    if (!json)
        return true;
    if (!cJSON_IsObject(root)) {
        cJSON_Delete(root);
        cli_error("--caps: not a JSON object (--no-negotiate and send VERSION json=TEXT send any text)");
        return false;
    }
    sh->link.caps = json;
    if (!cJSON_GetObjectItemCaseSensitive(root, "capabilities")) {
        size = strlen(json) + sizeof "{\"capabilities\":}";
        sh->link.caps_made = malloc(size);
        if (sh->link.caps_made)
            snprintf(sh->link.caps_made, size, "{\"capabilities\":%s}", json);
        sh->link.caps = sh->link.caps_made;
    }
    cJSON_Delete(root);
    return sh->link.caps != NULL;
}

static bool start(struct shell *sh)
{
    struct vfu_client_hooks hooks = {
        .context = sh,
        .event = on_event,
        .command = shell_serve_dma,
        .unexpected = on_unexpected,
        .closed = on_closed,
        .watched = shell_watched,
        .stopped = shell_stopped,
    };

    shell_screen_init(&sh->screen);
    shell_buffer_init(&sh->outcome.members);
    shell_buffer_init(&sh->outcome.last);
    vfu_raise_fd_limit();
    if (!shell_watch_open(&sh->watch))
        return false;
    hooks.watch_fd = sh->watch.fd;
    if (vfu_client_init(&sh->link.client, &hooks))
        return true;
    cli_error("out of memory");
    return false;
}

static void finish(struct shell *sh)
{
    vfu_writer_flush(&sh->screen.w);
    sh->screen.trace = false; /* that we leave is no news */
    vfu_client_free(&sh->link.client);
    shell_vars_free(&sh->vars);
    shell_plugins_free(&sh->table);
    shell_forget(&sh->device, sh->watch.fd);
    shell_buffer_free(&sh->outcome.members);
    shell_buffer_free(&sh->outcome.last);
    free(sh->link.version);
    free(sh->link.caps_made);
    shell_watch_close(&sh->watch);
}

/* The scripts of -f, by the place of the option, open since before anything is sent; -1: none. */
struct scripts {
    int fd[CLI_MAX_SET];
};

static void close_scripts(struct scripts *scripts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (scripts->fd[i] > STDERR_FILENO)
            close(scripts->fd[i]);
}

/* A script that can't be opened is seen before anything is sent. Not blocking: a FIFO may have no writer yet. */
static bool open_script(const char *path, int *fd)
{
    struct stat st;

    *fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*fd >= 0 && (fstat(*fd, &st) != 0 || !S_ISDIR(st.st_mode)))
        return true;
    if (*path)
        cli_error("%s: %s", path, strerror(*fd >= 0 ? EISDIR : errno));
    else
        cli_error("an empty file name");
    return false;
}

static bool open_scripts(const struct cli_args *args, struct scripts *scripts)
{
    bool good = true;

    for (size_t i = 0; i < args->set_count; i++) {
        scripts->fd[i] = -1;
        if (good && args->set[i].option->letter == 'f')
            good = open_script(args->set[i].value, &scripts->fd[i]);
    }
    if (!good)
        close_scripts(scripts, args->set_count);
    return good;
}

/* -c and -f in the order in which they were given. */
static enum shell_result run_options(struct shell *sh, const struct cli_args *args, const struct scripts *scripts)
{
    enum shell_result result = SHELL_OK;

    sh->run.where = (struct shell_where){ "-c", 0 };
    for (size_t i = 0; i < args->set_count && result == SHELL_OK; i++) {
        const char *value = args->set[i].value;

        if (args->set[i].option->letter == 'c')
            result = shell_run_text(sh, value);
        else if (args->set[i].option->letter == 'f')
            result = shell_run_fd(sh, scripts->fd[i], strcmp(value, "-") == 0 ? "stdin" : value);
    }
    return result;
}

static bool has_options(const struct cli_args *args)
{
    return cli_has(args, "command") || cli_has(args, "file");
}

static enum cli_status script_status(struct shell *sh, enum shell_result result)
{
    if (result == SHELL_OK || result == SHELL_QUIT) {
        enum shell_result end = shell_run_end(sh);

        if (result == SHELL_OK)
            result = end;
    }
    if (!vfu_writer_flush(&sh->screen.w) && result != SHELL_STOPPED) {
        if (cli_reader_left())
            return CLI_UNREAD;
        if (result == SHELL_OK || result == SHELL_QUIT)
            cli_error("standard output: can't be written");
        return CLI_FAILED;
    }
    return result == SHELL_STOPPED ? CLI_INTERRUPTED : result == SHELL_OK || result == SHELL_QUIT ? CLI_OK : CLI_FAILED;
}

static enum cli_status connected(struct shell *sh, const struct cli_args *args, const struct scripts *scripts)
{
    enum shell_result result;

    if (has_options(args))
        return script_status(sh, run_options(sh, args, scripts));
    if (!sh->screen.interactive)
        return script_status(sh, shell_run_fd(sh, STDIN_FILENO, "stdin"));
    setlocale(LC_CTYPE, "");
    result = shell_prompt(sh);
    return result == SHELL_FAILED ? CLI_FAILED : CLI_OK;
}

/* Connect, if there is a socket, and do what is asked. */
static enum cli_status run(struct shell *sh, const struct cli_args *args, const char *socket, const struct scripts *scripts)
{
    enum shell_result result = socket ? shell_connect(sh, socket, false) : SHELL_OK;

    if (result == SHELL_STOPPED)
        return CLI_INTERRUPTED;
    if (result == SHELL_FAILED && sh->link.at_tap && sh->outcome.error.number == ENOTCONN) {
        /* The tap is there, and no client is yet: what is about the device will be refused, the rest is not. */
        if (sh->screen.interactive)
            cli_error("%s", sh->outcome.error.text);
    } else if (result != SHELL_OK) {
        bool none = sh->link.client.conn == 0;

        /* No server is 2; one that does not come to terms is a failure, at the prompt one to look into. */
        cli_error("%s", sh->outcome.error.text);
        if (none || !sh->screen.interactive)
            return none ? CLI_USAGE : CLI_FAILED;
    }
    return connected(sh, args, scripts);
}

enum cli_status shell_main(const struct cli_args *args, const struct shell_command *const *commands)
{
    struct shell sh = {
        .table.own = commands, .table.explain = args->explain, .table.search = args->search,
        .link.negotiate = !cli_has(args, "no-negotiate"), .link.asks = !cli_has(args, "raw"),
        .screen.json = cli_has(args, "json"),
    };
    const char *control = cli_value(args, "tap");
    const char *socket = control ? control : args->rest_count > 0 ? args->rest[0] : NULL;
    enum cli_status status = CLI_USAGE;
    struct scripts scripts;

    sh.device.maps_of_registers = cli_maps(args);
    if (!sh.device.maps_of_registers)
        return CLI_USAGE;
    sh.link.tap = control;
    if (control && args->rest_count > 0) {
        cli_error("--tap %s: in the place of SOCKET, not beside it", control);
        return CLI_USAGE;
    }
    sh.screen.interactive = !has_options(args) && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (!open_scripts(args, &scripts))
        return CLI_USAGE;
    if (use_caps(&sh, cli_value(args, "caps")) && start(&sh)) {
        status = run(&sh, args, socket, &scripts);
        finish(&sh);
    }
    close_scripts(&scripts, args->set_count);
    return status;
}

const struct cli_option shell_options[] = {
    { "command", 'c', "CMD", "run this command and end; may be repeated", .group = CLI_INPUT },
    { "file", 'f', "SCRIPT", "run the commands in this file (-: standard input) and end", .group = CLI_INPUT },
    { "json", 0, NULL, "one JSON object a line for each command", .group = CLI_OUTPUT },
    { "caps", 0, "JSON", "propose these capabilities, and no others", .group = CLI_RUNNING },
    { "tap", 0, "CONTROL", "drive the device of a running VM, through its tap's control socket", .group = CLI_RUNNING },
    { "raw", 0, NULL, "send VERSION at the start, and nothing else that is not asked for", .group = CLI_RUNNING },
    { "no-negotiate", 0, NULL, "send nothing at the start, not even VERSION", .group = CLI_RUNNING },
    CLI_MAPS_OPTIONS,
    { 0 },
};
