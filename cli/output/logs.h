/*
 * Other logs beside the messages, as --log asks for them: followed while the traffic goes on, or read afterwards.
 */
#ifndef VFU_CLI_OUTPUT_LOGS_H
#define VFU_CLI_OUTPUT_LOGS_H

#include "capture/logs/logs.h"
#include "cli/output/output.h"

/* What --log says. */
struct cli_log {
    char name[VFU_LOG_NAME];
    const char *path;
};
enum { CLI_LOGS = CLI_MAX_SET };

/* Those that are followed. Starts zeroed. */
struct cli_logs {
    struct cli_log list[CLI_LOGS];
    size_t count;
    struct vfu_logs *logs; /* NULL: none */
};

/* Open those of --log; before any output is, and privileges are given up. False: a message was printed. */
bool cli_logs_open(struct cli_logs *l, const struct cli_args *args);
/* And what comes out of this end of a pipe, which becomes the logs', as `name`; all of it goes to standard error, too. */
bool cli_logs_add_pipe(struct cli_logs *l, const char *name, int fd);
/* Follow them from now on, once nothing that is said waits for anybody. */
bool cli_logs_start(struct cli_logs *l);
/* The last lines go to the output. */
void cli_logs_end(struct cli_logs *l, struct cli_output *o);
void cli_logs_free(struct cli_logs *l);

#endif
