/*
 * The processes at the ends of a socket: which they are, from the kernel's credentials and /proc, as far as those tell.
 */
#ifndef VFU_CAPTURE_PROCESS_H
#define VFU_CAPTURE_PROCESS_H

#include "decoder/wire/event.h"

#include <stdint.h>
#include <sys/types.h>

struct vfu_process {
    pid_t pid;                  /* 0: not known */
    char name[VFU_PROCESS_ROOM]; /* what it calls itself, as it chose it; may be empty */
    uint64_t started;           /* in clock ticks since the boot: another process with its number began later; 0: not known */
};

/* A process by its number. False: there is none, and pid is 0. */
bool vfu_process_of(pid_t pid, struct vfu_process *p);
/*
 * Who connected this UNIX socket, or listened where it was connected to: the kernel keeps who that was, not who has the socket now.
 * False: it can't be known, and pid is 0.
 */
bool vfu_process_of_peer(int socket, struct vfu_process *p);
/*
 * Has it ended, or does it just do so? A socket that its end closes is closed when this can be seen. *ended says which it was
 * and how it ended, where that is ours to see. False: it lives, or it can't be known.
 */
bool vfu_process_ended(const struct vfu_process *p, struct vfu_ended *ended);
/* A duplicate of another process's descriptor, CLOEXEC; it shares the file's offset and flags, so leave those. -1: errno says why. */
int vfu_process_take_fd(pid_t pid, int fd);
/* The first line of a file of /proc/PID. False: there is none. */
bool vfu_process_read(pid_t pid, const char *file, char *text, size_t room);

#endif
