/*
 * `vfuscope help --complete SHELL`: the build runs it and installs what it prints. Scripts name every option of every
 * command, and complete what an option takes: its values where the table has them, rules, else files.
 */
#include "cli/complete.h"
#include "cli/explain.h"
#include "decoder/align/align.h"
#include "decoder/reasons/reasons.h"

#include <stdio.h>
#include <string.h>

/* Does the option take a file's name? */
static bool takes_file(const struct cli_option *o)
{
    return o->arg && (strcmp(o->arg, "FILE") == 0 || strcmp(o->arg, "SCRIPT") == 0 || strcmp(o->arg, "PATH") == 0);
}

/* Names, each once. */
struct names {
    const char *list[512];
    size_t count;
};

static void print_name(void *context, const char *name)
{
    struct names *n = context;

    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->list[i], name) == 0)
            return;
    if (n->count == sizeof n->list / sizeof *n->list)
        return;
    n->list[n->count++] = name;
    printf(" %s", name);
}

/* The words that the option takes, by blanks; nothing if they are not known. */
static void print_values(const struct cli_option *o)
{
    size_t rule_count, misfit_count;
    const struct vfu_rule *rules = vfu_rules(&rule_count), *misfits = vfu_misfits(&misfit_count);

    if (o->values)
        printf("%s", o->values);
    if (o->arg && strcmp(o->arg, "FIELD") == 0)
        vfu_ignored_each(print_name, &(struct names){ .count = 0 });
    if (!o->arg || strcmp(o->arg, "RULE") != 0)
        return;
    for (size_t i = 0; i < rule_count; i++)
        printf("%s%s", i ? " " : "", rules[i].id);
    for (size_t i = 0; i < misfit_count; i++)
        printf(" %s", misfits[i].id);
}

/* The function of the scripts that completes it; NULL: none does. */
static const char *function_of(const struct cli_option *o)
{
    if (!o->arg)
        return NULL;
    return strcmp(o->arg, "EXPR") == 0 ? "filter" : strcmp(o->arg, "SPEC") == 0 ? "inject" : NULL;
}

static bool has_values(const struct cli_option *o)
{
    return o->values || (o->arg && (strcmp(o->arg, "RULE") == 0 || strcmp(o->arg, "FIELD") == 0));
}

/* Run `print` on each option of a command. */
static void each_option(const struct cli_command *c, void (*print)(const struct cli_command *, const struct cli_option *))
{
    const struct cli_option *o;

    for (size_t i = 0; (o = cli_option_of(c, i)) != NULL; i++)
        print(c, o);
}

/* What `help` can be asked beside commands, and whatever has a name. */
static void print_topics(void)
{
    const char *name, *what;

    for (size_t i = 0; (name = cli_help_topic_at(i, &what)) != NULL; i++)
        printf(" %s", name);
}

/* --- bash --- */

static void bash_word(const struct cli_command *c, const struct cli_option *o)
{
    (void)c;
    printf(" --%s", o->name);
    if (o->letter)
        printf(" -%c", o->letter);
}

static void bash_argument(const struct cli_command *c, const struct cli_option *o)
{
    if (!o->arg)
        return;
    printf("    '%s --%s'", c->name, o->name);
    if (o->letter)
        printf(" | '%s -%c'", c->name, o->letter);
    printf(") ");
    if (function_of(o)) {
        printf("_vfuscope_filter %s; return ;;\n", function_of(o));
    } else if (has_values(o)) {
        printf("words='");
        print_values(o);
        printf("' files= ;;\n");
    } else {
        printf("%s ;;\n", takes_file(o) ? "files=1" : "return");
    }
}

static void bash_script(cli_commands commands)
{
    printf("# bash completion for vfuscope, written by `vfuscope help --complete bash`\n\n"
           "# What may come next in a filter (or an injection: $1), which stands in quotes: the line is completed word by word, and\n"
           "# the quote stays open, since of two lines that differ in blanks only what they share is put in.\n"
           "_vfuscope_filter() {\n"
           "    local open=\\' text=$cur before\n\n"
           "    [[ -z $text ]] || open=\n"
           "    [[ $text != [\\'\\\"]* ]] || text=${text:1}\n"
           "    mapfile -t COMPREPLY < <(\"${COMP_WORDS[0]}\" help --complete \"$1:$text\" 2>/dev/null)\n"
           "    before=${text:0:${COMPREPLY[0]:-0}}\n"
           "    COMPREPLY=(\"${COMPREPLY[@]:1}\")\n"
           "    COMPREPLY=(\"${COMPREPLY[@]/#/$open$before}\")\n"
           "    [[ $text == $cur || $COMPREPLY == *+0x || ($1 == inject && $before == *:*) ]] || ((${#COMPREPLY[@]} != 1)) ||\n"
           "        COMPREPLY=(\"$COMPREPLY \" \"$COMPREPLY  \")\n"
           "    compopt -o nospace +o filenames 2>/dev/null\n"
           "}\n\n"
           "_vfuscope() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} prev words= files= others= alias target aliases=\n\n"
           "    prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    COMPREPLY=()\n"
           "    # --option=value comes in three words\n"
           "    [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
           "    [[ $cur == = ]] && cur=\n"
           "    while read -r alias target; do\n"
           "        aliases+=\" $alias\"\n"
           "        [[ $command != \"$alias\" ]] || command=$target\n"
           "    done < <(\"${COMP_WORDS[0]}\" help --complete aliases 2>/dev/null)\n"
           "    if ((COMP_CWORD == 1)); then\n"
           "        words='help --version --no-pager --no-config");
    for (size_t i = 0; commands[i]; i++)
        printf(" %s", commands[i]->name);
    printf("'$aliases files=1\n"
           "    else\n"
           "        case $command in\n");
    for (size_t i = 0; commands[i]; i++) {
        printf("        %s) words='", commands[i]->name);
        each_option(commands[i], bash_word);
        if (commands[i]->print_words)
            commands[i]->print_words();
        printf("'%s ;;\n", commands[i]->print_words ? "" : " files=1");
    }
    printf("        help) words='-k");
    print_topics();
    for (size_t i = 0; commands[i]; i++)
        printf(" %s", commands[i]->name);
    printf("' others='");
    cli_explain_names();
    printf("' ;;\n"
           "        *) files=1 ;;\n"
           "        esac\n"
           "        [[ $cur == -* ]] && files= || [[ -z $files ]] || words=\n"
           "    fi\n"
           "    case \"$command $prev\" in\n");
    for (size_t i = 0; commands[i]; i++)
        each_option(commands[i], bash_argument);
    printf("    esac\n"
           "    [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
           "    [[ -z $others || -n ${COMPREPLY-} ]] || mapfile -t COMPREPLY < <(compgen -W \"$others\" -- \"$cur\")\n"
           "    [[ -z $files ]] || mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$cur\")\n"
           "}\n"
           "complete -o filenames -F _vfuscope vfuscope\n");
}

/* --- zsh --- */

/* Text inside '...[...]': what means something to zsh or _arguments is escaped. */
static void zsh_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            printf("'\\''");
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void zsh_option(const struct cli_command *c, const struct cli_option *o)
{
    (void)c;
    printf("            '*'");
    if (o->letter)
        printf("{-%c%s,--%s%s}'[", o->letter, o->arg ? "+" : "", o->name, o->arg ? "=" : "");
    else
        printf("'--%s%s[", o->name, o->arg ? "=" : "");
    zsh_text(o->help);
    printf("]");
    if (o->arg) {
        printf(":%s:", o->arg);
        if (function_of(o))
            printf("{_vfuscope_filter %s}", function_of(o));
        else if (has_values(o)) {
            printf("(");
            print_values(o);
            printf(")");
        } else if (takes_file(o)) {
            printf("_files");
        }
    }
    printf("' \\\n");
}

static void zsh_script(cli_commands commands)
{
    printf("#compdef vfuscope\n"
           "# zsh completion for vfuscope, written by `vfuscope help --complete zsh`\n\n"
           "# What may come next in a filter, or in an injection ($1). In --option='... zsh has its own escapes in what was typed.\n"
           "_vfuscope_filter() {\n"
           "    local text=$PREFIX typed plain\n"
           "    [[ -n $QIPREFIX ]] && plain=-Q || text=${(Q)PREFIX}\n"
           "    local -a offered=(${(f)\"$(vfuscope help --complete \"$1:$text\" 2>/dev/null)\"})\n\n"
           "    ((${#offered} > 1)) || return 1\n"
           "    typed=${text[offered[1] + 1,-1]}\n"
           "    [[ -n $plain ]] || typed=${(q)typed}\n"
           "    compset -p $((${#PREFIX} - ${#typed}))\n"
           "    compadd $plain -S '' -- ${offered[2,-1]}\n"
           "}\n\n"
           "_vfuscope() {\n"
           "    local -a commands=(\n");
    for (size_t i = 0; commands[i]; i++) {
        printf("        '%s:", commands[i]->name);
        zsh_text(commands[i]->summary);
        printf("'\n");
    }
    printf("        'help:what there is'\n"
           "    )\n"
           "    local -A stands_for\n"
           "    local alias target\n\n"
           "    while read -r alias target; do\n"
           "        stands_for[$alias]=$target\n"
           "        commands+=(\"${alias}:an alias of $target\")\n"
           "    done < <(${~words[1]} help --complete aliases 2>/dev/null)\n"
           "    if ((CURRENT == 2)); then\n"
           "        _describe -t commands command commands\n"
           "        _files\n"
           "        return\n"
           "    fi\n"
           "    local command=${stands_for[$words[2]]:-$words[2]}\n"
           "    shift words\n"
           "    ((CURRENT--))\n"
           "    case $command in\n");
    for (size_t i = 0; commands[i]; i++) {
        printf("    %s)\n        _arguments -s -S \\\n", commands[i]->name);
        each_option(commands[i], zsh_option);
        printf("            ");
        printf(commands[i]->print_words ? "'*:NAME:(" : "'*:FILE:_files");
        if (commands[i]->print_words)
            commands[i]->print_words();
        printf("%s'\n        ;;\n", commands[i]->print_words ? ")" : "");
    }
    printf("    help)\n        _describe -t commands command commands\n        compadd --");
    print_topics();
    cli_explain_names();
    printf("\n        ;;\n"
           "    *) _files ;;\n"
           "    esac\n"
           "}\n\n"
           "_vfuscope \"$@\"\n");
}

bool cli_complete(const char *shell, cli_commands commands)
{
    if (strcmp(shell, "bash") == 0)
        bash_script(commands);
    else if (strcmp(shell, "zsh") == 0)
        zsh_script(commands);
    else
        return cli_complete_filter(shell);
    return true;
}
