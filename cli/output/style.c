/*
 * Options that several sinks may share: how text looks, and filters.
 */
#include "cli/output/inside.h"
#include "cli/output/known.h"
#include "cli/pager.h"
#include "decoder/wire/near.h"
#include "decoder/wire/parse.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OVERDUE_NS UINT64_C(1000000000)

bool cli_parse_time(const struct cli_args *args, enum vfu_time_format *format)
{
    static const char *const names[] = { "relative", "absolute", "delta" };
    static const enum vfu_time_format formats[] = { VFU_TIME_RELATIVE, VFU_TIME_ABSOLUTE, VFU_TIME_DELTA };
    const char *text = cli_value(args, "time");
    char near[VFU_NEAR_TEXT];

    *format = VFU_TIME_RELATIVE;
    for (size_t i = 0; text && i < 3; i++) {
        if (*text && strncmp(text, names[i], strlen(text)) == 0) {
            *format = formats[i];
            return true;
        }
    }
    if (text)
        cli_error("-t %s: absolute, relative or delta%s", text, vfu_near_words(text, "absolute relative delta", near));
    return !text;
}

bool cli_parse_overdue(const struct cli_args *args, uint64_t *ns)
{
    const char *text = cli_value(args, "overdue");

    *ns = OVERDUE_NS;
    if (!text || vfu_parse_time(text, ns))
        return true;
    *ns = 0;
    if (strcmp(text, "0") == 0)
        return true;
    cli_error("--overdue %s: a time, such as 500ms or 5s", text);
    return false;
}

bool cli_parse_colour(const struct cli_args *args, enum cli_when *when)
{
    static const char *const names[] = { [CLI_AUTO] = "auto", [CLI_ALWAYS] = "always", [CLI_NEVER] = "never" };
    const char *text = cli_value(args, "color");
    char near[VFU_NEAR_TEXT];

    *when = CLI_AUTO;
    if (cli_has(args, "no-color")) {
        *when = CLI_NEVER;
        return true;
    }
    while (text && *when <= CLI_NEVER && strcmp(text, names[*when]) != 0)
        ++*when;
    if (*when <= CLI_NEVER)
        return true;
    cli_error("--color=%s: auto, always or never%s", text, vfu_near_words(text, "auto always never", near));
    return false;
}

bool cli_is_coloured(enum cli_when when, int fd)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    if (when != CLI_AUTO)
        return when == CLI_ALWAYS;
    return !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0) && cli_is_terminal(fd);
}

bool cli_wants_colour(const struct cli_args *args, bool *coloured)
{
    enum cli_when when;

    if (!cli_parse_colour(args, &when))
        return false;
    *coloured = cli_is_coloured(when, STDOUT_FILENO);
    return true;
}

bool cli_parse_filter(const struct cli_args *args, const char *option, struct vfu_filter **filter)
{
    const char *text = cli_value(args, option);
    struct vfu_filter_error error;
    struct cli_known *k = cli_known_new();
    struct vfu_filter_known known = cli_known_of(k, args);

    *filter = text ? vfu_filter_parse(text, &known, &error) : NULL;
    cli_known_free(k);
    if (!text || *filter)
        return true;
    cli_error("--%s: column %u: %s", option, error.column, error.text);
    fprintf(stderr, "    %s\n    %*s^\n", text, (int)error.column - 1, "");
    return false;
}
