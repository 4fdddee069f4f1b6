/*
 * Injection SPECs: see inject.h.
 */
#include "capture/tap/inject.h"
#include "decoder/wire/encode.h"
#include "decoder/wire/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The SPEC, taken apart at its colons; but for those in the quotes of its filter. */
struct parts {
    const char *spec, *at; /* at: behind the part at hand; NULL: that is the last */
    const char *from;      /* where it begins */
    char *text;            /* the part at hand; room for the whole SPEC */
    bool quotes;           /* the next one may have quotes with colons in them */
};

size_t vfu_inject_filter_size(const char *text)
{
    size_t size = 0;
    char quote;

    while (text[size] && text[size] != ':') {
        quote = text[size++];
        if (quote != '"' && quote != '\'')
            continue;
        while (text[size] && text[size] != quote)
            size += quote == '"' && text[size] == '\\' && text[size + 1] ? 2 : 1;
        size += text[size] == quote;
    }
    return size;
}

static bool next_part(struct parts *p)
{
    size_t size;

    if (!p->at)
        return false;
    p->from = p->at;
    size = p->at == p->spec || p->quotes ? vfu_inject_filter_size(p->at) : strcspn(p->at, ":");
    memcpy(p->text, p->at, size);
    p->text[size] = '\0';
    p->at = p->at[size] ? p->at + size + 1 : NULL;
    return true;
}

enum { SHOWN = 60 }; /* of a SPEC, about its mistake */

/* Of a long SPEC only what is around the mistake: all of it would leave no room for what is wrong. */
static bool point_at(const struct parts *p, struct vfu_error *error, size_t column, const char *what, const char *why)
{
    size_t from = column - 1 > SHOWN / 2 && strlen(p->spec) > SHOWN ? column - 1 - SHOWN / 2 : 0;
    const char *before = from ? "..." : "", *after = strlen(p->spec) - from > SHOWN ? "..." : "";

    return vfu_fail(error, 0, "column %zu: %.30s%s%s\n    %s%.*s%s\n    %*s^", column, what, *what ? ": " : "", why, before,
                    SHOWN, p->spec + from, after, (int)(strlen(before) + column - 1 - from), "");
}

static bool fail(const struct parts *p, struct vfu_error *error, const char *why)
{
    char what[SHOWN];

    snprintf(what, sizeof what, "%.*s", (int)strcspn(p->from, ":"), p->from);
    return point_at(p, error, (size_t)(p->from - p->spec) + 1, what, why);
}

static bool parse_errno(const char *text, uint32_t *number)
{
    uint64_t n;

    if (!vfu_parse_named(vfu_errno_names, text, &n) || n > UINT32_MAX)
        return false;
    *number = (uint32_t)n;
    return true;
}

/* A count in decimal, without a sign; *text is behind it then. */
static bool take_count(const char **text, uint64_t *count)
{
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    *count = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0;
}

/* 3 | 3+ | 1+5 | 2..4 | 2..10+2 */
static bool parse_when(const char *text, struct vfu_injection *i)
{
    if (!take_count(&text, &i->first))
        return false;
    i->last = i->first;
    i->step = 1;
    if (strncmp(text, "..", 2) == 0) {
        text += 2;
        if (!take_count(&text, &i->last))
            return false;
    } else if (*text == '+') {
        i->last = UINT64_MAX;
    }
    if (*text == '+') {
        text++;
        if (*text && !take_count(&text, &i->step))
            return false;
    }
    return *text == '\0' && i->first > 0 && i->last >= i->first && i->step > 0;
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

/* Has any command a field of this name? It is not known yet of which messages it will be asked. */
static bool is_field(const char *name)
{
    size_t count;
    const struct vfu_command *commands = vfu_commands(&count);
    bool there = strpbrk(name, ".[") && strncmp(name, "header.", 7) != 0; /* a part of a list: how many, the message says */

    for (size_t i = 0; i < 2 * count && !there; i++) {
        struct vfu_build b;

        there = vfu_build_start(&b, commands[i / 2].number, i % 2) && vfu_build_has(&b, name);
        vfu_build_free(&b);
    }
    return there;
}

/* set=FIELD:VALUE; the value may stand in quotes. */
static bool parse_set(struct parts *p, const char *field, struct vfu_injection *i, struct vfu_error *error)
{
    struct vfu_injected_field *set = &i->sets[i->set_count];
    size_t size;

    if (i->set_count == VFU_SETS)
        return fail(p, error, "at most 8 fields are set");
    if (!*field || (*field != '@' && !is_field(field)))
        return fail(p, error, "set=FIELD:VALUE, with a field that some message has");
    if (!p->at)
        return fail(p, error, "set=FIELD:VALUE, and there is no value");
    i->set_count++;
    set->name = strdup(field);
    p->quotes = true;
    next_part(p);
    p->quotes = false;
    size = strlen(p->text);
    if (size > 1 && strchr("\"'", p->text[0]) && p->text[size - 1] == p->text[0])
        set->value = strndup(p->text + 1, size - 2);
    else
        set->value = strdup(p->text);
    return (set->name && set->value) || vfu_fail(error, ENOMEM, "out of memory");
}

static bool parse_count(struct parts *p, const char *value, uint64_t *count, const char *why, struct vfu_error *error)
{
    return (*value && vfu_parse_number(value, count) && *count > 0) || fail(p, error, why);
}

/* An action with its value, which is "" if it has none. */
static bool parse_action(struct parts *p, const char *name, const char *value, struct vfu_injection *i,
                         struct vfu_error *error)
{
    static const struct {
        const char *name;
        unsigned action;
    } plain[] = { { "drop", VFU_INJECT_DROP }, { "duplicate", VFU_INJECT_DUPLICATE }, { "close", VFU_INJECT_CLOSE },
                  { "dropfds", VFU_INJECT_DROP_FDS }, { "glue", VFU_INJECT_GLUE } };
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
    if (strcmp(name, "split") == 0) {
        i->actions |= VFU_INJECT_SPLIT;
        return parse_count(p, value, &i->split, "split= takes a number of bytes, of which at least one goes first", error);
    }
    if (strcmp(name, "hold") == 0) {
        i->actions |= VFU_INJECT_HOLD;
        return parse_count(p, value, &i->hold, "hold= takes a number of messages, at least 1", error);
    }
    if (strcmp(name, "reorder") == 0 && !*value) {
        i->actions |= VFU_INJECT_HOLD;
        i->hold = 1;
        return true;
    }
    if (strcmp(name, "set") == 0) {
        i->actions |= VFU_INJECT_SET;
        return parse_set(p, value, i, error);
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
    return fail(p, error, "no such action (error= delay= drop duplicate corrupt= set= truncate= close dropfds split= "
                          "glue reorder hold= probability= when=)");
}

static bool parse_filter(struct parts *p, const struct vfu_filter_known *known, struct vfu_injection *i,
                         struct vfu_error *error)
{
    struct vfu_filter_error wrong;

    next_part(p);
    if (!p->at && !strpbrk(p->text, "\"'"))
        return vfu_fail(error, 0, "%.100s: FILTER:ACTION is expected, such as command == REGION_READ:error=EIO", p->spec);
    i->filter = vfu_filter_parse_early(p->text, known, &wrong);
    if (i->filter && !p->at)
        return vfu_fail(error, 0, "%.100s: says when, but not what", p->spec);
    return i->filter || point_at(p, error, wrong.column, "", wrong.text);
}

bool vfu_inject_parse(const char *spec, const struct vfu_filter_known *known, struct vfu_injection *i, struct vfu_error *error)
{
    struct parts p = { .spec = spec, .at = spec, .from = spec, .text = malloc(strlen(spec) + 1) };
    bool good;

    *i = (struct vfu_injection){ .spec = spec, .first = 1, .last = UINT64_MAX, .step = 1, .probability = 1 };
    good = p.text ? parse_filter(&p, known, i, error) : vfu_fail(error, ENOMEM, "out of memory");
    while (good && next_part(&p)) {
        char *value = strchr(p.text, '=');

        if (value)
            *value++ = '\0';
        good = parse_action(&p, p.text, value ? value : "", i, error);
    }
    free(p.text);
    if (good && !i->actions)
        good = vfu_fail(error, 0, "%.200s: says when, but not what", spec);
    if (!good)
        vfu_inject_free(i);
    return good;
}

void vfu_inject_free(struct vfu_injection *i)
{
    vfu_filter_free(i->filter);
    i->filter = NULL;
    for (size_t k = 0; k < i->set_count; k++) {
        free(i->sets[k].name);
        free(i->sets[k].value);
    }
    i->set_count = 0;
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
