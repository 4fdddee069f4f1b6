/*
 * vfuscope fuzz: what was found, for people and as JSON.
 */
#include "cli/fuzz/inside.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/header.h"

#include <stdio.h>
#include <string.h>

enum { LINES = 12 /* of what the command wrote, at most */, SHOWN = 20 /* messages */ };

static const char *const kinds[] = { [FUZZ_NOTHING] = "nothing", [FUZZ_CRASH] = "crash", [FUZZ_SANITIZER] = "sanitizer",
                                     [FUZZ_EXIT] = "exit", [FUZZ_GONE] = "gone", [FUZZ_HANG] = "hang",
                                     [FUZZ_DESCRIPTORS] = "descriptors", [FUZZ_MEMORY] = "memory" };

static void put_string(const char *text)
{
    char room[6 * FUZZ_OUTPUT + 2];
    struct vfu_writer w = vfu_writer(room, sizeof room, NULL, NULL);

    vfu_write_json_string(&w, (const uint8_t *)text, strlen(text));
    printf("\"%.*s\"", (int)w.used, room);
}

static void put_json(const struct fuzz_told *t)
{
    printf("{\"seed\":\"0x%llx\",\"connections\":%llu,\"messages\":%llu", (unsigned long long)t->seed,
           (unsigned long long)t->connections, (unsigned long long)t->messages);
    if (t->finding) {
        printf(",\"found\":\"%s\",\"text\":", kinds[t->finding->kind]);
        put_string(t->finding->text);
    }
    if (t->finding && t->connection)
        printf(",\"connection\":%llu", (unsigned long long)t->connection);
    if (t->small)
        printf(",\"again\":%s,\"small\":%u,\"trials\":%u", t->small->again ? "true" : "false", t->small->messages,
               t->small->trials);
    if (t->finding && t->output[0]) {
        printf(",\"output\":");
        put_string(t->output);
    }
    if (t->file) {
        printf(",\"file\":");
        put_string(t->file);
    }
    printf("}\n");
}

/* A message as the tap would show it, without its time and number. */
static void put_message(const struct fuzz_step *s, enum vfu_side side)
{
    const struct vfu_message m = { .conn = 1, .from = side, .bytes = s->bytes, .captured = s->size, .size = s->size };
    struct vfu_session *session = vfu_session_new(NULL);
    struct vfu_text text = { .started = true };
    char room[CHECK_LINE];
    struct vfu_writer w = vfu_writer(room, sizeof room - 1, NULL, NULL);
    struct vfu_event e;
    const char *from;

    if (session && s->size >= VFU_HEADER_SIZE) {
        vfu_session_message(session, &m, &e);
        e.message.no = 0;
        vfu_text_event(&text, &e, &w);
    }
    room[w.used] = '\0';
    room[strcspn(room, "\n")] = '\0';
    from = strstr(room, vfu_side_name(side));
    printf("    %s", from ? from + strlen("client") + strspn(from + strlen("client"), " <>") : "(less than a header)");
    if (s->fds.count)
        printf("  %u fd%s", s->fds.count, vfu_plural(s->fds.count));
    if (s->split)
        printf("  in pieces: %zu, %zu", s->split, s->size - s->split);
    printf("\n");
    vfu_session_free(session);
}

/* The last lines of it. */
static void put_output(const char *text)
{
    const char *from = text + strlen(text);
    unsigned lines = 0;

    while (from > text && (from[-1] != '\n' || lines++ <= LINES))
        from--;
    for (size_t length; *from; from += length + (from[length] == '\n')) {
        char room[4 * CHECK_LINE];
        struct vfu_writer w = vfu_writer(room, sizeof room, NULL, NULL);
        char line[CHECK_LINE];

        length = strcspn(from, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, from);
        vfu_write_printable(&w, line);
        printf("    | %.*s\n", (int)w.used, room);
    }
}

static void put_small(const struct fuzz_told *t)
{
    const struct fuzz_small *small = t->small;
    unsigned shown = 0;

    if (small->again)
        printf("  it takes %u %smessage%s of %u (%u trials):\n", small->messages, t->by_server ? "odd " : "",
               vfu_plural(small->messages), small->before, small->trials);
    else
        printf("  it was not seen again; these were the messages:\n");
    for (unsigned i = 0; i < small->count; i++)
        for (unsigned j = 0; j < small->lists[i].count; j++) {
            if (shown++ < SHOWN)
                put_message(&small->lists[i].steps[j], t->by_server ? VFU_SERVER : VFU_CLIENT);
            if (shown <= SHOWN && j + 1 == small->lists[i].count && i + 1 < small->count)
                printf("    (the next connection)\n");
        }
    if (shown > SHOWN)
        printf("    (and %u more)\n", shown - SHOWN);
}

void fuzz_tell(const struct fuzz_told *t, bool json)
{
    if (json) {
        put_json(t);
        return;
    }
    printf("seed %llu: %llu connection%s, %llu message%s: %s\n", (unsigned long long)t->seed, (unsigned long long)t->connections,
           vfu_plural(t->connections), (unsigned long long)t->messages, vfu_plural(t->messages),
           t->finding ? t->finding->text : "nothing found");
    if (!t->finding)
        return;
    if (t->small)
        put_small(t);
    if (t->output[0]) {
        printf("  it said last:\n");
        put_output(t->output);
    }
    if (t->file)
        printf("  saved: %s%s%s\n", t->file, t->replayed[0] ? "; to send it again: " : "", t->replayed);
}
