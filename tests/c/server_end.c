/*
 * The server end as its owner has it: taking a client, turns of the loop, and what it hears of all that passes.
 */
#include "capture/server/server.h"
#include "capture/socket.h"
#include "decoder/reasons/reasons.h"
#include "decoder/wire/encode.h"
#include "plugins/devices/devices.h"
#include "test.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* What was heard, an event a character: see `letter`. */
struct heard {
    char events[64];
    struct vfu_event last;
    uint64_t bytes;           /* of the client's messages on the main socket */
    uint64_t understood;      /* of an unframed one: the bytes before */
    char rule[32], said[128]; /* the last ones */
};

/* C, D: connect, disconnect; U: unframed; c, s: a command of the client, the server; r, R: its reply; ?: one to none */
static char letter(const struct vfu_event *e)
{
    bool client = e->from == VFU_CLIENT;

    if (e->kind != VFU_EVENT_MESSAGE)
        return e->kind == VFU_EVENT_CONNECT ? 'C' : e->kind == VFU_EVENT_DISCONNECT ? 'D' : 'U';
    if (vfu_event_is_command(e))
        return client ? 'c' : 's';
    return !e->paired ? '?' : client ? 'R' : 'r';
}

static void on_event(void *context, const struct vfu_event *e)
{
    struct heard *h = context;
    size_t length = strlen(h->events);

    if (length + 2 < sizeof h->events)
        h->events[length] = letter(e);
    h->last = *e;
    if (e->kind == VFU_EVENT_UNFRAMED)
        h->understood = e->unframed.offset;
    else if (e->kind == VFU_EVENT_MESSAGE && e->from == VFU_CLIENT && e->channel == VFU_MAIN)
        h->bytes += e->message.size;
    for (unsigned i = 0; i < e->problem_count; i++)
        snprintf(h->rule, sizeof h->rule, "%s", e->problems[i].rule->id);
}

static void on_line(void *context, const char *text)
{
    snprintf(((struct heard *)context)->said, sizeof ((struct heard *)context)->said, "%s", text);
}

static struct vfu_server *start(struct heard *h, int *client)
{
    const struct vfu_server_options options = { .model = &dev_edu, .checks = &vfu_all_checks, .event = on_event,
                                                .say = on_line, .context = h };
    struct vfu_server *s;
    char why[DEV_WHY];
    int ends[2];

    *h = (struct heard){ 0 };
    s = vfu_server_new(&options, why);
    if (!s || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        abort();
    vfu_server_take(s, ends[0]);
    *client = ends[1];
    return s;
}

/* As many turns as there is something to do for. False: the client was left. */
static bool turns(struct vfu_server *s)
{
    struct pollfd p[VFU_SERVER_POLLS];
    bool stays = true;

    while (stays && poll(p, vfu_server_poll(s, p), 0) > 0)
        stays = vfu_server_turn(s, p);
    return stays;
}

struct field {
    const char *name;
    uint64_t number;
};
#define WITH(...) ((const struct field[]) { __VA_ARGS__, { NULL, 0 } })

static void put(int fd, unsigned command, bool reply, const struct field *fields, const char *json)
{
    struct vfu_build b;
    bool good = vfu_build_start(&b, command, reply);

    for (; fields->name; fields++)
        good = good && vfu_build_set_number(&b, fields->name, fields->number);
    good = good && (!json || vfu_build_set(&b, "json", json)) && vfu_build_end(&b);
    CHECK(good && vfu_send_all(fd, b.bytes, b.size, NULL, 0, 1000));
    vfu_build_free(&b);
}

static void both_directions(void)
{
    struct heard h;
    int client;
    struct vfu_server *s = start(&h, &client);

    test_case("commands and replies are heard, with what the rules say of them");
    put(client, VFU_VERSION, false, WITH({ "header.id", 1 }), "{}");
    put(client, VFU_DEVICE_GET_INFO, false, WITH({ "header.id", 2 }), NULL);
    CHECK(turns(s));
    CHECK_TEXT(h.events, "Ccrcr");
    CHECK_EQ(h.last.id, 2);
    CHECK_TEXT(h.rule, "");
    put(client, VFU_DEVICE_GET_REGION_INFO, false, WITH({ "header.id", 3 }, { "argsz", 8 }), NULL);
    CHECK(turns(s));
    CHECK_TEXT(h.events, "Ccrcrcr");
    CHECK(h.last.flags & VFU_ERROR);
    CHECK_TEXT(h.rule, "argsz-too-small");
    close(client);
    CHECK(!turns(s));
    CHECK_TEXT(h.events, "CcrcrcrD");
    vfu_server_free(s);
}

/* Its address in the client's memory, one byte of it to edu's buffer, go. */
static void start_dma(int client)
{
    static const uint64_t writes[][2] = { { 0x80, 0x10000 }, { 0x88, 0x40000 }, { 0x90, 1 }, { 0x98, 1 } };

    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        struct vfu_build b;

        CHECK(vfu_build_start(&b, VFU_REGION_WRITE, false) && vfu_build_set_number(&b, "offset", writes[i][0]) &&
              vfu_build_set_bytes(&b, "data", &writes[i][1], 8) && vfu_build_end(&b) &&
              vfu_send_all(client, b.bytes, b.size, NULL, 0, 1000));
        vfu_build_free(&b);
    }
}

/* Without the data. */
static void reply_to_dma(int fd, uint16_t id)
{
    put(fd, VFU_DMA_READ, true,
        WITH({ "header.id", id }, { "header.flags", VFU_TYPE_REPLY }, { "address", 0x10000 }, { "count", 1 }), NULL);
}

static void on_the_twin(void)
{
    struct vfu_reader reader = { 0 };
    struct heard h;
    int client, twin;
    struct vfu_server *s = start(&h, &client);

    test_case("the device's own commands are heard on the twin socket, and what is sent there");
    put(client, VFU_VERSION, false, WITH({ "header.id", 1 }),
        "{\"capabilities\":{\"max_msg_fds\":1,\"twin_socket\":{\"supported\":true}}}");
    CHECK(turns(s));
    CHECK(vfu_reader_read(&reader, client) == VFU_IO_OK && reader.nfds == 1);
    twin = reader.nfds ? reader.fds[0] : -1;
    put(client, VFU_DMA_MAP, false, WITH({ "header.id", 2 }, { "flags", 3 }, { "address", 0x10000 }, { "size", 4096 }),
        NULL);
    start_dma(client);
    CHECK(turns(s));
    CHECK_TEXT(h.events, "Ccrcrcrcrcrcrs");
    CHECK(h.last.channel == VFU_TWIN && h.last.command_number == VFU_DMA_READ);
    reply_to_dma(twin, h.last.id);
    CHECK(turns(s));
    CHECK_TEXT(h.events, "CcrcrcrcrcrcrsR");
    CHECK(h.last.channel == VFU_TWIN);
    CHECK(strstr(h.said, "DMA from 0x10000: a reply with other data") != NULL);
    reply_to_dma(twin, h.last.id);
    CHECK(turns(s));
    CHECK_TEXT(h.events, "CcrcrcrcrcrcrsR?");
    CHECK(strstr(h.said, "a reply to no command") != NULL);
    vfu_reader_free(&reader);
    vfu_server_free(s); /* leaves the client */
    CHECK_TEXT(h.events, "CcrcrcrcrcrcrsR?D");
    close(client);
}

static void too_late(void)
{
    struct heard h;
    int client;
    struct vfu_server *s = start(&h, &client);
    uint16_t id;

    test_case("a reply to a command of the device's that was given up is no reply to nothing");
    put(client, VFU_VERSION, false, WITH({ "header.id", 1 }), "{}");
    put(client, VFU_DMA_MAP, false, WITH({ "header.id", 2 }, { "flags", 3 }, { "address", 0x10000 }, { "size", 4096 }),
        NULL);
    start_dma(client);
    CHECK(turns(s));
    id = h.last.id;
    put(client, VFU_DMA_UNMAP, false, WITH({ "header.id", 3 }, { "address", 0x10000 }, { "size", 4096 }), NULL);
    CHECK(turns(s));
    CHECK_TEXT(h.events, "Ccrcrcrcrcrcrscr");
    CHECK(strstr(h.said, "unmapped meanwhile") != NULL);
    h.said[0] = '\0';
    reply_to_dma(client, id);
    CHECK(turns(s));
    CHECK_TEXT(h.events, "CcrcrcrcrcrcrscrR");
    CHECK_TEXT(h.said, "");
    vfu_server_free(s);
    close(client);
}

static void not_understood(void)
{
    static const uint8_t header[16] = { [4] = 5 };
    struct heard h;
    int client, ends[2];
    struct vfu_server *s = start(&h, &client);

    test_case("a size field that can't be true: heard with where it is; the client is left, and another can come");
    put(client, VFU_VERSION, false, WITH({ "header.id", 1 }), "{}");
    CHECK(vfu_send_all(client, header, sizeof header, NULL, 0, 1000));
    CHECK(!turns(s));
    CHECK_TEXT(h.events, "CcrUD");
    CHECK(h.bytes > 0 && h.understood == h.bytes);
    CHECK_TEXT(h.said, "a message with a size field of 5 can't be followed: closing the connection");
    close(client);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        abort();
    vfu_server_take(s, ends[0]);
    put(ends[1], VFU_VERSION, false, WITH({ "header.id", 1 }), "{}");
    CHECK(turns(s));
    CHECK_TEXT(h.events, "CcrUDCcr");
    CHECK_EQ(h.last.conn, 2);
    vfu_server_free(s);
    close(ends[1]);
}

static void header_alone(void)
{
    static const uint8_t bytes[20] = { 3, 0, 9, 0, 15, 0, 0, 0, [16] = 0xaa };
    struct heard h;
    int client;
    struct vfu_server *s = start(&h, &client);

    test_case("a header whose size can't be true is heard as a message; what follows is not understood");
    put(client, VFU_VERSION, false, WITH({ "header.id", 1 }), "{}");
    CHECK(vfu_send_all(client, bytes, sizeof bytes, NULL, 0, 1000));
    CHECK(!turns(s));
    CHECK_TEXT(h.events, "CcrcUD");
    CHECK_TEXT(h.rule, "size-impossible");
    CHECK(h.understood == h.bytes);
    close(client);
    vfu_server_free(s);
}

int main(void)
{
    both_directions();
    on_the_twin();
    too_late();
    not_understood();
    header_alone();
    return test_end();
}
