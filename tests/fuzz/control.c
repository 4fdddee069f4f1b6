/*
 * Fuzzer: the tap's control socket. A VM has negotiated through the tap, and its device answers what it is asked with the command's
 * own payload; then a probe says what the input has. The tap ends when it has sent the probe away.
 */
#include "capture/tap/tap.h"
#include "decoder/reasons/reasons.h"
#include "decoder/wire/event.h"
#include "records.h"

static const char version[] = "\0\0\1\0{\"capabilities\":{\"max_msg_fds\":8,\"write_multiple\":true}}";

enum { VERSION = 1, HEADER = 16, REPLY = 1, MOST = 65536, EVENTS = 4096 };

static struct {
    char path[64], tap_path[64], control_path[64];
    int listener;
    struct vfu_listener clients, probes;
    int client, server, probe;
    unsigned events;
    struct records records;
    bool sent, over;
} at = { .listener = -1 };

static void put_header(uint8_t *bytes, unsigned id, unsigned command, uint32_t size, uint32_t flags)
{
    const uint32_t words[] = { id | command << 16, size, flags, 0 };

    memcpy(bytes, words, sizeof words);
}

static void put(int to, unsigned id, unsigned command, uint32_t flags, const void *payload, size_t size)
{
    static uint8_t bytes[HEADER + MOST];

    size = size < MOST ? size : MOST;
    put_header(bytes, id, command, (uint32_t)(HEADER + size), flags);
    memcpy(bytes + HEADER, payload, size);
    (void)!send(to, bytes, HEADER + size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The probe's turn, once the VM's VERSION was answered. */
static void speak(void)
{
    if (at.sent || records_send(&at.records, at.probe, -1))
        return;
    at.sent = true;
    shutdown(at.probe, SHUT_WR);
}

static void on_event(void *context, const struct vfu_event *e)
{
    (void)context;
    if (++at.events > EVENTS)
        at.over = true;
    if (e->kind == VFU_EVENT_CONNECT && at.server < 0)
        at.server = accept4(at.listener, NULL, NULL, SOCK_CLOEXEC);
    if (e->kind != VFU_EVENT_MESSAGE || at.server < 0)
        return;
    records_drain(at.server, NULL);
    records_drain(at.client, NULL);
    if (vfu_event_is_command(e) && e->from == VFU_CLIENT && !(e->flags & VFU_NO_REPLY))
        put(at.server, e->id, e->command_number, REPLY, e->message.bytes + HEADER,
            e->message.captured > HEADER ? e->message.captured - HEADER : 0);
    if (vfu_event_is_reply(e))
        speak();
}

/* The probe's socket can be read: replies, or the end. */
static enum vfu_tap_stop on_probe(void *context, struct tap *tap)
{
    (void)tap;
    (void)context;
    return !records_drain(at.probe, NULL) || at.over ? VFU_TAP_STOP : VFU_TAP_GO_ON;
}

static void say(void *context, const char *text)
{
    (void)context;
    if (strlen(text) > 1024)
        abort();
}

static void listen_all(void)
{
    struct vfu_error error;

    records_path(at.path, "s");
    records_path(at.tap_path, "t");
    records_path(at.control_path, "c");
    at.listener = records_listen(at.path);
    if (!vfu_listen(at.tap_path, 0600, (gid_t)-1, &at.clients, &error) ||
        !vfu_listen(at.control_path, 0600, (gid_t)-1, &at.probes, &error))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vfu_tap_options how = { .listener = &at.clients, .control = &at.probes, .server = at.path, .seed = 1,
                                   .stop = on_probe, .event = on_event, .say = say };
    struct vfu_error error;

    if (at.listener < 0)
        listen_all();
    at.events = 0;
    at.server = -1;
    at.sent = at.over = false;
    at.records = (struct records){ data, size };
    at.client = records_connect(at.tap_path);
    at.probe = records_connect(at.control_path);
    put(at.client, 1, VERSION, 0, version, sizeof version);
    how.stop_fd = at.probe;
    how.session = vfu_session_new(&vfu_all_checks);
    if (!how.session || !vfu_tap_run(&how, &error))
        abort();
    vfu_session_free(how.session);
    close(at.client);
    close(at.probe);
    if (at.server >= 0)
        close(at.server);
    return 0;
}
