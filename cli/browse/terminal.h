/*
 * The terminal, through ncurses, which nothing else here knows: cells that are filled, keys that come.
 */
#ifndef VFU_CLI_BROWSE_TERMINAL_H
#define VFU_CLI_BROWSE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* How a piece looks: bits, and a colour as in SGR's 31 to 36. */
enum browse_paint {
    PAINT_PLAIN = 0,
    PAINT_RED = 1,
    PAINT_GREEN = 2,
    PAINT_YELLOW = 3,
    PAINT_BLUE = 4,
    PAINT_MAGENTA = 5,
    PAINT_CYAN = 6,
    PAINT_COLOUR = 7, /* the mask of these */
    PAINT_BOLD = 8,
    PAINT_DIM = 16,
    PAINT_REVERSE = 32,
    PAINT_UNDERLINE = 64,
    PAINT_ONLY = 128, /* colours that are in the text do not count */
};

/* Keys that are no characters. */
enum browse_code {
    KEYS_NONE = 0x110000, /* nothing was pressed */
    KEYS_GONE,            /* the terminal is no more */
    KEYS_UP, KEYS_DOWN, KEYS_LEFT, KEYS_RIGHT, KEYS_HOME, KEYS_END, KEYS_PAGE_UP, KEYS_PAGE_DOWN, KEYS_DELETE, KEYS_BACKSPACE,
    KEYS_BACK_TAB, KEYS_ENTER, KEYS_ESCAPE, KEYS_F1, KEYS_F2, KEYS_F3, KEYS_F4, KEYS_F5, KEYS_F6, KEYS_F7, /* in a row */
    KEYS_MOUSE_PRESS, KEYS_MOUSE_TWICE, KEYS_MOUSE_UP, KEYS_MOUSE_DOWN, /* row and column say where */
    KEYS_OTHER,
};
#define KEYS_CTRL(letter) ((letter) & 0x1f)

struct browse_press {
    int code; /* enum browse_code, or a character of Unicode */
    unsigned row, column; /* of the mouse's */
};

struct browse_terminal;

/* Does standard output, and something that keys come from, let itself be used so? Else a message was printed. */
bool browse_terminal_usable(void);
/* Take it over. NULL: a message was printed. */
struct browse_terminal *browse_terminal_open(bool coloured);
/* Leave it as it was, and free. */
void browse_terminal_close(struct browse_terminal *t);
/* Stop as by ^Z, and take it over again afterwards. */
void browse_terminal_suspend(struct browse_terminal *t);
/* Keys come from here. */
int browse_terminal_fd(const struct browse_terminal *t);
/* Has it another size than what is drawn? */
bool browse_terminal_has_resized(const struct browse_terminal *t);
/* It may have another size now; everything is drawn anew. */
void browse_terminal_resized(struct browse_terminal *t);
unsigned browse_terminal_rows(const struct browse_terminal *t);
unsigned browse_terminal_columns(const struct browse_terminal *t);
/* The next key that has come; never waits but for the rest of a key. */
struct browse_press browse_terminal_key(struct browse_terminal *t);
bool browse_terminal_has_key(const struct browse_terminal *t);
/* Can it show this? */
bool browse_terminal_is_utf8(const struct browse_terminal *t);

/* All cells are empty; then fill them; then show them, with the cursor at a place, or without. */
void browse_terminal_begin(struct browse_terminal *t);
void browse_terminal_show(struct browse_terminal *t);
void browse_terminal_show_cursor(struct browse_terminal *t, unsigned row, unsigned column);
/* Send bytes to the terminal as they are (OSC 52). */
void browse_terminal_send(struct browse_terminal *t, const char *bytes, size_t size);

/*
 * A line of text in UTF-8, with the sinks' colours in it, from its column `skip` on, into `width` columns; what is left of them is
 * blank. Nothing that is no character of a cell gets there as it is. Where it is cut its last column says so. paint: what the text
 * does not say itself. How many columns the text has.
 */
unsigned browse_put(struct browse_terminal *t, unsigned row, unsigned column, unsigned width, unsigned paint, const char *text,
                    size_t size, unsigned skip);
unsigned browse_put_words(struct browse_terminal *t, unsigned row, unsigned column, unsigned width, unsigned paint,
                          const char *words);
/* How many columns it has. */
unsigned browse_columns(const struct browse_terminal *t, const char *text, size_t size);

#endif
