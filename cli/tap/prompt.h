/*
 * The prompt of `tap -i`: commands are read from standard input, what they say goes to standard error, beside the log.
 */
#ifndef VFU_CLI_TAP_PROMPT_H
#define VFU_CLI_TAP_PROMPT_H

#include "capture/tap/tap.h"
#include "cli/output/output.h"
#include "cli/tap/interrupt.h"
#include "decoder/sinks/sinks.h"

struct tap_prompt;

/* With times as the log has them. NULL: a message was printed. */
struct tap_prompt *tap_prompt_new(const struct cli_args *args, enum vfu_time_format times);
/* Where `why` is asked, and who the peers are; both live as long. */
void tap_prompt_use(struct tap_prompt *p, struct cli_output *output, const struct vfu_session *session);
/* Once the opening lines are said; and before anything is that comes at the end. */
void tap_prompt_begin(struct tap_prompt *p);
void tap_prompt_end(struct tap_prompt *p);
/*
 * SIGINT came: it cancels the line that is typed. With clients connected it is said what the end would cut off; a second one on an
 * empty line, with no command between, ends the tap. Where nobody types any more it is as without a prompt (`plain`).
 */
enum vfu_tap_stop tap_prompt_interrupt(struct tap_prompt *p, const struct tap *tap, struct tap_interrupts *plain);
/* We go on after we were stopped. */
void tap_prompt_again(struct tap_prompt *p);
/* The log has this event, too. */
void tap_prompt_saw(struct tap_prompt *p, const struct vfu_event *event);
void tap_prompt_free(struct tap_prompt *p);
const struct vfu_tap_intercept *tap_prompt_intercept(const struct tap_prompt *p);
/* The terminal is gone: everything goes on. False: there was none. */
bool tap_prompt_hangup(struct tap_prompt *p);

#endif
