/*
 * Signals as the subcommands take them: through a descriptor that their loop polls, or as a mark where there is no loop.
 */
#ifndef VFU_CLI_SIGNALS_H
#define VFU_CLI_SIGNALS_H

#include <stdbool.h>

/*
 * A descriptor (CLOEXEC, non-blocking) from which SIGINT, SIGTERM and those of `more` (0 ends it; SIGHUP is left out where
 * it is ignored, as nohup does) are read; -1: errno says why. They are blocked: call it before any thread starts. SIGPIPE
 * and SIGXFSZ are ignored: writing fails instead.
 */
int cli_signals_open(const int *more);
/* The next that came, or 0. */
int cli_signals_next(int fd);
/* End as by SIGTERM; from any thread. */
void cli_signals_end(void);
/* Did SIGINT, SIGTERM or SIGHUP come that nobody has read yet? */
bool cli_signals_pending(void);

/*
 * For those without a loop: SIGINT and SIGTERM are counted, and interrupt a system call that waits. `second` (may be NULL)
 * is called, in the handler, from the second on.
 */
void cli_signals_count(void (*second)(void));
int cli_signals_counted(void);

/* Standard output could not be written: because who read it has left? */
bool cli_reader_left(void);
/* End by SIGPIPE. Comes back where that is blocked. */
void cli_end_by_sigpipe(void);

#endif
