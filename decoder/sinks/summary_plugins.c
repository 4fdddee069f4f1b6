/*
 * The summary's part about plugins: what they said, and what that cost.
 */
#include "decoder/sinks/inside.h"

static uint64_t mean(const struct vfu_summary_plugin *p)
{
    return p->calls ? p->ns / p->calls : 0;
}

void summary_plugins_text(const struct summary_plugins *p, struct vfu_writer *w)
{
    const char *before = "\n";

    for (unsigned i = 0; i < p->count; i++) {
        const struct vfu_summary_plugin *one = &p->list[i];

        if (!one->notes)
            continue;
        vfu_write_text(w, before);
        before = "";
        vfu_write_text(w, "plugin ");
        vfu_write_escaped(w, (const uint8_t *)one->name, strlen(one->name));
        vfu_write_text(w, ": ");
        vfu_write_decimal(w, one->notes);
        vfu_write_text(w, one->notes == 1 ? " note in " : " notes in ");
        vfu_write_decimal(w, one->calls);
        json_us(w, one->calls == 1 ? " call of " : " calls of ", mean(one));
        vfu_write_text(w, " us\n");
    }
}

void summary_plugins_json(const struct summary_plugins *p, struct vfu_writer *w)
{
    if (!p->count)
        return;
    json_put(w, ",\"plugins\":[");
    for (unsigned i = 0; i < p->count; i++) {
        const struct vfu_summary_plugin *one = &p->list[i];

        json_string(w, i ? ",{\"plugin\":" : "{\"plugin\":", one->name);
        json_number(w, ",\"notes\":", one->notes);
        json_number(w, ",\"calls\":", one->calls);
        json_us(w, ",\"mean_us\":", mean(one));
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
}
