/*
 * burst RESOURCE COUNT: for the rig's guest, COUNT writes of 4 bytes to a mapped BAR as fast as they go, then what is
 * read back. QEMU posts them; tests/qemu-check builds it and hands it to the guest.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
    int fd = argc == 3 ? open(argv[1], O_RDWR) : -1;
    volatile uint32_t *bar = fd >= 0 ? mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (bar == MAP_FAILED) {
        perror("burst");
        return 1;
    }
    for (long i = 1; i <= atol(argv[2]); i++)
        bar[4] = (uint32_t)i;
    printf("BURST: read back %u\n", bar[4]);
    return 0;
}
