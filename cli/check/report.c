/*
 * vfuscope check: how requirements went. See report.h.
 */
#include "cli/check/report.h"
#include "decoder/wire/error.h"
#include "decoder/wire/writer.h"

#include <stdio.h>
#include <string.h>

/* Inside a JSON or YAML string. */
static void put_escaped(const char *text)
{
    char room[6 * CHECK_LINE];
    struct vfu_writer w = vfu_writer(room, sizeof room, NULL, NULL);

    vfu_write_json_string(&w, (const uint8_t *)text, strlen(text));
    printf("%.*s", (int)w.used, room);
}

/* What servers chose may be in it. */
static void put_printable(const char *text)
{
    char room[4 * CHECK_LINE];
    struct vfu_writer w = vfu_writer(room, sizeof room, NULL, NULL);

    vfu_write_printable(&w, text);
    printf("%.*s", (int)w.used, room);
}

static void put_member(const char *before, const char *name, const char *text, const char *after)
{
    if (!text[0])
        return;
    printf("%s%s: \"", before, name);
    put_escaped(text);
    printf("\"%s", after);
}

static void put_json_start(const struct check_requirement *r)
{
    printf("{\"requirement\":\"%s\",\"section\":\"%s\",\"text\":\"%s\"", r->id, r->section, r->text);
}

static void put_json(const struct check_report *report, const struct check *c)
{
    static const char *const results[CHECK_RESULTS] = { "passes", "fails", "does not apply", "not tried" };
    const struct check_verdict *v = &c->verdict;

    put_json_start(c->now);
    printf(",\"result\":\"%s\"", results[v->result]);
    if (v->result == CHECK_FAILS)
        printf(",\"severity\":\"%s\"", vfu_severity_name(c->now->severity));
    if (v->result != CHECK_PASSES)
        put_member(",", "\"why\"", v->why, "");
    if (v->result == CHECK_NOT_TRIED && v->lacking)
        put_member(",", "\"needs\"", v->lacking, "");
    if (v->result == CHECK_FAILS) {
        if (check_is_known(&report->known, c->now->id))
            printf(",\"known\":true");
        put_member(",", "\"sent\"", v->sent, "");
        put_member(",", "\"came\"", v->came, "");
    }
    put_member(",", "\"done\"", v->done, "");
    put_member(",", "\"did\"", v->did, "");
    put_member(",", "\"due\"", v->due, "");
    printf("}\n");
}

/* Why there is nothing to say. */
static void put_why_not(const struct check_verdict *v)
{
    printf("%s", v->result == CHECK_NOT_TRIED ? "not tried: " : "");
    put_printable(v->why);
    if (v->result == CHECK_NOT_TRIED && v->lacking)
        printf(" (%s)", v->lacking);
}

/* TODO is TAP's word for a failure that does not fail the run. */
static void put_tap(const struct check_report *report, const struct check *c)
{
    const struct check_verdict *v = &c->verdict;

    printf("%sok %u - %s: %s", v->result == CHECK_FAILS ? "not " : "", report->number, c->now->id, c->now->text);
    if (v->result == CHECK_FAILS) {
        if (!check_report_counts(report, c->now->id, c->now->severity))
            printf(" # TODO %s", check_is_known(&report->known, c->now->id) ? "known" : vfu_severity_name(c->now->severity));
        printf("\n");
        printf("  ---\n  section: \"%s\"\n", c->now->section);
        printf("  severity: \"%s\"\n", vfu_severity_name(c->now->severity));
        put_member("  ", "why", v->why, "\n");
        put_member("  ", "sent", v->sent, "\n");
        put_member("  ", "came", v->came, "\n");
        put_member("  ", "done", v->done, "\n");
        put_member("  ", "did", v->did, "\n");
        put_member("  ", "due", v->due, "\n");
        printf("  ...\n");
        return;
    }
    if (v->result != CHECK_PASSES) {
        printf(" # SKIP ");
        put_why_not(v);
    }
    printf("\n");
}

static void put_line(const char *before, const char *text)
{
    printf("%s", before);
    put_printable(text);
    printf("\n");
}

static void put_text(const struct check_report *report, const struct check *c)
{
    static const char *const words[CHECK_RESULTS] = { "passes", "FAILS", "n/a", "untried" };
    const struct check_verdict *v = &c->verdict;
    bool violation = c->now->severity == VFU_VIOLATION;
    const char *severity = violation ? "" : vfu_severity_name(c->now->severity), *colon = violation ? "" : ": ";

    printf("%-7s %-26s %s", v->result == CHECK_FAILS && check_is_known(&report->known, c->now->id) ? "known" : words[v->result],
           c->now->id, c->now->text);
    if (v->result == CHECK_FAILS && v->done[0]) {
        put_line("\n        done: ", v->done);
        put_line("        did:  ", v->did);
        put_line("        due:  ", v->due);
        printf("        why:  %s%s", severity, colon);
        put_printable(v->why);
        printf("; see %s", c->now->section);
    } else if (v->result == CHECK_FAILS && v->sent[0]) {
        put_line("\n        sent: ", v->sent);
        if (v->came[0])
            put_line("        came: ", v->came);
        printf("        why:  %s%s", severity, colon);
        put_printable(v->why);
        printf("; see %s", c->now->section);
    } else if (v->result == CHECK_FAILS) {
        printf(": %s%s", severity, colon);
        put_printable(v->why);
    } else if (v->result != CHECK_PASSES) {
        printf(": ");
        put_why_not(v);
    }
    printf("\n");
}

void check_report_start(const struct check_report *report, unsigned count)
{
    if (report->format == CHECK_TAP)
        printf("TAP version 13\n1..%u\n", count);
}

void check_report_put(struct check_report *report, const struct check *c)
{
    report->counts[c->verdict.result]++;
    report->failed[c->now->severity] += c->verdict.result == CHECK_FAILS;
    report->known_failed += c->verdict.result == CHECK_FAILS && check_is_known(&report->known, c->now->id);
    report->number++;
    if (report->format == CHECK_JSON)
        put_json(report, c);
    else if (report->format == CHECK_TAP)
        put_tap(report, c);
    else
        put_text(report, c);
    fflush(stdout);
}

/* Of those that fail, what is no violation, or known: "(1 misfit, 2 suspicious, 3 known)". */
static void put_lesser(const struct check_report *report)
{
    const struct {
        unsigned count;
        const char *word, *many;
    } lesser[] = { { report->failed[VFU_MISFIT], "misfit", "misfits" },
                   { report->failed[VFU_SUSPICIOUS], "suspicious", "suspicious" },
                   { report->known_failed, "known", "known" } };
    const char *before = " (";

    for (size_t i = 0; i < sizeof lesser / sizeof *lesser; i++)
        if (lesser[i].count) {
            printf("%s%u %s", before, lesser[i].count, lesser[i].count == 1 ? lesser[i].word : lesser[i].many);
            before = ", ";
        }
    printf("%s", *before == ',' ? ")" : "");
}

void check_report_end(const struct check_report *report, bool interrupted)
{
    if (report->format == CHECK_TAP && interrupted)
        printf("Bail out! interrupted\n");
    if (report->format != CHECK_TEXT)
        return;
    printf("%u pass, %u fail", report->counts[CHECK_PASSES], report->counts[CHECK_FAILS]);
    put_lesser(report);
    printf(", %u do not apply, %u not tried\n", report->counts[CHECK_DOES_NOT_APPLY], report->counts[CHECK_NOT_TRIED]);
}

void check_report_list(const struct check_report *report, const struct check_requirement *r)
{
    if (report->format == CHECK_JSON) {
        put_json_start(r);
        printf(",\"severity\":\"%s\",\"writes\":%s}\n", vfu_severity_name(r->severity), r->writes ? "true" : "false");
    } else {
        bool violation = r->severity == VFU_VIOLATION;

        printf("%-26s %s (%s)%s%s%s\n", r->id, r->text, r->section, violation ? "" : " ",
               violation ? "" : vfu_severity_name(r->severity), r->writes ? " --write" : "");
    }
}
