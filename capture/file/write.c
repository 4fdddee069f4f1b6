/*
 * Writing capture files. libpcap writes to a stream of ours, so that a write that fails is known to the byte: the file
 * is then cut back to its last whole record.
 */
#include "capture/file/inside.h"
#include "capture/file/outfile.h"
#include "decoder/sinks/sinks.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STREAM_BUFFER = 256 << 10, EVENT_JSON = 128 << 10 /* more than all its notes */ };
enum { FILE_HEADER = 24, PACKET_HEADER = 16 }; /* libpcap's */

struct vfu_capwriter {
    struct vfu_outfile out;
    struct file_pack *pack; /* NULL: as it is */
    pcap_t *pcap;
    pcap_dumper_t *dumper;
    FILE *stream; /* the dumper's */
    size_t keep;  /* bytes of a message */
    uint64_t last, since; /* the last message's number; all messages from `since` to it are in the file */
    uint64_t size;  /* of what was given to the stream */
    uint64_t flushed; /* so much of that has been packed, and written */
    uint64_t whole; /* up to here the file is known to be whole */
    bool failed;
    struct vfu_error error; /* why, once failed */
    char buffer[STREAM_BUFFER];
    uint8_t record[FILE_RECORD_MAX];
};

static ssize_t stream_write(void *context, const char *bytes, size_t size)
{
    struct vfu_capwriter *w = context;

    if (!w->failed && w->pack)
        w->failed = !file_pack_put(w->pack, &w->out, bytes, size, FILE_PACK_MORE, &w->error);
    else if (!w->failed)
        w->failed = !vfu_outfile_write(&w->out, bytes, size, &w->error);
    return w->failed ? 0 : (ssize_t)size;
}

static bool start_pcap(struct vfu_capwriter *w)
{
    w->stream = fopencookie(w, "w", (cookie_io_functions_t){ .write = stream_write });
    if (!w->stream)
        return false;
    setvbuf(w->stream, w->buffer, _IOFBF, sizeof w->buffer);
    w->pcap = pcap_open_dead_with_tstamp_precision(DLT_WIRESHARK_UPPER_PDU, FILE_RECORD_MAX, PCAP_TSTAMP_PRECISION_NANO);
    w->dumper = w->pcap ? pcap_dump_fopen(w->pcap, w->stream) : NULL;
    if (w->dumper)
        return true;
    fclose(w->stream);
    if (w->pcap)
        pcap_close(w->pcap);
    return false;
}

struct vfu_capwriter *vfu_capwriter_open(const char *path, uint32_t snaplen, atomic_bool *give_up,
                                         struct vfu_error *error)
{
    struct vfu_capwriter *w = malloc(sizeof *w);

    if (!w) {
        vfu_fail(error, 0, "%s: out of memory", path);
        return NULL;
    }
    memset(w, 0, offsetof(struct vfu_capwriter, buffer));
    w->out.give_up = give_up;
    w->keep = snaplen == 0 ? FILE_RECORD_MAX : snaplen < VFU_HEADER_SIZE ? VFU_HEADER_SIZE : snaplen;
    if (!vfu_outfile_open(&w->out, path, VFU_OUT_CAPTURE, error)) {
        free(w);
        return NULL;
    }
    if (!file_pack_open(path, &w->pack) || !start_pcap(w)) {
        vfu_fail(error, 0, "%s: out of memory", path);
        file_pack_close(w->pack);
        vfu_outfile_close(&w->out, NULL);
        free(w);
        return NULL;
    }
    return w;
}

void vfu_capwriter_make_room(struct vfu_capwriter *w, bool (*make_room)(void *context), void *context)
{
    w->out.make_room = make_room;
    w->out.room_context = context;
}

/* After a failed write: everything up to the last whole record stays readable; what is packed is so up to where it ends. */
static void cut_back(struct vfu_capwriter *w)
{
    uint64_t at = w->whole < FILE_HEADER ? FILE_HEADER : w->whole, end;
    uint32_t header[4];
    struct stat st;

    if (!w->out.regular || w->pack || fstat(w->out.fd, &st) != 0)
        return;
    end = (uint64_t)st.st_size;
    while (at + PACKET_HEADER <= end && pread(w->out.fd, header, sizeof header, (off_t)at) == PACKET_HEADER &&
           at + PACKET_HEADER + header[2] <= end)
        at += PACKET_HEADER + header[2];
    if (at != end && ftruncate(w->out.fd, (off_t)(at < end ? at : 0)) != 0)
        vfu_fail(&w->error, w->error.number, "%.150s; its last record is cut", w->error.text);
}

/* The writer's own failure, told to the caller. */
static bool tell_failure(struct vfu_capwriter *w, struct vfu_error *error)
{
    if (error)
        *error = w->error;
    return false;
}

bool vfu_capwriter_flush(struct vfu_capwriter *w, struct vfu_error *error)
{
    w->failed = w->failed || pcap_dump_flush(w->dumper) != 0;
    if (!w->failed && w->pack && (w->flushed < w->size || !w->out.position))
        w->failed = !file_pack_put(w->pack, &w->out, NULL, 0, FILE_PACK_FLUSH, &w->error);
    if (w->failed)
        return tell_failure(w, error);
    w->whole = w->out.position;
    w->flushed = w->size;
    return true;
}

bool vfu_capwriter_reaches(struct vfu_capwriter *w, uint64_t size)
{
    if (!w->pack)
        return FILE_HEADER + w->size >= size;
    return w->out.position + (w->size - w->flushed) >= size && vfu_capwriter_flush(w, NULL) && w->out.position >= size;
}

/* What follows the head in an event's record: its JSON object, without the newline. */
static size_t event_body(const struct vfu_event *event, uint8_t *body)
{
    static const struct vfu_json whole = { .hex = true };
    struct vfu_writer w = vfu_writer((char *)body, EVENT_JSON, NULL, NULL);

    vfu_json_event(&whole, event, &w);
    return w.used && body[w.used - 1] == '\n' ? w.used - 1 : w.used;
}

/* Is this a reply whose command is not in the file? Keeps count of the messages that are. */
static bool lacks_command(struct vfu_capwriter *w, const struct vfu_event *event)
{
    if (event->kind != VFU_EVENT_MESSAGE)
        return false;
    if (event->message.no != w->last + 1 || !w->since)
        w->since = event->message.no;
    w->last = event->message.no;
    return event->paired && event->reply_to < w->since;
}

bool vfu_capwriter_event(struct vfu_capwriter *w, const struct vfu_event *event, struct vfu_error *error)
{
    const struct vfu_message *m = &event->message;
    bool is_event = event->kind != VFU_EVENT_MESSAGE;
    size_t head = file_record_put(event, lacks_command(w, event), w->record), room = sizeof w->record - head, kept;
    struct pcap_pkthdr packet = {
        .ts = { .tv_sec = (time_t)(event->time.wall_ns / 1000000000u),
                .tv_usec = (suseconds_t)(event->time.wall_ns % 1000000000u) },
    };
    uint64_t size;

    if (event->kind == VFU_EVENT_END && vfu_outfile_reader_left(&w->out))
        return true; /* who has left misses nothing by that */
    if (is_event) {
        size = kept = event_body(event, w->record + head);
    } else {
        kept = m->captured < w->keep ? m->captured : w->keep;
        kept = kept < room ? kept : room;
        memcpy(w->record + head, m->bytes, kept);
        size = m->size;
    }
    size += head;
    packet.caplen = (bpf_u_int32)(head + kept);
    packet.len = size > UINT32_MAX ? UINT32_MAX : (bpf_u_int32)size;
    w->size += PACKET_HEADER + packet.caplen;
    if (!w->failed)
        pcap_dump((u_char *)w->dumper, &packet, w->record);
    return !w->failed || tell_failure(w, error);
}

bool vfu_capwriter_close(struct vfu_capwriter *w, struct vfu_error *error)
{
    bool ok = vfu_capwriter_flush(w, NULL);

    if (ok && w->pack)
        w->failed = !(ok = file_pack_put(w->pack, &w->out, NULL, 0, FILE_PACK_END, &w->error));
    if (!ok)
        cut_back(w);
    pcap_dump_close(w->dumper); /* writes nothing more: the stream is flushed, or refuses */
    pcap_close(w->pcap);
    file_pack_close(w->pack);
    if (!vfu_outfile_close(&w->out, ok ? &w->error : NULL))
        ok = false;
    if (!ok)
        tell_failure(w, error);
    free(w);
    return ok;
}
