/*
 * Giving up privileges: see privileges.h.
 */
#include "capture/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WORDS = _LINUX_CAPABILITY_U32S_3, CAPABILITIES = 64 };

static bool get(struct __user_cap_data_struct data[WORDS])
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };

    return syscall(SYS_capget, &head, data) == 0;
}

static bool set(const struct __user_cap_data_struct data[WORDS])
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };

    return syscall(SYS_capset, &head, data) == 0;
}

bool vfu_privileges_has(int capability)
{
    struct __user_cap_data_struct data[WORDS];

    return get(data) && data[capability / 32].effective & 1u << capability % 32;
}

bool vfu_privileges_keep(uint64_t keep, struct vfu_error *error)
{
    struct __user_cap_data_struct data[WORDS];

    /* Who lacks CAP_SETPCAP may not empty it: then no_new_privs alone keeps an exec from giving any. */
    for (unsigned long c = 0; c < CAPABILITIES; c++)
        prctl(PR_CAPBSET_DROP, c, 0L, 0L, 0L);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0 || !get(data))
        return vfu_fail(error, errno, "can't give up privileges: %s", strerror(errno));
    for (unsigned i = 0; i < WORDS; i++) {
        data[i].permitted &= (uint32_t)(keep >> 32 * i);
        data[i].effective = data[i].permitted;
        data[i].inheritable = 0; /* ambient ones go with it */
    }
    return set(data) || vfu_fail(error, errno, "can't give up privileges: %s", strerror(errno));
}
