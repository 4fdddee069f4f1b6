/*
 * Inside cli/browse: when a filter that is typed counts.
 */
#ifndef VFU_CLI_BROWSE_FILTER_H
#define VFU_CLI_BROWSE_FILTER_H

#include <stdbool.h>

/* Does it end in a bare name, which may go on, and counts only once a blank or Enter follows? */
bool browse_filter_is_open(const char *text);

#endif
