/*
 * Listening: bind beside the path, listen, then rename. What stands in the folder may be somebody else's, who may change it
 * between any two of our calls: nothing here follows a link, or touches by name what it has not looked at.
 */
#include "capture/listen.h"
#include "capture/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 128, LOCK_MS = 2000, LOCK_RETRY_MS = 10 };

/* A socket on its way to its path. */
struct place {
    int folder;         /* O_PATH */
    char folder_name[sizeof(((struct vfu_path *)0)->text)];
    const char *name;   /* in the folder: where it is to be */
    char beside[NAME_MAX + 1]; /* where it is bound */
};

static bool open_folder(struct place *p, const struct vfu_path *path, struct vfu_error *error)
{
    const char *slash = strrchr(path->text, '/');

    p->name = slash ? slash + 1 : path->text;
    snprintf(p->folder_name, sizeof p->folder_name, "%.*s", slash ? (int)(slash - path->text) : 1, slash ? path->text : ".");
    if (slash == path->text)
        strcpy(p->folder_name, "/");
    if (!*p->name)
        return vfu_fail(error, EINVAL, "%s: can't listen: no name behind the last /", path->text);
    snprintf(p->beside, sizeof p->beside, ".%s.vfuscope-%ld", p->name, (long)getpid());
    p->folder = open(p->folder_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return p->folder >= 0 || vfu_fail(error, errno, "%s: can't listen: %s", path->text, strerror(errno));
}

/* Its address, by its folder's name; by the folder's descriptor where that would be too long. */
static struct sockaddr_un address_beside(const struct place *p)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    if (snprintf(a.sun_path, sizeof a.sun_path, "%s/%s", p->folder_name, p->beside) >= (int)sizeof a.sun_path)
        snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/.vfuscope-%ld", p->folder, (long)getpid());
    return a;
}

/*
 * The socket's file gets its mode as it is made, and its group through a descriptor of the very file: a call by name would reach
 * what the folder's owner has put there meanwhile.
 */
static bool give_group(struct place *p, gid_t group, struct vfu_listener *l)
{
    int file = openat(p->folder, p->beside, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    bool done = false;

    if (file < 0)
        return false;
    if (fstat(file, &st) == 0) {
        l->dev = st.st_dev;
        l->ino = st.st_ino;
        errno = EPERM;
        done = S_ISSOCK(st.st_mode) && st.st_uid == geteuid() &&
               (group == (gid_t)-1 || fchownat(file, "", (uid_t)-1, group, AT_EMPTY_PATH) == 0);
    }
    close(file);
    return done;
}

/* Where nothing is yet. Older file systems know no RENAME_NOREPLACE, and a link does the same. */
static bool put_in_place(const struct place *p)
{
    if (renameat2(p->folder, p->beside, p->folder, p->name, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    return linkat(p->folder, p->beside, p->folder, p->name, 0) == 0 && unlinkat(p->folder, p->beside, 0) == 0;
}

/* Is what stands at the path a socket that nobody serves? Otherwise says what it is. */
static bool is_left_over(const struct place *p, const struct vfu_path *path, struct vfu_error *error)
{
    struct sockaddr_un a = vfu_socket_address(path);
    struct stat st;
    int fd, failed;

    if (fstatat(p->folder, p->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || vfu_fail(error, errno, "%s: %s", path->text, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return vfu_fail(error, EEXIST, "%s: exists and is not a socket", path->text);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return vfu_fail(error, errno, "%s: %s", path->text, strerror(errno));
    failed = connect(fd, (struct sockaddr *)&a, sizeof a) == 0 ? 0 : errno;
    close(fd);
    return failed == ECONNREFUSED || failed == ENOENT ||
           vfu_fail(error, EADDRINUSE, "%s: in use by another process", path->text);
}

/*
 * Between seeing that a socket is left over and removing it another of us may have taken its place: only who holds the folder's lock
 * removes one. -1: it can't be had.
 */
static int lock(const struct place *p)
{
    int fd = openat(p->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint64_t until = vfu_mono_ns() + LOCK_MS * UINT64_C(1000000);

    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || vfu_mono_ns() >= until) {
            close(fd);
            return -1;
        }
        poll(NULL, 0, LOCK_RETRY_MS); /* a lock wakes nobody who may not wait for it for ever */
    }
    return fd;
}

static bool replace(const struct place *p, const struct vfu_path *path, struct vfu_error *error)
{
    int held;
    bool done;

    if (!is_left_over(p, path, error))
        return false;
    held = lock(p);
    if (held < 0)
        return vfu_fail(error, EADDRINUSE, "%s: an old socket is there, and its folder can't be locked: remove it", path->text);
    done = is_left_over(p, path, error);
    if (done) {
        if (unlinkat(p->folder, p->name, 0) != 0 && errno != ENOENT)
            done = vfu_fail(error, errno, "%s: can't remove the old socket: %s", path->text, strerror(errno));
        else if (!put_in_place(p))
            done = vfu_fail(error, errno, "%s: can't listen: %s", path->text, strerror(errno));
    }
    close(held);
    return done;
}

static bool listen_at(struct place *p, mode_t mode, gid_t group, struct vfu_listener *l, struct vfu_error *error)
{
    struct sockaddr_un a = address_beside(p);
    mode_t old;
    int bound;

    snprintf(p->beside, sizeof p->beside, "%s", strrchr(a.sun_path, '/') + 1);
    unlinkat(p->folder, p->beside, 0); /* of a process that died, with our number */
    old = umask(~mode & 0777);
    bound = bind(l->fd, (struct sockaddr *)&a, sizeof a);
    umask(old);
    if (bound != 0)
        return vfu_fail(error, errno, "%s: can't listen: %s", l->path.text, strerror(errno));
    if (!give_group(p, group, l) || listen(l->fd, BACKLOG) != 0)
        vfu_fail(error, errno, "%s: can't listen: %s", l->path.text, strerror(errno));
    else if (put_in_place(p))
        return true;
    else if (errno != EEXIST)
        vfu_fail(error, errno, "%s: can't listen: %s", l->path.text, strerror(errno));
    else if (replace(p, &l->path, error))
        return true;
    unlinkat(p->folder, p->beside, 0);
    return false;
}

bool vfu_listen(const char *given, mode_t mode, gid_t group, struct vfu_listener *l, struct vfu_error *error)
{
    struct place p;
    bool done;

    *l = (struct vfu_listener){ .fd = -1 };
    if (!vfu_socket_path(given, &l->path, error) || !open_folder(&p, &l->path, error))
        return false;
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    done = l->fd >= 0 ? listen_at(&p, mode, group, l, error) : vfu_fail(error, errno, "%s: %s", given, strerror(errno));
    close(p.folder);
    if (!done && l->fd >= 0) {
        close(l->fd);
        l->fd = -1;
    }
    return done;
}

void vfu_unlisten(struct vfu_listener *l)
{
    struct stat st;

    if (l->fd < 0)
        return;
    close(l->fd);
    l->fd = -1;
    if (l->path.text[0] && lstat(l->path.text, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
        unlink(l->path.text);
}
