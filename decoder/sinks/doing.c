/*
 * What threads of the peers do at a moment, below an event and in the summary.
 */
#include "decoder/sinks/inside.h"

static const char *state_name(char state)
{
    switch (state) {
    case 'R': return "runs";
    case 'S': return "sleeps";
    case 'D': return "waits without being interruptible";
    case 'T': return "is stopped by a signal";
    case 't': return "is stopped by a tracer";
    case 'Z': return "has ended";
    case 'X': return "has ended";
    case 'I': return "is idle";
    default: return "is in a state unknown";
    }
}

static void words(struct vfu_writer *w, const char *before, const char *text)
{
    vfu_write_text(w, before);
    vfu_write_escaped(w, (const uint8_t *)text, strlen(text));
}

void text_doing(struct vfu_writer *w, const struct vfu_doing *d)
{
    vfu_write_text(w, vfu_side_name(d->side));
    vfu_write_char(w, ' ');
    vfu_write_decimal(w, d->pid);
    if (d->process[0]) {
        words(w, " (", d->process);
        vfu_write_char(w, ')');
    }
    if (d->tid != d->pid)
        words(w, ", thread ", d->name);
    if (d->threads > 1) {
        vfu_write_text(w, " and ");
        vfu_write_decimal(w, d->threads - 1);
        vfu_write_text(w, " more");
    }
    words(w, ": ", state_name(d->state));
    if (d->call[0])
        words(w, " in ", d->call);
    if (d->where[0])
        words(w, ", ", d->where);
    vfu_write_char(w, '\n');
}

void summary_doing_text(const struct vfu_doing *list, unsigned count, struct vfu_writer *w)
{
    if (count)
        vfu_write_text(w, "\nwhat they do now\n");
    for (unsigned i = 0; i < count; i++) {
        vfu_write_decimal(w, list[i].conn);
        vfu_write_text(w, "  ");
        text_doing(w, &list[i]);
    }
}

void json_doing(struct vfu_writer *w, const struct vfu_doing *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct vfu_doing *d = &list[i];
        const char state[2] = { d->state, '\0' };

        json_string(w, i ? ",{\"side\":" : "{\"side\":", vfu_side_name(d->side));
        json_number(w, ",\"conn\":", d->conn);
        json_number(w, ",\"pid\":", d->pid);
        json_string(w, ",\"name\":", d->process);
        json_number(w, ",\"tid\":", d->tid);
        json_string(w, ",\"thread\":", d->name);
        json_number(w, ",\"threads\":", d->threads);
        json_string(w, ",\"state\":", state);
        if (d->call[0])
            json_string(w, ",\"call\":", d->call);
        if (d->where[0])
            json_string(w, ",\"wchan\":", d->where);
        vfu_write_char(w, '}');
    }
}
