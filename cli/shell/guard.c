/*
 * Turning a bus error into a value: see guard.h. A signal handler can be told nothing, so that where to go on from is
 * a variable of the thread.
 */
#include "cli/shell/guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

static _Thread_local sigjmp_buf way_out;
static _Thread_local volatile sig_atomic_t guarded;

static void on_bus_error(int number)
{
    if (guarded)
        siglongjmp(way_out, 1);
    signal(number, SIG_DFL); /* not ours: as if we had never been here */
}

bool guard_run(void (*work)(void *context), void *context)
{
    struct sigaction action = { .sa_handler = on_bus_error }, before;
    bool whole = false;

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, &action, &before) != 0)
        return false;
    guarded = 1;
    if (sigsetjmp(way_out, 1) == 0) {
        work(context);
        guarded = 0;
        whole = true;
    }
    guarded = 0;
    sigaction(SIGBUS, &before, NULL);
    return whole;
}
