/*
 * vfuscope check: how requirements went, as text, TAP version 13 or JSON on standard output.
 */
#ifndef VFU_CLI_CHECK_REPORT_H
#define VFU_CLI_CHECK_REPORT_H

#include "cli/check/check.h"
#include "cli/check/known.h"

enum check_format { CHECK_TEXT, CHECK_TAP, CHECK_JSON };

struct check_report {
    enum check_format format;
    enum vfu_severity fail_on; /* what is less than that fails nothing, though it is said */
    unsigned number, counts[CHECK_RESULTS], failed[VFU_SEVERITIES], known_failed;
    struct check_known known; /* what fails nothing, either */
};

/* Does a requirement of this name and severity fail the run? */
static inline bool check_report_counts(const struct check_report *report, const char *name, enum vfu_severity severity)
{
    return vfu_severity_rank(severity) >= vfu_severity_rank(report->fail_on) && !check_is_known(&report->known, name);
}

/* `count` requirements follow. */
void check_report_start(const struct check_report *report, unsigned count);
/* How c->now went: c->verdict. */
void check_report_put(struct check_report *report, const struct check *c);
/* All were run, or a signal ended it. */
void check_report_end(const struct check_report *report, bool interrupted);
/* What is asked for, without asking. */
void check_report_list(const struct check_report *report, const struct check_requirement *r);

#endif
