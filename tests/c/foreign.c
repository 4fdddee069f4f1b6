/*
 * Descriptors that others gave us: an eventfd that its owner fills while we write, and who closes what.
 */
#include "capture/foreign.h"
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TIMES = 20000 };

static atomic_bool stop;

/* Full, empty, full: as fast as it goes. */
static void *fill(void *context)
{
    int fd = *(int *)context;
    uint64_t much = UINT64_MAX - 1, count;

    while (!atomic_load(&stop)) {
        if (write(fd, &much, sizeof much) != sizeof much && read(fd, &count, sizeof count) != sizeof count)
            continue;
        if (read(fd, &count, sizeof count) != sizeof count)
            continue;
    }
    return NULL;
}

static void filled_meanwhile(void)
{
    int blocking = eventfd(0, EFD_CLOEXEC);
    unsigned times = 0;
    pthread_t thread;
    bool blocked;

    test_case("an eventfd that is filled just then");
    pthread_create(&thread, NULL, fill, &blocking); /* it waits where we may not */
    for (int i = 0; i < TIMES && times < 10; i++) {
        vfu_eventfd_add(blocking, 1 + i % 2, &blocked);
        times += blocked;
    }
    CHECK(times <= 10); /* it came to its end */
    atomic_store(&stop, true);
    for (;;) { /* the filler may wait in either call */
        struct pollfd p = { .fd = blocking, .events = POLLIN };
        uint64_t count = 1;

        if (pthread_tryjoin_np(thread, NULL) == 0)
            break;
        if (poll(&p, 1, 1) == 1 ? read(blocking, &count, sizeof count) < 0 : write(blocking, &count, sizeof count) < 0)
            break;
    }
    close(blocking);
}

static void counts(void)
{
    int plain = eventfd(0, EFD_CLOEXEC), nonblocking = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), other = memfd_create("x", 0);
    uint64_t count;
    bool blocked;

    test_case("counts");
    CHECK(vfu_eventfd_add(plain, 5, &blocked) && read(plain, &count, sizeof count) == sizeof count && count == 5);
    CHECK(vfu_eventfd_add(plain, UINT64_MAX - 3, &blocked));
    CHECK(!vfu_eventfd_add(plain, 3, &blocked) && !blocked);
    CHECK(vfu_eventfd_add(plain, 1, &blocked) && vfu_eventfd_add(plain, 1, &blocked));
    CHECK(!vfu_eventfd_add(plain, 1, &blocked) && !blocked);
    CHECK(read(plain, &count, sizeof count) == sizeof count && count == UINT64_MAX - 1);
    CHECK(vfu_eventfd_add(nonblocking, UINT64_MAX - 1, &blocked));
    CHECK(!vfu_eventfd_add(nonblocking, 1, &blocked) && !blocked);
    CHECK(fcntl(plain, F_GETFL) == O_RDWR); /* the peer's own file */
    CHECK(!vfu_eventfd_add(-1, 1, &blocked));
    CHECK(!vfu_eventfd_add(other, 2, &blocked));
    close(plain);
    close(nonblocking);
    close(other);
}

/* Whether a descriptor is open. */
static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void closed(void)
{
    char path[] = "/tmp/vfuscope-foreign-XXXXXX";
    int fds[] = { memfd_create("x", MFD_CLOEXEC), eventfd(0, 0), mkstemp(path), open("/dev/null", O_RDWR) }, pipes[2];
    struct pollfd p = { .events = 0 };

    test_case("all are closed, what may hang by another thread");
    unlink(path);
    CHECK(pipe(pipes) == 0);
    p.fd = pipes[0];
    vfu_close_fds(&pipes[1], 1);
    CHECK(poll(&p, 1, 0) == 1 && p.revents & POLLHUP); /* at once */
    vfu_close_fds(fds, 4);
    CHECK(!is_open(fds[0]) && !is_open(fds[1]));
    while (is_open(fds[2]) || is_open(fds[3]))
        poll(NULL, 0, 1);
    close(pipes[0]);
}

int main(void)
{
    counts();
    filled_meanwhile();
    closed();
    return test_end();
}
