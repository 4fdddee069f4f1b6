/*
 * vfuscope fuzz --client: the server that says odd things, and who runs it.
 */
#ifndef VFU_CLI_FUZZ_ODD_H
#define VFU_CLI_FUZZ_ODD_H

#include "capture/server/server.h"
#include "cli/fuzz/inside.h"

enum { FUZZ_ODD = 4096 /* messages of a client's run, behind which all is right */ };

struct fuzz_odd {
    struct fuzz *fuzz; /* has the capture */
    struct vfu_server *server;
    struct fuzz_state state;
    uint64_t seed, conn;
    bool odd;              /* or all is as it should be */
    bool stays[FUZZ_ODD];  /* the n-th message may be odd */
    bool was_odd[FUZZ_ODD];
    unsigned sent;
    uint64_t heard;        /* messages of the client's */
    bool closes;           /* the server is about to leave */
    struct fuzz_step kept[FUZZ_ODD]; /* what was odd, in order; owned */
    unsigned kept_count;
};

/* For vfu_server_options */
bool fuzz_odd_sends(void *context, const struct vfu_server_out *out);
void fuzz_odd_event(void *context, const struct vfu_event *e);
/* A client's run begins, or (what is kept is freed) nobody's. */
void fuzz_odd_begin(struct fuzz_odd *o);

struct fuzz_how {
    const char *listen;
    char **command; /* NULL: whoever connects */
    uint64_t time_ns, connections, from;
    const char *file, *options; /* of the capture */
    bool json;
};
enum cli_status fuzz_clients(struct fuzz *f, const struct fuzz_how *how);

#endif
