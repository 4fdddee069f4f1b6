/*
 * Is a file a capture that was written here? Its first bytes say so.
 */
#include "capture/file/inside.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Of a pcap file: the magic number, and the link type behind it. */
#define PCAP_NANOSECONDS 0xa1b23c4d
enum { UPPER_PDU = 252 };

static ssize_t read_fd(void *context, char *buffer, size_t size)
{
    ssize_t n;

    do
        n = read(*(const int *)context, buffer, size);
    while (n < 0 && errno == EINTR);
    return n;
}

bool vfu_capfile_is_ours(int fd)
{
    struct file_unpack *u = file_unpack_new(read_fd, &fd);
    uint32_t head[6];
    size_t have = 0;
    ssize_t n = 1;

    while (u && have < sizeof head && n > 0)
        have += (n = file_unpack_read(u, (char *)head + have, sizeof head - have)) > 0 ? (size_t)n : 0;
    file_unpack_free(u);
    return have == sizeof head && head[0] == PCAP_NANOSECONDS && head[5] == UPPER_PDU;
}
