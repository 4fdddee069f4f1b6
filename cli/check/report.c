/*
 * vfuscope check: how requirements went. See report.h.
 */
#include "cli/check/report.h"
#include "decoder/wire/writer.h"

#include <stdio.h>
#include <string.h>

/* Inside a JSON or YAML string. */
static void put_escaped(const char *text)
{
    char room[2 * CHECK_LINE];
    struct vfu_writer w = vfu_writer(room, sizeof room, NULL, NULL);

    vfu_write_json_string(&w, (const uint8_t *)text, strlen(text));
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

static void put_json(const struct check *c, enum check_result result)
{
    static const char *const results[] = { "passes", "fails", "does not apply" };

    put_json_start(c->now);
    printf(",\"result\":\"%s\"", results[result]);
    if (result != CHECK_PASSES)
        put_member(",", "\"why\"", c->said.why, "");
    if (result == CHECK_FAILS) {
        put_member(",", "\"sent\"", c->said.sent, "");
        put_member(",", "\"came\"", c->said.came, "");
    }
    printf("}\n");
}

static void put_tap(const struct check *c, enum check_result result, unsigned number)
{
    printf("%sok %u - %s: %s%s%s\n", result == CHECK_FAILS ? "not " : "", number, c->now->id, c->now->text,
           result == CHECK_DOES_NOT_APPLY ? " # SKIP " : "", result == CHECK_DOES_NOT_APPLY ? c->said.why : "");
    if (result != CHECK_FAILS)
        return;
    printf("  ---\n  section: \"%s\"\n", c->now->section);
    put_member("  ", "why", c->said.why, "\n");
    put_member("  ", "sent", c->said.sent, "\n");
    put_member("  ", "came", c->said.came, "\n");
    printf("  ...\n");
}

static void put_text(const struct check *c, enum check_result result)
{
    static const char *const words[] = { "passes", "FAILS", "n/a" };

    printf("%-7s %-26s %s", words[result], c->now->id, c->now->text);
    if (result == CHECK_DOES_NOT_APPLY || (result == CHECK_FAILS && !c->said.sent[0]))
        printf(": %s", c->said.why);
    printf("\n");
    if (result != CHECK_FAILS || !c->said.sent[0])
        return;
    printf("        sent: %s\n", c->said.sent);
    if (c->said.came[0])
        printf("        came: %s\n", c->said.came);
    printf("        why:  %s; see %s\n", c->said.why, c->now->section);
}

void check_report_start(const struct check_report *report, unsigned count)
{
    if (report->format == CHECK_TAP)
        printf("TAP version 13\n1..%u\n", count);
}

void check_report_put(struct check_report *report, const struct check *c, enum check_result result)
{
    report->counts[result]++;
    report->number++;
    if (report->format == CHECK_JSON)
        put_json(c, result);
    else if (report->format == CHECK_TAP)
        put_tap(c, result, report->number);
    else
        put_text(c, result);
    fflush(stdout);
}

void check_report_end(const struct check_report *report, bool interrupted)
{
    if (report->format == CHECK_TAP && interrupted)
        printf("Bail out! interrupted\n");
    if (report->format == CHECK_TEXT)
        printf("%u pass, %u fail, %u do not apply\n", report->counts[CHECK_PASSES], report->counts[CHECK_FAILS],
               report->counts[CHECK_DOES_NOT_APPLY]);
}

void check_report_list(const struct check_report *report, const struct check_requirement *r)
{
    if (report->format == CHECK_JSON) {
        put_json_start(r);
        printf(",\"writes\":%s}\n", r->writes ? "true" : "false");
    } else {
        printf("%-26s %s (%s)%s\n", r->id, r->text, r->section, r->writes ? " --write" : "");
    }
}
