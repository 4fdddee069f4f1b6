/*
 * vfuscope check: memory for the server to map, and who has it.
 */
#include "cli/check/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int check_memory(struct check *c, uint64_t size)
{
    int fd = memfd_create("vfuscope", MFD_CLOEXEC);

    if (fd >= 0 && ftruncate(fd, (off_t)size) == 0)
        return fd;
    check_untried(c, "no memory: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

bool check_memory_twice(struct check *c, uint64_t size, int *mine, int *theirs)
{
    int fd = check_memory(c, size);
    char name[32];

    if (fd < 0)
        return false;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    *mine = open(name, O_RDWR | O_CLOEXEC);
    *theirs = open(name, O_RDWR | O_CLOEXEC);
    close(fd);
    return true;
}

bool check_is_mine(int fd)
{
    return fcntl(fd, F_SETLEASE, F_WRLCK) == 0 && fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}
