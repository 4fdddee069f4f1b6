/*
 * What another process has at an fd's number: looked at, and opened only if it is what was looked at.
 */
#include "capture/socket.h"
#include "tests/c/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = 8192, ROUNDS = 20000 };

static char folder[] = "/tmp/vfuscope-fd-XXXXXX", fifo_path[64], file_path[64];

static int memory(size_t size)
{
    int fd = memfd_create("guest", MFD_CLOEXEC);

    return ftruncate(fd, (off_t)size) == 0 ? fd : -1;
}

static int file(void)
{
    int fd = open(file_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    return ftruncate(fd, SIZE) == 0 ? fd : -1;
}

/* Is it opened, when it was seen so? */
static bool opens(int fd, const struct vfu_fd *seen)
{
    int opened = vfu_fd_open_of(getpid(), fd, seen);

    if (opened >= 0)
        close(opened);
    return opened >= 0;
}

static void kinds(void)
{
    int pair[2];
    struct {
        const char *what;
        int fd;
        enum vfu_fd_type type;
        bool opened;
    } list[] = {
        { "a memfd", memory(SIZE), VFU_FD_MEMFD, true },
        { "a file", file(), VFU_FD_FILE, true },
        { "an eventfd", eventfd(0, EFD_CLOEXEC), VFU_FD_EVENTFD, false },
        { "a FIFO", open(fifo_path, O_RDWR | O_CLOEXEC), VFU_FD_PIPE, false },
        { "a device", open("/dev/zero", O_RDWR | O_CLOEXEC), VFU_FD_DEVICE, false },
        { "a folder", open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), VFU_FD_OTHER, false },
        { "a socket", socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 ? pair[0] : -1, VFU_FD_SOCKET, false },
    };

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        struct vfu_fd seen;

        test_case("%s", list[i].what);
        CHECK(list[i].fd >= 0);
        CHECK(vfu_fd_describe_of(getpid(), list[i].fd, &seen));
        CHECK(seen.type == list[i].type);
        CHECK(opens(list[i].fd, &seen) == list[i].opened);
        close(list[i].fd);
        CHECK(!vfu_fd_describe_of(getpid(), list[i].fd, &seen));
    }
    close(pair[1]);
}

static void another(void)
{
    struct vfu_fd seen = { .type = VFU_FD_MEMFD, .has_size = true, .size = SIZE };
    int fd = memory(SIZE), larger = memory(2 * SIZE), opened;

    test_case("what was seen, and nothing else");
    CHECK(opens(fd, &seen));
    CHECK(!opens(larger, &seen));
    seen.type = VFU_FD_FILE;
    CHECK(!opens(fd, &seen));

    test_case("for reading only");
    seen.type = VFU_FD_MEMFD;
    opened = vfu_fd_open_of(getpid(), fd, &seen);
    CHECK((fcntl(opened, F_GETFL) & O_ACCMODE) == O_RDONLY);
    close(opened);
    close(fd);
    close(larger);
}

/* --- a number that changes hands all the time --- */

static struct {
    int number, memory, fifo;
    atomic_bool over;
} swapped;

static void *swap(void *unused)
{
    (void)unused;
    while (!atomic_load(&swapped.over)) {
        dup3(swapped.fifo, swapped.number, O_CLOEXEC);
        dup3(swapped.memory, swapped.number, O_CLOEXEC);
    }
    return NULL;
}

static void race(void)
{
    const struct vfu_fd seen = { .type = VFU_FD_MEMFD, .has_size = true, .size = SIZE };
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    unsigned opened = 0;
    pthread_t thread;
    char event[4096];

    test_case("a FIFO is never opened in the place of the memory that was looked at");
    swapped.memory = memory(SIZE);
    swapped.fifo = open(fifo_path, O_RDWR | O_CLOEXEC);
    swapped.number = fcntl(swapped.memory, F_DUPFD_CLOEXEC, 50);
    CHECK(watch >= 0 && inotify_add_watch(watch, fifo_path, IN_OPEN) >= 0);
    pthread_create(&thread, NULL, swap, NULL);
    for (unsigned i = 0; i < ROUNDS; i++)
        opened += opens(swapped.number, &seen);
    atomic_store(&swapped.over, true);
    pthread_join(thread, NULL);
    CHECK(opened > 0);
    CHECK(read(watch, event, sizeof event) < 0);
    close(watch);
}

int main(void)
{
    CHECK(mkdtemp(folder));
    snprintf(fifo_path, sizeof fifo_path, "%s/fifo", folder);
    snprintf(file_path, sizeof file_path, "%s/file", folder);
    CHECK(mkfifo(fifo_path, 0600) == 0);
    kinds();
    another();
    race();
    unlink(fifo_path);
    unlink(file_path);
    rmdir(folder);
    return test_end();
}
