/*
 * Passive attach, run: by one of the methods, from the start to the end.
 */
#include "capture/attach/inside.h"
#include "capture/clock.h"
#include "capture/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>

struct vfu_attach {
    struct attach attach;
    const struct attach_method *by;
};

/*
 * What is looked at later are the process's fds, and with ptrace its memory: SYS_PTRACE lets us, and DAC_READ_SEARCH into the
 * folder of another user's fds, and guest memory in files be opened for reading.
 */
static const uint64_t kept = VFU_CAPABILITY(CAP_SYS_PTRACE) | VFU_CAPABILITY(CAP_DAC_READ_SEARCH);

struct vfu_attach *vfu_attach_start(pid_t pid, enum vfu_attach_method method, struct vfu_error *error)
{
    struct vfu_attach *v = calloc(1, sizeof *v);

    if (!v) {
        vfu_fail(error, ENOMEM, "out of memory");
        return NULL;
    }
    v->by = method == VFU_ATTACH_PTRACE ? &attach_by_ptrace : &attach_by_bpf;
    v->attach.pid = pid;
    LIST_INIT(&v->attach.sockets);
    v->attach.fds = calloc(ATTACH_FDS, sizeof *v->attach.fds);
    if (!v->attach.fds)
        vfu_fail(error, ENOMEM, "out of memory");
    else if (v->by->start(&v->attach, error) && vfu_privileges_keep(kept, error))
        return v;
    vfu_attach_end(v);
    return NULL;
}

/* What was held back is shown at the end, unless that is for having shown enough. */
static void show_rest(struct attach *a)
{
    struct attach_socket *s;

    a->stopping = attach_is_enough(a);
    LIST_FOREACH(s, &a->sockets, next) {
        attach_wait_no_longer(a, s);
        attach_show_held(a, s);
    }
}

bool vfu_attach_run(struct vfu_attach *v, const struct vfu_attach_options *options, struct vfu_error *error)
{
    v->attach.options = options;
    attach_set_clocks(&v->attach);
    v->attach.started_ns = vfu_mono_ns();
    v->attach.unlooked = true;
    if (!v->by->watch(&v->attach, error))
        return false;
    show_rest(&v->attach);
    return true;
}

void vfu_attach_end(struct vfu_attach *v)
{
    if (!v)
        return;
    v->by->end(&v->attach);
    while (!LIST_EMPTY(&v->attach.sockets))
        attach_socket_free(LIST_FIRST(&v->attach.sockets));
    free(v->attach.fds);
    free(v);
}
