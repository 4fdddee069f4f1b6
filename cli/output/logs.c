/*
 * The option --log of tap and attach: see logs.h.
 */
#include "cli/output/logs.h"
#include "cli/output/inside.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of any thread; only what a log does makes it speak, and each once. */
static void say(void *context, const char *text)
{
    (void)context;
    cli_error("%s", text);
}

bool cli_log_parse(const char *spec, struct cli_log *log)
{
    size_t size = 0;

    while (isalnum((unsigned char)spec[size]) || (spec[size] && strchr("_.-", spec[size])))
        size++;
    if (spec[size] != '=') {
        cli_error("--log %s: NAME=FILE is expected, such as console=/tmp/console.log; a NAME is of letters, digits, _, . and -",
                  spec);
        return false;
    }
    if (size == 0 || size >= sizeof log->name || !spec[size + 1]) {
        cli_error("--log %s: %s", spec, !spec[size + 1] ? "the FILE is missing" : "a NAME has 1 to 31 characters");
        return false;
    }
    memcpy(log->name, spec, size);
    log->name[size] = '\0';
    log->path = spec + size + 1;
    return true;
}

/* What says which time its lines have: those that come now have their own. */
static bool is_for_afterwards(const char *spec)
{
    if (access(strchr(spec, '=') + 1, F_OK) == 0 || (!strstr(spec, ",offset=") && !strstr(spec, ",mark=")))
        return false;
    cli_error("--log %s: offset and mark are for decode; what comes now has the time at which it comes", spec);
    return true;
}

/* What we write ourselves, now or once it is there, is no log: each of its lines would make another. */
static bool is_ours(const struct cli_args *args, const char *path)
{
    static const char *const files[] = { "output", "write", "trace" };
    struct stat log, err;

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *ours = cli_value(args, files[i]);

        if (ours && strcmp(ours, path) == 0 && access(path, F_OK) != 0) {
            cli_error("%s: would be written to, and read as a log", path);
            return true;
        }
    }
    if (stat(path, &log) == 0 && S_ISREG(log.st_mode) && fstat(STDERR_FILENO, &err) == 0 && cli_is_same_file(&log, &err)) {
        cli_error("%s: standard error goes there", path);
        return true;
    }
    return cli_output_overwrites(args, path);
}

static bool add(struct cli_logs *l, const struct cli_args *args, const char *spec)
{
    struct cli_log *log = &l->list[l->count++];
    struct vfu_error error;

    if (!cli_log_parse(spec, log) || is_for_afterwards(spec) || is_ours(args, log->path))
        return false;
    if (strcmp(log->path, "-") == 0 && cli_has(args, "interactive")) {
        cli_error("--log %s: standard input is the prompt's", spec);
        return false;
    }
    if (!l->logs && !(l->logs = vfu_logs_new(say, NULL))) {
        cli_error("out of memory or file descriptors");
        return false;
    }
    if (vfu_logs_add(l->logs, log->name, log->path, &error))
        return true;
    cli_error("%s", error.text);
    return false;
}

bool cli_logs_open(struct cli_logs *l, const struct cli_args *args)
{
    for (size_t i = 0; i < args->set_count; i++)
        if (strcmp(args->set[i].option->name, "log") == 0 && !add(l, args, args->set[i].value))
            return false;
    return true;
}

/* By the voice, which has a queue: it never waits. */
static void pass_on(const char *bytes, size_t size)
{
    fwrite(bytes, 1, size, stderr);
}

bool cli_logs_add_pipe(struct cli_logs *l, const char *name, int fd)
{
    struct vfu_error error = { .number = 0 };

    if (!l->logs && !(l->logs = vfu_logs_new(say, NULL)))
        cli_error("out of memory or file descriptors");
    else if (vfu_logs_add_pipe(l->logs, name, fd, pass_on, &error))
        return true;
    else
        cli_error("%s", error.text);
    return false;
}

bool cli_logs_start(struct cli_logs *l)
{
    struct vfu_error error;

    if (!l->logs || vfu_logs_start(l->logs, &error))
        return true;
    cli_error("%s", error.text);
    return false;
}

void cli_logs_end(struct cli_logs *l, struct cli_output *o)
{
    struct vfu_event line;

    if (!l->logs)
        return;
    vfu_logs_end(l->logs);
    while (vfu_logs_next(l->logs, UINT64_MAX, &line))
        cli_output_event(o, &line);
    vfu_logs_say_left_out(l->logs);
}

void cli_logs_free(struct cli_logs *l)
{
    vfu_logs_free(l->logs);
    l->logs = NULL;
}
