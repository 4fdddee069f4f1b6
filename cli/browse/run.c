/*
 * The screen at work: keys, signals, what the model says; what others print meanwhile is kept for afterwards.
 */
#include "capture/clock.h"
#include "cli/browse/inside.h"
#include "cli/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    DRAW_MS = 50,  /* between two pictures that only the model asks for */
    LOOK_MS = 250, /* where nobody tells of a new size */
};

const int browse_signals[] = { SIGHUP, SIGWINCH, SIGTSTP, 0 };

bool browse_has_terminal(void)
{
    return browse_terminal_usable();
}

/* --- standard error, while the screen is there --- */

struct aside {
    int saved, file; /* -1: not so */
    off_t seen;
};

static void put_aside(struct aside *a)
{
    fflush(stderr);
    a->saved = dup(STDERR_FILENO);
    a->file = memfd_create("vfuscope-browse", MFD_CLOEXEC);
    a->seen = 0;
    if (a->saved >= 0 && a->file >= 0)
        dup2(a->file, STDERR_FILENO);
}

/* The last line that came since, in the bottom line. */
static void look_aside(struct browse *b, struct aside *a)
{
    char text[1024];
    off_t size = a->file >= 0 ? lseek(a->file, 0, SEEK_END) : 0;
    ssize_t got;

    if (size <= a->seen)
        return;
    a->seen = size;
    got = pread(a->file, text, sizeof text - 1, size > (off_t)sizeof text - 1 ? size - (off_t)sizeof text + 1 : 0);
    while (got > 0 && text[got - 1] == '\n')
        got--;
    if (got > 0) {
        char *line;

        text[got] = '\0';
        line = strrchr(text, '\n');
        browse_wrong(b, "%s", line ? line + 1 : text);
    }
}

static void put_back(struct aside *a)
{
    char text[4096];
    off_t at = 0;
    ssize_t got;

    fflush(stderr);
    if (a->saved >= 0 && a->file >= 0) {
        dup2(a->saved, STDERR_FILENO);
        while ((got = pread(a->file, text, sizeof text, at)) > 0 && write(STDERR_FILENO, text, (size_t)got) == got)
            at += got;
    }
    if (a->saved >= 0)
        close(a->saved);
    if (a->file >= 0)
        close(a->file);
}

/* --- what comes --- */

static void resized(struct browse *b)
{
    browse_terminal_resized(b->terminal);
    b->fields_width = 0;
    browse_page_refresh(b);
}

static void end(struct browse *b)
{
    b->over = true;
    b->status = CLI_INTERRUPTED;
}

/* Live the whole program would stop, and the traffic with it. */
static void suspend(struct browse *b)
{
    if (b->how->live) {
        browse_wrong(b, "^Z would stop the traffic, too: it is not taken here");
        return;
    }
    browse_terminal_suspend(b->terminal);
    resized(b);
}

static void take_signals(struct browse *b)
{
    int number;

    while ((number = cli_signals_next(b->how->signals_fd)) != 0) {
        if (number == SIGWINCH)
            resized(b);
        else if (number == SIGTSTP)
            suspend(b);
        else
            end(b);
    }
}

static void take_key(struct browse *b, const struct browse_press *press)
{
    if (press->code == KEYS_GONE) {
        end(b);
    } else if (press->code == KEYS_CTRL('z')) {
        suspend(b);
    } else if (press->code == KEYS_CTRL('l')) {
        resized(b);
    } else if (press->code >= KEYS_MOUSE_PRESS && press->code <= KEYS_MOUSE_DOWN) {
        if (!b->question)
            browse_mouse(b, press);
    } else if (b->question) {
        browse_answer(b, press->code);
    } else {
        browse_press(b, press);
    }
}

static void take_keys(struct browse *b)
{
    struct browse_press press;

    while (!b->over && (press = browse_terminal_key(b->terminal)).code != KEYS_NONE)
        take_key(b, &press);
}

/* Wait for something. Was it more than the model? */
static bool wait_for(struct browse *b, int timeout_ms, bool model)
{
    struct pollfd fds[] = {
        { .fd = browse_terminal_fd(b->terminal), .events = POLLIN },
        { .fd = b->how->signals_fd, .events = POLLIN },
        { .fd = b->how->end_fd, .events = POLLIN },
        { .fd = model ? browse_model_fd(b->model) : -1, .events = POLLIN },
    };

    if (poll(fds, 4, timeout_ms) < 0 && errno != EINTR)
        end(b);
    if (fds[1].revents)
        take_signals(b);
    if (fds[2].revents)
        b->over = true;
    if (fds[0].revents)
        take_keys(b);
    return fds[0].revents || fds[1].revents;
}

static uint64_t now_ms(void)
{
    return vfu_clock_ns(CLOCK_MONOTONIC) / 1000000u;
}

static void loop(struct browse *b, struct aside *aside)
{
    uint64_t drawn = 0;

    while (!b->over) {
        uint64_t since;
        int renew;

        browse_update(b);
        if (b->state.damaged && !b->state.reading && !b->state.items && !b->how->live)
            return; /* it is no capture: who closes the model says so */
        look_aside(b, aside);
        browse_take_notice(b);
        if (b->state.failed && !b->said[0])
            browse_wrong(b, "%s", b->state.said);
        renew = browse_page_renew(b);
        browse_draw(b);
        if (b->due) {
            void (*due)(struct browse *) = b->due;

            b->due = NULL;
            due(b);
            continue;
        }
        drawn = now_ms();
        if (wait_for(b, renew >= 0 && renew < LOOK_MS ? renew : b->how->signals_fd < 0 ? LOOK_MS : renew, true))
            continue;
        since = now_ms() - drawn; /* what goes on is not drawn more often than eyes see it */
        while (!b->over && since < DRAW_MS && !wait_for(b, (int)(DRAW_MS - since), false))
            since = now_ms() - drawn;
        if (b->how->signals_fd < 0 && browse_terminal_has_resized(b->terminal))
            resized(b);
    }
}

static bool start(struct browse *b)
{
    b->known = cli_known_new();
    b->wanted = b->chosen = BROWSE_NONE;
    b->follow = b->how->live;
    b->place = AT_LIST;
    browse_model_state(b->model, &b->state);
    return browse_choose_view(b, NULL, "", false);
}

static void stop(struct browse *b)
{
    browse_events_free(b->events);
    if (b->view)
        browse_view_free(b->view);
    browse_lines_free(&b->fields);
    browse_lines_free(&b->lines);
    browse_text_free(&b->answer);
    for (size_t i = 0; i < sizeof b->history / sizeof *b->history; i++)
        for (size_t k = 0; k < b->history[i].count; k++)
            free(b->history[i].list[k]);
    cli_known_free(b->known);
}

enum cli_status browse_run(const struct browse_how *how)
{
    struct browse *b = calloc(1, sizeof *b);
    struct aside aside;
    enum cli_status status;

    if (!b) {
        cli_error("out of memory");
        return CLI_FAILED;
    }
    b->how = how;
    b->model = how->model;
    put_aside(&aside); /* first: what is said on the way would stand on a screen that goes away */
    b->terminal = browse_terminal_open(how->coloured);
    if (!b->terminal) {
        put_back(&aside);
        free(b);
        return CLI_USAGE;
    }
    if (start(b))
        loop(b, &aside);
    else
        b->status = CLI_FAILED;
    browse_terminal_close(b->terminal);
    put_back(&aside);
    stop(b);
    status = b->status;
    free(b);
    return status;
}
