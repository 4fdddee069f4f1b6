/*
 * The summary's part about the rules of the protocol: how often each was broken, and where first.
 */
#include "decoder/rules/rules.h"
#include "decoder/sinks/inside.h"

#include <string.h>

void summary_problems(struct summary_rules *s, const struct vfu_event *e)
{
    size_t count;
    const struct vfu_rule *rules = vfu_rules(&count);

    for (unsigned i = 0; i < e->problem_count; i++) {
        size_t which = (size_t)(e->problems[i].rule - rules);
        struct summary_rule *r = &s->rules[which];

        if (which >= count || which >= SUMMARY_RULES)
            continue;
        if (r->count++)
            continue;
        r->problem = e->problems[i];
        r->no = vfu_event_no(e);
        r->conn = e->conn;
        s->order[s->broken++] = (uint8_t)which;
    }
}

void summary_rules_text(const struct summary_rules *s, struct vfu_writer *w)
{
    if (s->broken)
        vfu_write_text(w, "\nrule                      severity       count  first\n");
    for (unsigned i = 0; i < s->broken; i++) {
        const struct summary_rule *r = &s->rules[s->order[i]];
        uint64_t start = vfu_writer_position(w);

        vfu_write_text(w, r->problem.rule->id);
        vfu_write_pad(w, start, 26);
        vfu_write_text(w, vfu_severity_name(r->problem.severity));
        vfu_write_pad(w, start, 38);
        vfu_write_decimal_padded(w, r->count, 8, ' ');
        vfu_write_text(w, r->no ? "  message " : "  connection ");
        vfu_write_decimal(w, r->no ? r->no : r->conn);
        vfu_write_text(w, r->problem.at_fault == VFU_SERVER ? ", the server: " : ", the client: ");
        vfu_write_escaped(w, (const uint8_t *)r->problem.text, strlen(r->problem.text));
        vfu_write_char(w, '\n');
    }
}

void summary_rules_json(const struct summary_rules *s, struct vfu_writer *w)
{
    vfu_write_text(w, "\"problems\":[");
    for (unsigned i = 0; i < s->broken; i++) {
        const struct summary_rule *r = &s->rules[s->order[i]];

        vfu_write_text(w, i ? ",{\"rule\":\"" : "{\"rule\":\"");
        vfu_write_text(w, r->problem.rule->id);
        vfu_write_text(w, "\",\"severity\":\"");
        vfu_write_text(w, vfu_severity_name(r->problem.severity));
        vfu_write_text(w, "\",\"count\":");
        vfu_write_decimal(w, r->count);
        vfu_write_text(w, ",\"first\":{");
        if (r->no) {
            vfu_write_text(w, "\"no\":");
            vfu_write_decimal(w, r->no);
            vfu_write_char(w, ',');
        }
        vfu_write_text(w, "\"conn\":");
        vfu_write_decimal(w, r->conn);
        vfu_write_text(w, r->problem.at_fault == VFU_SERVER ? ",\"at_fault\":\"server\",\"text\":\""
                                                            : ",\"at_fault\":\"client\",\"text\":\"");
        vfu_write_json_string(w, (const uint8_t *)r->problem.text, strlen(r->problem.text));
        vfu_write_text(w, "\"}}");
    }
    vfu_write_char(w, ']');
}
