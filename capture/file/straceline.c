/*
 * Lines of strace: strings are read with any escapes, so that logs without -xx are read too.
 */
#include "capture/file/inside.h"
#include "decoder/wire/grow.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* `PID ` or `[pid PID] `; 0 without. */
static const char *read_pid(const char *at, long *pid)
{
    char *end;

    *pid = 0;
    if (strncmp(at, "[pid", 4) == 0) {
        *pid = strtol(at + 4, &end, 10);
        return *end == ']' ? end + 1 + strspn(end + 1, " ") : at;
    }
    if (!isdigit((unsigned char)*at))
        return at;
    *pid = strtol(at, &end, 10);
    if (*end == ' ')
        return end + strspn(end, " ");
    *pid = 0;
    return at; /* a time */
}

/* Seconds since 1970 (-ttt) or a time of day (-tt); 0 without. */
static const char *read_time(const char *at, uint64_t *ns)
{
    unsigned long long seconds = 0, part = 0, unit = 100000000;

    *ns = 0;
    if (!isdigit((unsigned char)*at))
        return at;
    do {
        unsigned long long field = 0;

        for (; isdigit((unsigned char)*at); at++)
            field = field * 10 + (unsigned)(*at - '0');
        seconds = seconds * 60 + field;
    } while (*at == ':' && at++);
    if (*at == '.')
        for (at++; isdigit((unsigned char)*at); at++, unit /= 10)
            part += unit * (unsigned)(*at - '0');
    *ns = seconds * 1000000000u + part;
    return at + strspn(at, " ");
}

/* The end of <...>, in which "->" and <char 1:9> may stand; NULL: there is none. */
static const char *skip_angles(const char *at)
{
    int depth = 0;

    for (; *at; at++) {
        if (*at == '<')
            depth++;
        else if (*at == '>' && at[-1] != '-' && --depth == 0)
            return at;
    }
    return NULL;
}

/* `name(FD<...>, rest) = result` */
bool file_strace_call(const char *at, struct file_strace_call *c)
{
    const char *equals = NULL, *found = at;
    char *end;

    c->name = at;
    c->name_size = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (c->name_size == 0 || at[c->name_size] != '(' || !isdigit((unsigned char)at[c->name_size + 1]))
        return false;
    c->fd = strtol(at + c->name_size + 1, &end, 10);
    c->fd_text = NULL;
    if (*end == '<') {
        const char *close = skip_angles(end);

        if (!close)
            return false;
        c->fd_text = end + 1;
        c->fd_text_size = (size_t)(close - end) - 1;
        end += close - end + 1;
    }
    c->rest = end;
    while ((found = strstr(found, ") ")) != NULL) { /* the last one: aligned by blanks */
        const char *behind = found + 1 + strspn(found + 1, " ");

        if (*behind == '=')
            equals = behind + 1;
        found = behind;
    }
    if (!equals)
        return false;
    c->result = strtoll(equals, NULL, 10);
    return true;
}

static int octal_or_hex(const char **at)
{
    char digits[4] = { 0 };
    size_t n;

    if (**at == 'x') {
        memcpy(digits, *at + 1, strnlen(*at + 1, 2));
        *at += 1 + strspn(digits, "0123456789abcdefABCDEF");
        return (int)strtol(digits, NULL, 16);
    }
    n = strspn(*at, "01234567");
    n = n > 3 ? 3 : n;
    memcpy(digits, *at, n);
    *at += n;
    return (int)strtol(digits, NULL, 8);
}

/* The next byte of a string; *at moves behind it. */
static uint8_t read_byte(const char **at)
{
    static const char letters[] = "nrtvfab", bytes[] = "\n\r\t\v\f\a\b";
    const char *letter;

    if (**at != '\\')
        return (uint8_t) * (*at)++;
    (*at)++;
    if (**at == 'x' || (**at >= '0' && **at <= '7'))
        return (uint8_t)octal_or_hex(at);
    letter = **at ? strchr(letters, **at) : NULL;
    return letter ? (*at)++, (uint8_t)bytes[letter - letters] : **at ? (uint8_t) * (*at)++ : 0;
}

/* Append the bytes of the string whose opening quote is at `at`. Where it ends; *cut: there were more. */
static const char *read_string(struct file_strace_bytes *b, const char *at, size_t *size, bool *cut)
{
    for (at++; *at && *at != '"';) {
        if (*size == b->room && !VFU_GROW(b->bytes, b->room, *size + 1))
            return at + strlen(at);
        b->bytes[(*size)++] = read_byte(&at);
    }
    at += *at == '"';
    *cut = strncmp(at, "...", 3) == 0;
    return at;
}

/* What the call moved, into *b: up to the first string that is cut. */
size_t file_strace_data(const struct file_strace_call *c, struct file_strace_bytes *b)
{
    static const char base[] = "iov_base=\"";
    bool vectors = memmem(c->name, c->name_size, "msg", 3) || memmem(c->name, c->name_size, "readv", 5) ||
                   memmem(c->name, c->name_size, "writev", 6);
    const char *at = vectors ? strstr(c->rest, base) : strchr(c->rest, '"');
    size_t size = 0;
    bool cut = false;

    while (at && *at && !cut) {
        at = read_string(b, at + (vectors ? sizeof base - 2 : 0), &size, &cut);
        at = vectors ? strstr(at, base) : NULL;
    }
    return size < (size_t)c->result ? size : (size_t)c->result;
}

/* The type of a descriptor by what -y or -yy says of it. */
enum vfu_fd_type file_strace_fd_type(const char *text, size_t size)
{
    static const struct {
        const char *part;
        enum vfu_fd_type type;
    } kinds[] = {
        { "[eventfd]", VFU_FD_EVENTFD }, { "/memfd:", VFU_FD_MEMFD }, { "UNIX", VFU_FD_SOCKET },
        { "socket:", VFU_FD_SOCKET },    { "pipe:", VFU_FD_PIPE },    { "/dev/", VFU_FD_DEVICE },
        { "/", VFU_FD_FILE },
    };
    char plain[256];
    size_t length = 0;

    for (const char *at = text; at < text + size && length < sizeof plain - 1;)
        plain[length++] = (char)read_byte(&at);
    plain[length] = '\0';
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strstr(plain, kinds[i].part))
            return kinds[i].type;
    return VFU_FD_OTHER;
}

/* The descriptors of SCM_RIGHTS: [7<what it is>, 8] */
unsigned file_strace_fds(const struct file_strace_call *c, struct vfu_fd *fds)
{
    static const char rights[] = "SCM_RIGHTS, cmsg_data=[";
    const char *at = strstr(c->rest, rights);
    unsigned count = 0;

    for (at = at ? at + sizeof rights - 1 : NULL; at && isdigit((unsigned char)*at) && count < VFU_MAX_FDS; count++) {
        const char *close;

        at += strspn(at, "0123456789");
        fds[count] = (struct vfu_fd){ .type = VFU_FD_OTHER };
        if (*at == '<' && (close = skip_angles(at)) != NULL) {
            fds[count].type = file_strace_fd_type(at + 1, (size_t)(close - at) - 1);
            at = close + 1;
        }
        at += strcspn(at, ",]");
        at += strspn(at, ", ");
    }
    return count;
}

const char *file_strace_line(const char *line, long *pid, uint64_t *time_ns)
{
    return read_time(read_pid(line, pid), time_ns);
}
