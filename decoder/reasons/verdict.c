/*
 * The verdict, made of the evidence: what hangs still, the findings in their order, how bad it is, and all of it in a
 * sentence.
 */
#include "decoder/reasons/evidence.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

const char *vfu_why_status_name(enum vfu_why_status status)
{
    static const char *const names[] = { "fine", "hints", "misfits", "violations", "hangs" };

    return names[status];
}

/* --- what hangs --- */

/* What lies unread for so long stays there. */
#define UNREAD_NS UINT64_C(1000000000)

/* Who has died comes first. */
static int compare_hangs(const void *a, const void *b)
{
    const struct vfu_hang *x = a, *y = b;

    return (y->kind == VFU_HANG_DIED) - (x->kind == VFU_HANG_DIED);
}

/* Of those that wait on one socket for the same side the oldest is the hang; the others wait with it. */
static struct vfu_hang *beside(struct vfu_why *v, const struct vfu_hang *h)
{
    for (unsigned i = 0; i < v->hang_count; i++)
        if (v->hangs[i].kind == h->kind && v->hangs[i].conn == h->conn && v->hangs[i].channel == h->channel &&
            v->hangs[i].waits == h->waits)
            return &v->hangs[i];
    return NULL;
}

static void take_hangs(const struct vfu_evidence *e, uint64_t now_ns, struct vfu_why *v)
{
    for (unsigned i = 0; i < e->hang_count; i++) {
        const struct vfu_hang *h = &e->hangs[i];
        struct vfu_hang *same = beside(v, h);

        if (h->over || (h->kind == VFU_HANG_REPLY && h->no <= e->gap_no))
            continue; /* the reply may be among what is missing */
        if (h->kind == VFU_HANG_UNREAD && (h->until_ns ? h->until_ns : now_ns) < h->since_ns + UNREAD_NS)
            continue; /* it may be about to be read */
        if (same) {
            same->count++;
            same->both |= h->both;
            same->blamed |= h->blamed;
            continue;
        }
        v->hangs[v->hang_count] = *h;
        if (!v->hangs[v->hang_count].until_ns)
            v->hangs[v->hang_count].until_ns = now_ns;
        v->hang_count++;
    }
    for (unsigned i = 0; i < v->hang_count; i++)
        for (unsigned j = 0; j < v->hang_count; j++)
            v->hangs[i].both |= v->hangs[i].kind == VFU_HANG_REPLY && v->hangs[j].kind == VFU_HANG_REPLY &&
                                v->hangs[i].conn == v->hangs[j].conn && v->hangs[i].waits != v->hangs[j].waits;
    v->hangs_more = e->hangs_more;
    qsort(v->hangs, v->hang_count, sizeof v->hangs[0], compare_hangs);
}

static bool is_muted(const struct vfu_tapped *t, uint64_t no)
{
    for (unsigned i = 0; i < t->muted_count; i++)
        if (t->muted[i].no == no && !t->muted[i].over)
            return true;
    return false;
}

/* Commands that wait, and not for long. */
static void take_waiting(const struct vfu_session *session, struct vfu_why *v)
{
    const struct vfu_connection *c = NULL;

    while (session && (c = vfu_session_next(session, c ? c->conn : 0)) != NULL) {
        struct vfu_waiting list[64];
        size_t count = vfu_session_waiting(session, c->conn, list, 64);

        for (size_t i = 0; i < count; i++) {
            bool hangs = is_muted(v->tapped, list[i].no); /* which is told of itself */

            for (unsigned h = 0; h < v->hang_count; h++)
                hangs |= v->hangs[h].kind == VFU_HANG_REPLY && v->hangs[h].conn == c->conn &&
                         v->hangs[h].channel == list[i].channel && v->hangs[h].waits == list[i].from;
            if (hangs)
                continue;
            if (!v->waiting++)
                v->waiting_no = list[i].no;
        }
    }
}

/* --- findings --- */

/* Above others: the worse, then what explains others, then what came first. */
static unsigned weight(const struct vfu_finding *f)
{
    if (f->quiet)
        return 0;
    if (f->kind == VFU_FOUND_WARNING)
        return 1;
    if (f->kind == VFU_FOUND_REFUSAL)
        return f->name[0] ? f->certain ? 4 : 3 : 2;
    return 5 + 2 * vfu_severity_rank(f->severity) + f->explains;
}

static int compare(const void *a, const void *b)
{
    const struct vfu_finding *x = *(const struct vfu_finding *const *)a, *y = *(const struct vfu_finding *const *)b;

    if (weight(x) != weight(y))
        return weight(x) > weight(y) ? -1 : 1;
    return x < y ? -1 : x > y; /* both are in the evidence's table, the earlier first */
}

const struct vfu_hint *vfu_why_hint(const struct vfu_why *v, const struct vfu_finding *f)
{
    for (unsigned i = 0; f->rule && f->severity == VFU_SUSPICIOUS && i < v->hint_count; i++)
        if (v->hints[i].conn == f->conn && strcmp(v->hints[i].name, "no-client-descriptor") == 0 &&
            evidence_lacks_fds(f->rule))
            return &v->hints[i];
    return NULL;
}

/* What the connections as a whole say. Of what the tap itself withheld nothing. */
static void take_hints(const struct vfu_evidence *e, const struct vfu_session *session, struct vfu_why *v)
{
    struct vfu_hint list[VFU_MAX_HINTS];
    size_t count = session ? vfu_session_hints(session, true, list) : 0;

    for (size_t i = 0; i < count; i++)
        if (!e->withheld || strcmp(list[i].name, "memory-by-message") != 0)
            v->hints[v->hint_count++] = list[i];
}

static void take_findings(const struct vfu_evidence *e, struct vfu_why *v)
{
    for (unsigned i = 0; i < e->finding_count; i++)
        if (e->findings[i].cause < 0 && !vfu_why_hint(v, &e->findings[i]))
            v->findings[v->finding_count++] = &e->findings[i];
    qsort(v->findings, v->finding_count, sizeof v->findings[0], compare);
    v->all = e->findings;
    v->all_count = e->finding_count;
    v->findings_more = e->findings_more;
}

static enum vfu_why_status status_of(const struct vfu_why *v)
{
    enum vfu_why_status worst = v->hang_count ? VFU_HANGS : v->slow || v->hint_count ? VFU_HINTS : VFU_FINE;

    for (unsigned i = 0; i < v->finding_count; i++) {
        const struct vfu_finding *f = v->findings[i];
        enum vfu_why_status s = VFU_HINTS;

        if (!vfu_finding_counts(f))
            continue;
        if (f->kind == VFU_FOUND_RULE)
            s = f->severity == VFU_VIOLATION ? VFU_VIOLATIONS : f->severity == VFU_MISFIT ? VFU_MISFITS : VFU_HINTS;
        worst = s > worst ? s : worst;
    }
    return worst;
}

/* --- the sentence --- */

__attribute__((format(printf, 2, 3))) static void say(struct vfu_why *v, const char *format, ...)
{
    size_t used = strlen(v->sentence);
    va_list args;

    va_start(args, format);
    vsnprintf(v->sentence + used, sizeof v->sentence - used, format, args);
    va_end(args);
}

static const char *name_of(uint16_t number)
{
    const struct vfu_command *command = vfu_command_by_number(number);

    return command ? command->name : "message";
}

/* The first finding that a message is named of, or none. */
static void say_where(struct vfu_why *v, const struct vfu_finding *f)
{
    if (f->message_count)
        say(v, " (#%llu)", (unsigned long long)f->messages[0]);
}

static void say_who(struct vfu_why *v, const struct vfu_finding *f, const char *verb, const char *other)
{
    if (f->nobody)
        say(v, "%s", other);
    else
        say(v, "The %s %s", vfu_side_name(f->at_fault), verb);
    say_where(v, f);
    say(v, ": %s%s", f->text, strchr(".?!", f->text[strlen(f->text) - 1]) ? "" : ".");
}

/* What it hangs after. */
static void say_cause(struct vfu_why *v, const struct vfu_finding *f)
{
    if (f->kind == VFU_FOUND_REFUSAL)
        say(v, "It hangs, after a %s was refused: ", f->command ? f->command->name : "command");
    else if (f->nobody)
        say(v, "It hangs, after this: %s: ", f->text);
    else
        say(v, "It hangs, after the %s %s: %s: ", vfu_side_name(f->at_fault),
            f->severity == VFU_VIOLATION ? "broke a rule" : "did what is suspicious", f->text);
}

static void say_died(struct vfu_why *v, const struct vfu_hang *h)
{
    say(v, "The %s's process %u", vfu_side_name(h->waits == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT), h->ended.pid);
    if (h->ended.name[0])
        say(v, " (%s)", h->ended.name);
    if (WIFSIGNALED(h->ended.status))
        say(v, " was killed by signal %d (%s)", WTERMSIG(h->ended.status), strsignal(WTERMSIG(h->ended.status)));
    else
        say(v, " has ended");
    if (!WIFSIGNALED(h->ended.status) && h->ended.status)
        say(v, " with status %d", WEXITSTATUS(h->ended.status));
    if (h->no)
        say(v, ", on the %s's %s (#%llu)", vfu_side_name(h->waits), name_of(h->command), (unsigned long long)h->no);
    say(v, ".");
}

static void say_hang(struct vfu_why *v, const struct vfu_hang *h)
{
    const char *waits = vfu_side_name(h->waits), *other = vfu_side_name(h->waits == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT);
    unsigned long long ms = h->until_ns > h->since_ns ? (h->until_ns - h->since_ns) / 1000000 : 0;

    if (h->kind == VFU_HANG_DIED) {
        say_died(v, h);
        return;
    }
    if (h->cause >= 0)
        say_cause(v, &v->all[h->cause]);
    else
        say(v, "It hangs: ");
    switch (h->kind) {
    case VFU_HANG_REPLY:
        if (h->both)
            say(v, "both sides wait for each other, the %s for the reply to its %s (#%llu)", waits, name_of(h->command),
                (unsigned long long)h->no);
        else
            say(v, "the %s waits for the %s's reply to its %s (#%llu)", waits, other, name_of(h->command),
                (unsigned long long)h->no);
        break;
    case VFU_HANG_REST:
        if (h->size)
            say(v, "the %s sent %llu of the %llu bytes of a %s, and then nothing", other, (unsigned long long)h->got,
                (unsigned long long)h->size, name_of(h->command));
        else
            say(v, "the %s sent %llu of a header's 16 bytes, and then nothing", other, (unsigned long long)h->got);
        break;
    case VFU_HANG_DEAF:
        say(v, "the %s reads no more", other);
        break;
    case VFU_HANG_UNREAD:
        say(v, "the %s does not read the %s's %s%s", other, waits, h->reply ? "reply to " : "", name_of(h->command));
        break;
    case VFU_HANG_DIED:
        break;
    }
    if (h->perhaps)
        say(v, ", perhaps for %llu.%llu s.", ms / 1000, ms % 1000 / 100);
    else
        say(v, ", for %llu.%llu s.", ms / 1000, ms % 1000 / 100);
    if (h->note[0])
        say(v, " The reason, perhaps: %s.", h->note);
}

static void say_refused(struct vfu_why *v, const struct vfu_finding *f)
{
    const char *error = vfu_name_of(vfu_errno_names, f->error);

    say(v, "No rule is broken; %s was refused with %s", f->command ? f->command->name : "a command", error ? error : "an error");
    say_where(v, f);
    if (f->because[0])
        say(v, "%s because %s", f->certain ? "" : ", perhaps", f->because);
    say(v, ".");
}

static void say_finding(struct vfu_why *v, const struct vfu_finding *f)
{
    if (f->kind == VFU_FOUND_REFUSAL)
        say_refused(v, f);
    else if (f->severity == VFU_VIOLATION)
        say_who(v, f, "breaks a rule", "A rule is broken");
    else if (f->severity == VFU_MISFIT)
        say_who(v, f, "tells of what does not fit together", "The device does not fit together");
    else
        say_who(v, f, "does what is suspicious", "Something is suspicious");
}

/* Above all that nobody broke a rule by. */
static void say_tapped(struct vfu_why *v)
{
    char text[VFU_TAPPED_TEXT];

    vfu_tapped_say(v->tapped, text);
    say(v, "The tap changed %s: what follows from that is its doing.", text);
}

static void say_all(struct vfu_why *v)
{
    if (v->hang_count)
        say(v, "%s", v->hangs[0].text);
    else if (v->tapped->count && v->status <= VFU_HINTS)
        say_tapped(v);
    else if (v->hint_count && v->status == VFU_HINTS)
        say(v, "No rule is broken, but: %s", v->hints[0].text);
    else if (v->finding_count && vfu_finding_counts(v->findings[0]))
        say_finding(v, v->findings[0]);
    else if (v->slow)
        say(v, "Nothing is wrong, but %llu repl%s came late, the slowest after %llu.%llu s (to #%llu).",
            (unsigned long long)v->slow, v->slow == 1 ? "y" : "ies", (unsigned long long)v->slowest_ms / 1000,
            (unsigned long long)v->slowest_ms % 1000 / 100, (unsigned long long)v->slowest_no);
    else if (v->messages)
        say(v, "Nothing is wrong, as far as it can be seen.");
    else
        say(v, "There is no message to judge by.");
}

void vfu_why_of(const struct vfu_evidence *e, const struct vfu_session *session, uint64_t now_ns,
                    struct vfu_why *v)
{
    *v = (struct vfu_why){ .slow = e->slow, .slowest_ms = e->slowest_ms, .slowest_no = e->slowest_no,
                               .peers = e->peers, .peer_count = e->peer_count,
                           .left = e->left, .left_count = e->left_count, .migrations = &e->migrations, .tapped = &e->tapped,
                           .unseen = e->unseen,
                               .messages = e->messages, .connections = e->connections };
    v->unseen.migration &= e->messages > 2; /* it came past VERSION */
    now_ns = now_ns > e->last_ns ? now_ns : e->last_ns;
    v->until_ns = now_ns;
    v->lasted_ns = e->first_ns ? now_ns - e->first_ns : 0; /* nothing has come yet */
    take_hints(e, session, v);
    take_findings(e, v);
    take_hangs(e, now_ns, v);
    take_waiting(session, v);
    for (unsigned i = 0; i < v->hang_count; i++) {
        say_hang(v, &v->hangs[i]);
        memcpy(v->hangs[i].text, v->sentence, sizeof v->hangs[i].text);
        v->sentence[0] = '\0';
    }
    v->status = status_of(v);
    say_all(v);
}
