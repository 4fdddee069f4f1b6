/*
 * A report from its first event to its end: see report.h.
 */
#include "cli/report/report.h"
#include "capture/file/outfile.h"
#include "cli/report/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report_out {
    struct vfu_outfile file;
    struct vfu_error error;
    char room[64 << 10];
};

static bool write_out(void *context, const char *bytes, size_t size)
{
    struct report_out *o = context;

    return vfu_outfile_write(&o->file, bytes, size, &o->error);
}

static void tell(const struct cli_report_how *how, const char *what)
{
    if (how->error)
        vfu_fail(how->error, 0, "%s", what);
    else
        cli_error("%s", what);
}

struct cli_report *cli_report_open(const struct cli_report_how *how)
{
    struct cli_report *r = calloc(1, sizeof *r);

    if (r) {
        r->how = *how;
        r->evidence = how->evidence ? how->evidence : vfu_evidence_new();
        r->out = calloc(1, sizeof *r->out);
    } else {
        vfu_evidence_free(how->evidence);
    }
    if (!r || !r->evidence || !r->out) {
        tell(how, "out of memory");
        cli_report_drop(r);
        return NULL;
    }
    r->out->file.give_up = how->give_up;
    if (vfu_outfile_open(&r->out->file, how->path, how->memory ? VFU_OUT_GUARDED : VFU_OUT_TEXT, &r->out->error))
        return r;
    tell(how, r->out->error.text);
    free(r->out);
    r->out = NULL;
    cli_report_drop(r);
    return NULL;
}

void cli_report_drop(struct cli_report *r)
{
    struct vfu_error error;

    if (!r)
        return;
    if (r->out)
        vfu_outfile_close(&r->out->file, &error);
    vfu_evidence_free(r->evidence);
    report_rows_free(&r->rows);
    free(r->commands.list);
    free(r->heat.list);
    free(r->maps.list);
    free(r->out);
    free(r);
}

static void copy(char *room, size_t size, const char *text)
{
    snprintf(room, size, "%s", text);
}

static void take_frame(struct cli_report *r, const struct vfu_event *event)
{
    if (event->kind == VFU_EVENT_END) {
        r->ended = true;
        r->cut = event->end.cut;
        return;
    }
    if (r->captured) /* the next file of a ring */
        return;
    r->captured = true;
    r->start_ns = event->capture.start_ns;
    copy(r->version, sizeof r->version, event->capture.version);
    copy(r->kernel, sizeof r->kernel, event->capture.kernel);
    copy(r->options, sizeof r->options, event->capture.size ? event->capture.options : "");
}

void cli_report_event(struct cli_report *r, const struct vfu_event *event)
{
    if (vfu_event_frames(event)) {
        take_frame(r, event);
        return;
    }
    if (event->kind == VFU_EVENT_MEMORY)
        return;
    if (!r->begun)
        r->first = event->time;
    r->begun = true;
    if (event->time.mono_ns > r->last.mono_ns)
        r->last = event->time;
    r->messages += event->kind == VFU_EVENT_MESSAGE;
    report_maps_event(&r->maps, event, event->time.mono_ns > r->first.mono_ns ? event->time.mono_ns - r->first.mono_ns : 0);
    if (!r->how.evidence)
        vfu_evidence_event(r->evidence, event);
}

void cli_report_listed(struct cli_report *r, const struct vfu_event *event)
{
    if (event->kind == VFU_EVENT_MESSAGE) {
        report_commands_event(&r->commands, event);
        report_heat_event(&r->heat, event);
    }
    report_take(r, event);
}

/* Logs may say anything; so it is only told that they did. */
static void leave_logs_out(struct vfu_why *why)
{
    for (unsigned i = 0; i < why->hang_count; i++) {
        struct vfu_hang *h = &why->hangs[i];
        unsigned kept = 0;

        for (unsigned k = 0; k < h->line_count; k++)
            if (!h->lines[k].name[0])
                h->lines[kept++] = h->lines[k];
        h->line_count = kept;
    }
}

static bool write_page(struct cli_report *r, const struct vfu_why *why)
{
    struct report_page *p = calloc(1, sizeof *p);
    struct vfu_writer w = vfu_writer(r->out->room, sizeof r->out->room, write_out, r->out);
    bool good;

    if (!p)
        return vfu_fail(&r->out->error, 0, "out of memory");
    report_page_begin(p, &w);
    p->report = r;
    p->why = why;
    report_page_write(p);
    vfu_writer_flush(&w);
    good = !w.failed;
    free(p);
    return good;
}

enum cli_status cli_report_finish(struct cli_report *r, const struct vfu_session *session, uint64_t now_ns)
{
    struct vfu_why *why = calloc(1, sizeof *why);
    bool good = why;

    if (why) {
        vfu_why_of(r->evidence, session, now_ns, why);
        if (!r->how.logs)
            leave_logs_out(why);
        for (size_t i = 0; i < r->rows.count; i++) {
            struct report_row *row = &r->rows.list[i];

            if (row->kind == REPORT_EXCHANGE && !row->reply.no && !(row->marks & REPORT_NO_REPLY))
                row->marks |= REPORT_UNANSWERED;
        }
        report_rows_thin(&r->rows, REPORT_MOST);
        good = write_page(r, why);
        good = vfu_outfile_close(&r->out->file, good ? &r->out->error : NULL) && good;
    } else {
        vfu_fail(&r->out->error, 0, "out of memory");
    }
    if (r->rows.no_memory) {
        vfu_fail(&r->out->error, 0, "out of memory: not all exchanges are in the report");
        good = false;
    }
    if (!good)
        tell(&r->how, r->out->error.text);
    free(why);
    if (why) {
        free(r->out);
        r->out = NULL;
    }
    cli_report_drop(r);
    return good ? CLI_OK : CLI_FAILED;
}
