/*
 * A UNIX socket to listen at: made whole beside its path, and put there when one can connect to it.
 */
#ifndef VFU_CAPTURE_LISTEN_H
#define VFU_CAPTURE_LISTEN_H

#include "capture/socket.h"

struct vfu_listener {
    int fd; /* CLOEXEC, non-blocking; -1: none */
    struct vfu_path path;
    dev_t dev; /* of the socket's file */
    ino_t ino;
};

/*
 * Listen at `given` with `mode` and group (-1: the caller's). A socket that nobody serves is replaced; anything else there is an
 * error (EADDRINUSE, EEXIST). Of several that want the path of an old socket one gets it. False: `error` says why, and nothing is
 * left behind. The file goes by vfu_unlisten.
 *
 * The path appears when the socket listens, by a rename: whoever waits for the path can connect at once. What the kernel goes on
 * to call the socket (/proc/net/unix, getpeername) is the name it had before, FOLDER/.NAME.vfuscope-PID: who looks for the socket
 * of a path compares inodes, not names.
 */
bool vfu_listen(const char *given, mode_t mode, gid_t group, struct vfu_listener *listener, struct vfu_error *error);
/* Close it, and remove its file if it is still the one that was made. */
void vfu_unlisten(struct vfu_listener *listener);

#endif
