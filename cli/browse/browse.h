/*
 * The full screen to look around in: of captures, or of live traffic.
 */
#ifndef VFU_CLI_BROWSE_BROWSE_H
#define VFU_CLI_BROWSE_BROWSE_H

#include "cli/browse/model/model.h"
#include "cli/cli.h"
#include "decoder/wire/writer.h"

#include <stdatomic.h>

/*
 * Live traffic that can be stopped and changed from the screen; all of it is called from browse_run's thread.
 */
struct browse_traffic {
    void *context;
    /* A line as the tap's prompt takes it ("forward", "drop", "edit data=00"); what it says goes to `say`. False: it failed. */
    bool (*line)(void *context, const char *line, struct vfu_writer *say);
    /* As vfu_filter_complete, of such a line. */
    size_t (*complete)(void *context, const char *text, void (*take)(void *take_context, const char *word), void *take_context);
    /* What may come behind `text`, in words. False: nothing to say. */
    bool (*hint)(void *context, const char *text, char *hint, size_t size);
    /* The message that is stopped, and waits for a line, and since when (monotonic); 0: none does. */
    uint64_t (*stopped)(void *context, uint64_t *since_ns);
    /* Words that no line asked for, the last that came since this was asked: a message is stopped. False: none came. */
    bool (*notice)(void *context, char *words, size_t size);
};

struct browse_how {
    const struct cli_args *args;
    struct browse_model *model; /* the caller's, who closes it afterwards */
    const char *name;           /* what is looked at, for the status line: may hold anything */
    bool live;                  /* it goes on while it is looked at: followed at first */
    bool coloured;              /* if the terminal can */
    const struct browse_traffic *traffic; /* NULL: nothing can be done to it */
    const atomic_uint *clients; /* connected now, who lose their server: if there are any, q asks first. NULL: nobody does */
    /* cli_signals_open's, with browse_signals beside its own, from before any thread. -1: the caller reads its signals itself. */
    int signals_fd;
    int end_fd; /* readable: it is to end, without asking. -1: there is none */
};

extern const int browse_signals[]; /* ends with 0 */

/*
 * Show it until the person ends it; the terminal is then as it was. CLI_OK; CLI_INTERRUPTED: by a signal, or the terminal went
 * away; CLI_USAGE: there is no terminal, or not one that can show it: a message was printed.
 */
enum cli_status browse_run(const struct browse_how *how);
/* Is there a terminal for it? Else a message was printed, and it is CLI_USAGE: to be asked before anything is begun. */
bool browse_has_terminal(void);

#endif
