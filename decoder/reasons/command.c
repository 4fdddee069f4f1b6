/*
 * Reasons that any command may have: it broke a rule, nobody knows it, the device is stopped.
 */
#include "decoder/reasons/inside.h"

#include <stdio.h>
#include <string.h>

void vfu_remember_broken(struct vfu_peers *peers, const struct vfu_event *command, const struct vfu_problem *problems,
                         unsigned count)
{
    struct vfu_rule_state *state = &peers->rules;

    for (unsigned i = 0; i < count; i++) {
        struct vfu_broken *b = &state->broken[state->broken_at % VFU_BROKEN];

        if (problems[i].at_fault != command->from)
            continue;
        b->no = command->message.no;
        b->rule = problems[i].rule;
        memcpy(b->text, problems[i].text, sizeof b->text);
        state->broken_at++;
    }
}

static bool is_among(const char *const *list, const char *rule)
{
    for (; *list; list++)
        if (strcmp(rule, *list) == 0)
            return true;
    return false;
}

/* What breaking a rule says of the refusal. */
enum weight { NOTHING, A_GUESS, A_REASON, THE_FORM };
static enum weight weight_of(const struct vfu_refusal *r, const struct vfu_rule *rule)
{
    /* Servers look at these before anything else. */
    static const char *const form[] = { "size-impossible", "too-short", "argsz-too-small", "irq-flags", "irq-fd-count",
                                        "feature-flags", "version-not-first", "wrong-direction", NULL };
    /* For these alone they seldom refuse a command. */
    static const char *const let_pass[] = { "reserved-flags", "too-long", "fd-unexpected", "fd-wrong-kind", "twin-bypassed",
                                            "error-in-command", "too-many-fds", NULL };
    /* And for these never. */
    static const char *const harmless[] = { "crossing", "region-not-asked", "irq-fired", "map-too-many", NULL };
    /* Data that are longer than their count are looked at by the commands that have some. */
    bool has_data = r->reply->command_number == VFU_REGION_WRITE || r->reply->command_number == VFU_DEVICE_SET_IRQS;

    if (is_among(form, rule->id) || (has_data && strcmp(rule->id, "too-long") == 0))
        return THE_FORM;
    if (is_among(harmless, rule->id))
        return NOTHING;
    return rule->severity == VFU_VIOLATION && !is_among(let_pass, rule->id) ? A_REASON : A_GUESS;
}

static void say_rules(struct vfu_refusal *r, enum weight weight)
{
    for (unsigned i = 0; i < VFU_BROKEN; i++) {
        const struct vfu_broken *b = &r->peers->rules.broken[i];

        if (b->rule && b->no == r->reply->reply_to && weight_of(r, b->rule) == weight)
            (weight == A_GUESS ? vfu_say_perhaps : vfu_say_because)(r, REASON_RULE_BROKEN, &b->no, 1,
                                                                    "#%llu breaks %s: %.100s", (unsigned long long)b->no,
                                                                    b->rule->id, b->text);
    }
}

void vfu_because_form(struct vfu_refusal *r)
{
    say_rules(r, THE_FORM);
}

void vfu_because_rules(struct vfu_refusal *r)
{
    say_rules(r, A_REASON);
}

void vfu_guess_rules(struct vfu_refusal *r)
{
    say_rules(r, A_GUESS);
}

/* The message is larger than an access of the largest size. */
void vfu_guess_large(struct vfu_refusal *r)
{
    const size_t access = vfu_command_by_number(VFU_REGION_WRITE)->request.layout->size; /* of its fixed part */
    const struct vfu_connection *known = &r->peers->known;
    uint64_t most = known->agreed.max_data_xfer_size, payload = r->reply->request_payload;

    if (r->reply->from == VFU_SERVER && known->agreed_no && payload > most + access)
        vfu_say_perhaps(r, REASON_TOO_LARGE, &known->agreed_no, 1,
                        "a payload of %llu bytes, the server's max_data_xfer_size is %llu (#%llu)",
                        (unsigned long long)payload, (unsigned long long)most, (unsigned long long)known->agreed_no);
}

void vfu_guess_legacy(struct vfu_refusal *r)
{
    vfu_say_perhaps(r, REASON_LEGACY_COMMAND, NULL, 0,
                    "%s is of an older specification: the features DMA_LOGGING_... are in its place", r->reply->command->name);
}

/* libvfio-user takes little from a device that is stopped for migration. */
void vfu_guess_stopped(struct vfu_refusal *r)
{
    const struct vfu_connection *known = &r->peers->known;
    uint32_t state = known->migration_state;
    char no[VFU_NO_ROOM];

    if (r->reply->from != VFU_SERVER || !known->migration_state_known || known->migration_state_no > r->reply->reply_to ||
        (state != VFU_STATE_STOP && state != VFU_STATE_STOP_COPY))
        return;
    switch (r->reply->command_number) {
    case VFU_REGION_READ:
    case VFU_REGION_WRITE:
        if (state == VFU_STATE_STOP)
            return;
        break;
    case VFU_DEVICE_FEATURE:
    case VFU_MIG_DATA_READ:
    case VFU_MIG_DATA_WRITE:
        return;
    default:
        break;
    }
    vfu_say_perhaps(r, REASON_DEVICE_STOPPED, &known->migration_state_no, 1, "the device is in state %s%s",
                    vfu_name_of(vfu_device_state_names, state), vfu_reason_no(known->migration_state_no, no));
}
