/*
 * What `why` says, at the top of the page: plain HTML, that can be read without a script. Each number is a link to its message,
 * and what a rule or a reason means is below it.
 */
#include "cli/report/inside.h"
#include "decoder/reasons/reasons.h"
#include "decoder/sinks/sinks.h"

#include <stdlib.h>
#include <string.h>

enum { EXPLAINED = 48 };

struct verdict {
    struct report_page *page;
    bool said;        /* the sentence */
    bool list, item;  /* open */
    const void *explained[EXPLAINED]; /* each once */
    unsigned explained_count;
};

/* --- links --- */

static void note_named(struct report_page *p, uint64_t no)
{
    for (size_t i = 0; i < p->named_count; i++)
        if (p->named[i] == no)
            return;
    if (p->named_count < REPORT_NAMED)
        p->named[p->named_count++] = no;
}

void report_linked(struct report_page *p, const char *text)
{
    const char *at = text;
    char part[1024];

    while (*at) {
        size_t plain = strcspn(at, "#");
        char *end = NULL;
        uint64_t no;

        plain = plain < sizeof part ? plain : sizeof part - 1;
        memcpy(part, at, plain);
        part[plain] = '\0';
        report_text(p, part);
        at += plain;
        if (*at != '#')
            continue;
        no = at[1] >= '1' && at[1] <= '9' ? strtoull(at + 1, &end, 10) : 0;
        if (!no || report_rows_with(&p->report->rows, no) == SIZE_MAX) {
            report_put(p, "#");
            at++;
            continue;
        }
        note_named(p, no);
        report_put(p, "<a href=\"#");
        report_number(p, no);
        report_put(p, "\">#");
        report_number(p, no);
        report_put(p, "</a>");
        at = end;
    }
}

/* --- what names mean --- */

static void paragraph(struct report_page *p, const char *before, const char *text)
{
    if (!text)
        return;
    report_put(p, "<p>");
    report_put(p, before);
    report_text(p, text);
    report_put(p, "</p>");
}

static void explain(struct verdict *v, const char *help, const char *section, const struct vfu_explanation *e)
{
    struct report_page *p = v->page;

    for (unsigned i = 0; i < v->explained_count; i++)
        if (v->explained[i] == help)
            return;
    if (v->explained_count == EXPLAINED)
        return;
    v->explained[v->explained_count++] = help;
    report_put(p, "<details class=\"explain\"><summary>what that means</summary>");
    paragraph(p, "", help);
    if (e) {
        paragraph(p, "", e->means);
        paragraph(p, "<b>In practice:</b> ", e->who);
        paragraph(p, "<b>What to do:</b> ", e->todo);
    }
    if (section && section[0]) {
        report_put(p, "<p class=\"section\">Specification: ");
        report_text(p, section);
        report_put(p, "</p>");
    }
    report_put(p, "</details>");
}

static const struct vfu_reason *reason_by_id(const char *id, size_t size)
{
    size_t count;
    const struct vfu_reason *list = vfu_reasons(&count);

    for (size_t i = 0; i < count; i++)
        if (strlen(list[i].id) == size && memcmp(list[i].id, id, size) == 0)
            return &list[i];
    return NULL;
}

/* "... [name]": what it means, if it is a rule, a misfit or a reason. */
static void explain_line(struct verdict *v, const char *text)
{
    size_t length = strlen(text);
    const char *name = strrchr(text, '[');
    const struct vfu_rule *rule;
    const struct vfu_reason *reason;

    if (!name || !length || text[length - 1] != ']')
        return;
    name++;
    length = (size_t)(text + length - 1 - name);
    rule = vfu_rule_by_id(name, length);
    reason = rule ? NULL : reason_by_id(name, length);
    if (rule)
        explain(v, rule->help, rule->section, vfu_rule_explanation(rule));
    else if (reason)
        explain(v, reason->help, reason->section, &reason->explains);
}

/* --- lines --- */

static void end_item(struct verdict *v)
{
    report_put(v->page, v->item ? "</li>\n" : "");
    v->item = false;
}

static void end_list(struct verdict *v)
{
    end_item(v);
    report_put(v->page, v->list ? "</ul>\n" : "");
    v->list = false;
}

static void take(void *context, enum vfu_why_line kind, const char *text)
{
    struct verdict *v = context;
    struct report_page *p = v->page;

    switch (kind) {
    case VFU_WHY_HEADING:
        end_list(v);
        report_put(p, "<h3>");
        report_text(p, text);
        report_put(p, "</h3>\n<ul>\n");
        v->list = true;
        break;
    case VFU_WHY_ITEM:
        end_item(v);
        report_put(p, "<li>");
        report_linked(p, text);
        explain_line(v, text);
        v->item = true;
        break;
    case VFU_WHY_BELOW:
        report_put(p, "<div>");
        report_linked(p, text);
        explain_line(v, text);
        report_put(p, "</div>");
        break;
    default:
        end_list(v);
        report_put(p, v->said ? "<p class=\"aside\">" : "<p class=\"sentence\">");
        report_linked(p, text);
        report_put(p, "</p>\n");
        v->said = true;
    }
}

void report_verdict(struct report_page *p)
{
    static const char *const words[] = { [VFU_FINE] = "nothing wrong",
                                         [VFU_HINTS] = "hints",
                                         [VFU_MISFITS] = "does not fit together",
                                         [VFU_VIOLATIONS] = "breaks the protocol",
                                         [VFU_HANGS] = "hangs" };
    struct verdict v = { .page = p };
    struct vfu_why_taker to = { .take = take, .context = &v };

    report_put(p, "<section id=\"verdict\" class=\"");
    report_put(p, vfu_why_status_name(p->why->status));
    report_put(p, "\"><h2><span class=\"badge\">");
    report_put(p, words[p->why->status]);
    report_put(p, "</span> Verdict</h2>\n");
    vfu_why_lines(p->why, &to);
    end_list(&v);
    report_put(p, "</section>\n");
}
