/*
 * The line that is typed at the prompt's terminal. libedit has it, and is only asked for it when keys have come: traffic does not
 * wait for them.
 */
#include "cli/matches.h"
#include "cli/tap/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { HISTORY = 200, REST_MS = 5 /* for the rest of a key that is several bytes */ };

struct tap_edit {
    EditLine *el;
    History *history;
    struct tap_prompt *prompt;
    bool gone; /* nothing comes any more */
};

/* --- completion --- */

static void take(void *context, const char *word)
{
    cli_matches_add(context, word);
}

static void list(struct cli_matches *m)
{
    struct winsize window;

    fputc('\n', stderr);
    cli_matches_list(m, ioctl(STDIN_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col ? window.ws_col : 80, stderr);
}

/* A place goes on with its offset. */
static bool goes_on(const char *word)
{
    size_t size = strlen(word);

    return size > 3 && strcmp(word + size - 3, "+0x") == 0;
}

/* What they share takes the place of what was typed of it. */
static unsigned char put_in(EditLine *el, struct cli_matches *m)
{
    size_t have = strlen(m->prefix), size = cli_matches_common(m);
    char *shared = strndup(m->words[0], size);
    unsigned char result = CC_REFRESH;

    if (!shared)
        return CC_ERROR;
    if (size > have || m->count == 1) {
        el_deletestr(el, (int)have);
        el_insertstr(el, shared);
        if (m->count == 1 && !goes_on(shared))
            el_insertstr(el, " ");
    } else {
        list(m);
        result = CC_REDISPLAY;
    }
    free(shared);
    return result;
}

static unsigned char complete(EditLine *el, int character)
{
    const LineInfo *line = el_line(el);
    char *text = strndup(line->buffer, (size_t)(line->cursor - line->buffer));
    struct cli_matches m = { 0 };
    unsigned char result = CC_REFRESH_BEEP;
    struct tap_edit *edit;

    (void)character;
    el_get(el, EL_CLIENTDATA, &edit);
    if (!text)
        return CC_ERROR;
    m.prefix = text + tap_prompt_complete(edit->prompt, text, take, &m);
    if (m.count)
        result = put_in(el, &m);
    cli_matches_free(&m);
    free(text);
    return result;
}

/* --- keys --- */

/* A key that has come; of one whose rest has not, nothing. */
static int get_character(EditLine *el, wchar_t *wc)
{
    struct pollfd ready = { .fd = STDIN_FILENO, .events = POLLIN };
    mbstate_t state = { 0 };
    struct tap_edit *edit;
    char byte = 0;

    el_get(el, EL_CLIENTDATA, &edit);
    for (int i = 0; i < 8; i++) {
        ssize_t got = poll(&ready, 1, REST_MS) == 1 ? read(STDIN_FILENO, &byte, 1) : -1;
        size_t used;

        if (got == 0 || (got < 0 && ready.revents && errno != EINTR && errno != EAGAIN))
            edit->gone = true;
        if (got <= 0)
            return (int)got;
        used = mbrtowc(wc, &byte, 1, &state);
        if (used <= 1)
            return 1;
        if (used == (size_t)-1) { /* not of this encoding: as it is */
            *wc = (wchar_t)(unsigned char)byte;
            return 1;
        }
    }
    return -1;
}

static char *prompt(EditLine *el)
{
    static char text[] = TAP_PROMPT;

    (void)el;
    return text;
}

/* What was typed is a command. */
static void run(struct tap_edit *edit, const char *line, size_t size)
{
    char *own = strndup(line, size);
    HistEvent event;

    el_set(edit->el, EL_UNBUFFERED, 0);
    if (own && own[strspn(own, " \t")])
        history(edit->history, &event, H_ENTER, own);
    if (own)
        tap_prompt_run(edit->prompt, own);
    free(own);
    if (!edit->prompt->gone)
        el_set(edit->el, EL_UNBUFFERED, 1);
}

void tap_edit_keys(struct tap_edit *edit)
{
    struct pollfd ready = { .fd = STDIN_FILENO, .events = POLLIN };

    while (!edit->prompt->gone && poll(&ready, 1, 0) == 1) {
        int size = 0;
        const char *line = el_gets(edit->el, &size);

        if (line && size > 0 && line[size - 1] == '\n') {
            run(edit, line, (size_t)size - 1);
        } else if (edit->gone || (line && size == 1 && line[0] == 4 /* ^D */)) {
            el_set(edit->el, EL_UNBUFFERED, 0);
            fputc('\n', stderr);
            tap_prompt_leave(edit->prompt);
        }
    }
}

bool tap_edit_is_empty(const struct tap_edit *edit)
{
    const LineInfo *line = el_line(edit->el);

    return line->lastchar == line->buffer;
}

void tap_edit_cancel(struct tap_edit *edit)
{
    el_set(edit->el, EL_UNBUFFERED, 0);
    fputs("^C\n", stderr);
}

void tap_edit_show(struct tap_edit *edit)
{
    el_set(edit->el, EL_REFRESH);
}

bool tap_edit_may(void)
{
    pid_t group = tcgetpgrp(STDIN_FILENO);

    return group < 0 || group == getpgrp();
}

void tap_edit_again(struct tap_edit *edit)
{
    if (!tap_edit_may() || edit->prompt->gone)
        return;
    el_set(edit->el, EL_UNBUFFERED, 0);
    el_set(edit->el, EL_UNBUFFERED, 1);
}

struct tap_edit *tap_edit_new(struct tap_prompt *p)
{
    static const char *const asking[] = { "^V", "^R", "^S", "^[x", "^[X" }; /* they would wait for more keys */
    const char *term = getenv("TERM");
    struct tap_edit *edit = calloc(1, sizeof *edit);
    HistEvent event;

    if (!edit || !p->is_terminal || !tap_edit_may() || !term || !*term || strcmp(term, "dumb") == 0 ||
        !(edit->el = el_init_fd("vfuscope", stdin, stderr, stderr, STDIN_FILENO, STDERR_FILENO, STDERR_FILENO))) {
        free(edit);
        return NULL;
    }
    edit->prompt = p;
    edit->history = history_init();
    el_set(edit->el, EL_CLIENTDATA, edit);
    el_set(edit->el, EL_PROMPT, prompt);
    el_set(edit->el, EL_EDITOR, "emacs");
    el_set(edit->el, EL_SIGNAL, 0);
    if (edit->history) {
        history(edit->history, &event, H_SETSIZE, HISTORY);
        history(edit->history, &event, H_SETUNIQUE, 1);
        el_set(edit->el, EL_HIST, history, edit->history);
    }
    /* Of narrow strings libedit keeps copies for good. */
    el_wset(edit->el, EL_ADDFN, L"vfu-complete", L"complete a command or a filter", complete);
    el_set(edit->el, EL_BIND, "^I", "vfu-complete", NULL);
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++)
        el_set(edit->el, EL_BIND, asking[i], "ed-unassigned", NULL);
    el_set(edit->el, EL_GETCFN, get_character);
    el_set(edit->el, EL_UNBUFFERED, 1);
    return edit;
}

/* It is another's now: its modes are not ours to set, and who tries is stopped. */
static void leave_terminal(void)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (null >= 0 && null != STDIN_FILENO) {
        dup2(null, STDIN_FILENO);
        close(null);
    }
}

void tap_edit_free(struct tap_edit *edit)
{
    if (!edit)
        return;
    if (edit->history)
        history_end(edit->history);
    if (!tap_edit_may())
        leave_terminal();
    el_set(edit->el, EL_UNBUFFERED, 0);
    el_end(edit->el);
    free(edit);
}
