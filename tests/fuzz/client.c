/*
 * Fuzzer: the client's end, which the shell, check, replay and ping speak through, before a hostile server. All that the server says
 * lies in the socket when the client begins. The first byte says whether it is heard by hand.
 */
#include "capture/client/client.h"
#include "decoder/wire/encode.h"
#include "records.h"

enum { TURNS = 64, TIMEOUT_MS = 5 };

static int peer = -1;

static void on_event(void *context, const struct vfu_event *event)
{
    (void)context;
    (void)event;
    records_drain(peer, NULL);
}

/* What the shell answers with memory is answered with what was asked for, at most so much. */
static void on_command(void *context, struct vfu_client *c, const struct vfu_event *event)
{
    struct vfu_build b = { 0 };

    (void)context;
    records_drain(peer, NULL);
    if (event->id % 2 || !vfu_build_start(&b, event->command_number, true) || !vfu_client_answer(c, event, &b))
        vfu_client_refuse(c, event, 22);
    vfu_build_free(&b);
}

static void on_unexpected(void *context, const struct vfu_event *event, enum vfu_unexpected why)
{
    (void)context;
    (void)event;
    (void)why;
}

static void on_closed(void *context, const char *why)
{
    (void)context;
    if (strlen(why) > 512)
        abort();
}

static void ask(struct vfu_client *c, unsigned command)
{
    struct vfu_build b = { 0 };
    struct vfu_error error;
    char why[VFU_REASON];

    if (vfu_build_start(&b, command, false) && vfu_client_call(c, &b, NULL, 0, &error) == VFU_CLIENT_OK && c->reply.event) {
        vfu_client_reason(c->reply.event, why, sizeof why);
        close(vfu_reply_take_fd(&c->reply, 0));
    }
    vfu_build_free(&b);
}

/* As the shell does: what it asks for, and then what comes by itself. */
static void converse(struct vfu_client *c)
{
    static const unsigned commands[] = { 4, 5, 5, 7, 9, 10, 13, 16, 6, 8, 2, 3, 17, 18 };
    struct vfu_error error;

    vfu_client_negotiate(c, NULL, &error);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        ask(c, commands[i]);
    for (int i = 0; i < TURNS && vfu_client_is_open(c); i++) {
        records_drain(peer, NULL);
        if (vfu_client_turn(c, NULL, 0, &error) != VFU_CLIENT_OK)
            break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct vfu_client_hooks hooks = { .event = on_event, .command = on_command, .unexpected = on_unexpected,
                                                   .closed = on_closed, .watch_fd = -1 };
    static char path[64];
    static int listener = -1;
    struct records r = { data, size };
    struct vfu_client c;
    struct vfu_error error;

    if (listener < 0) {
        records_path(path, "s");
        listener = records_listen(path);
    }
    if (size == 0 || !vfu_client_init(&c, &hooks))
        return 0;
    c.timeout_ms = TIMEOUT_MS;
    c.by_hand = data[0] & 1;
    r.at++;
    r.left--;
    if (vfu_client_connect(&c, path, false, &error) != VFU_CLIENT_OK || (peer = accept(listener, NULL, NULL)) < 0)
        abort();
    records_send(&r, peer, -1);
    shutdown(peer, SHUT_WR);
    if (c.by_hand)
        while (vfu_client_hear(&c, 0, &error) == VFU_CLIENT_OK)
            ;
    else
        converse(&c);
    vfu_client_free(&c);
    close(peer);
    return 0;
}
