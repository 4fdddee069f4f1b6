/*
 * The numbers of the system calls that attach looks at, on this architecture.
 */
#include "capture/attach/inside.h"

#include <sys/syscall.h>

static const struct {
    enum attach_call call;
    long number;
    const char *name;
} calls[] = {
    { CALL_SENDMSG, SYS_sendmsg, "sendmsg" },
    { CALL_RECVMSG, SYS_recvmsg, "recvmsg" },
    { CALL_SENDTO, SYS_sendto, "sendto" },
    { CALL_RECVFROM, SYS_recvfrom, "recvfrom" },
    { CALL_READ, SYS_read, "read" },
    { CALL_WRITE, SYS_write, "write" },
    { CALL_READV, SYS_readv, "readv" },
    { CALL_WRITEV, SYS_writev, "writev" },
    { CALL_SENDMMSG, SYS_sendmmsg, "sendmmsg" },
    { CALL_RECVMMSG, SYS_recvmmsg, "recvmmsg" },
    { CALL_CLOSE, SYS_close, "close" },
#ifdef SYS_dup2
    { CALL_DUP2, SYS_dup2, "dup2" },
#endif
    { CALL_DUP3, SYS_dup3, "dup3" },
#ifdef SYS_close_range
    { CALL_CLOSE_RANGE, SYS_close_range, "close_range" },
#endif
    { CALL_EXECVE, SYS_execve, "execve" },
};
enum { COUNT = sizeof calls / sizeof calls[0] };

enum attach_call attach_call_of(long number)
{
    for (unsigned i = 0; i < COUNT; i++)
        if (calls[i].number == number)
            return calls[i].call;
    return CALL_NONE;
}

const char *attach_call_name(unsigned i, enum attach_call *call, long *number)
{
    if (i >= COUNT)
        return NULL;
    *call = calls[i].call;
    *number = calls[i].number;
    return calls[i].name;
}

bool attach_call_sends(enum attach_call call)
{
    return call == CALL_SENDMSG || call == CALL_SENDTO || call == CALL_WRITE || call == CALL_WRITEV ||
           call == CALL_SENDMMSG;
}
