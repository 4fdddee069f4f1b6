/*
 * A plugin that does what HOSTILE says when bar0+0x80 is written, and notes what it sees until then.
 */
#include "plugins/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct hostile {
    struct vfp_device *device;
    const struct vfp_host *host;
};

static volatile char sink;

static void *hostile_open(struct vfp_device *device, const struct vfp_host *host)
{
    struct hostile *h = calloc(1, sizeof *h);

    if (h)
        *h = (struct hostile){ device, host };
    return h;
}

static void segv(const struct hostile *h)
{
    (void)h;
    raise(SIGSEGV); /* as a stray pointer does, but sanitizers do not explain it at length */
}

static void divide(const struct hostile *h)
{
    (void)h;
    raise(SIGFPE);
}

static int deeper(unsigned depth) /* 2 MiB of stack at a time, until there is none */
{
    volatile char room[2 << 20];

    room[0] = room[sizeof room - 1] = (char)depth;
    sink = room[depth % sizeof room];
    return depth ? deeper(depth - 1) + room[0] : 0;
}

static void overflow(const struct hostile *h)
{
    (void)h;
    sink = (char)deeper(1000);
}

static void leave(const struct hostile *h)
{
    (void)h;
    exit(3);
}

static void hang(const struct hostile *h)
{
    (void)h;
    for (;;)
        pause();
}

static void hang_for_good(const struct hostile *h)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    hang(h);
}

static void flood(const struct hostile *h)
{
    for (int i = 0; i < 1000; i++)
        h->host->note(h->device, "note %d \033[31m\r\n\tred%c\xff %1000s", i, 1, "long");
}

static void print(const struct hostile *h)
{
    (void)h;
    printf("from a plugin\n");
    fflush(stdout);
}

static void close_all(const struct hostile *h)
{
    (void)h;
    for (int fd = 0; fd < 1000; fd++)
        close(fd);
}

static void *crash(void *context)
{
    (void)context;
    raise(SIGSEGV);
    return NULL;
}

static void crash_in_thread(const struct hostile *h)
{
    pthread_t thread;

    (void)h;
    if (pthread_create(&thread, NULL, crash, NULL) == 0)
        pthread_join(thread, NULL);
}

/* What takes a right that the process has given up: how each goes. */
static void tell(const struct hostile *h, const char *what, long result)
{
    h->host->note(h->device, "%s: %s", what, result < 0 ? strerror(errno) : "done");
}

/* Is this process's memory, or that of files it has open, of use to anybody else? */
static void reach(const struct hostile *h)
{
    struct stat st;
    pid_t pid;

    tell(h, "open", open("/dev/null", O_RDONLY));
    tell(h, "create", openat(AT_FDCWD, "created-by-a-plugin", O_CREAT | O_WRONLY, 0600));
    tell(h, "stat", stat("/", &st));
    tell(h, "unlink", unlink("created-by-a-plugin"));
    tell(h, "socket", socket(AF_UNIX, SOCK_STREAM, 0));
    tell(h, "dlopen", dlopen("libutil.so.1", RTLD_NOW) ? 0 : -1);
    pid = fork();
    if (pid == 0)
        _exit(0);
    tell(h, "fork", pid);
    tell(h, "exec", execl("/bin/true", "true", NULL));
    tell(h, "kill", kill(getppid(), 0));
    tell(h, "outlive", prctl(PR_SET_PDEATHSIG, 0));
    tell(h, "setuid", setresuid(0, 0, 0));
    tell(h, "ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

/* The guest's memory, whose descriptors are here but for the host to read. */
static void write_memory(const struct hostile *h)
{
    tell(h, "close 5", close(5)); /* or guest memory would take its place, which is written to */
    for (int fd = 6; fd < 12; fd++) {
        char name[32];
        void *at;

        if (fcntl(fd, F_GETFL) < 0)
            continue;
        snprintf(name, sizeof name, "pwrite to %d", fd);
        tell(h, name, pwrite(fd, "x", 1, 0));
        tell(h, "write", write(fd, "x", 1));
        tell(h, "ftruncate", ftruncate(fd, 0));
        tell(h, "dup2", dup2(fd, STDERR_FILENO));
        tell(h, "close", close(STDERR_FILENO));
        at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        tell(h, "mmap", at == MAP_FAILED ? -1 : 0);
    }
}

static void *compute(void *context)
{
    double *sum = context;

    for (int i = 1; i <= 100; i++)
        *sum += i;
    pthread_exit(NULL);
}

/* What plugins may need: memory, threads, time, output. */
static void work(const struct hostile *h)
{
    const struct timespec soon = { 0, 1000000 };
    size_t size = (size_t)64 << 20;
    char *room = malloc(size), text[32];
    time_t then = 1700000000;
    double sum = 0;
    pthread_t thread;
    struct tm tm;

    if (room)
        memset(room, 7, size);
    h->host->note(h->device, "memory: %d", room ? room[size - 1] : -1);
    free(room);
    if (pthread_create(&thread, NULL, compute, &sum) == 0)
        pthread_join(thread, NULL);
    h->host->note(h->device, "thread: %g", sum);
    nanosleep(&soon, NULL);
    strftime(text, sizeof text, "%H:%M", localtime_r(&then, &tm));
    h->host->note(h->device, "time: %s", text);
    fprintf(stderr, "hostile says so\n");
}

static void hostile_access(void *context, const struct vfp_access *access)
{
    static const struct {
        const char *name;
        void (*run)(const struct hostile *h);
    } deeds[] = {
        { "segv", segv }, { "divide", divide }, { "overflow", overflow }, { "exit", leave }, { "hang", hang },
        { "hang for good", hang_for_good }, { "flood", flood }, { "print", print }, { "close", close_all },
        { "thread", crash_in_thread }, { "reach", reach }, { "write", write_memory }, { "work", work },
    };
    const struct hostile *h = context;
    const char *name = getenv("HOSTILE");

    h->host->note(h->device, "sees 0x%llx", (unsigned long long)access->offset);
    for (size_t i = 0; name && i < sizeof deeds / sizeof deeds[0]; i++)
        if (access->is_write && access->offset == 0x80 && strcmp(deeds[i].name, name) == 0)
            deeds[i].run(h);
}

/* --- as commands of the shell --- */

static int run_crash(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    host->print(shell, "before");
    raise(SIGKILL);
    return 0;
}

static int run_hang(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    (void)shell;
    (void)host;
    (void)argc;
    (void)argv;
    while (sink == 0)
        pause();
    return 0;
}

static int run_spam(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    while (sink == 0)
        host->print(shell, "spam");
    return 0;
}

static int run_say(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        host->print(shell, "\033[31m%s\r\n", argv[i]);
    host->value(shell, "count", (uint64_t)argc);
    host->value(shell, "ok", 7); /* one that is taken */
    host->value(shell, "Not \"a\" name", 7);
    return 0;
}

static int run_get(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    uint64_t value;
    uint8_t bytes[8192];
    enum vfp_memory memory;

    if (argc && strcmp(argv[0], "fail") == 0)
        host->fail(shell, "for a reason\033[31m");
    if (host->get(shell, VFP_BAR0, 0, 3, &value) == VFP_NOT_DONE)
        host->print(shell, "3: %s", host->why(shell));
    if (host->bytes(shell, VFP_BAR0, 0, bytes, sizeof bytes) == VFP_NOT_DONE)
        host->print(shell, "8192: %s", host->why(shell));
    memory = host->read(shell, 0x100000, bytes, 4);
    host->print(shell, "memory: %d %d", memory, bytes[3]);
    return host->get(shell, VFP_BAR0, 1 << 20, 4, &value) == VFP_DONE ? 0 : -1;
}

/* edu's msi, 0: armed by the first wait, caused by a write, taken; then of a vector that there is not, and one that does not fire */
static int run_wait(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (host->wait(shell, VFP_MSI, 0, 0) == VFP_NOT_DONE)
        host->print(shell, "%s", host->why(shell));
    if (host->put(shell, VFP_BAR0, 0x60, 4, 1) != VFP_DONE || host->wait(shell, VFP_MSI, 0, 5000) != VFP_DONE)
        return -1;
    host->print(shell, "it came");
    if (host->wait(shell, VFP_MSI, 77, 0) != VFP_DONE)
        host->print(shell, "%s", host->why(shell));
    return host->wait(shell, VFP_MSI, 0, 1) == VFP_NOT_DONE ? 0 : -1;
}

static const struct vfp_command commands[] = {
    { .name = "crash", .usage = "", .help = "crashes", .run = run_crash },
    { .name = "hang", .usage = "", .help = "hangs", .run = run_hang },
    { .name = "spam", .usage = "", .help = "does not end", .run = run_spam },
    { .name = "say", .usage = "WORD...", .help = "says it", .max = 8, .words = "hello world", .run = run_say },
    { .name = "get", .usage = "[fail]", .help = "reads what is not there", .max = 1, .run = run_get },
    { .name = "wait", .usage = "", .help = "waits for an interrupt", .run = run_wait },
    { .name = "not a word", .usage = "", .help = "is none", .run = run_crash },
    { 0 },
};

const struct vfp_plugin vfuscope_plugin = {
    .abi = VFP_ABI,
    .size = sizeof vfuscope_plugin,
    .name = "hostile",
    .summary = "does what it must not",
    .open = hostile_open,
    .close = free,
    .access = hostile_access,
    .commands = commands,
};
