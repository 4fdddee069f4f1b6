/*
 * Giving up what a process may do beyond others, once what needs it is open.
 */
#ifndef VFU_CAPTURE_PRIVILEGES_H
#define VFU_CAPTURE_PRIVILEGES_H

#include "decoder/wire/error.h"

#include <stdbool.h>
#include <stdint.h>

/* A capability as a bit of a set: VFU_CAPABILITY(CAP_SYS_PTRACE). */
#define VFU_CAPABILITY(number) (UINT64_C(1) << (number))

/*
 * Of the calling thread's capabilities those in `keep` stay, if it had them; none comes back, by no exec either
 * (no_new_privs, an empty bounding set). Threads and processes that it starts later have no more: call it before they start.
 * False: error says why, and it must not go on.
 */
bool vfu_privileges_keep(uint64_t keep, struct vfu_error *error);

/* Does the thread have it now? */
bool vfu_privileges_has(int capability);

#endif
