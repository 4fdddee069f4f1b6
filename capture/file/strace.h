/*
 * vfio-user messages out of a log of strace -f -ttt -xx -yy -s 70000: what people have who had nothing better. Takes what
 * sendmsg, recvmsg, sendto, recvfrom, read, write, readv and writev moved over sockets on which vfio-user was spoken.
 */
#ifndef VFU_CAPTURE_FILE_STRACE_H
#define VFU_CAPTURE_FILE_STRACE_H

#include "capture/file/capfile.h"

#include <stdio.h>

struct vfu_strace;

/* Could a strace log begin with these two bytes? No pcap or pcapng file does. */
bool vfu_strace_begins(int first, int second);
/* The stream is closed by vfu_strace_close. NULL when out of memory; then it is not. */
struct vfu_strace *vfu_strace_open(FILE *stream, const char *path);
void vfu_strace_close(struct vfu_strace *s);
/* As vfu_capreader_next; VFU_CAPTURED_BAD if the log has nothing of vfio-user. Stopped: the stream failed. */
enum vfu_captured vfu_strace_next(struct vfu_strace *s, struct vfu_event *event, struct vfu_error *error);

#endif
