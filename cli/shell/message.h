/*
 * A message built by hand: the words of `send` and `feature` that set fields, attach fds and add raw bytes; and its
 * reply, whole.
 */
#ifndef VFU_CLI_SHELL_MESSAGE_H
#define VFU_CLI_SHELL_MESSAGE_H

#include "cli/shell/shell.h"

struct shell_message {
    struct vfu_build build;
    int fds[VFU_MAX_FDS]; /* ours: closed once it is sent */
    unsigned nfds;
    bool no_wait;
    uint64_t split;    /* send it in pieces of so many bytes; 0: whole */
    uint64_t pipeline; /* so many copies, before the first reply is waited for; 0: one, waited for */
    bool fields; /* a field of the payload was set */
    bool id_set; /* all copies have the id that was given */
    uint8_t *raw;
    size_t raw_size, raw_capacity;
    bool has_raw;
};

/* The next id is in it; header.id= overrides. */
bool shell_message_start(struct shell *sh, struct shell_message *m, unsigned command);
/* Three options that such a command has, one behind the other; flags: SHELL_HIDDEN, or 0. */
#define SHELL_MESSAGE_OPTIONS(hidden) \
    { .word = "--no-wait", .flags = SHELL_OPTIONAL | (hidden) }, \
    { "N", "--split", SHELL_NUMBER, SHELL_OPTIONAL | (hidden), .least = 1, .most = VFU_MAX_MESSAGE, \
      .missing = "a number must follow" }, \
    { "N", "--pipeline", SHELL_NUMBER, SHELL_OPTIONAL | (hidden), .least = 1, .most = SHELL_PIPELINE, \
      .missing = "a number must follow" }
/* A list of field=value, header.FIELD=N, fd=KIND and raw=HEX, and the values of those options. */
bool shell_message_set(struct shell *sh, struct shell_message *m, const struct shell_value *words,
                       const struct shell_value options[3]);
/* Finish and send it, wait for its reply unless told otherwise, show the reply. */
enum shell_result shell_message_send(struct shell *sh, struct shell_message *m);
void shell_message_free(struct shell_message *m);

/* pipeline.c */
/* One copy of it, whole or in pieces. */
enum vfu_client_result shell_message_out(struct shell *sh, struct shell_message *m, bool wait);
/* As many as it says; the replies are shown and counted as they come. */
enum shell_result shell_message_pipeline(struct shell *sh, struct shell_message *m);
/* A reply nobody waits for in turn: is it the pipeline's? Then it was counted and shown. */
bool shell_message_piped(struct shell *sh, const struct vfu_event *event);

/* reply.c */
/* A reply as text; the last one, and its JSON members too. */
void shell_reply_say(struct shell *sh, const struct vfu_event *event);
void shell_reply_show(struct shell *sh);
/* {"id":..,"command":..,...}: a message's header as JSON */
void shell_header_json(const struct vfu_event *event, struct vfu_writer *w);

#endif
