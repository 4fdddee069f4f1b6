/*
 * What the BPF program hands over in its ring, and the table that it shares with us; plain C for both compilers.
 */
#ifndef VFU_CAPTURE_ATTACH_RECORD_H
#define VFU_CAPTURE_ATTACH_RECORD_H

#include "capture/attach/calls.h"

enum {
    RECORD_CHUNK = 8192,        /* bytes of a call in one record; a power of two */
    RECORD_PASSED = 253,        /* the kernel passes no more fds with one call */
    RECORD_NUMBERS = 512,       /* system calls have numbers below this */
    RECORD_RING = 32 << 20,     /* bytes of the ring */
};

enum record_kind { RECORD_DATA, RECORD_SEEN, RECORD_CLOSED, RECORD_EXEC };

enum {
    RECORD_FIRST = 1, /* of a call's records */
    RECORD_LAST = 2,
    RECORD_SENT = 4,
    RECORD_END = 8,  /* the peer sends nothing more */
    RECORD_CUT = 16, /* fds were cut off */
};

struct record {
    unsigned long long mono_ns;
    unsigned long long moved; /* DATA: by the call; over the fd in this direction before it: */
    unsigned long long before;
    unsigned long long inode; /* of the socket */
    unsigned kind, flags;
    int fd;
    unsigned generation; /* of the fd's number */
    unsigned cpu;
    unsigned count; /* calls that send: had begun (received), had returned (sent) */
    unsigned size;  /* bytes, or fds, that follow */
    unsigned pad;
};

/* A passed fd, as it stands in the process's table. */
struct record_seen {
    int fd;
    unsigned mode; /* 0: not known */
    unsigned long long size, inode;
    char name[8]; /* the beginning of its file's name */
};

/* An fd of the process. The state is in the low byte; the generation above it goes up when the number is given back. */
enum record_fd_state { RECORD_UNKNOWN, RECORD_IGNORED, RECORD_WATCHED };
struct record_fd {
    unsigned word;
    unsigned begun, ended;
    unsigned pad;
    unsigned long long moved[2], inode; /* received, sent */
};

/* Set before the program is loaded. */
struct record_settings {
    unsigned pid;
    unsigned in_namespace; /* the pid counts in the namespace below */
    unsigned long long dev, ino;
    unsigned char calls[RECORD_NUMBERS]; /* enum attach_call by number */
};

/* Shared with the program while it runs. */
struct record_shared {
    unsigned long long lost; /* records for which there was no room */
    unsigned asleep;         /* wake us with the next record */
    unsigned pad;
};

#endif
