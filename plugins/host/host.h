/*
 * Plugins, from vfuscope's side: the process that runs them looks at each event, names registers, and runs the commands
 * that they add to the shell; we get on without it when it crashes or hangs.
 */
#ifndef VFU_PLUGINS_HOST_HOST_H
#define VFU_PLUGINS_HOST_HOST_H

#include "cli/cli.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/error.h"
#include "plugins/host/process/tables.h"

#include <stdatomic.h>

struct vfu_plugins;

/* What takes an event with its notes, which are good for the call; before it, what they read of guest memory for it. */
typedef void vfu_plugins_taker(void *context, const struct vfu_event *event);

/*
 * Start those that the options and the environment ask for; *plugins is NULL if that is none. live: a tap, whose
 * descriptors reach guest memory. give_up (may be NULL): once it is set they are not waited for any more. Before any
 * thread starts. False: a message was printed; exit with CLI_USAGE.
 */
bool vfu_plugins_open(const struct cli_args *args, bool live, const atomic_bool *give_up, vfu_plugins_taker *take,
                      void *context, struct vfu_plugins **plugins);

/*
 * The descriptor of message no's DMA_MAP, which becomes the plugins'. Before the event comes; from any one thread. When
 * many wait already it is closed: traffic needs descriptors, too.
 */
void vfu_plugins_fd(struct vfu_plugins *p, uint64_t no, int fd);

/*
 * Have the plugins look at an event; from one thread. It is handed on in order, now or in a later call, with the notes that
 * it had (a capture's) as plugin_recorded.h says.
 */
void vfu_plugins_event(struct vfu_plugins *p, const struct vfu_event *event);
/* No event is ready: hand on all there are. */
void vfu_plugins_idle(struct vfu_plugins *p);

/* How often each plugin was called and what it took so far, into `list` (room for that many); how many there are. */
unsigned vfu_plugins_cost(const struct vfu_plugins *p, struct vfu_summary_plugin *list, unsigned room);

/* NULL is fine. */
void vfu_plugins_close(struct vfu_plugins *p);

/* --- the registers that plugins name, and their commands for the shell --- */

/*
 * Ask the plugins that are installed or in VFUSCOPE_PLUGIN_PATH. config: size bytes of a device's config space, which says
 * where some registers are; NULL: these are names only. NULL: error says why; without plugins an empty list.
 */
struct vfu_registers *vfu_registers_load(const uint8_t *config, size_t size, struct vfu_error *error);
void vfu_registers_free(struct vfu_registers *r);
static inline bool vfu_register_has_place(const struct vfu_register *r) { return r->region < VFP_LOCATED; }
/* By PLUGIN.REGISTER; of several with this name one that has a place. NULL: there is none. */
const struct vfu_register *vfu_registers_find(const struct vfu_registers *r, const char *name);
/* The fields of a value that are not zero: "RDY, SHST complete"; empty where there is nothing to say. */
void vfu_register_fields(const struct vfu_register *r, uint64_t value, char *text, size_t size);
/* Is the plugin for a device with these ids and class code? */
bool vfu_registers_claims(const struct vfu_registers *r, unsigned plugin, uint16_t vendor, uint16_t device,
                          uint32_t class_code);

#endif
