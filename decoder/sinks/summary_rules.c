/*
 * The summary's part about the rules of the protocol: how often each was broken, and where first.
 */
#include "decoder/sinks/inside.h"

/* Its row; NULL: there is no room for it. Few rules are broken in one run, and rarely. */
static struct summary_rule *row_of(struct summary_rules *s, const struct vfu_rule *rule)
{
    for (unsigned i = 0; i < s->broken; i++)
        if (s->rules[i].problem.rule == rule)
            return &s->rules[i];
    return s->broken < SUMMARY_RULES ? &s->rules[s->broken++] : NULL;
}

void summary_problems(struct summary_rules *s, const struct vfu_event *e)
{
    for (unsigned i = 0; i < e->problem_count; i++) {
        struct summary_rule *r = row_of(s, e->problems[i].rule);

        if (!r || r->count++)
            continue;
        r->problem = e->problems[i];
        r->no = vfu_event_no(e);
        r->conn = e->conn;
    }
}

void summary_rules_text(const struct summary_rules *s, struct vfu_writer *w)
{
    if (s->broken)
        vfu_write_text(w, "\nrule                      severity       count  first\n");
    for (unsigned i = 0; i < s->broken; i++) {
        const struct summary_rule *r = &s->rules[i];
        uint64_t start = vfu_writer_position(w);

        vfu_write_text(w, r->problem.rule->id);
        vfu_write_pad(w, start, 26);
        vfu_write_text(w, vfu_severity_name(r->problem.severity));
        vfu_write_pad(w, start, 38);
        vfu_write_decimal_padded(w, r->count, 8, ' ');
        vfu_write_text(w, r->no ? "  #" : "  connection ");
        vfu_write_decimal(w, r->no ? r->no : r->conn);
        if (!r->problem.nobody) {
            vfu_write_text(w, ", the ");
            vfu_write_text(w, vfu_side_name(r->problem.at_fault));
        }
        vfu_write_text(w, ": ");
        vfu_write_escaped(w, (const uint8_t *)r->problem.text, strlen(r->problem.text));
        vfu_write_char(w, '\n');
    }
}

void summary_rules_json(const struct summary_rules *s, struct vfu_writer *w)
{
    json_put(w, ",\"problems\":[");
    for (unsigned i = 0; i < s->broken; i++) {
        const struct summary_rule *r = &s->rules[i];

        json_string(w, i ? ",{\"rule\":" : "{\"rule\":", r->problem.rule->id);
        json_string(w, ",\"severity\":", vfu_severity_name(r->problem.severity));
        json_number(w, ",\"count\":", r->count);
        json_put(w, ",\"first\":{");
        if (r->no) {
            json_number(w, "\"no\":", r->no);
            vfu_write_char(w, ',');
        }
        json_number(w, "\"conn\":", r->conn);
        if (!r->problem.nobody)
            json_string(w, ",\"at_fault\":", vfu_side_name(r->problem.at_fault));
        json_string(w, ",\"text\":", r->problem.text);
        json_put(w, "}}");
    }
    vfu_write_char(w, ']');
}
