/*
 * Passive attach, run: by one of the methods, from the start to the end.
 */
#include "capture/attach/inside.h"

#include <errno.h>
#include <stdlib.h>

static bool start(struct attach *a, struct vfu_error *error)
{
    LIST_INIT(&a->sockets);
    a->fds = calloc(ATTACH_FDS, sizeof *a->fds);
    if (!a->fds)
        return vfu_fail(error, ENOMEM, "out of memory");
    attach_set_clocks(a);
    return true;
}

static void finish(struct attach *a)
{
    while (!LIST_EMPTY(&a->sockets))
        attach_socket_free(LIST_FIRST(&a->sockets));
    free(a->fds);
}

bool vfu_attach_run(const struct vfu_attach_options *options, struct vfu_error *error)
{
    struct attach a = { .options = options };
    bool ok = start(&a, error) &&
              (options->method == VFU_ATTACH_PTRACE ? attach_by_ptrace(&a, error) : attach_by_bpf(&a, error));

    finish(&a);
    return ok;
}
