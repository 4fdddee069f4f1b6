/*
 * Interrupting a thread's system call: see poke.h.
 */
#include "capture/poke.h"

#include <stddef.h>

static void nothing(int number)
{
    (void)number;
}

void vfu_poke_ready(void)
{
    const struct sigaction poke = { .sa_handler = nothing }; /* no SA_RESTART */

    sigaction(VFU_POKE, &poke, NULL);
}

bool vfu_poke_start(pthread_t *thread, void *(*run)(void *context), void *context)
{
    sigset_t others, before;
    bool started;

    vfu_poke_ready();
    sigfillset(&others);
    sigdelset(&others, VFU_POKE);
    pthread_sigmask(SIG_SETMASK, &others, &before);
    started = pthread_create(thread, NULL, run, context) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}
