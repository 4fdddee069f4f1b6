/*
 * What replay's parts share: a connection of a capture, in memory, and how two of its messages are compared.
 */
#ifndef VFU_CLI_REPLAY_INSIDE_H
#define VFU_CLI_REPLAY_INSIDE_H

#include "decoder/session/session.h"
#include "decoder/wire/error.h"
#include "decoder/wire/event.h"

struct replay_message {
    struct replay_message *reply; /* of a command: what answered it, or NULL */
    bool used; /* of a server's command: it came again */
    struct vfu_event event; /* and what it points to behind it */
};

struct replay_capture {
    struct replay_message **messages; /* count of them, in order */
    size_t count;
    uint32_t conn;
    uint64_t first_ns; /* the time of its first event: times are relative to that, as decode has them */
    bool closed; /* by the server, which owed an answer to the last command */
    struct vfu_session *session;
};

/* Read one connection of a capture (0: the first that has messages). False: error says why, with an errno if it can't be opened. */
bool replay_load(struct replay_capture *c, const char *path, uint32_t conn, struct vfu_error *error);
/* The connection with messages that is the next one above `after`; *conn is 0: there is none. False: as replay_load. */
bool replay_next(const char *path, uint32_t after, uint32_t *conn, struct vfu_error *error);
void replay_unload(struct replay_capture *c);
/* A copy of the event, to be freed; NULL: out of memory. */
struct replay_message *replay_copy(const struct vfu_event *event);

/*
 * Do two messages of the same command say the same? Ids, fds, and what is in a VERSION do not count, nor do bytes that
 * a capture lacks. False: `field` (room for 64) names the first one that differs.
 */
bool replay_same(const struct vfu_event *a, const struct vfu_event *b, char *field);
/* What differs between then and now, as diff shows it (differ.c). */
struct replay_differences {
    const char *was, *now; /* what the sides are called */
    uint64_t count;        /* the first of which are printed */
    bool colour;
};
/*
 * A recorded command that was answered then, sent again as `no`: print what differs in the reply, NULL if there is none, for
 * which there may be a reason. What is in a VERSION does not count, nor do descriptors, which are made anew.
 */
void replay_compare_reply(struct replay_differences *d, const struct replay_message *recorded, uint64_t no,
                          const struct vfu_event *reply, const char *why);
/* The server sends a command that it did not send then. */
void replay_unexpected(struct replay_differences *d, const struct vfu_event *command);

enum { REPLAY_SHOWN = 20 /* differences */ };
/* Count a difference; true: it is one of the first, and was printed. `field` (may be NULL) is what of it differs. */
bool replay_differs(uint64_t *count, const char *what, uint64_t no, const char *field);
/* How many were not printed, if any were not. */
void replay_say_more(uint64_t count);
/* Print it, with a name for where it is from; its time relative to first_ns. */
void replay_show(const char *from, const struct vfu_event *event, uint64_t first_ns);
/* Compare each side's commands in their order, and their replies; how many differ, which was printed. */
uint64_t replay_compare(const struct replay_capture *a, const struct replay_capture *b);

#endif
