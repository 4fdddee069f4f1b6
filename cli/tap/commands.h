/*
 * The commands of the tap's prompt (break, edit, forward, ...), for whoever has the person: a line in, its words out. They are
 * done in the tap's thread, and may be handed to it from any other; the tap waits for nobody.
 */
#ifndef VFU_CLI_TAP_COMMANDS_H
#define VFU_CLI_TAP_COMMANDS_H

#include "capture/tap/tap.h"
#include "cli/output/output.h"
#include "decoder/sinks/sinks.h"

struct tap_commands;

struct tap_commands_how {
    const struct cli_args *args;
    enum vfu_time_format times; /* as the log has them */
    bool keys; /* F2 to F7 type commands: `help` names them */
    /*
     * Words that no line asked for: a message is stopped, the reply to a probe came. In the tap's thread, which it must not keep; the
     * words are good during the call. NULL: they go to standard error.
     */
    void (*notice)(void *context, const char *words, size_t size);
    void *context;
};

/* NULL: a message was printed. */
struct tap_commands *tap_commands_new(const struct tap_commands_how *how);
void tap_commands_free(struct tap_commands *c);

/* --- the tap's side: in its thread, or before it runs --- */

/* Where `why` is asked, and who the peers are; both live as long. */
void tap_commands_use(struct tap_commands *c, struct cli_output *output, const struct vfu_session *session);
/* For vfu_tap_options. */
const struct vfu_tap_intercept *tap_commands_intercept(const struct tap_commands *c);
/* Every event, as the log has it. */
void tap_commands_saw(struct tap_commands *c, const struct vfu_event *event);
/* Nobody asks any more: what is stopped goes on. Lines that wait are answered, as those of tap_commands_end. */
void tap_commands_leave(struct tap_commands *c);
/* The tap has ended: lines that wait are answered with that, and no more are taken. */
void tap_commands_end(struct tap_commands *c);

/* --- the person's side: from any other thread --- */

/*
 * Do what a line says. Returns at once; `done` is called in the tap's thread, which it must not keep, with the words (the callee's to
 * free; NULL: there are none) and whether it went well. False: no more lines are taken (the prompt was left, the tap has ended), or
 * there is no memory for it; then `done` is not called.
 */
typedef void (*tap_commands_done)(void *context, bool good, char *words, size_t size);
bool tap_commands_hand(struct tap_commands *c, const char *line, tap_commands_done done, void *context);
/* The same, and wait for it: what it says goes to `say`, its last line with an end. False: it failed, and `say` has why. */
bool tap_commands_line(struct tap_commands *c, const char *line, struct vfu_writer *say);
/* What may stand where `text` ends, each as a whole word: as vfu_filter_complete. */
size_t tap_commands_complete(struct tap_commands *c, const char *text, void (*take)(void *context, const char *word), void *context);
/* What may come behind `text`, in the words of help. False: nothing to say. */
bool tap_commands_hint(struct tap_commands *c, const char *text, char *hint, size_t size);
/* The message that has been stopped longest; 0: none is. since_ns: when it came, by the monotonic clock; may be NULL. */
uint64_t tap_commands_stopped(struct tap_commands *c, uint64_t *since_ns);
/* Lines that were done so far, and said something or not. */
uint64_t tap_commands_count(struct tap_commands *c);
/* Are no more lines taken? */
bool tap_commands_are_over(struct tap_commands *c);

#endif
