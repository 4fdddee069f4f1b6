/*
 * What the kernel's socket diagnostics know of UNIX sockets (in our network namespace): by number, not by lines of
 * /proc/net/unix, into which whoever names a socket can write others.
 */
#include "capture/attach/inside.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ESTABLISHED = 1, LISTENING = 10 /* TCP_ESTABLISHED, TCP_LISTEN: UNIX sockets have the same states */ };

enum { ROOM = 32768 };

/* --- asking --- */

static int ask(uint64_t inode, unsigned states, unsigned show, bool all)
{
    struct {
        struct nlmsghdr head;
        struct unix_diag_req request;
    } question = {
        .head = { .nlmsg_len = sizeof question, .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                  .nlmsg_flags = NLM_F_REQUEST | (all ? NLM_F_DUMP : 0) },
        .request = { .sdiag_family = AF_UNIX, .udiag_states = states, .udiag_ino = (uint32_t)inode,
                     .udiag_show = show, .udiag_cookie = { (uint32_t)-1, (uint32_t)-1 } },
    };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

    if (fd < 0 || send(fd, &question, sizeof question, 0) == (ssize_t)sizeof question)
        return fd;
    close(fd);
    return -1;
}

/* The attribute of this type, and its size, which is left alone where there is none: NULL. */
static const void *attribute(const struct nlmsghdr *head, unsigned type, size_t *size)
{
    const char *message = (const char *)head;
    struct nlattr attr;

    for (size_t at = NLMSG_LENGTH(sizeof(struct unix_diag_msg)); at + sizeof attr <= head->nlmsg_len;
         at += NLA_ALIGN(attr.nla_len)) {
        memcpy(&attr, message + at, sizeof attr);
        if (attr.nla_len < sizeof attr || attr.nla_len > head->nlmsg_len - at)
            return NULL;
        if (attr.nla_type != type)
            continue;
        *size = attr.nla_len - sizeof attr;
        return message + at + sizeof attr;
    }
    return NULL;
}

static uint32_t number(const struct nlmsghdr *head, unsigned type)
{
    size_t size;
    const void *at = attribute(head, type, &size);
    uint32_t n = 0;

    if (at && size >= sizeof n)
        memcpy(&n, at, sizeof n);
    return n;
}

/* An abstract name begins with a NUL, and may have others: @, as elsewhere. */
static void take_name(const struct nlmsghdr *head, char name[ATTACH_NAME])
{
    size_t size = 0;
    const char *at = attribute(head, UNIX_DIAG_NAME, &size);
    bool is_abstract = at && size && !at[0];

    size = size < ATTACH_NAME ? size : ATTACH_NAME - 1;
    for (size_t i = 0; i < size; i++)
        name[i] = at[i] || !is_abstract ? at[i] : '@';
    name[size] = '\0';
}

static bool take(const struct nlmsghdr *head, struct attach_end *end)
{
    const struct unix_diag_msg *m = NLMSG_DATA(head);
    struct unix_diag_rqlen queues;
    struct unix_diag_vfs file;
    const void *at;
    size_t size;

    *end = (struct attach_end){ 0 };
    if (head->nlmsg_type != SOCK_DIAG_BY_FAMILY || head->nlmsg_len < NLMSG_LENGTH(sizeof *m))
        return false;
    end->is_stream = m->udiag_type == SOCK_STREAM;
    end->is_connected = end->is_stream && m->udiag_state == ESTABLISHED;
    end->peer = number(head, UNIX_DIAG_PEER);
    take_name(head, end->name);
    at = attribute(head, UNIX_DIAG_RQLEN, &size);
    if (at && size >= sizeof queues) {
        memcpy(&queues, at, sizeof queues);
        end->unread_known = true;
        end->unread = queues.udiag_rqueue;
    }
    at = attribute(head, UNIX_DIAG_VFS, &size);
    if (at && size >= sizeof file) {
        memcpy(&file, at, sizeof file);
        end->file = (struct vfu_attach_file){ true, file.udiag_vfs_dev, file.udiag_vfs_ino };
    }
    return true;
}

bool attach_diag(uint64_t inode, struct attach_end *end)
{
    _Alignas(struct nlmsghdr) char answer[4096];
    const struct nlmsghdr *head = (const struct nlmsghdr *)answer;
    int fd = ask(inode, (uint32_t)-1, UDIAG_SHOW_PEER | UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_RQLEN, false);
    ssize_t size = -1;

    if (fd >= 0) {
        size = recv(fd, answer, sizeof answer, 0);
        close(fd);
    }
    return size >= (ssize_t)sizeof *head && head->nlmsg_len <= (size_t)size && take(head, end);
}

void attach_diag_each(void (*each)(void *context, uint64_t inode, const struct attach_end *end), void *context)
{
    _Alignas(struct nlmsghdr) char answer[ROOM];
    int fd = ask(0, 1u << ESTABLISHED, UDIAG_SHOW_PEER | UDIAG_SHOW_NAME | UDIAG_SHOW_VFS, true);
    bool more = fd >= 0;

    while (more) {
        ssize_t got = recv(fd, answer, sizeof answer, 0);
        size_t left = got > 0 ? (size_t)got : 0;

        more = left > 0;
        for (const struct nlmsghdr *head = (const void *)answer; NLMSG_OK(head, left) && more; head = NLMSG_NEXT(head, left)) {
            struct attach_end end;

            more = take(head, &end); /* else the end, or an error */
            if (more)
                each(context, ((const struct unix_diag_msg *)NLMSG_DATA(head))->udiag_ino, &end);
        }
    }
    if (fd >= 0)
        close(fd);
}

/* --- connections that nobody has accepted yet --- */

static bool waits_there(const struct nlmsghdr *head, uint32_t inode)
{
    size_t size;
    const char *at = attribute(head, UNIX_DIAG_ICONS, &size);
    uint32_t one;

    for (size_t i = 0; at && i + sizeof one <= size; i += sizeof one) {
        memcpy(&one, at + i, sizeof one);
        if (one == inode)
            return true;
    }
    return false;
}

bool attach_diag_listener(uint64_t inode, struct attach_end *listener)
{
    _Alignas(struct nlmsghdr) char answer[ROOM];
    int fd = ask(0, 1u << LISTENING, UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_ICONS, true);
    bool found = false, more = fd >= 0;

    while (more && !found) {
        ssize_t got = recv(fd, answer, sizeof answer, 0);
        size_t left = got > 0 ? (size_t)got : 0;

        more = left > 0;
        for (const struct nlmsghdr *head = (const void *)answer; NLMSG_OK(head, left) && more && !found;
             head = NLMSG_NEXT(head, left)) {
            more = head->nlmsg_type == SOCK_DIAG_BY_FAMILY; /* else the end, or an error */
            found = more && waits_there(head, (uint32_t)inode) && take(head, listener);
        }
    }
    if (fd >= 0)
        close(fd);
    return found;
}
