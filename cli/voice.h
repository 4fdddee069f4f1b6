/*
 * What is said on standard error while traffic is carried: by a thread of its own, behind a bounded queue, since a terminal in ^S
 * or a full pipe takes nothing, for ever.
 */
#ifndef VFU_CLI_VOICE_H
#define VFU_CLI_VOICE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * From now on whatever is written to `stderr` is queued, by whatever thread; what does not fit is left out, and counted. Call it
 * once, where all signals that are waited for are blocked. False: out of memory or threads, and `stderr` is as it was.
 */
bool cli_voice_start(void);
/* Say what is left to say, for as long as somebody takes it (two seconds at most without progress), and be as before. */
void cli_voice_end(void);

/*
 * May a line be said that peers can cause, in any number? True for so many in a row, then for so many a second. How many were not
 * said is said when the flood ends.
 */
bool cli_voice_admits(void);

#endif
