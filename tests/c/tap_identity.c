/*
 * What one side sends the other receives: the same bytes, the same fds on the same message, in the same order, whatever
 * the splits, over several connections at once and their twin sockets; and the capture has all of it. Both ends are
 * this test's, one thread a direction; a seed decides everything that they say.
 */
#include "capture/file/capfile.h"
#include "tapping.h"

#include <pthread.h>
#include <sys/ioctl.h>

enum {
    ROUNDS = 3,
    CONNECTIONS = 5,
    MESSAGES = 60, /* a stream */
    STREAMS = 4,   /* main from the client, main from the server, twin likewise */
    POOL = 24,
    FDS = 5,       /* at most, with a message */
    KEPT = 256 << 10,
    WHOLE = 32 << 10, /* what the kernel hands over at once, on every system */
};

static const char twin_offer[] = "{\"capabilities\":{\"twin_socket\":{\"supported\":true}}}";
static const char twin_answer[] =
    "{\"capabilities\":{\"max_msg_fds\":16,\"twin_socket\":{\"supported\":true,\"fd_index\":1}}}";

static int pool[POOL]; /* what is passed: one of each kind, again and again */

struct planned {
    uint32_t size;
    uint64_t seed; /* of its bytes */
    unsigned nfds;
    int fds[FDS];
    bool split;
};

struct stream {
    int from, to; /* the sender's socket, the receiver's */
    uint64_t seed;
    struct planned plan[MESSAGES];
    const char *wrong; /* what the receiver found, NULL: nothing */
    unsigned at;       /* with which message */
    bool close_from;   /* how the sender ends: shutdown, or waits for the other direction */
};

struct connection {
    int client, server, twin_client, twin_server;
    struct stream streams[STREAMS];
};

static void make_pool(void)
{
    for (int i = 0; i < POOL; i++) {
        int pair[2];
        char name[] = "/tmp/vfuscope-test-XXXXXX";

        switch (i % 5) {
        case 0:
            pool[i] = memfd_create("guest", MFD_CLOEXEC);
            MUST(ftruncate(pool[i], 4096 * (i + 1)) == 0);
            break;
        case 1:
            pool[i] = eventfd(0, EFD_CLOEXEC);
            break;
        case 2:
            MUST(pipe2(pair, O_CLOEXEC) == 0);
            pool[i] = pair[0];
            close(pair[1]);
            break;
        case 3:
            MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
            pool[i] = pair[0];
            close(pair[1]);
            break;
        default:
            pool[i] = mkostemp(name, O_CLOEXEC);
            unlink(name);
        }
        MUST(pool[i] >= 0);
    }
}

/* Sizes from a bare header to several MiB; most are small, as in life. */
static uint32_t random_size(uint64_t *r)
{
    uint32_t kind = next_random(r) % 64, n = next_random(r);

    if (kind == 0)
        return 16 + n % (3u << 20);
    if (kind < 4)
        return 16 + n % (300u << 10);
    if (kind < 20)
        return 16 + n % (20u << 10);
    return kind < 30 ? 16 : 16 + n % 200;
}

static void plan_stream(struct stream *s)
{
    uint64_t r = s->seed;

    for (int i = 0; i < MESSAGES; i++) {
        struct planned *p = &s->plan[i];

        p->size = random_size(&r);
        p->seed = ((uint64_t)next_random(&r) << 32 | next_random(&r)) | 1;
        p->nfds = next_random(&r) % 3 ? 0 : next_random(&r) % (FDS + 1);
        p->split = next_random(&r) % 4 == 0;
        for (unsigned k = 0; k < p->nfds; k++)
            p->fds[k] = pool[next_random(&r) % POOL];
    }
    s->close_from = next_random(&r) & 1;
}

/* The message's bytes: a header that is none of VERSION's, and noise. */
static void make_bytes(const struct planned *p, uint8_t *bytes)
{
    struct header h = { .size = p->size };
    uint64_t r = p->seed;

    for (uint32_t i = 0; i < p->size; i += 4) {
        uint32_t n = next_random(&r);

        memcpy(bytes + i, &n, p->size - i < 4 ? p->size - i : 4);
    }
    h.id = (uint16_t)next_random(&r);
    h.command = (uint16_t)(2 + next_random(&r) % 20);
    h.flags = next_random(&r);
    h.error = next_random(&r);
    memcpy(bytes, &h, sizeof h);
}

static void *send_stream(void *context)
{
    struct stream *s = context;
    uint8_t *bytes = malloc(4 << 20);
    uint64_t r = s->seed ^ 0x5bd1e995;

    for (int i = 0; i < MESSAGES; i++) {
        const struct planned *p = &s->plan[i];
        size_t sent = 0;

        make_bytes(p, bytes);
        while (sent < p->size) {
            size_t part = p->split ? 1 + next_random(&r) % (p->size - sent) : p->size - sent;

            if (p->split && sent < 16 && next_random(&r) % 2)
                part = 1 + next_random(&r) % 16; /* within the header too */
            if (part > p->size - sent)
                part = p->size - sent;
            if (!put_bytes(s->from, bytes + sent, part, p->fds, sent ? 0 : p->nfds)) {
                free(bytes);
                return "sending failed";
            }
            sent += part;
            if (p->split && next_random(&r) % 4 == 0)
                sched_yield();
        }
    }
    shutdown(s->from, SHUT_WR); /* half-close: the other direction goes on */
    free(bytes);
    return NULL;
}

static const char *check_message(struct stream *s, const struct planned *p, uint8_t *got, const uint8_t *want)
{
    int fds[MAX_FDS], there = 0;
    unsigned nfds = 0;
    const char *wrong = NULL;

    if (get_bytes(s->to, got, 16, fds, &nfds) != 16)
        return "the stream ended";
    if (memcmp(got, want, 16) != 0)
        return "another header";
    if (nfds != p->nfds)
        wrong = "not the fds that were sent with it";
    if (!p->split && p->size <= WHOLE && ioctl(s->to, FIONREAD, &there) == 0 && (uint32_t)there + 16 < p->size)
        wrong = "it came in pieces";
    if (get_bytes(s->to, got + 16, p->size - 16, fds, &nfds) != p->size - 16)
        wrong = "cut";
    else if (memcmp(got, want, p->size) != 0)
        wrong = "other bytes";
    if (nfds != p->nfds)
        wrong = "not as many fds";
    for (unsigned k = 0; k < nfds && !wrong; k++)
        if (!same_file(fds[k], p->fds[k]))
            wrong = "another fd";
    for (unsigned k = 0; k < nfds; k++)
        close(fds[k]);
    return wrong;
}

static void *receive_stream(void *context)
{
    struct stream *s = context;
    uint8_t *want = malloc(4 << 20), *got = malloc(4 << 20);

    for (s->at = 0; s->at < MESSAGES && !s->wrong; s->at++) {
        make_bytes(&s->plan[s->at], want);
        s->wrong = check_message(s, &s->plan[s->at], got, want);
    }
    if (!s->wrong && !at_end(s->to))
        s->wrong = "more than was sent";
    free(want);
    free(got);
    return NULL;
}

/* A VERSION message with this JSON. */
static size_t version(uint8_t *bytes, const char *json, bool reply)
{
    struct header h = { .id = 7, .command = 1, .size = (uint32_t)(sizeof h + 4 + strlen(json) + 1), .flags = reply };

    memcpy(bytes, &h, sizeof h);
    memset(bytes + sizeof h, 0, 4);
    strcpy((char *)bytes + sizeof h + 4, json);
    return h.size;
}

/* Negotiate a twin socket, and see that the client gets another one than the server gave, in the same place. */
static void negotiate(struct connection *c)
{
    uint8_t want[256], got[256];
    size_t size = version(want, twin_offer, false);
    int pair[2], passed[2], fds[MAX_FDS];
    unsigned nfds = 0;

    MUST(put_bytes(c->client, want, size, NULL, 0));
    MUST(get_bytes(c->server, got, size, NULL, NULL) == size && memcmp(got, want, size) == 0);
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    passed[0] = pool[0];
    passed[1] = pair[1];
    size = version(want, twin_answer, true);
    MUST(put_bytes(c->server, want, size, passed, 2));
    MUST(get_bytes(c->client, got, size, fds, &nfds) == size);
    CHECK(memcmp(got, want, size) == 0);
    MUST(nfds == 2);
    CHECK(same_file(fds[0], pool[0]));
    CHECK(!same_file(fds[1], pair[1]));
    close(fds[0]);
    close(pair[1]);
    c->twin_server = pair[0];
    c->twin_client = fds[1];
    set_patience(c->twin_server);
    set_patience(c->twin_client);
}

static void plan_connection(struct connection *c, uint64_t seed)
{
    const int ends[STREAMS][2] = { { c->client, c->server },
                                   { c->server, c->client },
                                   { c->twin_client, c->twin_server },
                                   { c->twin_server, c->twin_client } };

    for (int i = 0; i < STREAMS; i++) {
        struct stream *s = &c->streams[i];

        *s = (struct stream){ .from = ends[i][0], .to = ends[i][1], .seed = seed * 16 + (uint64_t)i + 1 };
        s->seed = s->seed * 0x9e3779b97f4a7c15u | 1;
        plan_stream(s);
    }
}

static void talk(struct connection *connections)
{
    pthread_t threads[CONNECTIONS][STREAMS][2];
    void *failed;

    for (int c = 0; c < CONNECTIONS; c++)
        for (int i = 0; i < STREAMS; i++) {
            MUST(pthread_create(&threads[c][i][0], NULL, send_stream, &connections[c].streams[i]) == 0);
            MUST(pthread_create(&threads[c][i][1], NULL, receive_stream, &connections[c].streams[i]) == 0);
        }
    for (int c = 0; c < CONNECTIONS; c++)
        for (int i = 0; i < STREAMS; i++) {
            struct stream *s = &connections[c].streams[i];

            pthread_join(threads[c][i][1], NULL);
            if (s->wrong) { /* its sender would wait for ever */
                printf("# connection %d, stream %d, message %u of seed %llx: %s\n", c, i, s->at,
                       (unsigned long long)s->seed, s->wrong);
                shutdown(s->from, SHUT_RDWR);
            }
            CHECK(!s->wrong);
            pthread_join(threads[c][i][0], &failed);
            CHECK(s->wrong || !failed);
        }
}

/* The capture has every message of every stream in order, its first KEPT bytes and what its fds are. */
static void check_capture(const struct tapping *t, const struct connection *connections, uint64_t first_conn)
{
    static unsigned seen[ROUNDS * CONNECTIONS + 1][STREAMS];
    uint8_t *want = malloc(4 << 20);
    unsigned messages = 0, others = 0;
    struct vfu_error error;
    struct vfu_event e;
    struct vfu_capreader *r = vfu_capreader_open(tapping_path(t, "cap"), NULL, &error);
    enum vfu_captured got = VFU_CAPTURED_END;

    MUST(r != NULL);
    memset(seen, 0, sizeof seen);
    while (r && (got = vfu_capreader_next(r, &e, &error)) < VFU_CAPTURED_END) {
        const struct vfu_message *m = &e.message;
        unsigned stream = m->channel * 2u + m->from;
        const struct planned *p;
        size_t kept;

        /* Who they are; and on a machine that has much else to do, what takes long. */
        if (got == VFU_CAPTURED_EVENT &&
            (e.kind == VFU_EVENT_PEER || e.kind == VFU_EVENT_OVERDUE || e.kind == VFU_EVENT_STALLED))
            continue;
        if (got == VFU_CAPTURED_EVENT || m->conn < first_conn || m->conn >= first_conn + CONNECTIONS ||
            (m->bytes[2] == 1 && m->bytes[3] == 0)) { /* VERSION */
            others++;
            continue;
        }
        if (!CHECK(seen[m->conn][stream] < MESSAGES))
            break;
        p = &connections[m->conn - first_conn].streams[stream].plan[seen[m->conn][stream]++];
        make_bytes(p, want);
        kept = p->size < KEPT - 4096 ? p->size : KEPT - 4096; /* a record has room for somewhat less than KEPT */
        if (!CHECK_EQ(m->size, p->size) || !CHECK(m->captured >= kept) ||
            !CHECK(memcmp(m->bytes, want, m->captured) == 0) || !CHECK_EQ(m->nfds, p->nfds))
            break;
        messages++;
    }
    CHECK_EQ(got, VFU_CAPTURED_END);
    CHECK_EQ(messages, CONNECTIONS * STREAMS * MESSAGES);
    CHECK_EQ(others, CONNECTIONS * 4 + 2); /* connect, disconnect, VERSION twice; capture, end */
    vfu_capreader_close(r);
    free(want);
}

static void close_connection(struct connection *c)
{
    close(c->client);
    close(c->server);
    close(c->twin_client);
    close(c->twin_server);
}

/* deciding: on the tap's other path, where something could be changed, but nothing that is asked for strikes. */
static void round_of_talk(uint64_t seed, bool deciding)
{
    static const char *const plain[] = { "-w", "cap", "--json", "-o", "json", "--lossless", NULL };
    static const char *const decides[] = { "-w",         "cap",      "--json",
                                           "-o",         "json",     "--lossless",
                                           "--inject",   "conn == 99:drop", NULL };
    static struct connection connections[CONNECTIONS];
    struct tapping t = { 0 };
    unsigned own_files = 0;

    test_case("bytes, fds and order of %d connections, seed %llu%s", CONNECTIONS, (unsigned long long)seed,
              deciding ? ", decided about" : "");
    tapping_start(&t, deciding ? decides : plain);
    for (int i = 0; i < CONNECTIONS; i++) { /* the k-th client gets the k-th server connection */
        connections[i].client = connect_to(tapping_path(&t, "t"));
        connections[i].server = accept_from(t.server);
        if (i == 0)
            own_files = tapping_own_files(&t);
        negotiate(&connections[i]);
        plan_connection(&connections[i], seed * CONNECTIONS + (uint64_t)i);
    }
    talk(connections);
    for (int i = 0; i < CONNECTIONS; i++)
        close_connection(&connections[i]);
    CHECK(tapping_await_files(&t, own_files));
    CHECK_EQ(tapping_stop(&t), 0);
    check_capture(&t, connections, 1);
    tapping_clean(&t);
}

int main(int argc, char **argv)
{
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    int rounds = argc > 2 ? atoi(argv[2]) : ROUNDS;

    tapping_find(argv[0]);
    make_pool();
    for (int i = 0; i < rounds; i++)
        round_of_talk(first + (uint64_t)i, i % 2 != 0);
    round_of_talk(first, true);
    return test_end();
}
