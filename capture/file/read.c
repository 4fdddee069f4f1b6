/*
 * Reading capture files. libpcap reads from a stream of ours, which knows when it is about to wait, so that output can
 * be brought up to date first, and when a signal has ended the wait.
 */
#include "capture/file/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STREAM_BUFFER = 64 << 10 };

struct vfu_capreader {
    int fd;
    int read_error; /* errno: it can't be read any further; 0: it can */
    const char *path;
    struct vfu_capwait wait;
    struct file_unpack *unpack; /* between the file and the stream */
    pcap_t *pcap;
    struct file_strace *strace; /* in place of pcap: a strace log */
    struct file_raw *raw;       /* the packets are bytes of UNIX sockets (DLT_USER0) */
    bool may_wait; /* not a regular file */
    bool again;    /* it is ours, and can be read at any record */
    uint64_t given; /* bytes that the stream has */
    bool empty;    /* nothing was read so far */
    uint64_t records;
    bool begun, ended;   /* it says so itself: there was a CAPTURE event, and after it an END */
    struct vfu_time last; /* when the last record was */
    uint64_t left_out;   /* events that can't be read, but for the file's sake are no damage */
    char left_out_why[160];
    struct vfu_fd fds[VFU_MAX_FDS];
    uint8_t memory[VFU_EVENT_MEMORY_MAX];
    struct file_recorded recorded; /* of the last event */
    char buffer[STREAM_BUFFER];
};

static bool is_stopped(const struct vfu_capreader *r)
{
    return r->wait.stopped && r->wait.stopped(r->wait.context);
}

static ssize_t read_file(void *context, char *buffer, size_t size)
{
    struct vfu_capreader *r = context;
    struct pollfd p = { .fd = r->fd, .events = POLLIN };
    ssize_t n;

    if (r->may_wait && r->wait.idle && poll(&p, 1, 0) == 0)
        r->wait.idle(r->wait.context);
    do
        n = is_stopped(r) ? -1 : read(r->fd, buffer, size);
    while (n < 0 && errno == EINTR && !is_stopped(r));
    if (n < 0 && !is_stopped(r))
        r->read_error = errno;
    return n;
}

static ssize_t stream_read(void *context, char *buffer, size_t size)
{
    struct vfu_capreader *r = context;
    ssize_t n = file_unpack_read(r->unpack, buffer, size);

    if (n > 0) {
        r->empty = false;
        r->given += (uint64_t)n;
    }
    return n;
}

/* Why the stream failed, beyond what its readers know; NULL: it has not. */
static const char *trouble_of(const struct vfu_capreader *r)
{
    const char *why = file_unpack_why(r->unpack);

    return *why ? why : r->read_error ? strerror(r->read_error) : NULL;
}

/* Tell where it is; or, of what can be read again, go elsewhere. */
static int stream_seek(void *context, off64_t *position, int whence)
{
    struct vfu_capreader *r = context;

    if (whence == SEEK_CUR && *position == 0) {
        *position = (off64_t)r->given;
        return 0;
    }
    if (whence != SEEK_SET || !r->again || lseek(r->fd, *position, SEEK_SET) != *position) {
        errno = ESPIPE;
        return -1;
    }
    file_unpack_drop(r->unpack);
    r->given = (uint64_t)*position;
    return 0;
}

static int stream_close(void *context)
{
    struct vfu_capreader *r = context;

    return r->fd == STDIN_FILENO ? 0 : close(r->fd);
}

static bool open_input(struct vfu_capreader *r, struct vfu_error *error)
{
    struct stat st;

    if (!*r->path)
        return vfu_fail(error, ENOENT, "an empty file name");
    r->fd = strcmp(r->path, "-") == 0 ? STDIN_FILENO : open(r->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (r->fd == STDIN_FILENO)
        r->path = "standard input";
    if (r->fd < 0 && errno == ENXIO && stat(r->path, &st) == 0 && S_ISSOCK(st.st_mode))
        return vfu_fail(error, ENXIO, "%s: a socket, not a capture (vfuscope shell %s speaks to the device there, vfuscope tap "
                        "shows what others say to it)", r->path, r->path);
    if (r->fd < 0 || fstat(r->fd, &st) != 0)
        return vfu_fail(error, errno, "%s: %s", r->path, strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        close(r->fd);
        return vfu_fail(error, EISDIR, "%s: %s", r->path, strerror(EISDIR));
    }
    r->may_wait = !S_ISREG(st.st_mode);
    return true;
}

/* The link types that we read; closes the pcap if it is another. */
static bool check_link_type(struct vfu_capreader *r, struct vfu_error *error)
{
    int type = pcap_datalink(r->pcap);

    if (type == DLT_WIRESHARK_UPPER_PDU)
        return true;
    if (type == DLT_USER0 && (r->raw = file_raw_new()) != NULL)
        return true;
    vfu_fail(error, 0, "%s: not a capture of vfio-user traffic (its packets are %s, link type %d)", r->path,
             pcap_datalink_val_to_name(type) ? pcap_datalink_val_to_name(type) : "unknown", type);
    pcap_close(r->pcap);
    return false;
}

/* Is it text, that may be a strace log? Looks at two bytes, which the stream gives again. */
static bool is_text(FILE *stream)
{
    int first = getc(stream), second = first == EOF ? EOF : getc(stream);

    if (second != EOF)
        ungetc(second, stream);
    if (first != EOF)
        ungetc(first, stream);
    return second != EOF && file_strace_begins(first, second);
}

/* Does its header say that records are what we know, one behind the other? */
static bool can_go_back(const struct vfu_capreader *r)
{
    static const uint32_t known[] = { 0xa1b2c3d4, 0xa1b23c4d };
    uint32_t magic;

    if (r->may_wait || r->fd == STDIN_FILENO || !file_unpack_is_plain(r->unpack) || pcap_datalink(r->pcap) != DLT_WIRESHARK_UPPER_PDU ||
        pread(r->fd, &magic, sizeof magic, 0) != sizeof magic)
        return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (magic == known[i] || magic == __builtin_bswap32(known[i]))
            return true;
    return false;
}

/* The stream is the pcap's or the log's once this succeeds, and closed with it. */
static bool open_stream(struct vfu_capreader *r, struct vfu_error *error)
{
    FILE *stream = fopencookie(r, "r", (cookie_io_functions_t){ .read = stream_read, .seek = stream_seek, .close = stream_close });
    char why[PCAP_ERRBUF_SIZE] = "";

    if (!stream) {
        stream_close(r);
        return vfu_fail(error, 0, "%s: out of memory", r->path);
    }
    setvbuf(stream, r->buffer, _IOFBF, sizeof r->buffer);
    if (is_text(stream)) {
        r->strace = file_strace_open(stream, r->path);
        if (r->strace)
            return true;
    } else {
        r->pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, why);
        if (r->pcap) {
            r->again = can_go_back(r);
            return check_link_type(r, error);
        }
    }
    fclose(stream);
    if (trouble_of(r))
        return vfu_fail(error, 0, "%s: %s", r->path, trouble_of(r));
    return vfu_fail(error, is_stopped(r) ? EINTR : 0, "%s: %s", r->path,
                    r->empty ? "an empty file, not a capture" : *why ? why : "out of memory");
}

static struct vfu_capreader *new_reader(const char *path, const struct vfu_capwait *wait, struct vfu_error *error)
{
    struct vfu_capreader *r = malloc(sizeof *r);

    if (r) {
        memset(r, 0, offsetof(struct vfu_capreader, buffer));
        r->path = path;
        r->empty = true;
        if (wait)
            r->wait = *wait;
        r->unpack = file_unpack_new(read_file, r);
        if (r->unpack)
            return r;
    }
    free(r);
    vfu_fail(error, ENOMEM, "%s: out of memory", path);
    return NULL;
}

struct vfu_capreader *vfu_capreader_open(const char *path, const struct vfu_capwait *wait, struct vfu_error *error)
{
    struct vfu_capreader *r = new_reader(path, wait, error);

    if (!r || (open_input(r, error) && open_stream(r, error)))
        return r;
    file_unpack_free(r->unpack);
    free(r);
    return NULL;
}

struct vfu_capreader *vfu_capreader_again(struct vfu_capreader *r, struct vfu_error *error)
{
    struct vfu_capreader *other = new_reader(r->path, NULL, error);
    char same[32];

    if (!other)
        return NULL;
    snprintf(same, sizeof same, "/proc/self/fd/%d", r->fd);
    other->fd = open(same, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (other->fd < 0)
        vfu_fail(error, errno, "%s: %s", r->path, strerror(errno));
    else if (open_stream(other, error))
        return other;
    file_unpack_free(other->unpack);
    free(other);
    return NULL;
}

bool vfu_capreader_tell(struct vfu_capreader *r, struct vfu_capplace *place)
{
    off_t at = r->again ? ftello(pcap_file(r->pcap)) : -1;

    *place = (struct vfu_capplace){ .at = at < 0 ? 0 : (uint64_t)at, .open = r->begun && !r->ended, .last = r->last };
    return at >= 0;
}

bool vfu_capreader_seek(struct vfu_capreader *r, const struct vfu_capplace *place)
{
    if (!r->again || fseeko(pcap_file(r->pcap), (off_t)place->at, SEEK_SET) != 0)
        return false;
    r->begun = place->open;
    r->ended = false;
    r->last = place->last;
    return true;
}

void vfu_capreader_progress(const struct vfu_capreader *r, uint64_t *read, uint64_t *size)
{
    off_t at = r->may_wait ? -1 : lseek(r->fd, 0, SEEK_CUR);
    struct stat st;

    *read = *size = 0;
    if (at < 0 || fstat(r->fd, &st) != 0)
        return;
    *read = (uint64_t)at;
    *size = (uint64_t)st.st_size;
}

/* A part of what it holds is missing: messages may be, and the session is to know. */
static enum vfu_captured miss_message(struct vfu_event *event)
{
    struct vfu_message m = event->message;

    *event = (struct vfu_event){ .kind = VFU_EVENT_DROPPED, .time = m.time, .dropped.messages = 1 };
    return VFU_CAPTURED_EVENT;
}

/* An event that can't be read; `false` to go on with the next record. */
static bool leave_out(struct vfu_capreader *r, const char *why)
{
    if (r->left_out++ == 0)
        snprintf(r->left_out_why, sizeof r->left_out_why, "record %llu: %s", (unsigned long long)r->records, why);
    return false;
}

uint64_t vfu_capreader_left_out(const struct vfu_capreader *r, const char **why)
{
    *why = r->left_out_why;
    return r->left_out;
}

/* A record of ours. False: nothing that is left of it can be shown. */
static bool take_record(struct vfu_capreader *r, const uint8_t *bytes, const struct pcap_pkthdr *packet,
                        struct vfu_event *event, enum vfu_captured *got, struct vfu_error *error)
{
    bool is_event = false, cut = packet->caplen < packet->len, later = false;
    struct vfu_error why;

    memset(event, 0, sizeof *event);
    *got = VFU_CAPTURED_BAD;
    if (!file_record_get(bytes, packet->caplen, packet->len, event, r->fds, &r->recorded, &is_event, &why)) {
        if (cut && event->message.bytes && is_event)
            return leave_out(r, "an event that is cut");
        if (cut && event->message.bytes)
            *got = miss_message(event);
        else
            vfu_fail(error, 0, "%s: record %llu: %s", r->path, (unsigned long long)r->records, why.text);
        event->time.wall_ns = (uint64_t)packet->ts.tv_sec * 1000000000u + (uint64_t)packet->ts.tv_usec;
        return true;
    }
    event->time.wall_ns = (uint64_t)packet->ts.tv_sec * 1000000000u + (uint64_t)packet->ts.tv_usec;
    *got = VFU_CAPTURED_MESSAGE;
    if (!is_event)
        return true;
    *got = VFU_CAPTURED_EVENT;
    if (file_event_parse((const char *)event->message.bytes, event->message.captured, event, r->memory, &r->recorded,
                         &later))
        return true;
    if (cut)
        return leave_out(r, "an event that is cut");
    if (later)
        return leave_out(r, "an event of a kind that this version does not know");
    vfu_fail(error, 0, "%s: record %llu: an event that is none", r->path, (unsigned long long)r->records);
    *got = VFU_CAPTURED_BAD;
    return true;
}

/* The next record, or the end of the file. */
static enum vfu_captured next_record(struct vfu_capreader *r, struct vfu_event *event, struct vfu_error *error)
{
    struct pcap_pkthdr *packet;
    const u_char *bytes;
    int got;

    for (;;) {
        enum file_raw_taken taken = r->raw ? file_raw_take(r->raw, event) : FILE_RAW_NOTHING;

        if (taken != FILE_RAW_NOTHING)
            return taken == FILE_RAW_MESSAGE ? VFU_CAPTURED_MESSAGE : VFU_CAPTURED_EVENT;
        got = pcap_next_ex(r->pcap, &packet, &bytes);
        if (got == PCAP_ERROR_BREAK)
            return is_stopped(r) ? VFU_CAPTURED_STOPPED : VFU_CAPTURED_END;
        r->records++;
        if (got != 1) {
            vfu_fail(error, 0, "%s: record %llu: %s", r->path, (unsigned long long)r->records,
                     trouble_of(r) ? trouble_of(r) : pcap_geterr(r->pcap));
            return is_stopped(r) ? VFU_CAPTURED_STOPPED : VFU_CAPTURED_BAD;
        }
        if (!r->raw) {
            enum vfu_captured what;

            if (take_record(r, bytes, packet, event, &what, error))
                return what;
            continue;
        }
        file_raw_put(r->raw, bytes, packet->caplen, packet->len,
                     (uint64_t)packet->ts.tv_sec * 1000000000u + (uint64_t)packet->ts.tv_usec);
    }
}

enum vfu_captured vfu_capreader_next(struct vfu_capreader *r, struct vfu_event *event, struct vfu_error *error)
{
    enum vfu_captured got = r->strace ? file_strace_next(r->strace, event, error) : next_record(r, event, error);

    if (got == VFU_CAPTURED_STOPPED && trouble_of(r)) {
        vfu_fail(error, 0, "%s: %s", r->path, trouble_of(r));
        return VFU_CAPTURED_BAD;
    }
    if (got == VFU_CAPTURED_END && r->begun && !r->ended) {
        *event = (struct vfu_event){ .kind = VFU_EVENT_END, .time = r->last, .end.cut = true };
        got = VFU_CAPTURED_EVENT;
    }
    if (got != VFU_CAPTURED_MESSAGE && got != VFU_CAPTURED_EVENT)
        return got;
    r->last = got == VFU_CAPTURED_MESSAGE ? event->message.time : event->time;
    if (got == VFU_CAPTURED_EVENT && vfu_event_frames(event)) {
        r->begun = true;
        r->ended = event->kind == VFU_EVENT_END;
    }
    return got;
}

void vfu_capreader_close(struct vfu_capreader *r)
{
    if (r->strace)
        file_strace_close(r->strace);
    if (r->pcap)
        pcap_close(r->pcap);
    file_raw_free(r->raw);
    file_unpack_free(r->unpack);
    free(r->recorded.spec);
    free(r);
}
