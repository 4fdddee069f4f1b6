/*
 * multi: several small writes with one REGION_WRITE_MULTI.
 */
#include "cli/shell/access.h"
#include "cli/shell/bytes.h"
#include "cli/shell/commands/inside.h"
#include "cli/shell/file.h"

#include <stdlib.h>
#include <string.h>

struct writes {
    struct vfu_build build;
    unsigned count; /* in the build */
    uint64_t sent;
    bool posted;
};

static enum shell_result flush(struct shell *sh, struct writes *w)
{
    enum shell_result result;
    unsigned count = w->count;

    if (count == 0)
        return SHELL_OK;
    w->count = 0;
    if (w->posted && !vfu_build_set_number(&w->build, "header.flags", VFU_TYPE_COMMAND | VFU_NO_REPLY)) {
        shell_fail(sh, "%s", w->build.error);
        return SHELL_FAILED;
    }
    result = shell_call(sh, &w->build, NULL, 0);
    vfu_build_free(&w->build);
    w->build = (struct vfu_build){ 0 };
    if (result != SHELL_OK)
        return result;
    if (sh->link.client.reply.event && shell_reply_number(&sh->link, "wr_cnt", 0) != count) {
        shell_fail(sh, "the server says that it did %llu of %u write%s",
                   (unsigned long long)shell_reply_number(&sh->link, "wr_cnt", 0), count, vfu_plural(count));
        return SHELL_FAILED;
    }
    w->sent += count;
    return SHELL_OK;
}

static bool set(struct shell *sh, struct writes *w, const char *field, uint64_t number, const uint8_t *bytes,
                size_t size)
{
    char name[48];
    bool done;

    snprintf(name, sizeof name, "writes[%u].%s", w->count, field);
    done = bytes ? vfu_build_set_bytes(&w->build, name, bytes, size) : vfu_build_set_number(&w->build, name, number);
    return done || shell_fail(sh, "%s", w->build.error);
}

/* REGION+OFFSET[:WIDTH]=VALUE; the place gets the width. */
static bool parse(struct shell *sh, const char *text, struct shell_place *place, uint64_t *value)
{
    const struct vfu_name *width = NULL;
    char copy[120], *equals, *colon;

    snprintf(copy, sizeof copy, "%s", text);
    equals = strchr(copy, '=');
    if (!equals || strlen(text) >= sizeof copy)
        return shell_fail(sh, "%.80s: REGION+OFFSET[:b|w|l|q]=VALUE", text);
    *equals = '\0';
    colon = strchr(copy, ':');
    if (colon) {
        *colon = '\0';
        width = shell_exact(shell_widths, colon + 1);
    }
    if (colon && !width)
        return shell_fail(sh, "%.80s: a width is b, w, l or q", text);
    if (!shell_place(sh, copy, place))
        return false;
    place->width = width ? (unsigned)width->value : 4;
    return shell_value(sh, equals + 1, place->width, value);
}

static enum shell_result add(struct shell *sh, struct writes *w, const char *text)
{
    struct shell_place place;
    uint8_t bytes[8];
    uint64_t value;

    if (!parse(sh, text, &place, &value))
        return SHELL_FAILED;
    if (w->count == 0 && !vfu_build_start(&w->build, VFU_REGION_WRITE_MULTI, false)) {
        shell_fail(sh, "%s", w->build.error);
        return SHELL_FAILED;
    }
    shell_store(bytes, place.width, value);
    if (!set(sh, w, "offset", place.offset, NULL, 0) || !set(sh, w, "region", place.region, NULL, 0) ||
        !set(sh, w, "count", place.width, NULL, 0) || !set(sh, w, "data", 0, bytes, place.width))
        return SHELL_FAILED;
    return ++w->count == VFU_MAX_WRITE_MULTI ? flush(sh, w) : SHELL_OK;
}

/* The words of a file, each a write; # begins a comment. */
static enum shell_result add_file(struct shell *sh, struct writes *w, const char *path)
{
    enum shell_result result = SHELL_OK;
    size_t size;
    uint8_t *bytes = shell_file_read(sh, path, &size);
    char *text = bytes ? realloc(bytes, size + 1) : NULL, *line, *word, *lines, *words;

    if (!text) {
        free(bytes);
        return SHELL_FAILED;
    }
    text[size] = '\0';
    for (line = strtok_r(text, "\n", &lines); line && result == SHELL_OK; line = strtok_r(NULL, "\n", &lines))
        for (word = strtok_r(line, " \t\r", &words); word && *word != '#' && result == SHELL_OK;
             word = strtok_r(NULL, " \t\r", &words))
            result = add(sh, w, word);
    free(text);
    return result;
}

static void complete_writes(struct shell *sh, int argc, char **argv, struct cli_matches *m)
{
    (void)sh;
    (void)argc;
    (void)argv;
    shell_match_names(m, vfu_region_names);
    shell_match(m, "--file");
    shell_match(m, "--force");
}

/* Writes and files go out in the order in which they stand: both are words of one list. */
enum { WRITES, POSTED, FORCE };
static const struct shell_arg multi_args[] = {
    [WRITES] = { "REGION+OFFSET[:b|w|l|q]=VALUE... [--file FILE]", .kind = SHELL_TEXT,
                 .flags = SHELL_OPTIONAL | SHELL_MANY | SHELL_BARE, .least = 1, .complete = complete_writes },
    [POSTED] = { .word = "--posted", .flags = SHELL_OPTIONAL },
    [FORCE] = { .word = "--force", .flags = SHELL_OPTIONAL | SHELL_HIDDEN },
    { 0 },
};

static enum shell_result multi(struct shell *sh, const struct shell_value *args)
{
    struct writes w = { .posted = args[POSTED].given };
    enum shell_result result = SHELL_OK;
    char **words = args[WRITES].list.word;

    if (!args[FORCE].given && !vfu_client_agreed(&sh->link.client)->write_multiple) {
        shell_fail(sh, "the server did not agree to REGION_WRITE_MULTI (--force sends it)");
        return SHELL_FAILED;
    }
    for (int i = 0; i < args[WRITES].list.count && result == SHELL_OK; i++) {
        if (strcmp(words[i], "--file") == 0 && i + 1 < args[WRITES].list.count)
            result = add_file(sh, &w, words[++i]);
        else
            result = add(sh, &w, words[i]);
    }
    if (result == SHELL_OK)
        result = flush(sh, &w);
    vfu_build_free(&w.build);
    shell_json_number(sh, "writes", w.sent);
    return result;
}

const struct shell_command cmd_multi = {
    .name = "multi",
    .help = "several small writes in one message",
    .more = "REGION_WRITE_MULTI, at most 200 writes each. --file FILE takes such words from a file. --posted: with\n"
            "No_reply. Where the server did not agree to it, only --force sends it.\n"
            "Example: multi bar0+0x80:q=0x100000 bar0+0x88:q=0x40000 bar0+0x90:q=16",
    .args = multi_args,
    .run = multi,
};
