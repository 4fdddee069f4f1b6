/*
 * mark: a line of the person's, between the messages of a tap whose control socket the shell is at.
 */
#include "cli/shell/commands/inside.h"

#include <string.h>

enum { TEXT };
static const struct shell_arg mark_args[] = {
    [TEXT] = { "TEXT", .kind = SHELL_TEXT, .flags = SHELL_MANY },
    { 0 },
};

/* The words, with a blank between them. False: the build's error says why not. */
static bool append_words(struct vfu_build *b, char *const *word, int count)
{
    bool good = true;

    for (int i = 0; i < count && good; i++)
        good = (!i || vfu_build_append(b, " ", 1)) && vfu_build_append(b, word[i], strlen(word[i]));
    return good;
}

static enum shell_result mark(struct shell *sh, const struct shell_value *args)
{
    struct vfu_build b = { 0 };
    enum shell_result result = SHELL_FAILED;

    if (!sh->link.at_tap) {
        shell_fail(sh, "only a tap has a place for it (shell --tap)");
        return SHELL_FAILED;
    }
    if (vfu_build_start(&b, VFU_CONTROL_MARK, false) && append_words(&b, args[TEXT].list.word, args[TEXT].list.count))
        result = shell_call(sh, &b, NULL, 0);
    else
        shell_fail(sh, "%s", b.error);
    vfu_build_free(&b);
    return result;
}

const struct shell_command cmd_mark = {
    .name = "mark",
    .help = "put a line between the messages of a tap: what comes now (shell --tap)",
    .more = "The tap shows it as the event mark, and its captures hold it. It is there when the command is done.\n"
            "Example: mark the guest is reset now",
    .args = mark_args,
    .run = mark,
};
