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

/* What --log says, NAME=FILE; the name is one that a filter takes without quotes. False: a message was printed. */
bool cli_log_parse(const char *spec, struct cli_log *log);

/* Open those of --log; before any output is, and privileges are given up. False: a message was printed. */
bool cli_logs_open(struct cli_logs *l, const struct cli_args *args);
/* And what comes out of this end of a pipe, which becomes the logs', as `name`; all of it goes to standard error, too. */
bool cli_logs_add_pipe(struct cli_logs *l, const char *name, int fd);
/* Follow them from now on, once nothing that is said waits for anybody. */
bool cli_logs_start(struct cli_logs *l);
/* The last lines go to the output. */
void cli_logs_end(struct cli_logs *l, struct cli_output *o);
void cli_logs_free(struct cli_logs *l);

/* --- afterwards: logs that bear times, beside what captures hold (timed.c) --- */

struct cli_timed;

/*
 * Open those of --log; *timed is NULL if there are none. Where a mark says what time a log's line has, it is looked for in these
 * captures. False: a message was printed.
 */
bool cli_timed_open(const struct cli_args *args, const char *const *captures, size_t count, struct cli_timed **timed);
/* An event is about to go to the output: the lines that came before do. */
void cli_timed_until(struct cli_timed *t, struct cli_output *o, const struct vfu_event *event);
/* Nothing more comes of the captures: the rest. */
void cli_timed_rest(struct cli_timed *t, struct cli_output *o);
/* NULL is fine. */
void cli_timed_free(struct cli_timed *t);

#endif
