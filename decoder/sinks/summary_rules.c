/*
 * The summary's part about the rules of the protocol: how often each was broken, and where first.
 */
#include "decoder/rules/rules.h"
#include "decoder/sinks/inside.h"

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
        vfu_write_text(w, r->no ? "  #" : "  connection ");
        vfu_write_decimal(w, r->no ? r->no : r->conn);
        vfu_write_text(w, ", the ");
        vfu_write_text(w, vfu_side_name(r->problem.at_fault));
        vfu_write_text(w, ": ");
        vfu_write_escaped(w, (const uint8_t *)r->problem.text, strlen(r->problem.text));
        vfu_write_char(w, '\n');
    }
}

void summary_rules_json(const struct summary_rules *s, struct vfu_writer *w)
{
    json_put(w, ",\"problems\":[");
    for (unsigned i = 0; i < s->broken; i++) {
        const struct summary_rule *r = &s->rules[s->order[i]];

        json_string(w, i ? ",{\"rule\":" : "{\"rule\":", r->problem.rule->id);
        json_string(w, ",\"severity\":", vfu_severity_name(r->problem.severity));
        json_number(w, ",\"count\":", r->count);
        json_put(w, ",\"first\":{");
        if (r->no) {
            json_number(w, "\"no\":", r->no);
            vfu_write_char(w, ',');
        }
        json_number(w, "\"conn\":", r->conn);
        json_string(w, ",\"at_fault\":", vfu_side_name(r->problem.at_fault));
        json_string(w, ",\"text\":", r->problem.text);
        json_put(w, "}}");
    }
    vfu_write_char(w, ']');
}
