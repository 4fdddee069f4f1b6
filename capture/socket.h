/*
 * UNIX sockets that carry messages and file descriptors: listening, connecting, sending a message with one sendmsg,
 * and reading exactly one message with exactly its own fds.
 */
#ifndef VFU_CAPTURE_SOCKET_H
#define VFU_CAPTURE_SOCKET_H

#include "decoder/wire/error.h"
#include "decoder/wire/message.h"

#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>

/* A socket path as the person gave it, with `cntrl` added when it is a folder (SPDK). False: too long. */
struct vfu_path {
    char text[108]; /* sun_path's size: at most 107 bytes and a NUL */
};
bool vfu_socket_path(const char *given, struct vfu_path *path, struct vfu_error *error);
/* False: there is something at this path that can't be connected to, such as a capture; `error` says what may be meant. */
bool vfu_may_be_socket(const struct vfu_path *path, struct vfu_error *error);

struct sockaddr_un vfu_socket_address(const struct vfu_path *path);

/*
 * Connect, waiting at most timeout_ms for a server that is busy (EAGAIN: its backlog is full, libvfio-user has one of
 * 0) or, with `absent_too`, not there yet. Returns a non-blocking CLOEXEC fd, or -1 with error->number set.
 */
int vfu_connect(const char *path, int timeout_ms, bool absent_too, struct vfu_error *error);

/*
 * Less of a send buffer than it has: for who passes on what another sends, so that the two buffers together hold little
 * more than one would.
 */
void vfu_socket_pace(int fd);
/* Does as much as its send buffer holds wait to be read by the peer? */
bool vfu_socket_full(int fd);

/* What was sent and the peer has not read, as the kernel charges it; 0: it has read all. -1: it is not known. */
int vfu_socket_unread(int fd);

/* The soft limit of open files becomes the hard one. */
void vfu_raise_fd_limit(void);

/* What an fd is. */
void vfu_fd_describe(int fd, struct vfu_fd *out);
/* The same of another process's; false: it is gone. */
bool vfu_fd_describe_of(pid_t pid, int fd, struct vfu_fd *out);
/* Open for reading what another process has at this fd, if it is a file or memfd and still what was seen; or -1. */
int vfu_fd_open_of(pid_t pid, int fd, const struct vfu_fd *seen);

enum vfu_io {
    VFU_IO_OK,
    VFU_IO_AGAIN, /* nothing more now */
    VFU_IO_EOF,   /* the peer closed; `got` says how much of a message there was */
    VFU_IO_ERROR, /* errno says why */
    VFU_IO_BAD,   /* a header whose size can't be true: framing is lost */
};

/*
 * One recvmsg of at most `size` bytes. fds that come with it are appended to fds (room for VFU_MAX_FDS; what would not
 * fit is closed), CLOEXEC; *cut is set if the kernel cut some off. *got bytes were read.
 */
enum vfu_io vfu_recv(int socket, void *buffer, size_t size, int *fds, unsigned *nfds, bool *cut, size_t *got);

/* What recv would give of the next bytes, without taking them or any fds: how many. */
size_t vfu_peek(int socket, void *buffer, size_t size);

/*
 * One sendmsg of iov with fds, never SIGPIPE. *sent bytes went out; AGAIN: none did, try when writable. fds went with
 * the first byte, so pass none when sending the rest. What is too large for the send buffer gets a larger one for this
 * call, as far as the system allows.
 */
enum vfu_io vfu_send(int socket, const struct iovec *iov, int iovcnt, const int *fds, unsigned nfds, size_t *sent);

/*
 * Send a whole message, waiting up to timeout_ms (-1: for ever) while the peer does not take it. False: errno says why
 * (ETIMEDOUT).
 */
bool vfu_send_all(int socket, const void *bytes, size_t size, const int *fds, unsigned nfds, int timeout_ms);

/*
 * Reads one message at a time: header first, then exactly the rest, because the kernel hands over a later message's
 * fds with an earlier one's bytes when asked for more.
 * The buffer grows with the bytes that arrive, not on the word of a size field.
 */
struct vfu_reader {
    uint8_t *buffer;
    size_t capacity, got;
    size_t limit; /* the largest message; 0: VFU_MAX_MESSAGE */
    int fds[VFU_MAX_FDS];
    unsigned nfds;
    bool fds_cut;
};

/*
 * Go on reading. OK: a whole message is in buffer (got bytes) with its fds; deal with it, then call vfu_reader_next.
 * BAD: the header is in buffer and its size is below 16 or above the limit.
 */
enum vfu_io vfu_reader_read(struct vfu_reader *r, int socket);
/* After BAD: into the buffer what has already come behind the header, so that it is `most` bytes at most. */
void vfu_reader_rest(struct vfu_reader *r, int socket, size_t most);
/* Forget the message; closes those fds that are still in r->fds (set nfds to 0 after taking them over). */
void vfu_reader_next(struct vfu_reader *r);
void vfu_reader_free(struct vfu_reader *r);

#endif
