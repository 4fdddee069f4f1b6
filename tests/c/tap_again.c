/*
 * The tap where a server sends what is no message: every byte goes on at once, what it may be is guessed, and the stream
 * is found again where a header answers a command that waits, and nowhere else.
 */
#include "wire.h"

enum { READ = 9, WRITE = 10, RESET = 13 };
static const uint8_t counter[8] = { 1 };
static const char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

struct read {
    struct header header;
    uint64_t offset;
    uint32_t region, count, value;
} __attribute__((packed));

static struct read command_of(uint16_t id)
{
    return (struct read){ { id, READ, 32, 0, 0 }, 4 * id, 0, 4, 0 };
}

static struct read reply_of(uint16_t id)
{
    return (struct read){ { id, READ, 36, 1, 0 }, 4 * id, 0, 4, 0x11223344 };
}

static void ask(struct wire *w, uint16_t id)
{
    struct read command = command_of(id);

    CHECK(passes(w->client, w->server, &command, 32));
}

static bool is_clean(cJSON *line)
{
    bool clean = line && !cJSON_GetObjectItem(line, "problems");

    cJSON_Delete(line);
    return clean;
}

/* What was passed over, and that what came behind it is understood: the reply, the next command, its reply, the end. */
static void check_found(struct wire *w, uint64_t skipped, bool whole, const char *guess)
{
    struct read reply = reply_of(8);
    char number[32];
    cJSON *e;

    ask(w, 8);
    CHECK(passes(w->server, w->client, &reply, sizeof reply));
    close_wire(w);
    e = json_line(&w->tap, "event", "unframed", 0);
    CHECK_TEXT(text_of(e, "guess"), guess);
    if (whole) /* else it was told before it was clear where that ends */
        CHECK_EQ(strlen(text_of(e, "data")), 2 * skipped);
    CHECK(has_rule(e, "size-impossible", "server"));
    cJSON_Delete(e);
    CHECK(!json_line(&w->tap, "event", "unframed", 1));
    e = json_line(&w->tap, "event", "framed", 0);
    CHECK_TEXT(text_of(e, "from"), "server");
    snprintf(number, sizeof number, "0x%llx", (unsigned long long)skipped);
    CHECK_TEXT(text_of(e, "offset"), number);
    CHECK_EQ(number_of(e, "skipped"), skipped);
    CHECK(is_clean(e));
    for (int i = 0; i < 2; i++) {
        e = json_line(&w->tap, "type", "reply", i);
        CHECK_EQ(number_of(e, "reply_to"), i ? 3 : 1);
        CHECK(is_clean(e));
    }
    CHECK(!json_line(&w->tap, "type", "reply", 2));
    CHECK(is_clean(json_line(&w->tap, "event", "disconnect", 0)));
    tapping_clean(&w->tap);
}

/* In two writes, or in one; the header in one piece or not. */
static void found(const char *what, const void *stray, size_t size, const size_t *parts, const char *guess)
{
    struct wire w;
    struct read reply = reply_of(7);
    uint8_t bytes[256], got[256];
    size_t all = size + sizeof reply, sent = 0;
    bool whole = parts[0] == 0 || parts[1] == sizeof reply || parts[1] == 0;

    test_case("%s: the stream is found again", what);
    memcpy(bytes, stray, size);
    memcpy(bytes + size, &reply, sizeof reply);
    open_wire(&w, (const char *const[]){ "--json", "-o", "json", "--ignore", "region-not-asked", "--ignore",
                                         "version-not-first", NULL });
    ask(&w, 7);
    while (sent < all) {
        size_t part = *parts ? *parts++ : all - sent;

        CHECK(put_bytes(w.server, bytes + sent, part, NULL, 0));
        CHECK(get_bytes(w.client, got, part, NULL, NULL) == part && memcmp(got, bytes + sent, part) == 0);
        sent += part;
    }
    check_found(&w, size, whole, guess);
}

/* What comes close: nothing is found, all bytes go on, and so does what follows. */
static void not_found(const char *what, struct header h)
{
    struct wire w;
    struct read reply = reply_of(7);
    uint8_t bytes[sizeof counter + sizeof reply];
    cJSON *e;

    test_case("%s: nothing is found", what);
    reply.header = h;
    memcpy(bytes, counter, sizeof counter);
    memcpy(bytes + sizeof counter, &reply, sizeof reply);
    open_wire(&w, to_json);
    ask(&w, 7);
    CHECK(passes(w.server, w.client, bytes, sizeof bytes));
    CHECK(passes(w.server, w.client, text, sizeof text));
    close_wire(&w);
    e = json_line(&w.tap, "event", "unframed", 0);
    CHECK(has_rule(e, "size-impossible", "server"));
    cJSON_Delete(e);
    CHECK(!json_line(&w.tap, "event", "framed", 0));
    CHECK(!json_line(&w.tap, "type", "reply", 0));
    CHECK(is_clean(json_line(&w.tap, "event", "disconnect", 0)));
    tapping_clean(&w.tap);
}

/* A message that begins behind what was read as it came is whole again: it may be changed, and has its descriptors. */
static void changed_again(void)
{
    struct wire w;
    struct read reply = reply_of(7), got;
    int passed = eventfd(0, EFD_CLOEXEC), fds[MAX_FDS];
    unsigned nfds = 0;
    uint8_t noise[sizeof text];
    cJSON *e;

    test_case("what is found again can be changed, and keeps its descriptors");
    open_wire(&w, (const char *const[]){ "--json", "-o", "json", "--inject", "type == reply:corrupt=32:ff", NULL });
    ask(&w, 7);
    CHECK(put_bytes(w.server, text, sizeof text, NULL, 0));
    CHECK(put_bytes(w.server, &reply, sizeof reply, &passed, 1));
    CHECK(get_bytes(w.client, noise, sizeof noise, NULL, NULL) == sizeof noise && memcmp(noise, text, sizeof text) == 0);
    CHECK(get_bytes(w.client, &got, sizeof got, fds, &nfds) == sizeof got);
    CHECK_EQ(got.value, 0x112233ff);
    CHECK(nfds == 1 && same_file(fds[0], passed));
    if (nfds)
        close(fds[0]);
    close_wire(&w);
    e = json_line(&w.tap, "type", "reply", 0);
    CHECK_EQ(cJSON_GetArraySize(cJSON_GetObjectItem(e, "changed")), 1);
    CHECK_EQ(cJSON_GetArraySize(cJSON_GetObjectItem(e, "fds")), 1);
    cJSON_Delete(e);
    close(passed);
    tapping_clean(&w.tap);
}

/* A reply whose size can't be true, and its body behind it: the next one is found, and nobody blamed for a silence. */
static void body_passed_over(void)
{
    struct wire w;
    struct read reply = reply_of(7), next = reply_of(9);
    cJSON *e;

    test_case("behind a header without a true size");
    open_wire(&w, (const char *const[]){ "--json", "-o", "json", "--ignore", "region-not-asked", "--ignore",
                                         "version-not-first", NULL });
    for (uint16_t id = 7; id < 10; id++)
        ask(&w, id);
    reply.header.size = 0;
    CHECK(passes(w.server, w.client, &reply, sizeof reply));
    CHECK(passes(w.server, w.client, &next, sizeof next));
    close_wire(&w);
    e = json_line(&w.tap, "event", "framed", 0);
    CHECK_EQ(number_of(e, "skipped"), 20);
    CHECK(is_clean(e));
    e = json_line(&w.tap, "type", "reply", 1);
    CHECK_EQ(number_of(e, "reply_to"), 3);
    CHECK(is_clean(e));
    CHECK(is_clean(json_line(&w.tap, "event", "disconnect", 0)));
    tapping_clean(&w.tap);
}

/* In less than a header there was no reply: it is owed still. */
static void still_owed(void)
{
    struct wire w;
    struct read reply = reply_of(7);
    cJSON *e;

    test_case("what was passed over has no room for a reply that is owed");
    open_wire(&w, (const char *const[]){ "--json", "-o", "json", NULL });
    ask(&w, 6);
    ask(&w, 7);
    CHECK(passes(w.server, w.client, counter, sizeof counter));
    CHECK(passes(w.server, w.client, &reply, sizeof reply));
    close(w.server);
    CHECK(at_end(w.client));
    close(w.client);
    CHECK_EQ(tapping_stop(&w.tap), 0);
    e = json_line(&w.tap, "type", "reply", 0);
    CHECK_EQ(number_of(e, "reply_to"), 2);
    cJSON_Delete(e);
    e = json_line(&w.tap, "event", "disconnect", 0);
    CHECK(has_rule(e, "never-answered", "server"));
    cJSON_Delete(e);
    tapping_clean(&w.tap);
}

/* What a server sends behind a refusal that has no room for it. */
static void refused_body(void)
{
    struct wire w;
    struct read command = command_of(7);
    struct header refusal = { 7, READ, 16, 0x21, EINVAL };
    cJSON *e;

    test_case("the body of a refused command");
    open_wire(&w, to_json);
    ask(&w, 7);
    CHECK(passes(w.server, w.client, &refusal, sizeof refusal));
    CHECK(passes(w.server, w.client, &command.offset, 16));
    close_wire(&w);
    e = json_line(&w.tap, "event", "unframed", 0);
    CHECK_TEXT(text_of(e, "guess"), "the body of a refused command: REGION_READ, #1");
    cJSON_Delete(e);
    tapping_clean(&w.tap);
}

int main(int argc, char **argv)
{
    static const uint8_t twice[16] = { 1, [8] = 2 }, odd[24] = { 0xfe, 0xdc };
    const char *guess = "8 bytes as written to an eventfd";

    (void)argc;
    tapping_find(argv[0]);
    found("what is written to an eventfd, in one write with the reply", counter, 8, (size_t[]){ 0 }, guess);
    found("what is written to an eventfd, and then the reply", counter, 8, (size_t[]){ 8, 36, 0 }, guess);
    found("the header in two pieces", counter, 8, (size_t[]){ 8, 10, 26, 0 }, guess);
    found("the header byte by byte", counter, 8, (size_t[]){ 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0 }, guess);
    found("two signals", twice, 16, (size_t[]){ 0 }, "8 bytes as written to an eventfd, 2 times");
    found("two signals, then the reply", twice, 16, (size_t[]){ 16, 0 }, "8 bytes as written to an eventfd, 2 times");
    found("text", text, 28, (size_t[]){ 0 }, "text: HTTP/1.1 400 Bad Request");
    found("what is like nothing", odd, 24, (size_t[]){ 0 }, "(none)");
    not_found("another id", (struct header){ 6, READ, 36, 1, 0 });
    not_found("another command", (struct header){ 7, WRITE, 32, 1, 0 });
    not_found("a command", (struct header){ 7, READ, 36, 0, 0 });
    not_found("a size that the reply can't have", (struct header){ 7, READ, 44, 1, 0 });
    not_found("a size without the fixed part", (struct header){ 7, READ, 24, 1, 0 });
    not_found("a reserved flag", (struct header){ 7, READ, 36, 0x41, 0 });
    not_found("an errno without its flag", (struct header){ 7, READ, 36, 1, 22 });
    not_found("an error with a payload", (struct header){ 7, READ, 36, 0x21, 22 });
    not_found("an error without an errno", (struct header){ 7, READ, 16, 0x21, 0 });
    changed_again();
    body_passed_over();
    still_owed();
    refused_body();
    return test_end();
}
