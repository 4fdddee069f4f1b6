/*
 * The thread that reads lines for the tap's prompt: see reader.h. At a terminal it has all of that: it reads the keys, and what is
 * printed comes through pipes to it, so that it stands above the line.
 */
#include "capture/poke.h"
#include "cli/cli.h"
#include "cli/tap/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE = 4096,          /* bytes of a line of a pipe */
    UNFINISHED_MS = 100,  /* what has no end yet is shown after so long */
    BACKGROUND_MS = 250,  /* whether the terminal is ours again is looked at so often: who fetches us may not say it */
    PATIENCE_MS = 2000,   /* at the end, for a terminal that takes nothing */
    LOOK_MS = 20,
    AT_END = 1 << 20,     /* bytes that are still shown, once we are to end */
};

/* What the thread is told. */
enum { END = 1 << 0, CANCEL = 1 << 1, AGAIN = 1 << 2, RESIZE = 1 << 3 };

struct tap_reader {
    struct tap_commands *commands;
    bool edited, is_terminal;
    pthread_t thread;
    bool runs;
    int wake; /* an eventfd */
    atomic_uint told;
    atomic_bool typed;   /* is there something of a line? */
    atomic_bool answered, good; /* the line that was handed over is done */
    char *words;         /* what it said, until it is shown */
    size_t size;
    atomic_bool done;    /* the thread is at its end */
    atomic_uint_fast64_t shown; /* bytes so far */

    /* the thread's */
    struct tap_stream streams[2];
    FILE *screen;
    struct cli_line *line; /* NULL: none is asked for any more */
    bool away;   /* the terminal is another's */
    bool ending, cancelled;
    bool stuck;  /* the terminal takes nothing, or is gone */
    char text[LINE];
    size_t used;
    bool too_long; /* the rest of a line that was too long is still to come */
};

/* --- for the tap's thread --- */

static void tell(struct tap_reader *r, unsigned what)
{
    atomic_fetch_or(&r->told, what);
    eventfd_write(r->wake, 1);
}

bool tap_reader_cancel(struct tap_reader *r)
{
    bool typed = atomic_load(&r->typed);
    unsigned before = atomic_fetch_or(&r->told, CANCEL);

    eventfd_write(r->wake, 1);
    return !typed || before & CANCEL;
}

void tap_reader_again(struct tap_reader *r)
{
    tell(r, AGAIN);
}

void tap_reader_resize(struct tap_reader *r)
{
    tell(r, RESIZE);
}

bool tap_reader_is_edited(const struct tap_reader *r)
{
    return r->edited;
}

/* A line is done: at a terminal the thread shows what it said, above the next one. */
static void done(void *context, bool good, char *words, size_t size)
{
    struct tap_reader *r = context;

    atomic_store(&r->good, good);
    if (r->edited) {
        r->words = words;
        r->size = size;
    } else {
        if (size)
            fwrite(words, 1, size, stderr);
        free(words);
    }
    atomic_store(&r->answered, true);
    eventfd_write(r->wake, 1);
}

/* --- what is shown --- */

static void put(struct tap_reader *r, const char *bytes, size_t size)
{
    int fd = fileno(r->screen);

    while (size > 0 && !r->stuck) {
        ssize_t n = write(fd, bytes, size);

        if (n < 0 && errno != EINTR)
            r->stuck = true;
        if (n <= 0) {
            r->stuck |= (atomic_load(&r->told) & END) != 0; /* poked */
            continue;
        }
        bytes += n;
        size -= (size_t)n;
        atomic_fetch_add(&r->shown, (uint64_t)n);
    }
}

/* Above the line. */
static void show(struct tap_reader *r, const char *bytes, size_t size)
{
    if (r->line && !r->away)
        cli_line_hide(r->line);
    put(r, bytes, size);
    if (size && bytes[size - 1] != '\n' && r->line && !r->away)
        put(r, "\n", 1);
    if (r->line && !r->away)
        cli_line_show(r->line);
}

static void show_stream(struct tap_reader *r, struct tap_stream *s)
{
    size_t size = tap_stream_ready(s);

    if (size)
        show(r, s->bytes, size);
    tap_stream_drop(s, size);
}

/* --- a turn --- */

static bool is_ours(const struct tap_reader *r)
{
    return !r->is_terminal || cli_line_may(STDIN_FILENO);
}

static void look_where_we_are(struct tap_reader *r)
{
    bool ours = is_ours(r);

    if (!ours && !r->away && r->line)
        cli_line_lost(r->line);
    if (ours && r->away && r->line)
        cli_line_resume(r->line);
    r->away = !ours;
}

static void do_what_is_told(struct tap_reader *r)
{
    unsigned told = atomic_fetch_and(&r->told, END);

    r->ending |= (told & END) != 0;
    r->cancelled |= (told & CANCEL) != 0;
    if (told & AGAIN && r->line) {
        cli_line_lost(r->line);
        r->away = true;
    }
    look_where_we_are(r);
    if (told & RESIZE && r->line)
        cli_line_resize(r->line);
}

static int patience(const struct tap_reader *r, bool keys)
{
    for (int i = 0; i < 2; i++)
        if (r->streams[i].used)
            return UNFINISHED_MS;
    return keys && r->away ? BACKGROUND_MS : -1;
}

/* Wait until something happens, and deal with it, but for keys: true if there are some. */
static bool turn(struct tap_reader *r, bool keys)
{
    struct pollfd ready[] = { { .fd = r->wake, .events = POLLIN },
                              { .fd = r->streams[0].from, .events = POLLIN },
                              { .fd = r->streams[1].from, .events = POLLIN },
                              { .fd = keys && !r->away ? STDIN_FILENO : -1, .events = POLLIN } };
    int count = poll(ready, 4, patience(r, keys));
    eventfd_t unused;

    if (count < 0)
        return false;
    if (ready[0].revents)
        eventfd_read(r->wake, &unused);
    do_what_is_told(r);
    for (int i = 0; i < 2; i++) {
        struct tap_stream *s = &r->streams[i];

        s->stale = count == 0;
        if (ready[1 + i].revents)
            tap_stream_take(s);
        show_stream(r, s);
    }
    return ready[3].revents && !r->away;
}

/* Do what the line says; what is printed meanwhile is shown. */
static void hand_over(struct tap_reader *r, const char *line)
{
    atomic_store(&r->answered, false);
    if (!tap_commands_hand(r->commands, line, done, r))
        return;
    while (!atomic_load(&r->answered))
        turn(r, false);
    if (r->size)
        show(r, r->words, r->size);
    free(r->words);
    r->words = NULL;
    r->size = 0;
}

/* --- lines that are edited --- */

static const char *prompt(void *context)
{
    (void)context;
    return TAP_PROMPT;
}

static bool wait_for_key(void *context, int fd)
{
    struct tap_reader *r = context;

    (void)fd;
    atomic_store(&r->typed, !cli_line_is_empty(r->line));
    do_what_is_told(r);
    while (!r->ending && !r->cancelled && !tap_commands_are_over(r->commands))
        if (turn(r, true))
            return true;
    atomic_store(&r->typed, false); /* before it is seen to be: the next ^C may come right then */
    if (!r->away)
        cli_line_below(r->line, r->cancelled ? "^C" : "");
    return false;
}

static void take(void *context, const char *word)
{
    cli_matches_add(context, word);
}

static void complete(void *context, const char *text, struct cli_matches *m)
{
    m->prefix = text + tap_commands_complete(((struct tap_reader *)context)->commands, text, take, m);
}

static bool hint(void *context, const char *text, char *to, size_t size)
{
    struct tap_commands *commands = ((struct tap_reader *)context)->commands;

    if (*text)
        return tap_commands_hint(commands, text, to, size);
    if (!tap_commands_stopped(commands, NULL))
        return false;
    snprintf(to, size, "F2 edit  F3 answer  F4 drop  F5 forward  F6 step  F7 continue");
    return true;
}

/* As xterm and its like send them, and as the console does. */
static const struct cli_line_key keys[] = {
    { "\\eOQ", "^Uedit " },        { "\\e[12~", "^Uedit " },      { "\\e[[B", "^Uedit " },
    { "\\eOR", "^Uanswer " },      { "\\e[13~", "^Uanswer " },    { "\\e[[C", "^Uanswer " },
    { "\\eOS", "^Udrop\\n" },      { "\\e[14~", "^Udrop\\n" },    { "\\e[[D", "^Udrop\\n" },
    { "\\e[15~", "^Uforward\\n" }, { "\\e[[E", "^Uforward\\n" },
    { "\\e[17~", "^Ustep\\n" },    { "\\e[18~", "^Ucontinue\\n" },
    { NULL, NULL },
};

/* False: no more are asked for. */
static bool one_line(struct tap_reader *r)
{
    enum cli_line_end end;
    char *typed;

    while (!r->ending && !is_ours(r))
        turn(r, true);
    r->away = r->cancelled = false;
    if (r->ending || tap_commands_are_over(r->commands))
        return false;
    end = cli_line_ask(r->line, &typed);
    atomic_store(&r->typed, false);
    if (end == CLI_LINE_EOF && !is_ours(r))
        return true; /* the keys are for somebody else */
    if (end == CLI_LINE_EOF) {
        put(r, "\n", 1);
        hand_over(r, "quit");
        return false;
    }
    if (typed)
        hand_over(r, typed);
    free(typed);
    return true;
}

static void edit_lines(struct tap_reader *r)
{
    const struct cli_line_how how = { .in = stdin, .out = r->screen, .history = "tap_history", .prompt = prompt,
                                      .wait = wait_for_key, .complete = complete, .hint = hint, .keys = keys, .context = r };

    r->line = cli_line_new(&how);
    while (r->line && one_line(r))
        ;
    if (r->stuck)
        tcflush(fileno(r->screen), TCOFLUSH);
    cli_line_free(r->line);
    r->line = NULL;
}

/* --- lines as they come --- */

static void ask(const struct tap_reader *r)
{
    if (r->is_terminal && !tap_commands_are_over(r->commands))
        fputs(TAP_PROMPT, stderr);
}

static void take_lines(struct tap_reader *r)
{
    char *end;

    r->text[r->used] = '\0';
    while ((end = memchr(r->text, '\n', r->used)) != NULL) {
        *end = '\0';
        if (!r->too_long)
            hand_over(r, r->text);
        r->too_long = false;
        r->used -= (size_t)(end + 1 - r->text);
        memmove(r->text, end + 1, r->used + 1);
    }
    if (r->used == sizeof r->text - 1) {
        if (!r->too_long)
            fputs("the line is too long\n", stderr);
        r->too_long = true;
        r->used = 0;
    }
}

static void read_lines(struct tap_reader *r)
{
    ask(r);
    while (!r->ending && !tap_commands_are_over(r->commands)) {
        ssize_t got;

        if (!turn(r, true))
            continue;
        got = read(STDIN_FILENO, r->text + r->used, sizeof r->text - 1 - r->used);
        if (got < 0 && (errno == EINTR || errno == EAGAIN || !is_ours(r)))
            continue;
        if (got <= 0) { /* ^D, or the terminal is gone */
            hand_over(r, "quit");
            return;
        }
        r->used += (size_t)got;
        take_lines(r);
        ask(r);
    }
}

/* --- start and end --- */

/* What was printed before we were to end, as far as it comes at once. */
static void show_the_rest(struct tap_reader *r)
{
    uint64_t until = atomic_load(&r->shown) + AT_END;

    for (int i = 0; i < 2; i++) {
        struct tap_stream *s = &r->streams[i];
        struct pollfd ready = { .fd = s->from, .events = POLLIN };

        while (!r->stuck && atomic_load(&r->shown) < until && poll(&ready, 1, 0) == 1 && tap_stream_take(s))
            show_stream(r, s);
        s->stale = true;
        show_stream(r, s);
    }
}

static void *run(void *context)
{
    struct tap_reader *r = context;

    if (r->edited)
        edit_lines(r);
    else
        read_lines(r);
    while (!r->ending)
        turn(r, false);
    show_the_rest(r);
    atomic_store(&r->done, true);
    return NULL;
}

bool tap_reader_can_edit(void)
{
    const char *term = getenv("TERM");

    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && cli_line_may(STDIN_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

struct tap_reader *tap_reader_new(struct tap_commands *commands)
{
    struct tap_reader *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->commands = commands;
    r->is_terminal = isatty(STDIN_FILENO);
    r->edited = tap_reader_can_edit();
    for (int i = 0; i < 2; i++)
        r->streams[i] = (struct tap_stream){ .number = -1, .before = -1, .from = -1 };
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (r->wake >= 0)
        return r;
    free(r);
    return NULL;
}

bool tap_reader_start(struct tap_reader *r)
{
    int screen = r->edited ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1;

    r->screen = screen >= 0 ? fdopen(screen, "w") : NULL;
    if (r->edited && (!r->screen || !tap_stream_open(&r->streams[0], STDOUT_FILENO) ||
                      !tap_stream_open(&r->streams[1], STDERR_FILENO))) {
        cli_error("out of file descriptors");
        return false;
    }
    /* It takes neither SIGTTIN nor SIGTTOU: who is in the background is not stopped for what it prints. */
    r->runs = vfu_poke_start(&r->thread, run, r);
    if (r->runs)
        return true;
    cli_error("the prompt's thread can't be started");
    return false;
}

/* Of a terminal that takes nothing it is called off, again and again: it may come just before the system call. */
static void wait_for_thread(struct tap_reader *r)
{
    uint64_t shown = 0;
    unsigned waited = 0;

    while (!atomic_load(&r->done)) {
        nanosleep(&(struct timespec){ .tv_nsec = waited < PATIENCE_MS ? LOOK_MS * 1000000L : 1000000 }, NULL);
        waited = atomic_load(&r->shown) == shown ? waited + LOOK_MS : 0;
        shown = atomic_load(&r->shown);
        if (waited >= PATIENCE_MS)
            pthread_kill(r->thread, VFU_POKE);
    }
    pthread_join(r->thread, NULL);
}

void tap_reader_stop(struct tap_reader *r)
{
    if (r->runs) {
        tell(r, END);
        wait_for_thread(r);
    }
    r->runs = false;
    for (int i = 0; i < 2; i++)
        tap_stream_back(&r->streams[i]);
    if (r->screen)
        show_the_rest(r); /* came between */
}

void tap_reader_free(struct tap_reader *r)
{
    if (!r)
        return;
    for (int i = 0; i < 2; i++)
        tap_stream_close(&r->streams[i]);
    if (r->screen)
        fclose(r->screen);
    close(r->wake);
    free(r->words);
    free(r);
}
