/*
 * The tables that the plugins' process fills in for the shell. They are a claim: read once, checked, and with words
 * that a terminal can show.
 */
#include "decoder/wire/writer.h"
#include "plugins/host/inside.h"

#include <string.h>

void plugin_make_printable(char *text, size_t size, bool lines)
{
    char copy[4 * PLUGIN_ERROR], *end;
    struct vfu_writer w = vfu_writer(copy, sizeof copy, NULL, NULL);

    text[size - 1] = '\0';
    for (char *line = text; line; line = end) {
        end = lines ? strchr(line, '\n') : NULL;
        if (end)
            *end++ = '\0';
        vfu_write_printable(&w, line);
        if (end)
            vfu_write_char(&w, '\n');
    }
    w.used = w.used < size ? w.used : size - 1;
    memcpy(text, copy, w.used);
    text[w.used] = '\0';
}

static bool check_plugins(struct vfu_plugin_tables *r, const struct plugin_wanted *wanted)
{
    for (unsigned i = 0; i < r->plugin_count; i++) {
        unsigned file = r->plugins[i].file;

        if (!memchr(r->plugins[i].name, '\0', sizeof r->plugins[i].name) || !plugin_is_name(r->plugins[i].name) ||
            file >= wanted->count || r->plugins[i].claim_count > REGISTER_CLAIMS)
            return false;
        memcpy(r->plugins[i].path, wanted->path[file], sizeof r->plugins[i].path);
    }
    return true;
}

/* PLUGIN WORD: no other can be asked for. */
static bool check_command(struct vfu_plugin_command *c, const struct vfu_plugin_tables *r)
{
    const char *name;
    size_t size;

    plugin_make_printable(c->name, sizeof c->name, false);
    plugin_make_printable(c->usage, sizeof c->usage, false);
    plugin_make_printable(c->help, sizeof c->help, false);
    plugin_make_printable(c->more, sizeof c->more, true);
    plugin_make_printable(c->words, sizeof c->words, false);
    if (c->plugin >= r->plugin_count)
        return false;
    name = r->plugins[c->plugin].name;
    size = strlen(name);
    return strncmp(c->name, name, size) == 0 && c->name[size] == ' ' && plugin_is_word(c->name + size + 1);
}

static bool check_register(struct vfu_plugin_register *reg, const struct vfu_plugin_tables *r)
{
    plugin_make_printable(reg->name, sizeof reg->name, false);
    plugin_make_printable(reg->help, sizeof reg->help, false);
    if (reg->plugin >= r->plugin_count || reg->field_count > REGISTER_FIELDS ||
        (reg->width != 1 && reg->width != 2 && reg->width != 4 && reg->width != 8))
        return false;
    for (unsigned i = 0; i < reg->field_count; i++) {
        plugin_make_printable(reg->fields[i].name, sizeof reg->fields[i].name, false);
        for (unsigned v = 0; v < reg->fields[i].value_count && v < REGISTER_VALUES; v++)
            plugin_make_printable(reg->fields[i].values[v], sizeof reg->fields[i].values[v], false);
    }
    return true;
}

bool plugin_tables_copy(struct vfu_plugin_tables *to, const struct vfu_plugin_tables *claim, const struct plugin_wanted *wanted)
{
    memcpy(to, claim, offsetof(struct vfu_plugin_tables, list));
    atomic_signal_fence(memory_order_seq_cst); /* once: no compiler reads it again */
    plugin_make_printable(to->error, sizeof to->error, false);
    plugin_make_printable(to->device, sizeof to->device, false);
    if (to->plugin_count > PLUGIN_MAX || to->command_count > COMMANDS_MAX || to->count > REGISTERS_MAX)
        return false;
    memcpy(to->list, claim->list, to->count * sizeof to->list[0]);
    atomic_signal_fence(memory_order_seq_cst);
    if (!check_plugins(to, wanted))
        return false;
    for (unsigned i = 0; i < to->command_count; i++)
        if (!check_command(&to->commands[i], to))
            return false;
    for (unsigned i = 0; i < to->count; i++)
        if (!check_register(&to->list[i], to))
            return false;
    return true;
}
