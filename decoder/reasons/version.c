/*
 * Reasons for a refused VERSION.
 */
#include "decoder/reasons/inside.h"

void vfu_reasons_version(struct vfu_refusal *r)
{
    uint64_t major = vfu_asked(r, "major");

    if (vfu_has_asked(r, "major") && major != 0)
        vfu_say_because(r, REASON_WRONG_MAJOR, NULL, 0, "major version %llu: there is 0 only", (unsigned long long)major);
}

/* What libvfio-user refuses though the specification says nothing of it. */
void vfu_guess_version(struct vfu_refusal *r)
{
    const struct vfu_connection *known = &r->peers->known;

    if (known->proposed_no != r->reply->reply_to)
        return;
    if (known->proposed.max_msg_fds > VFU_LIMIT_MAX_MSG_FDS)
        vfu_say_perhaps(r, REASON_VERSION_LIMIT, NULL, 0, "max_msg_fds is %llu: libvfio-user takes up to %u",
                        (unsigned long long)known->proposed.max_msg_fds, VFU_LIMIT_MAX_MSG_FDS);
    if (known->proposed.migration && known->proposed.migration_pgsize != VFU_DEFAULT_PGSIZES)
        vfu_say_perhaps(r, REASON_VERSION_LIMIT, NULL, 0, "migration.pgsize is %llu: libvfio-user takes %u only",
                        (unsigned long long)known->proposed.migration_pgsize, VFU_DEFAULT_PGSIZES);
}
