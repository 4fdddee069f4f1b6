/*
 * The method ptrace at a system call: reads what it moved out of the process's memory.
 */
#include "capture/attach/inside.h"
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

struct stop {
    struct attach *attach;
    uint8_t *bytes; /* ATTACH_CALL: what the call moved */
};

/* Copy out of the process; how many bytes could be read. */
static size_t peek(const struct stop *s, void *to, uint64_t from, size_t size)
{
    struct iovec here = { to, size }, there = { (void *)(uintptr_t)from, size }; /* its address, not ours */
    ssize_t got = process_vm_readv(s->attach->pid, &here, 1, &there, 1, 0);

    return got > 0 ? (size_t)got : 0;
}

/* The first `size` bytes that an iovec of the process spans, into s->bytes; how many there are. */
static size_t peek_vector(struct stop *s, uint64_t iov, uint64_t count, size_t size)
{
    size_t got = 0;

    if (size > ATTACH_CALL)
        size = ATTACH_CALL;
    for (uint64_t i = 0; i < count && i < IOV_MAX && got < size; i++) {
        struct iovec v;
        size_t want, read;

        if (peek(s, &v, iov + i * sizeof v, sizeof v) != sizeof v)
            break;
        want = v.iov_len < size - got ? v.iov_len : size - got;
        read = peek(s, s->bytes + got, (uint64_t)(uintptr_t)v.iov_base, want);
        got += read;
        if (read < want)
            break;
    }
    return got;
}

/* The fds in control data; how many. */
static unsigned peek_fds(const struct stop *s, const struct msghdr *m, struct attach_passed fds[VFU_MAX_FDS])
{
    _Alignas(struct cmsghdr) uint8_t control[CONTROL];
    struct msghdr here = { .msg_control = control };
    unsigned count = 0;

    here.msg_controllen = m->msg_controllen < CONTROL ? m->msg_controllen : CONTROL;
    if (!m->msg_control || here.msg_controllen < sizeof(struct cmsghdr) ||
        peek(s, control, (uint64_t)(uintptr_t)m->msg_control, here.msg_controllen) != here.msg_controllen)
        return 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&here); c; c = CMSG_NXTHDR(&here, c)) {
        size_t size = c->cmsg_len - CMSG_LEN(0), room = (size_t)(control + here.msg_controllen - CMSG_DATA(c));

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len < CMSG_LEN(0))
            continue;
        for (size_t at = 0; at + sizeof(int) <= size && at + sizeof(int) <= room && count < VFU_MAX_FDS; at += sizeof(int))
            memcpy(&fds[count++].fd, CMSG_DATA(c) + at, sizeof(int));
    }
    return count;
}

/* `moved` bytes of a message with control data. */
static void take_message(struct stop *s, struct attach_piece *piece, const struct msghdr *m, size_t moved)
{
    struct vfu_fd seen[VFU_MAX_FDS];
    struct attach_passed fds[VFU_MAX_FDS];

    piece->nfds = peek_fds(s, m, fds);
    attach_look_at_fds(s->attach, fds, piece->nfds, seen);
    /* cppcheck-suppress autoVariables ; they are looked at before this returns, and so are the ones below */
    piece->fds = fds;
    /* cppcheck-suppress autoVariables */
    piece->seen = seen;
    piece->fds_cut = !piece->sent && m->msg_flags & MSG_CTRUNC;
    piece->bytes = s->bytes;
    piece->size = peek_vector(s, (uint64_t)(uintptr_t)m->msg_iov, m->msg_iovlen, moved);
    piece->lost = moved - piece->size;
    attach_take(s->attach, piece);
}

static void take_bytes(struct stop *s, struct attach_piece *piece, uint64_t address, size_t moved)
{
    size_t want = moved < ATTACH_CALL ? moved : ATTACH_CALL;

    piece->bytes = s->bytes;
    piece->size = peek(s, s->bytes, address, want);
    piece->lost = moved - piece->size;
    attach_take(s->attach, piece);
}

static void take_messages(struct stop *s, const struct attach_piece *piece, uint64_t vector, size_t count)
{
    struct mmsghdr m;

    for (size_t i = 0; i < count && i < VECTOR; i++) {
        struct attach_piece one = *piece;

        if (peek(s, &m, vector + i * sizeof m, sizeof m) == sizeof m)
            take_message(s, &one, &m.msg_hdr, m.msg_len);
    }
}

/* Did the call ask for any bytes? Then 0 means the end. */
static bool asked(const struct stop *s, const struct attach_traced *in)
{
    struct msghdr m;

    switch (in->call) {
    case CALL_RECVMSG:
        return peek(s, &m, in->args[1], sizeof m) == sizeof m && m.msg_iovlen > 0;
    case CALL_RECVMMSG:
        return false;
    default:
        return in->args[2] > 0;
    }
}

static bool peeks(const struct attach_traced *in)
{
    return (in->call == CALL_RECVFROM && in->args[3] & MSG_PEEK) ||
           (in->call == CALL_RECVMSG && in->args[2] & MSG_PEEK) ||
           (in->call == CALL_RECVMMSG && in->args[3] & MSG_PEEK);
}

static void ends(struct stop *s, const struct attach_traced *in, int64_t result)
{
    struct attach_piece piece = { .fd = (int)in->args[0], .sent = attach_call_sends(in->call),
                                  .mono_ns = vfu_mono_ns() };
    struct attach_fd *fd = &s->attach->fds[piece.fd];
    struct msghdr m;

    if (piece.sent)
        piece.ended = ++fd->ended;
    else
        piece.begun = fd->begun;
    if (peeks(in))
        return;
    if (result <= 0) {
        piece.end = !piece.sent && ((result == 0 && asked(s, in)) || result == -ECONNRESET);
        attach_take(s->attach, &piece);
        return;
    }
    switch (in->call) {
    case CALL_SENDMSG:
    case CALL_RECVMSG:
        if (peek(s, &m, in->args[1], sizeof m) == sizeof m)
            take_message(s, &piece, &m, (size_t)result);
        break;
    case CALL_SENDMMSG:
    case CALL_RECVMMSG:
        take_messages(s, &piece, in->args[1], (size_t)result);
        break;
    case CALL_READV:
    case CALL_WRITEV:
        m = (struct msghdr){ .msg_iov = (struct iovec *)(uintptr_t)in->args[1], .msg_iovlen = in->args[2] };
        take_message(s, &piece, &m, (size_t)result);
        break;
    default:
        take_bytes(s, &piece, in->args[1], (size_t)result);
        break;
    }
}

/* An fd ends as its call begins: nobody can have its number again yet. */
static void closes(struct attach *a, enum attach_call call, const uint64_t *args)
{
    uint64_t now = vfu_mono_ns();

    switch (call) {
    case CALL_CLOSE:
        attach_closed(a, (int)args[0], now);
        break;
    case CALL_DUP2:
    case CALL_DUP3:
        if (args[0] != args[1])
            attach_closed(a, (int)args[1], now);
        break;
    default: /* close_range */
        for (uint64_t fd = args[0]; fd <= args[1] && fd < ATTACH_FDS && !(args[2] & CLOSE_RANGE_CLOEXEC); fd++)
            attach_closed(a, (int)fd, now);
        break;
    }
}

static void begins(struct attach *a, struct attach_traced *in, const struct __ptrace_syscall_info *info)
{
    enum attach_call call = info->arch & __AUDIT_ARCH_64BIT ? attach_call_of((long)info->entry.nr) : CALL_NONE;

    in->call = CALL_NONE;
    if (call == CALL_NONE || call == CALL_EXECVE)
        return;
    if (call >= CALL_CLOSE) {
        closes(a, call, (const uint64_t *)info->entry.args);
        return;
    }
    if (info->entry.args[0] >= ATTACH_FDS || !attach_wants(a, (int)info->entry.args[0], 0))
        return;
    in->call = call;
    for (int i = 0; i < 4; i++)
        in->args[i] = info->entry.args[i];
    if (attach_call_sends(call))
        a->fds[in->args[0]].begun++;
}

void attach_traced_stop(struct attach *a, pid_t tid, struct attach_traced *in, uint8_t *bytes)
{
    struct __ptrace_syscall_info info;
    struct stop s = { a, bytes };

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) <= 0)
        return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        begins(a, in, &info);
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && in->call != CALL_NONE) {
        ends(&s, in, info.exit.rval);
        in->call = CALL_NONE;
    }
}
