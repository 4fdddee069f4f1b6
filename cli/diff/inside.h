/*
 * What diff's parts share: two captures in memory, and how their differences are written down.
 */
#ifndef VFU_CLI_DIFF_INSIDE_H
#define VFU_CLI_DIFF_INSIDE_H

#include "cli/cli.h"
#include "decoder/align/align.h"
#include "decoder/wire/writer.h"

/* A capture (load.c). */
struct diff_capture {
    const char *path;
    struct vfu_conversations talk;
    struct vfu_session *session;
    struct cli_output *output; /* its plugins, who own the names of registers */
    bool begun;                /* there was a record, or an end: it is a capture */
    bool no_memory;            /* for one of its events */
};
/*
 * Read it all. OK, or FAILED: it is damaged, and (begun) what came before that is there, or is no capture; USAGE: it can't be
 * opened. Then a message was printed. To be closed, either way.
 */
enum cli_status diff_load(struct diff_capture *c, const char *path, const struct cli_args *args);
void diff_close(struct diff_capture *c);

/* What was found. */
struct diff_count {
    uint64_t same, changed, only_a, only_b, moved, slower, others;
};

/* How it is written down, by the person's options. */
struct diff_out {
    struct vfu_writer w;
    const struct diff_capture *a, *b;
    bool json, colour;
    bool begun; /* the head was written */
    struct diff_count count;
    char buffer[64 << 10];
};

/* Two runs, of the side's commands in two conversations (print.c, json.c). */
struct diff_runs {
    const struct vfu_conversation *a, *b;
    enum vfu_side side;
    const struct vfu_side_by_side *how;
    const struct vfu_alignment *alignment;
};
void diff_print_runs(struct diff_out *o, const struct diff_runs *r);
void diff_json_runs(struct diff_out *o, const struct diff_runs *r);
/* What takes longer in the second one. */
void diff_print_slower(struct diff_out *o, const struct diff_runs *r, const struct vfu_slower *s);
void diff_json_slower(struct diff_out *o, const struct diff_runs *r, const struct vfu_slower *s);
/* What is no exchange: `what` (a stable word), and what either side has of it, in words; NULL: nothing. */
void diff_other(struct diff_out *o, uint32_t conn, const char *what, const char *a, const char *b);
/* One line: how much differs; nothing if nothing does. */
void diff_print_total(struct diff_out *o);

#endif
