/*
 * What the options say on how text looks: times and colours.
 */
#include "cli/cli.h"
#include "cli/output/style.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cli_parse_time(const char *text, enum vfu_time_format *format)
{
    static const char *const names[] = { "relative", "absolute", "delta" };
    static const enum vfu_time_format formats[] = { VFU_TIME_RELATIVE, VFU_TIME_ABSOLUTE, VFU_TIME_DELTA };

    *format = VFU_TIME_RELATIVE;
    for (size_t i = 0; text && i < 3; i++) {
        if (*text && strncmp(text, names[i], strlen(text)) == 0) {
            *format = formats[i];
            return true;
        }
    }
    if (text)
        cli_error("-t %s: absolute, relative or delta", text);
    return !text;
}

bool cli_parse_colour(const char *when, int fd, bool *colour)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    if (when && strcmp(when, "always") != 0 && strcmp(when, "never") != 0 && strcmp(when, "auto") != 0) {
        cli_error("--color=%s: auto, always or never", when);
        return false;
    }
    if (when && strcmp(when, "auto") != 0)
        *colour = strcmp(when, "always") == 0;
    else
        *colour = !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0) && isatty(fd);
    return true;
}
