/*
 * The verdict in lines for a person, the worst first; as one page of text, 80 columns wide.
 */
#include "decoder/reasons/verdict.h"
#include "decoder/sinks/inside.h"
#include "decoder/wire/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>

enum { WIDTH = 80, LINE = 1024, HANGING = 4, MOST = 12 /* findings of one section */, FOLLOWERS = 4, WARNINGS = 3 };

/* --- lines --- */

/* Our words with words of others in them. */
__attribute__((format(printf, 3, 4))) static void line(const struct vfu_why_taker *to, enum vfu_why_line kind, const char *format, ...)
{
    char text[LINE];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    to->take(to->context, kind, text);
}

/* A heading, before the first line of its section. */
static void heading(const struct vfu_why_taker *to, const char *text, bool *said)
{
    if (!*said)
        to->take(to->context, VFU_WHY_HEADING, text);
    *said = true;
}

/* Text that is put together. */
struct words {
    char text[LINE];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct words *s, const char *format, ...)
{
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(s->text + s->used, sizeof s->text - s->used, format, args);
    va_end(args);
    if (size > 0)
        s->used += (size_t)size < sizeof s->text - s->used ? (size_t)size : sizeof s->text - s->used - 1;
}

static const char *other_side(enum vfu_side side)
{
    return vfu_side_name(side == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT);
}

static const char *name_of(uint16_t number)
{
    return command_name(vfu_command_by_number(number));
}

static void add_time(struct words *s, uint64_t ns)
{
    if (ns < 1000000000)
        add(s, "%llu ms", (unsigned long long)ns / 1000000);
    else
        add(s, "%llu.%llu s", (unsigned long long)(ns / 1000000000), (unsigned long long)(ns / 100000000 % 10));
}

static const char *error_name(uint32_t error, char room[16])
{
    const char *name = vfu_name_of(vfu_errno_names, error);

    if (name)
        return name;
    snprintf(room, 16, "errno %u", error);
    return room;
}

/* --- what hangs --- */

static void add_died(struct words *s, const struct vfu_hang *h)
{
    int status = h->ended.status;

    add(s, "the %s's process %u%s%s%s", other_side(h->waits), h->ended.pid, h->ended.name[0] ? " (" : "", h->ended.name,
        h->ended.name[0] ? ")" : "");
    if (WIFSIGNALED(status))
        add(s, " was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (status)
        add(s, " has ended with status %d", WEXITSTATUS(status));
    else
        add(s, " has ended");
    if (h->no)
        add(s, ", on #%llu, %s", (unsigned long long)h->no, h->command ? name_of(h->command) : "which it owed a reply");
}

static void add_wait(struct words *s, const struct vfu_hang *h)
{
    const char *waits = vfu_side_name(h->waits), *other = other_side(h->waits);

    if (h->kind == VFU_HANG_REPLY)
        add(s, "the %s waits for the %s's reply to #%llu, %s id %u", waits, other, (unsigned long long)h->no,
            name_of(h->command), h->id);
    else if (h->kind == VFU_HANG_DEAF)
        add(s, "the %s reads no more", other);
    else if (h->kind == VFU_HANG_DIED)
        add_died(s, h);
    else if (h->kind == VFU_HANG_UNREAD)
        add(s, "the %s's process %u%s%s%s has not read the %s's %s%s id %u", other, h->ended.pid,
            h->ended.name[0] ? " (" : "", h->ended.name, h->ended.name[0] ? ")" : "", waits, h->reply ? "reply to " : "",
            name_of(h->command), h->id);
    else if (h->size)
        add(s, "the %s waits for the rest of the %s's %s: %llu of %llu bytes came", waits, other, name_of(h->command),
            (unsigned long long)h->got, (unsigned long long)h->size);
    else
        add(s, "the %s waits for the rest of the %s's header: %llu of 16 bytes came", waits, other,
            (unsigned long long)h->got);
}

static void write_moved(const struct vfu_hang *h, const struct vfu_why_taker *to)
{
    const struct vfu_last_moved *m = &h->moved;
    struct words s = { .used = 0 };

    if (!m->no) {
        line(to, VFU_WHY_BELOW, "nothing moved before that");
        return;
    }
    add(&s, "the last thing that moved: #%llu, the %s's %s%s", (unsigned long long)m->no, vfu_side_name(m->from),
        m->reply ? "reply to " : "", name_of(m->command));
    if (h->since_ns > m->mono_ns + 1000000) {
        add(&s, ", ");
        add_time(&s, h->since_ns - m->mono_ns);
        add(&s, " before");
    }
    line(to, VFU_WHY_BELOW, "%s", s.text);
}

static void write_doing(const struct vfu_doing *doing, const struct vfu_why_taker *to)
{
    char text[LINE];
    struct vfu_writer w = vfu_writer(text, sizeof text - 1, NULL, NULL);

    text_doing(&w, doing);
    w.used -= w.used > 0; /* its newline */
    text[w.used] = '\0';
    line(to, VFU_WHY_BELOW, "%s", text);
}

/* What other logs say of it. */
static void write_line(const struct vfu_hang *h, const struct vfu_line_near *l, const struct vfu_why_taker *to)
{
    struct words s = { .used = 0 };
    bool before = l->mono_ns < h->since_ns;

    add(&s, l->name[0] ? "log %s" : "mark", l->name);
    add(&s, ", ");
    add_time(&s, before ? h->since_ns - l->mono_ns : l->mono_ns - h->since_ns);
    add(&s, before ? " before that: %s" : " into it: %s", l->text);
    line(to, VFU_WHY_BELOW, "%s", s.text);
}

static void write_hang(const struct vfu_why *v, const struct vfu_hang *h, const struct vfu_why_taker *to)
{
    struct words s = { .used = 0 };

    add(&s, "connection %u%s: ", h->conn, h->channel == VFU_TWIN ? ", twin socket" : "");
    add_wait(&s, h);
    if (h->kind != VFU_HANG_DIED) {
        add(&s, h->perhaps ? ", perhaps for " : ", for ");
        add_time(&s, h->until_ns > h->since_ns ? h->until_ns - h->since_ns : 0);
    }
    if (h->count > 1)
        add(&s, h->kind == VFU_HANG_UNREAD ? ", and %llu more behind it" : ", and %llu more of its commands",
            (unsigned long long)h->count - 1);
    line(to, VFU_WHY_ITEM, "%s", s.text);
    if (h->read || h->unread)
        line(to, VFU_WHY_BELOW, "the %s has %sread it", other_side(h->waits), h->read ? "" : "not ");
    if (h->both)
        line(to, VFU_WHY_BELOW, "the other side waits, too");
    if (h->note[0])
        line(to, VFU_WHY_BELOW, "%s", h->note);
    else if (h->cause >= 0)
        line(to, VFU_WHY_BELOW, "it follows from what is told below: %s%s",
             v->all[h->cause].rule ? v->all[h->cause].rule->id : command_name(v->all[h->cause].command),
             v->all[h->cause].rule ? "" : " refused");
    else if (h->blamed && h->kind == VFU_HANG_REPLY && !h->both)
        line(to, VFU_WHY_BELOW, "the %s owes it", other_side(h->waits));
    write_moved(h, to);
    if (h->kind != VFU_HANG_DIED && (h->closed_by == 1u << VFU_CLIENT || h->closed_by == 1u << VFU_SERVER))
        line(to, VFU_WHY_BELOW, "then the %s closed the connection",
             vfu_side_name(h->closed_by == 1u << VFU_CLIENT ? VFU_CLIENT : VFU_SERVER));
    for (unsigned i = 0; i < h->line_count; i++)
        write_line(h, &h->lines[i], to);
    for (unsigned i = 0; i < h->doing_count; i++)
        write_doing(&h->doing[i], to);
}

static void write_hangs(const struct vfu_why *v, const struct vfu_why_taker *to)
{
    bool said_died = false, said_hangs = false;

    for (unsigned i = 0; i < v->hang_count && i < MOST; i++) {
        if (v->hangs[i].kind == VFU_HANG_DIED)
            heading(to, "Who died", &said_died);
        else
            heading(to, "What hangs", &said_hangs);
        write_hang(v, &v->hangs[i], to);
    }
    if (v->hang_count > MOST || v->hangs_more)
        line(to, VFU_WHY_ITEM, "and %llu more", (unsigned long long)(v->hang_count > MOST ? v->hang_count - MOST : 0) +
                                        (unsigned long long)v->hangs_more);
}

/* --- findings --- */

/* "412 times, first #37" */
static void add_where(struct words *s, const struct vfu_finding *f)
{
    if (f->count > 1)
        add(s, ", %llu times, first", (unsigned long long)f->count);
    else
        add(s, ",");
    if (f->message_count)
        add(s, " #%llu", (unsigned long long)f->messages[0]);
    else
        add(s, " on connection %u", f->conn);
}

/* What follows from it, as counts. */
static void write_followers(const struct vfu_why *v, const struct vfu_finding *f, const struct vfu_why_taker *to)
{
    int number = (int)(f - v->all);
    struct words s = { .used = 0 };
    uint64_t count = 0;
    unsigned named = 0;

    for (unsigned i = 0; i < v->all_count; i++) {
        if (v->all[i].cause != number || !v->all[i].rule)
            continue;
        count += v->all[i].count;
        if (named < FOLLOWERS)
            add(&s, "%s%s", named ? ", " : "", v->all[i].rule->id);
        named++;
    }
    if (count)
        line(to, VFU_WHY_BELOW, "and %llu that follow%s from it: %s%s", (unsigned long long)count, count == 1 ? "s" : "", s.text,
             named > FOLLOWERS ? ", ..." : "");
}

/* Of which of several it is: what holds of one is not said of another. */
static void write_because(const struct vfu_finding *f, const struct vfu_why_taker *to)
{
    char room[16];

    if (f->kind == VFU_FOUND_RULE && f->refused && f->message_count && f->refused_no == f->messages[0])
        line(to, VFU_WHY_BELOW, "it was refused with %s", error_name(f->error, room));
    else if (f->kind == VFU_FOUND_RULE && f->refused)
        line(to, VFU_WHY_BELOW, "#%llu was refused with %s", (unsigned long long)f->refused_no, error_name(f->error, room));
    if (f->kind == VFU_FOUND_RULE && strcmp(f->name, "rule-broken") == 0)
        return; /* that one */
    if (f->because[0] && f->name[0])
        line(to, VFU_WHY_BELOW, "%s%sbecause %s [%s]", f->kind == VFU_FOUND_REFUSAL && f->count > 1 ? "the first " : "",
             f->certain ? "" : "perhaps ", f->because, f->name);
    else if (f->because[0])
        line(to, VFU_WHY_BELOW, "what came: perhaps %s", f->because);
}

/* Is it another reason for the same refusal? */
static bool is_another_reason(const struct vfu_finding *f, const struct vfu_finding *last)
{
    return last && f->kind == VFU_FOUND_REFUSAL && last->kind == VFU_FOUND_REFUSAL && f->count == last->count &&
           f->command == last->command && f->message_count && last->message_count && f->messages[0] == last->messages[0];
}

/* last: the one above it; NULL: none */
static void write_finding(const struct vfu_why *v, const struct vfu_finding *f, const struct vfu_finding *last,
                          const struct vfu_why_taker *to)
{
    struct words s = { .used = 0 };
    char room[16];

    if (f->kind == VFU_FOUND_REFUSAL) {
        add(&s, "%s refused with %s", command_name(f->command), error_name(f->error, room));
        add_where(&s, f);
        if (!f->because[0])
            add(&s, "; why is not known");
    } else {
        add(&s, "%s", vfu_severity_name(f->severity));
        if (!f->nobody)
            add(&s, f->severity == VFU_VIOLATION ? " by the %s" : ": the %s", vfu_side_name(f->at_fault));
        add_where(&s, f);
        add(&s, ": %s [%s]", f->text, f->rule->id);
    }
    if (!is_another_reason(f, last))
        line(to, VFU_WHY_ITEM, "%s", s.text);
    write_because(f, to);
    write_followers(v, f, to);
}

static bool is_violation(const struct vfu_finding *f)
{
    return f->kind == VFU_FOUND_RULE && f->severity == VFU_VIOLATION;
}

static bool is_suspicious(const struct vfu_finding *f)
{
    return f->kind == VFU_FOUND_RULE && f->severity == VFU_SUSPICIOUS;
}

static bool is_misfit(const struct vfu_finding *f)
{
    return f->kind == VFU_FOUND_RULE && f->severity == VFU_MISFIT;
}

static bool is_refusal(const struct vfu_finding *f)
{
    return f->kind == VFU_FOUND_REFUSAL;
}

/* Those of a kind that count. */
static void write_findings(const struct vfu_why *v, const char *title, bool (*is)(const struct vfu_finding *),
                           const struct vfu_why_taker *to)
{
    const struct vfu_finding *last = NULL;
    bool said = false;
    unsigned count = 0;

    for (unsigned i = 0; i < v->finding_count; i++) {
        const struct vfu_finding *f = v->findings[i];

        if (!vfu_finding_counts(f) || !is(f) || count++ >= MOST)
            continue;
        heading(to, title, &said);
        write_finding(v, f, last, to);
        last = f;
    }
    if (count > MOST)
        line(to, VFU_WHY_ITEM, "and %u more (decode shows them all)", count - MOST);
}

/* What a connection as a whole says, with the findings that bear it out. */
static void write_hints(const struct vfu_why *v, const struct vfu_why_taker *to)
{
    bool said = false;

    for (unsigned i = 0; i < v->hint_count; i++) {
        heading(to, "Hints", &said);
        line(to, VFU_WHY_ITEM, "connection %u: %s", v->hints[i].conn, v->hints[i].text);
        for (unsigned f = 0; f < v->all_count; f++)
            if (vfu_why_hint(v, &v->all[f]) == &v->hints[i])
                line(to, VFU_WHY_BELOW, "#%llu: %s [%s]", (unsigned long long)v->all[f].messages[0], v->all[f].text, v->all[f].rule->id);
    }
}

static void write_warnings(const struct vfu_why *v, const struct vfu_why_taker *to)
{
    bool said = false;
    unsigned count = 0;

    for (unsigned i = 0; i < v->finding_count; i++) {
        const struct vfu_finding *f = v->findings[i];

        if (f->kind != VFU_FOUND_WARNING || count++ >= WARNINGS)
            continue;
        heading(to, "What plugins warn of", &said);
        if (f->message_count)
            line(to, VFU_WHY_ITEM, "#%llu, %s: %s%s", (unsigned long long)f->messages[0], f->name, f->text,
                 f->count > 1 ? ", and again" : "");
        else
            line(to, VFU_WHY_ITEM, "%s: %s%s", f->name, f->text, f->count > 1 ? ", and again" : "");
    }
    if (count > WARNINGS)
        line(to, VFU_WHY_ITEM, "and %u more", count - WARNINGS);
}

/* What everybody lives with: in a line. */
static void write_quiet(const struct vfu_why *v, const struct vfu_why_taker *to)
{
    struct words s = { .used = 0 };
    char room[16];

    for (unsigned i = 0; i < v->finding_count; i++) {
        const struct vfu_finding *f = v->findings[i];

        if (!f->quiet || f->cause >= 0)
            continue;
        add(&s, "%s", s.used ? ", " : "");
        if (f->kind == VFU_FOUND_REFUSAL)
            add(&s, "%s refused with %s", command_name(f->command), error_name(f->error, room));
        else
            add(&s, "%s", f->rule->id);
        if (f->count > 1)
            add(&s, " (%llu times)", (unsigned long long)f->count);
    }
    if (s.used)
        line(to, VFU_WHY_TEXT, "Seen, and usual: %s.", s.text);
}

/* --- what else there is to say --- */

static void write_peers(const struct vfu_why *v, const struct vfu_why_taker *to)
{
    bool said = false;

    for (unsigned i = 0; i < v->peer_count; i++) {
        heading(to, "Who the peers look like", &said);
        line(to, VFU_WHY_ITEM, "the %s: %s (connection %u)", vfu_side_name(v->peers[i].side), v->peers[i].told.name,
             v->peers[i].conn);
        for (unsigned k = 0; k < v->peers[i].told.known_count; k++)
            line(to, VFU_WHY_BELOW, "known: %s [%s]", v->peers[i].told.known[k]->text, v->peers[i].told.known[k]->id);
    }
}

static void write_left(const struct vfu_why *v, const struct vfu_why_taker *to)
{
    bool said = false;

    for (unsigned i = 0; i < v->left_count; i++) {
        heading(to, "Who left without reading all", &said);
        line(to, VFU_WHY_ITEM, "connection %u: the %s closed, and had not read #%llu", v->left[i].conn,
             vfu_side_name(v->left[i].side), (unsigned long long)v->left[i].unread);
    }
}

static void write_muted(const struct vfu_why *v, const struct vfu_muted *m, const struct vfu_why_taker *to)
{
    struct words s = { .used = 0 };

    add(&s, "#%llu, the %s's %s%s id %u: %s by the tap", (unsigned long long)m->no, vfu_side_name(m->from),
        m->reply ? "reply to " : "", name_of(m->command), m->id, m->dropped ? "dropped" : "changed");
    if (!m->reply) {
        add(&s, ", no reply came for ");
        add_time(&s, vfu_muted_ns(v, m));
    }
    line(to, VFU_WHY_ITEM, "%s", s.text);
}

static void write_tapped(const struct vfu_why *v, const struct vfu_why_taker *to)
{
    const struct vfu_tapped *t = v->tapped;
    char text[VFU_TAPPED_TEXT];
    bool said = false;

    heading(to, "What the tap changed", &said);
    vfu_tapped_say(t, text);
    line(to, VFU_WHY_ITEM, "%s", text);
    for (unsigned i = 0; i < t->muted_count; i++)
        if (!t->muted[i].over)
            write_muted(v, &t->muted[i], to);
    if (t->muted_more)
        line(to, VFU_WHY_ITEM, "and %llu more that may have none", (unsigned long long)t->muted_more);
}

static void write_migrations(const struct vfu_why *v, const struct vfu_why_taker *to)
{
    char text[VFU_MIGRATION_TEXT];
    bool said = false;

    for (unsigned i = 0; i < v->migrations->count; i++) {
        heading(to, "Migration", &said);
        vfu_migration_say(&v->migrations->list[i], text);
        line(to, VFU_WHY_ITEM, "connection %u: %s", v->migrations->list[i].conn, text);
    }
}

static void write_regions(const struct vfu_unseen *u, const struct vfu_why_taker *to)
{
    struct words s = { .used = 0 };

    for (unsigned i = 0; i < 64; i++) {
        const char *name = vfu_name_of(vfu_region_names, i);

        if (!(u->regions >> i & 1))
            continue;
        add(&s, "%s", s.used ? ", " : "");
        if (name)
            add(&s, "%s", name);
        else
            add(&s, "region %u", i);
    }
    if (u->which_region)
        add(&s, "%sa region whose number was cut off", s.used ? ", " : "");
    line(to, VFU_WHY_ITEM, "accesses to %s where it is mapped (tap --expose mmio)", s.text);
}

static void write_unseen(const struct vfu_why *v, const struct vfu_why_taker *to)
{
    static const char title[] = "What could not be seen";
    const struct vfu_unseen *u = &v->unseen;
    bool said = false;

    if (u->regions || u->which_region || u->maps_by_fd || (u->eventfds && !u->interrupts) || (u->io_fds && !u->ioeventfds))
        heading(to, title, &said);
    if (u->regions || u->which_region)
        write_regions(u, to);
    if (u->maps_by_fd)
        line(to, VFU_WHY_ITEM, "DMA into %llu of %llu mappings, which came with a descriptor (tap --expose dma)",
             (unsigned long long)u->maps_by_fd, (unsigned long long)u->maps);
    if (u->eventfds && !u->interrupts)
        line(to, VFU_WHY_ITEM, "interrupts, by %llu eventfd%s (tap --expose irq)", (unsigned long long)u->eventfds,
             u->eventfds == 1 ? "" : "s");
    if (u->io_fds && !u->ioeventfds)
        line(to, VFU_WHY_ITEM, "doorbells by ioeventfd (tap --expose ioeventfd)");
    if (u->gaps || u->cut || u->left_out || u->middle || u->migration)
        heading(to, title, &said);
    if (u->gaps)
        line(to, VFU_WHY_ITEM, "%llu message%s that %s missing, in %llu place%s: nobody is accused of what may be among them",
             (unsigned long long)u->dropped, vfu_plural(u->dropped), u->dropped == 1 ? "is" : "are", (unsigned long long)u->gaps,
             vfu_plural(u->gaps));
    if (u->cut)
        line(to, VFU_WHY_ITEM, "the end%s of %llu message%s, which %s cut (-s)", vfu_plural(u->cut), (unsigned long long)u->cut,
             vfu_plural(u->cut), u->cut == 1 ? "was" : "were");
    if (u->left_out)
        line(to, VFU_WHY_ITEM, "guest memory in %llu message%s, and what plugins read of it: it was left out (--no-memory)",
             (unsigned long long)u->left_out, vfu_plural(u->left_out));
    if (u->middle)
        line(to, VFU_WHY_ITEM, "how it began: the first message is from the middle of a connection");
    if (u->migration)
        line(to, VFU_WHY_ITEM, "whether the VM migrated: QEMU up to 11.1 sends no DEVICE_FEATURE for it");
}

/* The names that `explain` knows, of what stands above. */
static void write_more(const struct vfu_why *v, const struct vfu_why_taker *to)
{
    struct words s = { .used = 0 };
    unsigned count = 0;

    for (unsigned i = 0; i < v->finding_count && count < 3; i++) {
        const struct vfu_finding *f = v->findings[i];
        const char *name = f->rule ? f->rule->id : f->name;

        if (!vfu_finding_counts(f) || !name[0] || strstr(s.text, name))
            continue;
        add(&s, "%s%s", count++ ? ", " : "vfuscope explain ", name);
    }
    if (!count)
        return;
    line(to, VFU_WHY_MORE, "More: %s", s.text);
}

static void write_counts(const struct vfu_why *v, const struct vfu_why_taker *to)
{
    struct words s = { .used = 0 };

    add(&s, "%llu message%s on %llu connection%s in ", (unsigned long long)v->messages, v->messages == 1 ? "" : "s",
        (unsigned long long)v->connections, v->connections == 1 ? "" : "s");
    add_time(&s, v->lasted_ns);
    if (v->waiting)
        add(&s, "; %llu command%s unanswered at the end, not for long (#%llu)", (unsigned long long)v->waiting,
            v->waiting == 1 ? " was" : "s were", (unsigned long long)v->waiting_no);
    if (v->slow && !strstr(v->sentence, " came late"))
        add(&s, "; %llu repl%s came late", (unsigned long long)v->slow, v->slow == 1 ? "y" : "ies");
    line(to, VFU_WHY_TEXT, "(%s)", s.text);
}

void vfu_why_lines(const struct vfu_why *v, const struct vfu_why_taker *to)
{
    if (v->file)
        line(to, VFU_WHY_TEXT, "%s:", v->file);
    line(to, VFU_WHY_TEXT, "%s", v->sentence);
    write_counts(v, to);
    write_hangs(v, to);
    write_findings(v, "Which rules of the protocol were broken", is_violation, to);
    write_findings(v, "What does not fit together", is_misfit, to);
    if (v->tapped->count)
        write_tapped(v, to);
    write_hints(v, to);
    write_findings(v, "What is suspicious", is_suspicious, to);
    write_findings(v, "What was refused", is_refusal, to);
    write_warnings(v, to);
    write_left(v, to);
    write_migrations(v, to);
    write_peers(v, to);
    write_unseen(v, to);
    write_quiet(v, to);
    write_more(v, to);
}

/* Wrapped between blanks; further lines of one stand further in. */
static void print(void *context, enum vfu_why_line kind, const char *text)
{
    static const unsigned indents[] = { [VFU_WHY_ITEM] = 2, [VFU_WHY_BELOW] = 6, [VFU_WHY_MORE] = 0 };
    struct vfu_writer *w = context;
    struct text_wrap wrap;

    if (kind == VFU_WHY_HEADING || kind == VFU_WHY_MORE)
        vfu_write_char(w, '\n');
    w = text_wrap(&wrap, WIDTH, indents[kind] ? HANGING : 0, w);
    text_indent(w, indents[kind]);
    vfu_write_printable(w, text);
    vfu_write_char(w, '\n');
    text_wrap_end(&wrap);
}

void vfu_why_text(const struct vfu_why *v, struct vfu_writer *w)
{
    struct vfu_why_taker to = { .take = print, .context = w };

    vfu_why_lines(v, &to);
}
