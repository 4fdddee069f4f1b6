/*
 * The terminal: taken over, given back, its keys. What is put into its cells: put.c.
 */
#include "cli/browse/cells.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

enum { ESCAPE_MS = 25 }; /* so long an Escape waits for what would make it another key */

bool browse_terminal_usable(void)
{
    int fd;

    if (!isatty(STDOUT_FILENO)) {
        cli_error("browse: standard output is no terminal (decode prints what it would show)");
        return false;
    }
    if (isatty(STDIN_FILENO))
        return true;
    fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        cli_error("browse: there is no terminal that keys could come from: %s", strerror(errno));
        return false;
    }
    close(fd);
    return true;
}

/* Colours, and what it does without. */
static void set_colours(struct browse_terminal *t, bool coloured)
{
    t->coloured = coloured && has_colors() && COLORS >= 8 && start_color() == OK;
    if (!t->coloured)
        return;
    use_default_colors();
    for (short colour = 1; colour <= 6; colour++)
        init_pair(colour, colour, -1);
    t->bright = COLORS >= 16;
}

static void set_modes(struct browse_terminal *t)
{
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_MS);
    mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    mouseinterval(0);
    idlok(stdscr, TRUE);
    (void)t;
}

static bool cannot(struct browse_terminal *t)
{
    const char *term = getenv("TERM");

    if (t->screen && cursor_address && clear_screen)
        return false;
    cli_error("browse: TERM=%s: no full screen on such a terminal", term ? term : "");
    return true;
}

struct browse_terminal *browse_terminal_open(bool coloured)
{
    struct browse_terminal *t = calloc(1, sizeof *t);
    int fd;

    if (!t) {
        cli_error("browse: the terminal: %s", strerror(errno));
        return NULL;
    }
    fd = isatty(STDIN_FILENO) ? dup(STDIN_FILENO) : open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (fd < 0 || (t->in = fdopen(fd, "r")) == NULL) {
        cli_error("browse: the terminal: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        free(t);
        return NULL;
    }
    setlocale(LC_CTYPE, "");
    t->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    tcgetattr(fd, &t->before);
    t->screen = newterm(NULL, stdout, t->in);
    if (cannot(t)) {
        if (t->screen) {
            endwin();
            delscreen(t->screen);
        }
        fclose(t->in);
        free(t);
        return NULL;
    }
    set_colours(t, coloured);
    set_modes(t);
    return t;
}

/* What curses leaves, if it could not be asked. */
static void give_back(struct browse_terminal *t)
{
    mousemask(0, NULL);
    curs_set(1);
    if (!exit_ca_mode) { /* the picture would stay */
        erase();
        refresh();
    }
    endwin();
    tcsetattr(fileno(t->in), TCSADRAIN, &t->before);
}

void browse_terminal_close(struct browse_terminal *t)
{
    if (!t)
        return;
    give_back(t);
    delscreen(t->screen);
    fclose(t->in);
    free(t);
}

void browse_terminal_suspend(struct browse_terminal *t)
{
    give_back(t);
    kill(0, SIGTSTP); /* as the terminal tells it to all that run in its foreground */
    kill(getpid(), SIGSTOP);
    tcgetattr(fileno(t->in), &t->before);
    set_modes(t);
    browse_terminal_resized(t);
}

int browse_terminal_fd(const struct browse_terminal *t)
{
    return fileno(t->in);
}

void browse_terminal_resized(struct browse_terminal *t)
{
    struct winsize w;

    if (ioctl(fileno(t->in), TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col)
        resizeterm(w.ws_row, w.ws_col);
    clearok(curscr, TRUE);
}

unsigned browse_terminal_rows(const struct browse_terminal *t)
{
    (void)t;
    return (unsigned)getmaxy(stdscr);
}

unsigned browse_terminal_columns(const struct browse_terminal *t)
{
    (void)t;
    return (unsigned)getmaxx(stdscr);
}

bool browse_terminal_is_utf8(const struct browse_terminal *t)
{
    return t->utf8;
}

/* --- keys --- */

static struct browse_press mouse(void)
{
    struct browse_press press = { .code = KEYS_OTHER };
    MEVENT event;

    if (getmouse(&event) != OK)
        return press;
    press.row = (unsigned)event.y;
    press.column = (unsigned)event.x;
    if (event.bstate & BUTTON4_PRESSED)
        press.code = KEYS_MOUSE_UP;
    else if (event.bstate & BUTTON5_PRESSED)
        press.code = KEYS_MOUSE_DOWN;
    else if (event.bstate & BUTTON1_DOUBLE_CLICKED)
        press.code = KEYS_MOUSE_TWICE;
    else if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
        press.code = KEYS_MOUSE_PRESS;
    return press;
}

static int special(wint_t key)
{
    static const struct {
        wint_t key;
        int code;
    } keys[] = {
        { KEY_UP, KEYS_UP },          { KEY_DOWN, KEYS_DOWN },           { KEY_LEFT, KEYS_LEFT },   { KEY_RIGHT, KEYS_RIGHT },
        { KEY_HOME, KEYS_HOME },      { KEY_END, KEYS_END },             { KEY_PPAGE, KEYS_PAGE_UP }, { KEY_NPAGE, KEYS_PAGE_DOWN },
        { KEY_DC, KEYS_DELETE },      { KEY_BACKSPACE, KEYS_BACKSPACE }, { KEY_BTAB, KEYS_BACK_TAB }, { KEY_ENTER, KEYS_ENTER },
        { KEY_FIND, KEYS_HOME },      { KEY_SELECT, KEYS_END },
    };

    if (key >= KEY_F(1) && key <= KEY_F(7))
        return KEYS_F1 + (int)(key - KEY_F(1));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].key == key)
            return keys[i].code;
    return KEYS_OTHER;
}

static int character(wint_t key)
{
    switch (key) {
    case '\r':
    case '\n':
        return KEYS_ENTER;
    case 0x7f:
    case '\b':
        return KEYS_BACKSPACE;
    case 0x1b:
        return KEYS_ESCAPE;
    default:
        return (int)key;
    }
}

bool browse_terminal_has_key(const struct browse_terminal *t)
{
    struct pollfd p = { .fd = fileno(t->in), .events = POLLIN };

    return poll(&p, 1, 0) == 1;
}

struct browse_press browse_terminal_key(struct browse_terminal *t)
{
    struct browse_press press = { .code = KEYS_NONE };
    struct pollfd p = { .fd = fileno(t->in), .events = POLLIN };
    bool came = poll(&p, 1, 0) == 1;
    wint_t key;
    int got;

    if (came && p.revents & (POLLHUP | POLLERR | POLLNVAL)) {
        press.code = KEYS_GONE;
        return press;
    }
    got = get_wch(&key);
    if (got == KEY_CODE_YES && key == KEY_MOUSE)
        return mouse();
    if (got == KEY_CODE_YES)
        press.code = special(key);
    else if (got == OK)
        press.code = character(key);
    return press;
}

void browse_terminal_send(struct browse_terminal *t, const char *bytes, size_t size)
{
    (void)t;
    fwrite(bytes, 1, size, stdout);
    fflush(stdout);
}

bool browse_terminal_has_resized(const struct browse_terminal *t)
{
    struct winsize w;

    return ioctl(fileno(t->in), TIOCGWINSZ, &w) == 0 && w.ws_row && w.ws_col &&
           (w.ws_row != getmaxy(stdscr) || w.ws_col != getmaxx(stdscr));
}
