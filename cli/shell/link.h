/*
 * The connection to the server, and commands on it.
 */
#ifndef VFU_CLI_SHELL_LINK_H
#define VFU_CLI_SHELL_LINK_H

#include "capture/client/client.h"
#include "cli/shell/result.h"

/* A pipeline of `send`: replies that come while it goes out are counted and kept. */
struct shell_piped {
    uint64_t waiting, answered, errors;
    uint16_t first_id;
    unsigned ids; /* so many from first_id on are its own */
    struct shell_buffer replies; /* as JSON */
};

/* The header of the last command that went out. */
struct shell_sent {
    uint16_t id;
    uint32_t flags;
};

struct shell_link {
    struct vfu_client client;
    const char *tap;       /* where its control socket is; NULL: of none */
    bool at_tap;           /* that is what the connection goes to */
    bool negotiate;        /* send VERSION at the start */
    bool asks;             /* and behind it what a VMM asks */
    const char *caps;      /* its JSON; NULL: the client's own */
    char *caps_made;       /* if it had to be wrapped */
    char *version;         /* its reply's payload as JSON; NULL: none */
    struct shell_sent sent;
    struct shell_piped piped;
    bool got_fds;  /* a descriptor came from the server */
    bool lost_fds; /* none came where one was announced; that is said */
};

struct shell;
enum { SHELL_CHUNK = 32768, SHELL_PIPELINE = 1000 };

/* call.c: commands to the server */
/* A field of a message, by its name in the protocol's table. */
struct shell_field {
    const char *name; /* NULL ends a list */
    uint64_t number;
    const void *bytes; /* not NULL: these instead of the number */
    size_t size;
};
enum shell_result shell_request(struct shell *sh, unsigned command, const struct shell_field *fields, const int *fds,
                                unsigned nfds);
/* Send what was built, with an id, and wait. The build stays the caller's. */
enum shell_result shell_call(struct shell *sh, struct vfu_build *b, const int *fds, unsigned nfds);
/* What the client said about a call. */
enum shell_result shell_client_result(struct shell *sh, enum vfu_client_result result);
/* A field of the last reply; bytes are valid until the next one. */
uint64_t shell_reply_number(const struct shell_link *link, const char *name, uint64_t otherwise);
const uint8_t *shell_reply_bytes(const struct shell_link *link, const char *name, size_t *size);
/* Wait for whatever happens, up to timeout_ms (0: just look); false: stopped, or the outcome's error says what. */
bool shell_wait(struct shell *sh, int timeout_ms, enum shell_result *result);
/* Serve the connection until poll() says something of the descriptor. False: the work at hand is to stop. */
bool shell_await(struct shell *sh, int fd, short events);
/* How much one REGION_READ or REGION_WRITE may carry here. */
size_t shell_chunk(const struct shell_link *link);
enum shell_result shell_region_read(struct shell *sh, uint32_t region, uint64_t offset, uint8_t *to, size_t size);
enum shell_result shell_region_write(struct shell *sh, uint32_t region, uint64_t offset, const uint8_t *from,
                                     size_t size, bool posted);

/* connect.c */
/* Connect and negotiate; wait: also for a server that is not there yet. */
enum shell_result shell_connect(struct shell *sh, const char *path, bool wait);

#endif
