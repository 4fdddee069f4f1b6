/*
 * Capture files, through libpcap: a sink that takes events, and a source that gives messages and events back.
 */
#ifndef VFU_CAPTURE_FILE_CAPFILE_H
#define VFU_CAPTURE_FILE_CAPFILE_H

#include "decoder/wire/error.h"
#include "decoder/wire/event.h"

#include <stdatomic.h>

struct vfu_capwriter;

/*
 * Create FILE ("-": standard output), compressed if it is called FILE.zst or FILE.gz, or so with a ring's number behind it.
 * snaplen: bytes kept of each message, 0 for all (what fits into a record anyway);
 * never less than a header. give_up: see outfile.h; may be NULL. NULL: error says why.
 */
struct vfu_capwriter *vfu_capwriter_open(const char *path, uint32_t snaplen, atomic_bool *give_up,
                                         struct vfu_error *error);
/* Add an event. False: it could not be written, nor will later ones; error says why. */
bool vfu_capwriter_event(struct vfu_capwriter *w, const struct vfu_event *event, struct vfu_error *error);
/* Of a regular file: where the disk is full, try again if this says so. */
void vfu_capwriter_make_room(struct vfu_capwriter *w, bool (*make_room)(void *context), void *context);
/* Has the file so many bytes, or will have once they are flushed? A compressed one is flushed to see it. */
bool vfu_capwriter_reaches(struct vfu_capwriter *w, uint64_t size);
/* Everything so far reaches the file. */
bool vfu_capwriter_flush(struct vfu_capwriter *w, struct vfu_error *error);
/* Flush, close and free. A file that could not be written to its end is cut back to its last whole record. */
bool vfu_capwriter_close(struct vfu_capwriter *w, struct vfu_error *error);

/* What a reader does while it waits: `idle` runs before each wait, `stopped` says whether a signal ended it. */
struct vfu_capwait {
    void (*idle)(void *context);
    bool (*stopped)(void *context);
    void *context;
};

struct vfu_capreader;

/* So many problems and notes of an event are read, at most. */
enum { VFU_RECORDED_PROBLEMS = 16, VFU_RECORDED_NOTES = 272, VFU_RECORDED_REQUESTS = 256 };

enum vfu_captured {
    /*
     * The event's message is filled in; the session makes the rest. Beside it, as far as the file says: paired, reply_to,
     * latency_ns, problems and notes, as whoever wrote it saw them; see vfu_session_add_recorded.
     */
    VFU_CAPTURED_MESSAGE,
    VFU_CAPTURED_EVENT,   /* an event that is no message, whole */
    VFU_CAPTURED_END,
    VFU_CAPTURED_STOPPED,
    VFU_CAPTURED_BAD, /* error says in which record and why; nothing after it can be read */
};

/*
 * Open FILE ("-": standard input), be it compressed with gzip or zstd or not. wait's parts may be NULL. NULL: error says why, with a number (errno) if the file
 * could not be opened, without one if it is no capture of ours.
 */
struct vfu_capreader *vfu_capreader_open(const char *path, const struct vfu_capwait *wait, struct vfu_error *error);
/*
 * The next record. The event's pointers are good until the next call. Of a capture that has a CAPTURE event and then no END the
 * last one is an END that says so.
 */
enum vfu_captured vfu_capreader_next(struct vfu_capreader *r, struct vfu_event *event, struct vfu_error *error);
/*
 * How many events could not be read, since they are cut (a capture's tools can do that) or of a later version; `why` gets
 * the first one's reason. A message that is cut within its header comes as a DROPPED event.
 */
uint64_t vfu_capreader_left_out(const struct vfu_capreader *r, const char **why);
void vfu_capreader_close(struct vfu_capreader *r);

/* A place between two records. */
struct vfu_capplace {
    uint64_t at;          /* bytes from the file's begin */
    bool open;            /* a CAPTURE event stands before it, without an END behind that */
    struct vfu_time last; /* of the record before it */
};
/*
 * Where the next record stands. False: there is no going back in it: what is no regular file, or compressed, or in another format
 * than ours.
 */
bool vfu_capreader_tell(struct vfu_capreader *r, struct vfu_capplace *place);
/* A reader of its own of the same file, whatever its name leads to by now, for who can tell; from its first record on. */
struct vfu_capreader *vfu_capreader_again(struct vfu_capreader *r, struct vfu_error *error);
/* Go on with the record that stands there. */
bool vfu_capreader_seek(struct vfu_capreader *r, const struct vfu_capplace *place);
/* How many bytes of the file were read, of how many it has (0: not known). */
void vfu_capreader_progress(const struct vfu_capreader *r, uint64_t *read, uint64_t *size);

/* Does what can be read from this descriptor begin as a capture that is written here, on such a machine? */
bool vfu_capfile_is_ours(int fd);

#endif
