/*
 * The tap between peers that misbehave: headers that can't be true, messages that stall or end half-way, one side
 * closing before the other, more file descriptors than there can be. Whatever they do, the other side receives it.
 */
#include "wire.h"

#include <errno.h>
#include <sys/ioctl.h>

enum { KEPT = 256 << 10 }; /* of a message, for the sinks */

/*
 * A header with a size that can't be: bytes go on as they come, with their fds; the other direction is framed still. It is a
 * message of its own, which is shown before its answer, and whose sender is named, once.
 */
static void lying_size(uint32_t size)
{
    struct wire w;
    struct header bad = { .id = 3, .command = 9, .size = size }, refusal = { 3, 9, 16, 0x21, EINVAL };
    uint8_t *first = message(64, 1, 9, 0), *reply = message(40, 1, 9, 1);
    static const char noise[] = "whatever this is, it goes on";
    int passed = eventfd(0, EFD_CLOEXEC);
    cJSON *e;

    test_case("a header with size %u: its bytes are passed on, framing is lost behind it", size);
    open_wire(&w, to_json);
    CHECK(passes(w.client, w.server, first, 64));
    CHECK(passes(w.client, w.server, &bad, sizeof bad));
    CHECK(tapping_await(&w.tap, "json", "size-impossible"));
    CHECK(passes(w.server, w.client, &refusal, sizeof refusal));
    CHECK(passes(w.client, w.server, noise, sizeof noise));
    CHECK(put_bytes(w.client, noise, sizeof noise, &passed, 1));
    CHECK(arrives(w.server, noise, sizeof noise, 1));
    CHECK(passes(w.server, w.client, reply, 40));
    close_wire(&w);
    e = json_line(&w.tap, "type", "command", 1);
    CHECK_EQ(number_of(e, "no"), 2);
    CHECK_EQ(number_of(e, "size"), size);
    CHECK(has_rule(e, "size-impossible", "client"));
    cJSON_Delete(e);
    e = json_line(&w.tap, "event", "unframed", 0);
    CHECK_TEXT(text_of(e, "from"), "client");
    CHECK_TEXT(text_of(e, "offset"), "0x50");
    CHECK(!cJSON_GetObjectItem(e, "problems"));
    cJSON_Delete(e);
    e = json_line(&w.tap, "type", "reply", 0);
    CHECK_EQ(number_of(e, "no"), 3);
    CHECK_EQ(number_of(e, "reply_to"), 2);
    CHECK(!cJSON_GetObjectItem(e, "problems"));
    cJSON_Delete(e);
    e = json_line(&w.tap, "type", "reply", 1);
    CHECK_EQ(number_of(e, "reply_to"), 1);
    cJSON_Delete(e);
    e = json_line(&w.tap, "event", "disconnect", 0);
    CHECK(e && !cJSON_GetObjectItem(e, "problems"));
    cJSON_Delete(e);
    tapping_clean(&w.tap);
    close(passed);
    free(first);
    free(reply);
}

/* Bytes that are no header: what came is shown, and who sent it is named; who answers, or does not, is not. */
static void no_header(const char *what, const void *bytes, size_t size)
{
    struct wire w;
    uint8_t *first = message(64, 1, 9, 0);
    struct header reply = { 7, 9, 16, 0x21, EINVAL };
    char hex[2 * 64 + 1];
    cJSON *e;

    test_case("%s: framing is lost from its first byte on, which is shown", what);
    open_wire(&w, to_json);
    CHECK(passes(w.client, w.server, first, 64));
    CHECK(passes(w.client, w.server, bytes, size));
    CHECK(passes(w.server, w.client, &reply, sizeof reply));
    close_wire(&w);
    e = json_line(&w.tap, "event", "unframed", 0);
    CHECK_TEXT(text_of(e, "from"), "client");
    CHECK_TEXT(text_of(e, "offset"), "0x40");
    for (size_t i = 0; i < size && i < 64; i++)
        snprintf(hex + 2 * i, 3, "%02x", ((const uint8_t *)bytes)[i]);
    CHECK_TEXT(text_of(e, "data"), hex);
    CHECK(has_rule(e, "size-impossible", "client"));
    cJSON_Delete(e);
    e = json_line(&w.tap, "type", "command", 1);
    CHECK(!e);
    cJSON_Delete(e);
    e = json_line(&w.tap, "type", "reply", 0);
    CHECK(e && !cJSON_GetObjectItem(e, "problems"));
    cJSON_Delete(e);
    e = json_line(&w.tap, "event", "disconnect", 0);
    CHECK(e && !cJSON_GetObjectItem(e, "problems"));
    cJSON_Delete(e);
    tapping_clean(&w.tap);
    free(first);
}

/* `sent` bytes of a message, then the end: they arrive before the end does, and answers still come back. */
static void cut_short(uint32_t size, uint32_t sent)
{
    struct wire w;
    uint8_t *bytes = message(size, 5, 10, 0), *reply = message(32, 4, 10, 1);
    pid_t child;
    cJSON *e, *end;

    test_case("%u of a message's %u bytes, then half-close", sent, size);
    open_wire(&w, to_json);
    child = put_aside(w.client, bytes, sent, NULL, 0, true);
    CHECK(arrives(w.server, bytes, sent, 0));
    CHECK(was_put(child));
    CHECK(at_end(w.server));
    CHECK(passes(w.server, w.client, reply, 32));
    close(w.server);
    CHECK(at_end(w.client));
    CHECK(tapping_await(&w.tap, "json", "\"disconnect\""));
    close_wire(&w);
    e = json_line(&w.tap, "type", "command", 0);
    end = json_line(&w.tap, "event", "disconnect", 0);
    if (sent < 16) {
        CHECK(!e);
        CHECK(strstr(text_of(end, "text"), "header") != NULL);
    } else {
        CHECK(cJSON_IsTrue(cJSON_GetObjectItem(e, "truncated")));
        CHECK_EQ(number_of(e, "captured"), sent < KEPT ? sent : KEPT);
        CHECK_EQ(number_of(e, "size"), size);
    }
    cJSON_Delete(e);
    cJSON_Delete(end);
    tapping_clean(&w.tap);
    free(bytes);
    free(reply);
}

/* A client asks, and one of the two leaves: whether that is strange goes by who it was. */
static void leaves(bool client)
{
    uint8_t *asked = message(32, 4, 10, 0);
    const cJSON *problem;
    struct wire w;
    int first, second;
    cJSON *end;

    test_case("a command without its reply, and the %s leaves", client ? "client" : "server");
    open_wire(&w, to_json);
    first = client ? w.client : w.server;
    second = client ? w.server : w.client;
    CHECK(passes(w.client, w.server, asked, 32));
    CHECK(shutdown(first, SHUT_WR) == 0);
    CHECK(at_end(second));
    CHECK(shutdown(second, SHUT_WR) == 0);
    CHECK(tapping_await(&w.tap, "json", "\"disconnect\""));
    close_wire(&w);
    end = json_line(&w.tap, "event", "disconnect", 0);
    CHECK_TEXT(text_of(end, "text"), client ? "client closed" : "server closed");
    problem = cJSON_GetArrayItem(cJSON_GetObjectItem(end, "problems"), 0);
    CHECK_TEXT(text_of(problem, "rule"), client ? "(none)" : "never-answered");
    cJSON_Delete(end);
    tapping_clean(&w.tap);
    free(asked);
}

/* The first part of a message is not held back for ever, and the message is one to the sinks. */
static void stalled(uint32_t size, uint32_t first)
{
    struct wire w;
    uint8_t *bytes = message(size, 6, 9, 0);
    int passed = eventfd(0, EFD_CLOEXEC);
    pid_t child;
    cJSON *e;

    test_case("a message of %u bytes that stalls after %u is passed on as it comes, its fd with the first byte", size,
              first);
    open_wire(&w, to_json);
    child = put_aside(w.client, bytes, first, &passed, 1, false);
    CHECK(arrives(w.server, bytes, first, 1));
    CHECK(was_put(child));
    CHECK(passes(w.client, w.server, bytes + first, size - first));
    CHECK(passes(w.client, w.server, bytes, size)); /* and the next one is framed */
    close_wire(&w);
    e = json_line(&w.tap, "type", "command", 0);
    CHECK_EQ(number_of(e, "size"), size);
    CHECK(cJSON_HasObjectItem(e, "truncated") == (size > KEPT));
    CHECK_EQ(cJSON_GetArraySize(cJSON_GetObjectItem(e, "fds")), 1);
    cJSON_Delete(e);
    e = json_line(&w.tap, "type", "command", 1);
    CHECK_EQ(number_of(e, "size"), size);
    CHECK_EQ(cJSON_GetArraySize(cJSON_GetObjectItem(e, "fds")), 0);
    cJSON_Delete(e);
    tapping_clean(&w.tap);
    close(passed);
    free(bytes);
}

/* Where messages are decided about, one that stalls is held only if something may be decided about it. */
static void stalled_by_rules(const char *option, const char *value, uint16_t passing, uint16_t held)
{
    const char *const arguments[] = { "--json", "-o", "json", option, value, NULL };
    uint8_t *on = message(64, 6, passing, 0), *kept = message(64, 7, held, 0);
    struct wire w;
    cJSON *e;

    test_case("%s %s: what it can't touch goes on when it stalls, what it may is held and told of", option, value);
    open_wire(&w, arguments);
    CHECK(put_bytes(w.client, on, 40, NULL, 0));
    CHECK(arrives(w.server, on, 40, 0));
    CHECK(passes(w.client, w.server, on + 40, 24));
    CHECK(passes(w.client, w.server, on, 64));
    if (held) {
        CHECK(put_bytes(w.client, kept, 40, NULL, 0));
        CHECK(tapping_await(&w.tap, "err", "has stalled after 40 bytes; it is held"));
        CHECK(put_bytes(w.client, kept + 40, 24, NULL, 0));
        CHECK(arrives(w.server, kept, 64, 0));
    }
    close_wire(&w);
    for (int i = 0; i < 2; i++) {
        e = json_line(&w.tap, "type", "command", i);
        CHECK_EQ(number_of(e, "size"), 64);
        CHECK(!cJSON_HasObjectItem(e, "truncated"));
        cJSON_Delete(e);
    }
    tapping_clean(&w.tap);
    free(on);
    free(kept);
}

/* fds that come with a later part of a message are the message's too. */
static void fds_later(void)
{
    struct wire w;
    uint8_t *bytes = message(64, 1, 2, 0);
    int passed[2] = { eventfd(0, EFD_CLOEXEC), eventfd(0, EFD_CLOEXEC) };
    cJSON *e;

    test_case("fds with two parts of a message are passed on with that message");
    open_wire(&w, to_json);
    kill(w.tap.pid, SIGSTOP);
    CHECK(put_bytes(w.client, bytes, 16, &passed[0], 1));
    CHECK(put_bytes(w.client, bytes + 16, 48, &passed[1], 1));
    kill(w.tap.pid, SIGCONT);
    CHECK(arrives(w.server, bytes, 64, 2));
    CHECK(passes(w.client, w.server, bytes, 64));
    close_wire(&w);
    e = json_line(&w.tap, "command", "DMA_MAP", 0);
    CHECK_EQ(cJSON_GetArraySize(cJSON_GetObjectItem(e, "fds")), 2);
    cJSON_Delete(e);
    e = json_line(&w.tap, "command", "DMA_MAP", 1);
    CHECK_EQ(cJSON_GetArraySize(cJSON_GetObjectItem(e, "fds")), 0);
    cJSON_Delete(e);
    tapping_clean(&w.tap);
    close(passed[0]);
    close(passed[1]);
    free(bytes);
}

/* A VERSION reply that comes in two parts: the twin socket in it must not get away. */
static void slow_version(uint32_t first)
{
    static const char json[] = "{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":0}}}";
    struct wire w;
    uint8_t bytes[16 + 4 + sizeof json] = { 0 }, got[sizeof bytes], *command = message(32, 8, 11, 0);
    struct header h = { .id = 1, .command = 1, .size = sizeof bytes, .flags = 1 };
    struct pollfd p;
    int pair[2], fds[MAX_FDS];
    unsigned nfds = 0;
    cJSON *e;

    test_case("a VERSION reply that stalls after %u bytes is held until its twin socket is known", first);
    memcpy(bytes, &h, sizeof h);
    memcpy(bytes + 20, json, sizeof json);
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    set_patience(pair[0]);
    open_wire(&w, to_json);
    CHECK(put_bytes(w.server, bytes, first, &pair[1], 1));
    p = (struct pollfd){ .fd = w.client, .events = POLLIN };
    CHECK_EQ(poll(&p, 1, 300), 0);
    CHECK(put_bytes(w.server, bytes + first, sizeof bytes - first, NULL, 0));
    CHECK_EQ(get_bytes(w.client, got, sizeof got, fds, &nfds), sizeof got);
    CHECK(memcmp(got, bytes, sizeof bytes) == 0);
    if (CHECK_EQ(nfds, 1)) {
        CHECK(!same_file(fds[0], pair[1]));
        CHECK(passes(pair[0], fds[0], command, 32));
        close(fds[0]);
    }
    close(pair[0]);
    close(pair[1]);
    close_wire(&w);
    e = json_line(&w.tap, "channel", "twin", 0);
    CHECK_TEXT(text_of(e, "from"), "server");
    cJSON_Delete(e);
    tapping_clean(&w.tap);
    free(command);
}

/* A VERSION reply of so many bytes, JSON that ends in spaces, with a socket: the tap gets in between, or leaves it alone. */
static void twin_reply(const char *json, uint32_t size, bool interposed)
{
    struct wire w;
    uint8_t *bytes = message(size, 1, 1, 1), *got = malloc(size);
    int pair[2], fds[MAX_FDS];
    unsigned nfds = 0;
    pid_t child;

    test_case("a VERSION reply of %u bytes, %s: its socket is %s", size, json, interposed ? "interposed" : "left alone");
    memset(bytes + 16, 0, 4);
    memset(bytes + 20, ' ', size - 20);
    memcpy(bytes + 20, json, strlen(json));
    bytes[size - 1] = 0;
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    open_wire(&w, to_json);
    child = put_aside(w.server, bytes, size, &pair[1], 1, false);
    CHECK_EQ(get_bytes(w.client, got, size, fds, &nfds), size);
    CHECK(was_put(child));
    CHECK(memcmp(got, bytes, size) == 0);
    if (CHECK_EQ(nfds, 1)) {
        CHECK_EQ(!same_file(fds[0], pair[1]), interposed);
        close(fds[0]);
    }
    close(pair[0]);
    close(pair[1]);
    close_wire(&w);
    tapping_clean(&w.tap);
    free(bytes);
    free(got);
}

/* Message 2 has the fds and is in the socket before the tap can read message 1. */
static void pipelined(void)
{
    struct wire w;
    uint8_t *bytes = message(48, 1, 2, 0), *other = message(16, 2, 13, 0);
    int passed = memfd_create("guest", MFD_CLOEXEC);
    cJSON *e;

    test_case("messages queued before the tap reads: the fd stays with the second of three");
    open_wire(&w, to_json);
    kill(w.tap.pid, SIGSTOP);
    CHECK(put_bytes(w.client, other, 16, NULL, 0));
    CHECK(put_bytes(w.client, bytes, 48, &passed, 1));
    CHECK(put_bytes(w.client, other, 16, NULL, 0));
    kill(w.tap.pid, SIGCONT);
    CHECK(arrives(w.server, other, 16, 0));
    CHECK(arrives(w.server, bytes, 48, 1));
    CHECK(arrives(w.server, other, 16, 0));
    close_wire(&w);
    e = json_line(&w.tap, "command", "DMA_MAP", 0);
    CHECK_EQ(cJSON_GetArraySize(cJSON_GetObjectItem(e, "fds")), 1);
    cJSON_Delete(e);
    tapping_clean(&w.tap);
    close(passed);
    free(bytes);
    free(other);
}

/* The server is gone altogether: what the client sent before is shown, and the client's next write fails. */
static void reset_connection(void)
{
    struct wire w;
    uint8_t *bytes = message(32, 9, 9, 0), *reply = message(36, 9, 9, 1);

    test_case("a server that closes with unread bytes: what it said before arrives, then the end");
    open_wire(&w, to_json);
    CHECK(put_bytes(w.client, bytes, 32, NULL, 0));
    CHECK(put_bytes(w.server, reply, 36, NULL, 0));
    CHECK(arrives(w.client, reply, 36, 0));
    CHECK(tapping_await(&w.tap, "json", "\"command\"")); /* the server's socket holds 32 bytes now */
    close(w.server);
    CHECK(at_end(w.client));
    while (put_bytes(w.client, bytes, 32, NULL, 0))
        ;
    CHECK_EQ(errno, EPIPE);
    w.server = -1;
    CHECK(tapping_await(&w.tap, "json", "\"disconnect\""));
    close_wire(&w);
    tapping_clean(&w.tap);
    free(bytes);
    free(reply);
}

/* A peer that does not read holds up its own direction only. */
static void not_reading(void)
{
    struct wire w;
    uint8_t *bytes = message(4096, 1, 9, 0), *reply = message(64, 1, 9, 1);
    unsigned count = 0;
    bool all = true;

    test_case("a server that does not read: the client waits, the other direction goes on, nothing is lost");
    open_wire(&w, to_json);
    fcntl(w.client, F_SETFL, O_NONBLOCK);
    for (int idle = 0; idle < 40;) { /* until nothing fits for a while */
        if (send(w.client, bytes, 4096, MSG_NOSIGNAL) == 4096) {
            count++;
            idle = 0;
        } else {
            idle++;
            nap();
        }
    }
    CHECK(count > 40);
    fcntl(w.client, F_SETFL, 0);
    CHECK(passes(w.server, w.client, reply, 64));
    for (unsigned i = 0; i < count && all; i++)
        all = arrives(w.server, bytes, 4096, 0);
    CHECK(all);
    close_wire(&w);
    tapping_clean(&w.tap);
    free(bytes);
    free(reply);
}

/* No fds left: clients wait, the connection that is there is unharmed, and a message with fds is reported as cut. */
static void no_files_left(void)
{
    enum { LIMIT = 24, PASSED = 20 };
    struct wire w = { .tap = { .files = LIMIT } };
    uint8_t *bytes = message(32, 1, 9, 0);
    int clients[LIMIT], passed[PASSED], client, server;
    unsigned files;
    cJSON *e;

    test_case("no file descriptors left: clients wait, traffic goes on, lost fds are reported");
    tapping_start(&w.tap, to_json);
    w.client = connect_to(tapping_path(&w.tap, "t"));
    w.server = accept_from(w.tap.server);
    CHECK(passes(w.client, w.server, bytes, 32));
    files = tapping_open_files(&w.tap);
    for (int i = 0; i < LIMIT; i++)
        clients[i] = connect_to(tapping_path(&w.tap, "t"));
    CHECK(tapping_await(&w.tap, "err", "it waits"));
    CHECK(passes(w.client, w.server, bytes, 32));
    CHECK(passes(w.server, w.client, bytes, 32));
    for (int i = 0; i < PASSED; i++)
        passed[i] = eventfd(0, EFD_CLOEXEC);
    CHECK(put_bytes(w.client, bytes, 32, passed, PASSED));
    CHECK_EQ(get_bytes(w.server, bytes, 32, NULL, NULL), 32);
    for (int i = 0; i < LIMIT; i++)
        close(clients[i]);
    client = connect_to(tapping_path(&w.tap, "t")); /* gets its turn after those that left */
    CHECK(put_bytes(client, bytes, 32, NULL, 0));
    for (;;) {
        server = accept_from(w.tap.server);
        if (arrives(server, bytes, 32, 0))
            break;
        close(server);
    }
    close(client);
    close(server);
    CHECK(tapping_await_files(&w.tap, files));
    close_wire(&w);
    e = json_line(&w.tap, "type", "command", 3);
    CHECK(cJSON_IsTrue(cJSON_GetObjectItem(e, "fds_cut")));
    cJSON_Delete(e);
    tapping_clean(&w.tap);
    for (int i = 0; i < PASSED; i++)
        close(passed[i]);
    free(bytes);
}

/* More clients than there are descriptors for: each is served when those before it have left. */
static void crowd(void)
{
    enum { LIMIT = 24, CLIENTS = 40 };
    struct wire w = { .tap = { .files = LIMIT } };
    int clients[CLIENTS];

    test_case("%d clients at once, with %d descriptors: each is served in its turn", CLIENTS, LIMIT);
    tapping_start(&w.tap, to_json);
    for (int i = 0; i < CLIENTS; i++) {
        uint8_t *bytes = message(32, (uint16_t)i, 9, 0);

        clients[i] = connect_to(tapping_path(&w.tap, "t"));
        CHECK(put_bytes(clients[i], bytes, 32, NULL, 0));
        free(bytes);
    }
    for (int i = 0; i < CLIENTS; i++) {
        uint8_t *bytes = message(32, (uint16_t)i, 9, 0);
        int server = accept_from(w.tap.server);

        CHECK(passes(server, clients[i], bytes, 32));
        CHECK(arrives(server, bytes, 32, 0));
        close(clients[i]);
        close(server);
        free(bytes);
    }
    CHECK_EQ(tapping_stop(&w.tap), 0);
    tapping_clean(&w.tap);
}

/* Whoever comes, those that are there can go on passing descriptors. */
static void crowd_takes_not_all(void)
{
    enum { LIMIT = 48, PASSED = 8 };
    struct wire w = { .tap = { .files = LIMIT } };
    uint8_t *bytes = message(32, 1, 9, 0);
    int crowd[LIMIT], passed[PASSED];

    test_case("clients that come until no more are taken leave descriptors for the messages of others");
    tapping_start(&w.tap, NULL);
    w.client = connect_to(tapping_path(&w.tap, "t"));
    w.server = accept_from(w.tap.server);
    for (int i = 0; i < LIMIT; i++)
        crowd[i] = connect_to(tapping_path(&w.tap, "t"));
    CHECK(tapping_await(&w.tap, "err", "it waits"));
    for (int i = 0; i < PASSED; i++)
        passed[i] = eventfd(0, EFD_CLOEXEC);
    CHECK(put_bytes(w.client, bytes, 32, passed, PASSED));
    CHECK(arrives(w.server, bytes, 32, PASSED));
    for (int i = 0; i < PASSED; i++)
        close(passed[i]);
    for (int i = 0; i < LIMIT; i++)
        close(crowd[i]);
    free(bytes);
    close_wire(&w);
    tapping_clean(&w.tap);
}

/* Clients that come and go have one turn each time the others' messages have theirs. */
static void come_and_go(void)
{
    enum { CLIENTS = 60, MESSAGES = 24 }; /* fewer than a socket holds */
    struct wire w;
    unsigned came = 0, messages = 0;
    char *text, *save;

    test_case("%d clients come and go while one speaks: they don't all go first", CLIENTS);
    open_wire(&w, to_json);
    kill(w.tap.pid, SIGSTOP); /* so that all of it is there when the tap looks */
    for (int i = 0; i < CLIENTS; i++)
        close(connect_to(tapping_path(&w.tap, "t")));
    for (int i = 0; i < MESSAGES; i++) {
        uint8_t *bytes = message(32, (uint16_t)i, 9, 0);

        CHECK(put_bytes(w.client, bytes, 32, NULL, 0));
        free(bytes);
    }
    kill(w.tap.pid, SIGCONT);
    for (int i = 0; i < MESSAGES; i++) {
        uint8_t *bytes = message(32, (uint16_t)i, 9, 0);

        CHECK(arrives(w.server, bytes, 32, 0));
        free(bytes);
    }
    close_wire(&w);
    text = tapping_text(&w.tap, "json");
    for (char *line = strtok_r(text, "\n", &save); line && messages < MESSAGES; line = strtok_r(NULL, "\n", &save)) {
        came += strstr(line, "\"event\":\"connect\"") != NULL;
        messages += strstr(line, "\"type\":\"command\"") != NULL;
    }
    free(text);
    CHECK_EQ(messages, MESSAGES);
    if (!CHECK(came < CLIENTS / 2))
        printf("# %u of them came before the last message\n", came);
    tapping_clean(&w.tap);
}

int main(int argc, char **argv)
{
    (void)argc;
    tapping_find(argv[0]);
    lying_size(15);
    lying_size(0xffffffff);
    no_header("what is written to an eventfd, and a reply", (const uint32_t[]){ 1, 0, 0x90007, 32, 1, 0, 0, 0 }, 32);
    no_header("text", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", 47);
    no_header("a reserved flag", &(struct header){ 3, 9, 15, 0x40, 0 }, 16);
    no_header("another type", &(struct header){ 3, 9, 15, 2, 0 }, 16);
    no_header("command 0", &(struct header){ 3, 0, 15, 0, 0 }, 16);
    twin_reply("{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":0}}}", 300, true);
    twin_reply("{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":0}}}", 300 << 10, true);
    twin_reply("{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":-1}}}", 300, false);
    twin_reply("{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":0.9}}}", 300, false);
    cut_short(100, 7);
    cut_short(100, 16);
    cut_short(100, 60);
    cut_short(1 << 20, 700000);
    leaves(true);
    leaves(false);
    stalled_by_rules("--inject", "command == REGION_READ and offset == 77:drop", 10, 9);
    stalled_by_rules("--expose", "dma", 10, 2);
    stalled_by_rules("--control", "fifo", 10, 0);
    stalled(100, 5);
    stalled(100, 50);
    stalled(200000, 70000);
    stalled(2 << 20, 900000);
    pipelined();
    fds_later();
    slow_version(10);
    slow_version(30);
    reset_connection();
    not_reading();
    no_files_left();
    crowd();
    crowd_takes_not_all();
    come_and_go();
    return test_end();
}
