/*
 * Inside the method bpf: the program in the kernel, and the calls that its records are put together to.
 */
#ifndef VFU_CAPTURE_ATTACH_BPF_H
#define VFU_CAPTURE_ATTACH_BPF_H

#include "capture/attach/inside.h"
#include "capture/attach/record.h"

#include <stdatomic.h>

struct bpf_object;
struct bpf_link;
struct ring_buffer;

/* The records of one call come from one processor, one after the other. */
struct bpf_call {
    bool open;
    struct attach_piece piece;
    uint64_t moved, before;
    uint8_t *bytes; /* RECORD_CALL, made when needed */
    size_t got;
    int fds[VFU_MAX_FDS];
    struct vfu_fd seen[VFU_MAX_FDS];
};

enum { BPF_LINKS = 2 };

struct bpf_method {
    struct attach *attach;
    struct bpf_object *object;
    struct bpf_link *links[BPF_LINKS];
    struct ring_buffer *ring;
    struct record_fd *fds; /* shared with the program: RECORD_FDS */
    struct record_shared *shared;
    uint32_t *generations;  /* of the fds that attach knows: RECORD_FDS */
    uint64_t (*expected)[2]; /* bytes over each of them so far */
    struct bpf_call *calls; /* one a processor */
    int cpus;
    uint64_t lost, said_lost;
    uint64_t taken; /* records */
};

/* attachbpfload.c: false: error says what is missing */
bool bpf_method_load(struct bpf_method *m, struct vfu_error *error);
void bpf_method_unload(struct bpf_method *m);

/* attachbpf.c */
int bpf_method_record(void *method, void *record, size_t size);

#endif
