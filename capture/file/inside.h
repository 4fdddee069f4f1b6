/*
 * Inside capture files. From the ground up:
 *
 *   annotate < record, event        our records
 *   rawstream < raw                 bytes that others recorded
 *   straceline, rawstream < strace  logs that others have
 *   read, write                     above them all
 */
#ifndef VFU_CAPTURE_FILE_INSIDE_H
#define VFU_CAPTURE_FILE_INSIDE_H

#include "capture/file/capfile.h"
#include "decoder/wire/message.h"

#include <stdio.h>

/* --- annotate.c: what a record says about its message beyond what was on the socket --- */

enum { ANNOTATIONS_MAX = 16 << 10 /* bytes that we write with a message */ };

/* Room for what was read. */
struct recorded {
    struct vfu_problem problems[VFU_RECORDED_PROBLEMS];
    struct vfu_note notes[VFU_RECORDED_NOTES];
};

/* Write those of a message, what it answers only if `pairing`; their size, a multiple of 4. */
size_t annotations_put(const struct vfu_event *event, bool pairing, uint8_t at[ANNOTATIONS_MAX]);
/*
 * Read them into the event's paired, reply_to and latency_ns, its problems and its notes, which will be in `room`. What is
 * not understood (a rule that this version does not have, a type of a later one, what is damaged) is left out.
 */
void annotations_get(const uint8_t *bytes, size_t size, struct vfu_event *event, struct recorded *room);
/* Add a problem as it was recorded; false: no such rule or severity, or no room. Texts need no end. */
bool recorded_problem(struct vfu_event *event, struct recorded *room, const char *rule, size_t rule_size,
                      unsigned severity, unsigned at_fault, const char *text, size_t text_size);
/* Likewise a note. */
bool recorded_note(struct vfu_event *event, struct recorded *room, const char *plugin, size_t plugin_size,
                   const char *text, size_t text_size, bool warning);

/* --- record.c: a record, as it stands before the message --- */

enum {
    RECORD_TAGS = 28,
    RECORD_HEADER = 40,
    RECORD_FD = 16,
    RECORD_HEAD_MAX = RECORD_TAGS + RECORD_HEADER + RECORD_FD * VFU_MAX_FDS + ANNOTATIONS_MAX,
    RECORD_MAX = 262144, /* Wireshark and libpcap refuse a file with a larger one */
};

/*
 * Write tags and pseudo-header of a message, or of what is none. Returns their size. pairing: say what a reply answers,
 * which needs no saying where its command is in the same file.
 */
size_t record_put(const struct vfu_event *event, bool pairing, uint8_t head[RECORD_HEAD_MAX]);

/*
 * Read a record: `captured` bytes of `size` there were. On success the event's message points behind the head, fds (room
 * for VFU_MAX_FDS) are filled in, its time.wall_ns is left alone; of a message, annotations are in the event, with what
 * they need in `recorded`. False: error says what is wrong with it.
 */
bool record_get(const uint8_t *record, size_t captured, uint64_t size, struct vfu_event *event, struct vfu_fd *fds,
                struct recorded *recorded, bool *is_event, struct vfu_error *error);

/* --- event.c --- */

/*
 * An event that is no message from its JSON object (vfu_json_event's). The message part of `event` is left alone, but for
 * the bytes of VFU_EVENT_MEMORY, which go into `memory` (room for VFU_EVENT_MEMORY_MAX); of others there are none. Its
 * problems and notes go into `recorded`.
 */
bool event_parse(const char *json, size_t size, struct vfu_event *event, uint8_t *memory,
                 struct recorded *recorded);

/*
 * --- rawstream.c: messages out of bytes that others recorded: what went over UNIX sockets, in pieces that are no messages,
 * with no word on who sent them or with less than we would like. Pieces go in, messages and `unframed` events come out ---
 */

enum { RAW_CONNECTIONS = 256 }; /* numbers from 1; a piece of a later one belongs to the last */

/* Bytes of one direction, as one call sent or received them. */
struct raw_piece {
    uint32_t conn;   /* from 1 */
    int end;         /* 0 or 1: which end of the connection sent it; -1: unknown, the bytes have to say */
    int side;        /* that end's enum vfu_side, if it is known; -1: the bytes have to say */
    const uint8_t *bytes; /* the caller's, until rawstream_take says that there is nothing more */
    size_t size;
    uint64_t missing; /* so many more were sent behind them and are not at hand */
    uint64_t time_ns;
    const struct vfu_fd *fds; /* passed with the first byte */
    unsigned nfds;
    bool fds_unknown; /* whoever recorded this saw no fds */
};

struct rawstream;

/* NULL when out of memory. */
struct rawstream *rawstream_new(void);
void rawstream_free(struct rawstream *r);

void rawstream_put(struct rawstream *r, const struct raw_piece *piece);

enum raw_taken { RAW_NOTHING, RAW_MESSAGE, RAW_EVENT };
/* What the last piece completes, one after the other; the event's pointers are good until the next call. */
enum raw_taken rawstream_take(struct rawstream *r, struct vfu_event *event);

/* Could a message begin with these bytes? Then *from is who would send it, *swapped its byte order. */
bool raw_header(const uint8_t *bytes, size_t size, enum vfu_side *from, bool *swapped);

/*
 * --- raw.c: packets of link type USER0: bytes of UNIX sockets. Either nothing but the bytes, or sockdump's 16 bytes before
 * them: the receiver's and the sender's process id, 64 bits each, big-endian ---
 */

struct raw_packets;

/* NULL when out of memory. */
struct raw_packets *raw_new(void);
void raw_free(struct raw_packets *r);
/* The bytes stay the caller's, and must stay until raw_take says that there is nothing more. */
void raw_put(struct raw_packets *r, const uint8_t *packet, size_t captured, size_t size, uint64_t time_ns);
enum raw_taken raw_take(struct raw_packets *r, struct vfu_event *event);

/* --- straceline.c: a line of a strace log, taken apart: time, call, descriptor, bytes and descriptors passed --- */

/* A call, as far as it was taken apart. Pointers into the line. */
struct strace_call {
    const char *name;
    size_t name_size;
    const char *fd_text; /* what -yy says of the fd, without < >; may be NULL */
    size_t fd_text_size;
    long fd;
    const char *rest; /* behind the fd */
    long long result;
    uint64_t time_ns;
};

/* Bytes that grow as they are needed; the owner frees them. */
struct strace_bytes {
    uint8_t *bytes;
    size_t room;
};

/* What stands before the call: the process (0 without) and when. Where the call begins. */
const char *strace_line(const char *line, long *pid, uint64_t *time_ns);
/* Take a call on a descriptor apart; false: it is none, or not finished. */
bool strace_call(const char *text, struct strace_call *call);
/* The bytes that it moved, as far as the log has them, into `bytes`; how many. */
size_t strace_data(const struct strace_call *call, struct strace_bytes *bytes);
/* The descriptors that came with them: at most VFU_MAX_FDS; how many. */
unsigned strace_fds(const struct strace_call *call, struct vfu_fd *fds);
/* The type of a descriptor by what -y or -yy says of it. */
enum vfu_fd_type strace_fd_type(const char *text, size_t size);

/* --- strace.c: vfio-user messages out of such a log --- */

struct strace;

/* Could a strace log begin with these two bytes? No pcap or pcapng file does. */
bool strace_begins(int first, int second);
/* The stream is closed by strace_close. NULL when out of memory; then it is not. */
struct strace *strace_open(FILE *stream, const char *path);
void strace_close(struct strace *s);
/* As vfu_capreader_next; VFU_CAPTURED_BAD if the log has nothing of vfio-user. Stopped: the stream failed. */
enum vfu_captured strace_next(struct strace *s, struct vfu_event *event, struct vfu_error *error);

#endif
