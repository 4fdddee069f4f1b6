/*
 * What the tap's tests share: a tap as a process between sockets that the test holds on both sides, messages with fds
 * sent and read with plain system calls (nothing of the program's own), and what the tap said afterwards.
 */
#ifndef VFU_TESTS_TAPPING_H
#define VFU_TESTS_TAPPING_H

#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, MAX_FDS = 253 };

/* A layout that only the tests know. */
struct header {
    uint16_t id, command;
    uint32_t size, flags, error;
};

struct tapping {
    char dir[64];
    int server; /* listening */
    pid_t pid;
    rlim_t files;     /* limit of open files for the tap; 0: ours */
    rlim_t file_size; /* likewise, of a file's size */
};

static char tapping_program[PATH_MAX];

static inline void tapping_at_exit(void);

/* The vfuscope of the same build as this test, unless VFUSCOPE names another. */
static inline void tapping_find(const char *self)
{
    const char *given = getenv("VFUSCOPE"), *slash = strrchr(self, '/');
    char beside[512];

    snprintf(beside, sizeof beside, "%.*s/../../vfuscope", (int)(slash ? slash - self : 1), slash ? self : ".");
    if (!realpath(given ? given : beside, tapping_program)) {
        printf("not ok %s: no vfuscope there\n", given ? given : beside);
        exit(1);
    }
    setenv("VFUSCOPE_PLUGIN_PATH", "", 0); /* they have a queue of their own */
    signal(SIGPIPE, SIG_IGN);
    atexit(tapping_at_exit);
}

static inline const char *tapping_path(const struct tapping *t, const char *name)
{
    static char path[2][128];
    static int which;

    which = !which;
    snprintf(path[which], sizeof path[which], "%s/%s", t->dir, name);
    return path[which];
}

static struct tapping tapping_left; /* what a test that ends early leaves: cleaned up at exit */

static inline void tapping_remove(const struct tapping *t)
{
    static const char *const names[] = { "s", "t", "out", "err", "json", "cap", "fifo" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(tapping_path(t, names[i]));
    rmdir(t->dir);
}

static inline void tapping_at_exit(void)
{
    if (tapping_left.pid > 0)
        kill(tapping_left.pid, SIGKILL);
    if (tapping_left.dir[0])
        tapping_remove(&tapping_left);
}

/* A test that can't go on says why and fails as a whole. */
#define MUST(condition) \
    do { \
        if (!test_check((condition) ? true : false, #condition, __FILE__, __LINE__)) { \
            printf("# %s\n", strerror(errno)); \
            exit(test_end()); \
        } \
    } while (0)

static inline int listen_at(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    MUST(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 64) == 0);
    return fd;
}

static inline void set_patience(int fd)
{
    struct timeval tv = { .tv_sec = PATIENCE_MS / 1000 };

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
}

static inline int connect_to(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    MUST(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    set_patience(fd);
    return fd;
}

static inline int accept_from(int listener)
{
    struct pollfd p = { .fd = listener, .events = POLLIN };
    int fd = poll(&p, 1, PATIENCE_MS) == 1 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;

    MUST(fd >= 0);
    set_patience(fd);
    return fd;
}

/* Everything in a file of the tap's folder, as text; the caller frees it. */
static inline char *tapping_text(const struct tapping *t, const char *name)
{
    int fd = open(tapping_path(t, name), O_RDONLY | O_CLOEXEC);
    size_t used = 0, room = 65536;
    char *text = malloc(room);
    ssize_t n = 0;

    while (fd >= 0 && (n = read(fd, text + used, room - used - 1)) > 0) {
        used += (size_t)n;
        if (room - used < 4096)
            text = realloc(text, room *= 2);
    }
    text[used] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

static inline void nap(void)
{
    poll(NULL, 0, 5);
}

/* Wait until the file has a line with this in it. */
static inline bool tapping_await(const struct tapping *t, const char *name, const char *what)
{
    for (int i = 0; i < PATIENCE_MS / 5; i++) {
        char *text = tapping_text(t, name);
        bool there = strstr(text, what) != NULL;

        free(text);
        if (there)
            return true;
        nap();
    }
    return false;
}

/* Start `tap DIR/t DIR/s ARGUMENTS`; ready when this returns. Its standard output and error are DIR/out and DIR/err. */
static inline void tapping_start(struct tapping *t, const char *const *arguments)
{
    const char *argv[32] = { tapping_program, "tap", "t", "s" };
    size_t count = 4;

    if (!t->dir[0]) {
        strcpy(t->dir, "/tmp/vfuscope-test-XXXXXX");
        MUST(mkdtemp(t->dir) != NULL);
        t->server = listen_at(tapping_path(t, "s"));
    }
    while (arguments && *arguments && count < 31)
        argv[count++] = *arguments++;
    argv[count] = NULL;
    t->pid = fork();
    MUST(t->pid >= 0);
    if (t->pid == 0) {
        struct rlimit files = { t->files, t->files }, size = { t->file_size, t->file_size };

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (chdir(t->dir) != 0 || !freopen("out", "w", stdout) || !freopen("err", "w", stderr) ||
            !freopen("/dev/null", "r", stdin) || (t->files && setrlimit(RLIMIT_NOFILE, &files) != 0) ||
            (t->file_size && setrlimit(RLIMIT_FSIZE, &size) != 0))
            _exit(126);
        execv(tapping_program, (char **)(uintptr_t)argv);
        _exit(127);
    }
    tapping_left = *t;
    MUST(tapping_await(t, "err", "listening on t\n"));
}

/* Its exit status, or -1 - signal. */
static inline int tapping_wait(struct tapping *t)
{
    int status;

    for (int i = 0; i < PATIENCE_MS / 5; i++) {
        if (waitpid(t->pid, &status, WNOHANG) != t->pid) {
            nap();
            continue;
        }
        tapping_left.pid = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1 - WTERMSIG(status);
    }
    tapping_left.pid = 0;
    kill(t->pid, SIGKILL);
    waitpid(t->pid, &status, 0);
    return -1 - SIGKILL;
}

static inline int tapping_stop(struct tapping *t)
{
    kill(t->pid, SIGTERM);
    return tapping_wait(t);
}

static inline void tapping_clean(struct tapping *t)
{
    close(t->server);
    tapping_remove(t);
    CHECK(access(t->dir, F_OK) != 0); /* nothing else was left there */
    *t = tapping_left = (struct tapping){ 0 };
}

/* How many files the tap has open. */
static inline unsigned tapping_open_files(const struct tapping *t)
{
    unsigned count = 0;
    char path[64];
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%d/fd", t->pid);
    dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));)
        count += e->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return count;
}

/*
 * How many it has open by itself, asked for while one client is connected to the server: before, it may listen and not
 * have opened all that it needs.
 */
static inline unsigned tapping_own_files(const struct tapping *t)
{
    return tapping_open_files(t) - 2;
}

/* Wait until it has so many open. */
static inline bool tapping_await_files(const struct tapping *t, unsigned count)
{
    for (int i = 0; i < PATIENCE_MS / 5 && tapping_open_files(t) != count; i++)
        nap();
    return tapping_open_files(t) == count;
}

/* --- messages --- */

/* One sendmsg (more where the socket takes less), the fds with the first byte. */
static inline bool put_bytes(int fd, const void *bytes, size_t size, const int *fds, unsigned nfds)
{
    const uint8_t *at = bytes;

    while (size > 0) {
        union {
            char space[CMSG_SPACE(MAX_FDS * sizeof(int))];
            struct cmsghdr align;
        } control;
        struct iovec iov = { (void *)(uintptr_t)at, size };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
        ssize_t n;

        if (nfds) {
            memset(&control, 0, sizeof control);
            m.msg_control = control.space;
            m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
            CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
            CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
            CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN(nfds * sizeof(int));
            memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), fds, nfds * sizeof(int));
        }
        n = sendmsg(fd, &m, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
        nfds = 0;
    }
    return true;
}

/* Exactly `size` bytes unless the stream ends; fds that come are appended. Returns how many bytes. */
static inline size_t get_bytes(int fd, void *bytes, size_t size, int *fds, unsigned *nfds)
{
    size_t got = 0;

    while (got < size) {
        union {
            char space[CMSG_SPACE(MAX_FDS * sizeof(int))];
            struct cmsghdr align;
        } control;
        struct iovec iov = { (uint8_t *)bytes + got, size - got };
        struct msghdr m = { .msg_iov = &iov,
                            .msg_iovlen = 1,
                            .msg_control = control.space,
                            .msg_controllen = sizeof control.space };
        ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);

        if (n < 0 && errno == EINTR)
            continue;
        for (struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
            size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

            for (size_t i = 0; i < count; i++) {
                int passed;

                memcpy(&passed, CMSG_DATA(c) + i * sizeof passed, sizeof passed);
                if (fds && nfds && *nfds < MAX_FDS)
                    fds[(*nfds)++] = passed;
                else
                    close(passed);
            }
        }
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    return got;
}

/* Is the stream at its end? */
static inline bool at_end(int fd)
{
    char byte;

    return get_bytes(fd, &byte, 1, NULL, NULL) == 0;
}

/* Do two fds stand for the same open file? */
static inline bool same_file(int a, int b)
{
    enum { KCMP_FILE = 0 };
    long order = syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, a, b);
    struct stat x, y;

    if (order >= 0 || (errno != ENOSYS && errno != EPERM))
        return order == 0;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* A message of this size, its payload a byte pattern. */
static inline uint8_t *message(uint32_t size, uint16_t id, uint16_t command, uint32_t flags)
{
    struct header h = { .id = id, .command = command, .size = size, .flags = flags };
    uint8_t *bytes = malloc(size);

    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 31 + id);
    memcpy(bytes, &h, sizeof h);
    return bytes;
}

/* Do exactly these bytes come, with so many fds? */
static inline bool arrives(int fd, const void *bytes, size_t size, unsigned want_fds)
{
    uint8_t *got = malloc(size);
    int fds[MAX_FDS];
    unsigned nfds = 0;
    bool same = get_bytes(fd, got, size, fds, &nfds) == size && memcmp(got, bytes, size) == 0 && nfds == want_fds;

    for (unsigned i = 0; i < nfds; i++)
        close(fds[i]);
    free(got);
    return same;
}

/* More than sockets hold: put by a child, while the test reads. */
static inline pid_t put_aside(int fd, const void *bytes, size_t size, const int *fds, unsigned nfds, bool half_close)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    MUST(child >= 0);
    if (child == 0)
        _exit(!put_bytes(fd, bytes, size, fds, nfds) || (half_close && shutdown(fd, SHUT_WR) != 0));
    return child;
}

static inline bool was_put(pid_t child)
{
    int status;

    return waitpid(child, &status, 0) == child && status == 0;
}

static inline bool passes(int from, int to, const void *bytes, size_t size)
{
    pid_t child = put_aside(from, bytes, size, NULL, 0, false);
    bool same = arrives(to, bytes, size, 0);

    return was_put(child) && same;
}

/* Numbers that only the seed decides. */
static inline uint32_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

#endif
