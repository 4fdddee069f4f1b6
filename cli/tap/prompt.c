/*
 * The prompt of `tap -i`: see prompt.h. What the tap's thread has to do with it.
 */
#include "cli/cli.h"
#include "cli/tap/prompt.h"
#include "cli/tap/reader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tap_prompt {
    struct tap_commands *commands;
    struct tap_reader *reader;
    struct cli_output *output;
    const struct vfu_session *session;
    bool is_terminal;
    bool warned; /* ^C was answered, when so many lines were done: */
    uint64_t warned_at;
};

/* At a terminal that shows its own line, what comes by itself begins below that, and the prompt follows it. */
static void notice(void *context, const char *words, size_t size)
{
    const struct tap_prompt *p = context;
    bool plain = p->is_terminal && !tap_reader_is_edited(p->reader);

    fprintf(stderr, "%s%.*s%s", plain ? "\n" : "", (int)size, words, plain ? TAP_PROMPT : "");
}

struct tap_prompt *tap_prompt_new(const struct cli_args *args, enum vfu_time_format times)
{
    struct tap_prompt *p = calloc(1, sizeof *p);
    const struct tap_commands_how how = { .args = args, .times = times, .keys = tap_reader_can_edit(),
                                         .notice = notice, .context = p };
    struct stat st;

    if (!p) {
        cli_error("out of memory");
        return NULL;
    }
    if (fstat(STDIN_FILENO, &st) != 0 || S_ISREG(st.st_mode) || (S_ISCHR(st.st_mode) && !isatty(STDIN_FILENO))) {
        cli_error("-i: standard input is no terminal and no pipe");
        free(p);
        return NULL;
    }
    p->is_terminal = isatty(STDIN_FILENO);
    p->commands = tap_commands_new(&how);
    p->reader = p->commands ? tap_reader_new(p->commands) : NULL;
    if (p->reader)
        return p;
    if (p->commands)
        cli_error("out of memory or file descriptors");
    tap_prompt_free(p);
    return NULL;
}

void tap_prompt_free(struct tap_prompt *p)
{
    if (!p)
        return;
    tap_reader_free(p->reader);
    tap_commands_free(p->commands);
    free(p);
}

void tap_prompt_use(struct tap_prompt *p, struct cli_output *output, const struct vfu_session *session)
{
    p->output = output;
    p->session = session;
    tap_commands_use(p->commands, output, session);
}

const struct vfu_tap_intercept *tap_prompt_intercept(const struct tap_prompt *p)
{
    return p ? tap_commands_intercept(p->commands) : NULL;
}

void tap_prompt_saw(struct tap_prompt *p, const struct vfu_event *event)
{
    tap_commands_saw(p->commands, event);
}

bool tap_prompt_begin(struct tap_prompt *p)
{
    return tap_reader_start(p->reader);
}

void tap_prompt_over(struct tap_prompt *p)
{
    tap_commands_end(p->commands);
}

void tap_prompt_end(struct tap_prompt *p)
{
    tap_commands_end(p->commands);
    tap_reader_stop(p->reader);
}

void tap_prompt_again(struct tap_prompt *p)
{
    if (p)
        tap_reader_again(p->reader);
}

void tap_prompt_resize(struct tap_prompt *p)
{
    if (p)
        tap_reader_resize(p->reader);
}

enum vfu_tap_stop tap_prompt_interrupt(struct tap_prompt *p, const struct tap *tap, struct tap_interrupts *plain)
{
    uint64_t count = tap_commands_count(p->commands);
    char text[512];
    bool empty;
    unsigned clients;

    if (tap_commands_are_over(p->commands))
        return tap_interrupted(plain, tap, p->session, p->output);
    if (!p->is_terminal || !tap_in_foreground())
        return VFU_TAP_STOP;
    clients = tap_cut_off(tap, p->session, text, sizeof text);
    empty = tap_reader_cancel(p->reader);
    if (empty && (!clients || (p->warned && p->warned_at == count)))
        return VFU_TAP_STOP;
    p->warned = clients;
    p->warned_at = count;
    if (clients) {
        strncat(text, ". ^C again ends the tap\n", sizeof text - strlen(text) - 1);
        notice(p, text, strlen(text));
    } else {
        notice(p, "", 0);
    }
    return VFU_TAP_GO_ON;
}

bool tap_prompt_hangup(struct tap_prompt *p)
{
    if (!p || !p->is_terminal)
        return false;
    tap_commands_leave(p->commands);
    return true;
}
