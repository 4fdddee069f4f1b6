/*
 * why: what is wrong with the traffic of a tap, whose control socket the shell is at.
 */
#include "cli/shell/commands/inside.h"

static enum shell_result ask(struct shell *sh)
{
    const uint8_t as_json = sh->screen.json;
    struct vfu_build b = { 0 };
    enum shell_result result = SHELL_FAILED;

    if (vfu_build_start(&b, VFU_CONTROL_WHY, false) && vfu_build_append(&b, &as_json, 1))
        result = shell_call(sh, &b, NULL, 0);
    else
        shell_fail(sh, "%s", b.error);
    vfu_build_free(&b);
    return result;
}

static enum shell_result why(struct shell *sh, const struct shell_value *args)
{
    const struct vfu_event *reply;
    enum shell_result result;
    const char *text;
    size_t size;

    (void)args;
    if (!sh->link.at_tap) {
        shell_fail(sh, "only a tap is asked for that (shell --tap); vfuscope why FILE reads a capture");
        return SHELL_FAILED;
    }
    result = ask(sh);
    reply = sh->link.client.reply.event;
    if (result != SHELL_OK || !reply)
        return result;
    text = (const char *)reply->message.bytes + VFU_HEADER_SIZE;
    size = reply->message.captured - VFU_HEADER_SIZE;
    if (!sh->screen.json) {
        shell_say(sh, "%.*s", (int)size, text);
        return SHELL_OK;
    }
    shell_json_key(sh, "why");
    vfu_write(&sh->outcome.members.w, text, size && text[size - 1] == '\n' ? size - 1 : size);
    return SHELL_OK;
}

const struct shell_command cmd_why = {
    .name = "why",
    .help = "what is wrong with a tap's traffic, and whose fault (shell --tap)",
    .more = "The page that vfuscope why prints of a capture, as of now. With --json its object is the member why.\n"
            "Example: why",
    .flags = SHELL_PAGED,
    .run = why,
};
