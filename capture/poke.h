/*
 * Threads whose system calls are interrupted, where what they write to takes nothing: by a signal that nobody else sends.
 */
#ifndef VFU_CAPTURE_POKE_H
#define VFU_CAPTURE_POKE_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

/* Sent by pthread_kill, again and again until it helps: it may come just before the system call. */
enum { VFU_POKE = SIGUSR2 };

/* From now on it interrupts a system call, and does nothing else. Before the first one is sent. */
void vfu_poke_ready(void);
/* Start a thread that takes that signal and no other. False: it can't be. */
bool vfu_poke_start(pthread_t *thread, void *(*run)(void *context), void *context);

#endif
