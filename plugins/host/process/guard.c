/*
 * Leaving a call of a plugin that crashed or does not come back. The process has nothing but plugins to lose: what
 * others know is kept where it can be, and if memory is damaged beyond that the process ends, which vfuscope survives.
 */
#include "plugins/host/process/inside.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STACK = 64 << 10 /* a crash may be the end of the other one */ };

/* A signal handler can be told nothing; there is one thread that calls plugins, and one call at a time. */
static struct {
    sigjmp_buf way_out;
    volatile sig_atomic_t guarded, how;
    struct plugin_shared *shared;
    long thread;
    _Alignas(16) uint8_t stack[STACK];
} guard;

static void on_signal(int number)
{
    bool is_ours = guard.guarded && syscall(SYS_gettid) == guard.thread;

    if (number == SIGALRM && !(is_ours && atomic_load(&guard.shared->overdue) == atomic_load(&guard.shared->calls)))
        return;
    if (is_ours) {
        guard.how = number == SIGALRM ? PLUGIN_HANGS : number;
        siglongjmp(guard.way_out, 1);
    }
    signal(number, SIG_DFL);
    raise(number);
}

void plugin_guard_start(struct plugin_shared *shared)
{
    static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGALRM };
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK | SA_NODEFER };

    guard.shared = shared;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
}

void plugin_guard_thread(void)
{
    stack_t stack = { .ss_sp = guard.stack, .ss_size = sizeof guard.stack };

    guard.thread = syscall(SYS_gettid);
    sigaltstack(&stack, NULL); /* without one the end of the other is the process's */
}

int plugin_guarded(void (*work)(void *context), void *context)
{
    atomic_fetch_add_explicit(&guard.shared->calls, 1, memory_order_relaxed);
    guard.how = PLUGIN_RUNS;
    if (sigsetjmp(guard.way_out, 0) == 0) {
        guard.guarded = 1;
        work(context);
    }
    guard.guarded = 0;
    return guard.how;
}
