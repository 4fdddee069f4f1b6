/*
 * Where sinks that format write: a file, with a buffer before it.
 */
#include "cli/output/inside.h"

static bool write_out(void *context, const char *bytes, size_t size)
{
    struct cli_stream *s = context;

    return vfu_outfile_write(&s->out, bytes, size, &s->error);
}

static void begin(struct cli_stream *s, atomic_bool *give_up)
{
    s->writer = vfu_writer(s->buffer, sizeof s->buffer, write_out, s);
    s->out.give_up = give_up;
}

bool cli_stream_open(struct cli_stream *s, const char *path, enum vfu_outfile_kind kind, atomic_bool *give_up,
                     struct vfu_error *error)
{
    begin(s, give_up);
    return vfu_outfile_open(&s->out, path, kind, error);
}

void cli_stream_use(struct cli_stream *s, int fd, const char *name, atomic_bool *give_up)
{
    begin(s, give_up);
    s->out.fd = fd;
    s->out.path = name;
}

bool cli_stream_flush(struct cli_stream *s, struct vfu_error *error)
{
    vfu_writer_flush(&s->writer);
    return cli_stream_good(s, error);
}

bool cli_stream_close(struct cli_stream *s, struct vfu_error *error)
{
    bool ok = cli_stream_flush(s, error);

    return vfu_outfile_close(&s->out, ok ? error : NULL) && ok;
}
