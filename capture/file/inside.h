/*
 * Inside capture files. From the ground up:
 *
 *   registers < annotate < record, event   our records
 *   rawstream < raw                 bytes that others recorded
 *   straceline, rawstream < strace  logs that others have
 *   unpack, pack                    compressed files
 *   read, write, ours               above them all
 */
#ifndef VFU_CAPTURE_FILE_INSIDE_H
#define VFU_CAPTURE_FILE_INSIDE_H

#include "capture/file/capfile.h"
#include "decoder/registers/registers.h"
#include "decoder/wire/memory.h"
#include "decoder/wire/message.h"

#include <stdio.h>

/* --- registers.c: a register that a message is about --- */

/* Write it, with all that its bits mean or only its name; how many bytes that takes: 0: more than there is room for. */
size_t file_register_put(const struct vfu_register_at *reg, bool with_fields, uint8_t *at, size_t size);
/* False: it is damaged, or of a later version, or there are more than are kept. */
bool file_register_get(const uint8_t *bytes, size_t size, struct vfu_register_at *reg);

/* --- annotate.c: what a record says about its message beyond what was on the socket --- */

enum { FILE_ANNOTATIONS_MAX = 48 << 10 /* bytes that we write with a message */ };

/* Room for what was read. */
struct file_recorded {
    struct vfu_problem problems[VFU_RECORDED_PROBLEMS];
    struct vfu_note notes[VFU_RECORDED_NOTES];
    struct vfu_request requests[VFU_RECORDED_REQUESTS];
    struct vfu_because because[VFU_MAX_BECAUSE];
    struct vfu_register_at registers[VFU_REGISTERS_NAMED];
    struct vfu_doing doing[VFU_EVENT_DOING];
    struct vfu_part left_out[VFU_MEMORY_PARTS];
    char *spec; /* of an injection, or the options of a capture: of any length; malloced */
    size_t spec_room;
};

/* Write those of a message, what it answers only if `pairing`; their size, a multiple of 4. */
size_t file_annotations_put(const struct vfu_event *event, bool pairing, uint8_t at[FILE_ANNOTATIONS_MAX]);
/*
 * Read them into the event's paired, reply_to and latency_ns, its problems, reasons, notes and registers, which will be in `room`. What is
 * not understood (a rule that this version does not have, a type of a later one, what is damaged) is left out; a misfit is
 * kept, whoever said it. The parts of the message that were left out are those of the whole one: see file_record_get.
 */
void file_annotations_get(const uint8_t *bytes, size_t size, struct vfu_event *event, struct file_recorded *room);
/* Add a problem as it was recorded (at_fault 2: nobody is); false: no such rule or severity, or no room. Texts need no end. */
bool file_recorded_problem(struct vfu_event *event, struct file_recorded *room, const char *rule, size_t rule_size,
                           unsigned severity, unsigned at_fault, const char *text, size_t text_size);
/* Likewise a request. */
bool file_recorded_request(struct vfu_event *event, struct file_recorded *room, const struct vfu_request *r);
/* Likewise a note. */
bool file_recorded_note(struct vfu_event *event, struct file_recorded *room, const char *plugin, size_t plugin_size,
                        const char *text, size_t text_size, bool warning);

/* --- record.c: a record, as it stands before the message --- */

enum {
    FILE_RECORD_TAGS = 28,
    FILE_RECORD_HEADER = 40,
    FILE_RECORD_FD = 16,
    FILE_RECORD_HEAD_MAX = FILE_RECORD_TAGS + FILE_RECORD_HEADER + FILE_RECORD_FD * VFU_MAX_FDS + FILE_ANNOTATIONS_MAX,
    FILE_RECORD_MAX = 262144, /* Wireshark and libpcap refuse a file with a larger one */
};

/*
 * Write tags and pseudo-header of a message, or of what is none. Returns their size. pairing: say what a reply answers,
 * which needs no saying where its command is in the same file.
 */
size_t file_record_put(const struct vfu_event *event, bool pairing, uint8_t head[FILE_RECORD_HEAD_MAX]);

/*
 * Read a record: `captured` bytes of `size` there were. On success the event's message points behind the head, fds (room
 * for VFU_MAX_FDS) are filled in, its time.wall_ns is left alone; of a message, annotations are in the event, with what
 * they need in `recorded`. False: error says what is wrong with it.
 */
bool file_record_get(const uint8_t *record, size_t captured, uint64_t size, struct vfu_event *event, struct vfu_fd *fds,
                     struct file_recorded *recorded, bool *is_event, struct vfu_error *error);

/* --- event.c --- */

/*
 * An event that is no message from its JSON object (vfu_json_event's, with data whole). The message part of `event` is left
 * alone; the bytes of those that have some go into `data` (room for VFU_EVENT_MEMORY_MAX). Its problems and notes go into
 * `recorded`. False: it is none; *later: but one of a kind that is not known here.
 */
bool file_event_parse(const char *json, size_t size, struct vfu_event *event, uint8_t *data,
                      struct file_recorded *recorded, bool *later);

/* --- rawstream.c: messages out of bytes that others recorded: pieces go in, messages and `unframed` events come out --- */

enum { FILE_RAW_CONNECTIONS = 256 }; /* numbers from 1; a piece of a later one belongs to the last */

/* Bytes of one direction, as one call sent or received them. */
struct file_raw_piece {
    uint32_t conn;   /* from 1 */
    int end;         /* 0 or 1: which end of the connection sent it; -1: unknown, the bytes have to say */
    int side;        /* that end's enum vfu_side, if it is known; -1: the bytes have to say */
    const uint8_t *bytes; /* the caller's, until file_rawstream_take says that there is nothing more */
    size_t size;
    uint64_t missing; /* so many more were sent behind them and are not at hand */
    uint64_t time_ns;
    const struct vfu_fd *fds; /* passed with the first byte */
    unsigned nfds;
    bool fds_unknown; /* whoever recorded this saw no fds */
};

struct file_rawstream;

/* NULL when out of memory. */
struct file_rawstream *file_rawstream_new(void);
void file_rawstream_free(struct file_rawstream *r);

void file_rawstream_put(struct file_rawstream *r, const struct file_raw_piece *piece);

enum file_raw_taken { FILE_RAW_NOTHING, FILE_RAW_MESSAGE, FILE_RAW_EVENT };
/* What the last piece completes, one after the other; the event's pointers are good until the next call. */
enum file_raw_taken file_rawstream_take(struct file_rawstream *r, struct vfu_event *event);

/* Could a message begin with these bytes? Then *from is who would send it, *swapped its byte order. */
bool file_raw_header(const uint8_t *bytes, size_t size, enum vfu_side *from, bool *swapped);

/* --- raw.c: packets of link type USER0 --- */

struct file_raw;

/* NULL when out of memory. */
struct file_raw *file_raw_new(void);
void file_raw_free(struct file_raw *r);
/* The bytes stay the caller's, and must stay until file_raw_take says that there is nothing more. */
void file_raw_put(struct file_raw *r, const uint8_t *packet, size_t captured, size_t size, uint64_t time_ns);
enum file_raw_taken file_raw_take(struct file_raw *r, struct vfu_event *event);

/* --- straceline.c: a line of a strace log, taken apart: time, call, descriptor, bytes and descriptors passed --- */

/* A call, as far as it was taken apart. Pointers into the line. */
struct file_strace_call {
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
struct file_strace_bytes {
    uint8_t *bytes;
    size_t room;
};

/* What stands before the call: the process (0 without) and when. Where the call begins. */
const char *file_strace_line(const char *line, long *pid, uint64_t *time_ns);
/* Take a call on a descriptor apart; false: it is none, or not finished. */
bool file_strace_call(const char *text, struct file_strace_call *call);
/* The bytes that it moved, as far as the log has them, into `bytes`; how many. */
size_t file_strace_data(const struct file_strace_call *call, struct file_strace_bytes *bytes);
/* The descriptors that came with them: at most VFU_MAX_FDS; how many. */
unsigned file_strace_fds(const struct file_strace_call *call, struct vfu_fd *fds);
/* The type of a descriptor by what -y or -yy says of it. */
enum vfu_fd_type file_strace_fd_type(const char *text, size_t size);

/* --- strace.c: vfio-user messages out of such a log --- */

struct file_strace;

/* Could a strace log begin with these two bytes? No pcap or pcapng file does. */
bool file_strace_begins(int first, int second);
/* The stream is closed by file_strace_close. NULL when out of memory; then it is not. */
struct file_strace *file_strace_open(FILE *stream, const char *path);
void file_strace_close(struct file_strace *s);
/* As vfu_capreader_next; VFU_CAPTURED_BAD if the log has nothing of vfio-user. Stopped: the stream failed. */
enum vfu_captured file_strace_next(struct file_strace *s, struct vfu_event *event, struct vfu_error *error);

/* --- unpack.c: what is read may be gzip or zstd, of several members or frames --- */

/* As read(2). */
typedef ssize_t file_unpack_source(void *context, char *buffer, size_t size);
struct file_unpack;

/* NULL when out of memory. */
struct file_unpack *file_unpack_new(file_unpack_source *source, void *context);
/* As read(2) of what was compressed, or of what never was; waits only where nothing that is there makes a byte. */
ssize_t file_unpack_read(struct file_unpack *u, char *buffer, size_t size);
/* Why it failed; empty: it has not, but the source may have. */
const char *file_unpack_why(const struct file_unpack *u);
/* Was it never compressed, as far as it was read? */
bool file_unpack_is_plain(const struct file_unpack *u);
/* The source goes on elsewhere: what was read ahead of it is none. Only of what is plain. */
void file_unpack_drop(struct file_unpack *u);
void file_unpack_free(struct file_unpack *u);

/* --- pack.c --- */

struct file_pack;
struct vfu_outfile;

enum file_pack_how { FILE_PACK_MORE, FILE_PACK_FLUSH /* all so far can be read back */, FILE_PACK_END };

/* *pack is NULL if the name asks for none. False: out of memory. */
bool file_pack_open(const char *path, struct file_pack **pack);
bool file_pack_put(struct file_pack *p, struct vfu_outfile *to, const void *bytes, size_t size, enum file_pack_how how,
                   struct vfu_error *error);
void file_pack_close(struct file_pack *p);

#endif
