/*
 * The method bpf where it could not be built.
 */
#include "capture/attach/inside.h"

static bool start(struct attach *a, struct vfu_error *error)
{
    (void)a;
    return vfu_fail(error, 0,
                    "this vfuscope was built without BPF (it needs libbpf and clang): --method=ptrace does without, slowly");
}

static void end(struct attach *a)
{
    (void)a;
}

const struct attach_method attach_by_bpf = { .start = start, .end = end };
