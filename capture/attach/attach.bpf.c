// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The BPF program of attach: on the two tracepoints of system calls (raw ones: they cost other processes least, and
 * go at once), of one process only, copies what the calls that carry messages moved into a ring. It changes nothing
 * and never waits.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#include "capture/attach/record.h"


const char program_license[] SEC("license") = "Dual BSD/GPL";

enum {
    STEPS = 2 * ATTACH_CALL / RECORD_CHUNK + 128, /* of copying: chunks and parts of a vector */
    MESSAGES = 16,                                 /* of one sendmmsg */
    SOCKET_LEVEL = 1, RIGHTS = 1, PEEK = 2, CUT = 8, /* SOL_SOCKET, SCM_RIGHTS, MSG_PEEK, MSG_CTRUNC */
    UNIX_FAMILY = 1, STREAM = 1,                   /* AF_UNIX, SOCK_STREAM */
    MODE_TYPE = 0170000, MODE_SOCKET = 0140000,
    RESET = -104, /* ECONNRESET */
    CLOEXEC_ONLY = 4, /* CLOSE_RANGE_CLOEXEC */
    RANGE = 1024, /* fds of one close_range */
};

/* --- what the kernel has; only the members that are read, found by name when the program is loaded --- */

#define KERNEL __attribute__((preserve_access_index))
struct super_block;
struct inode { unsigned short i_mode; unsigned long i_ino; long long i_size; } KERNEL;
struct qstr { const unsigned char *name; } KERNEL;
struct dentry { struct qstr d_name; } KERNEL;
struct path { struct dentry *dentry; } KERNEL;
struct file { struct path f_path; struct inode *f_inode; void *private_data; } KERNEL;
struct fdtable { unsigned int max_fds; struct file **fd; } KERNEL;
struct files_struct { struct fdtable *fdt; } KERNEL;
struct task_struct { struct files_struct *files; } KERNEL;
struct sock_common { unsigned short skc_family; } KERNEL;
struct sock { struct sock_common __sk_common; } KERNEL;
struct socket { short type; struct sock *sk; } KERNEL;

/*
 * The registers at a system call, as <asm/ptrace.h> lays them down for good. IS_FOREIGN: its numbers are another
 * architecture's (32 bits on a 64-bit one).
 */
#ifdef __TARGET_ARCH_x86
struct registers { unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs; };
#define ARGUMENT_1(regs) ((regs)->di)
#define ARGUMENT_2(regs) ((regs)->si)
#define ARGUMENT_3(regs) ((regs)->dx)
#define ARGUMENT_4(regs) ((regs)->r10)
#define NUMBER(regs) ((regs)->orig_ax)
#define IS_FOREIGN(regs) ((regs)->cs == 0x23)
#elif defined(__TARGET_ARCH_arm64)
struct registers { unsigned long regs[31], sp, pc, pstate; };
#define ARGUMENT_1(from) ((from)->regs[0])
#define ARGUMENT_2(from) ((from)->regs[1])
#define ARGUMENT_3(from) ((from)->regs[2])
#define ARGUMENT_4(from) ((from)->regs[3])
#define NUMBER(from) ((from)->regs[8])
#define IS_FOREIGN(from) ((from)->pstate & 0x10)
#else
#error "where are a system call's arguments on this architecture?"
#endif

/* --- what the process has --- */

struct user_vector { unsigned long long base, size; };
struct user_message {
    unsigned long long name;
    unsigned name_size, pad;
    unsigned long long vector, count, control, control_size;
    unsigned flags, pad2;
};
struct user_mmessage { struct user_message message; unsigned size, pad; };
struct user_control { unsigned long long size; int level, type; };

/* --- maps --- */

const volatile struct record_settings settings;

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, RECORD_RING);
} ring SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, ATTACH_FDS);
    __type(key, unsigned);
    __type(value, struct record_fd);
} fds SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, unsigned);
    __type(value, struct record_shared);
} shared SEC(".maps");

/* A call that a thread is in. Most are in the table below, by thread number; who finds its place taken, in the hash. */
struct call {
    unsigned long long task; /* whose it is; 0: nobody's */
    unsigned kind, fd, generation, flags;
    unsigned long long address, count;
};
enum { PLACES = 16384 };
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, PLACES);
    __type(key, unsigned);
    __type(value, struct call);
} calls SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, PLACES);
    __type(key, unsigned long long);
    __type(value, struct call);
} more_calls SEC(".maps");

/* Where a record is put together, and what is still to be copied into it. */
struct scratch {
    unsigned long long vector, vector_count, vector_at; /* the iovec; its parts. 0: there is but one */
    unsigned long long base, part;                      /* of the part at hand: what is left */
    unsigned long long left;                            /* of the call */
    unsigned long long used;                            /* of the chunk */
    unsigned long long control, control_size;
    struct record record;
    unsigned char bytes[2 * RECORD_CHUNK];
};
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, unsigned);
    __type(value, struct scratch);
} scratches SEC(".maps");

/* --- records --- */

static __always_inline struct scratch *get_scratch(void)
{
    unsigned zero = 0;

    return bpf_map_lookup_elem(&scratches, &zero);
}

static __always_inline void emit(struct scratch *s, unsigned long long bytes)
{
    unsigned long long wake = BPF_RB_NO_WAKEUP;
    unsigned zero = 0;
    struct record_shared *sh = bpf_map_lookup_elem(&shared, &zero);

    if (!sh)
        return;
    if (sh->asleep) {
        sh->asleep = 0;
        wake = BPF_RB_FORCE_WAKEUP;
    }
    if (bytes > RECORD_CHUNK)
        bytes = RECORD_CHUNK;
    if (bpf_ringbuf_output(&ring, &s->record, sizeof s->record + bytes, wake) != 0)
        __sync_fetch_and_add(&sh->lost, 1);
}

static __always_inline bool is_ours(void)
{
    struct bpf_pidns_info info = {};

    if (!settings.in_namespace)
        return (unsigned)(bpf_get_current_pid_tgid() >> 32) == settings.pid;
    return bpf_get_ns_current_pid_tgid(settings.dev, settings.ino, &info, sizeof info) == 0 &&
           info.tgid == settings.pid;
}

/* --- fds --- */

static __always_inline struct file *file_of(unsigned fd)
{
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    struct fdtable *table = BPF_CORE_READ(task, files, fdt);
    struct file **files = BPF_CORE_READ(table, fd), *file = 0;

    if (fd < BPF_CORE_READ(table, max_fds))
        bpf_probe_read_kernel(&file, sizeof file, files + fd);
    return file;
}

/* The inode of a UNIX stream socket, else 0. */
static __always_inline unsigned long long stream_inode(unsigned fd)
{
    struct file *file = file_of(fd);
    struct socket *socket;

    if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) != MODE_SOCKET)
        return 0;
    socket = BPF_CORE_READ(file, private_data);
    if (BPF_CORE_READ(socket, type) != STREAM || BPF_CORE_READ(socket, sk, __sk_common.skc_family) != UNIX_FAMILY)
        return 0;
    return BPF_CORE_READ(file, f_inode, i_ino);
}

/* The process's fd, if it may be one to watch; those that can't be are remembered. */
static __always_inline struct record_fd *watched(unsigned fd)
{
    struct record_fd *f = fd < ATTACH_FDS ? bpf_map_lookup_elem(&fds, &fd) : 0;

    if (!f || (f->word & 0xff) == RECORD_IGNORED)
        return 0;
    if ((f->word & 0xff) == RECORD_UNKNOWN && !f->inode) {
        f->inode = stream_inode(fd);
        if (!f->inode) {
            f->word = (f->word & ~0xffu) | RECORD_IGNORED;
            return 0;
        }
    }
    return f;
}

/* Not inlined, so that the verifier sees it once. */
__attribute__((noinline)) int closed(unsigned fd)
{
    struct record_fd *f = fd < ATTACH_FDS ? bpf_map_lookup_elem(&fds, &fd) : 0;
    struct scratch *s = get_scratch();
    unsigned state;

    if (!f || !s)
        return 0;
    state = f->word & 0xff;
    s->record = (struct record){ .mono_ns = bpf_ktime_get_ns(), .kind = RECORD_CLOSED, .fd = (int)fd,
                                 .generation = f->word >> 8 };
    f->word = (f->word & ~0xffu) + 0x100;
    f->begun = f->ended = 0;
    f->moved[0] = f->moved[1] = f->inode = 0;
    if (state == RECORD_WATCHED)
        emit(s, 0);
    return 0;
}

/* --- copying --- */

/* What the vector in the scratch spans, into the ring. Not inlined, and told nothing: checked once, for all callers. */
__attribute__((noinline)) int copy_vector(unsigned flags)
{
    struct scratch *s = get_scratch();

    if (!s)
        return 0;
    s->record.kind = RECORD_DATA;
    s->record.flags = flags | RECORD_FIRST;
    s->used = 0;
    s->part = s->vector ? 0 : s->left;
    for (int i = 0; i < STEPS; i++) {
        unsigned long long used = s->used, size = s->part;

        if (s->left == 0)
            break;
        if (size == 0) {
            struct user_vector v;

            if (s->vector_at >= s->vector_count ||
                bpf_probe_read_user(&v, sizeof v, (void *)(s->vector + s->vector_at * sizeof v)) != 0)
                break;
            s->vector_at++;
            s->base = v.base;
            s->part = v.size;
            continue;
        }
        if (used >= RECORD_CHUNK)
            break;
        if (size > s->left)
            size = s->left;
        if (size > RECORD_CHUNK - used)
            size = RECORD_CHUNK - used;
        if (size > RECORD_CHUNK || bpf_probe_read_user(s->bytes + used, size, (void *)s->base) != 0)
            break;
        s->base += size;
        s->part -= size;
        s->left -= size;
        used += size;
        s->used = used;
        if (used < RECORD_CHUNK || s->left == 0)
            continue;
        s->record.size = RECORD_CHUNK;
        emit(s, RECORD_CHUNK);
        s->record.flags &= ~(unsigned)RECORD_FIRST;
        s->used = 0;
    }
    s->record.flags |= RECORD_LAST;
    s->record.size = (unsigned)s->used;
    emit(s, s->used);
    return 0;
}

static __always_inline void see(struct record_seen *seen, int fd)
{
    struct file *file = file_of((unsigned)fd);
    const unsigned char *name;

    *seen = (struct record_seen){ .fd = fd };
    if (!file)
        return;
    seen->mode = BPF_CORE_READ(file, f_inode, i_mode) | 1u << 31;
    seen->size = (unsigned long long)BPF_CORE_READ(file, f_inode, i_size);
    seen->inode = BPF_CORE_READ(file, f_inode, i_ino);
    name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
    bpf_probe_read_kernel_str(seen->name, sizeof seen->name, name);
}

/* The fds in the control data; a record of its own before the bytes. */
__attribute__((noinline)) int copy_fds(unsigned flags)
{
    struct scratch *s = get_scratch();
    struct user_control head;
    unsigned count = 0;

    if (!s || s->control_size < sizeof head || bpf_probe_read_user(&head, sizeof head, (void *)s->control) != 0 ||
        head.level != SOCKET_LEVEL || head.type != RIGHTS || head.size < sizeof head)
        return 0;
    for (unsigned i = 0; i < RECORD_PASSED; i++) {
        unsigned long long at = s->control + sizeof head + i * sizeof(int);
        int fd;

        if (sizeof head + (i + 1) * sizeof fd > head.size || bpf_probe_read_user(&fd, sizeof fd, (void *)at) != 0)
            break;
        see((struct record_seen *)(s->bytes + i * sizeof(struct record_seen)), fd);
        count = i + 1;
    }
    s->record.kind = RECORD_SEEN;
    s->record.flags = flags;
    s->record.size = count;
    emit(s, count * sizeof(struct record_seen));
    return 0;
}

static __always_inline void copy_message(struct scratch *s, const struct user_message *m, unsigned long long moved,
                                         unsigned flags)
{
    s->vector = m->vector;
    s->vector_count = m->count;
    s->vector_at = 0;
    s->record.moved = moved;
    s->left = moved < ATTACH_CALL ? moved : ATTACH_CALL;
    s->control = m->control;
    s->control_size = m->control ? m->control_size : 0;
    if (!(flags & RECORD_SENT) && m->flags & CUT)
        flags |= RECORD_CUT;
    if (s->control_size >= sizeof(struct user_control))
        copy_fds(flags);
    copy_vector(flags);
}

static __always_inline void copy_buffer(struct scratch *s, unsigned long long address, unsigned long long moved,
                                        unsigned flags)
{
    s->vector_count = s->vector_at = 0;
    s->record.moved = moved;
    s->left = moved < ATTACH_CALL ? moved : ATTACH_CALL;
    s->base = address;
    s->vector = 0;
    copy_vector(flags);
}

/* --- the tracepoints --- */

static __always_inline unsigned kind_of(unsigned long long number)
{
    return number < RECORD_NUMBERS ? settings.calls[number & (RECORD_NUMBERS - 1)] : CALL_NONE;
}

static __always_inline bool sends(unsigned kind)
{
    return kind == CALL_SENDMSG || kind == CALL_SENDTO || kind == CALL_WRITE || kind == CALL_WRITEV ||
           kind == CALL_SENDMMSG;
}

/* Where this thread's call is kept; NULL: in the hash, or nowhere. */
static __always_inline struct call *own_place(unsigned long long task)
{
    unsigned place = (unsigned)bpf_get_current_pid_tgid() & (PLACES - 1);
    struct call *c = bpf_map_lookup_elem(&calls, &place);

    return c && (c->task == task || c->task == 0) ? c : 0;
}

static __always_inline void enter_data(unsigned kind, const struct registers *regs)
{
    struct call call = { .task = bpf_get_current_task(), .kind = kind, .fd = (unsigned)ARGUMENT_1(regs) };
    struct record_fd *f = watched(call.fd);
    struct call *place;

    if (!f)
        return;
    call.generation = f->word >> 8;
    call.address = ARGUMENT_2(regs);
    call.count = ARGUMENT_3(regs);
    if (kind == CALL_RECVMSG)
        call.flags = (unsigned)call.count;
    else if (kind == CALL_RECVFROM || kind == CALL_RECVMMSG)
        call.flags = (unsigned)ARGUMENT_4(regs);
    if (sends(kind))
        __sync_fetch_and_add(&f->begun, 1);
    place = own_place(call.task);
    if (place)
        *place = call;
    else
        bpf_map_update_elem(&more_calls, &call.task, &call, BPF_ANY);
}

/* Take the call that this thread was in. False: none that is looked at. */
static __always_inline bool take_call(struct call *call)
{
    unsigned long long task = bpf_get_current_task();
    struct call *c = own_place(task);

    if (c) {
        if (c->task == 0)
            return false;
        *call = *c;
        c->task = 0;
        return true;
    }
    c = bpf_map_lookup_elem(&more_calls, &task);
    if (!c)
        return false;
    *call = *c;
    bpf_map_delete_elem(&more_calls, &task);
    return true;
}

static __always_inline void enter_range(const struct registers *regs)
{
    unsigned first = (unsigned)ARGUMENT_1(regs), last = (unsigned)ARGUMENT_2(regs);

    if (ARGUMENT_3(regs) & CLOEXEC_ONLY)
        return;
    for (unsigned i = 0; i < RANGE && first + i <= last; i++)
        closed(first + i);
}

SEC("raw_tp/sys_enter")
int enter(struct bpf_raw_tracepoint_args *ctx)
{
    unsigned kind = is_ours() ? kind_of(ctx->args[1]) : CALL_NONE;
    struct registers all, *regs = &all;

    if (kind == CALL_NONE || bpf_probe_read_kernel(&all, sizeof all, (void *)ctx->args[0]) != 0 || IS_FOREIGN(regs))
        return 0;
    switch (kind) {
    case CALL_CLOSE:
        closed((unsigned)ARGUMENT_1(regs));
        break;
    case CALL_DUP2:
    case CALL_DUP3:
        if ((unsigned)ARGUMENT_1(regs) != (unsigned)ARGUMENT_2(regs))
            closed((unsigned)ARGUMENT_2(regs));
        break;
    case CALL_CLOSE_RANGE:
        enter_range(regs);
        break;
    case CALL_EXECVE:
        break;
    default:
        enter_data(kind, regs);
        break;
    }
    return 0;
}

static __always_inline void copy_many(struct scratch *s, const struct call *call, long result, unsigned flags)
{
    struct user_mmessage m;

    for (int i = 0; i < MESSAGES && i < result; i++) {
        if (bpf_probe_read_user(&m, sizeof m, (void *)(call->address + (unsigned)i * sizeof m)) != 0)
            return;
        copy_message(s, &m.message, m.size, flags);
        s->record.before += m.size;
    }
}

/* How many bytes the call moved in all. */
static __always_inline unsigned long long moved_by(const struct call *call, long result)
{
    unsigned long long moved = 0;
    unsigned size;

    if (result <= 0)
        return 0;
    if (call->kind != CALL_SENDMMSG && call->kind != CALL_RECVMMSG)
        return (unsigned long long)result;
    for (int i = 0; i < MESSAGES && i < result; i++) {
        unsigned long long at = call->address + (unsigned)i * sizeof(struct user_mmessage) + sizeof(struct user_message);

        if (bpf_probe_read_user(&size, sizeof size, (void *)at) == 0)
            moved += size;
    }
    return moved;
}

static __always_inline void copy_call(struct scratch *s, const struct call *call, long result, unsigned flags)
{
    struct user_message m = {};

    if (result <= 0) {
        /* A recvmsg's count are its flags: it asks for something. */
        if (!(flags & RECORD_SENT) &&
            ((result == 0 && (call->count > 0 || call->kind == CALL_RECVMSG)) || result == RESET))
            flags |= RECORD_END;
        if (flags) {
            s->left = 0;
            s->record.moved = 0;
            copy_vector(flags);
        }
        return;
    }
    switch (call->kind) {
    case CALL_SENDMSG:
    case CALL_RECVMSG:
        if (bpf_probe_read_user(&m, sizeof m, (void *)call->address) == 0)
            copy_message(s, &m, (unsigned long long)result, flags);
        break;
    case CALL_READV:
    case CALL_WRITEV:
        m.vector = call->address;
        m.count = call->count;
        copy_message(s, &m, (unsigned long long)result, flags);
        break;
    case CALL_SENDMMSG:
    case CALL_RECVMMSG:
        copy_many(s, call, result, flags);
        break;
    default:
        copy_buffer(s, call->address, (unsigned long long)result, flags);
        break;
    }
}

/* Not a call that is looked at; but a new program ends fds. */
static __always_inline void leave_other(const struct bpf_raw_tracepoint_args *ctx)
{
    struct scratch *s = get_scratch();
    struct registers regs;

    if (!s || ctx->args[1] != 0 || bpf_probe_read_kernel(&regs, sizeof regs, (void *)ctx->args[0]) != 0 ||
        kind_of(NUMBER(&regs)) != CALL_EXECVE)
        return;
    s->record = (struct record){ .mono_ns = bpf_ktime_get_ns(), .kind = RECORD_EXEC };
    emit(s, 0);
}

SEC("raw_tp/sys_exit")
int leave(struct bpf_raw_tracepoint_args *ctx)
{
    long result = (long)ctx->args[1];
    struct call call;
    struct scratch *s;
    struct record_fd *f;
    unsigned fd;
    bool out;

    if (!is_ours())
        return 0;
    if (!take_call(&call)) {
        leave_other(ctx);
        return 0;
    }
    s = get_scratch();
    if (!s)
        return 0;
    fd = call.fd;
    f = bpf_map_lookup_elem(&fds, &fd);
    if (!f || f->word >> 8 != call.generation)
        return 0;
    out = sends(call.kind);
    s->record = (struct record){ .mono_ns = bpf_ktime_get_ns(), .fd = (int)fd, .generation = call.generation,
                                 .cpu = bpf_get_smp_processor_id(), .inode = f->inode };
    if (out)
        __sync_fetch_and_add(&f->ended, 1); /* what it returns, kernels before 5.12 do not have */
    s->record.count = out ? f->ended : f->begun;
    if (call.flags & PEEK && !out)
        return 0;
    s->record.before = f->moved[out];
    __sync_fetch_and_add(&f->moved[out], moved_by(&call, result));
    copy_call(s, &call, result, out ? RECORD_SENT : 0);
    return 0;
}
