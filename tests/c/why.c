/*
 * What only C can reach of `why`: that the table of causes names rules that there are, and that the evidence keeps to its
 * room whatever comes.
 */
#include "decoder/reasons/evidence.h"
#include "decoder/reasons/reasons.h"
#include "decoder/sinks/sinks.h"
#include "test.h"

#include <stdlib.h>

static char page[1 << 20];

static void test_causes(void)
{
    test_case("every cause is a rule that there is, and stands once");
    for (unsigned i = 0; evidence_cause_rule(i); i++) {
        if (!CHECK(vfu_rule_by_id(evidence_cause_rule(i), strlen(evidence_cause_rule(i))) != NULL))
            printf("#     %s\n", evidence_cause_rule(i));
        for (unsigned j = 0; j < i; j++)
            CHECK(strcmp(evidence_cause_rule(i), evidence_cause_rule(j)) != 0);
    }
}

/* Both forms, which have to fit; how bad it is. */
static enum vfu_why_status judge(const struct vfu_evidence *e)
{
    static struct vfu_why why;
    struct vfu_writer w = vfu_writer(page, sizeof page, NULL, NULL);

    vfu_why_of(e, NULL, 0, &why);
    vfu_why_text(&why, &w);
    vfu_why_json(&why, &w);
    CHECK(!w.failed);
    CHECK(why.finding_count <= VFU_MAX_FINDINGS && why.hang_count <= VFU_MAX_HANGS);
    return why.status;
}

/* Problems of every rule by both sides and of as many misfits on as many connections, as long as texts may be. */
static void test_flood(void)
{
    struct vfu_evidence *e = vfu_evidence_new();
    const struct vfu_rule *rules;
    uint64_t no = 0;
    size_t count;

    test_case("findings, hangs, peers and connections without end");
    rules = vfu_rules(&count);
    for (uint32_t conn = 1; conn <= 600; conn++) {
        struct vfu_problem p = { .rule = &rules[conn % count], .severity = conn % 3 ? VFU_MISFIT : VFU_VIOLATION,
                                 .at_fault = conn % 2 };
        struct vfu_event event = { .kind = VFU_EVENT_OVERDUE, .conn = conn, .from = conn % 2, .problem_count = 1,
                                   .problems = &p, .time.mono_ns = conn * UINT64_C(1000000000),
                                   .overdue = { .no = ++no, .waiting_ms = 1000 } };

        memset(p.text, 'x', sizeof p.text - 1);
        snprintf(p.text, 16, "%u", conn);
        p.text[strlen(p.text)] = ' ';
        memset(event.overdue.what, 'A', sizeof event.overdue.what - 1);
        vfu_evidence_event(e, &event);
        event = (struct vfu_event){ .kind = VFU_EVENT_PEER, .conn = conn, .from = conn % 2 };
        snprintf(event.peer.name, sizeof event.peer.name, "peer %u", conn);
        vfu_evidence_event(e, &event);
        event = (struct vfu_event){ .kind = VFU_EVENT_DISCONNECT, .conn = conn, .time.mono_ns = conn * UINT64_C(1000000000),
                                    .disconnect = { .closed_by = 1, .unread = no } };
        vfu_evidence_event(e, &event);
    }
    CHECK_EQ(judge(e), VFU_HANGS);
    CHECK_EQ(e->finding_count, VFU_MAX_FINDINGS);
    CHECK(e->findings_more > 0 && e->hangs_more > 0);
    vfu_evidence_free(e);
}

/* As many that the tap dropped; those whose reply comes make room. */
static void test_dropped(void)
{
    static const char spec[] = "id == 1 and 'a long filter, which goes on and on, so that there is no room for all of it' != 2:drop";
    struct vfu_evidence *e = vfu_evidence_new();
    struct vfu_event event;

    test_case("dropped commands without end, and one that is answered");
    for (uint64_t no = 1; no <= 600; no++) {
        event = (struct vfu_event){ .kind = VFU_EVENT_MESSAGE, .command_number = VFU_REGION_READ,
                                    .message = { .no = no, .conn = 1, .changed = VFU_CHANGED_INJECT } };
        vfu_evidence_event(e, &event);
        event = (struct vfu_event){ .kind = VFU_EVENT_INJECTED, .conn = 1, .injected = { no, spec, sizeof spec } };
        vfu_evidence_event(e, &event);
    }
    CHECK_EQ(judge(e), VFU_FINE);
    CHECK(e->tapped.count == 600 && e->tapped.first == 1 && e->tapped.muted_count == VFU_MAX_MUTED);
    CHECK_EQ(e->tapped.muted_more, 600 - VFU_MAX_MUTED);
    CHECK(strstr(page, "and 592 more that may have none") != NULL);
    CHECK(strlen(e->tapped.spec) == sizeof e->tapped.spec - 1 && strstr(e->tapped.spec, "...") != NULL);
    event = (struct vfu_event){ .kind = VFU_EVENT_MESSAGE, .command_number = VFU_REGION_READ, .flags = VFU_TYPE_REPLY,
                                .paired = true, .reply_to = 3, .message = { .no = 601, .conn = 1 } };
    vfu_evidence_event(e, &event);
    CHECK_EQ(judge(e), VFU_FINE);
    CHECK(strstr(page, "#2, the client's REGION_READ id 0: dropped") && !strstr(page, "#3, the client's"));
    vfu_evidence_free(e);
}

static void test_nothing(void)
{
    struct vfu_evidence *e = vfu_evidence_new();

    test_case("nothing at all is fine, and said to be nothing");
    CHECK_EQ(judge(e), VFU_FINE);
    CHECK(strstr(page, "There is no message to judge by.") != NULL);
    vfu_evidence_free(e);
}

int main(void)
{
    test_causes();
    test_flood();
    test_dropped();
    test_nothing();
    return test_end();
}
