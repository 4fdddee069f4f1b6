/*
 * Words as values, each by its kind: see args.h.
 */
#include "cli/shell/inside.h"
#include "decoder/wire/parse.h"

#include <string.h>

const struct vfu_name shell_widths[] = { { 1, "b" }, { 2, "w" }, { 4, "l" }, { 8, "q" }, { 0, NULL } };
const struct vfu_name shell_on_off[] = { { true, "on" }, { false, "off" }, { 0, NULL } };
const struct vfu_name shell_vias[] = { { true, "mmap" }, { false, "message" }, { 0, NULL } };

static const char *label_of(const struct shell_arg *a)
{
    return a->label ? a->label : a->word && a->word[0] == '-' ? a->word : a->name;
}

static bool is_number(struct shell *sh, const struct shell_arg *a, struct shell_value *v)
{
    const char *what = a->word ? a->word : label_of(a);

    if (!shell_number(sh, label_of(a), v->text, &v->number))
        return false;
    if (v->number >= a->least && (!a->most || v->number <= a->most))
        return true;
    if (a->least && a->most)
        return shell_fail(sh, "%s: %.40s: from %llu to %llu", what, v->text, (unsigned long long)a->least,
                          (unsigned long long)a->most);
    if (a->least)
        return shell_fail(sh, "%s: at least %llu", what, (unsigned long long)a->least);
    if (a->most == UINT32_MAX)
        return shell_fail(sh, "%s: %.80s: above 32 bits", what, v->text);
    return shell_fail(sh, "%s: %.80s: above %llu", what, v->text, (unsigned long long)a->most);
}

/* Why it is none of the names, and which may be meant. */
static bool fail_name(struct shell *sh, const char *before, const char *word, const char *why, const struct vfu_name *names)
{
    char text[VFU_NEAR_TEXT];
    struct vfu_near near;

    vfu_near_begin(&near, word);
    for (; names && names->name; names++)
        vfu_near_offer(&near, names->name);
    return shell_fail(sh, "%s%.80s: %s%s", before, word, why, vfu_near_text(&near, text));
}

static bool is_named(struct shell *sh, const struct shell_arg *a, struct shell_value *v)
{
    if (vfu_parse_named(a->names, v->text, &v->number) && (!a->most || v->number <= a->most))
        return true;
    return fail_name(sh, "", v->text, a->wrong, a->names);
}

bool shell_fail_word(struct shell *sh, const struct shell_arg *a, const char *word)
{
    bool option = a->word && a->word[0] == '-';
    char names[80], before[80];

    shell_usage_names(a->names, ", ", " or ", names, sizeof names);
    snprintf(before, sizeof before, "%s%s", option ? a->word : "", option ? ": " : "");
    return fail_name(sh, before, word, a->wrong ? a->wrong : names, a->names);
}

static bool is_word(struct shell *sh, const struct shell_arg *a, struct shell_value *v)
{
    const struct vfu_name *n = shell_exact(a->names, v->text);

    if (!n)
        return shell_fail_word(sh, a, v->text);
    v->number = n->value;
    return true;
}

static bool is_vectors(struct shell *sh, struct shell_value *v)
{
    const char *dash = strchr(v->text, '-');
    uint32_t first, last;
    size_t size = dash ? (size_t)(dash - v->text) : strlen(v->text);
    char word[80];

    if (size >= sizeof word)
        return shell_fail(sh, "FIRST: %.40s...: not a number", v->text);
    memcpy(word, v->text, size);
    word[size] = '\0';
    if (!shell_u32(sh, "FIRST", word, &first))
        return false;
    last = first;
    if (dash && !shell_u32(sh, "LAST", dash + 1, &last))
        return false;
    v->vectors.first = first;
    v->vectors.count = last - first + 1;
    return (last >= first && v->vectors.count > 0) || shell_fail(sh, "LAST is below FIRST");
}

static bool is_protocol(struct shell *sh, const struct shell_arg *a, struct shell_value *v)
{
    const struct vfu_command *command = vfu_command_by_name(v->text), *all;
    char text[VFU_NEAR_TEXT];
    struct vfu_near near;
    size_t count;

    if (command)
        v->number = command->number;
    if (command || (vfu_parse_number(v->text, &v->number) && v->number <= UINT16_MAX))
        return true;
    vfu_near_begin(&near, v->text);
    all = vfu_commands(&count);
    for (size_t i = 0; i < count; i++)
        vfu_near_offer(&near, all[i].name);
    return shell_fail(sh, "%.80s: %s%s", v->text, a->wrong, vfu_near_text(&near, text));
}

static bool convert(struct shell *sh, const struct shell_arg *a, struct shell_value *v)
{
    int ms;

    if (a->flags & (SHELL_MANY | SHELL_REST))
        return true;
    switch (a->kind) {
    case SHELL_NUMBER:
    case SHELL_ADDRESS:
        return is_number(sh, a, v);
    case SHELL_RANGE:
        return shell_range(sh, v->text, v->second, &v->range);
    case SHELL_NAMED:
        return is_named(sh, a, v);
    case SHELL_WORD:
    case SHELL_WIDTH:
        return is_word(sh, a, v);
    case SHELL_PLACE:
        return shell_place(sh, v->text, &v->place);
    case SHELL_VECTORS:
        return is_vectors(sh, v);
    case SHELL_PROTOCOL:
        return is_protocol(sh, a, v);
    case SHELL_TIME:
        if (!shell_time(sh, v->text, &ms))
            return false;
        v->number = (uint64_t)ms;
        return true;
    default:
        return true;
    }
}

bool shell_convert(struct shell *sh, const struct shell_walk *w)
{
    unsigned width = 0;

    for (unsigned i = w->form.first; i < w->form.end; i++) {
        const struct shell_arg *a = &w->args[i];
        struct shell_value *v = &w->values[i];

        if ((int)i == w->open)
            continue;
        if (!v->given && !(a->flags & (SHELL_MANY | SHELL_REST)))
            v->number = a->kind == SHELL_WIDTH && !a->otherwise ? width : a->otherwise;
        if (v->given && !convert(sh, a, v))
            return false;
        if (a->kind == SHELL_PLACE && v->given)
            width = v->place.width;
    }
    return true;
}
