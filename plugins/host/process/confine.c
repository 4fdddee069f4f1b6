/*
 * What the process gives up once its plugins are loaded, since what these look at was written by others: the user it
 * is, if that is root; all capabilities; and by a filter of system calls all but what computing takes. It can't open a
 * file, nor reach one by name, nor start a process, speak to another, or write to the guest memory whose descriptors it
 * gets.
 */
#include "capture/privileges.h"
#include "plugins/host/process/inside.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_SECCOMP
#include <sched.h>
#include <seccomp.h>
#endif

enum { NOBODY = 65534 };

void plugin_end_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
}

/* --- the user --- */

static unsigned sudo_id(const char *name)
{
    const char *text = getenv(name);
    char *end = "";
    unsigned long id = text && *text ? strtoul(text, &end, 10) : 0;

    return id > 0 && id < UINT32_MAX && !*end ? (unsigned)id : NOBODY;
}

/* Who became root, by sudo or by set-user-ID; else nobody. */
static bool become_ordinary(void)
{
    uid_t uid = getuid() ? getuid() : sudo_id("SUDO_UID");
    gid_t gid = getuid() ? getgid() : sudo_id("SUDO_GID");

    if (geteuid() != 0 || !vfu_privileges_has(CAP_SETUID) || !vfu_privileges_has(CAP_SETGID))
        return true; /* attach has given up the right to when it starts a second one */
    if (setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0)
        return true;
    return errno == EINVAL || errno == EPERM; /* a user namespace that has no other user: its root is no root */
}

/* --- the filter --- */

/* What the C library looks for in files when it is first needed. */
static void prepare(void)
{
    tzset();
    dlopen("libgcc_s.so.1", RTLD_NOW); /* pthread_exit's */
}

#ifdef HAVE_SECCOMP

#define CALL(name) SCMP_SYS(name)

/* Whatever the arguments are. Calls that this architecture lacks are passed over. */
static const int harmless[] = {
    /* memory */
    CALL(brk), CALL(munmap), CALL(mremap), CALL(mprotect), CALL(madvise),
    /* what is open */
    CALL(read), CALL(readv), CALL(pread64), CALL(preadv), CALL(lseek), CALL(_llseek), CALL(fstat), CALL(fstat64),
    CALL(recvmsg), CALL(recvfrom), CALL(recv), CALL(poll), CALL(ppoll), CALL(ppoll_time64), CALL(select), CALL(_newselect),
    CALL(pselect6), CALL(pselect6_time64),
    /* threads */
    CALL(futex), CALL(futex_time64), CALL(set_robust_list), CALL(get_robust_list), CALL(rseq), CALL(sched_yield),
    CALL(sched_getaffinity), CALL(sched_getparam), CALL(sched_getscheduler), CALL(exit), CALL(exit_group),
    /* signals */
    CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(rt_sigsuspend), CALL(rt_sigtimedwait), CALL(sigaltstack),
    CALL(sigreturn), CALL(restart_syscall), CALL(pause),
    /* time */
    CALL(clock_gettime), CALL(clock_gettime64), CALL(clock_getres), CALL(clock_getres_time64), CALL(clock_nanosleep),
    CALL(clock_nanosleep_time64), CALL(nanosleep), CALL(gettimeofday), CALL(time), CALL(times), CALL(getrusage),
    /* who and where we are */
    CALL(getpid), CALL(getppid), CALL(gettid), CALL(getuid), CALL(getuid32), CALL(geteuid), CALL(geteuid32), CALL(getgid),
    CALL(getgid32), CALL(getegid), CALL(getegid32), CALL(uname), CALL(sysinfo), CALL(getcpu), CALL(getrandom), CALL(getrlimit),
    CALL(ugetrlimit),
};

/* With this argument only. Memory is not that of files: guest memory would be written to, that of others run. */
static int add_conditions(scmp_filter_ctx f)
{
    const struct {
        int call;
        struct scmp_arg_cmp when;
    } conditions[] = {
        { CALL(mmap), SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS) },
        { CALL(mmap2), SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS) },
        { CALL(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD) },
        /* The numbers of the standard files and the socket stay theirs: what came by the socket is not written to */
        { CALL(write), SCMP_A0(SCMP_CMP_LE, STDERR_FILENO) },
        { CALL(writev), SCMP_A0(SCMP_CMP_LE, STDERR_FILENO) },
        { CALL(write), SCMP_A0(SCMP_CMP_EQ, PLUGIN_FD_MOVED) },
        { CALL(sendto), SCMP_A0(SCMP_CMP_EQ, PLUGIN_FD_SOCKET) },
        { CALL(send), SCMP_A0(SCMP_CMP_EQ, PLUGIN_FD_SOCKET) },
        { CALL(close), SCMP_A0(SCMP_CMP_GT, PLUGIN_FD_MOVED) },
        { CALL(fcntl), SCMP_A1(SCMP_CMP_EQ, F_GETFL) },
        { CALL(fcntl64), SCMP_A1(SCMP_CMP_EQ, F_GETFL) },
        { CALL(kill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()) },
        { CALL(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()) },
        { CALL(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME) }, /* not that it would outlive its parent */
        { CALL(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0) },
    };
    int result = 0;

    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0] && result == 0; i++)
        result = seccomp_rule_add(f, SCMP_ACT_ALLOW, conditions[i].call, 1, conditions[i].when);
    return result;
}

/* 0, or an errno. */
static int filter(void)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int result = f ? seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) : -ENOMEM;

    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0] && result == 0; i++)
        result = seccomp_rule_add(f, SCMP_ACT_ALLOW, harmless[i], 0);
    if (result == 0)
        result = add_conditions(f);
    if (result == 0) /* its flags can't be looked at: the C library then takes clone */
        result = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0);
    if (result == 0)
        result = seccomp_load(f);
    if (f)
        seccomp_release(f);
    return -result;
}

#else

static int filter(void)
{
    return 0; /* make and --version say that it was left out */
}

#endif

bool plugin_confine(const struct plugin_job *job, uint32_t *open, char *error)
{
    const uint64_t change_user = VFU_CAPABILITY(CAP_SETUID) | VFU_CAPABILITY(CAP_SETGID);
    struct vfu_error why;

    prepare();
    if (!vfu_privileges_keep(change_user, &why) ||
        (!become_ordinary() && !vfu_fail(&why, errno, "can't become another user: %s", strerror(errno))) ||
        !vfu_privileges_keep(0, &why)) {
        snprintf(error, PLUGIN_ERROR, "plugins: %.200s", why.text);
        return false;
    }
    plugin_end_with(job->parent); /* another user's: this was forgotten */
    *open = (uint32_t)filter();
    return true;
}
