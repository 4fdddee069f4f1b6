/*
 * The arguments of a command, declared: what may stand behind its name. Parsing, usage, completion and hints are made
 * of the declaration, and a command gets values.
 */
#ifndef VFU_CLI_SHELL_ARGS_H
#define VFU_CLI_SHELL_ARGS_H

#include "decoder/wire/event.h"
#include "decoder/wire/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shell;
struct shell_command;
struct cli_matches;
struct vfu_plugin_register;

/* What a word is; SHELL_RANGE takes two. */
enum shell_kind {
    SHELL_FLAG,     /* `word` alone */
    SHELL_TEXT,     /* anything: a file, a name */
    SHELL_NUMBER,   /* as in C, or 4K */
    SHELL_ADDRESS,  /* a number that is an address in the memory given to the device */
    SHELL_RANGE,    /* an address and a size */
    SHELL_NAMED,    /* one of the names, or a number */
    SHELL_WORD,     /* one of the names */
    SHELL_WIDTH,    /* b, w, l, q; if it is not given, and `otherwise` 0, that of the place */
    SHELL_TIME,     /* 200ms, 2s */
    SHELL_PLACE,    /* REGION[+OFFSET], or a register's name */
    SHELL_VECTORS,  /* FIRST[-LAST] */
    SHELL_PROTOCOL, /* a command of the protocol: its name or number */
    SHELL_COMMAND,  /* a command of the shell, with its arguments */
};

enum {
    SHELL_OPTIONAL = 1,
    SHELL_MANY = 2,    /* a list of them; options may stand in between */
    SHELL_REST = 4,    /* a list of all that is left; the usage does not show that it is one */
    SHELL_HIDDEN = 8,  /* not in the usage */
    SHELL_BARE = 16,   /* the usage has the name as it is, without brackets and dots */
    SHELL_OR = 32,     /* this one or the next, not both */
    SHELL_ELSE = 64,   /* another form of the arguments begins here */
    SHELL_HERE = 128,  /* optional with a word in front, and stands at this place only */
};

/*
 * An argument. What has no word in front, and what is required, stands in the order of the list. What is optional and
 * has a word in front is an option: it may stand anywhere, but not where a place, a range or a name must; given twice,
 * the last one counts.
 */
struct shell_arg {
    const char *name; /* in the usage and in errors: "IOVA", "COUNT"; NULL: the names that it may be, b|w|l|q */
    const char *word; /* what stands in front: "--via", "timeout", "&" (which may be glued to it); NULL: nothing */
    enum shell_kind kind;
    unsigned flags;
    const struct vfu_name *names;
    uint64_t least, most; /* a number's, 0: any; of a list: words of the command at least, of the list at most */
    uint64_t otherwise;   /* the value where it is not given */
    unsigned unless;      /* not needed if that one is given; 0: none is that one */
    const char *label;    /* its name in errors, where another than in the usage */
    const char *wrong;    /* what is said of a word that is none of the names, in place of listing them */
    /* What is said, in place of the usage, where it is missing, or where the value of an option is; of a SHELL_WORD
       behind the last word that stands. */
    const char *missing;
    /* What may stand at argv[argc], in place of what its kind says, and what may follow; argv[0] is the first word
       behind the command's name. in_word: behind the = that ends the last word. May be NULL. */
    void (*complete)(struct shell *sh, int argc, char **argv, struct cli_matches *m);
    void (*hint)(struct shell *sh, int argc, char **argv, bool in_word, char *hint, size_t size);
};

enum { SHELL_ARGS = 12 }; /* a command has fewer; its list ends with { 0 } */

struct shell_place {
    uint32_t region;
    uint64_t offset;
    unsigned width; /* of the register, else 4 */
    const struct vfu_plugin_register *reg; /* NULL: it is none that a plugin names */
    struct vfu_register_at named;          /* one that a map names; reg is NULL: it is none */
};

struct shell_range {
    uint64_t address, size;
};

/* What stood in the line. */
struct shell_value {
    bool given;
    const char *text;   /* the word, of several the first */
    const char *second; /* of a range */
    union {
        uint64_t number; /* a word's value, a width in bytes, a time in milliseconds, a command's number */
        struct shell_range range;
        struct shell_place place;
        struct {
            uint32_t first, count;
        } vectors;
        struct {
            char **word; /* as they stand; the command's to cut up */
            int count;
        } list;
    };
};

/* Arguments that several commands have. */
extern const struct vfu_name shell_widths[], shell_on_off[], shell_vias[];
#define SHELL_ARG_WIDTH \
    { .kind = SHELL_WIDTH, .flags = SHELL_OPTIONAL, .names = shell_widths, .wrong = "a width is b, w, l or q" }
#define SHELL_ARG_ON_OFF { .kind = SHELL_WORD, .names = shell_on_off }
/* Past the socket, or through it: its number is 1 or 0. */
#define SHELL_ARG_VIA \
    { .word = "--via", .kind = SHELL_WORD, .flags = SHELL_OPTIONAL, .names = shell_vias, \
      .missing = "an argument must follow" }
#define SHELL_ARG_INDEX \
    { "INDEX", .kind = SHELL_NAMED, .names = vfu_irq_names, .most = UINT32_MAX, \
      .wrong = "no IRQ index (intx, msi, msix, err, req or a number)" }

/*
 * The words behind a command's name, taken apart: values[i] is that of the command's argument i. False: the outcome's
 * error says what is wrong. Words are put in another order where options stand between those of a list.
 */
bool shell_args_parse(struct shell *sh, const struct shell_command *c, int argc, char **argv,
                      struct shell_value values[SHELL_ARGS]);
/* The usage: "IOVA SIZE [--message | --file PATH] [--ro | --wo]", in a buffer of the caller's. */
enum { SHELL_USAGE = 256 };
const char *shell_usage(const struct shell_command *c, char text[SHELL_USAGE]);

#endif
