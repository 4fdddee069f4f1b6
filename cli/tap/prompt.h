/*
 * The prompt of `tap -i`: commands (commands.h) are read from standard input, what they say goes to standard error, beside the log.
 * At a terminal a thread has it: the line is edited there, and all that is printed comes above it.
 */
#ifndef VFU_CLI_TAP_PROMPT_H
#define VFU_CLI_TAP_PROMPT_H

#include "cli/tap/commands.h"
#include "cli/tap/interrupt.h"

struct tap_prompt;

/* With times as the log has them. NULL: a message was printed. */
struct tap_prompt *tap_prompt_new(const struct cli_args *args, enum vfu_time_format times);
/* Where `why` is asked, and who the peers are; both live as long. */
void tap_prompt_use(struct tap_prompt *p, struct cli_output *output, const struct vfu_session *session);
/*
 * Begin to read, before anything is said, and before anybody is started that speaks: at a terminal, standard output and standard error
 * lead to the prompt's thread from here on. False: a message was printed.
 */
bool tap_prompt_begin(struct tap_prompt *p);
/* The tap is over: no more lines are taken. */
void tap_prompt_over(struct tap_prompt *p);
/* Standard output and standard error are as they were before tap_prompt_begin, and so is the terminal. */
void tap_prompt_end(struct tap_prompt *p);
/*
 * SIGINT came: it cancels the line that is typed. With clients connected it is said what the end would cut off; a second one on an
 * empty line, with no command between, ends the tap. Where nobody types any more it is as without a prompt (`plain`).
 */
enum vfu_tap_stop tap_prompt_interrupt(struct tap_prompt *p, const struct tap *tap, struct tap_interrupts *plain);
/* We go on after we were stopped. */
void tap_prompt_again(struct tap_prompt *p);
/* The terminal's size changed. */
void tap_prompt_resize(struct tap_prompt *p);
/* The log has this event, too. */
void tap_prompt_saw(struct tap_prompt *p, const struct vfu_event *event);
/* Once nothing is written any more by whoever had standard output before tap_prompt_end. */
void tap_prompt_free(struct tap_prompt *p);
const struct vfu_tap_intercept *tap_prompt_intercept(const struct tap_prompt *p);
/* The terminal is gone: everything goes on. False: there was none. */
bool tap_prompt_hangup(struct tap_prompt *p);

#endif
