/*
 * Plugins, from vfuscope's side: starts the process that runs them, has it look at each event, and gets on without it
 * when it crashes or hangs.
 */
#ifndef VFU_CLI_PLUGINS_H
#define VFU_CLI_PLUGINS_H

#include "cli.h"
#include "decoder/sinks.h"

struct cli_plugins;

/*
 * Start those that the options and the environment ask for; *plugins is NULL if that is none. live: a tap, whose
 * descriptors reach guest memory. Before any thread starts. False: a message was printed; exit with CLI_USAGE.
 */
bool cli_plugins_open(const struct cli_args *args, bool live, struct cli_plugins **plugins);

/* The descriptor of message no's DMA_MAP, which becomes the plugins'. Before the event comes; from any one thread. */
void cli_plugins_fd(struct cli_plugins *p, uint64_t no, int fd);

/*
 * Have the plugins look at an event; from one thread. Sets its notes, which are good until the next call. What they read
 * of guest memory for it goes to `memory` (may be NULL) as events.
 */
void cli_plugins_event(struct cli_plugins *p, struct vfu_event *event,
                       void (*memory)(void *context, const struct vfu_event *event), void *context);

/* How often each plugin was called and what it took so far, into `list` (room for that many); how many there are. */
unsigned cli_plugins_cost(const struct cli_plugins *p, struct vfu_summary_plugin *list, unsigned room);

/* NULL is fine. */
void cli_plugins_close(struct cli_plugins *p);

#endif
