/*
 * The shell's output: see screen.h.
 */
#include "cli/shell/screen.h"
#include "cli/shell/shell.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool buffer_flush(void *context, const char *bytes, size_t size)
{
    struct shell_buffer *b = context;

    if (b->size + size + 1 > b->capacity) {
        size_t capacity = b->capacity ? b->capacity : 1024;
        char *grown;

        while (capacity < b->size + size + 1)
            capacity *= 2;
        grown = realloc(b->bytes, capacity);
        if (!grown)
            return false;
        b->bytes = grown;
        b->capacity = capacity;
    }
    memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
    b->bytes[b->size] = '\0';
    return true;
}

void shell_buffer_init(struct shell_buffer *b)
{
    *b = (struct shell_buffer){ 0 };
    b->w = vfu_writer(b->chunk, sizeof b->chunk, buffer_flush, b);
}

void shell_buffer_clear(struct shell_buffer *b)
{
    b->w = vfu_writer(b->chunk, sizeof b->chunk, buffer_flush, b);
    b->size = 0;
    if (b->bytes)
        b->bytes[0] = '\0';
}

void shell_buffer_free(struct shell_buffer *b)
{
    free(b->bytes);
    b->bytes = NULL;
    b->size = b->capacity = 0;
}

const char *shell_buffer_text(struct shell_buffer *b)
{
    if (!vfu_writer_flush(&b->w) || !b->bytes)
        return "";
    return b->bytes;
}

static bool to_stdout(void *context, const char *bytes, size_t size)
{
    struct shell_out *out = context;

    if (out->page)
        return buffer_flush(out->page, bytes, size);
    while (size > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

static bool to_nowhere(void *context, const char *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    return true;
}

void shell_out_init(struct shell_out *out)
{
    out->w = vfu_writer(out->buffer, sizeof out->buffer, to_stdout, out);
    out->nowhere = vfu_writer(out->dropped, sizeof out->dropped, to_nowhere, NULL);
}

struct vfu_writer *shell_text(struct shell *sh)
{
    return sh->json ? &sh->out.nowhere : &sh->out.w;
}

void shell_say(struct shell *sh, const char *format, ...)
{
    char line[1024];
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (size > 0)
        vfu_write(shell_text(sh), line, (size_t)size < sizeof line ? (size_t)size : sizeof line - 1);
}

void shell_hexdump(struct vfu_writer *w, uint64_t address, const uint8_t *bytes, size_t size, unsigned width)
{
    enum { ROW = 16 };
    char text[32];

    for (size_t at = 0; at < size; at += ROW) {
        size_t row = size - at < ROW ? size - at : ROW;
        int digits = address + size > UINT32_MAX ? 16 : 8;

        vfu_write(w, text, (size_t)snprintf(text, sizeof text, "%0*llx:", digits, (unsigned long long)(address + at)));
        for (size_t i = 0; i < ROW; i += width) {
            vfu_write_char(w, ' ');
            /* A group is a number: its most significant byte, the last in memory, comes first. */
            for (size_t k = width; k-- > 0;) {
                if (i + k < row)
                    vfu_write_hex(w, &bytes[at + i + k], 1);
                else
                    vfu_write_text(w, "  ");
            }
        }
        vfu_write_text(w, "  ");
        for (size_t i = 0; i < row; i++)
            vfu_write_char(w, bytes[at + i] >= 0x20 && bytes[at + i] < 0x7f ? (char)bytes[at + i] : '.');
        vfu_write_char(w, '\n');
    }
}

void shell_json_key(struct shell *sh, const char *name)
{
    struct vfu_writer *w = &sh->members.w;

    vfu_write_text(w, ",\"");
    vfu_write_text(w, name);
    vfu_write_text(w, "\":");
}

void shell_json_number(struct shell *sh, const char *name, uint64_t number)
{
    shell_json_key(sh, name);
    vfu_write_decimal(&sh->members.w, number);
}

void shell_json_hex_number(struct shell *sh, const char *name, uint64_t number)
{
    shell_json_key(sh, name);
    vfu_write_char(&sh->members.w, '"');
    vfu_write_0x(&sh->members.w, number);
    vfu_write_char(&sh->members.w, '"');
}

void shell_json_string(struct shell *sh, const char *name, const char *text)
{
    shell_json_key(sh, name);
    vfu_write_char(&sh->members.w, '"');
    vfu_write_json_string(&sh->members.w, (const uint8_t *)text, strlen(text));
    vfu_write_char(&sh->members.w, '"');
}

void shell_json_bytes(struct shell *sh, const char *name, const uint8_t *bytes, size_t size)
{
    enum { KEPT = 65536 }; /* without --json only `expect` may want it */

    if (!sh->json && size > KEPT)
        return;
    shell_json_key(sh, name);
    vfu_write_char(&sh->members.w, '"');
    vfu_write_hex(&sh->members.w, bytes, size);
    vfu_write_char(&sh->members.w, '"');
}

void shell_json_reply(struct shell *sh)
{
    const struct vfu_json json = { .hex = true };

    if (!sh->client.reply.present)
        return;
    shell_json_key(sh, "reply");
    vfu_json_payload(&json, &sh->client.reply.event, &sh->members.w);
}
