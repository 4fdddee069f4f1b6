/*
 * Passive attach: the vfio-user traffic of a process that is already running, from its system calls, without touching
 * its sockets. A method (ptrace, BPF) hands over what each call moved; the rest is the same for all of them. Started while
 * there are privileges, run without most of them.
 */
#ifndef VFU_CAPTURE_ATTACH_ATTACH_H
#define VFU_CAPTURE_ATTACH_ATTACH_H

#include "capture/logs/logs.h"
#include "decoder/session/session.h"
#include "decoder/wire/error.h"

#include <sys/types.h>

enum vfu_attach_method { VFU_ATTACH_BPF, VFU_ATTACH_PTRACE };

struct vfu_attach;

/*
 * Take hold of a process: all that needs privileges. Those are given up then, but for what looking into the process later needs
 * (CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH), by the calling thread and all that it starts later: so not before the files of outputs
 * are open, and before any thread. With ptrace its threads stand still until vfu_attach_run. NULL: error says why.
 */
struct vfu_attach *vfu_attach_start(pid_t pid, enum vfu_attach_method method, struct vfu_error *error);

struct vfu_attach_options {
    int fd;             /* only this one; -1: all */
    const char *socket; /* only connections at this path; NULL: all */
    struct vfu_session *session;
    struct vfu_logs *logs; /* whose lines are told of, between the messages; NULL: none */
    uint64_t count; /* end after so many messages; 0: never */
    int stop_fd;    /* when it becomes readable, `stop` is asked (which must empty it); -1: none */
    bool (*stop)(void *context);
    /* Every event, in order; its pointers are good during the call. */
    void (*event)(void *context, const struct vfu_event *event);
    /* What a DMA_MAP passed, opened anew for reading, before its event; it becomes the callee's. NULL: not wanted. */
    void (*map_fd)(void *context, uint64_t no, int fd);
    /* A line for the person. */
    void (*say)(void *context, const char *text);
    /* It watches now. */
    void (*attached)(void *context);
    void *context;
};

/* Watch until told to stop, or the process ends; from the thread that has started it. False: error says why it can't. */
bool vfu_attach_run(struct vfu_attach *attach, const struct vfu_attach_options *options, struct vfu_error *error);
/* Let it go, and free. NULL is fine. */
void vfu_attach_end(struct vfu_attach *attach);

/* A process by its number, or by its name if only one bears it. False: error says why. */
bool vfu_attach_find(const char *name, pid_t *pid, struct vfu_error *error);

enum { ATTACH_NAME = 112, ATTACH_COMM = 17 }; /* room for a socket's name (108) and for a process's (15, and a newline) */

/* The file that a socket is bound to: by the kernel's numbers, of which the inode's is cut to 32 bits. */
struct vfu_attach_file {
    bool known;
    uint32_t dev, ino;
};

/* A connected UNIX stream socket of a process. What others chose in it is as they chose it. */
struct vfu_attach_socket {
    int fd;
    uint64_t inode, peer;   /* peer: 0 if it can't be known */
    char path[ATTACH_NAME]; /* its own or its peer's; "" if neither has one; an abstract one begins with @ */
    struct vfu_attach_file file;
    bool is_server;         /* the path is its own: it was accepted there */
    pid_t peer_pid;         /* 0: not known */
    char peer_name[ATTACH_COMM];
};
/* Was it accepted, or is its peer, at this path, however that is spelt? */
bool vfu_attach_is_at(const struct vfu_attach_socket *socket, const char *path);

/* Call `each` for all of them, by rising fd. False: error says why. */
bool vfu_attach_list(pid_t pid, void (*each)(void *context, const struct vfu_attach_socket *socket), void *context,
                     struct vfu_error *error);

/* Who has an end of a connection, as far as we may see: pid 0, if not. */
struct vfu_attach_holder {
    pid_t pid;
    int fd;
    char name[ATTACH_COMM];
};

/* Two connected UNIX stream sockets. Of a pair that was made by socketpair there is no server, and no path. */
struct vfu_attach_pair {
    struct vfu_attach_holder client, server;
    char path[ATTACH_NAME];
};
/* All of the machine (of our network namespace), the likely ones first, malloc'ed; how many. */
size_t vfu_attach_machine(struct vfu_attach_pair **pairs);

/* What else of a process's fds matters: memory that can be mapped, and eventfds. */
struct vfu_attach_files {
    unsigned memfds, eventfds;
    uint64_t memfd_bytes;
};
bool vfu_attach_count_files(pid_t pid, struct vfu_attach_files *files);

#endif
