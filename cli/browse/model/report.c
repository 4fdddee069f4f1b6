/*
 * What a view shows, as a page to hand on (cli/report): the verdict is about all that was read, the exchanges are the view's.
 */
#include "cli/browse/model/inside.h"
#include "capture/clock.h"
#include "cli/report/report.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT_BLOCKS = 2 };

/* What the verdict is made of, as it is now; *session is the caller's. False: out of memory. */
static bool take_verdict(struct browse_model *m, struct vfu_evidence **evidence, struct vfu_session **session)
{
    browse_model_lock_session(m);
    *evidence = vfu_evidence_copy(m->evidence[0]);
    *session = vfu_session_copy(m->session);
    browse_model_unlock_session(m);
    if (*evidence && *session)
        return true;
    vfu_evidence_free(*evidence);
    vfu_session_free(*session);
    return false;
}

static bool may_write(const struct browse_model *m, const char *path, struct vfu_error *error)
{
    if (strcmp(path, "-") == 0)
        return vfu_fail(error, 0, "-: the screen is on standard output");
    if (m->inputs && cli_inputs_has(m->inputs, path))
        return vfu_fail(error, 0, "%s: it is what is read", path);
    if (m->sessions)
        return vfu_fail(error, 0, "%s: a page is of one capture (vfuscope decode FILE... -w makes one of several)", path);
    return true;
}

/* All events that are still there, in order, and of them those that the view has: `count` numbers, rising. */
static void walk(struct browse_loader *l, const uint64_t *listed, size_t count, uint64_t end, struct cli_report *r)
{
    size_t next = 0;

    for (uint64_t number = 0; number < end; number++) {
        const struct vfu_event *e = browse_loader_event(l, number);
        bool wanted = next < count && listed[next] == number;

        next += wanted;
        if (!e) /* the verdict knows it all the same */
            continue;
        cli_report_event(r, e);
        if (wanted && !vfu_event_frames(e))
            cli_report_listed(r, e);
    }
}

static uint64_t event_count(struct browse_model *m)
{
    uint64_t count;

    pthread_mutex_lock(&m->lock);
    count = m->index.events;
    pthread_mutex_unlock(&m->lock);
    return count;
}

/* The verdict is had. */
static bool write_page(struct browse_view *v, const struct cli_report_how *how, const struct vfu_session *session)
{
    struct browse_model *m = browse_view_model(v);
    struct browse_loader *l = browse_loader_new(m, KEPT_BLOCKS);
    size_t count;
    uint64_t *listed = browse_view_events(v, &count), end = event_count(m);
    struct cli_report *r = NULL;
    enum cli_status status = CLI_FAILED;

    if (l && listed) {
        r = cli_report_open(how);
    } else {
        vfu_evidence_free(how->evidence);
        vfu_fail(how->error, 0, "%s: out of memory", how->path);
    }
    if (r) {
        walk(l, listed, count, end, r);
        status = cli_report_finish(r, session, m->queue ? vfu_mono_ns() : 0);
    }
    browse_loader_free(l);
    free(listed);
    return status == CLI_OK;
}

bool browse_view_report(struct browse_view *v, const struct browse_report *page, struct vfu_error *error)
{
    struct browse_model *m = browse_view_model(v);
    struct cli_report_how how = { .path = page->path, .source = page->source, .options = page->options, .filter = page->filter,
                                  .live = !m->inputs, .error = error };
    struct vfu_session *session;
    bool good;

    *error = (struct vfu_error){ .number = 0 };
    if (!may_write(m, page->path, error))
        return false;
    if (!take_verdict(m, &how.evidence, &session))
        return vfu_fail(error, 0, "%s: out of memory", page->path);
    good = write_page(v, &how, session);
    vfu_session_free(session);
    return good;
}
