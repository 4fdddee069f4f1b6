/*
 * Fuzzer: the server's end and the models that `serve` has, before a hostile client: any messages, with descriptors, on both sockets,
 * with memory that shrinks while it is mapped. The first byte says which model.
 */
#include "capture/server/server.h"
#include "decoder/reasons/reasons.h"
#include "plugins/devices/devices.h"
#include "records.h"

#include <poll.h>

enum { TURNS = 20000 };

static void on_event(void *context, const struct vfu_event *event)
{
    (void)context;
    (void)event;
}

static void say(void *context, const char *text)
{
    (void)context;
    if (strlen(text) > 1024)
        abort();
}

/* Until the client's end was seen, or nothing more is to do. */
static void serve(struct vfu_server *s, int client, struct records *r)
{
    struct pollfd p[VFU_SERVER_POLLS];
    bool more = true, stays = true;
    int twin = -1;

    for (int i = 0; i < TURNS && stays; i++) {
        if (more && !records_send(r, client, twin)) {
            more = false;
            shutdown(client, SHUT_WR);
        }
        if (poll(p, vfu_server_poll(s, p), 0) == 0 && !more)
            break;
        stays = vfu_server_turn(s, p);
        records_drain(client, &twin);
        if (twin >= 0)
            records_drain(twin, NULL);
    }
    if (twin >= 0)
        close(twin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vfu_server_options how = { .checks = &vfu_all_checks, .event = on_event, .say = say };
    struct records r = { data + 1, size ? size - 1 : 0 };
    char why[DEV_WHY];
    struct vfu_server *s;
    int ends[2];

    if (size == 0)
        return 0;
    how.model = data[0] & 1 ? &dev_ram : &dev_edu;
    how.details = data[0] & 1 ? "bar0=4K,bar2=mmap:64K,msix=4" : NULL;
    how.migration = (enum vfu_server_migration)(data[0] / 2 % 3);
    s = vfu_server_new(&how, why);
    if (!s || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        abort();
    fcntl(ends[0], F_SETFL, fcntl(ends[0], F_GETFL) | O_NONBLOCK);
    vfu_server_take(s, ends[0]);
    serve(s, ends[1], &r);
    vfu_server_free(s);
    close(ends[1]);
    return 0;
}
