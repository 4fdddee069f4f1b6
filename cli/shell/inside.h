/*
 * What only the shell's own files share, from the ground up; its commands don't see it.
 */
#ifndef VFU_CLI_SHELL_INSIDE_H
#define VFU_CLI_SHELL_INSIDE_H

#include "cli/shell/shell.h"
#include "plugins/host/host.h"

/* --- what is said, and what happens meanwhile --- */

/* screen.c, say.c */
void shell_screen_init(struct shell_screen *screen);
/* Take the line being typed off the screen, and put it back. */
void shell_hide_line(struct shell *sh);
void shell_show_line(struct shell *sh);
/* Report an error to the person: with script and line in front. */
void shell_complain(struct shell *sh, const char *text);

/* page.c: what is said in between goes to the screen, or if that is too small through a pager. */
void shell_page_begin(struct shell *sh);
void shell_page_end(struct shell *sh);

/* watch.c */
/* Signals come through a descriptor, so that one poll waits for everything. False: it was said why not. */
bool shell_watch_open(struct shell_watch *watch);
void shell_watch_close(struct shell_watch *watch);

/* result.c */
/* What an error reply said, held back until it was known that it is expected. */
void shell_say_deferred(struct shell *sh);
/* Say how a command (NULL: there is none called `name`) went, once, however deep in repeat and source it happened. */
void shell_finish(struct shell *sh, const struct shell_command *command, const char *name, enum shell_result result);
/* The error reply that is held back, which the next command does not expect, is a failure: say so. */
enum shell_result shell_fail_deferred(struct shell *sh);

/* vars.c, field.c */
/* The line with its variables replaced, each by one word whatever is in it; the caller frees. NULL: the outcome's
   error. */
char *shell_expand(struct shell *sh, const char *line);
void shell_vars_free(struct shell_vars *vars);
/* A field's value as a word: a number, a name, hex; flags by their raw value. NULL: there is none. The caller frees. */
char *shell_field_text(struct shell *sh, const char *field);

/* serve.c: answer a server's command: the client's `command` hook (context: struct shell). */
struct vfu_client;
void shell_serve_dma(void *context, struct vfu_client *client, const struct vfu_event *event);

/* --- window.c: a part of a region, mapped: access past the socket, as a VMM's guest has it --- */

struct shell_window {
    uint8_t *at;  /* the byte at the offset that was asked for */
    void *mapped; /* whole pages around it */
    size_t mapped_size;
};

/* Map size bytes of a region, all in one area that can be mapped. SHELL_FAILED: the error says what can be. */
enum shell_result shell_window_open(struct shell *sh, uint32_t region, uint64_t offset, size_t size, bool to_write,
                                    struct shell_window *window);
void shell_window_close(struct shell_window *window);
/* Copy in accesses of `width` bytes; false: the memory behind is gone. */
bool shell_window_read(struct shell *sh, const struct shell_window *window, uint8_t *to, size_t size, unsigned width);
bool shell_window_write(struct shell *sh, const struct shell_window *window, const uint8_t *from, size_t size,
                        unsigned width);

/* --- commands and their arguments --- */

/* plugin.c: a command that a plugin adds: as the shell sees it, and where it comes from. */
struct shell_plugin_command {
    struct shell_command as;
    struct vfu_plugin_command from; /* what `as` points into */
    struct shell_arg args[2];       /* its words, as many as it takes, and { 0 } */
    char path[4096];
};

/* The command of this number, or NULL. Plugins are asked for theirs once. */
const struct shell_command *shell_plugin_command(struct shell *sh, size_t number);
void shell_plugins_free(struct shell_table *t);

/* plugin_run.c: the `run` of all of them; sh->run.command says which. */
enum shell_result shell_plugin_run(struct shell *sh, const struct shell_value *args);

/*
 * plugin_drive.c: what they ask for to drive a device. Each answers; anything but SHELL_OK ends the command, but a refusal, of
 * which the answer tells.
 */
enum shell_result shell_drive_alloc(struct shell *sh, const struct vfu_plugin_call *c, size_t size, struct vfu_plugin_called *a);
enum shell_result shell_drive_wait(struct shell *sh, const struct vfu_plugin_call *c, struct vfu_plugin_called *a);
void shell_drive_number(struct shell *sh, const struct vfu_plugin_call *c, size_t size, struct vfu_plugin_called *a);
void shell_drive_write(struct shell *sh, const struct vfu_plugin_call *c, size_t size, struct vfu_plugin_called *a);
/* is_first: then it is in the JSON object too. */
void shell_drive_show(struct shell *sh, const struct vfu_plugin_call *c, bool is_first, struct vfu_plugin_called *a);
void shell_drive_recall(struct shell *sh, const char *plugin, struct vfu_plugin_called *a);
void shell_drive_keep(struct shell *sh, const char *plugin, const struct vfu_plugin_call *c, size_t size);

/* table.c */
/* Commands of two words that begin with this one: each with its usage and what it does, to people and as JSON; the second words,
   "map, unmap or list", "": there are none. */
void shell_family_say(struct shell *sh, const char *first);
const char *shell_family_names(struct shell *sh, const char *first, char *text, size_t size);
/* The command that these words begin with; *used words are its name. NULL: none. */
const struct shell_command *shell_find(struct shell *sh, char **words, int count, int *used);

/* walk.c: which word of a line is which argument */

/* One form of a command's arguments: args[first] to args[end - 1]. */
struct shell_form {
    unsigned first, end;
    int min, max; /* how many words; max -1: any number */
    const char *literal; /* the word that it begins with; NULL: none */
};

/* Words are given to it one by one; values have texts, nothing is converted. */
struct shell_walk {
    const struct shell_arg *args; /* all of the command's */
    struct shell_form form;
    unsigned due;                 /* where what stands by its place goes on */
    int open;                     /* the argument of which another word must follow; -1: none */
    struct shell_value *values;   /* SHELL_ARGS */
};

enum shell_step {
    SHELL_TAKEN,
    SHELL_STRAY,     /* the word has no place */
    SHELL_NO_OPTION, /* it looks like an option, and is none */
    SHELL_LACKS,     /* something else must come first: args[due] */
};

/* The forms of a list of arguments: *form is the first before (all zero), the next after. False: no more. */
bool shell_next_form(const struct shell_arg *args, struct shell_form *form);
/* An option: it has no place of its own. */
bool shell_is_option(const struct shell_arg *arg);
/* Its place takes the word that stands there, also one that looks like an option. */
bool shell_is_firm(const struct shell_arg *arg);
/* "&", "==": what follows may be glued to it. */
bool shell_is_operator(const char *word);

void shell_walk_begin(struct shell_walk *w, const struct shell_arg *args, const struct shell_form *form,
                      struct shell_value values[SHELL_ARGS]);
/* Take argv[at], the word behind those that were taken. */
enum shell_step shell_walk_take(struct shell_walk *w, char **argv, int at);
/* The next form that can go on after these words, which are taken; *form: the one before, all zero at first. */
bool shell_walk_next(struct shell_walk *w, const struct shell_arg *args, struct shell_form *form,
                     struct shell_value values[SHELL_ARGS], int argc, char **argv);
/* The next that stands by its place; form.end: none. */
unsigned shell_walk_due(const struct shell_walk *w);
/* May args[i] still come? */
bool shell_walk_may(const struct shell_walk *w, unsigned i);
/* Must args[i] still come? */
bool shell_walk_must(const struct shell_walk *w, unsigned i);

/* values.c */
/* Each argument that was given, in its turn, but one that is not whole; a width that was not given is the place's. */
bool shell_convert(struct shell *sh, const struct shell_walk *w);
/* The word is none of the argument's names: they are listed, behind the option that it is for. */
bool shell_fail_word(struct shell *sh, const struct shell_arg *a, const char *word);

/* usage.c: what may still come, as the usage has it. */
void shell_usage_rest(const struct shell_walk *w, char *text, size_t size);
/* What a word may be: "b|w|l|q" (between: "|", last: "|"), "mmap or message" */
void shell_usage_names(const struct vfu_name *names, const char *between, const char *last, char *text, size_t size);

/* --- lines: run, completed, hinted at, typed --- */

/* list.c */
/* Run one line. In a script an error reply is held back for an `expect`: SHELL_OK then. */
enum shell_result shell_run_line(struct shell *sh, const char *line);
/* The command at the line's end, which is being typed; NULL: a program or a file is. */
const char *shell_line_tail(struct shell *sh, const char *line);

/* program.c: through /bin/sh. input: -1 is ours. The pid, or -1. */
pid_t shell_program_start(struct shell *sh, const char *command, int input, int output);
/* Wait for it; its status, as of a shell. */
int shell_program_end(struct shell *sh, pid_t pid);

/* script.c: each line of a text. */
enum shell_result shell_run_text(struct shell *sh, const char *text);

/* edit.c: the prompt. */
enum shell_result shell_prompt(struct shell *sh);

#endif
