/*
 * The session: which reply belongs to which command, bounds, latency, and what it learns.
 */
#include "decoder/reasons/reasons.h"
#include "decoder/session/session.h"
#include "decoder/wire/capabilities.h"
#include "test.h"

#include <stdlib.h>

/* Layouts that only this test knows. */
struct header {
    uint16_t id, command;
    uint32_t size, flags, error;
};
struct dma_map {
    struct header h;
    uint32_t argsz, flags;
    uint64_t offset, address, size;
};
struct dma_unmap {
    struct header h;
    uint32_t argsz, flags;
    uint64_t address, size;
};
struct region_info {
    struct header h;
    uint32_t argsz, flags, index, cap_offset;
    uint64_t size, offset;
};
struct four {
    struct header h;
    uint32_t a, b, c, d;
};

enum { RESET = 13, REGION_READ = 9, DMA_READ = 11, REPLY = 1, NO_REPLY = 0x10, ERROR_REPLY = 0x21 };

static struct vfu_event event; /* of the message put last */

static struct vfu_message plain(enum vfu_side from, const void *bytes, size_t size)
{
    return (struct vfu_message){ .conn = 1, .from = from, .bytes = bytes, .captured = size, .size = size };
}

/* A header alone; returns its no. */
static uint64_t put_on(struct vfu_session *s, uint32_t conn, enum vfu_channel channel, enum vfu_side from, uint16_t id,
                       uint16_t command, uint32_t flags)
{
    struct header h = { .id = id, .command = command, .size = sizeof h, .flags = flags };
    struct vfu_message m = plain(from, &h, sizeof h);

    m.conn = conn;
    m.channel = channel;
    vfu_session_message(s, &m, &event);
    return event.message.no;
}

static uint64_t put(struct vfu_session *s, enum vfu_side from, uint16_t id, uint16_t command, uint32_t flags)
{
    return put_on(s, 1, VFU_MAIN, from, id, command, flags);
}

static void put_struct(struct vfu_session *s, enum vfu_side from, void *bytes, size_t size)
{
    struct header *h = bytes;
    struct vfu_message m = plain(from, bytes, size);

    h->size = (uint32_t)size;
    vfu_session_message(s, &m, &event);
}

static void repeated_ids(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);

    test_case("one id for several commands: oldest first");
    for (uint64_t no = 1; no <= 3; no++)
        CHECK_EQ(put(s, VFU_CLIENT, 7, RESET, 0), no);
    CHECK_EQ(vfu_session_outstanding(s), 3);
    for (uint64_t no = 1; no <= 3; no++) {
        CHECK_EQ(put(s, VFU_SERVER, 7, RESET, REPLY), 3 + no);
        CHECK(event.paired);
        CHECK_EQ(event.reply_to, no);
    }
    CHECK_EQ(vfu_session_outstanding(s), 0);
    put(s, VFU_SERVER, 7, RESET, REPLY);
    CHECK(!event.paired);
    CHECK_EQ(vfu_session_unanswered(s), 0);
    vfu_session_free(s);
}

static void out_of_order(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);

    test_case("replies in another order");
    put(s, VFU_CLIENT, 1, RESET, 0);
    put(s, VFU_CLIENT, 2, RESET, 0);
    put(s, VFU_CLIENT, 3, RESET, 0);
    put(s, VFU_SERVER, 3, RESET, REPLY);
    CHECK_EQ(event.reply_to, 3);
    put(s, VFU_SERVER, 1, RESET, ERROR_REPLY);
    CHECK_EQ(event.reply_to, 1);
    put(s, VFU_SERVER, 2, RESET, REPLY);
    CHECK_EQ(event.reply_to, 2);
    vfu_session_free(s);
}

static void keys(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);

    test_case("both directions may use the same id");
    put(s, VFU_CLIENT, 5, RESET, 0);    /* 1 */
    put(s, VFU_SERVER, 5, DMA_READ, 0); /* 2 */
    put(s, VFU_SERVER, 5, RESET, 0);    /* 3: even the same command */
    put(s, VFU_CLIENT, 5, RESET, REPLY);
    CHECK_EQ(event.reply_to, 3);
    put(s, VFU_CLIENT, 5, DMA_READ, REPLY);
    CHECK_EQ(event.reply_to, 2);
    put(s, VFU_SERVER, 5, RESET, REPLY);
    CHECK_EQ(event.reply_to, 1);

    test_case("the command number is part of it");
    put(s, VFU_CLIENT, 9, RESET, 0);       /* 7 */
    put(s, VFU_CLIENT, 9, REGION_READ, 0); /* 8 */
    put(s, VFU_SERVER, 9, REGION_READ, REPLY);
    CHECK_EQ(event.reply_to, 8);
    put(s, VFU_SERVER, 9, RESET, REPLY);
    CHECK_EQ(event.reply_to, 7);
    vfu_session_free(s);

    test_case("each socket of each connection for itself");
    s = vfu_session_new(&vfu_all_checks);
    put_on(s, 1, VFU_MAIN, VFU_SERVER, 5, DMA_READ, 0); /* 1 */
    put_on(s, 1, VFU_TWIN, VFU_SERVER, 5, DMA_READ, 0); /* 2 */
    put_on(s, 2, VFU_MAIN, VFU_SERVER, 5, DMA_READ, 0); /* 3 */
    put_on(s, 2, VFU_MAIN, VFU_CLIENT, 5, DMA_READ, REPLY);
    CHECK_EQ(event.reply_to, 3);
    put_on(s, 1, VFU_TWIN, VFU_CLIENT, 5, DMA_READ, REPLY);
    CHECK_EQ(event.reply_to, 2);
    put_on(s, 1, VFU_MAIN, VFU_CLIENT, 5, DMA_READ, REPLY);
    CHECK_EQ(event.reply_to, 1);
    put_on(s, 3, VFU_MAIN, VFU_CLIENT, 5, DMA_READ, REPLY);
    CHECK(!event.paired);
    CHECK_EQ(vfu_session_outstanding(s), 0);
    vfu_session_free(s);
}

static void no_reply(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);

    test_case("a command with No_reply waits for none");
    put(s, VFU_CLIENT, 1, RESET, NO_REPLY);
    CHECK_EQ(vfu_session_outstanding(s), 0);
    put(s, VFU_CLIENT, 1, RESET, 0);
    put(s, VFU_SERVER, 1, RESET, REPLY);
    CHECK_EQ(event.reply_to, 2);
    vfu_session_free(s);
}

static void latency(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct header command = { .id = 1, .command = RESET, .size = 16 }, reply = command;
    struct vfu_message m = plain(VFU_CLIENT, &command, 16), r = plain(VFU_SERVER, &reply, 16);

    test_case("latency is monotonic time, whatever the wall clock does");
    reply.flags = REPLY;
    m.time.wall_ns = 5000000000;
    m.time.mono_ns = 1000;
    r.time.wall_ns = 4000000000;
    r.time.mono_ns = 43500;
    vfu_session_message(s, &m, &event);
    vfu_session_message(s, &r, &event);
    CHECK_EQ(event.latency_ns, 42500);
    vfu_session_free(s);
}

static void bound(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);

    test_case("65,536 wait in one direction; then the oldest counts as never answered");
    for (unsigned i = 0; i < VFU_MAX_OUTSTANDING; i++)
        put(s, VFU_CLIENT, (uint16_t)i, RESET, 0);
    CHECK_EQ(vfu_session_outstanding(s), VFU_MAX_OUTSTANDING);
    CHECK_EQ(vfu_session_unanswered(s), 0);
    put(s, VFU_SERVER, 1, DMA_READ, 0); /* the other direction has its own */
    CHECK_EQ(vfu_session_outstanding(s), VFU_MAX_OUTSTANDING + 1);
    for (uint16_t id = 0; id < 10; id++)
        put(s, VFU_CLIENT, id, RESET, 0);
    CHECK_EQ(vfu_session_outstanding(s), VFU_MAX_OUTSTANDING + 1);
    CHECK_EQ(vfu_session_unanswered(s), 10);
    put(s, VFU_SERVER, 3, RESET, REPLY);
    CHECK_EQ(event.reply_to, VFU_MAX_OUTSTANDING + 1 + 4); /* not the one that was pushed out */
    put(s, VFU_SERVER, 10, RESET, REPLY);
    CHECK_EQ(event.reply_to, 11);
    put(s, VFU_SERVER, 65535, RESET, REPLY);
    CHECK_EQ(event.reply_to, 65536);

    test_case("the end of a connection leaves nothing waiting");
    event = (struct vfu_event){ .kind = VFU_EVENT_DISCONNECT, .conn = 1 };
    vfu_session_event(s, &event);
    CHECK_EQ(vfu_session_outstanding(s), 0);
    CHECK_EQ(vfu_session_unanswered(s), 10 + VFU_MAX_OUTSTANDING + 1 - 3);
    event = (struct vfu_event){ .kind = VFU_EVENT_CONNECT, .conn = 2 };
    vfu_session_event(s, &event);
    put_on(s, 2, VFU_MAIN, VFU_SERVER, 20, RESET, REPLY);
    CHECK(!event.paired);
    vfu_session_free(s);
}

static void same_id_many(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);

    test_case("65,536 of one id, each answered in turn");
    for (unsigned i = 0; i < VFU_MAX_OUTSTANDING; i++)
        put(s, VFU_CLIENT, 1, RESET, 0);
    for (unsigned i = 0; i < VFU_MAX_OUTSTANDING; i++) {
        put(s, VFU_SERVER, 1, RESET, REPLY);
        if (!event.paired || event.reply_to != i + 1) {
            CHECK_EQ(event.reply_to, i + 1);
            break;
        }
    }
    CHECK_EQ(vfu_session_outstanding(s), 0);
    vfu_session_free(s);
}

static void numbers(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct header h = { .id = 1, .command = RESET, .size = 16 };
    struct vfu_message m = plain(VFU_CLIENT, &h, 16);

    test_case("messages are numbered over all connections, or keep their number");
    CHECK_EQ(put_on(s, 1, VFU_MAIN, VFU_CLIENT, 1, RESET, 0), 1);
    CHECK_EQ(put_on(s, 2, VFU_MAIN, VFU_CLIENT, 1, RESET, 0), 2);
    CHECK_EQ(put_on(s, 1, VFU_TWIN, VFU_CLIENT, 1, RESET, 0), 3);
    m.no = 77;
    vfu_session_message(s, &m, &event);
    CHECK_EQ(event.message.no, 77);
    vfu_session_free(s);
}

static void request_head(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct region_info q = { .h = { .id = 4, .command = 5 }, .argsz = 80, .index = 2 };
    struct header reply = { .id = 4, .command = 5, .flags = REPLY };

    test_case("a reply's event has what was asked");
    put_struct(s, VFU_CLIENT, &q, sizeof q);
    put_struct(s, VFU_SERVER, &reply, sizeof reply);
    CHECK_EQ(event.request_size, sizeof q - 16);
    CHECK(memcmp(event.request, &q.argsz, sizeof q - 16) == 0);
    vfu_session_free(s);
}

static void map(struct vfu_session *s, uint64_t address, uint64_t size, uint32_t reply_flags)
{
    struct dma_map m = { .h = { .id = 1, .command = 2 }, .argsz = 32, .flags = 3, .address = address, .size = size };

    put_struct(s, VFU_CLIENT, &m, sizeof m);
    put(s, VFU_SERVER, 1, 2, reply_flags);
}

static void unmap(struct vfu_session *s, uint64_t address, uint64_t size, uint32_t flags, uint32_t reply_flags)
{
    struct dma_unmap m = { .h = { .id = 1, .command = 3 }, .argsz = 24, .flags = flags, .address = address, .size = size };

    put_struct(s, VFU_CLIENT, &m, sizeof m);
    m.h.flags = reply_flags;
    put_struct(s, VFU_SERVER, &m, sizeof m);
}

/* One digit for each of the eight pages from 0x100000 on: mapped or not. */
static const char *mapped(const struct vfu_session *s)
{
    static char pages[9];

    for (unsigned i = 0; i < 8; i++)
        pages[i] = vfu_ranges_at(&vfu_session_connection(s, 1)->maps, 0x100000 + i * 0x1000) ? '1' : '0';
    return pages;
}

/* An unmap takes what lies within it from end to end, and no more; a refusal brings that back. */
static void unmaps(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct dma_unmap command = { .h = { .id = 9, .command = 3 }, .argsz = 24, .address = 0x102000, .size = 0x2000 };

    test_case("an unmap takes what lies in its range, whole");
    for (unsigned i = 0; i < 8; i += 2)
        map(s, 0x100000 + i * 0x1000, 0x2000, REPLY);
    CHECK_TEXT(mapped(s), "11111111");
    unmap(s, 0x102000, 0x4000, 0, ERROR_REPLY);
    CHECK_TEXT(mapped(s), "11111111");
    unmap(s, 0x101000, 0x4000, 0, REPLY); /* two stick out of it */
    CHECK_TEXT(mapped(s), "11001111");
    unmap(s, 0x104000, 0, 0, REPLY);
    unmap(s, 0x102000, 0x2000, 0, REPLY);
    CHECK_TEXT(mapped(s), "11001111");
    map(s, UINT64_MAX - 0xfff, 0x1000, REPLY);
    unmap(s, 0x104000, UINT64_MAX, 0, REPLY); /* goes beyond the last address */
    CHECK_TEXT(mapped(s), "11000000");
    CHECK_EQ(vfu_session_connection(s, 1)->maps.count, 1);

    test_case("a refused unmap under which something else was mapped: nobody knows");
    map(s, 0x102000, 0x2000, REPLY);
    put_struct(s, VFU_CLIENT, &command, sizeof command);
    map(s, 0x103000, 0x1000, REPLY);
    CHECK(!vfu_session_connection(s, 1)->maps_unsure);
    put(s, VFU_SERVER, 9, 3, ERROR_REPLY);
    CHECK(vfu_session_connection(s, 1)->maps_unsure);
    CHECK_TEXT(mapped(s), "11010000");
    vfu_session_free(s);
}

static void maps(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    const struct vfu_connection *c;
    const struct vfu_known_map *m;

    test_case("the DMA map, sorted, without what was refused");
    map(s, 0x200000, 0x1000, REPLY);
    map(s, 0x100000, 0x2000, REPLY);
    map(s, 0x300000, 0x3000, ERROR_REPLY);
    c = vfu_session_connection(s, 1);
    if (CHECK(c) && CHECK_EQ(c->maps.count, 2)) {
        m = vfu_ranges_first(&c->maps);
        CHECK_EQ(m->address, 0x100000);
        CHECK_EQ(m->size, 0x2000);
        m = vfu_ranges_next(&c->maps, m);
        CHECK_EQ(m->address, 0x200000);
        CHECK_EQ(m->flags, 3);
    }
    unmap(s, 0x200000, 0x1000, 0, ERROR_REPLY);
    c = vfu_session_connection(s, 1);
    CHECK_EQ(c->maps.count, 2);
    unmap(s, 0x100000, 0x2000, 0, REPLY);
    c = vfu_session_connection(s, 1);
    if (CHECK_EQ(c->maps.count, 1))
        CHECK(vfu_ranges_at(&c->maps, 0x200000));
    unmap(s, 0, 0, 2, REPLY);
    c = vfu_session_connection(s, 1);
    CHECK_EQ(c->maps.count, 0);
    CHECK(vfu_session_connection(s, 99) == NULL);
    vfu_session_free(s);
}

static void device(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct four info = { .h = { .id = 1, .command = 4 }, .a = 16 }, irq = { .h = { .id = 2, .command = 7 }, .a = 16, .c = 2 };
    struct region_info region = { .h = { .id = 3, .command = 5 }, .argsz = 32, .index = 7 };
    struct four state = { .h = { .id = 4, .command = 16 }, .a = 16, .b = 0x20002, .c = 3 };
    const struct vfu_connection *c;

    test_case("the device's regions and IRQs, and the migration state");
    put_struct(s, VFU_CLIENT, &info, sizeof info);
    put_struct(s, VFU_CLIENT, &irq, sizeof irq);
    put_struct(s, VFU_CLIENT, &region, sizeof region);
    put_struct(s, VFU_CLIENT, &state, sizeof state);
    info.h.flags = irq.h.flags = region.h.flags = state.h.flags = REPLY;
    info.b = 3;
    info.c = 9;
    info.d = 5;
    irq.b = 9;
    irq.d = 4;
    region.flags = 3;
    region.size = 4096;
    put_struct(s, VFU_SERVER, &info, sizeof info);
    put_struct(s, VFU_SERVER, &irq, sizeof irq);
    put_struct(s, VFU_SERVER, &region, sizeof region);
    put_struct(s, VFU_SERVER, &state, sizeof state);
    c = vfu_session_connection(s, 1);
    if (!CHECK(c))
        return;
    CHECK_EQ(c->num_regions, 9);
    CHECK_EQ(c->num_irqs, 5);
    CHECK(c->irqs[2].known);
    CHECK_EQ(c->irqs[2].flags, 9);
    CHECK_EQ(c->irqs[2].count, 4);
    CHECK(c->regions[7].known && !c->regions[0].known);
    CHECK_EQ(c->regions[7].flags, 3);
    CHECK_EQ(c->regions[7].size, 4096);
    CHECK(c->migration_state_known);
    CHECK_EQ(c->migration_state, VFU_STATE_STOP_COPY);
    vfu_session_free(s);
}

static void capabilities(void)
{
    static const char text[] = "{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":65536,\"twin_socket\":"
                               "{\"supported\":true,\"fd_index\":1},\"migration\":{\"pgsize\":8192},"
                               "\"write_multiple\":true}}";
    struct vfu_capabilities c;

    test_case("capabilities");
    CHECK(vfu_capabilities_parse(text, sizeof text - 1, &c));
    CHECK_EQ(c.max_msg_fds, 16);
    CHECK_EQ(c.max_data_xfer_size, 65536);
    CHECK_EQ(c.pgsizes, 4096);
    CHECK_EQ(c.max_dma_maps, 65535);
    CHECK(c.twin_socket && c.has_fd_index && c.write_multiple && c.migration);
    CHECK_EQ(c.fd_index, 1);
    CHECK_EQ(c.migration_pgsize, 8192);

    test_case("what is absent has its default, also when the text is no JSON");
    for (unsigned i = 0; i < 3; i++) {
        static const char *const texts[] = { "{}", "{", "[1]" };

        CHECK_EQ(vfu_capabilities_parse(texts[i], strlen(texts[i]), &c), i == 0);
        CHECK_EQ(c.max_msg_fds, 1);
        CHECK_EQ(c.max_data_xfer_size, 1048576);
        CHECK_EQ(c.pgsizes, 4096);
        CHECK(!c.twin_socket && !c.write_multiple && !c.migration);
    }
}

static bool breaks(const char *rule)
{
    for (unsigned i = 0; i < event.problem_count; i++)
        if (strcmp(event.problems[i].rule->id, rule) == 0)
            return true;
    return false;
}

/* A client leaves a command unanswered, and the connection ends: closed by whom, and in which words. */
static bool is_told(unsigned closed_by, const char *why)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    bool told;

    event = (struct vfu_event){ .kind = VFU_EVENT_CONNECT, .conn = 1 };
    vfu_session_event(s, &event);
    put(s, VFU_CLIENT, 1, RESET, 0);
    event = (struct vfu_event){ .kind = VFU_EVENT_DISCONNECT, .conn = 1, .disconnect.closed_by = closed_by };
    snprintf(event.disconnect.why, sizeof event.disconnect.why, "%s", why);
    vfu_session_event(s, &event);
    told = breaks("never-answered");
    CHECK(!event.partial);
    vfu_session_free(s);
    return told;
}

static void leaving(void)
{
    test_case("who leaves just after asking is known by the event, not by its words");
    CHECK(is_told(0, ""));
    CHECK(is_told(1u << VFU_SERVER, "client closed"));
    CHECK(!is_told(1u << VFU_CLIENT, ""));
    CHECK(!is_told(1u << VFU_CLIENT | 1u << VFU_SERVER, "server closed"));
}

enum { VERSION = 1, SECOND = 1000000000 };

static void begin(struct vfu_session *s, uint32_t conn, uint64_t now, bool answered)
{
    struct header h = { .id = 1, .command = VERSION, .size = sizeof h + 4 };
    struct {
        struct header h;
        uint16_t major, minor;
    } version = { .h = h };
    struct vfu_message m = plain(VFU_CLIENT, &version, sizeof version);

    event = (struct vfu_event){ .kind = VFU_EVENT_CONNECT, .conn = conn, .time.mono_ns = now };
    vfu_session_event(s, &event);
    m.conn = conn;
    m.time.mono_ns = now;
    vfu_session_message(s, &m, &event);
    version.h.flags = REPLY;
    m.from = VFU_SERVER;
    if (answered)
        vfu_session_message(s, &m, &event);
}

static bool is_overdue(struct vfu_session *s, uint64_t seconds)
{
    return vfu_session_overdue(s, (struct vfu_time){ .mono_ns = seconds * SECOND }, SECOND, &event);
}

/* What DMA waits for may be told, where the session knows it. */
static void why_dma_waits(void)
{
    struct dma_map map = { .h = { 1, 2 }, .argsz = 32, .flags = 3, .address = 0x10000, .size = 0x1000 };
    struct dma_unmap unmap = { .h = { 2, 3 }, .argsz = 24, .address = 0x10000, .size = 0x1000 };
    struct four read = { .h = { 3, DMA_READ }, .a = 0x10000, .c = 8 };
    struct vfu_message m = plain(VFU_SERVER, &read, sizeof read);
    struct vfu_session *s;

    for (int twin = 0; twin < 2; twin++) {
        for (int taken = 0; taken < 2; taken++) {
            s = vfu_session_new(&vfu_all_checks);
            test_case("DMA waits%s, %s", twin ? " on the twin socket" : "", taken ? "its memory is unmapped" : "mapped");
            begin(s, 1, 0, true);
            put_struct(s, VFU_CLIENT, &map, sizeof map);
            if (taken)
                put_struct(s, VFU_CLIENT, &unmap, sizeof unmap);
            read.h.size = sizeof read;
            m.channel = twin ? VFU_TWIN : VFU_MAIN;
            m.time.mono_ns = SECOND;
            vfu_session_message(s, &m, &event);
            while (is_overdue(s, 3) && event.from != VFU_SERVER)
                continue;
            CHECK_EQ(event.from, VFU_SERVER);
            CHECK(!strstr(event.overdue.what, "the memory at 0x10000, mapped by #3, was unmapped by #4") == !taken);
            CHECK(!strstr(event.overdue.what, "does the client serve it?") == !(twin && !taken));
            vfu_session_free(s);
        }
    }
}

/* Once something came back, the twin socket is served. */
static void twin_that_is_served(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);

    test_case("the twin socket is served, and then a command waits there");
    begin(s, 1, 0, true);
    put_on(s, 1, VFU_TWIN, VFU_SERVER, 5, DMA_READ, 0);
    put_on(s, 1, VFU_TWIN, VFU_CLIENT, 5, DMA_READ, REPLY);
    put_on(s, 1, VFU_TWIN, VFU_SERVER, 6, DMA_READ, 0);
    CHECK(is_overdue(s, 3) && event.channel == VFU_TWIN);
    CHECK(!strstr(event.overdue.what, "serve"));
    vfu_session_free(s);
}

static void end(struct vfu_session *s, uint32_t conn, uint64_t seconds)
{
    event = (struct vfu_event){ .kind = VFU_EVENT_DISCONNECT, .conn = conn, .time.mono_ns = seconds * SECOND };
    vfu_session_event(s, &event);
}

/* A server that has one client at a time leaves the next one's VERSION where it is. */
static void one_at_a_time(void)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);

    test_case("VERSION waits behind another connection, and nobody is to blame, until some time after that has gone");
    begin(s, 1, 0, true);
    begin(s, 2, 0, false);
    begin(s, 3, 0, false);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(is_overdue(s, 7) && event.problem_count == 0);
        CHECK(strstr(event.overdue.what, "connection 1 is still open at this server"));
    }
    CHECK(!is_overdue(s, 8));
    end(s, 1, 20);
    end(s, 2, 20);
    CHECK(!breaks("never-answered"));
    end(s, 3, 22);
    CHECK(breaks("never-answered"));
    vfu_session_free(s);

    test_case("nobody else is there: the server owes the reply, after its time");
    s = vfu_session_new(&vfu_all_checks);
    begin(s, 1, 0, false);
    begin(s, 2, 0, false);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(is_overdue(s, 2) && event.problem_count == 0 && event.overdue.waiting_ms == 2000);
        CHECK(!strstr(event.overdue.what, "still open"));
    }
    CHECK(!is_overdue(s, 4));
    CHECK(is_overdue(s, 6) && breaks("overdue"));
    CHECK(is_overdue(s, 6) && breaks("overdue"));
    CHECK(!is_overdue(s, 60));
    vfu_session_free(s);

    test_case("what another connection waits for is no excuse");
    s = vfu_session_new(&vfu_all_checks);
    begin(s, 1, 0, true);
    begin(s, 2, 0, true);
    put_on(s, 2, VFU_MAIN, VFU_CLIENT, 7, RESET, 0);
    CHECK(is_overdue(s, 6) && breaks("overdue"));
    vfu_session_free(s);
}

int main(void)
{
    one_at_a_time();
    why_dma_waits();
    twin_that_is_served();
    repeated_ids();
    out_of_order();
    keys();
    no_reply();
    latency();
    bound();
    same_id_many();
    numbers();
    request_head();
    maps();
    unmaps();
    device();
    capabilities();
    leaving();
    return test_end();
}
