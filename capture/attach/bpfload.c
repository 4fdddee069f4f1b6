/*
 * Getting the BPF program into the kernel and onto its tracepoints, and saying what is missing where that can't be
 * done.
 */
#include "capture/attach/inside.h"
#include "capture/attach/record.h"
#include "capture/privileges.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The program, as clang made it of attach.bpf.c. */
__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        "vfu_attach_bpf_object: .incbin \"" VFUSCOPE_BPF_OBJECT "\"\n"
        "vfu_attach_bpf_object_end: .byte 0\n"
        ".popsection\n");
extern const char vfu_attach_bpf_object[], vfu_attach_bpf_object_end[];

static const uint64_t INITIAL_NAMESPACE = 0xeffffffc; /* the inode of /proc/self/ns/pid that is no container's */

/* --- what is missing --- */

#define OTHERWISE "; --method=ptrace does without, slowly"

static bool may(struct vfu_error *error)
{
    enum { BPF = 39, PERFMON = 38 }; /* since 5.8; older headers lack them */

    if (!vfu_privileges_has(CAP_SYS_ADMIN) && !(vfu_privileges_has(BPF) && vfu_privileges_has(PERFMON)))
        return vfu_fail(error, EPERM, "BPF needs root, or CAP_BPF and CAP_PERFMON" OTHERWISE);
    if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
        return vfu_fail(error, errno, "BPF needs /sys/kernel/btf/vmlinux, a kernel with CONFIG_DEBUG_INFO_BTF" OTHERWISE);
    return true;
}

static bool refused(struct vfu_error *error, int why, const char *what)
{
    const char *hint = why == EPERM ? " (the kernel is locked down: lockdown=confidentiality)"
                       : why == ENOSYS ? " (the kernel has no BPF)" : "";

    return vfu_fail(error, why, "%s: %s%s" OTHERWISE, what, strerror(why), hint);
}

/* --- the program --- */

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
    if (getenv("VFUSCOPE_LIBBPF_DEBUG"))
        return vfprintf(stderr, format, args);
    (void)level;
    return 0;
}

static bool set_settings(struct attach_program *p, pid_t pid, struct vfu_error *error)
{
    struct bpf_map *map = bpf_object__find_map_by_name(p->object, ".rodata");
    struct record_settings *settings;
    enum attach_call call;
    struct stat ns;
    size_t size = 0;
    long number;

    settings = map ? (struct record_settings *)(uintptr_t)bpf_map__initial_value(map, &size) : NULL;
    if (!settings || size < sizeof *settings)
        return vfu_fail(error, 0, "the BPF program has no settings");
    settings->pid = (unsigned)pid;
    if (stat("/proc/self/ns/pid", &ns) == 0 && ns.st_ino != INITIAL_NAMESPACE) {
        settings->in_namespace = 1;
        settings->dev = ns.st_dev;
        settings->ino = ns.st_ino;
    }
    for (unsigned i = 0; attach_call_name(i, &call, &number); i++)
        if (number < RECORD_NUMBERS)
            settings->calls[number] = (unsigned char)call;
    return true;
}

static void *map_memory(struct attach_program *p, const char *name, size_t size)
{
    struct bpf_map *map = bpf_object__find_map_by_name(p->object, name);
    void *at = map ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0) : MAP_FAILED;

    return at == MAP_FAILED ? NULL : at;
}

static bool load(struct attach_program *p, pid_t pid, struct vfu_error *error)
{
    /* cppcheck-suppress [comparePointers, subtractPointers] ; the begin and the end of one thing, which the assembler made */
    size_t size = (size_t)(vfu_attach_bpf_object_end - vfu_attach_bpf_object);
    int why;

    libbpf_set_print(quiet);
    p->object = bpf_object__open_mem(vfu_attach_bpf_object, size, NULL);
    if (!p->object)
        return refused(error, errno, "the BPF program can't be read");
    if (!set_settings(p, pid, error))
        return false;
    why = bpf_object__load(p->object);
    return why == 0 || refused(error, -why, "the kernel does not take the BPF program");
}

static bool map_all(struct attach_program *p, int (*take)(void *context, void *record, size_t size), void *context,
                    struct vfu_error *error)
{
    p->fds = map_memory(p, "fds", ATTACH_FDS * sizeof *p->fds);
    p->shared = map_memory(p, "shared", sizeof *p->shared);
    p->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(p->object, "ring"), take, context, NULL);
    return (p->fds && p->shared && p->ring) || refused(error, errno, "the BPF program's memory can't be mapped");
}

/* A call's end first: one that is seen to begin must be seen to end. */
static bool put_on_tracepoints(struct attach_program *p, struct vfu_error *error)
{
    static const char *const names[] = { "leave", "enter" };

    for (unsigned i = 0; i < 2; i++) {
        struct bpf_program *program = bpf_object__find_program_by_name(p->object, names[i]);

        p->links[i] = program ? bpf_program__attach(program) : NULL;
        if (!p->links[i])
            return refused(error, errno, "the BPF program can't be put on the tracepoints of system calls");
    }
    return true;
}

bool attach_program_load(struct attach_program *p, pid_t pid, int (*take)(void *context, void *record, size_t size),
                         void *context, struct vfu_error *error)
{
    return may(error) && load(p, pid, error) && map_all(p, take, context, error) && put_on_tracepoints(p, error);
}

void attach_program_unload(struct attach_program *p)
{
    for (unsigned i = 0; i < 2; i++)
        bpf_link__destroy(p->links[i]);
    ring_buffer__free(p->ring);
    if (p->fds)
        munmap(p->fds, ATTACH_FDS * sizeof *p->fds);
    if (p->shared)
        munmap(p->shared, sizeof *p->shared);
    bpf_object__close(p->object);
}
