/*
 * The keys: what each does, and in which words. Help, the manual and the bottom line have them from here.
 */
#include "cli/browse/inside.h"

#include <stdio.h>
#include <string.h>

static void open_page(struct browse *b, int number);

const struct browse_key browse_keys[] = {
    { { 'j', KEYS_DOWN, KEYS_CTRL('n') }, "j Down", "to the next line", NULL, AT_ANY, browse_move, 1, "Moving", ALWAYS },
    { { 'k', KEYS_UP, KEYS_CTRL('p') }, "k Up", "to the line before", NULL, AT_ANY, browse_move, -1, NULL, ALWAYS },
    { { ' ', KEYS_PAGE_DOWN, KEYS_CTRL('f') }, "Space PgDn ^F", "a page on", NULL, AT_ANY, browse_move_page, 2, NULL, ALWAYS },
    { { 'b', KEYS_PAGE_UP, KEYS_CTRL('b') }, "b PgUp ^B", "a page back", NULL, AT_ANY, browse_move_page, -2, NULL, ALWAYS },
    { { 'd', KEYS_CTRL('d') }, "d ^D", "half a page on", NULL, AT_ANY, browse_move_page, 1, NULL, ALWAYS },
    { { 'u', KEYS_CTRL('u') }, "u ^U", "half a page back", NULL, AT_ANY, browse_move_page, -1, NULL, ALWAYS },
    { { 'g', '<', KEYS_HOME }, "g < Home", "to the first line", NULL, AT_ANY, browse_move_end, 0, NULL, ALWAYS },
    { { 'G', '>', KEYS_END }, "G > End", "to the last line", NULL, AT_ANY, browse_move_end, 1, NULL, ALWAYS },
    { { 'h', KEYS_LEFT }, "h Left", "long lines: back to the left", NULL, AT_ANY, browse_move_aside, -8, NULL, ALWAYS },
    { { 'l', KEYS_RIGHT }, "l Right", "long lines: to the right", NULL, AT_ANY, browse_move_aside, 8, NULL, ALWAYS },
    { { KEYS_ENTER }, "Enter", "into the fields; there: unfold the header; elsewhere: to the message that the line names", "look in", AT_ANY,
      browse_go_in, 0, NULL, ALWAYS },
    { { '\t', KEYS_BACK_TAB }, "Tab", "between the list and the fields", NULL, AT_TABLE, browse_other_place, 0, NULL, ALWAYS },
    { { KEYS_ESCAPE }, "Esc", "back to the list", "back", AT_FIELDS | AT_PAGE, browse_go_back, 0, NULL, ALWAYS },
    { { '\t' }, "Tab", "elsewhere: the next message that the line names, for Enter", NULL, AT_PAGE, browse_next_link, 0, NULL, ALWAYS },
    { { '%' }, "%", "from a command to its reply, and back", "reply", AT_TABLE, browse_other_half, 0, NULL, ALWAYS },
    { { 'J' }, "J", "scroll the bytes on", NULL, AT_TABLE, browse_move_bytes, 1, NULL, ALWAYS },
    { { 'K' }, "K", "scroll the bytes back", NULL, AT_TABLE, browse_move_bytes, -1, NULL, ALWAYS },
    { { ':' }, ":", "go to message #N, or to a time", "#N", AT_TABLE, browse_goto, 0, NULL, ALWAYS },

    { { 'f', '&' }, "f &", "filter, as you type (Tab completes, Esc takes it back)", "filter", AT_TABLE, browse_filter, 0, "Picking",
      ALWAYS },
    { { 'X' }, "X", "drop the filter", NULL, AT_TABLE, browse_filter_drop, 0, NULL, ALWAYS },
    { { 'x' }, "x", "hide what is like this: the same command, at the same place", "hide", AT_LIST, browse_hide, 0, NULL, ALWAYS },
    { { 'z' }, "z", "fold polls, or unfold them", "fold", AT_TABLE, browse_fold, 0, NULL, ALWAYS },
    { { 'F' }, "F", "follow what comes; moving away stops it", NULL, AT_TABLE, browse_follow, 0, NULL, ALWAYS },
    { { 't' }, "t", "times: since the begin, since this message, of day, since the line before", NULL, AT_TABLE, browse_times, 0, NULL,
      ALWAYS },

    { { '/' }, "/", "look for words: a regular expression", "search", AT_TABLE, browse_search, FORWARD, "Finding", ALWAYS },
    { { '\\' }, "\\", "likewise, backward", NULL, AT_TABLE, browse_search, BACKWARD, NULL, ALWAYS },
    { { 'n' }, "n", "the next one that has them", NULL, AT_TABLE, browse_search_again, 1, NULL, ALWAYS },
    { { 'N' }, "N", "the one before", NULL, AT_TABLE, browse_search_again, 0, NULL, ALWAYS },
    { { 'p' }, "p", "the next problem: a rule is broken, or things do not fit", "problem", AT_TABLE, browse_find,
      SEEK(BROWSE_SEEK_PROBLEM, FORWARD), NULL, ALWAYS },
    { { 'P' }, "P", "the problem before", NULL, AT_TABLE, browse_find, SEEK(BROWSE_SEEK_PROBLEM, BACKWARD), NULL, ALWAYS },
    { { 'e' }, "e", "the next error", "error", AT_TABLE, browse_find, SEEK(BROWSE_SEEK_ERROR, FORWARD), NULL, ALWAYS },
    { { 'E' }, "E", "the error before", NULL, AT_TABLE, browse_find, SEEK(BROWSE_SEEK_ERROR, BACKWARD), NULL, ALWAYS },
    { { 's' }, "s", "the next slow one: one in a hundred takes so long", NULL, AT_TABLE, browse_find,
      SEEK(BROWSE_SEEK_SLOW, FORWARD), NULL, ALWAYS },
    { { 'S' }, "S", "the slow one before", NULL, AT_TABLE, browse_find, SEEK(BROWSE_SEEK_SLOW, BACKWARD), NULL, ALWAYS },
    { { '*' }, "*", "the next one of the same place", NULL, AT_TABLE, browse_find, SEEK(BROWSE_SEEK_PLACE, FORWARD), NULL, ALWAYS },
    { { '#' }, "#", "the one before of the same place", NULL, AT_TABLE, browse_find, SEEK(BROWSE_SEEK_PLACE, BACKWARD), NULL, ALWAYS },
    { { 'm' }, "m", "mark it, or take the mark off", NULL, AT_TABLE, browse_mark, 0, NULL, ALWAYS },
    { { '\'' }, "'", "to the next mark", NULL, AT_TABLE, browse_mark_next, 1, NULL, ALWAYS },
    { { '"' }, "\"", "to the mark before", NULL, AT_TABLE, browse_mark_next, 0, NULL, ALWAYS },

    { { '1', 'L' }, "1 L", "the list", NULL, AT_ANY, open_page, 1, "Screens of their own", ALWAYS },
    { { '2', 'W' }, "2 W", "what is wrong, and whose fault it is", "why", AT_ANY, open_page, 2, NULL, ALWAYS },
    { { '3', 'D' }, "3 D", "the DMA map, as of the chosen message", NULL, AT_ANY, open_page, 3, NULL, ALWAYS },
    { { '4', 'R' }, "4 R", "regions, and what can be mapped of them", NULL, AT_ANY, open_page, 4, NULL, ALWAYS },
    { { '5', 'I' }, "5 I", "interrupts by vector", NULL, AT_ANY, open_page, 5, NULL, ALWAYS },
    { { '6', 'O' }, "6 O", "commands that wait for their reply", NULL, AT_ANY, open_page, 6, NULL, ALWAYS },
    { { '7', 'Q' }, "7 Q", "queues: what plugins say of them", NULL, AT_ANY, open_page, 7, NULL, ALWAYS },
    { { '8', 'C' }, "8 C", "everything, summed up", NULL, AT_ANY, open_page, 8, NULL, ALWAYS },
    { { '9', 'A' }, "9 A", "who speaks", NULL, AT_ANY, open_page, 9, NULL, ALWAYS },

    { { 'w' }, "w", "write what is shown: a capture, text, JSON, a report, by the file's name", "write", AT_TABLE, browse_write_file, 0,
      "Taking along", ALWAYS },
    { { 'y' }, "y", "copy the command as a `send` line of the shell", NULL, AT_TABLE, browse_copy, 0, NULL, ALWAYS },

    { { '!', ';' }, "! ;", "a line of the tap's prompt: break, edit, drop, ...", "tap", AT_ANY, browse_tap_ask, TAP_LINE,
      "Live, with a tap", LIVE },
    { { KEYS_F2 }, "F2", "change what is stopped: edit, and its words follow", "edit", AT_ANY, browse_tap_ask, TAP_EDIT, NULL,
      STOPPED },
    { { KEYS_F3 }, "F3", "answer what is stopped, and its words follow", "answer", AT_ANY, browse_tap_ask, TAP_ANSWER, NULL,
      STOPPED },
    { { KEYS_F4 }, "F4", "drop what is stopped", "drop", AT_ANY, browse_tap_run, TAP_DROP, NULL, STOPPED },
    { { KEYS_F5, 'a' }, "F5 a", "let go on what is stopped", "forward", AT_ANY, browse_tap_run, TAP_FORWARD, NULL, STOPPED },
    { { KEYS_F6 }, "F6", "let all go on that is stopped, and stop the next message", "step", AT_ANY, browse_tap_run, TAP_STEP, NULL,
      STOPPED },
    { { KEYS_F7 }, "F7", "let all go on that is stopped, until a break", "continue", AT_ANY, browse_tap_run, TAP_CONTINUE, NULL,
      STOPPED },

    { { '?', KEYS_F1 }, "? F1", "all keys", "keys", AT_ANY, browse_help, 0, "Other", ALWAYS },
    { { 'q', KEYS_CTRL('c') }, "q ^C", "back; from the list: end", "end", AT_ANY, browse_quit, 0, NULL, ALWAYS },
    { { 0 }, "^Z", "stop, as every program, and fg goes on; not live, where the traffic would stop, too", NULL, 0, browse_quit, 0, NULL, ALWAYS },
    { { 0 }, "^L", "draw everything anew", NULL, 0, browse_quit, 0, NULL, ALWAYS },
    { { 0 }, "mouse", "choose a line, twice: look in; the wheel scrolls; a tab opens", NULL, 0, browse_quit, 0, NULL, ALWAYS },
    { .run = NULL },
};

static void fill_help(struct browse *b, struct browse_lines *l)
{
    char line[256];

    for (const struct browse_key *k = browse_keys; k->run; k++) {
        if (k->group) {
            if (k != browse_keys)
                browse_lines_words(l, "");
            snprintf(line, sizeof line, "\033[1m%s\033[0m", k->group);
            browse_lines_words(l, line);
        }
        snprintf(line, sizeof line, "  %-14s %s", k->keys, k->words);
        browse_lines_split(l, line, strlen(line), browse_terminal_columns(b->terminal));
    }
}

void browse_help(struct browse *b, int unused)
{
    static const struct browse_page help = { NULL, "Keys (Esc goes back)", false, fill_help };

    (void)unused;
    browse_page_open(b, &help);
}

static void open_page(struct browse *b, int number)
{
    if (number == 1)
        browse_page_close(b);
    else
        browse_page_open(b, &browse_pages[number - 2]);
}

static bool is_of(const struct browse_key *k, int code)
{
    for (size_t i = 0; i < sizeof k->codes / sizeof *k->codes && k->codes[i]; i++)
        if (k->codes[i] == code)
            return true;
    return false;
}

void browse_press(struct browse *b, const struct browse_press *press)
{
    bool sure = b->sure;

    b->said[0] = '\0';
    for (const struct browse_key *k = browse_keys; k->run; k++) {
        if (!(k->places & b->place) || !is_of(k, press->code) || (k->when != ALWAYS && !browse_takes_lines(b)))
            continue;
        k->run(b, k->by);
        b->sure = b->sure && !sure; /* the next key takes it back */
        return;
    }
    b->sure = false;
    if (press->code != KEYS_OTHER && press->code != KEYS_ESCAPE)
        browse_say(b, "this key does nothing here (? shows all)");
}
