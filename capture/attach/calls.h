/*
 * The system calls that carry messages, or end an fd, and how much is looked at; shared with the BPF program, so nothing
 * but plain C here.
 */
#ifndef VFU_CAPTURE_ATTACH_CALLS_H
#define VFU_CAPTURE_ATTACH_CALLS_H

enum attach_call {
    CALL_NONE = 0,
    CALL_SENDMSG,
    CALL_RECVMSG,
    CALL_SENDTO,
    CALL_RECVFROM,
    CALL_READ,
    CALL_WRITE,
    CALL_READV,
    CALL_WRITEV,
    CALL_SENDMMSG,
    CALL_RECVMMSG,
    CALL_CLOSE,
    CALL_DUP2,
    CALL_DUP3,
    CALL_CLOSE_RANGE,
    CALL_EXECVE,
    CALLS
};

enum {
    ATTACH_CALL = 320 << 10, /* so many bytes of one call are copied */
    ATTACH_FDS = 65536,      /* fds from here on are not watched */
};

#endif
