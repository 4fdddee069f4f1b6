/*
 * The plugins' process, from its first step: what it was handed, what it has nothing to do with, and then its job.
 */
#include "plugins/host/process/inside.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void *map(int fd, size_t size, int how)
{
    struct stat st;
    void *at = MAP_FAILED;

    if (fstat(fd, &st) == 0 && st.st_size == (off_t)size)
        at = mmap(NULL, size, PROT_READ | PROT_WRITE, how, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

static size_t memory_size(enum plugin_job_kind kind)
{
    return kind == JOB_LOOK ? sizeof(struct plugin_shared) : sizeof(struct vfu_plugin_tables);
}

/* Nothing of vfuscope's is this process's business, nor are its terminal's signals, which are blocked until here. */
static void leave(const struct plugin_job *job)
{
    static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGXFSZ };
    static const int defaults[] = { SIGCHLD, SIGUSR1, SIGUSR2 };
    const struct rlimit no_core = { 0, 0 };
    sigset_t none;

    plugin_end_with(job->parent);
    prctl(PR_SET_NAME, "vfuscope-plugin");
    setrlimit(RLIMIT_CORE, &no_core);
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        signal(ignored[i], SIG_IGN);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        signal(defaults[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void plugin_process(void)
{
    struct plugin_job *job = NULL;
    void *memory = NULL;

    if (fcntl(PLUGIN_FD_JOB, F_GET_SEALS) & F_SEAL_WRITE) /* no file of a person's */
        job = map(PLUGIN_FD_JOB, sizeof *job, MAP_PRIVATE);
    if (!job)
        return;
    leave(job);
    if (job->kind != JOB_RUN && !(memory = map(PLUGIN_FD_MEMORY, memory_size(job->kind), MAP_SHARED)))
        _exit(1);
    close(PLUGIN_FD_JOB);
    close(PLUGIN_FD_MEMORY);
    if (job->kind == JOB_LOOK)
        plugin_look(job, memory);
    else if (job->kind == JOB_TELL)
        plugin_tell(job, memory);
    else
        plugin_run(job);
    _exit(0);
}
