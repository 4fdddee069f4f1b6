/*
 * The prompt of `tap -i`: see tap_prompt.h.
 */
#include "tap_prompt.h"
#include "cli.h"
#include "decoder/encode.h"
#include "decoder/sinks.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BREAKS = 32, LINE = 4096, LISTED = 256 };

struct tap_prompt {
    struct vfu_tap_intercept intercept;
    struct tap *tap; /* once it called us */
    struct {
        char *text; /* NULL: every message */
        struct vfu_filter *filter;
    } breaks[BREAKS];
    size_t break_count;
    bool step;        /* stop the next message, whatever it is */
    bool gone;        /* nothing is asked any more */
    bool is_terminal;
    char line[LINE];
    size_t used;
};

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static bool put_out(void *context, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, context) == size;
}

static void print(const struct vfu_event *event, bool tree)
{
    char buffer[4096];
    struct vfu_writer w = vfu_writer(buffer, sizeof buffer, put_out, stderr);
    struct vfu_text text = { .started = true, .first_ns = event->message.time_ns, .tree = tree, .hex = tree };

    fprintf(stderr, "%llu:", (unsigned long long)event->message.no);
    vfu_text_event(&text, event, &w);
    vfu_writer_flush(&w);
}

static void ask(const struct tap_prompt *p)
{
    if (p->is_terminal && !p->gone)
        fputs("(tap) ", stderr);
}

/* --- what the tap calls --- */

static bool stops(void *context, const struct vfu_event *event, const struct vfu_event *request)
{
    struct tap_prompt *p = context;
    bool stop = p->step;

    for (size_t i = 0; i < p->break_count && !stop; i++) {
        const struct vfu_filter *f = p->breaks[i].filter;

        /* A pair stops once, as it counts once for an injection. */
        stop = !f || ((!request || vfu_filter_is_single(f) || vfu_filter_match(f, request, NULL, false) != VFU_YES) &&
                      vfu_filter_match(f, event, request, false) == VFU_YES);
    }
    p->step = p->step && !stop;
    return stop && !p->gone;
}

static void stopped(void *context, const struct vfu_event *event)
{
    if (((struct tap_prompt *)context)->is_terminal)
        fputc('\n', stderr);
    fputs("stopped ", stderr);
    print(event, false);
    ask(context);
}

/* --- commands --- */

/* The message a command is about: the number it names, or the one that has been stopped longest. */
static const struct vfu_event *chosen(struct tap_prompt *p, const char *number)
{
    const struct vfu_event *list[LISTED];
    size_t count = vfu_tap_stopped(p->tap, list, LISTED);
    uint64_t no = 0;

    if (number && !vfu_parse_number(number, &no)) {
        say("%s: the number of a stopped message is expected", number);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (!number || list[i]->message.no == no)
            return list[i];
    if (number)
        say("message %s is not stopped", number);
    else
        say("no message is stopped");
    return NULL;
}

static void do_break(struct tap_prompt *p, char *rest)
{
    struct vfu_filter_error error;
    struct vfu_filter *filter = NULL;

    if (p->break_count == BREAKS) {
        say("there are %d already", BREAKS);
        return;
    }
    if (*rest && !(filter = vfu_filter_parse(rest, &error))) {
        say("break: column %u: %s", error.column, error.text);
        return;
    }
    p->breaks[p->break_count].filter = filter;
    p->breaks[p->break_count].text = *rest ? strdup(rest) : NULL;
    p->break_count++;
    say("break %zu: %s", p->break_count, *rest ? rest : "every message");
}

static void forget_break(struct tap_prompt *p, size_t which)
{
    vfu_filter_free(p->breaks[which].filter);
    free(p->breaks[which].text);
    p->break_count--;
    memmove(&p->breaks[which], &p->breaks[which + 1], (p->break_count - which) * sizeof *p->breaks);
}

static void do_delete(struct tap_prompt *p, char *rest)
{
    uint64_t which;

    if (*rest && (!vfu_parse_number(rest, &which) || which == 0 || which > p->break_count)) {
        say("delete: there are breaks 1 to %zu", p->break_count);
        return;
    }
    if (*rest)
        forget_break(p, (size_t)which - 1);
    while (!*rest && p->break_count)
        forget_break(p, p->break_count - 1);
}

static void do_list(struct tap_prompt *p, char *rest)
{
    const struct vfu_event *list[LISTED];
    size_t count = vfu_tap_stopped(p->tap, list, LISTED);

    (void)rest;
    for (size_t i = 0; i < p->break_count; i++)
        say("break %zu: %s", i + 1, p->breaks[i].text ? p->breaks[i].text : "every message");
    for (size_t i = 0; i < count; i++) {
        fputs("stopped ", stderr);
        print(list[i], false);
    }
    if (!count)
        say("no message is stopped");
}

static void do_show(struct tap_prompt *p, char *rest)
{
    const struct vfu_event *event = chosen(p, *rest ? rest : NULL);

    if (event)
        print(event, true);
}

static void do_edit(struct tap_prompt *p, char *rest)
{
    const struct vfu_event *event;
    struct vfu_error error;
    char *number = NULL, *value;

    if (*rest >= '0' && *rest <= '9') { /* edit NO FIELD=VALUE */
        number = rest;
        rest += strcspn(rest, " ");
        if (*rest)
            *rest++ = '\0';
    }
    value = strchr(rest, '=');
    event = value ? chosen(p, number) : NULL;
    if (!value)
        say("edit: FIELD=VALUE or @OFFSET=HEX is expected");
    if (!event)
        return;
    *value++ = '\0';
    if (!vfu_tap_edit(p->tap, event->message.no, rest, value, &error))
        say("edit: %s", error.text);
    else if ((event = chosen(p, number)) != NULL)
        print(event, false);
}

static void do_forward(struct tap_prompt *p, char *rest)
{
    const struct vfu_event *event = chosen(p, *rest ? rest : NULL);

    if (event)
        vfu_tap_forward(p->tap, event->message.no);
}

static void do_drop(struct tap_prompt *p, char *rest)
{
    const struct vfu_event *event = chosen(p, *rest ? rest : NULL);

    if (event)
        vfu_tap_drop(p->tap, event->message.no);
}

static void do_answer(struct tap_prompt *p, char *rest)
{
    char *number = rest + strcspn(rest, " ");
    const struct vfu_event *event;
    uint64_t error = 0;

    if (*number)
        *number++ = '\0';
    if (*rest && strcmp(rest, "ok") != 0 && !vfu_name_value(vfu_errno_names, rest, &error) &&
        !(vfu_parse_number(rest, &error) && error <= UINT32_MAX)) {
        say("answer %s: an errno is expected, such as EIO, or ok", rest);
        return;
    }
    event = chosen(p, *number ? number : NULL);
    if (event && !vfu_tap_answer(p->tap, event->message.no, (uint32_t)error))
        say("answer: only a command can be answered");
}

static void forward_all(struct tap_prompt *p)
{
    const struct vfu_event *list[LISTED];
    uint64_t numbers[LISTED];
    size_t count = vfu_tap_stopped(p->tap, list, LISTED);

    for (size_t i = 0; i < count; i++)
        numbers[i] = list[i]->message.no;
    for (size_t i = 0; i < count; i++)
        vfu_tap_forward(p->tap, numbers[i]);
}

static void do_step(struct tap_prompt *p, char *rest)
{
    (void)rest;
    p->step = true;
    forward_all(p);
}

static void do_continue(struct tap_prompt *p, char *rest)
{
    (void)rest;
    p->step = false;
    forward_all(p);
}

static void do_quit(struct tap_prompt *p, char *rest)
{
    (void)rest;
    p->gone = true;
    say("the prompt is left; everything goes on");
    vfu_tap_let_go(p->tap);
}

static void do_help(struct tap_prompt *p, char *rest);

static const struct {
    const char *name, *arguments, *help;
    void (*run)(struct tap_prompt *p, char *rest);
} commands[] = {
    { "break", "[FILTER]", "stop the messages that FILTER picks, or every one", do_break },
    { "delete", "[N]", "forget break N, or all", do_delete },
    { "list", "", "the breaks, and what is stopped", do_list },
    { "show", "[NO]", "all of a stopped message", do_show },
    { "edit", "[NO] FIELD=VALUE", "change a field, or bytes: @OFFSET=HEX", do_edit },
    { "forward", "[NO]", "let it go on", do_forward },
    { "answer", "ERRNO|ok [NO]", "answer a command in the place of whom it is for", do_answer },
    { "drop", "[NO]", "do not let it go on", do_drop },
    { "step", "", "let what is stopped go on, and stop the next message", do_step },
    { "continue", "", "let what is stopped go on", do_continue },
    { "quit", "", "leave the prompt: everything goes on", do_quit },
    { "help", "", "this", do_help },
};

static void do_help(struct tap_prompt *p, char *rest)
{
    (void)p;
    (void)rest;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        say("  %-8s %-18s %s", commands[i].name, commands[i].arguments, commands[i].help);
}

/* A command by its name, or the beginning of one. */
static void run_line(struct tap_prompt *p, char *line)
{
    size_t size, i = 0;

    line += strspn(line, " \t");
    size = strcspn(line, " \t");
    if (!size || *line == '#')
        return;
    while (i < sizeof commands / sizeof *commands && strncmp(commands[i].name, line, size) != 0)
        i++;
    if (i == sizeof commands / sizeof *commands) {
        say("%.*s: no such command (help lists them)", (int)size, line);
        return;
    }
    line += size;
    commands[i].run(p, line + strspn(line, " \t"));
}

static void input(void *context, struct tap *tap)
{
    struct tap_prompt *p = context;
    struct pollfd ready = { .fd = STDIN_FILENO, .events = POLLIN };
    ssize_t got = poll(&ready, 1, 0) == 1 ? read(STDIN_FILENO, p->line + p->used, sizeof p->line - 1 - p->used) : 0;
    char *end;

    p->tap = tap;
    if (got < 0 && errno == EINTR)
        return;
    if (got <= 0) { /* ^D, or the terminal is gone */
        do_quit(p, NULL);
        return;
    }
    p->used += (size_t)got;
    p->line[p->used] = '\0';
    while (!p->gone && (end = strchr(p->line, '\n')) != NULL) {
        *end = '\0';
        run_line(p, p->line);
        p->used -= (size_t)(end + 1 - p->line);
        memmove(p->line, end + 1, p->used + 1);
    }
    if (p->used == sizeof p->line - 1) {
        say("the line is too long");
        p->used = 0;
    }
    ask(p);
}

/* --- start and end --- */

struct tap_prompt *tap_prompt_new(void)
{
    struct tap_prompt *p = calloc(1, sizeof *p);
    struct stat st;

    if (!p) {
        cli_error("out of memory");
        return NULL;
    }
    if (fstat(STDIN_FILENO, &st) != 0 || S_ISREG(st.st_mode) || (S_ISCHR(st.st_mode) && !isatty(STDIN_FILENO))) {
        cli_error("-i: standard input is no terminal and no pipe");
        free(p);
        return NULL;
    }
    p->is_terminal = isatty(STDIN_FILENO);
    p->intercept = (struct vfu_tap_intercept){ .input_fd = STDIN_FILENO, .input = input, .stops = stops,
                                               .stopped = stopped, .context = p };
    return p;
}

void tap_prompt_free(struct tap_prompt *p)
{
    while (p && p->break_count)
        forget_break(p, p->break_count - 1);
    free(p);
}

const struct vfu_tap_intercept *tap_prompt_intercept(const struct tap_prompt *p)
{
    return p ? &p->intercept : NULL;
}

bool tap_prompt_hangup(struct tap_prompt *p)
{
    if (!p || !p->is_terminal)
        return false;
    p->gone = true;
    if (p->tap)
        vfu_tap_let_go(p->tap);
    return true;
}
