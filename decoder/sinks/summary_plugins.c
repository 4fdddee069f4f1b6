/*
 * The summary's part about plugins: what they said, and what that cost.
 */
#include "decoder/sinks/inside.h"

#include <string.h>

static uint64_t mean(const struct vfu_summary_plugin *p)
{
    return p->calls ? p->ns / p->calls : 0;
}

static void write_us(struct vfu_writer *w, uint64_t ns)
{
    vfu_write_decimal(w, ns / 1000);
    vfu_write_char(w, '.');
    vfu_write_decimal_padded(w, ns % 1000, 3, '0');
}

void summary_plugins_text(const struct summary_plugins *p, struct vfu_writer *w)
{
    for (unsigned i = 0; i < p->count; i++) {
        const struct vfu_summary_plugin *one = &p->list[i];

        vfu_write_text(w, "plugin ");
        vfu_write_escaped(w, (const uint8_t *)one->name, strlen(one->name));
        vfu_write_text(w, ": ");
        vfu_write_decimal(w, one->notes);
        vfu_write_text(w, one->notes == 1 ? " note in " : " notes in ");
        vfu_write_decimal(w, one->calls);
        vfu_write_text(w, one->calls == 1 ? " call of " : " calls of ");
        write_us(w, mean(one));
        vfu_write_text(w, " us\n");
    }
}

void summary_plugins_json(const struct summary_plugins *p, struct vfu_writer *w)
{
    if (!p->count)
        return;
    vfu_write_text(w, ",\"plugins\":[");
    for (unsigned i = 0; i < p->count; i++) {
        const struct vfu_summary_plugin *one = &p->list[i];

        vfu_write_text(w, i ? ",{\"plugin\":\"" : "{\"plugin\":\"");
        vfu_write_json_string(w, (const uint8_t *)one->name, strlen(one->name));
        vfu_write_text(w, "\",\"notes\":");
        vfu_write_decimal(w, one->notes);
        vfu_write_text(w, ",\"calls\":");
        vfu_write_decimal(w, one->calls);
        vfu_write_text(w, ",\"mean_us\":");
        write_us(w, mean(one));
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
}
