/*
 * The members of a command's JSON object, which its result is, for --json and for `expect`.
 */
#include "cli/shell/shell.h"

#include <string.h>

void shell_json_key(struct shell *sh, const char *name)
{
    struct vfu_writer *w = &sh->outcome.members.w;

    vfu_write_text(w, ",\"");
    vfu_write_text(w, name);
    vfu_write_text(w, "\":");
}

void shell_json_number(struct shell *sh, const char *name, uint64_t number)
{
    shell_json_key(sh, name);
    vfu_write_decimal(&sh->outcome.members.w, number);
}

void shell_json_hex_number(struct shell *sh, const char *name, uint64_t number)
{
    shell_json_key(sh, name);
    vfu_write_char(&sh->outcome.members.w, '"');
    vfu_write_0x(&sh->outcome.members.w, number);
    vfu_write_char(&sh->outcome.members.w, '"');
}

void shell_json_string(struct shell *sh, const char *name, const char *text)
{
    shell_json_key(sh, name);
    vfu_write_char(&sh->outcome.members.w, '"');
    vfu_write_json_string(&sh->outcome.members.w, (const uint8_t *)text, strlen(text));
    vfu_write_char(&sh->outcome.members.w, '"');
}

void shell_json_bytes(struct shell *sh, const char *name, const uint8_t *bytes, size_t size)
{
    enum { KEPT = 65536 }; /* without --json only `expect` may want it */

    if (!sh->screen.json && size > KEPT)
        return;
    shell_json_key(sh, name);
    vfu_write_char(&sh->outcome.members.w, '"');
    vfu_write_hex(&sh->outcome.members.w, bytes, size);
    vfu_write_char(&sh->outcome.members.w, '"');
}

void shell_json_reply(struct shell *sh)
{
    const struct vfu_json json = { .hex = true };

    if (!sh->link.client.reply.event)
        return;
    shell_json_key(sh, "reply");
    vfu_json_payload(&json, sh->link.client.reply.event, &sh->outcome.members.w);
}
