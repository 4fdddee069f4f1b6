/*
 * The plugins' process, from vfuscope's side: started, given orders, watched, and started anew without the plugin that
 * took it down.
 */
#ifndef VFU_PLUGINS_HOST_WATCH_H
#define VFU_PLUGINS_HOST_WATCH_H

#include "plugins/host/process/process.h"

#include <sys/types.h>

struct plugin_process {
    pid_t pid;  /* 0: gone */
    int socket; /* -1: there will be no more notes */
    bool live;
    int call_ms; /* for one call of a plugin */
    const atomic_bool *give_up; /* set: it is not waited for any more; may be NULL */
    struct plugin_shared *shared;
    struct plugin_wanted *wanted;
    struct plugin_hello hello;
    uint32_t first_conn; /* what is told of connections below means nothing to it: it is younger */
    bool said[PLUGIN_MAX]; /* that this one ended */
};

/* `wanted` becomes the process's. False: a message was printed; free it all the same. */
bool plugin_process_start(struct plugin_process *p, struct plugin_wanted *wanted, bool live,
                          const atomic_bool *give_up);
/* Questions from order->from on, with their descriptors. False: it has ended. */
bool plugin_process_order(struct plugin_process *p, struct plugin_order *order, const int *fds, unsigned count);
/*
 * Wait until the order is carried out as far as it goes: shared->done says how far. False: the process ended over the
 * question with that number, which was said; p->socket says if there is another one now.
 */
bool plugin_process_wait(struct plugin_process *p);
void plugin_process_free(struct plugin_process *p);

#endif
