/*
 * The configuration file: see config.h. Its lines are checked all, whichever command runs, so that a mistake is seen when it is made.
 */
#include "cli/config.h"
#include "cli/output/known.h"
#include "decoder/wire/near.h"
#include "decoder/wire/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST = 1 << 20 /* bytes */ };

static const struct cli_command *find(cli_commands commands, const char *name)
{
    while (*commands && strcmp((*commands)->name, name) != 0)
        commands++;
    return *commands;
}

const struct cli_config_line *cli_config_alias(const struct cli_config *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->lines[i].alias && strcmp(c->lines[i].alias, name) == 0)
            return &c->lines[i];
    return NULL;
}

/* --- values, as far as they can be told without the command --- */

static bool is_word_of(const char *value, const struct cli_option *o)
{
    for (const char *w = o->values; *(w += strspn(w, " ")); w += strcspn(w, " ")) {
        size_t size = strcspn(w, " ");
        bool open = w[size - 1] == ':'; /* it goes on as one likes */

        if (strncmp(value, w, size) == 0 && (open || !value[size]))
            return true;
        if (strcmp(o->name, "time") == 0 && *value && strncmp(value, w, strlen(value)) == 0)
            return true;
        if (open && strlen(value) == size - 1 && strncmp(value, w, size - 1) == 0)
            return true;
    }
    return false;
}

static bool check_filter(const char *where, const struct cli_option *o, const char *value)
{
    struct vfu_filter_error error;
    struct vfu_filter *f = vfu_filter_parse(value, NULL, &error);

    vfu_filter_free(f);
    if (!f)
        cli_error("%s: --%s: column %u: %s", where, o->name, error.column, error.text);
    return f;
}

static bool check_value(const char *where, const struct cli_option *o, const char *value)
{
    char near[VFU_NEAR_TEXT];
    uint64_t number;

    if (o->values && !is_word_of(value, o)) {
        cli_error("%s: --%s %s: one of %s%s", where, o->name, value, o->values, vfu_near_words(value, o->values, near));
        return false;
    }
    if (o->arg && strcmp(o->arg, "EXPR") == 0)
        return check_filter(where, o, value);
    if (o->arg && (strcmp(o->arg, "N") == 0 || strcmp(o->arg, "BYTES") == 0) && !vfu_parse_number(value, &number)) {
        cli_error("%s: --%s: %s: not a number", where, o->name, value);
        return false;
    }
    return true;
}

/* The options of a line. */
static bool check_options(const struct cli_config_line *l)
{
    struct cli_args args;

    if (!cli_check_before(l->command, &l->before, l->alias, &args))
        return false;
    if (args.asked && !l->alias) {
        cli_error("%s: --%s is no default: it would be all that %s ever does", l->before.where, args.asked->name, l->command->name);
        return false;
    }
    for (size_t i = 0; i < args.set_count; i++)
        if (!check_value(l->before.where, args.set[i].option, args.set[i].value))
            return false;
    return true;
}

/* --- lines --- */

static bool is_name(const char *name)
{
    return name[0] && name[0] != '-' && !strpbrk(name, "/. \t");
}

/* alias NAME COMMAND OPTION... */
static bool take_alias(struct cli_config *c, cli_commands commands, struct cli_config_line *l)
{
    const char *where = l->before.where, *name = l->words.count > 1 ? l->words.word[1] : "";
    const struct cli_config_line *other = cli_config_alias(c, name);

    if (l->words.count < 3)
        cli_error("%s: alias: NAME COMMAND OPTION... is expected", where);
    else if (!is_name(name))
        cli_error("%s: alias %s: a name begins with no -, and has no /, . or blank in it", where, name);
    else if (find(commands, name) || strcmp(name, "help") == 0)
        cli_error("%s: alias %s: a command is called so, and stays what it is", where, name);
    else if (other)
        cli_error("%s: alias %s: there is one already, at %s", where, name, other->before.where);
    else {
        l->alias = name;
        l->before.argc = l->words.count - 2;
        l->before.argv = l->words.word + 2;
        return true;
    }
    return false;
}

static bool say_no_command(cli_commands commands, const char *where, const char *name, bool alias)
{
    char text[VFU_NEAR_TEXT];
    struct vfu_near near;

    vfu_near_begin(&near, name);
    for (; *commands; commands++)
        vfu_near_offer(&near, (*commands)->name);
    if (!alias)
        vfu_near_offer(&near, "alias");
    cli_error("%s: %s: no such command%s%s", where, name, alias ? ", and no such alias" : "", vfu_near_text(&near, text));
    return false;
}

/* A line of text; the next line of the configuration, unless it says nothing. */
static bool take_line(struct cli_config *c, cli_commands commands, const char *path, unsigned number, const char *text)
{
    struct cli_config_line *l = &c->lines[c->count];
    enum shell_split split;

    *l = (struct cli_config_line){ .alias = NULL };
    snprintf(l->where, sizeof l->where, "%.480s:%u", path, number);
    l->before.where = l->where;
    split = shell_split(text, &l->words);
    if (split == SHELL_SPLIT_OK && l->words.count == 0) {
        shell_words_free(&l->words);
        return true;
    }
    c->count++;
    if (split != SHELL_SPLIT_OK) {
        cli_error("%s: %s", l->before.where, shell_split_error(split));
        return false;
    }
    if (c->count == CLI_CONFIG_LINES) {
        cli_error("%s: %d lines that say something are too many", l->before.where, CLI_CONFIG_LINES);
        return false;
    }
    if (strcmp(l->words.word[0], "alias") == 0)
        return take_alias(c, commands, l);
    l->before.argc = l->words.count;
    l->before.argv = l->words.word;
    l->command = find(commands, l->words.word[0]);
    return l->command || say_no_command(commands, l->before.where, l->words.word[0], false);
}

/* What an alias comes to, of aliases too; a loop comes to nothing. */
static bool resolve(struct cli_config *c, cli_commands commands, struct cli_config_line *l)
{
    const struct cli_config_line *at = l, *next;

    for (size_t steps = 0; (next = cli_config_alias(c, at->before.argv[0])) != NULL; at = next)
        if (steps++ == c->count) {
            cli_error("%s: alias %s: it comes back to itself, by way of %s", l->before.where, l->alias, at->alias);
            return false;
        }
    l->command = find(commands, at->before.argv[0]);
    return l->command || say_no_command(commands, at->before.where, at->before.argv[0], true);
}

static bool take_lines(struct cli_config *c, cli_commands commands, const char *path, char *text, size_t size)
{
    unsigned number = 0;

    for (char *end, *line = text; line < text + size; line = end + 1) {
        end = memchr(line, '\n', (size_t)(text + size - line));
        end = end ? end : text + size;
        *end = '\0';
        number++;
        if (strlen(line) < (size_t)(end - line)) {
            cli_error("%s:%u: a NUL byte in the line", path, number);
            return false;
        }
        if (!take_line(c, commands, path, number, line))
            return false;
    }
    for (size_t i = 0; i < c->count; i++)
        if ((c->lines[i].alias && !resolve(c, commands, &c->lines[i])) || !check_options(&c->lines[i]))
            return false;
    return true;
}

/* --- the file --- */

/* Where it is; false: nowhere. *asked: the person says so. */
static bool find_path(char path[PATH_MAX], bool *asked)
{
    const char *named = getenv("VFUSCOPE_CONFIG"), *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int size;

    *asked = named != NULL;
    if (named)
        size = snprintf(path, PATH_MAX, "%s", named);
    else if (folder && folder[0] == '/')
        size = snprintf(path, PATH_MAX, "%s/vfuscope/config", folder);
    else if (home && home[0] == '/')
        size = snprintf(path, PATH_MAX, "%s/.config/vfuscope/config", home);
    else
        size = 0;
    return size > 0 && size < PATH_MAX;
}

/* What others may write could have us do what they like: as ssh sees it, but that we go on without. */
static bool is_own(const char *path, const struct stat *st)
{
    if (st->st_uid != geteuid() && st->st_uid != 0)
        cli_error("%s: not read: it belongs to another user (uid %u)", path, (unsigned)st->st_uid);
    else if (st->st_mode & S_IWOTH)
        cli_error("%s: not read: everybody may write it", path);
    else
        return true;
    return false;
}

static ssize_t read_all(int fd, char *text)
{
    ssize_t size = 0, got;

    while ((got = read(fd, text + size, (size_t)(LONGEST + 1 - size))) > 0)
        size += got;
    return got < 0 ? -1 : size;
}

static bool read_file(struct cli_config *c, cli_commands commands, const char *path, int fd)
{
    char *text = malloc(LONGEST + 2);
    ssize_t size = text ? read_all(fd, text) : -1;
    bool good = false;

    c->lines = calloc(CLI_CONFIG_LINES, sizeof *c->lines);
    if (!text || !c->lines)
        cli_error("out of memory");
    else if (size < 0)
        cli_error("%s: %s", path, strerror(errno));
    else if (size > LONGEST)
        cli_error("%s: larger than a mebibyte", path);
    else
        good = take_lines(c, commands, path, text, (size_t)size);
    free(text);
    return good;
}

bool cli_config_read(struct cli_config *c, cli_commands commands)
{
    char path[PATH_MAX];
    bool asked, good = true;
    struct stat st;
    int fd;

    *c = (struct cli_config){ NULL, 0 };
    if (!find_path(path, &asked))
        return true;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        if (asked || (errno != ENOENT && errno != ENOTDIR))
            cli_error("%s: %s%s", path, strerror(errno), asked ? "" : "; going on without it");
        return !asked;
    }
    if (S_ISREG(st.st_mode)) {
        good = !is_own(path, &st) || read_file(c, commands, path, fd);
    } else if (!S_ISCHR(st.st_mode)) { /* /dev/null is one way to have none */
        cli_error("%s: not a regular file", path);
        good = false;
    }
    close(fd);
    return good;
}

void cli_config_free(struct cli_config *c)
{
    for (size_t i = 0; i < c->count; i++)
        shell_words_free(&c->lines[i].words);
    free(c->lines);
    *c = (struct cli_config){ NULL, 0 };
}

/* --- what commands ask --- */

size_t cli_config_options(const struct cli_config *c, const struct cli_command *command, struct cli_before list[CLI_CONFIG_LINES])
{
    size_t count = 0;

    for (size_t i = 0; i < c->count; i++)
        if (!c->lines[i].alias && c->lines[i].command == command)
            list[count++] = c->lines[i].before;
    return count;
}

char **cli_config_expand(const struct cli_config *c, const struct cli_config_line *alias, int *argc, char **argv)
{
    int count = *argc - 1;
    char **words;

    /* The words of each alias come before those of the one that it was reached by. */
    for (const struct cli_config_line *l = alias; l; l = cli_config_alias(c, l->before.argv[0]))
        count += l->before.argc;
    words = calloc((size_t)count + 2, sizeof *words);
    if (!words)
        return NULL;
    *argc = 1;
    for (const struct cli_config_line *l = alias; l; l = cli_config_alias(c, l->before.argv[0])) {
        memmove(words + l->before.argc, words + 1, (size_t)(*argc - 1) * sizeof *words);
        memcpy(words, l->before.argv, (size_t)l->before.argc * sizeof *words);
        *argc += l->before.argc - 1;
    }
    for (argv++; *argv; argv++)
        words[(*argc)++] = *argv;
    return words;
}
