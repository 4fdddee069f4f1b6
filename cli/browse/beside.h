/*
 * The screen of `tap --browse` and `attach --browse`: beside the traffic, in a thread of its own.
 */
#ifndef VFU_CLI_BROWSE_BESIDE_H
#define VFU_CLI_BROWSE_BESIDE_H

#include "cli/browse/browse.h"
#include "decoder/wire/event.h"

struct browse_beside;

/* Is --browse given, and can there be a screen? False: a message was printed. Before anything is begun. */
bool browse_beside_parse(const struct cli_args *args, bool *wanted);
/*
 * Before the first event, after cli_output_open. name: what is looked at, and traffic: how it can be changed, live longer. With the
 * latter clients lose their server when it ends, so that the person is asked first; NULL: it is only looked at. NULL: a message was
 * printed.
 */
struct browse_beside *browse_beside_open(const struct cli_args *args, const char *name, const struct browse_traffic *traffic);
/* As cli_output_how's `watch`: it waits for nothing. */
void browse_beside_event(void *b, const struct vfu_event *event);
/*
 * Show it, once all that is told at first was told. When the person ends it, the program ends as by SIGTERM. False: a message was
 * printed.
 */
bool browse_beside_start(struct browse_beside *b);
/* The terminal is as it was when this returns; events may still come. NULL is fine, as below. How it went: a message was printed. */
enum cli_status browse_beside_stop(struct browse_beside *b);
/* No more events; free. */
void browse_beside_close(struct browse_beside *b);

#endif
