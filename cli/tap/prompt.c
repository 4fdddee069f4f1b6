/*
 * The prompt of `tap -i`: see prompt.h. What the tap calls, and the lines that the person types.
 */
#include "cli/cli.h"
#include "cli/tap/inside.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void ask(const struct tap_prompt *p)
{
    if (p->edit)
        tap_edit_show(p->edit);
    else if (p->is_terminal && !p->gone)
        fputs(TAP_PROMPT, stderr);
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

static bool may_stop(void *context, const struct vfu_event *event)
{
    const struct tap_prompt *p = context;
    bool may = p->step;

    for (size_t i = 0; i < p->break_count && !may; i++)
        may = !p->breaks[i].filter || vfu_filter_match_header(p->breaks[i].filter, event) != VFU_NO;
    return may && !p->gone;
}

static void stopped(void *context, const struct vfu_event *event)
{
    if (((struct tap_prompt *)context)->is_terminal)
        fputc('\n', stderr);
    fputs("stopped ", stderr);
    tap_prompt_print(context, event, false);
    tap_patience_say(context, event, stderr);
    ask(context);
}

static void probed(void *context, const struct vfu_event *reply)
{
    if (((struct tap_prompt *)context)->is_terminal)
        fputc('\n', stderr);
    if (reply) {
        fputs("probe ", stderr);
        tap_prompt_print(context, reply, false);
    } else {
        tap_prompt_say("probe: the connection is gone, no reply will come");
    }
    ask(context);
}

static void input(void *context, struct tap *tap)
{
    struct tap_prompt *p = context;
    struct pollfd ready = { .fd = STDIN_FILENO, .events = POLLIN };
    ssize_t got;
    char *end;

    p->tap = tap;
    if (p->is_terminal && !tap_edit_may())
        return; /* the keys are for somebody else, who takes them */
    if (p->edit) {
        tap_edit_keys(p->edit);
        return;
    }
    if (poll(&ready, 1, 0) != 1) /* woken for nothing */
        return;
    got = read(STDIN_FILENO, p->line + p->used, sizeof p->line - 1 - p->used);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) { /* ^D, or the terminal is gone */
        tap_prompt_leave(p);
        return;
    }
    p->used += (size_t)got;
    p->line[p->used] = '\0';
    while (!p->gone && (end = strchr(p->line, '\n')) != NULL) {
        *end = '\0';
        if (!p->too_long)
            tap_prompt_run(p, p->line);
        p->too_long = false;
        p->used -= (size_t)(end + 1 - p->line);
        memmove(p->line, end + 1, p->used + 1);
    }
    if (p->used == sizeof p->line - 1) {
        if (!p->too_long)
            tap_prompt_say("the line is too long");
        p->too_long = true;
        p->used = 0;
    }
    ask(p);
}

void tap_prompt_use(struct tap_prompt *p, struct cli_output *output, const struct vfu_session *session)
{
    p->output = output;
    p->session = session;
}

void tap_prompt_saw(struct tap_prompt *p, const struct vfu_event *event)
{
    if (!p->text.started)
        p->text.first_ns = event->time.wall_ns;
    p->text.started = true;
    p->text.last_ns = event->time.wall_ns;
    tap_patience_saw(&p->patience, event);
}

struct tap_prompt *tap_prompt_new(const struct cli_args *args, enum vfu_time_format times)
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
    p->text.time_format = times;
    p->names = cli_known_new();
    p->known = cli_known_of(p->names, args);
    if (p->known.registers)
        p->known.registers(p->names); /* not while traffic waits */
    p->intercept = (struct vfu_tap_intercept){ .input_fd = STDIN_FILENO, .input = input, .stops = stops, .may_stop = may_stop,
                                               .stopped = stopped, .probed = probed, .context = p };
    return p;
}

void tap_prompt_begin(struct tap_prompt *p)
{
    p->edit = tap_edit_new(p);
}

void tap_prompt_end(struct tap_prompt *p)
{
    tap_edit_free(p->edit);
    p->edit = NULL;
}

void tap_prompt_again(struct tap_prompt *p)
{
    if (p && p->edit)
        tap_edit_again(p->edit);
}

enum vfu_tap_stop tap_prompt_interrupt(struct tap_prompt *p, const struct tap *tap, struct tap_interrupts *plain)
{
    char text[512];
    bool empty;
    unsigned clients;

    if (p->gone)
        return tap_interrupted(plain, tap, p->session, p->output);
    if (!p->is_terminal || !tap_in_foreground())
        return VFU_TAP_STOP;
    clients = tap_cut_off(tap, p->session, text, sizeof text);
    empty = !p->edit || tap_edit_is_empty(p->edit);
    if (empty && (!clients || p->warned))
        return VFU_TAP_STOP;
    if (p->edit)
        tap_edit_cancel(p->edit);
    if (clients)
        tap_prompt_say("%s. ^C again ends the tap", text);
    p->warned = clients;
    if (p->edit)
        tap_edit_again(p->edit);
    else
        ask(p);
    return VFU_TAP_GO_ON;
}

void tap_prompt_free(struct tap_prompt *p)
{
    while (p && p->break_count)
        tap_prompt_forget(p, p->break_count - 1);
    if (p)
        cli_known_free(p->names);
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
