/*
 * A line that is typed: libedit with history and completion. While it waits for a key, whoever asks for the line does what is to be
 * done, and prints above it.
 */
#include "cli/line/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

enum {
    HISTORY = 1000,
    PASTED = 0x80, /* a key that nobody has: more of the line is there, to be shown */
    PASTE = 1024,  /* so much of it at once */
};

static struct cli_line *line_of(EditLine *el)
{
    struct cli_line *l;

    el_get(el, EL_CLIENTDATA, &l);
    return l;
}

static char *prompt(EditLine *el)
{
    const struct cli_line_how *how = &line_of(el)->how;

    return (char *)(uintptr_t)how->prompt(how->context);
}

/* --- keys --- */

/* One character of the locale's encoding from the terminal: 1, 0 at the end, -1. */
static int read_character(int fd, wchar_t *wc)
{
    mbstate_t state = { 0 };

    for (int i = 0; i < 8; i++) {
        char byte;
        ssize_t got;
        size_t used;

        do
            got = read(fd, &byte, 1);
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

static bool has_input(const struct cli_line *l)
{
    struct pollfd key = { .fd = fileno(l->how.in), .events = POLLIN };

    return poll(&key, 1, 0) == 1 && key.revents & POLLIN;
}

static bool is_plain(wchar_t c)
{
    return c >= 0x20 && c < 0x7f;
}

static bool is_control(wchar_t c, char letter)
{
    return c == (wchar_t)(letter & 0x1f);
}

/* May keys that follow it belong to it? ESC [ A; what is looked for, or quoted. */
static bool begins_key(wchar_t c)
{
    return c == 0x1b || is_control(c, 'R') || is_control(c, 'S') || is_control(c, 'V') || is_control(c, 'Q') ||
           is_control(c, 'X');
}

/*
 * Text of which more is there already, as where it is pasted, is put into the line at once, and shown once: libedit would draw
 * all of a long line anew for each of its rows. Not beyond the line's end: what follows may be for another program.
 */
static void take_text(struct cli_line *l, wchar_t *wc)
{
    char text[PASTE + 1];
    size_t size = 0;
    wchar_t c = *wc;

    l->in_key |= begins_key(c);
    while (!l->in_key && is_plain(c) && size < PASTE) {
        text[size++] = (char)c;
        c = 0;
        if (!has_input(l) || read_character(fileno(l->how.in), &c) != 1)
            break;
    }
    text[size] = '\0';
    if (size > 0)
        l->next = c;
    if (size > 1 && el_insertstr(l->el, text) == 0)
        *wc = PASTED;
}

static unsigned char pasted(EditLine *el, int character)
{
    (void)el;
    (void)character;
    return CC_REFRESH;
}

/* libedit asks for a key. */
static int get_character(EditLine *el, wchar_t *wc)
{
    struct cli_line *l = line_of(el);
    int got = 1;

    if (l->next) {
        *wc = l->next;
        l->next = 0;
        take_text(l, wc);
        return 1;
    }
    l->waiting = true;
    if (!has_input(l))
        line_hint(l);
    l->left = !l->how.wait(l->how.context, fileno(l->how.in));
    l->waiting = false;
    line_drop_hint(l);
    if (l->left) {
        errno = EINTR;
        return -1;
    }
    got = read_character(fileno(l->how.in), wc);
    if (got == 1)
        take_text(l, wc);
    return got;
}

/* --- completion --- */

/* Whole words end with a blank; field=, its value, a place and the like may go on. */
static bool goes_on(const char *word)
{
    size_t size = strlen(word);

    return strpbrk(word + strspn(word, "=<>!"), "=:") || (size > 3 && strcmp(word + size - 3, "+0x") == 0);
}

static void list(struct cli_line *l, struct cli_matches *m)
{
    cli_line_below(l, "");
    cli_matches_list(m, line_columns(l), l->how.out);
    fflush(l->how.out);
}

/* What they share takes the place of what was typed of it. */
static unsigned char put_in(struct cli_line *l, struct cli_matches *m)
{
    size_t have = strlen(m->prefix), size = cli_matches_common(m);
    char *shared = strndup(m->words[0], size);
    unsigned char what = CC_REFRESH;

    if (!shared)
        return CC_ERROR;
    if (size > have || m->count == 1) {
        el_deletestr(l->el, (int)have);
        if (el_insertstr(l->el, shared) != 0 || (m->count == 1 && !goes_on(shared) && el_insertstr(l->el, " ") != 0))
            what = CC_REFRESH_BEEP;
    } else {
        list(l, m);
        what = CC_REDISPLAY;
    }
    free(shared);
    return what;
}

static unsigned char complete(EditLine *el, int character)
{
    struct cli_line *l = line_of(el);
    const LineInfo *line = el_line(el);
    char *text = strndup(line->buffer, (size_t)(line->cursor - line->buffer));
    struct cli_matches m = { 0 };
    unsigned char what = CC_REFRESH_BEEP;

    (void)character;
    if (!text)
        return CC_ERROR;
    if (l->how.complete)
        l->how.complete(l->how.context, text, &m);
    if (m.count > 0)
        what = put_in(l, &m);
    cli_matches_free(&m);
    free(text);
    return what;
}

/* --- start and end --- */

/* Without grey a hint would look like what was typed. */
static bool hints_wanted(void)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    return !(no_color && *no_color) && term && *term && strcmp(term, "dumb") != 0;
}

static bool begin(struct cli_line *l)
{
    l->has_modes = tcgetattr(fileno(l->how.in), &l->modes) == 0;
    l->el = el_init("vfuscope", l->how.in, l->how.out, l->how.out);
    l->history = history_init();
    if (!l->el || !l->history)
        return false;
    el_set(l->el, EL_CLIENTDATA, l);
    el_set(l->el, EL_PROMPT, prompt);
    el_set(l->el, EL_EDITOR, "emacs");
    el_set(l->el, EL_SIGNAL, 0);
    el_set(l->el, EL_HIST, history, l->history);
    /* Of narrow strings libedit keeps copies for good. */
    el_wset(l->el, EL_ADDFN, L"vfu-complete", L"complete what is typed", complete);
    el_wset(l->el, EL_ADDFN, L"vfu-pasted", L"show what was pasted", pasted);
    el_set(l->el, EL_BIND, "^I", "vfu-complete", NULL);
    el_set(l->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(l->el, EL_GETCFN, get_character);
    history(l->history, &l->event, H_SETSIZE, HISTORY);
    history(l->history, &l->event, H_SETUNIQUE, 1);
    if (l->how.history)
        line_history_load(l->history, l->how.history, HISTORY);
    for (const struct cli_line_key *k = l->how.keys; k && k->key; k++)
        el_set(l->el, EL_BIND, "-s", k->key, k->types, NULL);
    el_source(l->el, NULL); /* ~/.editrc */
    el_set(l->el, EL_BIND, "\\200", "vfu-pasted", NULL); /* PASTED */
    return true;
}

struct cli_line *cli_line_new(const struct cli_line_how *how)
{
    struct cli_line *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->how = *how;
    l->hints = hints_wanted();
    if (begin(l))
        return l;
    cli_line_free(l);
    return NULL;
}

bool cli_line_may(int terminal)
{
    pid_t group = tcgetpgrp(terminal);

    return group < 0 || group == getpgrp();
}

/* Its modes are not ours to set, and libedit would: it gets a terminal that is none. */
static void leave_terminal(struct cli_line *l)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (null >= 0 && null != fileno(l->how.in)) {
        dup2(null, fileno(l->how.in));
        close(null);
    }
    l->has_modes = false;
}

void cli_line_free(struct cli_line *l)
{
    if (!l)
        return;
    if (l->history)
        history_end(l->history);
    if (l->el && !cli_line_may(fileno(l->how.in)))
        leave_terminal(l);
    if (l->el) {
        /* libedit would drop what is typed already: as after bash and gdb it is for whoever reads the terminal next. */
        el_set(l->el, EL_PREP_TERM, 0);
        el_set(l->el, EL_EDITMODE, 0);
        el_end(l->el);
        if (l->has_modes)
            tcsetattr(fileno(l->how.in), TCSADRAIN, &l->modes);
    }
    free(l);
}

/* --- asking --- */

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r\n")] == '\0';
}

enum cli_line_end cli_line_ask(struct cli_line *l, char **typed)
{
    const char *line;
    int size = 0;

    *typed = NULL;
    l->left = false;
    l->in_key = false;
    el_resize(l->el); /* it may have been meanwhile */
    line = el_gets(l->el, &size);
    if (!line || size <= 0)
        return l->left ? CLI_LINE_LEFT : CLI_LINE_EOF;
    if (is_blank(line))
        return CLI_LINE_TYPED;
    *typed = strndup(line, strcspn(line, "\n"));
    if (!*typed)
        return CLI_LINE_EOF;
    if (history(l->history, &l->event, H_ENTER, *typed) > 0 && l->how.history)
        line_history_keep(l->how.history, *typed);
    return CLI_LINE_TYPED;
}
