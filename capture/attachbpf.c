/*
 * The method bpf where it was not built in.
 */
#include "attachinside.h"

bool attach_by_bpf(struct attach *a, struct vfu_error *error)
{
    (void)a;
    return vfu_fail(error, 0, "this vfuscope was built without BPF: --method=ptrace is slower and needs none");
}
