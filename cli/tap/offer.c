/*
 * What a command of the tap's prompt may go on with: filters, names, the fields of what is stopped. From any thread: of what the
 * tap's changes only what is shared is looked at.
 */
#include "cli/tap/inside.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The last word, and what stands before it. */
static const char *last_word(const char *rest)
{
    const char *blank = strrchr(rest, ' ');

    return blank ? blank + 1 : rest;
}

static void offer(const struct tap_taker *to, const char *prefix, const char *word)
{
    if (strncasecmp(word, prefix, strlen(prefix)) == 0)
        to->take(to->context, word);
}

static void offer_names(const struct vfu_name *names, const char *prefix, const struct tap_taker *to)
{
    for (; names->name; names++)
        offer(to, prefix, names->name);
}

size_t tap_offer_filter(struct tap_commands *c, const char *rest, const struct tap_taker *to)
{
    return vfu_filter_complete(rest, true, &c->known, to->take, to->context);
}

size_t tap_offer_stopped(struct tap_commands *c, const char *rest, const struct tap_taker *to)
{
    char word[24];

    pthread_mutex_lock(&c->shared.lock);
    for (size_t i = 0; i < c->shared.stopped_count; i++) {
        bool bare = *rest && *rest != '#';

        snprintf(word, sizeof word, "%s%llu", bare ? "" : "#", (unsigned long long)c->shared.stopped[i].no);
        offer(to, rest, word);
    }
    pthread_mutex_unlock(&c->shared.lock);
    return 0;
}

size_t tap_offer_answer(struct tap_commands *c, const char *rest, const struct tap_taker *to)
{
    static const struct vfu_name ok[] = { { 0, "ok" }, { 0, NULL } };
    const char *word = last_word(rest);

    if (word != rest)
        return (size_t)(word - rest) + tap_offer_stopped(c, word, to);
    offer_names(vfu_errno_names, rest, to);
    offer_names(ok, rest, to);
    return 0;
}

/* The names that a field's value may have, behind "field=" and what stands before the last '|'. */
static void offer_values(const struct vfu_field *field, const char *word, const struct tap_taker *to)
{
    const char *start = strchr(word, '=') + 1, *bar = strrchr(start, '|');
    char whole[160];
    int keep;

    if (bar && field->kind == VFU_FLAGS)
        start = bar + 1;
    keep = (int)(start - word);
    for (const struct vfu_name *n = field->names; n && n->name; n++)
        if ((size_t)snprintf(whole, sizeof whole, "%.*s%s", keep, word, n->name) < sizeof whole)
            offer(to, word, whole);
}

static void offer_fields(const struct vfu_layout *layout, const char *in_front, const char *word, const struct tap_taker *to)
{
    char whole[80];

    for (const struct vfu_field *f = layout ? layout->fields : NULL; f && f->name; f++) {
        size_t size = (size_t)snprintf(whole, sizeof whole, "%s%s=", in_front, f->name);

        if (f->kind == VFU_LIST || f->kind == VFU_OBJECT || size >= sizeof whole)
            continue;
        if (strncmp(word, whole, size) == 0)
            offer_values(f, word, to);
        else
            offer(to, word, whole);
    }
}

size_t tap_offer_probe(struct tap_commands *c, const char *rest, const struct tap_taker *to)
{
    const char *word = last_word(rest);
    const struct vfu_command *command;
    char name[64];
    size_t count;
    const struct vfu_command *all = vfu_commands(&count);

    (void)c;
    for (size_t i = 0; i < count && word == rest; i++)
        offer(to, rest, all[i].name);
    if (word == rest)
        return 0;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(rest, " "), rest);
    command = vfu_command_by_name(name);
    if (command)
        offer_fields(command->request.layout, "", word, to);
    return (size_t)(word - rest);
}

/* The fields of the message that it is about, or of the one that is stopped longest. */
size_t tap_offer_edit(struct tap_commands *c, const char *rest, const struct tap_taker *to)
{
    const char *word = last_word(rest);
    const struct vfu_command *command = NULL;
    bool is_reply = false;
    char number[24];

    pthread_mutex_lock(&c->shared.lock);
    for (size_t i = 0; i < c->shared.stopped_count && !command; i++) {
        size_t size = (size_t)snprintf(number, sizeof number, "%llu ", (unsigned long long)c->shared.stopped[i].no);

        if (word != rest && strncmp(rest + (*rest == '#'), number, size) != 0)
            continue;
        command = vfu_command_by_number(c->shared.stopped[i].command);
        is_reply = c->shared.stopped[i].is_reply;
    }
    pthread_mutex_unlock(&c->shared.lock);
    if (word == rest && *rest == '#')
        tap_offer_stopped(c, rest, to);
    if (command)
        offer_fields(is_reply ? command->reply.layout : command->request.layout, "", word, to);
    if (command)
        offer_fields(&vfu_header_layout, "header.", word, to);
    return (size_t)(word - rest);
}
