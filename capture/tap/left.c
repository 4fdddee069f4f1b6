/*
 * Why a side left, as far as the kernel tells: what it had not read, whether its process has ended, and amid what.
 */
#include "capture/tap/inside.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

__attribute__((format(printf, 2, 3))) static void note(struct tap_connection *n, const char *format, ...)
{
    size_t used = strlen(n->note);
    va_list args;

    va_start(args, format);
    vsnprintf(n->note + used, sizeof n->note - used, format, args);
    va_end(args);
}

static void note_process(struct tap_connection *n, const struct vfu_ended *ended)
{
    note(n, ": its process %u", ended->pid);
    if (ended->name[0])
        note(n, " (%s)", ended->name);
    if (WIFSIGNALED(ended->status))
        note(n, " was killed by signal %d (%s)", WTERMSIG(ended->status), strsignal(WTERMSIG(ended->status)));
    else if (ended->status)
        note(n, " has ended with status %d", WEXITSTATUS(ended->status));
    else
        note(n, " has ended");
}

/*
 * Amid what. Of commands that wait it may be any that it has read, but one at a time is what servers do; and what it did
 * not read, it can't have died on.
 */
static void note_command(struct tap_connection *n, struct tap_gone *gone, const struct vfu_waiting *oldest)
{
    char what[64];

    if (oldest)
        vfu_waiting_say(oldest, what, sizeof what);
    gone->on = oldest && gone->unread != oldest->no ? oldest->no : 0;
    if (oldest && gone->unread == oldest->no)
        note(n, ", before it read #%llu: %s", (unsigned long long)oldest->no, what);
    else if (oldest && gone->unread)
        note(n, ", #%llu had no reply: %s", (unsigned long long)oldest->no, what);
    else if (oldest)
        note(n, ", on #%llu: %s", (unsigned long long)oldest->no, what);
    else if (gone->unread)
        note(n, ", before it read #%llu", (unsigned long long)gone->unread);
}

/* A client that ends as it should, and is waited for by nobody, is no news. A server is. */
static bool is_news(const struct tap_flow *f, const struct tap_gone *gone, bool owes)
{
    return f->from == VFU_SERVER || owes || gone->unread || gone->ended.status;
}

void tap_note_left(struct tap_flow *f, int why)
{
    struct tap_connection *n = f->channel->connection;
    struct tap_gone *gone = &n->gone;
    struct vfu_waiting oldest;
    bool owes = vfu_session_owes(n->tap->options->session, n->conn, f->from, &oldest);

    *gone = (struct tap_gone){ 0 };
    /* Who closes a UNIX socket with something unread in it resets the connection. What was passed on last is unread then. */
    if (why == ECONNRESET)
        gone->unread = f->channel->flows[!f->from].passed_no;
    if (vfu_process_ended(&n->processes[f->from], &gone->ended) && is_news(f, gone, owes)) {
        note_process(n, &gone->ended);
        note_command(n, gone, owes ? &oldest : NULL);
        return;
    }
    gone->ended = (struct vfu_ended){ 0 };
    if (gone->unread)
        note(n, ", and has not read #%llu", (unsigned long long)gone->unread);
}
