/*
 * The table of sinks, in the order in which help shows their options, and what can be told before they are opened.
 */
#include "cli/output/inside.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct cli_sink_kind *const cli_sink_kinds[] = {
    &cli_sink_capture, &cli_sink_json, &cli_sink_why, &cli_sink_summary, &cli_sink_text, &cli_sink_trace, &cli_sink_fail_on, NULL,
};

static const char *file_of(const struct cli_sink_kind *kind, const struct cli_args *args)
{
    return kind->file ? cli_value(args, kind->file->name) : NULL;
}

/* --- standard output --- */

/* "-w" or "--output" */
static const char *called(const struct cli_option *o, char room[32])
{
    if (o->letter)
        snprintf(room, 32, "-%c", o->letter);
    else
        snprintf(room, 32, "--%s", o->name);
    return room;
}

bool cli_sinks_share_stdout(const struct cli_args *args, bool *taken)
{
    const struct cli_option *alone = NULL, *other = NULL;
    char rooms[2][32];

    for (const struct cli_sink_kind *const *k = cli_sink_kinds; *k; k++) {
        const char *path = file_of(*k, args);

        if (!path || strcmp(path, "-") != 0)
            continue;
        if ((*k)->alone && !alone)
            alone = (*k)->file;
        else
            other = (*k)->file;
    }
    *taken = alone;
    if (!alone || !other)
        return true;
    cli_error("%s - and %s -: only one of them can have standard output", called(alone, rooms[0]),
              called(other, rooms[1]));
    return false;
}

/* --- the input --- */

bool cli_output_overwrites(const struct cli_args *args, const char *input)
{
    struct stat in;

    if ((strcmp(input, "-") == 0 ? fstat(STDIN_FILENO, &in) : stat(input, &in)) != 0 || !S_ISREG(in.st_mode))
        return false;
    if (cli_overwrites("-", &in)) /* as by >> */
        return true;
    for (const struct cli_sink_kind *const *k = cli_sink_kinds; *k; k++) {
        const char *path = file_of(*k, args);

        if (path && ((*k)->overwrites ? (*k)->overwrites(args, input, &in) : cli_overwrites(path, &in)))
            return true;
    }
    return false;
}
