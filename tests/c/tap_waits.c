/*
 * What the tap says of peers that keep others waiting, and of whom it does not.
 */
#include "wire.h"

enum { LIMIT_MS = 300 }; /* --overdue */

static const char *const impatient[] = { "--json", "-o", "json", "--overdue", "300ms", "-w", "cap", NULL };

/* A part of a message, and then nothing: who sent it is told of, once; the rest may come all the same. */
static void stalled(const char *what, bool by_client, const uint8_t *bytes, size_t size, size_t sent)
{
    struct wire w;
    int from, to;
    cJSON *e;

    test_case("%s stalls after %zu of %zu bytes: told of, once", what, sent, size);
    open_wire(&w, impatient);
    from = by_client ? w.client : w.server;
    to = by_client ? w.server : w.client;
    CHECK(passes(from, to, bytes, sent));
    CHECK(tapping_await(&w.tap, "json", "\"event\":\"stalled\""));
    CHECK(passes(from, to, bytes + sent, size - sent));
    CHECK(passes(from, to, bytes, size));
    close_wire(&w);
    e = json_line(&w.tap, "event", "stalled", 0);
    CHECK_TEXT(text_of(e, "from"), by_client ? "client" : "server");
    CHECK_EQ(number_of(e, "got"), sent);
    CHECK(number_of(e, "waiting_ms") >= LIMIT_MS);
    if (sent >= sizeof(struct header)) {
        CHECK_TEXT(text_of(e, "command"), "REGION_WRITE");
        CHECK_EQ(number_of(e, "id"), 9);
        CHECK_EQ(number_of(e, "size"), size);
    } else {
        CHECK(!cJSON_GetObjectItem(e, "command") && !cJSON_GetObjectItem(e, "id") && !cJSON_GetObjectItem(e, "size"));
    }
    CHECK(has_rule(e, "stalled", by_client ? "client" : "server"));
    cJSON_Delete(e);
    e = json_line(&w.tap, "event", "stalled", 1);
    CHECK(!e);
    cJSON_Delete(e);
    tapping_clean(&w.tap);
}

/* A message that comes slowly, but comes. */
static void slow(void)
{
    struct wire w;
    uint8_t *bytes = message(96, 9, 10, 0);
    cJSON *e;

    test_case("a message that goes on after less than that is not told of");
    open_wire(&w, impatient);
    for (unsigned i = 0; i < 96; i += 16) {
        CHECK(passes(w.client, w.server, bytes + i, 16));
        poll(NULL, 0, LIMIT_MS / 4);
    }
    close_wire(&w);
    e = json_line(&w.tap, "event", "stalled", 0);
    CHECK(!e);
    cJSON_Delete(e);
    tapping_clean(&w.tap);
    free(bytes);
}

/* The client sent all of it: the server takes no more, and the tap does not read what it can't pass on. */
static void not_taken(void)
{
    enum { SIZE = 4 << 20 };
    struct wire w;
    uint8_t *bytes = message(SIZE, 9, 10, 0x10), *last = message(32, 1, 9, 1);
    pid_t child;
    cJSON *e;

    test_case("a message that the other side does not take is not told of");
    open_wire(&w, impatient);
    child = put_aside(w.client, bytes, SIZE, NULL, 0, false);
    poll(NULL, 0, 2 * LIMIT_MS);
    CHECK(passes(w.server, w.client, last, 32));
    CHECK(arrives(w.server, bytes, SIZE, 0));
    CHECK(was_put(child));
    close_wire(&w);
    e = json_line(&w.tap, "event", "stalled", 0);
    CHECK(!e);
    cJSON_Delete(e);
    tapping_clean(&w.tap);
    free(bytes);
    free(last);
}

/* A client that reads no more, as QEMU after a reply that it rejects, and goes on sending. */
static void deaf(const char *option, const char *value)
{
    const char *const arguments[] = { "--json", "-o", "json", "--overdue", "300ms", option, value, NULL };
    struct wire w;
    uint8_t *command = message(32, 1, 9, 0), *reply = message(36, 1, 9, 1);
    uint8_t last[36];
    cJSON *e;

    test_case("a client that reads no more is told of, with what it may not have read; nobody is late for it: %s",
              option ? option : "plain");
    open_wire(&w, arguments);
    CHECK(passes(w.client, w.server, command, 32));
    CHECK(put_bytes(w.server, reply, 36, NULL, 0)); /* 2: it lies in the socket, read or not */
    CHECK(recv(w.client, last, sizeof last, MSG_PEEK | MSG_WAITALL) == sizeof last);
    CHECK(shutdown(w.client, SHUT_RD) == 0);
    CHECK(passes(w.client, w.server, command, 32));
    CHECK(put_bytes(w.server, reply, 36, NULL, 0));
    CHECK(tapping_await(&w.tap, "json", "reads_no_more"));
    CHECK(passes(w.client, w.server, command, 32));
    poll(NULL, 0, 2 * LIMIT_MS);
    close_wire(&w);
    e = json_line(&w.tap, "event", "reads_no_more", 0);
    CHECK_TEXT(text_of(e, "from"), "client");
    CHECK_EQ(number_of(e, "last"), 2);
    cJSON_Delete(e);
    e = json_line(&w.tap, "event", "overdue", 0);
    CHECK(!e);
    cJSON_Delete(e);
    e = json_line(&w.tap, "event", "disconnect", 0);
    CHECK(e && !cJSON_GetObjectItem(e, "problems"));
    cJSON_Delete(e);
    tapping_clean(&w.tap);
    free(command);
    free(reply);
}

static void left(void)
{
    struct wire w;
    uint8_t *command = message(32, 1, 9, 0), *reply = message(36, 1, 9, 1);
    cJSON *e;

    test_case("one that has closed its socket is told of as that");
    open_wire(&w, to_json);
    CHECK(passes(w.client, w.server, command, 32));
    close(w.client);
    put_bytes(w.server, reply, 36, NULL, 0);
    CHECK(tapping_await(&w.tap, "json", "disconnect"));
    close(w.server);
    CHECK_EQ(tapping_stop(&w.tap), 0);
    e = json_line(&w.tap, "event", "reads_no_more", 0);
    CHECK(!e);
    cJSON_Delete(e);
    tapping_clean(&w.tap);
    free(command);
    free(reply);
}

static double summed(const struct tapping *t, const char *name, const char *list, const char *member)
{
    char *text = tapping_text(t, name), *line = strstr(text, "{\"event\":\"summary\"");
    cJSON *summary = cJSON_Parse(line ? line : "");
    double n = number_of(cJSON_GetArrayItem(cJSON_GetObjectItem(summary, list), 0), member);

    cJSON_Delete(summary);
    free(text);
    return n;
}

/* A command hangs, and nothing else happens. And of a message a part came: its claim is not what came. */
static void summary(void)
{
    const char *const arguments[] = { "--json", "-o", "json", "-c", NULL };
    struct wire w;
    uint8_t *bytes = message(1 << 20, 9, 10, 0);

    test_case("the summary: what waits has waited until now; bytes are those that came");
    open_wire(&w, arguments);
    ((struct header *)bytes)->size = 32;
    CHECK(passes(w.client, w.server, bytes, 32));
    CHECK(tapping_await(&w.tap, "json", "REGION_WRITE"));
    poll(NULL, 0, LIMIT_MS);
    kill(w.tap.pid, SIGUSR1);
    CHECK(tapping_await(&w.tap, "err", "\"event\":\"summary\""));
    CHECK(summed(&w.tap, "err", "waiting", "waiting_ms") >= LIMIT_MS);
    ((struct header *)bytes)->size = 1 << 20;
    CHECK(passes(w.client, w.server, bytes, 40));
    close_wire(&w);
    CHECK_EQ(summed(&w.tap, "out", "commands", "bytes"), 72);
    tapping_clean(&w.tap);
    free(bytes);
}

int main(int argc, char **argv)
{
    uint8_t *command = message(96, 9, 10, 0), *reply = message(32, 9, 10, 1);

    (void)argc;
    tapping_find(argv[0]);
    stalled("a command", true, command, 96, 40);
    stalled("a command", true, command, 96, 5);
    stalled("a reply", false, reply, 32, 20);
    slow();
    not_taken();
    deaf(NULL, NULL);
    deaf("--inject", "command == REGION_READ:delay=1ms");
    left();
    summary();
    free(command);
    free(reply);
    return test_end();
}
