/*
 * Events of every kind, written to a capture and read back: what was in them is there again, and looks the same.
 */
#include "capture/file/capfile.h"
#include "decoder/sinks/sinks.h"
#include "test.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static const uint8_t memory[] = { 0x00, 0x7f, 0x80, 0xff };
static const uint8_t stray[VFU_UNFRAMED_MAX] = { 1, [70] = 0xff }; /* more than is shown */

static const struct vfu_doing doing[] = {
    { VFU_CLIENT, 3, 4000000, 4000001, 1, "a\"b", "c)\n", 'S', "recvmsg(5)", "unix_stream_read_generic" },
    { VFU_SERVER, 3, 7, 7, 12, "", "d", 'R', "", "" },
};

static char long_spec[2000]; /* longer than any event's words */
static const char line[VFU_LINE_MAX] = { 'x' }; /* NULs: no text, in JSON */

#define AT(n) .time = { 1700000000000000000 + (n), (n) * UINT64_C(1000) }
static const struct vfu_event events[] = {
    { .kind = VFU_EVENT_CONNECT, AT(1), .conn = 3 },
    { .kind = VFU_EVENT_CONNECT, AT(1), .conn = 3, .connect = { 4000000, "a) \"b\"\n\xff" } },
    { .kind = VFU_EVENT_UNFRAMED, AT(2), .conn = 3, .channel = VFU_TWIN, .from = VFU_SERVER,
      .unframed = { UINT64_C(0x123456789abcdef0), stray, sizeof stray, false, "a \"size\"\n\xc3\xa4" } },
    { .kind = VFU_EVENT_UNFRAMED, AT(16), .conn = 3, .unframed = { .offset = 7, .missing = true } },
    { .kind = VFU_EVENT_FRAMED, AT(23), .conn = 3, .channel = VFU_TWIN, .from = VFU_SERVER,
      .framed = { UINT64_C(0x123456789abcdef0), UINT64_C(0x9abcdef0) } },
    { .kind = VFU_EVENT_DROPPED, AT(3), .dropped = { 77, 5 } },
    { .kind = VFU_EVENT_DROPPED, AT(3), .dropped.events = 1 },
    { .kind = VFU_EVENT_INTERRUPT, AT(4), .conn = 3, .from = VFU_SERVER, .interrupt = { 5, 2, 9, false, true } },
    { .kind = VFU_EVENT_INTERRUPT, AT(5), .conn = 3, .from = VFU_SERVER, .interrupt = { 1, 77, 0, true, false } },
    { .kind = VFU_EVENT_IOEVENTFD, AT(6), .conn = 3, .ioeventfd = { 6, UINT64_C(0x1234567890), 4, false } },
    { .kind = VFU_EVENT_IOEVENTFD, AT(7), .conn = 3, .ioeventfd = { 1, 0, 999, true } },
    { .kind = VFU_EVENT_INJECTED, AT(8), .conn = 3, .from = VFU_SERVER, .injected = { 12, "drop REGION_READ", 17 } },
    { .kind = VFU_EVENT_INJECTED, AT(8), .conn = 3, .injected = { 13, long_spec, sizeof long_spec } },
    { .kind = VFU_EVENT_OVERDUE, AT(9), .conn = 3, .channel = VFU_TWIN, .from = VFU_SERVER,
      .overdue = { 13, 4, 6000, true, false, "DMA_READ, id 3, for 6.000 s", .read = true } },
    { .kind = VFU_EVENT_OVERDUE, AT(10), .conn = 3, .overdue = { 14, 1, 7, .unread = true } },
    { .kind = VFU_EVENT_OVERDUE, AT(10), .conn = 3, .overdue = { 14, 1, VFU_WAITING_UNKNOWN, false, false, "" } },
    { .kind = VFU_EVENT_STALLED, AT(17), .conn = 3, .channel = VFU_TWIN, .from = VFU_SERVER,
      .stalled = { UINT64_C(0x100000000), 1234, 4096, 9, 10, "REGION_WRITE id 9" } },
    { .kind = VFU_EVENT_STALLED, AT(18), .conn = 3, .stalled = { .got = 5 }, .doing_count = 2, .doing = doing },
    { .kind = VFU_EVENT_READS_NO_MORE, AT(19), .conn = 3, .from = VFU_SERVER, .reads_no_more = { 77 } },
    { .kind = VFU_EVENT_PEER, AT(20), .conn = 3, .from = VFU_SERVER, .peer = { "libvfio-user" } },
    { .kind = VFU_EVENT_MEMORY, AT(11), .conn = 3,
      .memory = { 15, UINT64_C(0xfedcba9876543210), memory, sizeof memory } },
    { .kind = VFU_EVENT_UNREAD, AT(21), .channel = VFU_TWIN, .from = VFU_SERVER,
      .unread = { UINT64_C(0x100000001), 3, 96, 9, 10, true, 4000000, "a\"b", "REGION_WRITE id 9" } },
    { .kind = VFU_EVENT_CAPTURE, AT(21),
      .capture = { 1699999999000000001, "0.1", "6.1.0-18-amd64 x86_64", long_spec, sizeof long_spec } },
    { .kind = VFU_EVENT_END, AT(22), .end.goes_on = true },
    { .kind = VFU_EVENT_END, AT(23), .end.cut = true },
    { .kind = VFU_EVENT_END, AT(24) },
    { .kind = VFU_EVENT_LOG, AT(25), .line = { "a \"b\"\x1b[0m\xc3\xa4", 12, 0, "nvme" } },
    { .kind = VFU_EVENT_LOG, AT(25), .line = { "\xff\0x", 3, 0, "nvme" } },
    { .kind = VFU_EVENT_LOG, AT(25), .line = { line, sizeof line, 0, "nvme" } },
    { .kind = VFU_EVENT_LOG, AT(25), .line = { "", 0, 0, "nvme" } },
    { .kind = VFU_EVENT_LOG, AT(26), .line = { "5 lines", 7, UINT64_C(0x100000005), "nvme" } },
    { .kind = VFU_EVENT_MARK, AT(27), .line = { "step 2", 6 } },
    { .kind = VFU_EVENT_LOOK, AT(28), .conn = 3 },
    { .kind = VFU_EVENT_DISCONNECT, AT(12), .conn = 3, .disconnect = { 1u << VFU_CLIENT, "client closed" } },
    { .kind = VFU_EVENT_DISCONNECT, AT(13), .conn = 4,
      .disconnect = { 1u << VFU_SERVER, "server closed (twin) after 3 of a header's 16 bytes" } },
    { .kind = VFU_EVENT_DISCONNECT, AT(14), .conn = 5,
      .disconnect = { 1u << VFU_SERVER, "server closed: its process", 78, 77, { 4000000, 11, "a\"b" } } },
    { .kind = VFU_EVENT_DISCONNECT, AT(14), .conn = 5,
      .disconnect = { 1u << VFU_CLIENT, "client closed", 0, 0, { 4000000, 3 << 8, "" } } },
    { .kind = VFU_EVENT_DISCONNECT, AT(14), .conn = 5, .disconnect = { VFU_BOTH_SIDES, "the tap ended" } },
    { .kind = VFU_EVENT_DISCONNECT, AT(15), .conn = 6 },
};
enum { EVENTS = sizeof events / sizeof *events };

static void check_members(const struct vfu_event *e, const struct vfu_event *was)
{
    switch (was->kind) {
    case VFU_EVENT_CAPTURE:
        CHECK_EQ(e->capture.start_ns, was->capture.start_ns);
        CHECK_EQ(e->capture.size, was->capture.size);
        break;
    case VFU_EVENT_END:
        CHECK_EQ(e->end.goes_on, was->end.goes_on);
        CHECK_EQ(e->end.cut, was->end.cut);
        break;
    case VFU_EVENT_CONNECT:
        CHECK_EQ(e->connect.pid, was->connect.pid);
        break;
    case VFU_EVENT_UNFRAMED:
        CHECK_EQ(e->unframed.offset, was->unframed.offset);
        CHECK_EQ(e->unframed.missing, was->unframed.missing);
        if (CHECK_EQ(e->unframed.size, was->unframed.size) && was->unframed.size)
            CHECK(memcmp(e->unframed.bytes, was->unframed.bytes, was->unframed.size) == 0);
        break;
    case VFU_EVENT_FRAMED:
        CHECK_EQ(e->framed.offset, was->framed.offset);
        CHECK_EQ(e->framed.skipped, was->framed.skipped);
        break;
    case VFU_EVENT_DROPPED:
        CHECK_EQ(e->dropped.messages, was->dropped.messages);
        CHECK_EQ(e->dropped.events, was->dropped.events);
        break;
    case VFU_EVENT_INTERRUPT:
        CHECK_EQ(e->interrupt.count, was->interrupt.count);
        CHECK_EQ(e->interrupt.index, was->interrupt.index);
        CHECK_EQ(e->interrupt.vector, was->interrupt.vector);
        CHECK_EQ(e->interrupt.lost, was->interrupt.lost);
        CHECK_EQ(e->interrupt.late, was->interrupt.late);
        break;
    case VFU_EVENT_IOEVENTFD:
        CHECK_EQ(e->ioeventfd.count, was->ioeventfd.count);
        CHECK_EQ(e->ioeventfd.region, was->ioeventfd.region);
        CHECK_EQ(e->ioeventfd.offset, was->ioeventfd.offset);
        CHECK_EQ(e->ioeventfd.lost, was->ioeventfd.lost);
        break;
    case VFU_EVENT_INJECTED:
        CHECK_EQ(e->injected.no, was->injected.no);
        CHECK_EQ(e->injected.size, was->injected.size);
        break;
    case VFU_EVENT_OVERDUE:
        CHECK_EQ(e->overdue.no, was->overdue.no);
        CHECK_EQ(e->overdue.count, was->overdue.count);
        CHECK_EQ(e->overdue.waiting_ms, was->overdue.waiting_ms);
        CHECK_EQ(e->overdue.both, was->overdue.both);
        CHECK_EQ(e->overdue.read, was->overdue.read);
        CHECK_EQ(e->overdue.unread, was->overdue.unread);
        break;
    case VFU_EVENT_STALLED:
        CHECK_EQ(e->stalled.got, was->stalled.got);
        CHECK_EQ(e->stalled.waiting_ms, was->stalled.waiting_ms);
        CHECK_EQ(e->stalled.size, was->stalled.size);
        CHECK_EQ(e->stalled.id, was->stalled.id);
        CHECK_EQ(e->stalled.command, was->stalled.command);
        break;
    case VFU_EVENT_READS_NO_MORE:
        CHECK_EQ(e->reads_no_more.last, was->reads_no_more.last);
        break;
    case VFU_EVENT_MEMORY:
        CHECK_EQ(e->memory.no, was->memory.no);
        CHECK_EQ(e->memory.address, was->memory.address);
        if (CHECK_EQ(e->memory.size, was->memory.size))
            CHECK(memcmp(e->memory.bytes, was->memory.bytes, was->memory.size) == 0);
        break;
    case VFU_EVENT_LOG:
    case VFU_EVENT_MARK:
        CHECK_TEXT(e->line.name, was->line.name);
        CHECK_EQ(e->line.left_out, was->line.left_out);
        if (CHECK_EQ(e->line.size, was->line.size))
            CHECK(memcmp(e->line.text, was->line.text, was->line.size) == 0);
        break;
    case VFU_EVENT_DISCONNECT:
        CHECK_EQ(e->disconnect.closed_by, was->disconnect.closed_by);
        CHECK_EQ(e->disconnect.unread, was->disconnect.unread);
        CHECK_EQ(e->disconnect.on, was->disconnect.on);
        CHECK_EQ(e->disconnect.ended.pid, was->disconnect.ended.pid);
        CHECK_EQ(e->disconnect.ended.status, was->disconnect.ended.status);
        break;
    default:
        break;
    }
}

static const char *json_of(const struct vfu_event *e, char room[4096])
{
    static const struct vfu_json plain;
    struct vfu_writer w = vfu_writer(room, 4095, NULL, NULL);

    vfu_json_event(&plain, e, &w);
    room[w.used] = '\0';
    return room;
}

static void check_event(const struct vfu_event *e, const struct vfu_event *was)
{
    char now[4096], then[4096];

    test_case("%s, event %td", vfu_event_name(was->kind), was - events);
    CHECK_EQ(e->kind, was->kind);
    CHECK_EQ(e->time.wall_ns, was->time.wall_ns);
    CHECK_EQ(e->time.mono_ns, was->time.mono_ns);
    CHECK_EQ(e->conn, was->conn);
    CHECK_EQ(e->channel, was->channel);
    CHECK_EQ(e->from, was->from);
    if (e->kind == was->kind)
        check_members(e, was);
    CHECK_TEXT(vfu_event_text(e), vfu_event_text(was));
    CHECK_EQ(e->doing_count, was->doing_count);
    CHECK_TEXT(json_of(e, now), json_of(was, then));
}

static bool put_all(const char *path, struct vfu_error *error)
{
    struct vfu_capwriter *w = vfu_capwriter_open(path, 0, NULL, error);
    bool ok = w;

    for (size_t i = 0; ok && i < EVENTS; i++)
        ok = vfu_capwriter_event(w, &events[i], error);
    return w && vfu_capwriter_close(w, error) && ok;
}

static void get_all(const char *path, struct vfu_error *error)
{
    struct vfu_capreader *r = vfu_capreader_open(path, NULL, error);
    bool seen[VFU_EVENT_KINDS] = { [VFU_EVENT_MESSAGE] = true };
    struct vfu_event e;
    size_t count = 0;

    for (; r && count < EVENTS && vfu_capreader_next(r, &e, error) == VFU_CAPTURED_EVENT; count++) {
        seen[e.kind] = true;
        check_event(&e, &events[count]);
    }
    test_case("all of them, and of every kind");
    CHECK_EQ(count, EVENTS);
    CHECK(r && vfu_capreader_next(r, &e, error) == VFU_CAPTURED_END);
    for (int kind = 0; kind < VFU_EVENT_KINDS; kind++)
        CHECK(seen[kind]);
    if (r)
        vfu_capreader_close(r);
}

int main(void)
{
    char folder[] = "/tmp/vfuscope-captured-XXXXXX", path[PATH_MAX];
    struct vfu_error error = { 0 };

    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/capture", folder);
    memset(long_spec, 'x', sizeof long_spec - 1);
    test_case("they are written");
    if (CHECK(put_all(path, &error)))
        get_all(path, &error);
    if (error.text[0])
        printf("# %s\n", error.text);
    unlink(path);
    rmdir(folder);
    return test_end();
}
