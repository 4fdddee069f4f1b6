/*
 * Every message of tests/messages at every length, its last byte flush against an unmapped page: a read of one byte too
 * many ends the test. Each length both as a capture that was cut (the size field still claims the whole) and as a whole
 * message that is too short (the size field agrees); through every text sink.
 */
#include "conversation.h"
#include "decoder/reasons/reasons.h"
#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/decode.h"

#include <glob.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static char output[1 << 21];

/* `room` bytes that end where an unmapped page begins; returns their end. */
static uint8_t *guarded(size_t room)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (room + page - 1) / page * page;
    uint8_t *start = mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (start == MAP_FAILED || mprotect(start + whole, page, PROT_NONE) != 0)
        return NULL;
    return start + whole;
}

/* Only what a terminal shows as it is, and newlines. */
static bool printable(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < 0x20 && *text != '\n') || *text == 0x7f)
            return false;
    return true;
}

static void text_sinks(const struct vfu_event *event)
{
    for (unsigned way = 0; way < 8; way++) {
        struct vfu_text text = { .tree = way & 1, .hex = way & 2, .colour = false,
                                 .time_format = way & 4 ? VFU_TIME_DELTA : VFU_TIME_RELATIVE };
        struct vfu_writer w = vfu_writer(output, sizeof output - 1, NULL, NULL);

        vfu_text_event(&text, event, &w);
        output[w.used] = '\0';
        CHECK(!w.failed);
        CHECK(w.used > 0 && output[w.used - 1] == '\n');
        if (!CHECK(printable(output)))
            printf("# %s", output);
    }
}

static void json_sink(const struct vfu_event *event, size_t size, bool cut)
{
    for (unsigned way = 0; way < 2; way++) {
        struct vfu_json json = { .hex = way };
        struct vfu_writer w = vfu_writer(output, sizeof output - 1, NULL, NULL);
        cJSON *got;

        vfu_json_event(&json, event, &w);
        output[w.used] = '\0';
        CHECK(!w.failed);
        CHECK(printable(output));
        got = cJSON_ParseWithOpts(output, NULL, true);
        if (CHECK(got)) {
            const cJSON *captured = cJSON_GetObjectItem(got, "captured");

            CHECK_EQ(cJSON_IsTrue(cJSON_GetObjectItem(got, "truncated")), cut);
            if (cut && CHECK(cJSON_IsNumber(captured)))
                CHECK_EQ(captured->valuedouble, size);
            CHECK_EQ(cJSON_GetObjectItem(got, "size")->valuedouble, event->size);
        } else {
            printf("# %s", output);
        }
        cJSON_Delete(got);
    }
}

/* The command that a reply in the conversation answers goes first, so that the decoder sees what was asked. */
static void ask_again(const struct talk *t, size_t reply, struct vfu_session *s)
{
    for (size_t i = reply; i-- > 0;) {
        const struct talk_line *l = &t->lines[i], *r = &t->lines[reply];
        struct vfu_event event;
        struct vfu_message message = talk_as_message(l, 0);

        if (l->from == r->from || strcmp(l->type, "command") != 0 || memcmp(l->bytes, r->bytes, 4) != 0)
            continue;
        vfu_session_message(s, &message, &event);
        return;
    }
}

static void run(const struct talk *t, struct vfu_session *s, struct vfu_session *other, uint8_t *end)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct talk_line *l = &t->lines[i];

        test_case("%s:%d %s %s at each length", t->path, l->line, l->command, l->type);
        for (size_t size = VFU_HEADER_SIZE; size <= l->size; size++) {
            for (unsigned shorter = 0; shorter < 2; shorter++) {
                struct vfu_message message = talk_as_message(l, 0);
                uint32_t claim = (uint32_t)size;
                struct vfu_event event;
                struct vfu_decoded decoded;

                memcpy(end - size, l->bytes, size);
                if (shorter) {
                    if (l->swapped)
                        claim = __builtin_bswap32(claim);
                    memcpy(end - size + 4, &claim, 4);
                }
                message.bytes = end - size;
                message.captured = size;
                message.size = shorter ? size : l->size;
                if (strcmp(l->type, "reply") == 0)
                    ask_again(t, i, shorter ? s : other);
                vfu_session_message(shorter ? s : other, &message, &event);
                vfu_decode(&event, &decoded);
                CHECK_EQ(decoded.truncated, size < message.size);
                CHECK(decoded.count <= VFU_MAX_VALUES);
                text_sinks(&event);
                json_sink(&event, size, size < message.size);
            }
        }
    }
}

int main(void)
{
    uint8_t *end = guarded(1 << 20);
    glob_t files;

    if (!end || glob("tests/messages/*.txt", 0, NULL, &files) != 0) {
        printf("not ok tests/messages: no files (run from the top)\n");
        return 1;
    }
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct vfu_session *s = vfu_session_new(&vfu_all_checks), *other = vfu_session_new(&vfu_all_checks);
        struct talk t;

        if (talk_read(files.gl_pathv[i], &t))
            run(&t, s, other, end);
        else
            test_now.failed_cases++;
        talk_free(&t);
        vfu_session_free(s);
        vfu_session_free(other);
    }
    globfree(&files);
    return test_end();
}
