/*
 * vfuscope check: what the specification asks of a server, one requirement at a time. check.c runs them, report.c says
 * how they went; conn.c has the connection, talk.c what was said on it, judge.c verdicts; requirements/ what is asked
 * for, by theme. Each makes connections of its own.
 */
#ifndef VFU_CLI_CHECK_CHECK_H
#define VFU_CLI_CHECK_CHECK_H

#include "capture/child.h"
#include "capture/client/client.h"
#include "cli/cli.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/encode.h"

enum check_result { CHECK_PASSES, CHECK_FAILS, CHECK_DOES_NOT_APPLY, CHECK_NOT_TRIED, CHECK_RESULTS };

struct check;
struct check_requirement {
    const char *id;      /* NULL ends a list */
    const char *section; /* of the specification */
    const char *text;    /* what is asked for */
    enum check_result (*run)(struct check *c);
    /*
     * Of failing it. Suspicious where the specification says only what should be or leaves it to the server, or where
     * real servers do otherwise and their clients live with it; and of flags that it no longer has.
     */
    enum vfu_severity severity;
    bool writes; /* only with --write */
    bool fds;    /* about descriptors: not where they get lost on the way */
    /* For a run that several share; it finds them in c->now. */
    unsigned command;
    uint64_t number;
    const uint8_t *states;                       /* of migration, ended by 0 */
    enum check_result (*judge)(struct check *c); /* what the requirement is about, once the run has prepared it */
    const char *none;                            /* why it may have nothing to say */
    const char *needs; /* the requirement that asks for the first steps of the run: it fails for them, not this one */
    unsigned prepared; /* so many of `states` */
};

/* Run those of these lists that are chosen; NULL ends the themes. */
extern const struct cli_option check_options[];
enum cli_status check_main(const struct cli_args *args, const struct check_requirement *const *themes);

/* What came of waiting for a message. */
enum check_answer {
    CHECK_REPLY,  /* to a command of ours: in `reply` */
    CHECK_CLOSED, /* the server closed the connection */
    CHECK_SILENT, /* nothing, in time */
    CHECK_STRAY,  /* a message that is no reply to anything: in `reply` */
};

/* For people: what was sent, and what came back. */
enum { CHECK_LINE = 512, CHECK_REMEMBERED = 32 };
struct check_talk {
    char sent[CHECK_LINE], came[CHECK_LINE];
    /* The last messages that were sent: a reply is shown with its command, whatever was sent since. */
    struct check_sent {
        uint64_t no; /* the session's */
        uint16_t id, command;
        bool answered;
        char line[CHECK_LINE];
    } last[CHECK_REMEMBERED];
    unsigned count;
};

/* How a requirement went. What was said when it was given is kept: what comes after it is not what was judged. */
struct check_verdict {
    enum check_result result;
    const char *lacking; /* of one that was not tried: the requirement that fails in its place; may be NULL */
    char why[CHECK_LINE], sent[CHECK_LINE], came[CHECK_LINE];
    char done[CHECK_LINE], did[CHECK_LINE], due[CHECK_LINE]; /* of a case for clients: by the server, by the client, and what is due */
    bool after_refusal; /* the connection went on behind a command that was refused */
};

/* The device's saved state. */
struct check_image {
    uint8_t *bytes;
    size_t size, room;
};
enum { CHECK_IMAGE = 16 << 20 /* more is no state */ };

/* The server's process */
struct check_server {
    char **command; /* that is it; NULL: it is not ours */
    struct child child;
    struct vfu_error how; /* it ended last */
    bool crashed;         /* so; not told yet */
    bool late;            /* before this requirement had a connection */
    unsigned barren;      /* how often it ended since the last connection */
    bool met;             /* there was one */
    pid_t peer;           /* who listened then; 0: it can't be seen */
    bool ends;            /* it ends with its client: another one listens then */
};

enum { CHECK_MOST = 512 /* requirements there can be */ };

struct check {
    const char *path;
    int timeout_ms;
    bool write;        /* --write */
    bool (*stopped)(void); /* a signal asked for the end */
    const struct check_requirement *now, *before;

    /* The connection */
    struct check_server server;
    struct vfu_client client;
    bool fresh; /* it was made to see that there is a server, and nothing was said on it */
    unsigned connected; /* how often, for this requirement */
    uint16_t id; /* the last command's */
    bool was_closed; /* by the server */
    bool restarts;   /* the server ends with its client and is started anew */
    bool served;     /* some client was */
    bool loses_fds;  /* a relay does, on the way to the server */
    bool refused, after_refusal; /* on this connection a command was, and more was said */
    enum { CHECK_BODIES_UNKNOWN, CHECK_BODIES_READ, CHECK_BODIES_LEFT } bodies; /* of commands that are refused */
    bool unserved;   /* the last check_open found nobody who answers */

    /* The message being built, and the last answer. */
    struct vfu_build build;
    enum check_answer answer;
    const struct vfu_event *reply; /* the client's; with its fds in client.reply */
    struct vfu_decoded decoded;    /* its payload */

    /* Of the device, from check_open */
    uint32_t flags, num_regions, num_irqs;

    struct check_talk talk;
    struct check_verdict verdict;
    struct check_image image;
    const char *failed[CHECK_MOST]; /* requirements, so far */
    unsigned failures;
    unsigned dead;    /* requirements in a row for which there was no server */
    const char *gone; /* which requirement the server lacked then */
};

/* A field by name; lists of them end with { NULL }. */
struct check_field {
    const char *name;
    uint64_t number;
};
#define WITH(...) ((const struct check_field[]) { __VA_ARGS__, { NULL, 0 } })
#define PLAIN ((const struct check_field[]) { { NULL, 0 } })

/* False: out of memory. */
bool check_init(struct check *c);
void check_free(struct check *c);
/* The first connection, to see that there is a server: one that is about to start is waited for, 5 s. */
bool check_find(struct check *c, struct vfu_error *error);

/*
 * What returns a bool here gives a verdict before it returns false, and check_verdict(c) is it: a step that another
 * requirement asks for makes this one one that was not tried (check_lacks).
 */
/* A new connection, the last one closed. */
bool check_connect(struct check *c);
void check_close(struct check *c);
/* The same, and VERSION with these capabilities (NULL: none), answered well. */
bool check_open_with(struct check *c, const char *json);
/* The same with what any client proposes, and DEVICE_GET_INFO. */
bool check_open(struct check *c);

/* Start a command: the next id, the fields. False: out of memory. */
bool check_begin(struct check *c, unsigned command, const struct check_field *fields);
/* Finish and send it, with fds. False: the server closed. */
bool check_send_fds(struct check *c, const int *fds, unsigned nfds);
static inline bool check_send(struct check *c) { return check_send_fds(c, NULL, 0); }
/* Finish it, as sent; its bytes go out with check_send_bytes. */
bool check_announce(struct check *c);
bool check_send_bytes(struct check *c, const void *bytes, size_t size);
/* Wait for the next message. */
enum check_answer check_receive(struct check *c);
/* Begin, send, receive. */
enum check_answer check_ask(struct check *c, unsigned command, const struct check_field *fields);
enum check_answer check_ask_fds(struct check *c, unsigned command, const struct check_field *fields, const int *fds,
                                unsigned nfds);
/* A command whose payload is these bytes. */
enum check_answer check_ask_raw(struct check *c, unsigned command, const void *payload, size_t size);

/* server.c */
/* Start the command, if there is one, where nobody else serves. */
bool check_server_start(struct check *c, struct vfu_error *error);
/* Connect, to a server that is not there yet in so many ms. */
bool check_server_connect(struct check *c, int ms, struct vfu_error *error);
/* What the process that listens is called: "?" if that can't be seen. */
void check_server_name(const struct check *c, char *name, size_t size);
/* The connection was closed: wait for the end of a server that ends with its client. */
void check_server_left(struct check *c);
/* How the command crashed, since this was asked last; NULL: it did not. */
const char *check_server_crash(struct check *c);
void check_server_stop(struct check *c);

/* memory.c */
/* A memfd of so many bytes; -1: check_verdict(c). */
int check_memory(struct check *c, uint64_t size);
/* The same, opened anew for this process and for the server: what made it counts as neither. */
bool check_memory_twice(struct check *c, uint64_t size, int *mine, int *theirs);
/* Has nobody but this process that file open, or mapped? Then there can be a lease on it. */
bool check_is_mine(int fd);

/* relay.c: do descriptors get lost between here and the server? */
#define CHECK_RELAY "descriptors get lost between here and the server: a relay such as socat?"
bool check_loses_fds(struct check *c);

/* talk.c: for conn.c */
void check_talk_sent(struct check_talk *talk, const struct vfu_event *event, unsigned nfds);
void check_talk_came(struct check_talk *talk, const struct vfu_event *event);
void check_talk_no_reply(struct check_talk *talk, const char *what);

/* The last answer's field by name; NULL if it is missing. */
const struct vfu_value *check_value(const struct check *c, const char *name);
/* Its number; 0 if it is missing. */
uint64_t check_number(const struct check *c, const char *name);
bool check_is_error(const struct check *c); /* was the last answer an error reply? */
bool check_is_done(const struct check *c);  /* was it a reply without error? */

/* Verdicts: the last one counts. */
__attribute__((format(printf, 2, 3))) enum check_result check_fail(struct check *c, const char *format, ...);
/* It has nothing to say about this server. */
enum check_result check_skip(struct check *c, const char *why);
/* Something here, not at the server, is in the way. */
__attribute__((format(printf, 2, 3))) enum check_result check_untried(struct check *c, const char *format, ...);
/* What it needs is what another requirement asks for: that one fails. If that is this one, it does. */
__attribute__((format(printf, 3, 4))) enum check_result check_lacks(struct check *c, const char *requirement,
                                                                   const char *format, ...);
/* Did that one fail, of those that came before? */
bool check_has_failed(const struct check *c, const char *requirement);
static inline enum check_result check_verdict(const struct check *c) { return c->verdict.result; }

/* Judged next is the command before so many others. */
void check_show_sent(struct check *c, unsigned before);

/* The last answer is an error reply; any error will do. */
enum check_result check_refused(struct check *c);
/* It is a reply without error. */
enum check_result check_done(struct check *c);
/* The next client is served. */
enum check_result check_next(struct check *c);
/* The last answer is anything but a reply without error, and the next client is served. */
enum check_result check_survived(struct check *c);
/* The payload of the last answer, a reply without error, is not larger than this. */
enum check_result check_fits(struct check *c, uint64_t argsz);

/* refusals.c */
#define CHECK_REFUSED_BODY "refused-body"
enum { CHECK_REFUSALS = 9 };
/* One of so many commands that have a body and are refused. */
enum check_answer check_ask_refused(struct check *c, unsigned which);
/* Behind each, on its connection, the next command is answered. */
enum check_result check_refused_body(struct check *c);
/* The same, asked once. The verdict stays, the connection does not. */
bool check_leaves_bodies(struct check *c);

/* Requirements by the row: c->now->command with a payload of `number` zeros gets an error reply. */
enum check_result check_short(struct check *c);
/* With an argsz of `number`: an error reply, or one that is not larger. */
enum check_result check_small(struct check *c);

#endif
