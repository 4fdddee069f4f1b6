/*
 * How commands end, and what they come to: for people, as a JSON object, and for `expect`.
 */
#ifndef VFU_CLI_SHELL_RESULT_H
#define VFU_CLI_SHELL_RESULT_H

#include "capture/client/client.h"
#include "cli/shell/buffer.h"
#include "decoder/wire/error.h"

enum shell_result {
    SHELL_OK,
    SHELL_REFUSED, /* the server answered with an error; an `expect` may want just that */
    SHELL_FAILED,  /* anything else that went wrong: sh->outcome.error says what */
    SHELL_STOPPED, /* ^C, or SIGTERM */
    SHELL_QUIT,
};

/* Of the command at work, and of the last one. */
struct shell_outcome {
    struct vfu_error error;      /* why it failed */
    uint32_t refused;            /* the error of the last SHELL_REFUSED */
    char reason[VFU_REASON];     /* that a tap gave with it */
    struct vfu_because because[VFU_MAX_BECAUSE]; /* and what is known of it, because_count of them */
    unsigned because_count;
    bool reported;               /* the failure at hand was printed already */
    bool unwritten;              /* and is that what was printed could not be written */
    struct shell_buffer members; /* JSON members of the command at work */
    struct shell_buffer last;    /* the last command's JSON object */
    bool last_refused;           /* it was refused */
    double elapsed_us;           /* of the last `time`; 0: none yet */
    /* A script's error reply that waits for an `expect` */
    struct {
        bool active;
        char text[320]; /* as a failure */
        char said[300]; /* as what an `expect` wants */
    } deferred;
};

struct shell;
/* An error reply to the command at work: what it says, and why. */
void shell_refused(struct shell *sh, const struct vfu_event *reply);
/* Members of the command's JSON object */
void shell_json_key(struct shell *sh, const char *name);
void shell_json_number(struct shell *sh, const char *name, uint64_t number);
void shell_json_hex_number(struct shell *sh, const char *name, uint64_t number); /* "0x1f" */
void shell_json_string(struct shell *sh, const char *name, const char *text);
void shell_json_bytes(struct shell *sh, const char *name, const uint8_t *bytes, size_t size);
/* "reply": the decoded payload of the last reply */
void shell_json_reply(struct shell *sh);

#endif
