/*
 * The evidence, what hangs: commands that wait too long, messages of which only a part came, sides that read no more; and
 * what moved last on each connection.
 */
#include "decoder/reasons/evidence.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* What was said so long before has nothing to do with it. */
#define LINE_NEAR_NS UINT64_C(10000000000)

struct evidence_trail *evidence_trail(struct vfu_evidence *e, uint32_t conn)
{
    struct evidence_trail *t = &e->trails[conn % EVIDENCE_TRAILS];

    if (t->conn != conn)
        *t = (struct evidence_trail){ .conn = conn };
    return t;
}

/*
 * By a fault of its own, while something was asked of it, or, of a server, by what gives it no choice: a client that still
 * used it lost it so, be it to the out-of-memory killer. Who is asked to end, or ends by itself, has not died, and who ends
 * a client was done with it.
 */
static bool has_died(const struct vfu_event *event)
{
    static const int faults[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSYS };
    const struct vfu_ended *ended = &event->disconnect.ended;
    bool by_fault = false, by_server, killed;

    for (size_t i = 0; WIFSIGNALED(ended->status) && i < sizeof faults / sizeof *faults; i++)
        by_fault |= WTERMSIG(ended->status) == faults[i];
    by_server = event->disconnect.closed_by == 1u << VFU_SERVER;
    killed = WIFSIGNALED(ended->status) && WTERMSIG(ended->status) == SIGKILL;
    return ended->pid && (by_fault || (by_server && (killed || event->disconnect.on)));
}

bool evidence_is_hang(const struct vfu_evidence *e, const struct vfu_event *event, const struct vfu_rule *rule)
{
    if (event->kind == VFU_EVENT_OVERDUE)
        return strcmp(rule->id, "overdue") == 0 || strcmp(rule->id, "both-wait") == 0;
    if (event->kind != VFU_EVENT_DISCONNECT || strcmp(rule->id, "never-answered") != 0)
        return false;
    if (has_died(event))
        return true;
    for (unsigned i = 0; i < e->hang_count; i++)
        if (!e->hangs[i].over && e->hangs[i].kind == VFU_HANG_REPLY && e->hangs[i].conn == event->conn)
            return true;
    return false;
}

/* The open one of that kind; no: the command (REPLY). */
static struct vfu_hang *find(struct vfu_evidence *e, enum vfu_hang_kind kind, const struct vfu_event *event, uint64_t no)
{
    for (unsigned i = 0; i < e->hang_count; i++) {
        struct vfu_hang *h = &e->hangs[i];

        if (!h->over && h->kind == kind && h->conn == event->conn && h->channel == event->channel && h->no == no)
            return h;
    }
    return NULL;
}

/* Room for another one: of one that is over, if need be. NULL: there is none, which is counted. */
static struct vfu_hang *add(struct vfu_evidence *e, enum vfu_hang_kind kind, const struct vfu_event *event, uint64_t no)
{
    struct evidence_trail *t = evidence_trail(e, event->conn);
    struct vfu_hang *h = NULL;

    for (unsigned i = 0; i < e->hang_count && !h; i++)
        if (e->hangs[i].over)
            h = &e->hangs[i];
    if (!h && e->hang_count < VFU_MAX_HANGS)
        h = &e->hangs[e->hang_count++];
    if (!h) {
        e->hangs_more++;
        return NULL;
    }
    *h = (struct vfu_hang){ .kind = kind, .conn = event->conn, .channel = event->channel, .count = 1,
                            .since_ns = event->time.mono_ns, .no = no, .moved = t->moved };
    h->cause = evidence_hang_cause(t, h);
    if (e->line.mono_ns && event->time.mono_ns - e->line.mono_ns < LINE_NEAR_NS)
        h->lines[h->line_count++] = e->line;
    e->hangs_open++;
    return h;
}

void evidence_line(struct vfu_evidence *e, const struct vfu_event *event)
{
    struct vfu_line_near *l = &e->line;

    if (event->line.left_out)
        return;
    l->mono_ns = event->time.mono_ns;
    memcpy(l->name, event->line.name, sizeof l->name);
    snprintf(l->text, sizeof l->text, "%.*s", (int)event->line.size, event->line.text);
    for (unsigned i = 0; e->hangs_open && i < e->hang_count; i++)
        if (!e->hangs[i].over && e->hangs[i].line_count < VFU_HANG_LINES)
            e->hangs[i].lines[e->hangs[i].line_count++] = *l;
}

static uint64_t before(const struct vfu_event *event, uint64_t ms)
{
    uint64_t ns = ms < UINT64_MAX / 1000000 ? ms * 1000000 : 0;

    return event->time.mono_ns > ns ? event->time.mono_ns - ns : 0;
}

/* "VERSION, id 1, for 1.249 s: connection 1 is still open ...": what stands behind the time. */
static void take_note(struct vfu_hang *h, const char *what)
{
    const char *note = strstr(what, " s: ");

    snprintf(h->note, sizeof h->note, "%s", note ? note + 4 : "");
}

/* What the processes do, where the event says it. */
static void take_doing(struct vfu_hang *h, const struct vfu_event *event)
{
    if (!event->doing_count)
        return;
    h->doing_count = event->doing_count < VFU_EVENT_DOING ? event->doing_count : VFU_EVENT_DOING;
    memcpy(h->doing, event->doing, h->doing_count * sizeof h->doing[0]);
}

/* A capture of an older vfuscope says it in the text alone. */
static uint64_t waited_ms(uint64_t known, const char *what)
{
    const char *text = strstr(what, ", for ");
    unsigned long long s;
    unsigned ms;

    if (known != VFU_WAITING_UNKNOWN)
        return known;
    return text && sscanf(text, ", for %llu.%3u s", &s, &ms) == 2 && s < UINT32_MAX ? s * 1000 + ms : 0;
}

/* The command's number and id stand in its name: "REGION_READ, id 7, for ..." */
static void name_command(struct vfu_hang *h, const char *what)
{
    char name[40];
    unsigned id = 0;
    const struct vfu_command *command;

    if (sscanf(what, "%39[A-Z_0-9], id %u", name, &id) < 1)
        return;
    command = vfu_command_by_name(name);
    h->command = command ? command->number : 0;
    h->id = (uint16_t)id;
}

static void overdue(struct vfu_evidence *e, const struct vfu_event *event)
{
    struct vfu_hang *h = find(e, VFU_HANG_REPLY, event, event->overdue.no);
    struct evidence_trail *t = evidence_trail(e, event->conn);

    if (!h) {
        h = add(e, VFU_HANG_REPLY, event, event->overdue.no);
        if (!h)
            return;
        h->waits = event->from;
        h->since_ns = before(event, waited_ms(event->overdue.waiting_ms, event->overdue.what));
        name_command(h, event->overdue.what);
        if (t->moved.no == h->no) /* nothing but itself */
            h->moved = t->before;
    }
    h->both |= event->overdue.both;
    h->read = event->overdue.read;
    h->unread = event->overdue.unread;
    take_doing(h, event);
    take_note(h, event->overdue.what);
    for (unsigned i = 0; i < event->problem_count; i++)
        h->blamed |= evidence_is_hang(e, event, event->problems[i].rule);
}

static void stalled(struct vfu_evidence *e, const struct vfu_event *event)
{
    struct vfu_hang *h = find(e, VFU_HANG_REST, event, 0);

    h = h ? h : add(e, VFU_HANG_REST, event, 0);
    if (!h)
        return;
    h->waits = event->from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT;
    h->since_ns = before(event, event->stalled.waiting_ms);
    take_doing(h, event);
    h->got = event->stalled.got;
    h->size = event->stalled.got < VFU_HEADER_SIZE ? 0 : event->stalled.size;
    h->id = event->stalled.id;
    h->command = event->stalled.command;
    h->blamed = true;
}

/* Whether it stays there is seen later. */
static void unread(struct vfu_evidence *e, const struct vfu_event *event)
{
    struct vfu_hang *h = add(e, VFU_HANG_UNREAD, event, 0);

    if (!h)
        return;
    h->waits = event->from;
    h->command = event->unread.command;
    h->id = event->unread.id;
    h->size = event->unread.size;
    h->reply = event->unread.reply;
    h->count = event->unread.messages;
    h->ended.pid = event->unread.pid;
    snprintf(h->ended.name, sizeof h->ended.name, "%s", event->unread.name);
}

static void deaf(struct vfu_evidence *e, const struct vfu_event *event)
{
    struct vfu_hang *h = find(e, VFU_HANG_DEAF, event, event->reads_no_more.last);

    h = h ? h : add(e, VFU_HANG_DEAF, event, event->reads_no_more.last);
    if (!h)
        return;
    take_doing(h, event);
    h->waits = event->from == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT;
}

static void died(struct vfu_evidence *e, const struct vfu_event *event)
{
    const struct evidence_trail *t = evidence_trail(e, event->conn);
    struct vfu_hang *h;

    for (unsigned i = 0; i < e->hang_count; i++) { /* it is why they waited, or they are what it left */
        if (e->hangs[i].conn != event->conn || e->hangs[i].over)
            continue;
        e->hangs[i].over = true;
        e->hangs_open--;
    }
    h = add(e, VFU_HANG_DIED, event, event->disconnect.on);
    if (!h)
        return;
    h->waits = event->disconnect.closed_by & 1u << VFU_SERVER ? VFU_CLIENT : VFU_SERVER;
    h->ended = event->disconnect.ended;
    h->blamed = true;
    if (t->moved.no == h->no) {
        h->command = t->moved.command;
        h->moved = t->before;
    }
}

/* What was passed on last to who closed, and not read. */
static void left(struct vfu_evidence *e, const struct vfu_event *event)
{
    if (e->left_count < VFU_MAX_LEFT)
        e->left[e->left_count++] = (struct vfu_left){
            event->conn, event->disconnect.closed_by & 1u << VFU_SERVER ? VFU_SERVER : VFU_CLIENT, event->disconnect.unread,
        };
}

/* The connection ends: nothing waits longer than until now. */
static void ended(struct vfu_evidence *e, const struct vfu_event *event)
{
    if (has_died(event))
        died(e, event);
    else if (event->disconnect.unread)
        left(e, event);
    for (unsigned i = 0; i < e->hang_count; i++)
        if (e->hangs[i].conn == event->conn && !e->hangs[i].until_ns) {
            e->hangs[i].until_ns = event->time.mono_ns;
            e->hangs[i].closed_by = event->disconnect.closed_by;
        }
}

void evidence_hang_event(struct vfu_evidence *e, const struct vfu_event *event)
{
    switch (event->kind) {
    case VFU_EVENT_OVERDUE:
        overdue(e, event);
        break;
    case VFU_EVENT_STALLED:
        stalled(e, event);
        break;
    case VFU_EVENT_UNREAD:
        unread(e, event);
        break;
    case VFU_EVENT_READS_NO_MORE:
        deaf(e, event);
        break;
    case VFU_EVENT_DISCONNECT:
        ended(e, event);
        break;
    default:
        break;
    }
}

/* A late reply is worth a word. */
static void answered(struct vfu_evidence *e, const struct vfu_hang *h, uint64_t now)
{
    uint64_t ms = now > h->since_ns ? (now - h->since_ns) / 1000000 : 0;

    e->slow++;
    if (ms < e->slowest_ms)
        return;
    e->slowest_ms = ms;
    e->slowest_no = h->no;
}

void evidence_hang_moved(struct vfu_evidence *e, const struct vfu_event *event)
{
    bool reply = vfu_event_is_reply(event) && event->paired;

    for (unsigned i = 0; i < e->hang_count; i++) {
        struct vfu_hang *h = &e->hangs[i];

        if (h->over || h->conn != event->conn || h->channel != event->channel || h->until_ns)
            continue;
        if (h->kind == VFU_HANG_REPLY && reply && event->reply_to == h->no) {
            answered(e, h, event->time.mono_ns);
            h->over = true;
        }
        h->over |= h->kind == VFU_HANG_REST && event->from != h->waits && event->message.captured >= event->size;
        /* It was read, or who is to read it does something else. */
        h->over |= h->kind == VFU_HANG_UNREAD && (event->from != h->waits || event->id == h->id);
        e->hangs_open -= h->over;
    }
}

/*
 * An old capture, or one of raw bytes, has no event of half a message: the end of the connection says it, and when its part
 * came is not known.
 */
bool evidence_cut_off(struct vfu_evidence *e, const struct vfu_event *event, struct vfu_event *half)
{
    const char *within = event->kind == VFU_EVENT_DISCONNECT ? strstr(event->disconnect.why, " within a message, ") : NULL;
    struct evidence_trail *t = evidence_trail(e, event->conn);
    unsigned long long got, size;
    bool known = false;

    for (unsigned i = 0; i < e->hang_count; i++)
        known |= e->hangs[i].conn == event->conn && e->hangs[i].kind == VFU_HANG_REST;
    if (!within || known || sscanf(within, " within a message, %llu of %llu", &got, &size) != 2)
        return false;
    *half = (struct vfu_event){ .kind = VFU_EVENT_STALLED, .time = event->time, .conn = event->conn,
                                .channel = event->channel,
                                .from = strncmp(event->disconnect.why, "server", 6) == 0 ? VFU_SERVER : VFU_CLIENT,
                                .stalled = { .got = got, .size = (uint32_t)size, .id = t->moved.id,
                                             .command = t->moved.command } };
    if (t->before.no && event->time.mono_ns > t->before.mono_ns)
        half->stalled.waiting_ms = (event->time.mono_ns - t->before.mono_ns) / 1000000;
    return true;
}

void evidence_hang_half(struct vfu_evidence *e, const struct vfu_event *half)
{
    const struct evidence_trail *t = evidence_trail(e, half->conn);
    struct vfu_hang *h;

    stalled(e, half);
    h = find(e, VFU_HANG_REST, half, 0);
    if (!h)
        return;
    h->perhaps = true;
    h->moved = t->before;
}
