/*
 * Fuzzer: a line of the shell, cut into commands and split into words; `send COMMAND [reply] FIELD=VALUE...` is built as the shell builds it,
 * and what was built decodes.
 */
#include "cli/shell/line.h"
#include "decoder/reasons/reasons.h"
#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/encode.h"
#include "decoder/wire/parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char output[1 << 16];

static bool discard(void *context, const char *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    return true;
}

enum { MOST_DECODED = 1 << 18 };

static void decode(const struct vfu_build *b)
{
    struct vfu_session *session = vfu_session_new(&vfu_all_checks);
    struct vfu_writer w = vfu_writer(output, sizeof output, discard, NULL);
    struct vfu_message m = { .conn = 1, .from = b->reply ? VFU_SERVER : VFU_CLIENT, .captured = b->size, .size = b->size };
    struct vfu_text text = { .tree = true };
    struct vfu_json json = { 0 };
    struct vfu_event event;
    uint8_t *bytes = malloc(b->size);

    if (bytes) {
        memcpy(bytes, b->bytes, b->size);
        m.bytes = bytes;
        vfu_session_message(session, &m, &event);
        vfu_text_event(&text, &event, &w);
        vfu_json_event(&json, &event, &w);
    }
    free(bytes);
    vfu_session_free(session);
}

static void build(const struct shell_words *words)
{
    const struct vfu_command *command = vfu_command_by_name(words->word[1]);
    bool reply = words->count > 2 && strcmp(words->word[2], "reply") == 0, ok;
    struct vfu_build b = { 0 };
    uint64_t number = 0;

    vfu_parse_number(words->word[1], &number);
    ok = vfu_build_start(&b, command ? command->number : (unsigned)(number & 0xffff), reply);
    for (int i = 2; ok && i < words->count; i++) {
        char *value = strchr(words->word[i], '=');

        if (!value)
            continue;
        *value++ = '\0';
        ok = vfu_build_set(&b, words->word[i], value);
    }
    if (ok && vfu_build_end(&b)) {
        if (b.size < VFU_HEADER_SIZE || b.size > b.capacity)
            abort();
        /* writes[2222222] is legal, and two million items are as much output as they are: slow here, and nothing new. */
        if (b.size <= MOST_DECODED)
            decode(&b);
    } else if (!memchr(b.error, '\0', sizeof b.error)) {
        abort();
    }
    vfu_build_free(&b);
}

/* The commands of a line lie in it, one behind the other. */
static void cut(const char *line, size_t size)
{
    const char *from = line, *at, *behind;

    while (shell_next_operator(from, &at, &behind) != SHELL_NO_OPERATOR) {
        if (at < from || behind <= at || behind > line + size)
            abort();
        from = behind;
    }
    if (at != behind || at < from || at > line + size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = malloc(size + 1);
    struct shell_words words;
    enum shell_split got;

    if (!line)
        return 0;
    memcpy(line, data, size);
    line[size] = '\0';
    cut(line, strlen(line));
    got = shell_split(line, &words);
    if (got != SHELL_SPLIT_OK)
        (void)strlen(shell_split_error(got));
    else if (words.count > 1)
        build(&words);
    shell_words_free(&words);
    free(line);
    return 0;
}
