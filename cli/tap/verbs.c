/*
 * The commands at the prompt of `tap -i`.
 */
#include "cli/tap/inside.h"
#include "decoder/wire/encode.h"
#include "decoder/wire/near.h"
#include "decoder/wire/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED = 256 };

/* The message a command is about: the number it names, or the one that has been stopped longest. */
static const struct vfu_event *chosen(struct tap_prompt *p, const char *number)
{
    const struct vfu_event *list[LISTED];
    size_t count = vfu_tap_stopped(p->tap, list, LISTED);
    uint64_t no = 0;

    if (number)
        number += *number == '#';
    if (number && !vfu_parse_number(number, &no)) {
        tap_prompt_say("%s: the number of a stopped message is expected", number);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (!number || list[i]->message.no == no)
            return list[i];
    if (number)
        tap_prompt_say("#%s is not stopped", number);
    else
        tap_prompt_say("no message is stopped");
    return NULL;
}

static void do_break(struct tap_prompt *p, char *rest)
{
    struct vfu_filter_error error;
    struct vfu_filter *filter = NULL;

    if (p->break_count == TAP_BREAKS) {
        tap_prompt_say("there are %d already", TAP_BREAKS);
        return;
    }
    if (*rest && !(filter = vfu_filter_parse_early(rest, &p->known, &error))) {
        tap_prompt_say("break: column %u: %s", error.column, error.text);
        return;
    }
    p->breaks[p->break_count].filter = filter;
    p->breaks[p->break_count].text = *rest ? strdup(rest) : NULL;
    p->break_count++;
    tap_prompt_say("break %zu: %s", p->break_count, *rest ? rest : "every message");
}

void tap_prompt_forget(struct tap_prompt *p, size_t which)
{
    vfu_filter_free(p->breaks[which].filter);
    free(p->breaks[which].text);
    p->break_count--;
    memmove(&p->breaks[which], &p->breaks[which + 1], (p->break_count - which) * sizeof *p->breaks);
}

static void do_delete(struct tap_prompt *p, char *rest)
{
    uint64_t which = 0;

    if (*rest && (!vfu_parse_number(rest, &which) || which == 0 || which > p->break_count)) {
        tap_prompt_say("delete: there are breaks 1 to %zu", p->break_count);
        return;
    }
    if (*rest)
        tap_prompt_forget(p, (size_t)which - 1);
    while (!*rest && p->break_count)
        tap_prompt_forget(p, p->break_count - 1);
}

static void do_list(struct tap_prompt *p, char *rest)
{
    const struct vfu_event *list[LISTED];
    size_t count = vfu_tap_stopped(p->tap, list, LISTED);

    (void)rest;
    for (size_t i = 0; i < p->break_count; i++)
        tap_prompt_say("break %zu: %s", i + 1, p->breaks[i].text ? p->breaks[i].text : "every message");
    for (size_t i = 0; i < count; i++) {
        fputs("stopped ", stderr);
        tap_prompt_print(p, list[i], false);
        tap_patience_say(p, list[i], stderr);
    }
    if (!count)
        tap_prompt_say("no message is stopped");
}

static void do_show(struct tap_prompt *p, char *rest)
{
    const struct vfu_event *event = chosen(p, *rest ? rest : NULL);

    if (event)
        tap_prompt_print(p, event, true);
}

static void do_edit(struct tap_prompt *p, char *rest)
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
    event = value ? chosen(p, number) : NULL;
    if (!value)
        tap_prompt_say("edit: FIELD=VALUE or @OFFSET=HEX is expected");
    if (!event)
        return;
    *value++ = '\0';
    if (!vfu_tap_edit(p->tap, event->message.no, rest, value, &error))
        tap_prompt_say("edit: %s", error.text);
    else if ((event = chosen(p, number)) != NULL)
        tap_prompt_print(p, event, false);
}

static void do_forward(struct tap_prompt *p, char *rest)
{
    const struct vfu_event *event = chosen(p, *rest ? rest : NULL);

    if (event)
        vfu_tap_forward(p->tap, event->message.no);
}

static void do_drop(struct tap_prompt *p, char *rest)
{
    const struct vfu_event *event = chosen(p, *rest ? rest : NULL);

    if (event)
        vfu_tap_drop(p->tap, event->message.no);
}

static void do_answer(struct tap_prompt *p, char *rest)
{
    char *number = rest + strcspn(rest, " ");
    const struct vfu_event *event;
    uint64_t error = 0;

    if (*number)
        *number++ = '\0';
    if (*rest && strcmp(rest, "ok") != 0 &&
        !(vfu_parse_named(vfu_errno_names, rest, &error) && error <= UINT32_MAX)) {
        tap_prompt_say("answer %s: an errno is expected, such as EIO, or ok", rest);
        return;
    }
    event = chosen(p, *number ? number : NULL);
    if (event && !vfu_tap_answer(p->tap, event->message.no, (uint32_t)error))
        tap_prompt_say("answer: only a command can be answered");
}

static void forward_all(struct tap_prompt *p)
{
    const struct vfu_event *list[LISTED];
    uint64_t numbers[LISTED];
    size_t count = vfu_tap_stopped(p->tap, list, LISTED);

    for (size_t i = 0; i < count; i++)
        numbers[i] = list[i]->message.no;
    for (size_t i = 0; i < count; i++)
        vfu_tap_forward(p->tap, numbers[i]);
}

/* probe COMMAND [FIELD=VALUE]...: as the shell's send builds it */
static bool build_probe(struct vfu_build *b, char *rest)
{
    char *save = NULL, *word = strtok_r(rest, " \t", &save), *value;
    const struct vfu_command *command = word ? vfu_command_by_name(word) : NULL;

    if (!command) {
        tap_prompt_say("probe%s%s: the name of a command is expected", word ? " " : "", word ? word : "");
        return false;
    }
    if (!vfu_build_start(b, command->number, false)) {
        tap_prompt_say("probe: out of memory");
        return false;
    }
    while ((word = strtok_r(NULL, " \t", &save)) != NULL) {
        value = strchr(word, '=');
        if (value)
            *value++ = '\0';
        if (!value || !vfu_build_set(b, word, value)) {
            tap_prompt_say("probe: %s", value ? b->error : "FIELD=VALUE is expected");
            return false;
        }
    }
    return vfu_build_end(b);
}

static void do_probe(struct tap_prompt *p, char *rest)
{
    struct vfu_build b = { 0 };
    struct vfu_error error;
    uint64_t no;

    if (build_probe(&b, rest)) {
        no = vfu_tap_probe(p->tap, b.bytes, b.size, &error);
        if (no)
            tap_prompt_say("probe: sent as #%llu", (unsigned long long)no);
        else
            tap_prompt_say("probe: not sent: %s", error.text);
    }
    vfu_build_free(&b);
}

static void do_step(struct tap_prompt *p, char *rest)
{
    (void)rest;
    p->step = true;
    forward_all(p);
}

static void do_continue(struct tap_prompt *p, char *rest)
{
    (void)rest;
    p->step = false;
    forward_all(p);
}

void tap_prompt_leave(struct tap_prompt *p)
{
    p->gone = true;
    tap_prompt_say("the prompt is left; everything goes on");
    vfu_tap_let_go(p->tap);
}

static void do_mark(struct tap_prompt *p, char *rest)
{
    tap_prompt_say(vfu_tap_mark(p->tap, rest, strlen(rest)) ? "marked" : "mark: TEXT is expected, of 1024 bytes at most");
}

static void do_why(struct tap_prompt *p, char *rest)
{
    (void)rest;
    tap_prompt_why(p->output);
}

static void do_quit(struct tap_prompt *p, char *rest)
{
    (void)rest;
    tap_prompt_leave(p);
}

/* Who is told of a word that may come next. */
struct taker {
    void (*take)(void *context, const char *word);
    void *context;
};

static void offer_names(const struct vfu_name *names, const char *prefix, const struct taker *to)
{
    for (; names->name; names++)
        if (strncasecmp(names->name, prefix, strlen(prefix)) == 0)
            to->take(to->context, names->name);
}

static size_t complete_break(struct tap_prompt *p, const char *rest, const struct taker *to)
{
    return vfu_filter_complete(rest, true, &p->known, to->take, to->context);
}

static size_t complete_answer(struct tap_prompt *p, const char *rest, const struct taker *to)
{
    static const struct vfu_name ok[] = { { 0, "ok" }, { 0, NULL } };

    (void)p;
    if (strchr(rest, ' '))
        return strlen(rest);
    offer_names(vfu_errno_names, rest, to);
    offer_names(ok, rest, to);
    return 0;
}

static size_t complete_probe(struct tap_prompt *p, const char *rest, const struct taker *to)
{
    size_t count;
    const struct vfu_command *all = vfu_commands(&count);

    (void)p;
    if (strchr(rest, ' '))
        return strlen(rest);
    for (size_t i = 0; i < count; i++)
        if (strncasecmp(all[i].name, rest, strlen(rest)) == 0)
            to->take(to->context, all[i].name);
    return 0;
}

static void do_help(struct tap_prompt *p, char *rest);

static const struct {
    const char *name, *arguments, *help;
    void (*run)(struct tap_prompt *p, char *rest);
    size_t (*complete)(struct tap_prompt *p, const char *rest, const struct taker *to); /* as tap_prompt_complete */
} commands[] = {
    { "break", "[FILTER]", "stop the messages that FILTER picks, or every one", do_break, complete_break },
    { "delete", "[N]", "forget break N, or all", do_delete, NULL },
    { "list", "", "the breaks, and what is stopped", do_list, NULL },
    { "show", "[NO]", "all of a stopped message", do_show, NULL },
    { "edit", "[NO] FIELD=VALUE", "change a field, or bytes: @OFFSET=HEX", do_edit, NULL },
    { "forward", "[NO]", "let it go on", do_forward, NULL },
    { "answer", "ERRNO|ok [NO]", "answer a command in the place of whom it is for", do_answer, complete_answer },
    { "drop", "[NO]", "do not let it go on", do_drop, NULL },
    { "probe", "COMMAND [FIELD=VALUE]...", "send a command to the device, which the client does not see", do_probe, complete_probe },
    { "step", "", "let what is stopped go on, and stop the next message", do_step, NULL },
    { "continue", "", "let what is stopped go on", do_continue, NULL },
    { "why", "", "what is wrong so far, and whose fault, the worst first", do_why, NULL },
    { "mark", "TEXT", "put a line between the messages: what comes now", do_mark, NULL },
    { "quit", "", "leave the prompt: everything goes on", do_quit, NULL },
    { "help", "", "this", do_help, NULL },
};

static void do_help(struct tap_prompt *p, char *rest)
{
    (void)p;
    (void)rest;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        tap_prompt_say("  %-8s %-24s %s", commands[i].name, commands[i].arguments, commands[i].help);
}

/* A command goes by its name, or the beginning of one; NULL: there is none. */
static const char *find(const char *line, size_t size, size_t *which)
{
    for (*which = 0; *which < sizeof commands / sizeof *commands; ++*which)
        if (size && strncmp(commands[*which].name, line, size) == 0)
            return commands[*which].name;
    return NULL;
}

size_t tap_prompt_complete(struct tap_prompt *p, const char *text, void (*take)(void *context, const char *word), void *context)
{
    const struct taker to = { take, context };
    const char *line = text + strspn(text, " \t"), *rest = line + strcspn(line, " \t");
    size_t size = (size_t)(rest - line), which;

    if (!*rest) {
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
            if (strncmp(commands[i].name, line, size) == 0)
                take(context, commands[i].name);
        return (size_t)(line - text);
    }
    rest += strspn(rest, " \t");
    if (!find(line, size, &which) || !commands[which].complete)
        return strlen(text);
    return (size_t)(rest - text) + commands[which].complete(p, rest, &to);
}

static void say_unknown(const char *line, size_t size)
{
    char name[VFU_NEAR_NAME], text[VFU_NEAR_TEXT];
    struct vfu_near near;

    snprintf(name, sizeof name, "%.*s", (int)size, line);
    vfu_near_begin(&near, name);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        vfu_near_offer(&near, commands[i].name);
    tap_prompt_say("%.*s: no such command%s (help lists them)", (int)size, line, vfu_near_text(&near, text));
}

void tap_prompt_run(struct tap_prompt *p, char *line)
{
    size_t size, i;

    line += strspn(line, " \t");
    size = strcspn(line, " \t");
    if (!size || *line == '#')
        return;
    p->warned = false;
    if (!find(line, size, &i)) {
        say_unknown(line, size);
        return;
    }
    line += size;
    commands[i].run(p, line + strspn(line, " \t"));
}
