/*
 * A line of a strace log, taken apart: time, call, descriptor, bytes and descriptors passed.
 */
#ifndef VFU_CAPTURE_FILE_STRACELINE_H
#define VFU_CAPTURE_FILE_STRACELINE_H

#include "decoder/wire/message.h"

/* A call, as far as it was taken apart. Pointers into the line. */
struct strace_call {
    const char *name;
    size_t name_size;
    const char *fd_text; /* what -yy says of the fd, without < >; may be NULL */
    size_t fd_text_size;
    long fd;
    const char *rest; /* behind the fd */
    long long result;
    uint64_t time_ns;
};

/* Bytes that grow as they are needed; the owner frees them. */
struct strace_bytes {
    uint8_t *bytes;
    size_t room;
};

/* What stands before the call: the process (0 without) and when. Where the call begins. */
const char *strace_line(const char *line, long *pid, uint64_t *time_ns);
/* Take a call on a descriptor apart; false: it is none, or not finished. */
bool strace_call(const char *text, struct strace_call *call);
/* The bytes that it moved, as far as the log has them, into `bytes`; how many. */
size_t strace_data(const struct strace_call *call, struct strace_bytes *bytes);
/* The descriptors that came with them: at most VFU_MAX_FDS; how many. */
unsigned strace_fds(const struct strace_call *call, struct vfu_fd *fds);
/* The type of a descriptor by what -y or -yy says of it. */
enum vfu_fd_type strace_fd_type(const char *text, size_t size);

#endif
