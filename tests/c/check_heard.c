/*
 * vfuscope check's connection: what is shown is what was judged, and what the server said before its end is heard.
 */
#include "capture/listen.h"
#include "cli/check/check.h"
#include "decoder/wire/header.h"
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the server --- */

static void put(int fd, struct vfu_build *b, uint16_t id, uint32_t flags)
{
    if (!vfu_build_set_number(b, "header.id", id) || !vfu_build_set_number(b, "header.flags", flags) ||
        !vfu_build_end(b) || !vfu_send_all(fd, b->bytes, b->size, NULL, 0, -1))
        _exit(1);
    vfu_build_free(b);
}

static void reply(int fd, const struct vfu_header *to)
{
    struct vfu_build b;

    if (!vfu_build_start(&b, to->command, true) ||
        (to->command == VFU_VERSION && !vfu_build_set(&b, "json", "{\"capabilities\":{}}")))
        _exit(1);
    put(fd, &b, to->id, VFU_TYPE_REPLY);
}

static void ask_for_memory(int fd)
{
    struct vfu_build b;

    if (!vfu_build_start(&b, VFU_DMA_READ, false) || !vfu_build_set_number(&b, "count", 4))
        _exit(1);
    put(fd, &b, 7, VFU_TYPE_COMMAND);
}

static bool next(int fd, struct vfu_reader *r, struct vfu_header *h)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    enum vfu_io io;

    while ((io = vfu_reader_read(r, fd)) == VFU_IO_AGAIN)
        poll(&p, 1, -1);
    if (io == VFU_IO_OK)
        *h = vfu_header_read(r->buffer, false);
    vfu_reader_next(r);
    return io == VFU_IO_OK;
}

/*
 * DEVICE_RESET is answered once a command of the server's own was refused; DEVICE_GET_IRQ_INFO is the last that is
 * answered; No_reply is not heeded.
 */
static void serve(int fd)
{
    struct vfu_reader r = { 0 };
    struct vfu_header h = { 0 }, answer;

    while (h.command != VFU_DEVICE_GET_IRQ_INFO && next(fd, &r, &h)) {
        if (h.command == VFU_DEVICE_RESET) {
            ask_for_memory(fd);
            if (!next(fd, &r, &answer) || answer.id != 7 || answer.error != ENOTSUP)
                _exit(1);
        }
        reply(fd, &h);
    }
    vfu_reader_free(&r);
    close(fd);
}

/* --- the check --- */

static bool never(void)
{
    return false;
}

struct fixture {
    struct check check;
    char dir[32], path[40];
    pid_t server;
};

static void start(struct fixture *f)
{
    struct vfu_listener listener;
    struct vfu_error error;

    *f = (struct fixture){ .check = { .timeout_ms = 10000, .stopped = never }, .dir = "/tmp/vfuscope-test-XXXXXX" };
    if (!mkdtemp(f->dir))
        abort();
    snprintf(f->path, sizeof f->path, "%s/s", f->dir);
    f->check.path = f->path;
    if (!vfu_listen(f->path, 0600, (gid_t)-1, &listener, &error) || !check_init(&f->check))
        abort();
    f->server = fork();
    while (f->server == 0) {
        struct pollfd p = { .fd = listener.fd, .events = POLLIN };
        int fd;

        poll(&p, 1, -1);
        fd = accept(listener.fd, NULL, NULL);
        if (fd >= 0)
            serve(fd);
    }
    close(listener.fd);
}

static void stop(struct fixture *f)
{
    check_free(&f->check);
    kill(f->server, SIGKILL);
    waitpid(f->server, NULL, 0);
    unlink(f->path);
    rmdir(f->dir);
}

static void evidence(void)
{
    struct fixture f;
    struct check *c = &f.check;

    test_case("a verdict keeps the reply and the command that were judged, whatever was said since");
    start(&f);
    CHECK(check_open(c));
    CHECK(check_begin(c, VFU_DEVICE_GET_INFO, PLAIN) && check_send(c));
    CHECK(check_begin(c, VFU_DEVICE_GET_REGION_INFO, PLAIN) && check_send(c));
    CHECK_EQ(check_receive(c), CHECK_REPLY);
    CHECK(strstr(c->talk.sent, "DEVICE_GET_INFO") && strstr(c->talk.came, "DEVICE_GET_INFO"));
    CHECK_EQ(check_fail(c, "number %d", 7), CHECK_FAILS);
    CHECK_EQ(check_receive(c), CHECK_REPLY);
    CHECK(strstr(c->talk.sent, "REGION_INFO") && strstr(c->talk.came, "REGION_INFO"));
    CHECK_EQ(check_ask(c, VFU_DMA_UNMAP, PLAIN), CHECK_REPLY);
    CHECK_TEXT(c->verdict.why, "number 7");
    CHECK(strstr(c->verdict.sent, "client > DEVICE_GET_INFO") && strstr(c->verdict.came, "server < DEVICE_GET_INFO"));
    stop(&f);
}

static void no_reply(void)
{
    struct fixture f;
    struct check *c = &f.check;

    test_case("a reply to a command with No_reply is shown with that");
    start(&f);
    CHECK(check_open(c));
    CHECK(check_begin(c, VFU_DMA_UNMAP, WITH({ "header.flags", VFU_NO_REPLY })) && check_send(c));
    CHECK_EQ(check_ask(c, VFU_DEVICE_GET_INFO, PLAIN), CHECK_STRAY);
    CHECK(strstr(c->talk.sent, "client > DMA_UNMAP") && strstr(c->talk.came, "server < DMA_UNMAP"));
    CHECK_EQ(check_receive(c), CHECK_REPLY);
    CHECK(strstr(c->talk.sent, "client > DEVICE_GET_INFO") && strstr(c->talk.came, "server < DEVICE_GET_INFO"));
    stop(&f);
}

static void refused(void)
{
    struct fixture f;
    struct check *c = &f.check;

    test_case("a command of the server's is refused, and the reply is waited for");
    start(&f);
    CHECK(check_open(c));
    CHECK_EQ(check_ask(c, VFU_DEVICE_RESET, PLAIN), CHECK_REPLY);
    CHECK(c->reply->command_number == VFU_DEVICE_RESET && !c->reply->problem_count);
    stop(&f);
}

static void said_before_the_end(void)
{
    struct fixture f;
    struct check *c = &f.check;

    test_case("what a server said before it closed is heard, though nothing can be sent any more");
    start(&f);
    CHECK(check_open(c));
    CHECK(check_begin(c, VFU_DEVICE_GET_IRQ_INFO, PLAIN) && check_send(c));
    poll(&(struct pollfd){ .fd = c->client.sockets[VFU_MAIN] }, 1, -1); /* POLLHUP */
    CHECK(check_begin(c, VFU_DEVICE_GET_INFO, PLAIN) && !check_send(c) && c->was_closed);
    CHECK_EQ(check_receive(c), CHECK_REPLY);
    CHECK_EQ(c->reply->command_number, VFU_DEVICE_GET_IRQ_INFO);
    CHECK_EQ(check_receive(c), CHECK_CLOSED);
    CHECK_EQ(check_receive(c), CHECK_CLOSED);
    CHECK(check_open(c));
    stop(&f);
}

int main(void)
{
    evidence();
    no_reply();
    refused();
    said_before_the_end();
    return test_end();
}
