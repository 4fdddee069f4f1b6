/*
 * The shell's variables: $value and $reply.num_regions are fields of the last command's result, $NAME what `set NAME`
 * kept. They are replaced in the line before it is split into words.
 */
#include "cli/shell/inside.h"
#include "decoder/wire/grow.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool shell_is_var_name(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_')
        return false;
    while (isalnum((unsigned char)*text) || *text == '_')
        text++;
    return *text == '\0';
}

bool shell_vars_set(struct shell_vars *vars, const char *name, const char *value)
{
    char *copy = strdup(value), *own;

    for (size_t i = 0; copy && i < vars->count; i++) {
        if (strcmp(vars->var[i].name, name) != 0)
            continue;
        free(vars->var[i].value);
        vars->var[i].value = copy;
        return true;
    }
    own = copy ? strdup(name) : NULL;
    if (!own || !VFU_GROW(vars->var, vars->capacity, vars->count + 1)) {
        free(copy);
        free(own);
        return false;
    }
    vars->var[vars->count++] = (struct shell_var){ own, copy };
    return true;
}

void shell_vars_free(struct shell_vars *vars)
{
    for (size_t i = 0; i < vars->count; i++) {
        free(vars->var[i].name);
        free(vars->var[i].value);
    }
    free(vars->var);
    *vars = (struct shell_vars){ 0 };
}

/* How long the name at `text` is: "reply.areas[0].size"; a dot or a bracket that nothing follows is no part of it. */
static size_t name_size(const char *text)
{
    size_t size = 0;

    if (!isalpha((unsigned char)text[0]) && text[0] != '_')
        return 0;
    for (;;) {
        size_t digits;

        while (isalnum((unsigned char)text[size]) || text[size] == '_')
            size++;
        digits = text[size] == '[' ? strspn(text + size + 1, "0123456789") : 0;
        if (digits > 0 && text[size + 1 + digits] == ']')
            size += digits + 2;
        if (text[size] != '.' || (!isalpha((unsigned char)text[size + 1]) && text[size + 1] != '_'))
            return size;
        size++;
    }
}

/* What a name stands for; the caller frees. NULL: sh->outcome.error. */
static char *value_of(struct shell *sh, const char *name, size_t size)
{
    char word[160], *text;

    if (size >= sizeof word) {
        shell_fail(sh, "$%.40s...: the name is too long", name);
        return NULL;
    }
    memcpy(word, name, size);
    word[size] = '\0';
    for (size_t i = 0; i < sh->vars.count; i++)
        if (strcmp(sh->vars.var[i].name, word) == 0)
            return strdup(sh->vars.var[i].value);
    text = shell_field_text(sh, word);
    if (!text)
        shell_fail(sh, "$%s: no variable is called so, and the last result has no such field", word);
    return text;
}

/* Write a value so that splitting gives it back as it is. */
static void write_quoted(struct vfu_writer *w, const char *value, char quote)
{
    if (!*value && !quote)
        vfu_write_text(w, "''");
    for (; *value; value++) {
        bool plain = quote == '"' ? *value != '"' && *value != '\\' && *value != '$'
                                  : isalnum((unsigned char)*value) || strchr("_.,:/+-=|", *value);

        if (!plain)
            vfu_write_char(w, '\\');
        vfu_write_char(w, *value);
    }
}

/* $NAME or ${NAME} at *line; false: sh->outcome.error. A dollar that no name follows is itself. */
static bool replace(struct shell *sh, const char **line, char quote, struct vfu_writer *w)
{
    const char *at = *line + 1;
    bool braces = *at == '{';
    size_t size = name_size(at + braces);
    char *value;

    if (size == 0 || (braces && at[1 + size] != '}')) {
        vfu_write_char(w, '$');
        *line = at;
        return true;
    }
    value = value_of(sh, at + braces, size);
    if (!value)
        return false;
    write_quoted(w, value, quote);
    free(value);
    *line = at + size + 2 * braces;
    return true;
}

char *shell_expand(struct shell *sh, const char *line)
{
    struct shell_buffer b;
    char quote = '\0', *out;
    bool word_start = true, good = true;

    if (!strchr(line, '$'))
        return strdup(line);
    shell_buffer_init(&b);
    while (*line && good) {
        char c = *line;

        if (!quote && word_start && c == '#')
            break;
        word_start = !quote && isspace((unsigned char)c);
        if (c == '$' && quote != '\'') {
            good = replace(sh, &line, quote, &b.w);
            continue;
        }
        if (c == '\\' && quote != '\'' && line[1])
            vfu_write_char(&b.w, *line++);
        else if (c == quote)
            quote = '\0';
        else if (!quote && (c == '\'' || c == '"'))
            quote = c;
        vfu_write_char(&b.w, *line++);
    }
    out = good ? strdup(shell_buffer_text(&b)) : NULL;
    shell_buffer_free(&b);
    return out;
}
