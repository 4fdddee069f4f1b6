/*
 * Injection SPECs: see inject.h.
 */
#include "capture/tap/inject.h"
#include "decoder/wire/parse.h"

#include <stdlib.h>
#include <string.h>

/* The SPEC, taken apart at its colons. */
struct parts {
    const char *spec, *at; /* at: behind the part at hand */
    const char *from;      /* where it begins */
    char text[512];
};

static bool next_part(struct parts *p)
{
    size_t size;

    if (!p->at)
        return false;
    p->from = p->at;
    size = strcspn(p->at, ":");
    snprintf(p->text, sizeof p->text, "%.*s", (int)(size < sizeof p->text ? size : sizeof p->text - 1), p->at);
    p->at = p->at[size] ? p->at + size + 1 : NULL;
    return true;
}

static bool fail(const struct parts *p, struct vfu_error *error, const char *why)
{
    int column = (int)(p->from - p->spec) + 1;

    return vfu_fail(error, 0, "column %d: %s: %s\n    %s\n    %*s^", column, p->text, why, p->spec, column - 1, "");
}

static bool parse_errno(const char *text, uint32_t *number)
{
    uint64_t n;

    if (!vfu_parse_named(vfu_errno_names, text, &n) || n > UINT32_MAX)
        return false;
    *number = (uint32_t)n;
    return true;
}

/* 3 | 3+ | 1+5 | 2..4 | 2..10+2 */
static bool parse_when(const char *text, struct vfu_injection *i)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    i->first = i->last = strtoull(text, &end, 10);
    i->step = 1;
    if (end[0] == '.' && end[1] == '.') {
        if (end[2] < '0' || end[2] > '9')
            return false;
        i->last = strtoull(end + 2, &end, 10);
    } else if (*end == '+') {
        i->last = UINT64_MAX;
    }
    if (*end == '+') {
        end++;
        if (*end)
            i->step = strtoull(end, &end, 10);
    }
    return *end == '\0' && i->first > 0 && i->last >= i->first && i->step > 0;
}

/* corrupt=OFFSET:HEX; the colon makes two parts of it. */
static bool parse_corrupt(struct parts *p, const char *value, struct vfu_injection *i)
{
    uint8_t *bytes;
    size_t size;
    bool good;

    if (!vfu_parse_number(value, &i->corrupt_at) || i->corrupt_at > VFU_MAX_MESSAGE || !next_part(p))
        return false;
    if (!vfu_parse_hex(p->text, &bytes, &size))
        return false;
    good = size > 0 && size <= VFU_CORRUPT_BYTES;
    if (good)
        memcpy(i->corrupt, bytes, size);
    i->corrupt_size = size;
    free(bytes);
    return good;
}

/* An action with its value, which is "" if it has none. */
static bool parse_action(struct parts *p, const char *name, const char *value, struct vfu_injection *i,
                         struct vfu_error *error)
{
    static const struct {
        const char *name;
        unsigned action;
    } plain[] = { { "drop", VFU_INJECT_DROP }, { "duplicate", VFU_INJECT_DUPLICATE }, { "close", VFU_INJECT_CLOSE },
                  { "dropfds", VFU_INJECT_DROP_FDS } };
    char *end;

    for (size_t k = 0; k < sizeof plain / sizeof *plain; k++) {
        if (strcmp(name, plain[k].name) == 0 && !*value) {
            i->actions |= plain[k].action;
            return true;
        }
    }
    if (strcmp(name, "error") == 0) {
        i->actions |= VFU_INJECT_ERROR;
        return parse_errno(value, &i->error) || fail(p, error, "error= takes an errno, such as EIO or 5");
    }
    if (strcmp(name, "delay") == 0) {
        i->actions |= VFU_INJECT_DELAY;
        return vfu_parse_time(value, &i->delay_ns) || fail(p, error, "delay= takes a time, such as 10ms");
    }
    if (strcmp(name, "truncate") == 0) {
        i->actions |= VFU_INJECT_TRUNCATE;
        return (*value && vfu_parse_number(value, &i->truncate)) || fail(p, error, "truncate= takes a number of bytes");
    }
    if (strcmp(name, "corrupt") == 0) {
        i->actions |= VFU_INJECT_CORRUPT;
        return parse_corrupt(p, value, i) || fail(p, error, "corrupt=OFFSET:HEX, at most 64 bytes of hex");
    }
    if (strcmp(name, "probability") == 0) {
        i->probability = strtod(value, &end);
        return (*value && !*end && i->probability >= 0 && i->probability <= 1) ||
               fail(p, error, "probability= takes a number from 0 to 1");
    }
    if (strcmp(name, "when") == 0)
        return parse_when(value, i) || fail(p, error, "when= takes 3, 3+, 1+5 or 2..4");
    return fail(p, error, "no such action (error= delay= drop duplicate corrupt= truncate= close dropfds probability= "
                          "when=)");
}

static bool parse_filter(struct parts *p, struct vfu_injection *i, struct vfu_error *error)
{
    struct vfu_filter_error wrong;

    if (!next_part(p) || !p->at)
        return vfu_fail(error, 0, "%s: FILTER:ACTION is expected, such as command == REGION_READ:error=EIO", p->spec);
    i->filter = vfu_filter_parse_early(p->text, &wrong);
    return i->filter || vfu_fail(error, 0, "column %u: %s\n    %s\n    %*s^", wrong.column, wrong.text, p->spec,
                                 (int)wrong.column - 1, "");
}

bool vfu_inject_parse(const char *spec, struct vfu_injection *i, struct vfu_error *error)
{
    struct parts p = { .spec = spec, .at = spec, .from = spec };
    bool good;

    *i = (struct vfu_injection){ .spec = spec, .first = 1, .last = UINT64_MAX, .step = 1, .probability = 1 };
    good = parse_filter(&p, i, error);
    while (good && next_part(&p)) {
        char name[16];
        const char *equals = strchr(p.text, '=');
        size_t size = equals ? (size_t)(equals - p.text) : strlen(p.text);
        char value[sizeof p.text];

        snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name - 1), p.text);
        snprintf(value, sizeof value, "%s", equals ? equals + 1 : "");
        good = parse_action(&p, name, value, i, error);
    }
    if (good && !i->actions)
        good = vfu_fail(error, 0, "%s: says when, but not what", spec);
    if (!good)
        vfu_inject_free(i);
    return good;
}

void vfu_inject_free(struct vfu_injection *i)
{
    vfu_filter_free(i->filter);
    i->filter = NULL;
}

/* xorshift64*: enough for dice, and the same on every machine. */
static double next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (double)((*state * UINT64_C(0x2545f4914f6cdd1d)) >> 11) / 9007199254740992.0;
}

bool vfu_inject_strikes(struct vfu_injection *i, const struct vfu_event *event, const struct vfu_event *request,
                        uint64_t *random)
{
    if (event->kind != VFU_EVENT_MESSAGE)
        return false;
    /* A pair counts once: by its command, unless only the reply makes the filter pick it. */
    if (request && !vfu_filter_is_single(i->filter) && vfu_filter_match(i->filter, request, NULL, false) == VFU_YES)
        return false;
    if (vfu_filter_match(i->filter, event, request, false) != VFU_YES)
        return false;
    /* Only a command can be answered in the server's place. */
    if (i->actions & VFU_INJECT_ERROR && !vfu_event_is_command(event))
        return false;
    i->matched++;
    if (i->matched < i->first || i->matched > i->last || (i->matched - i->first) % i->step != 0)
        return false;
    if (i->probability < 1 && next_random(random) >= i->probability)
        return false;
    i->struck++;
    return true;
}
