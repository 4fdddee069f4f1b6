/*
 * The option --log of decode: logs that bear times, merged with what captures hold. See logs.h.
 */
#include "capture/file/capfile.h"
#include "capture/logs/timed.h"
#include "cli/output/inside.h"
#include "cli/output/logs.h"
#include "cli/signals.h"
#include "decoder/wire/parse.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct timed_log {
    struct cli_log log;
    char *spec; /* what the path points into */
    const char *offset, *mark; /* as they were given; NULL: not */
    struct vfu_timed_log *lines;
    uint64_t count, within, first_ns, last_ns; /* lines that were told; of them, while the captures went on; their times */
};

struct cli_timed {
    struct timed_log *list; /* count of them */
    size_t count;
    bool begun, over;
    uint64_t first_ns, last_ns; /* of the captures */
    uint64_t mono_ns; /* the monotonic clock's time at 0 of the other's, of the last event; may be less than 0, by wrapping */
};

/* --- options --- */

/* NAME=FILE[,offset=SECONDS][,mark=TEXT] */
static bool parse(struct timed_log *l, const char *text)
{
    char *mark, *offset;

    l->spec = strdup(text);
    if (!l->spec) {
        cli_error("out of memory");
        return false;
    }
    mark = strstr(l->spec, ",mark=");
    if (mark) {
        *mark = '\0';
        l->mark = mark + strlen(",mark=");
    }
    offset = strstr(l->spec, ",offset=");
    if (offset) {
        *offset = '\0';
        l->offset = offset + strlen(",offset=");
    }
    if (!cli_log_parse(l->spec, &l->log))
        return false;
    if (!(l->offset && l->mark) && !(l->mark && !*l->mark))
        return true;
    cli_error("--log %s: %s", text, l->offset ? "offset or mark, not both" : "a mark's text is missing");
    return false;
}

/* Seconds since 1970 or, where they are few, since the first record, or before it; or a date. relative: since the first. */
static bool parse_offset(const char *text, int64_t *ns, bool *relative)
{
    bool negative = *text == '-';
    uint64_t number;

    if (!vfu_parse_instant(text + negative, &number, relative) || number > INT64_MAX || (negative && !*relative))
        return false;
    *ns = negative ? -(int64_t)number : (int64_t)number;
    return true;
}

/* --- marks --- */

/* When the first event of a capture came that says this: a mark, or a line of a log. */
static bool find_mark(const char *path, const char *text, uint64_t *ns)
{
    struct vfu_error error;
    struct vfu_capreader *r = vfu_capreader_open(path, NULL, &error);
    enum vfu_captured got = r ? VFU_CAPTURED_EVENT : VFU_CAPTURED_END;
    struct vfu_event event;
    bool found = false;

    while (!found && (got == VFU_CAPTURED_EVENT || got == VFU_CAPTURED_MESSAGE)) {
        got = vfu_capreader_next(r, &event, &error);
        found = got == VFU_CAPTURED_EVENT && vfu_event_is_beside(&event) &&
                memmem(event.line.text, event.line.size, text, strlen(text));
    }
    if (found)
        *ns = event.time.wall_ns;
    if (r)
        vfu_capreader_close(r);
    return found;
}

/* The log's line with the mark's text came when the mark did. */
static bool set_by_mark(const struct timed_log *l, const char *const *captures, size_t count)
{
    uint64_t marked = 0, there = 0;
    bool found = false;
    struct stat st;

    for (size_t i = 0; i < count && !found; i++)
        found = stat(captures[i], &st) == 0 && S_ISREG(st.st_mode) && find_mark(captures[i], l->mark, &marked);
    if (!found) {
        cli_error("log %s: no mark in the capture says \"%s\" (of one that is no file nothing is looked for)", l->log.name, l->mark);
        return false;
    }
    if (!vfu_timed_find(l->lines, l->mark, &there)) {
        cli_error("log %s: %s: no line with a time has \"%s\"", l->log.name, l->log.path, l->mark);
        return false;
    }
    vfu_timed_offset(l->lines, (int64_t)(marked - there));
    return true;
}

/* --- opening --- */

static bool open_log(struct timed_log *l, const struct cli_args *args, const char *text, const char *const *captures,
                     size_t count)
{
    struct vfu_error error;
    bool relative;
    int64_t ns;

    if (!parse(l, text) || cli_output_overwrites(args, l->log.path))
        return false;
    if (l->offset && !parse_offset(l->offset, &ns, &relative)) {
        cli_error("--log %s: offset: seconds since 1970, or since the first record (12.5, -3), or a date with time and zone", text);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(captures[i], "-") == 0 && strcmp(l->log.path, "-") == 0) {
            cli_error("--log %s: standard input is the capture", text);
            return false;
        }
    }
    l->lines = vfu_timed_open(l->log.name, l->log.path, &error);
    if (!l->lines) {
        if (!cli_signals_counted()) /* who ended the waiting for it knows why */
            cli_error("%s", error.text);
        return false;
    }
    if (l->mark)
        return set_by_mark(l, captures, count);
    if (l->offset || vfu_timed_clock(l->lines) != VFU_LOG_SINCE)
        return true;
    cli_error("log %s: %s: its times count from a machine's start; say when that was: ,offset=SECONDS, or ,mark=TEXT, which a mark "
              "and one of its lines have", l->log.name, l->log.path);
    return false;
}

bool cli_timed_open(const struct cli_args *args, const char *const *captures, size_t count, struct cli_timed **timed)
{
    struct cli_timed *t;

    *timed = NULL;
    if (!cli_has(args, "log"))
        return true;
    *timed = t = calloc(1, sizeof *t);
    if (t)
        t->list = calloc(CLI_LOGS, sizeof *t->list);
    if (!t || !t->list) {
        cli_error("out of memory");
        return false;
    }
    for (size_t i = 0; i < args->set_count; i++)
        if (strcmp(args->set[i].option->name, "log") == 0 &&
            !open_log(&t->list[t->count++], args, args->set[i].value, captures, count))
            return false;
    return true;
}

/* --- telling --- */

/* The times of what counts from the first record are known from there on. */
static void begin(struct cli_timed *t, struct cli_output *o, uint64_t first_ns)
{
    bool relative;
    int64_t ns;

    t->begun = true;
    t->first_ns = first_ns;
    cli_output_begin(o, first_ns);
    for (size_t i = 0; i < t->count; i++)
        if (t->list[i].offset && parse_offset(t->list[i].offset, &ns, &relative))
            vfu_timed_offset(t->list[i].lines, relative && vfu_timed_clock(t->list[i].lines) == VFU_LOG_SINCE
                                                   ? ns + (int64_t)first_ns : ns);
}

/* Of all logs the line that came first; NULL: there is none up to then. */
static struct timed_log *next(const struct cli_timed *t, uint64_t until_ns, struct vfu_event *line)
{
    struct timed_log *first = NULL;
    struct vfu_event event;

    for (size_t i = 0; i < t->count; i++) {
        if (!vfu_timed_line(t->list[i].lines, &event) || event.time.wall_ns > until_ns ||
            (first && event.time.wall_ns >= line->time.wall_ns))
            continue;
        first = &t->list[i];
        *line = event;
    }
    return first;
}

static void tell(struct cli_timed *t, struct cli_output *o, uint64_t until_ns)
{
    struct timed_log *l;
    struct vfu_event line;

    while (!cli_output_count_reached(o) && (l = next(t, until_ns, &line)) != NULL) {
        line.time.mono_ns = line.time.wall_ns + t->mono_ns;
        l->first_ns = l->count++ ? l->first_ns : line.time.wall_ns;
        l->last_ns = line.time.wall_ns;
        l->within += line.time.wall_ns >= t->first_ns && !t->over;
        cli_output_event(o, &line);
        vfu_timed_next(l->lines);
    }
}

void cli_timed_until(struct cli_timed *t, struct cli_output *o, const struct vfu_event *event)
{
    if (!t || (vfu_event_frames(event) && event->kind != VFU_EVENT_END)) /* which is none of what happened */
        return;
    t->mono_ns = event->time.mono_ns - event->time.wall_ns;
    if (!t->begun)
        begin(t, o, event->time.wall_ns);
    t->last_ns = event->time.wall_ns;
    tell(t, o, event->time.wall_ns);
}

/* Is it the right log, and the right clock? */
static void say_apart(const struct timed_log *l)
{
    char from[32] = "", to[32] = "";
    time_t seconds[] = { (time_t)(l->first_ns / 1000000000u), (time_t)(l->last_ns / 1000000000u) };
    struct tm tm;

    if (!l->count || l->within)
        return;
    if (gmtime_r(&seconds[0], &tm))
        strftime(from, sizeof from, "%FT%TZ", &tm);
    if (gmtime_r(&seconds[1], &tm))
        strftime(to, sizeof to, "%FT%TZ", &tm);
    cli_error("log %s: none of its lines is of the capture's time: they are from %s to %s; ,offset=SECONDS moves them",
              l->log.name, from, to);
}

void cli_timed_rest(struct cli_timed *t, struct cli_output *o)
{
    if (!t)
        return;
    t->over = true;
    tell(t, o, UINT64_MAX);
    for (size_t i = 0; i < t->count; i++) {
        say_apart(&t->list[i]);
        if (vfu_timed_went_back(t->list[i].lines))
            cli_error("log %s: its clock goes back: lines from there on stand where it was before", t->list[i].log.name);
    }
}

void cli_timed_free(struct cli_timed *t)
{
    for (size_t i = 0; t && i < t->count; i++) {
        vfu_timed_close(t->list[i].lines);
        free(t->list[i].spec);
    }
    if (t)
        free(t->list);
    free(t);
}
