/*
 * The tap and its server: not there yet, there too late, busy, restarted, gone; and clients that do not wait for it.
 */
#include "tapping.h"

#include <sys/ioctl.h>

static uint8_t *bytes; /* one message of 64 */

static void make_folder(struct tapping *t)
{
    strcpy(t->dir, "/tmp/vfuscope-test-XXXXXX");
    MUST(mkdtemp(t->dir) != NULL);
    t->server = -1;
}

static bool said(const struct tapping *t, const char *what)
{
    char *text = tapping_text(t, "err");
    bool there = strstr(text, what) != NULL;

    free(text);
    return there;
}

static void arrives_later(void)
{
    static const char *const arguments[] = { "-q", "--once", NULL };
    struct tapping t = { 0 };
    int client, server;

    test_case("a server that comes after its client: what the client said before is waiting for it");
    make_folder(&t);
    tapping_start(&t, arguments);
    client = connect_to(tapping_path(&t, "t"));
    CHECK(put_bytes(client, bytes, 64, NULL, 0));
    t.server = listen_at(tapping_path(&t, "s"));
    server = accept_from(t.server);
    CHECK(arrives(server, bytes, 64, 0));
    close(client);
    CHECK(at_end(server));
    close(server);
    CHECK_EQ(tapping_wait(&t), 0);
    tapping_clean(&t);
}

static void never_comes(void)
{
    static const char *const arguments[] = { "-q", "--once", NULL };
    struct tapping t = { 0 };
    int client;

    test_case("a server that never comes: the client's connection is closed, and it is said why");
    make_folder(&t);
    tapping_start(&t, arguments);
    client = connect_to(tapping_path(&t, "t"));
    CHECK(at_end(client));
    CHECK_EQ(tapping_wait(&t), 1);
    CHECK(said(&t, "s: can't connect"));
    close(client);
    tapping_clean(&t);
}

static void client_leaves(void)
{
    static const char *const arguments[] = { "--json", "-o", "json", NULL };
    struct tapping t = { 0 };
    int first, second, server;

    test_case("a client that leaves before there is a server: the next one gets the first connection");
    make_folder(&t);
    tapping_start(&t, arguments);
    first = connect_to(tapping_path(&t, "t"));
    second = connect_to(tapping_path(&t, "t"));
    close(first);
    CHECK(tapping_await(&t, "err", "a client left"));
    t.server = listen_at(tapping_path(&t, "s"));
    server = accept_from(t.server);
    CHECK(passes(second, server, bytes, 64));
    CHECK(passes(server, second, bytes, 64));
    close(second);
    close(server);
    CHECK_EQ(tapping_stop(&t), 0);
    CHECK(tapping_await(&t, "json", "\"conn\":1"));
    tapping_clean(&t);
}

/* A backlog of 0, as libvfio-user's: one connection may wait in it, the next one gets EAGAIN. */
static void busy(void)
{
    static const char *const arguments[] = { "-q", NULL };
    struct tapping t = { 0 };
    int direct, clients[2], servers[2];

    test_case("a busy server is tried until it has time, and clients get it in their order");
    tapping_start(&t, arguments);
    MUST(listen(t.server, 0) == 0);
    direct = connect_to(tapping_path(&t, "s"));
    for (int i = 0; i < 2; i++) {
        clients[i] = connect_to(tapping_path(&t, "t"));
        bytes[20] = (uint8_t)i;
        CHECK(put_bytes(clients[i], bytes, 64, NULL, 0));
    }
    CHECK(tapping_await(&t, "err", "busy with another client; a client waits"));
    close(accept_from(t.server)); /* the direct one */
    for (int i = 0; i < 2; i++) {
        servers[i] = accept_from(t.server);
        bytes[20] = (uint8_t)i;
        CHECK(arrives(servers[i], bytes, 64, 0));
    }
    CHECK(passes(servers[1], clients[1], bytes, 64));
    CHECK(passes(servers[0], clients[0], bytes, 64));
    for (int i = 0; i < 2; i++) {
        close(clients[i]);
        close(servers[i]);
    }
    close(direct);
    CHECK_EQ(tapping_stop(&t), 0);
    tapping_clean(&t);
}

static void restarted(void)
{
    static const char *const arguments[] = { "--json", "-o", "json", NULL };
    struct tapping t = { 0 };
    unsigned own_files = 0;

    test_case("a server that is restarted: its clients' connections end, the next ones get the new server");
    tapping_start(&t, arguments);
    for (int i = 0; i < 3; i++) {
        int client = connect_to(tapping_path(&t, "t")), server = accept_from(t.server);

        if (i == 0)
            own_files = tapping_own_files(&t);
        CHECK(passes(client, server, bytes, 64));
        close(server);
        close(t.server);
        CHECK(at_end(client));
        close(client);
        unlink(tapping_path(&t, "s"));
        t.server = listen_at(tapping_path(&t, "s"));
    }
    CHECK(tapping_await_files(&t, own_files));
    CHECK_EQ(tapping_stop(&t), 0);
    CHECK(tapping_await(&t, "json", "\"conn\":3"));
    tapping_clean(&t);
}

/* The other side's writer and poller notice a peer that closed altogether, as without a tap between. */
static void hang_up(void)
{
    static const char *const arguments[] = { "-q", NULL };
    struct tapping t = { 0 };
    struct pollfd p = { 0 };
    int client, server;

    test_case("a client that closes altogether: the server sees it hung up, not only the end of its stream");
    tapping_start(&t, arguments);
    client = connect_to(tapping_path(&t, "t"));
    server = accept_from(t.server);
    CHECK(passes(client, server, bytes, 64));
    close(client);
    p.fd = server;
    for (int i = 0; i < PATIENCE_MS / 5 && !(p.revents & POLLHUP); i++) {
        poll(&p, 1, 0);
        nap();
    }
    CHECK(p.revents & POLLHUP);
    CHECK(!put_bytes(server, bytes, 64, NULL, 0) && errno == EPIPE);
    close(server);
    CHECK_EQ(tapping_stop(&t), 0);
    tapping_clean(&t);
}

int main(int argc, char **argv)
{
    (void)argc;
    tapping_find(argv[0]);
    bytes = message(64, 1, 9, 0);
    arrives_later();
    never_comes();
    client_leaves();
    busy();
    restarted();
    hang_up();
    free(bytes);
    return test_end();
}
