/*
 * The prompt: libedit with history and completion. While it waits for a key the connection is served, and what happens
 * by itself is printed above the line being typed.
 */
#include "cli/shell/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

enum { HISTORY = 1000 };

static char *prompt(EditLine *el)
{
    (void)el;
    return (char *)(uintptr_t)SHELL_PROMPT;
}

/* One character of the locale's encoding from the terminal: 1, 0 at the end, -1. */
static int read_character(wchar_t *wc)
{
    mbstate_t state = { 0 };

    for (int i = 0; i < 8; i++) {
        char byte;
        ssize_t got;
        size_t used;

        do
            got = read(STDIN_FILENO, &byte, 1);
        while (got < 0 && errno == EINTR);
        if (got <= 0)
            return (int)got;
        used = mbrtowc(wc, &byte, 1, &state);
        if (used == (size_t)-2)
            continue;
        if (used != (size_t)-1)
            return 1;
        if (i == 0) { /* not of this encoding: as it is */
            *wc = (wchar_t)(unsigned char)byte;
            return 1;
        }
        memset(&state, 0, sizeof state);
    }
    errno = EILSEQ;
    return -1;
}

/* libedit asks for a key: wait for one, and serve the connection meanwhile. */
static int get_character(EditLine *el, wchar_t *wc)
{
    struct pollfd key = { .fd = STDIN_FILENO, .events = POLLIN };
    struct shell_edit *edit;
    struct shell *sh;

    el_get(el, EL_CLIENTDATA, &edit);
    sh = edit->sh;
    edit->waiting = true;
    shell_terminal_hint(edit);
    while (!key.revents && !sh->watch.interrupted && !sh->watch.terminated)
        vfu_client_turn(&sh->link.client, &key, -1, &sh->outcome.error);
    edit->waiting = false;
    shell_terminal_drop_hint(edit);
    if (!sh->watch.interrupted && !sh->watch.terminated)
        return read_character(wc);
    /* Keys that came behind the ^C are for the next line. */
    shell_terminal_leave_line(edit, sh->watch.interrupted ? "^C" : "");
    errno = EINTR;
    return -1;
}

static unsigned char complete(EditLine *el, int character)
{
    struct shell_edit *edit;
    const LineInfo *line = el_line(el);
    char *text = strndup(line->buffer, (size_t)(line->cursor - line->buffer));
    struct cli_matches m;
    unsigned char what = CC_REFRESH_BEEP;
    size_t at, have, size;

    (void)character;
    el_get(el, EL_CLIENTDATA, &edit);
    if (!text)
        return CC_ERROR;
    shell_complete(edit->sh, text, &m, &at);
    if (m.count > 0) {
        have = strlen(m.prefix);
        size = cli_matches_common(&m);
        m.words[0][size] = '\0';
        if (size > have && el_insertstr(el, m.words[0] + have) == 0)
            what = CC_REFRESH;
        /* Whole words end with a blank; field=, its value and the like may go on. */
        if (m.count == 1 && !strpbrk(m.words[0], "=:") && el_insertstr(el, " ") == 0)
            what = CC_REFRESH;
        if (m.count > 1 && size == have) {
            cli_matches_free(&m);
            shell_complete(edit->sh, text, &m, &at); /* the first was cut above */
            shell_terminal_leave_line(edit, "");
            cli_matches_list(&m, shell_terminal_columns(), stdout);
            fflush(stdout);
            what = CC_REDISPLAY;
        }
    }
    cli_matches_free(&m);
    free(text);
    return what;
}

static bool begin(struct shell_edit *edit)
{
    edit->has_modes = tcgetattr(STDIN_FILENO, &edit->modes) == 0;
    edit->el = el_init("vfuscope", stdin, stdout, stderr);
    edit->history = history_init();
    if (!edit->el || !edit->history)
        return false;
    el_set(edit->el, EL_CLIENTDATA, edit);
    el_set(edit->el, EL_PROMPT, prompt);
    el_set(edit->el, EL_EDITOR, "emacs");
    el_set(edit->el, EL_SIGNAL, 0);
    el_set(edit->el, EL_HIST, history, edit->history);
    el_set(edit->el, EL_ADDFN, "vfu-complete", "complete a command, region, field or name", complete);
    el_set(edit->el, EL_BIND, "^I", "vfu-complete", NULL);
    el_set(edit->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(edit->el, EL_GETCFN, get_character);
    history(edit->history, &edit->event, H_SETSIZE, HISTORY);
    history(edit->history, &edit->event, H_SETUNIQUE, 1);
    shell_history_load(edit->history);
    el_source(edit->el, NULL); /* ~/.editrc */
    return true;
}

static void end(struct shell_edit *edit)
{
    if (edit->history) {
        shell_history_save(edit->history);
        history_end(edit->history);
    }
    if (!edit->el)
        return;
    /* libedit would drop what is typed already: as after bash and gdb it is for whoever reads the terminal next. */
    el_set(edit->el, EL_PREP_TERM, 0);
    el_set(edit->el, EL_EDITMODE, 0);
    el_end(edit->el);
    if (edit->has_modes)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &edit->modes);
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r\n")] == '\0';
}

/* One line; false at the end. */
static bool one_line(struct shell *sh, struct shell_edit *edit, enum shell_result *result)
{
    const char *line;
    char *own;
    int size;

    sh->watch.interrupted = false;
    el_resize(edit->el); /* it may have been while a command ran */
    line = el_gets(edit->el, &size);
    if (!line || size <= 0) {
        if (sh->watch.interrupted && !sh->watch.terminated)
            return true; /* ^C: the line is gone */
        if (!sh->watch.terminated && size == 0)
            printf("\n"); /* ^D */
        fflush(stdout);
        return false;
    }
    if (is_blank(line))
        return true;
    own = strdup(line);
    if (!own)
        return false;
    own[strcspn(own, "\n")] = '\0';
    history(edit->history, &edit->event, H_ENTER, own);
    sh->screen.typing = NULL; /* what happens during the command needs no line saved */
    *result = shell_run_line(sh, own);
    sh->screen.typing = &edit->typing;
    free(own);
    return *result != SHELL_QUIT && !sh->watch.terminated && !sh->screen.w.failed;
}

/* Without grey a hint would look like what was typed. */
static bool hints_wanted(void)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    return !(no_color && *no_color) && term && *term && strcmp(term, "dumb") != 0;
}

enum shell_result shell_prompt(struct shell *sh)
{
    struct shell_edit edit = {
        .typing = { .hide = shell_terminal_hide, .show = shell_terminal_show, .resize = shell_terminal_resize },
        .sh = sh,
    };
    enum shell_result result = SHELL_OK;

    edit.hints = hints_wanted();
    if (!begin(&edit)) {
        end(&edit);
        cli_error("the terminal can't be used");
        return SHELL_FAILED;
    }
    if (vfu_client_is_open(&sh->link.client))
        shell_say(sh, "Connected to %s. help lists the commands, ^D ends.\n", sh->link.client.path.text);
    vfu_writer_flush(&sh->screen.w);
    sh->screen.typing = &edit.typing;
    while (one_line(sh, &edit, &result))
        ;
    sh->screen.typing = NULL;
    end(&edit);
    return SHELL_OK;
}
