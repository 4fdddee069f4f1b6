/*
 * The commands of the tap's prompt. They are done in the tap's thread, and say what they have to say to c->out.
 */
#include "cli/tap/inside.h"
#include "decoder/wire/encode.h"
#include "decoder/wire/near.h"
#include "decoder/wire/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The message a command is about: the number it names, or the one that has been stopped longest. */
static const struct vfu_event *chosen(struct tap_commands *c, const char *number)
{
    const struct vfu_event *list[TAP_STOPPED];
    size_t count = vfu_tap_stopped(c->tap, list, TAP_STOPPED);
    uint64_t no = 0;

    if (number)
        number += *number == '#';
    if (number && !vfu_parse_number(number, &no)) {
        tap_say_line(c, "%s: the number of a stopped message is expected", number);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (!number || list[i]->message.no == no)
            return list[i];
    if (number)
        tap_say_line(c, "#%s is not stopped", number);
    else
        tap_say_line(c, "no message is stopped");
    return NULL;
}

static bool do_break(struct tap_commands *c, char *rest)
{
    return tap_break_add(c, rest);
}

static bool do_delete(struct tap_commands *c, char *rest)
{
    return tap_break_delete(c, rest);
}

static bool do_list(struct tap_commands *c, char *rest)
{
    const struct vfu_event *list[TAP_STOPPED];
    size_t count = vfu_tap_stopped(c->tap, list, TAP_STOPPED);

    (void)rest;
    tap_break_list(c);
    for (size_t i = 0; i < count; i++) {
        fputs("stopped ", c->out);
        tap_say_message(c, list[i], false);
        tap_patience_say(c, list[i]);
    }
    if (!count)
        tap_say_line(c, "no message is stopped");
    return true;
}

static bool do_show(struct tap_commands *c, char *rest)
{
    const struct vfu_event *event = chosen(c, *rest ? rest : NULL);

    if (event)
        tap_say_message(c, event, true);
    return event;
}

static bool do_edit(struct tap_commands *c, char *rest)
{
    const struct vfu_event *event;
    struct vfu_error error;
    char *number = NULL, *value;

    if (*rest == '#' || (*rest >= '0' && *rest <= '9')) { /* edit NO FIELD=VALUE */
        number = rest;
        rest += strcspn(rest, " ");
        if (*rest)
            *rest++ = '\0';
    }
    value = strchr(rest, '=');
    event = value ? chosen(c, number) : NULL;
    if (!value)
        tap_say_line(c, "edit: FIELD=VALUE or @OFFSET=HEX is expected");
    if (!event)
        return false;
    *value++ = '\0';
    if (!vfu_tap_edit(c->tap, event->message.no, rest, value, &error))
        return tap_say_failed(c, "edit: %s", error.text);
    if ((event = chosen(c, number)) != NULL)
        tap_say_message(c, event, false);
    return true;
}

static bool do_forward(struct tap_commands *c, char *rest)
{
    const struct vfu_event *event = chosen(c, *rest ? rest : NULL);

    return event && vfu_tap_forward(c->tap, event->message.no);
}

static bool do_drop(struct tap_commands *c, char *rest)
{
    const struct vfu_event *event = chosen(c, *rest ? rest : NULL);

    return event && vfu_tap_drop(c->tap, event->message.no);
}

static bool do_answer(struct tap_commands *c, char *rest)
{
    char *number = rest + strcspn(rest, " ");
    const struct vfu_event *event;
    uint64_t error = 0;

    if (*number)
        *number++ = '\0';
    if (*rest && strcmp(rest, "ok") != 0 && !(vfu_parse_named(vfu_errno_names, rest, &error) && error <= UINT32_MAX))
        return tap_say_failed(c, "answer %s: an errno is expected, such as EIO, or ok", rest);
    event = chosen(c, *number ? number : NULL);
    if (event && !vfu_tap_answer(c->tap, event->message.no, (uint32_t)error))
        return tap_say_failed(c, "answer: only a command can be answered");
    return event;
}

static void forward_all(struct tap_commands *c)
{
    const struct vfu_event *list[TAP_STOPPED];
    uint64_t numbers[TAP_STOPPED];
    size_t count = vfu_tap_stopped(c->tap, list, TAP_STOPPED);

    for (size_t i = 0; i < count; i++)
        numbers[i] = list[i]->message.no;
    for (size_t i = 0; i < count; i++)
        vfu_tap_forward(c->tap, numbers[i]);
}

/* probe COMMAND [FIELD=VALUE]...: as the shell's send builds it */
static bool build_probe(struct tap_commands *c, struct vfu_build *b, char *rest)
{
    char *save = NULL, *word = strtok_r(rest, " \t", &save), *value;
    const struct vfu_command *command = word ? vfu_command_by_name(word) : NULL;

    if (!command)
        return tap_say_failed(c, "probe%s%s: the name of a command is expected", word ? " " : "", word ? word : "");
    if (!vfu_build_start(b, command->number, false))
        return tap_say_failed(c, "probe: out of memory");
    while ((word = strtok_r(NULL, " \t", &save)) != NULL) {
        value = strchr(word, '=');
        if (value)
            *value++ = '\0';
        if (!value || !vfu_build_set(b, word, value))
            return tap_say_failed(c, "probe: %s", value ? b->error : "FIELD=VALUE is expected");
    }
    return vfu_build_end(b);
}

static bool do_probe(struct tap_commands *c, char *rest)
{
    struct vfu_build b = { 0 };
    struct vfu_error error;
    uint64_t no = 0;

    if (build_probe(c, &b, rest)) {
        no = vfu_tap_probe(c->tap, b.bytes, b.size, &error);
        if (no)
            tap_say_line(c, "probe: sent as #%llu", (unsigned long long)no);
        else
            tap_say_line(c, "probe: not sent: %s", error.text);
    }
    vfu_build_free(&b);
    return no != 0;
}

static bool do_step(struct tap_commands *c, char *rest)
{
    (void)rest;
    c->step = true;
    forward_all(c);
    return true;
}

static bool do_continue(struct tap_commands *c, char *rest)
{
    (void)rest;
    c->step = false;
    forward_all(c);
    return true;
}

static bool do_mark(struct tap_commands *c, char *rest)
{
    if (!vfu_tap_mark(c->tap, rest, strlen(rest)))
        return tap_say_failed(c, "mark: TEXT is expected, of 1024 bytes at most");
    tap_say_line(c, "marked");
    return true;
}

static bool do_why(struct tap_commands *c, char *rest)
{
    (void)rest;
    tap_say_why(c);
    return true;
}

static bool do_quit(struct tap_commands *c, char *rest)
{
    (void)rest;
    tap_say_line(c, "the prompt is left; everything goes on");
    tap_commands_leave(c);
    return true;
}

static bool do_help(struct tap_commands *c, char *rest);

static const struct {
    const char *name, *arguments, *help;
    const char *key; /* at a terminal; NULL: none */
    bool (*run)(struct tap_commands *c, char *rest);
    tap_offer *offer; /* NULL: nothing follows that has a name */
} verbs[] = {
    { "break", "[FILTER]", "stop the messages that FILTER picks, or every one", NULL, do_break, tap_offer_filter },
    { "delete", "[N]", "forget break N, or all", NULL, do_delete, NULL },
    { "list", "", "the breaks, and what is stopped", NULL, do_list, NULL },
    { "show", "[NO]", "all of a stopped message", NULL, do_show, tap_offer_stopped },
    { "edit", "[NO] FIELD=VALUE", "change a field, or bytes: @OFFSET=HEX", "F2", do_edit, tap_offer_edit },
    { "forward", "[NO]", "let it go on", "F5", do_forward, tap_offer_stopped },
    { "answer", "ERRNO|ok [NO]", "answer a command in the place of whom it is for", "F3", do_answer, tap_offer_answer },
    { "drop", "[NO]", "do not let it go on", "F4", do_drop, tap_offer_stopped },
    { "probe", "COMMAND [FIELD=VALUE]...", "send a command to the device, which the client does not see", NULL, do_probe, tap_offer_probe },
    { "step", "", "let what is stopped go on, and stop the next message", "F6", do_step, NULL },
    { "continue", "", "let what is stopped go on", "F7", do_continue, NULL },
    { "why", "", "what is wrong so far, and whose fault, the worst first", NULL, do_why, NULL },
    { "mark", "TEXT", "put a line between the messages: what comes now", NULL, do_mark, NULL },
    { "quit", "", "leave the prompt: everything goes on", NULL, do_quit, NULL },
    { "help", "", "this", NULL, do_help, NULL },
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static bool do_help(struct tap_commands *c, char *rest)
{
    (void)rest;
    for (size_t i = 0; i < VERBS; i++) {
        const char *key = c->how.keys ? verbs[i].key : NULL;

        tap_say_line(c, "  %-8s %-24s %s%s%s%s", verbs[i].name, verbs[i].arguments, verbs[i].help, key ? " (" : "", key ? key : "",
                     key ? ")" : "");
    }
    return true;
}

/* A command goes by its name, or the beginning of one; VERBS: there is none. */
static size_t find(const char *line, size_t size)
{
    size_t i = 0;

    while (i < VERBS && !(size && strncmp(verbs[i].name, line, size) == 0))
        i++;
    return i;
}

size_t tap_commands_complete(struct tap_commands *c, const char *text, void (*take)(void *context, const char *word), void *context)
{
    const struct tap_taker to = { take, context };
    const char *line = text + strspn(text, " \t"), *rest = line + strcspn(line, " \t");
    size_t size = (size_t)(rest - line), which;

    if (!*rest) {
        for (size_t i = 0; i < VERBS; i++)
            if (strncmp(verbs[i].name, line, size) == 0)
                take(context, verbs[i].name);
        return (size_t)(line - text);
    }
    rest += strspn(rest, " \t");
    which = find(line, size);
    if (which == VERBS || !verbs[which].offer)
        return strlen(text);
    return (size_t)(rest - text) + verbs[which].offer(c, rest, &to);
}

bool tap_commands_hint(struct tap_commands *c, const char *text, char *hint, size_t size)
{
    const char *line = text + strspn(text, " \t"), *rest = line + strcspn(line, " \t");
    size_t which = find(line, (size_t)(rest - line));

    (void)c;
    if (which == VERBS || !*rest || rest[strspn(rest, " \t")] || !verbs[which].arguments[0])
        return false;
    snprintf(hint, size, "%s", verbs[which].arguments);
    return true;
}

static bool say_unknown(const struct tap_commands *c, const char *line, size_t size)
{
    char name[VFU_NEAR_NAME], text[VFU_NEAR_TEXT];
    struct vfu_near near;

    snprintf(name, sizeof name, "%.*s", (int)size, line);
    vfu_near_begin(&near, name);
    for (size_t i = 0; i < VERBS; i++)
        vfu_near_offer(&near, verbs[i].name);
    return tap_say_failed(c, "%.*s: no such command%s (help lists them)", (int)size, line, vfu_near_text(&near, text));
}

bool tap_verb_run(struct tap_commands *c, char *line)
{
    size_t size, which;

    line += strspn(line, " \t");
    size = strcspn(line, " \t");
    if (!size || *line == '#')
        return true;
    which = find(line, size);
    if (which == VERBS)
        return say_unknown(c, line, size);
    line += size;
    return verbs[which].run(c, line + strspn(line, " \t"));
}
