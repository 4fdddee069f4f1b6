/*
 * The method ptrace at a system call: reads what it moved out of the process's memory.
 */
#include "capture/attach/ptrace.h"
#include "capture/clock.h"

#include <errno.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { CONTROL = 2048 /* bytes of control data: 253 fds are 1,028 */, VECTOR = 64 /* messages of a sendmmsg */ };

/* Copy out of the process; how many bytes could be read. */
static size_t peek(const struct tracer *t, void *to, uint64_t from, size_t size)
{
    struct iovec here = { to, size }, there = { (void *)(uintptr_t)from, size }; /* its address, not ours */
    ssize_t got = process_vm_readv(t->attach->options->pid, &here, 1, &there, 1, 0);

    return got > 0 ? (size_t)got : 0;
}

/* The first `size` bytes that an iovec of the process spans, into t->bytes; how many there are. */
static size_t peek_vector(struct tracer *t, uint64_t iov, uint64_t count, size_t size)
{
    size_t got = 0;

    if (size > ATTACH_CALL)
        size = ATTACH_CALL;
    for (uint64_t i = 0; i < count && i < IOV_MAX && got < size; i++) {
        struct iovec v;
        size_t want, read;

        if (peek(t, &v, iov + i * sizeof v, sizeof v) != sizeof v)
            break;
        want = v.iov_len < size - got ? v.iov_len : size - got;
        read = peek(t, t->bytes + got, (uint64_t)(uintptr_t)v.iov_base, want);
        got += read;
        if (read < want)
            break;
    }
    return got;
}

/* The fds in control data; how many. */
static unsigned peek_fds(const struct tracer *t, const struct msghdr *m, int fds[VFU_MAX_FDS])
{
    _Alignas(struct cmsghdr) uint8_t control[CONTROL];
    struct msghdr here = { .msg_control = control };
    unsigned count = 0;

    here.msg_controllen = m->msg_controllen < CONTROL ? m->msg_controllen : CONTROL;
    if (!m->msg_control || here.msg_controllen < sizeof(struct cmsghdr) ||
        peek(t, control, (uint64_t)(uintptr_t)m->msg_control, here.msg_controllen) != here.msg_controllen)
        return 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&here); c; c = CMSG_NXTHDR(&here, c)) {
        size_t size = c->cmsg_len - CMSG_LEN(0), room = (size_t)(control + here.msg_controllen - CMSG_DATA(c));

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len < CMSG_LEN(0))
            continue;
        for (size_t at = 0; at + sizeof(int) <= size && at + sizeof(int) <= room && count < VFU_MAX_FDS; at += sizeof(int))
            memcpy(&fds[count++], CMSG_DATA(c) + at, sizeof(int));
    }
    return count;
}

/* `moved` bytes of a message with control data. */
static void take_message(struct tracer *t, struct attach_piece *piece, const struct msghdr *m, size_t moved)
{
    struct vfu_fd seen[VFU_MAX_FDS];
    int fds[VFU_MAX_FDS];

    piece->nfds = peek_fds(t, m, fds);
    attach_look_at_fds(t->attach, fds, piece->nfds, seen);
    piece->fds = fds;
    piece->seen = seen;
    piece->fds_cut = !piece->sent && m->msg_flags & MSG_CTRUNC;
    piece->bytes = t->bytes;
    piece->size = peek_vector(t, (uint64_t)(uintptr_t)m->msg_iov, m->msg_iovlen, moved);
    piece->lost = moved - piece->size;
    attach_take(t->attach, piece);
}

static void take_bytes(struct tracer *t, struct attach_piece *piece, uint64_t address, size_t moved)
{
    size_t want = moved < ATTACH_CALL ? moved : ATTACH_CALL;

    piece->bytes = t->bytes;
    piece->size = peek(t, t->bytes, address, want);
    piece->lost = moved - piece->size;
    attach_take(t->attach, piece);
}

static void take_messages(struct tracer *t, const struct attach_piece *piece, uint64_t vector, size_t count)
{
    struct mmsghdr m;

    for (size_t i = 0; i < count && i < VECTOR; i++) {
        struct attach_piece one = *piece;

        if (peek(t, &m, vector + i * sizeof m, sizeof m) == sizeof m)
            take_message(t, &one, &m.msg_hdr, m.msg_len);
    }
}

/* Did the call ask for any bytes? Then 0 means the end. */
static bool asked(const struct tracer *t, const struct traced *thread)
{
    struct msghdr m;

    switch (thread->call) {
    case CALL_RECVMSG:
        return peek(t, &m, thread->args[1], sizeof m) == sizeof m && m.msg_iovlen > 0;
    case CALL_RECVMMSG:
        return false;
    default:
        return thread->args[2] > 0;
    }
}

static bool peeks(const struct traced *thread)
{
    return (thread->call == CALL_RECVFROM && thread->args[3] & MSG_PEEK) ||
           (thread->call == CALL_RECVMSG && thread->args[2] & MSG_PEEK) ||
           (thread->call == CALL_RECVMMSG && thread->args[3] & MSG_PEEK);
}

static void ends(struct tracer *t, const struct traced *thread, int64_t result)
{
    struct attach_piece piece = { .fd = (int)thread->args[0], .sent = attach_call_sends(thread->call),
                                  .mono_ns = vfu_mono_ns() };
    struct attach_fd *fd = &t->attach->fds[piece.fd];
    struct msghdr m;

    if (piece.sent)
        piece.ended = ++fd->ended;
    else
        piece.begun = fd->begun;
    if (peeks(thread))
        return;
    if (result <= 0) {
        piece.end = !piece.sent && ((result == 0 && asked(t, thread)) || result == -ECONNRESET);
        attach_take(t->attach, &piece);
        return;
    }
    switch (thread->call) {
    case CALL_SENDMSG:
    case CALL_RECVMSG:
        if (peek(t, &m, thread->args[1], sizeof m) == sizeof m)
            take_message(t, &piece, &m, (size_t)result);
        break;
    case CALL_SENDMMSG:
    case CALL_RECVMMSG:
        take_messages(t, &piece, thread->args[1], (size_t)result);
        break;
    case CALL_READV:
    case CALL_WRITEV:
        m = (struct msghdr){ .msg_iov = (struct iovec *)(uintptr_t)thread->args[1], .msg_iovlen = thread->args[2] };
        take_message(t, &piece, &m, (size_t)result);
        break;
    default:
        take_bytes(t, &piece, thread->args[1], (size_t)result);
        break;
    }
}

/* An fd ends as its call begins: nobody can have its number again yet. */
static void closes(struct tracer *t, enum attach_call call, const uint64_t *args)
{
    uint64_t now = vfu_mono_ns();

    switch (call) {
    case CALL_CLOSE:
        attach_closed(t->attach, (int)args[0], now);
        break;
    case CALL_DUP2:
    case CALL_DUP3:
        if (args[0] != args[1])
            attach_closed(t->attach, (int)args[1], now);
        break;
    default: /* close_range */
        for (uint64_t fd = args[0]; fd <= args[1] && fd < ATTACH_MAX_FDS && !(args[2] & CLOSE_RANGE_CLOEXEC); fd++)
            attach_closed(t->attach, (int)fd, now);
        break;
    }
}

static void begins(struct tracer *t, struct traced *thread, const struct __ptrace_syscall_info *info)
{
    enum attach_call call = info->arch & __AUDIT_ARCH_64BIT ? attach_call_of((long)info->entry.nr) : CALL_NONE;

    thread->call = CALL_NONE;
    if (call == CALL_NONE || call == CALL_EXECVE)
        return;
    if (call >= CALL_CLOSE) {
        closes(t, call, (const uint64_t *)info->entry.args);
        return;
    }
    if (info->entry.args[0] >= ATTACH_MAX_FDS || !attach_wants(t->attach, (int)info->entry.args[0], 0))
        return;
    thread->call = call;
    for (int i = 0; i < 4; i++)
        thread->args[i] = info->entry.args[i];
    if (attach_call_sends(call))
        t->attach->fds[thread->args[0]].begun++;
}

void traced_call(struct tracer *t, struct traced *thread)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, sizeof info, &info) <= 0)
        return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        begins(t, thread, &info);
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && thread->call != CALL_NONE) {
        ends(t, thread, info.exit.rval);
        thread->call = CALL_NONE;
    }
}
