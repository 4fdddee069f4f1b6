/*
 * What the options say on how text looks.
 */
#ifndef VFU_CLI_OUTPUT_STYLE_H
#define VFU_CLI_OUTPUT_STYLE_H

#include "decoder/sinks/sinks.h"

/* The value of -t; NULL: relative. False: a message was printed. */
bool cli_parse_time(const char *text, enum vfu_time_format *format);
/* The value of --color (NULL: auto), for output to `fd`. False: a message was printed. */
bool cli_parse_colour(const char *when, int fd, bool *colour);

#endif
