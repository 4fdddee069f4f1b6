/*
 * A report: one HTML file that says what `why` says, and shows the exchanges around it. Made of a capture (`report FILE`), or of
 * the events of a run as they come.
 */
#ifndef VFU_CLI_REPORT_REPORT_H
#define VFU_CLI_REPORT_REPORT_H

#include "cli/cli.h"
#include "decoder/reasons/verdict.h"
#include "decoder/session/session.h"
#include "decoder/wire/error.h"
#include "decoder/wire/event.h"

#include <stdatomic.h>

/* All strings live longer. */
struct cli_report_how {
    const char *path;    /* which is written; "-": standard output */
    const char *source;  /* what it is made of, as people call it: the capture's name, "tap a.sock b.sock" */
    const char *options; /* the command line of whoever makes it */
    const char *filter;  /* what picked the exchanges; NULL: nothing, they are all there */
    bool memory;         /* with guest memory; the file is private then */
    bool logs;           /* with the lines of other logs */
    bool live;           /* of what goes on: it was not read from a file */
    atomic_bool *give_up; /* once it is set, a write that is blocked fails; may be NULL */
    struct vfu_evidence *evidence; /* what the verdict is made of, the report's from then on; NULL: of the events that come */
    struct vfu_error *error; /* takes what goes wrong, which is not printed then; may be NULL */
};

struct cli_report;

/* Opens, and empties, the file, unless it is given to nobody: NULL; then a message was printed (or see how->error), exit with CLI_USAGE. */
struct cli_report *cli_report_open(const struct cli_report_how *how);
/* Each event that there is, in order: for the verdict and the tables. Events are the caller's; nothing is written yet. */
void cli_report_event(struct cli_report *r, const struct vfu_event *event);
/* Those of them that are to be listed, in order too: behind a filter, if there is one; else it is called with each. */
void cli_report_listed(struct cli_report *r, const struct vfu_event *event);
/*
 * Nothing more comes: write it, and free. session: it knows what waits; may be NULL. now_ns: monotonic, of live traffic; else 0.
 * CLI_FAILED: not all of it could be written; a message was printed, or see how->error.
 */
enum cli_status cli_report_finish(struct cli_report *r, const struct vfu_session *session, uint64_t now_ns);
/* Free without writing. NULL is fine. */
void cli_report_drop(struct cli_report *r);

#endif
