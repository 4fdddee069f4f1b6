/*
 * Where sinks that format write: a file, with a buffer before it.
 */
#ifndef VFU_CLI_OUTPUT_STREAM_H
#define VFU_CLI_OUTPUT_STREAM_H

#include "capture/file/outfile.h"
#include "decoder/wire/writer.h"

struct cli_stream {
    struct vfu_writer writer;
    struct vfu_outfile out;
    struct vfu_error error; /* why the writer failed */
    char buffer[64 << 10];
};

/* Begin with one that is zero. give_up: see outfile.h. False: error says why. */
bool cli_stream_open(struct cli_stream *s, const char *path, enum vfu_outfile_kind kind, atomic_bool *give_up,
                     struct vfu_error *error);
/* On a standard file, which stays open; name is for people. */
void cli_stream_use(struct cli_stream *s, int fd, const char *name, atomic_bool *give_up);
/* Could everything be written so far? False: error says why not. */
static inline bool cli_stream_good(const struct cli_stream *s, struct vfu_error *error)
{
    if (!s->writer.failed)
        return true;
    *error = s->error;
    return false;
}
bool cli_stream_flush(struct cli_stream *s, struct vfu_error *error);
/* Flush and close. */
bool cli_stream_close(struct cli_stream *s, struct vfu_error *error);

#endif
