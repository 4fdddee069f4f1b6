/*
 * vfuscope fuzz: which messages does it take? Left out are as many at a time as go, first whole connections, then messages: each
 * trial has a server of its own. And that into a capture, which replay sends again.
 */
#include "capture/clock.h"
#include "cli/fuzz/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

enum {
    MOST_TRIALS = 600,
    TRIAL_PART = 4,     /* of the time that a hang takes to be one: that it is one was seen before */
    TIMES = 8,          /* that what grows is said again */
    GROWING = 5,        /* of these: the last ones, with which it grows each time */
    LEAST_MORE = 64 << 10, /* bytes, each time */
    SAVES = 3,
};

/* --- a trial --- */

static bool is_same(const struct fuzz_finding *a, const struct fuzz_finding *b)
{
    return a->kind == b->kind && a->status == b->status;
}

static bool run_lists(struct fuzz *f, const struct fuzz_list *lists, unsigned count, unsigned hang_ms, struct fuzz_finding *found)
{
    struct vfu_error error;

    for (unsigned i = 0; i < count; i++) {
        if (!fuzz_serve(f, &error) || f->check.stopped())
            return false;
        fuzz_run(f, &lists[i]);
        if (!fuzz_settle(f, hang_ms, found))
            return true;
    }
    return true;
}

/* Does the server have more each time? What it keeps to be quicker the next time does not grow for ever. */
static bool grows(struct fuzz *f, const struct fuzz_list *lists, unsigned count, enum fuzz_kind kind)
{
    const bool fds = kind == FUZZ_DESCRIPTORS;
    uint64_t before = 0, now = 0;
    struct fuzz_finding found;

    for (unsigned i = 0; i < TIMES; i++) {
        pid_t pid = f->check.server.child.pid;

        if (!run_lists(f, lists, count, f->hang_ms, &found) || f->check.stopped() || (i > 0 && pid != f->check.server.child.pid))
            return false;
        before = now;
        now = fds ? f->fds : f->memory;
        if (i >= TIMES - GROWING && now < before + (fds ? 1 : LEAST_MORE))
            return false;
    }
    return true;
}

static bool happens(struct fuzz *f, const struct fuzz_list *lists, unsigned count, unsigned hang_ms,
                    const struct fuzz_finding *wanted)
{
    struct fuzz_finding found = { 0 };

    fuzz_end_server(f);
    if (!fuzz_init(f))
        return false;
    if (wanted->kind == FUZZ_DESCRIPTORS || wanted->kind == FUZZ_MEMORY)
        return grows(f, lists, count, wanted->kind);
    return run_lists(f, lists, count, hang_ms, &found) && is_same(&found, wanted);
}

/* --- leaving out --- */

/* Messages, of whichever connection, in order; those that stay. */
struct pile {
    const struct fuzz_list *lists;
    unsigned count;          /* connections */
    bool *stays;             /* by message */
    unsigned messages;
};

/* What stays, as lists; connections of which nothing does are left out. */
static unsigned pick(const struct pile *p, struct fuzz_list *into)
{
    unsigned count = 0, at = 0;

    for (unsigned i = 0; i < p->count; i++) {
        const struct fuzz_list *l = &p->lists[i];
        struct fuzz_list *to = &into[count];

        to->conn = l->conn;
        to->count = 0;
        for (unsigned j = 0; j < l->count; j++)
            if (p->stays[at++])
                to->steps[to->count++] = l->steps[j];
        count += to->count > 0;
    }
    return count;
}

static bool happens_with(struct fuzz *f, const struct pile *p, struct fuzz_small *small, const struct fuzz_finding *wanted)
{
    unsigned count = pick(p, small->lists);

    if (!count || small->trials >= MOST_TRIALS || f->check.stopped())
        return false;
    small->trials++;
    return happens(f, small->lists, count, f->hang_ms / TRIAL_PART, wanted);
}

/* These do not stay, if it happens without them. */
static void leave_out(struct fuzz *f, struct pile *p, unsigned from, unsigned to, struct fuzz_small *small,
                      const struct fuzz_finding *wanted)
{
    bool *kept = malloc(p->messages);

    if (kept) {
        memcpy(kept, p->stays, p->messages);
        memset(p->stays + from, 0, to - from);
        if (memcmp(kept, p->stays, p->messages) != 0 && !happens_with(f, p, small, wanted))
            memcpy(p->stays, kept, p->messages);
    }
    free(kept);
}

static void leave_out_connections(struct fuzz *f, struct pile *p, struct fuzz_small *small, const struct fuzz_finding *wanted)
{
    for (unsigned part = p->count / 2; part > 0; part /= 2) {
        for (unsigned first = 0, from = 0, to; first < p->count; first += part, from = to) {
            to = from;
            for (unsigned i = first; i < first + part && i < p->count; i++)
                to += p->lists[i].count;
            leave_out(f, p, from, to, small, wanted);
        }
    }
}

static void leave_out_messages(struct fuzz *f, struct pile *p, struct fuzz_small *small, const struct fuzz_finding *wanted)
{
    unsigned trials;

    for (unsigned part = p->messages / 2; part > 1; part /= 2)
        for (unsigned from = 0; from < p->messages; from += part)
            leave_out(f, p, from, from + part < p->messages ? from + part : p->messages, small, wanted);
    do { /* one by one from the end on, until each is needed: what one does may only be for another's sake */
        unsigned had = 0, has = 0;

        for (unsigned i = 0; i < p->messages; i++)
            had += p->stays[i];
        trials = small->trials;
        for (unsigned i = p->messages; i-- > 0;)
            leave_out(f, p, i, i + 1, small, wanted);
        for (unsigned i = 0; i < p->messages; i++)
            has += p->stays[i];
        if (has == had)
            break;
    } while (small->trials > trials);
}

/* Pieces, and a hurry, only stay if it takes them. */
static void plain(struct fuzz *f, struct fuzz_small *small, const struct fuzz_finding *wanted)
{
    for (unsigned i = 0; i < small->count; i++)
        for (unsigned j = 0; j < small->lists[i].count; j++) {
            struct fuzz_step *s = &small->lists[i].steps[j], was = *s;

            s->split = 0;
            s->waits = true;
            if ((was.split || !was.waits) && small->trials++ < MOST_TRIALS && !f->check.stopped() &&
                !happens(f, small->lists, small->count, f->hang_ms / TRIAL_PART, wanted))
                *s = was;
        }
}

/* --- all of it --- */

static bool make_room(struct fuzz_small *small, const struct fuzz_list *lists, unsigned count)
{
    unsigned most = 1;

    for (unsigned i = 0; i < count; i++)
        most = lists[i].count > most ? lists[i].count : most;
    small->lists = calloc(count, sizeof *small->lists);
    for (unsigned i = 0; small->lists && i < count; i++) { /* any of them may take the place of any other */
        small->lists[i].steps = calloc(most, sizeof *small->lists[i].steps);
        if (!small->lists[i].steps)
            return false;
        small->rooms++;
    }
    return small->lists != NULL;
}

void fuzz_small_free(struct fuzz_small *small)
{
    for (unsigned i = 0; i < small->rooms; i++)
        free(small->lists[i].steps);
    free(small->lists);
    for (unsigned i = 0; i < small->planned_count; i++)
        fuzz_list_free(&small->planned[i]);
    free(small->planned);
    *small = (struct fuzz_small){ 0 };
}

static bool plan_all(struct fuzz *f, uint64_t first, uint64_t last, struct fuzz_small *small)
{
    small->planned = calloc(last - first + 1, sizeof *small->planned);
    for (uint64_t conn = first; small->planned && conn <= last; conn++)
        if (!fuzz_plan(&f->device, f->seed, conn, &small->planned[small->planned_count++]))
            return false;
    return small->planned != NULL;
}

static unsigned count_messages(const struct fuzz_list *lists, unsigned count)
{
    unsigned messages = 0;

    for (unsigned i = 0; i < count; i++)
        messages += lists[i].count;
    return messages;
}

bool fuzz_make_small(struct fuzz *f, const struct fuzz_finding *wanted, uint64_t first, uint64_t last, struct fuzz_small *small)
{
    struct pile p = { 0 };
    bool good;

    *small = (struct fuzz_small){ 0 };
    good = plan_all(f, first, last, small) && make_room(small, small->planned, small->planned_count);
    p = (struct pile){ .lists = small->planned, .count = small->planned_count };
    p.messages = small->before = count_messages(p.lists, p.count);
    p.stays = malloc(p.messages + 1);
    if (good && p.stays) {
        memset(p.stays, 1, p.messages);
        small->trials += f->check.server.command != NULL;
        small->again = f->check.server.command && happens(f, small->planned, small->planned_count, f->hang_ms, wanted);
        if (small->again) {
            leave_out_connections(f, &p, small, wanted);
            leave_out_messages(f, &p, small, wanted);
        }
        small->count = pick(&p, small->lists);
        if (small->again)
            plain(f, small, wanted);
        small->messages = count_messages(small->lists, small->count);
    }
    good = good && p.stays && !f->check.stopped();
    free(p.stays);
    return good;
}

/* --- the capture --- */

bool fuzz_put(struct fuzz *f, enum vfu_event_kind kind, const char *options, struct vfu_error *error)
{
    struct vfu_event e = { .kind = kind, .time = vfu_now() };
    struct utsname name;

    if (kind == VFU_EVENT_CAPTURE) {
        e.capture.start_ns = e.time.wall_ns;
        e.capture.options = options;
        e.capture.size = strlen(options) + 1;
        snprintf(e.capture.version, sizeof e.capture.version, "%s", VFUSCOPE_VERSION);
        if (uname(&name) == 0)
            snprintf(e.capture.kernel, sizeof e.capture.kernel, "%.60s %.60s", name.release, name.machine);
    }
    return vfu_capwriter_event(f->capture, &e, error);
}

/* What was said, as far as it is known: to a server that can't be asked again. */
static void note(struct fuzz *f, const struct fuzz_small *small)
{
    struct vfu_event event;

    for (unsigned i = 0; i < small->count; i++)
        for (unsigned j = 0; j < small->lists[i].count; j++) {
            const struct fuzz_step *s = &small->lists[i].steps[j];
            struct vfu_fd about[VFU_MAX_FDS] = { 0 };
            struct vfu_message m = { .conn = i + 1, .from = VFU_CLIENT, .bytes = s->bytes, .captured = s->size,
                                     .size = s->size, .fds = about, .nfds = s->fds.count, .time = vfu_now() };

            for (unsigned k = 0; k < s->fds.count; k++)
                about[k] = fuzz_about(&s->fds);
            if (s->size < VFU_HEADER_SIZE)
                continue;
            vfu_session_message(f->check.client.session, &m, &event);
            fuzz_keep(f, &event);
        }
}

/* Once, into a file that begins anew. */
static bool record(struct fuzz *f, const struct fuzz_finding *wanted, struct fuzz_small *small, const char *path, const char *options,
                   struct vfu_error *error)
{
    struct fuzz_finding found;
    bool good;

    fuzz_end_server(f);
    if (!fuzz_init(f))
        return vfu_fail(error, 0, "out of memory");
    f->capture_error = (struct vfu_error){ 0 };
    f->capture = vfu_capwriter_open(path, 0, NULL, error);
    if (!f->capture)
        return false;
    good = fuzz_put(f, VFU_EVENT_CAPTURE, options, error);
    if (!f->check.server.command)
        note(f, small);
    else if (wanted->kind == FUZZ_DESCRIPTORS || wanted->kind == FUZZ_MEMORY)
        run_lists(f, small->lists, small->count, f->hang_ms, &found);
    else
        small->again = happens(f, small->lists, small->count, f->hang_ms, wanted);
    if (f->capture_error.text[0]) {
        *error = f->capture_error;
        good = false;
    }
    good = good && fuzz_put(f, VFU_EVENT_END, options, error);
    good = vfu_capwriter_close(f->capture, error) && good;
    f->capture = NULL;
    return good;
}

bool fuzz_save(struct fuzz *f, const struct fuzz_finding *wanted, struct fuzz_small *small, const char *path, const char *options,
               struct vfu_error *error)
{
    bool was = small->again;

    for (unsigned i = 0; i < SAVES && !f->check.stopped(); i++)
        if (!record(f, wanted, small, path, options, error))
            return false;
        else if (small->again || !was)
            break;
    return true;
}
