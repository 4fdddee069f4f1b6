/*
 * vfio-user messages out of a log of strace -f -ttt -xx -yy -s 70000: what people have who had nothing better. Takes what
 * sendmsg, recvmsg, sendto, recvfrom, read, write, readv and writev moved over sockets on which vfio-user was spoken.
 *
 * The log's lines: `PID TIME call(FD<what it is>, ...) = RESULT`, a call that another thread interrupts in two lines.
 * Strings are read with any escapes, so that logs without -xx do too; cut ones ("..."...) count as missing bytes.
 */
#include "capture/file/inside.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/header.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_THREADS = 64, MAX_SOCKETS = FILE_RAW_CONNECTIONS, MAX_LINE = 64 << 20 /* what is longer is no call's */ };

struct socket {
    uint64_t inode, peer; /* with -yy; else the fd's number, and 0 */
    bool foreign;         /* not vfio-user: its first bytes were no header */
    bool closed;
    uint32_t conn; /* from 1, once it spoke; 0: not yet */
};

struct pending {
    long pid;
    char *text; /* NULL: free */
};

struct file_strace {
    FILE *stream;
    const char *path;
    struct file_rawstream *raw;
    struct socket sockets[MAX_SOCKETS];
    size_t socket_count;
    uint32_t conns;
    struct pending pending[MAX_THREADS];
    char *line, *joined;
    size_t line_room;
    struct file_strace_bytes bytes;
    struct vfu_fd fds[VFU_MAX_FDS];
    uint64_t messages;
    uint64_t now_ns;     /* of the last line */
    uint32_t closing;    /* this connection's socket was closed; 0: none */
    uint32_t opening;    /* this connection begins with VERSION: to be said before its first message */
};

bool file_strace_begins(int first, int second)
{
    bool begins = isdigit(first) || islower(first) || first == '[' || first == '+' || first == '<' || first == '-';

    return begins && second >= ' ' && second <= '~';
}

struct file_strace *file_strace_open(FILE *stream, const char *path)
{
    struct file_strace *s = calloc(1, sizeof *s);

    if (s)
        s->raw = file_rawstream_new();
    if (!s || !s->raw) {
        free(s);
        return NULL;
    }
    s->stream = stream;
    s->path = path;
    return s;
}

void file_strace_close(struct file_strace *s)
{
    for (size_t i = 0; i < MAX_THREADS; i++)
        free(s->pending[i].text);
    file_rawstream_free(s->raw);
    fclose(s->stream);
    free(s->line);
    free(s->joined);
    free(s->bytes.bytes);
    free(s);
}

static struct pending *pending_of(struct file_strace *s, long pid)
{
    struct pending *room = NULL;

    for (struct pending *p = s->pending; p < s->pending + MAX_THREADS; p++) {
        if (p->text && p->pid == pid)
            return p;
        if (!p->text && !room)
            room = p;
    }
    if (room)
        room->pid = pid;
    return room;
}

/*
 * Put a call in two lines together. NULL: nothing to look at yet. The text is the log's or `joined`, and good until the
 * next line.
 */
static const char *join(struct file_strace *s, long pid, const char *at)
{
    static const char unfinished[] = "<unfinished ...>", resumed[] = " resumed>";
    struct pending *p = pending_of(s, pid);
    size_t size = strlen(at);
    const char *rest;

    if (p && size >= sizeof unfinished - 1 && strcmp(at + size - sizeof unfinished + 1, unfinished) == 0) {
        free(p->text);
        p->text = strndup(at, size - sizeof unfinished + 1);
        return NULL;
    }
    if (strncmp(at, "<... ", 5) != 0)
        return at;
    rest = strstr(at, resumed);
    if (!p || !p->text || !rest)
        return NULL;
    rest += sizeof resumed - 1;
    free(s->joined);
    if (asprintf(&s->joined, "%s%s", p->text, rest) < 0)
        s->joined = NULL;
    free(p->text);
    p->text = NULL;
    return s->joined;
}

/* --- sockets --- */

static void identify(const struct file_strace_call *c, uint64_t *inode, uint64_t *peer)
{
    const char *bracket = c->fd_text ? memchr(c->fd_text, '[', c->fd_text_size) : NULL;
    char *end;

    *inode = (uint64_t)c->fd;
    *peer = 0;
    if (!bracket || !isdigit((unsigned char)bracket[1]))
        return;
    *inode = strtoull(bracket + 1, &end, 10);
    if (strncmp(end, "->", 2) == 0)
        *peer = strtoull(end + 2, NULL, 10);
}

/* The socket of a call; NULL: not one whose messages count (the other end of one that we follow, or too many). */
static struct socket *socket_of(struct file_strace *s, const struct file_strace_call *c, bool make)
{
    size_t free_slot = s->socket_count;
    uint64_t inode, peer;

    identify(c, &inode, &peer);
    for (size_t i = s->socket_count; i-- > 0;) {
        if (s->sockets[i].closed) {
            free_slot = i;
            continue;
        }
        if (s->sockets[i].inode == inode)
            return &s->sockets[i];
        if (peer && s->sockets[i].inode == peer)
            return NULL;
    }
    if (!make || free_slot == MAX_SOCKETS)
        return NULL;
    s->socket_count += free_slot == s->socket_count;
    s->sockets[free_slot] = (struct socket){ .inode = inode, .peer = peer };
    return &s->sockets[free_slot];
}

/* Is this a file, not a socket, by what strace says? */
static bool is_no_socket(const struct file_strace_call *c)
{
    return c->fd_text && file_strace_fd_type(c->fd_text, c->fd_text_size) != VFU_FD_SOCKET;
}

/* 0: the process sent, 1: it received; -1: another call. */
static int direction(const struct file_strace_call *c)
{
    static const char *const out[] = { "sendmsg", "sendto", "write", "writev" };
    static const char *const in[] = { "recvmsg", "recvfrom", "read", "readv" };

    for (size_t i = 0; i < 4; i++) {
        if (strlen(out[i]) == c->name_size && strncmp(out[i], c->name, c->name_size) == 0)
            return 0;
        if (strlen(in[i]) == c->name_size && strncmp(in[i], c->name, c->name_size) == 0)
            return 1;
    }
    return -1;
}

/* Hand what a call moved to the framing. */
static void take_call(struct file_strace *s, const struct file_strace_call *c)
{
    int end = direction(c);
    struct file_raw_piece piece = { .side = -1, .end = end, .time_ns = c->time_ns, .fds = s->fds };
    struct socket *socket;
    enum vfu_side from;
    bool swapped;

    if (c->name_size == 5 && strncmp(c->name, "close", 5) == 0) {
        socket = socket_of(s, c, false);
        if (socket && c->result == 0) {
            socket->closed = true;
            s->closing = socket->conn;
        }
        return;
    }
    if (end < 0 || c->result <= 0 || is_no_socket(c) || strstr(c->rest, "MSG_PEEK"))
        return;
    socket = socket_of(s, c, true);
    if (!socket || socket->foreign)
        return;
    piece.size = file_strace_data(c, &s->bytes);
    piece.bytes = s->bytes.bytes;
    piece.missing = (uint64_t)c->result - piece.size;
    piece.nfds = file_strace_fds(c, s->fds);
    if (!socket->conn) {
        socket->foreign = !file_raw_header(piece.bytes, piece.size, &from, &swapped);
        if (socket->foreign)
            return;
        socket->conn = ++s->conns;
        s->opening = vfu_header_read(piece.bytes, swapped).command == VFU_VERSION ? socket->conn : 0;
    }
    piece.conn = socket->conn;
    file_rawstream_put(s->raw, &piece);
}

static void describe_end(struct vfu_event *event, enum vfu_event_kind kind, uint32_t conn, uint64_t time_ns)
{
    memset(event, 0, sizeof *event);
    event->kind = kind;
    event->conn = conn;
    event->time = (struct vfu_time){ .wall_ns = time_ns, .mono_ns = time_ns };
}

/* What the lines so far make; false: read on. */
static bool take_event(struct file_strace *s, struct vfu_event *event, enum vfu_captured *got)
{
    uint32_t conn = s->opening;

    s->opening = 0;
    if (conn) {
        describe_end(event, VFU_EVENT_CONNECT, conn, s->now_ns);
        *got = VFU_CAPTURED_EVENT;
        return true;
    }
    switch (file_rawstream_take(s->raw, event)) {
    case FILE_RAW_MESSAGE:
        s->messages++;
        *got = VFU_CAPTURED_MESSAGE;
        return true;
    case FILE_RAW_EVENT:
        *got = VFU_CAPTURED_EVENT;
        return true;
    case FILE_RAW_NOTHING:
        break;
    }
    conn = s->closing;
    s->closing = 0;
    if (!conn)
        return false;
    describe_end(event, VFU_EVENT_DISCONNECT, conn, s->now_ns);
    snprintf(event->disconnect.why, sizeof event->disconnect.why, "closed");
    *got = VFU_CAPTURED_EVENT;
    return true;
}

/* The next line, without its end. False: there is none. */
static bool read_line(struct file_strace *s)
{
    size_t size = 0;
    int c;

    while ((c = getc_unlocked(s->stream)) != EOF && c != '\n') {
        if (size + 1 < s->line_room || (size < MAX_LINE && VFU_GROW(s->line, s->line_room, size + 2)))
            s->line[size++] = (char)c;
    }
    if (c == EOF && size == 0)
        return false;
    if (!VFU_GROW(s->line, s->line_room, size + 1))
        return false;
    s->line[size] = '\0';
    return true;
}

enum vfu_captured file_strace_next(struct file_strace *s, struct vfu_event *event, struct vfu_error *error)
{
    enum vfu_captured got;
    bool more = true; /* what was taken already goes on before another line is read */

    while (!take_event(s, event, &got)) {
        struct file_strace_call c = { 0 };
        const char *at;
        long pid;

        more = read_line(s);
        if (!more)
            break;
        at = file_strace_line(s->line, &pid, &c.time_ns);
        s->now_ns = c.time_ns;
        at = join(s, pid, at);
        if (at && file_strace_call(at, &c))
            take_call(s, &c);
    }
    if (more)
        return got;
    if (ferror(s->stream))
        return VFU_CAPTURED_STOPPED;
    if (s->messages)
        return VFU_CAPTURED_END;
    vfu_fail(error, 0, "%s: no capture, and no strace log with vfio-user in it (made with: strace -f -ttt -xx -yy "
             "-s 70000)", s->path);
    return VFU_CAPTURED_BAD;
}
