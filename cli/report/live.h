/*
 * The page of `tap --report`: made of what goes on, and written once that has ended.
 */
#ifndef VFU_CLI_REPORT_LIVE_H
#define VFU_CLI_REPORT_LIVE_H

#include "cli/report/report.h"

struct cli_live_report;

/* A thread is started. *r is NULL without --report. source: see report.h. False: a message was printed, exit with CLI_USAGE. */
bool cli_live_report_open(const struct cli_args *args, const char *source, struct cli_live_report **r);
/* As cli_output_how's `watch`: it waits for nothing. */
void cli_live_report_event(void *r, const struct vfu_event *event);
/* No event comes any more: write it, and free. NULL is fine. session: as in report.h. CLI_FAILED: a message was printed. */
enum cli_status cli_live_report_close(struct cli_live_report *r, const struct vfu_session *session);

#endif
