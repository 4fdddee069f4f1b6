/*
 * The summary's part about the rules of the protocol: how often each was broken, and where first.
 */
#include "decoder/sinks/inside.h"

/* Its row, one for each side that breaks it; NULL: there is no room for it. Few rules are broken in one run, and rarely. */
static struct summary_rule *row_of(struct summary_rules *s, const struct vfu_problem *p)
{
    for (unsigned i = 0; i < s->broken; i++) {
        const struct vfu_problem *first = &s->rules[i].problem;

        if (first->rule == p->rule && first->nobody == p->nobody && (p->nobody || first->at_fault == p->at_fault))
            return &s->rules[i];
    }
    return s->broken < SUMMARY_RULES ? &s->rules[s->broken++] : NULL;
}

void summary_problems(struct summary_rules *s, const struct vfu_event *e)
{
    for (unsigned i = 0; i < e->problem_count; i++) {
        struct summary_rule *r = row_of(s, &e->problems[i]);

        if (!r || r->count++)
            continue;
        r->problem = e->problems[i];
        r->no = vfu_event_no(e);
        r->conn = e->conn;
        r->file = e->file;
    }
}

/* The worst first, then by first occurrence. */
static void sort(const struct summary_rules *s, const struct summary_rule *list[SUMMARY_RULES])
{
    for (unsigned i = 0; i < s->broken; i++) {
        const struct summary_rule *r = &s->rules[i];
        unsigned at = i;

        for (; at > 0 && vfu_severity_rank(list[at - 1]->problem.severity) < vfu_severity_rank(r->problem.severity); at--)
            list[at] = list[at - 1];
        list[at] = r;
    }
}

/* violation by the client: region-bounds, 3 times, first #23: ... */
static void write_rule(const struct summary_rule *r, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    const struct vfu_problem *p = &r->problem;

    summary_colour(look, w, p->severity == VFU_VIOLATION ? TEXT_RED : TEXT_YELLOW);
    vfu_write_text(w, vfu_severity_name(p->severity));
    summary_colour(look, w, TEXT_PLAIN);
    if (!p->nobody) {
        vfu_write_text(w, p->severity == VFU_VIOLATION ? " by the " : ": the ");
        vfu_write_text(w, vfu_side_name(p->at_fault));
    }
    vfu_write_text(w, ": ");
    summary_colour(look, w, TEXT_BOLD);
    vfu_write_text(w, p->rule->id);
    summary_colour(look, w, TEXT_PLAIN);
    summary_times(w, r->count, r->file, r->no, r->conn);
    vfu_write_text(w, ": ");
    vfu_write_escaped(w, (const uint8_t *)p->text, strlen(p->text));
    vfu_write_char(w, '\n');
}

/* "60 violations by the client, 22 by the server, 9 misfits, 21 times suspicious", where that is more than the lines below it. */
static void write_headline(const struct summary_rules *s, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    uint64_t violations[2] = { 0 }, others[VFU_SEVERITIES] = { 0 };
    const char *before = "";

    for (unsigned i = 0; i < s->broken; i++) {
        const struct vfu_problem *p = &s->rules[i].problem;

        *(p->severity == VFU_VIOLATION ? &violations[p->at_fault] : &others[p->severity]) += s->rules[i].count;
    }
    summary_colour(look, w, violations[0] || violations[1] ? TEXT_BOLD TEXT_RED : TEXT_BOLD TEXT_YELLOW);
    for (int side = 0; side < 2; side++) {
        if (!violations[side])
            continue;
        vfu_write_text(w, before);
        vfu_write_count(w, violations[side], "violation");
        vfu_write_text(w, " by the ");
        vfu_write_text(w, vfu_side_name((enum vfu_side)side));
        before = ", ";
    }
    if (others[VFU_MISFIT]) {
        vfu_write_text(w, before);
        vfu_write_count(w, others[VFU_MISFIT], "misfit");
        before = ", ";
    }
    if (others[VFU_SUSPICIOUS]) {
        vfu_write_text(w, before);
        vfu_write_decimal(w, others[VFU_SUSPICIOUS]);
        vfu_write_text(w, " suspicious");
    }
    summary_colour(look, w, TEXT_PLAIN);
    vfu_write_char(w, '\n');
}

bool summary_rules_text(const struct summary_rules *s, const struct vfu_summary_look *look, struct vfu_writer *w)
{
    const struct summary_rule *list[SUMMARY_RULES];

    sort(s, list);
    if (s->broken > 1)
        write_headline(s, look, w);
    for (unsigned i = 0; i < s->broken; i++)
        write_rule(list[i], look, w);
    return s->broken > 0;
}

/* How often it was broken by anybody, in the row of who did so first; 0: this is not that row. */
static uint64_t by_all(const struct summary_rules *s, unsigned at)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < s->broken; i++) {
        if (s->rules[i].problem.rule != s->rules[at].problem.rule)
            continue;
        if (i < at)
            return 0;
        count += s->rules[i].count;
    }
    return count;
}

void summary_rules_json(const struct summary_rules *s, struct vfu_writer *w)
{
    json_put(w, ",\"problems\":[");
    for (unsigned i = 0; i < s->broken; i++) {
        const struct summary_rule *r = &s->rules[i];
        uint64_t count = by_all(s, i);

        if (!count)
            continue;
        json_string(w, i ? ",{\"rule\":" : "{\"rule\":", r->problem.rule->id);
        json_string(w, ",\"severity\":", vfu_severity_name(r->problem.severity));
        json_number(w, ",\"count\":", count);
        json_put(w, ",\"first\":{");
        if (r->no) {
            json_number(w, "\"no\":", r->no);
            vfu_write_char(w, ',');
        }
        if (r->file) {
            json_string(w, "\"file\":", r->file);
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
