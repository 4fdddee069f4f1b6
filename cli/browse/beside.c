/*
 * The screen beside traffic: see beside.h. Its thread gets no signals; the traffic's loop does, and says when it is over.
 */
#include "cli/browse/beside.h"
#include "capture/poke.h"
#include "cli/output/output.h"
#include "cli/signals.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 1 };

struct browse_beside {
    struct browse_how how;
    atomic_uint clients; /* connected now */
    pthread_t thread;
    bool runs;
    atomic_bool over;    /* the traffic is */
    enum cli_status status;
};

bool browse_beside_parse(const struct cli_args *args, bool *wanted)
{
    const char *file = cli_value(args, "write"), *output = cli_value(args, "output");

    *wanted = cli_has(args, "browse");
    if (!*wanted)
        return true;
    if (cli_has(args, "interactive")) {
        cli_error("--browse and -i: there is one terminal");
        return false;
    }
    if ((file && file[0] == '-' && !file[1]) || (output && output[0] == '-' && !output[1])) {
        cli_error("--browse: the screen has standard output");
        return false;
    }
    return browse_has_terminal();
}

struct browse_beside *browse_beside_open(const struct cli_args *args, const char *name, const struct browse_traffic *traffic)
{
    struct browse_beside *b = calloc(1, sizeof *b);

    if (!b) {
        cli_error("out of memory");
        return NULL;
    }
    b->how = (struct browse_how){ .args = args, .name = name, .live = true, .traffic = traffic,
                                  .clients = traffic ? &b->clients : NULL, .signals_fd = -1, .end_fd = eventfd(0, EFD_CLOEXEC) };
    if (b->how.end_fd < 0)
        cli_error("out of file descriptors");
    else if (cli_wants_colour(args, &b->how.coloured) && (b->how.model = browse_model_live(args, 0)) != NULL)
        return b;
    if (b->how.end_fd >= 0)
        close(b->how.end_fd);
    free(b);
    return NULL;
}

void browse_beside_event(void *context, const struct vfu_event *event)
{
    struct browse_beside *b = context;

    if (event->kind == VFU_EVENT_CONNECT)
        atomic_fetch_add(&b->clients, 1);
    else if (event->kind == VFU_EVENT_DISCONNECT && atomic_load(&b->clients))
        atomic_fetch_sub(&b->clients, 1);
    browse_model_event(b->how.model, event);
}

static void *show(void *context)
{
    struct browse_beside *b = context;

    b->status = browse_run(&b->how);
    if (!atomic_load(&b->over))
        cli_signals_end();
    return NULL;
}

bool browse_beside_start(struct browse_beside *b)
{
    vfu_poke_ready();
    b->runs = pthread_create(&b->thread, NULL, show, b) == 0;
    if (!b->runs)
        cli_error("the screen's thread can't be started");
    return b->runs;
}

/*
 * A terminal that nobody reads, or that has gone astray, takes no more: what waits there is given up, so that the screen's thread
 * comes to its end, and with it whoever waits for the traffic's.
 */
static void join(struct browse_beside *b)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    while (pthread_timedjoin_np(b->thread, NULL, &until) == ETIMEDOUT) {
        tcflush(STDOUT_FILENO, TCOFLUSH);
        pthread_kill(b->thread, VFU_POKE); /* it does not notice by itself that there is room now */
        until.tv_sec += PATIENCE_S;
    }
}

enum cli_status browse_beside_stop(struct browse_beside *b)
{
    if (!b || !b->runs)
        return CLI_OK;
    atomic_store(&b->over, true);
    eventfd_write(b->how.end_fd, 1);
    join(b);
    b->runs = false;
    return b->status == CLI_INTERRUPTED ? CLI_OK : b->status;
}

void browse_beside_close(struct browse_beside *b)
{
    if (!b)
        return;
    browse_beside_stop(b);
    browse_model_end(b->how.model);
    browse_model_close(b->how.model);
    close(b->how.end_fd);
    free(b);
}
