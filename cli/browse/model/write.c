/*
 * What a view shows, written to a file.
 */
#include "cli/browse/model/inside.h"
#include "capture/file/outfile.h"
#include "cli/output/renumber.h"
#include "decoder/wire/writer.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER = 64 << 10 };

struct writing {
    enum browse_write kind;
    struct vfu_capwriter *capture;
    struct cli_renumbered *numbers; /* of several captures one is made; NULL: there is one */
    bool framed;                    /* it says how the first of them began */
    struct vfu_outfile out;
    struct vfu_text text;
    struct vfu_json json;
    struct vfu_writer w;
    struct vfu_error *error;
    bool good;
    char buffer[BUFFER];
};

static bool write_out(void *context, const char *bytes, size_t size)
{
    struct writing *w = context;

    return vfu_outfile_write(&w->out, bytes, size, w->error);
}

static bool open_out(struct writing *w, const struct browse_model *m, const char *path)
{
    if (strcmp(path, "-") == 0)
        return vfu_fail(w->error, 0, "-: the screen is on standard output");
    if (m->inputs && cli_inputs_has(m->inputs, path))
        return vfu_fail(w->error, 0, "%s: it is what is read", path);
    if (w->kind == BROWSE_WRITE_CAPTURE && m->sessions && (w->numbers = cli_renumbered_new()) == NULL)
        return vfu_fail(w->error, 0, "%s: out of memory", path);
    if (w->kind == BROWSE_WRITE_CAPTURE) {
        w->capture = vfu_capwriter_open(path, 0, NULL, w->error);
        return w->capture;
    }
    w->w = vfu_writer(w->buffer, sizeof w->buffer, write_out, w);
    return vfu_outfile_open(&w->out, path, VFU_OUT_TEXT, w->error);
}

/* Of several it begins as the first of them did, and is none that ended. */
static bool put_captured(struct writing *w, const struct vfu_event *event)
{
    struct vfu_event one = *event;

    if (w->numbers && (event->kind == VFU_EVENT_END || (event->kind == VFU_EVENT_CAPTURE && w->framed)))
        return true;
    w->framed |= event->kind == VFU_EVENT_CAPTURE;
    if (w->numbers)
        cli_renumber(w->numbers, &one);
    return vfu_capwriter_event(w->capture, &one, w->error);
}

static bool put(struct writing *w, const struct vfu_event *event)
{
    if (w->kind == BROWSE_WRITE_CAPTURE)
        return put_captured(w, event);
    if (w->kind == BROWSE_WRITE_TEXT)
        vfu_text_event(&w->text, event, &w->w);
    else
        vfu_json_event(&w->json, event, &w->w);
    return !w->w.failed; /* then write_out has said why */
}

static bool close_out(struct writing *w, bool good)
{
    struct vfu_error none;

    if (w->kind == BROWSE_WRITE_CAPTURE)
        return vfu_capwriter_close(w->capture, good ? w->error : &none) && good;
    if (good)
        vfu_text_end(&w->text, &w->w);
    vfu_writer_flush(&w->w);
    good = good && !w->w.failed;
    return vfu_outfile_close(&w->out, good ? w->error : &none) && good;
}

bool browse_view_write(struct browse_view *v, enum browse_write kind, const char *path, struct vfu_error *error)
{
    struct browse_model *m = browse_view_model(v);
    struct writing *w = calloc(1, sizeof *w);
    size_t count = 0;
    uint64_t *list = w ? browse_view_events(v, &count) : NULL;
    struct browse_state state;
    bool good;

    *error = (struct vfu_error){ .number = 0 };
    if (!list) {
        free(w);
        return vfu_fail(error, 0, "%s: out of memory", path);
    }
    browse_model_state(m, &state);
    w->kind = kind;
    w->error = error;
    w->text = (struct vfu_text){ .started = true, .first_ns = state.first_ns, .last_ns = state.first_ns };
    good = open_out(w, m, path);
    if (good) {
        for (size_t i = 0; good && i < count; i++) {
            const struct vfu_event *e = browse_loader_event(m->loader, list[i]);

            good = !e || put(w, e); /* what is gone meanwhile is gone */
        }
        good = close_out(w, good);
    }
    cli_renumbered_free(w->numbers);
    free(list);
    free(w);
    return good;
}
