/*
 * Inside cli/browse: what the screen is drawn from, and who changes it. Nothing here but terminal.c and put.c knows ncurses.
 */
#ifndef VFU_CLI_BROWSE_INSIDE_H
#define VFU_CLI_BROWSE_INSIDE_H

#include "cli/browse/browse.h"
#include "cli/browse/edit.h"
#include "cli/browse/lines.h"
#include "cli/browse/terminal.h"
#include "cli/output/known.h"

enum { BROWSE_ROWS = 24, BROWSE_COLUMNS = 80, BROWSE_HISTORY = 32 /* filters, searches: each */, BROWSE_MARKS = 256 };

/* Where keys go to. */
enum browse_place { AT_LIST = 1, AT_FIELDS = 2, AT_PAGE = 4, AT_ANY = 7, AT_TABLE = AT_LIST | AT_FIELDS };

enum browse_times { TIMES_RELATIVE, TIMES_CHOSEN, TIMES_ABSOLUTE, TIMES_DELTA, TIMES_KINDS };

/* Something that scrolls: which of its lines is the chosen one, and which is the first shown. */
struct browse_scroll {
    size_t at, top;
};

struct browse;

/* A screen of its own (pages.c): what its lines say. */
struct browse_page {
    const char *name;  /* as on its tab; NULL: it has none */
    const char *title; /* what it shows, in words */
    bool as_of_chosen; /* as it was when the chosen one came */
    void (*fill)(struct browse *b, struct browse_lines *l);
};

/* Something asked for in the bottom line (ask.c). */
struct browse_question {
    const char *prompt;
    /* It was typed at, or (done) Enter was pressed: false: it is not to end yet. */
    bool (*typed)(struct browse *b, const char *text, bool done);
    /* What may take the place of a word: as vfu_filter_complete; NULL: nothing is completed. */
    size_t (*complete)(struct browse *b, const char *text, void (*take)(void *context, const char *word), void *context);
    void (*left)(struct browse *b); /* by Escape; may be NULL */
    int history; /* enum browse_histories; -1: none */
};

enum browse_histories { HISTORY_FILTER, HISTORY_SEARCH, HISTORY_TAP, HISTORIES };
struct browse_history {
    char *list[BROWSE_HISTORY]; /* the newest is the last: count of them */
    size_t count;
};

struct browse {
    const struct browse_how *how;
    struct browse_terminal *terminal;
    struct browse_model *model;
    struct browse_state state;
    enum browse_place place; /* one of them */
    bool over;               /* it is to end */
    enum cli_status status;

    /* the list */
    struct browse_view *view;
    char filter[EDIT_ROOM];  /* what the view is filtered by; "": nothing */
    char filter_before[EDIT_ROOM]; /* before it was typed at */
    uint32_t chosen_before;        /* and what was chosen then */
    bool folded;
    struct browse_scroll list; /* rows of the view */
    uint32_t wanted;         /* the item that is to be chosen once the view has it; BROWSE_NONE: none */
    uint32_t chosen;         /* the item that the panes below are about; BROWSE_NONE: none */
    bool follow;
    unsigned aside;          /* columns that the list is scrolled to the left */
    enum browse_times times;
    uint64_t since_ns;       /* what times are relative to, with TIMES_CHOSEN */
    uint32_t marked[BROWSE_MARKS]; /* items: mark_count of them */
    size_t mark_count;

    /* below it */
    struct browse_events *events; /* of the chosen one; NULL: they can't be had */
    uint64_t events_reply;   /* its reply's number, as it was when they were read */
    struct browse_lines fields;
    struct browse_scroll field;
    bool header;             /* unfolded */
    unsigned fields_width;   /* what they were made for */
    size_t bytes_top;        /* rows of the hexdump that are scrolled by */

    /* a screen of its own */
    const struct browse_page *page, *last_page; /* NULL: none is shown; the last that was */
    struct browse_lines lines;
    struct browse_scroll line;
    unsigned page_aside;
    unsigned link;           /* which of the messages that the line names Enter goes to, from 0 */
    size_t link_line;        /* the line that this is about */
    struct browse_seen {     /* what the lines were made of */
        uint64_t items, messages;
        uint32_t chosen;
        bool reading;
    } page_seen;
    uint64_t page_due_ns;    /* monotonic: they are not made anew before */

    /* the bottom line */
    const struct browse_question *question; /* NULL: nothing is asked */
    struct browse_edit edit;
    struct browse_history history[HISTORIES];
    size_t history_at;
    char mistake[512];       /* of what is typed; may be empty */
    size_t mistake_column;   /* from 1; 0: it has none */
    char offers[512];        /* what it may go on with */
    char said[1024];         /* what the person is told; may be empty */
    bool said_wrong;
    char copied[9000];       /* a `send` line */
    char write_to[EDIT_ROOM]; /* a file */
    void (*due)(struct browse *b); /* what takes a while: once the screen says so; NULL: nothing does */
    struct browse_text answer; /* what the tap said */
    char search[EDIT_ROOM];  /* what n looks for */
    bool search_forward;
    bool sure;               /* q was pressed, and is asked for again */
    struct cli_known *known; /* names that filters know */
};

/* --- say.c: what the person is told --- */

__attribute__((format(printf, 2, 3))) void browse_say(struct browse *b, const char *format, ...);
__attribute__((format(printf, 2, 3))) void browse_wrong(struct browse *b, const char *format, ...);

/* --- choose.c: what the list has, and which is the chosen one --- */

/* The model has changed: follow, and find what was wanted. */
void browse_update(struct browse *b);
/* Choose a row, the nearest there is. */
void browse_choose_row(struct browse *b, size_t row);
/* Choose an item, once the list has it, or the one behind it. */
void browse_choose_item(struct browse *b, uint32_t item);
/* Choose message #no, of several files in that one, and, if it is the reply, its fields. False: there is none, which was said. */
bool browse_choose_no(struct browse *b, const char *file, uint64_t no);
/* Look at another choice of items: the filter becomes the view's; text is what it was made of. False: out of memory, which was said. */
bool browse_choose_view(struct browse *b, struct vfu_filter *filter, const char *text, bool folded);
size_t browse_rows(const struct browse *b);
/* Make the chosen one's fields, for so many columns, if they are not those already. */
void browse_fields_ready(struct browse *b, unsigned width);
/* The event that the cursor among the fields is about; NULL: none. */
const struct vfu_event *browse_field_event(const struct browse *b);
bool browse_is_marked(const struct browse *b, uint32_t item);
/* The file of the chosen one, of several. */
const char *browse_file(const struct browse *b);
/* Keep `at` among `count` and in sight of `height` lines. */
void browse_scroll_keep(struct browse_scroll *s, size_t count, size_t height);

/* --- layout.c: where what stands --- */

struct browse_layout {
    unsigned rows, columns;
    unsigned list, list_rows;   /* first row, how many */
    unsigned bar;               /* the line between */
    unsigned below, below_rows; /* fields and bytes */
    unsigned fields_columns;    /* from column 0 */
    unsigned bytes, bytes_columns, across; /* column, how many; bytes of a row of the hexdump */
    unsigned bottom;
};
struct browse_layout browse_layout_of(unsigned rows, unsigned columns);
static inline struct browse_layout browse_layout(const struct browse *b)
{
    return browse_layout_of(browse_terminal_rows(b->terminal), browse_terminal_columns(b->terminal));
}

/* --- row.c: the line of an item --- */

/* Its line, without newline, with the sinks' colours, to w; what marks it goes to `marks` (2 columns). */
void browse_row(struct browse *b, uint32_t item, struct vfu_writer *w);

/* --- what draws: list.c, detail.c, page.c, bottom.c --- */

void browse_draw_list(struct browse *b, const struct browse_layout *y);
void browse_draw_fields(struct browse *b, const struct browse_layout *y);
void browse_draw_bytes(struct browse *b, const struct browse_layout *y);
void browse_draw_page(struct browse *b, const struct browse_layout *y);
void browse_draw_tabs(struct browse *b, const struct browse_layout *y);
void browse_draw_bar(struct browse *b, const struct browse_layout *y);
/* Shows everything, too. */
void browse_draw_bottom(struct browse *b, const struct browse_layout *y);
void browse_draw(struct browse *b);

/* --- pages.c, page.c --- */

extern const struct browse_page browse_pages[]; /* the tabs from 2 on; ends with a fill that is NULL */
void browse_page_open(struct browse *b, const struct browse_page *page);
void browse_page_close(struct browse *b);
/* Fill it again: it is about what may have changed. */
void browse_page_refresh(struct browse *b);
/* Fill it again if something has, and not too soon. So many milliseconds later it is to be asked again; -1: nothing has changed. */
int browse_page_renew(struct browse *b);
/* The message that the line under the cursor leads to, of several the chosen one; 0: none. */
uint64_t browse_page_link(struct browse *b);
/* The next of them. */
void browse_next_link(struct browse *b, int unused);
/* Add what was written, as lines, and free it. */
void browse_page_take(struct browse *b, struct browse_lines *l, struct browse_text *t);

/* --- ask.c --- */

void browse_ask(struct browse *b, const struct browse_question *question, const char *text);
void browse_ask_end(struct browse *b);
/* A key, while something is asked. */
void browse_answer(struct browse *b, int code);

/* --- what keys do: move.c, filter.c, find.c, save.c, live.c; `by` is the table's --- */

void browse_move(struct browse *b, int by);
void browse_move_page(struct browse *b, int halves);
void browse_move_end(struct browse *b, int last);
void browse_move_aside(struct browse *b, int columns);
void browse_move_bytes(struct browse *b, int rows);
void browse_go_in(struct browse *b, int unused);
void browse_go_back(struct browse *b, int unused);
void browse_other_place(struct browse *b, int unused);
void browse_other_half(struct browse *b, int unused);
void browse_follow(struct browse *b, int unused);
void browse_times(struct browse *b, int unused);
void browse_mark(struct browse *b, int unused);
void browse_mark_next(struct browse *b, int forward);

void browse_filter(struct browse *b, int unused);
void browse_filter_drop(struct browse *b, int unused);
void browse_hide(struct browse *b, int unused);
void browse_fold(struct browse *b, int unused);

void browse_search(struct browse *b, int forward);
void browse_search_again(struct browse *b, int forward);
enum { FORWARD = 1, BACKWARD = 0 };
#define SEEK(what, forward) ((int)(what) << 1 | (forward))
void browse_find(struct browse *b, int seek);
void browse_goto(struct browse *b, int unused);

void browse_write_file(struct browse *b, int unused);
void browse_copy(struct browse *b, int unused);

/* Is there a tap that takes lines of its prompt? */
bool browse_takes_lines(const struct browse *b);
/* The message that is stopped, and since when (monotonic); 0: none is. */
uint64_t browse_stopped(const struct browse *b, uint64_t *since_ns);
/* Say what came from the tap by itself. */
void browse_take_notice(struct browse *b);
/* A line of its prompt: its words are typed, or (run) are all of it. */
enum { TAP_LINE, TAP_EDIT, TAP_ANSWER, TAP_DROP, TAP_FORWARD, TAP_STEP, TAP_CONTINUE };
void browse_tap_ask(struct browse *b, int line);
void browse_tap_run(struct browse *b, int line);
void browse_quit(struct browse *b, int unused);
/* Are there clients who would be cut off? Asked once; true: it may end. */
bool browse_may_end(struct browse *b);

/* --- keys.c --- */

/* Of live traffic: while it can be stopped; the same, and the bottom line has it while something is. */
enum browse_when { ALWAYS, LIVE, STOPPED };

struct browse_key {
    int codes[4];      /* 0 ends them */
    const char *keys;  /* as people call them */
    const char *words; /* what it does */
    const char *brief; /* in the bottom line; NULL: not there */
    unsigned places;   /* enum browse_place: bits */
    void (*run)(struct browse *b, int by);
    int by;
    const char *group; /* of help: what begins with it; NULL: as the one before */
    enum browse_when when;
};
extern const struct browse_key browse_keys[]; /* ends with a run that is NULL */
void browse_press(struct browse *b, const struct browse_press *press);
void browse_help(struct browse *b, int unused);

/* --- mouse.c --- */

void browse_mouse(struct browse *b, const struct browse_press *press);

#endif
