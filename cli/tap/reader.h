/*
 * Who types at the tap's prompt: a thread that reads lines, and hands them to the tap's. It gets no signals, and nothing waits for it
 * that carries traffic.
 */
#ifndef VFU_CLI_TAP_READER_H
#define VFU_CLI_TAP_READER_H

#include "cli/line/line.h"
#include "cli/tap/commands.h"

#include <pthread.h>
#include <stdatomic.h>

/* --- stream.c: what is printed, on its way to the terminal --- */

enum { TAP_STREAM = 16 << 10 };

/* A pipe in the place of standard output or standard error. */
struct tap_stream {
    int number; /* the descriptor that it has the place of */
    int before; /* what that was; -1: it is no terminal, and as it was */
    int from;   /* the pipe's end that is read */
    bool stale; /* what is here came a while ago, and has no end yet */
    size_t used;
    char bytes[TAP_STREAM];
};

/* False: out of descriptors. */
bool tap_stream_open(struct tap_stream *s, int number);
/* Take what has come, which must be some. False: the end. */
bool tap_stream_take(struct tap_stream *s);
/* How much of it can be shown: whole lines, or all, where there is no room or it is stale. */
size_t tap_stream_ready(const struct tap_stream *s);
void tap_stream_drop(struct tap_stream *s, size_t size);
/* The descriptor is again what it was. */
void tap_stream_back(struct tap_stream *s);
void tap_stream_close(struct tap_stream *s);

/* --- reader.c --- */

/* How a line is asked for. */
#define TAP_PROMPT "(tap) "

struct tap_reader;

/* Is there a terminal at which a line can be edited? */
bool tap_reader_can_edit(void);
/* The terminal that standard input is (edited), or lines as they come (a pipe, or a terminal that can do nothing). */
struct tap_reader *tap_reader_new(struct tap_commands *commands);
/* False: a message was printed. */
bool tap_reader_start(struct tap_reader *r);
/* Of a terminal it is taken off the screen; what was printed before is shown, for as long as somebody takes it. */
void tap_reader_stop(struct tap_reader *r);
/* No more is written to the pipes. */
void tap_reader_free(struct tap_reader *r);
/* Is the line edited, at a terminal? */
bool tap_reader_is_edited(const struct tap_reader *r);

/* From the tap's thread. */
/* The line that is typed is given up. True: nothing was typed. */
bool tap_reader_cancel(struct tap_reader *r);
/* We go on after we were stopped. */
void tap_reader_again(struct tap_reader *r);
void tap_reader_resize(struct tap_reader *r);

#endif
