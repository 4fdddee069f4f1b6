/*
 * Where a sink's bytes go: a file, a FIFO, standard output. Opened by rules that differ for captures (they hold guest
 * memory), written whole or not at all, and never stuck for ever: whoever ends the program can make a blocked write
 * give up.
 */
#ifndef VFU_CAPTURE_FILE_OUTFILE_H
#define VFU_CAPTURE_FILE_OUTFILE_H

#include "decoder/wire/error.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct vfu_outfile {
    int fd;           /* -1: a FIFO that nobody reads yet; it is opened with the first write */
    const char *path; /* the caller's; "-" is standard output */
    bool regular, follow;
    uint64_t position;    /* bytes written */
    /* The disk is full: true if that may be otherwise now. May be NULL. */
    bool (*make_room)(void *context);
    void *room_context;
    atomic_bool *give_up; /* may be NULL; set (and a signal sent to the thread), a blocked write fails */
};

enum vfu_outfile_kind {
    VFU_OUT_TEXT,    /* an ordinary file, made as others are */
    VFU_OUT_PRIVATE, /* likewise, but 0600, an old one too: it may hold guest memory */
    VFU_OUT_GUARDED, /* likewise, and no symlink */
    VFU_OUT_CAPTURE, /* 0600, readable back; no symlink; a regular file, a FIFO, /dev/null or standard output */
};

/*
 * Open for writing; what was in a regular file is gone. A file or FIFO of another user is refused (to root, one of SUDO_UID's is its
 * own), and a symbolic link of another user's that leads to what is not theirs; devices are not asked whose they are. False: error
 * says why.
 */
bool vfu_outfile_open(struct vfu_outfile *out, const char *path, enum vfu_outfile_kind kind, struct vfu_error *error);
/*
 * For who can't wait in a write: has the FIFO a reader now? It is open then, not blocking. Of what was opened already: yes. False: see
 * error->number, ENXIO if there is none yet.
 */
bool vfu_outfile_has_reader(struct vfu_outfile *out, struct vfu_error *error);
/* Is it a pipe whose reader has left? Whatever is written is refused then. */
bool vfu_outfile_reader_left(const struct vfu_outfile *out);
/* Write it all, waiting where the other end is slow. False: error says why; position says how much went out. */
bool vfu_outfile_write(struct vfu_outfile *out, const void *bytes, size_t size, struct vfu_error *error);
/* False: what was written is lost (a network file system says so only now). Standard output and error stay open. */
bool vfu_outfile_close(struct vfu_outfile *out, struct vfu_error *error);

#endif
