/*
 * Inside the plugins' process: connections, the devices on them as each plugin sees them, and what is gathered for the
 * answer to the question at hand.
 */
#ifndef VFU_PLUGINS_HOST_PROCESS_INSIDE_H
#define VFU_PLUGINS_HOST_PROCESS_INSIDE_H

#include "plugins/host/process/memory.h"

enum { HOST_CONFIG = 4096, HOST_REGIONS = 16, HOST_CONNS = 1024 };

struct host_conn;
struct plugin_host;

struct vfp_device {
    struct plugin_host *host;
    struct host_conn *conn;
    unsigned index; /* of the plugin */
    bool open, declined;
    void *state;
};

struct host_conn {
    struct host_conn *next;
    uint32_t number;
    bool joined; /* its begin was not seen: what was mapped before is not known */
    uint8_t config[HOST_CONFIG];
    bool config_known[HOST_CONFIG];
    struct vfp_ids ids;
    uint64_t region_size[HOST_REGIONS];
    struct plugin_area mappable[HOST_REGIONS][PLUGIN_AREAS];
    struct plugin_maps maps;
    struct vfp_device devices[]; /* by plugin */
};

struct plugin_host {
    int socket;
    bool live;
    struct plugin_shared *shared;
    struct plugin_loaded loaded[PLUGIN_MAX];
    unsigned count;
    struct host_conn *conns; /* newest first */
    unsigned conn_count;
    struct plugin_stored stored;

    /* Of the question at hand */
    uint64_t no;
    struct vfu_note notes[PLUGIN_NOTES];
    uint32_t note_count, notes_lost, read_count;
    uint8_t reads[PLUGIN_MEMORY + PLUGIN_READS * sizeof(struct plugin_read)];
    size_t reads_size, memory_read;
};

/* plugin_host.c */
void host_conn_free(struct plugin_host *h, struct host_conn *c);

/* plugin_call.c */
enum host_call {
    HOST_OPEN,
    HOST_CLOSE,
    HOST_ACCESS,
    HOST_MAP,
    HOST_DMA,
    HOST_INTERRUPT,
    HOST_RESET,
    HOST_MIGRATION
};
/* Call every plugin that has the device, in order. */
void host_call(struct host_conn *c, enum host_call what, const void *with, uint32_t number);
/* Open the device for the plugins that claim it and do not have it yet. */
void host_open_all(struct host_conn *c);
void host_close(struct vfp_device *d);
/* Config space was read: what is the device? */
void host_identify(struct host_conn *c);

/* plugin_api.c: what plugins call */
extern const struct vfp_host host_api;
bool host_config_known(const struct host_conn *c, unsigned offset, size_t size);

/* plugin_guard.c */
/* Before the first call: in this process a plugin's crash ends the call, not the process. */
void host_guard_start(struct plugin_shared *shared);
/* Call work(context). PLUGIN_RUNS; or else what ended it: PLUGIN_HANGS, or a signal's number. */
int host_guarded(void (*work)(void *context), void *context);

#endif
