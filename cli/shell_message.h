/*
 * A message built by hand: the words of `send` and `feature` that set fields, attach fds and add raw bytes; and its
 * reply, whole.
 */
#ifndef VFU_CLI_SHELL_MESSAGE_H
#define VFU_CLI_SHELL_MESSAGE_H

#include "shell.h"

struct shell_message {
    struct vfu_build build;
    int fds[VFU_MAX_FDS]; /* ours: closed once it is sent */
    unsigned nfds;
    bool no_wait;
    bool fields; /* a field of the payload was set */
    uint8_t *raw;
    size_t raw_size;
    bool has_raw;
};

/* The next id is in it; header.id= overrides. */
bool shell_message_start(struct shell *sh, struct shell_message *m, unsigned command);
/* field=value, header.FIELD=N, fd=KIND, raw=HEX, --no-wait */
bool shell_message_word(struct shell *sh, struct shell_message *m, char *word);
/* Finish and send it, wait for its reply unless told otherwise, show the reply. */
enum shell_result shell_message_send(struct shell *sh, struct shell_message *m);
void shell_message_free(struct shell_message *m);

/* {"id":..,"command":..,...}: a message's header as JSON */
void shell_header_json(const struct vfu_event *event, struct vfu_writer *w);

#endif
