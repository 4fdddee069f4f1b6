/*
 * Every message of tests/messages through the session and the JSON sink, compared with what was written by hand.
 * messages --seeds DIR writes the messages there instead, one file each, for the fuzzers.
 */
#include "conversation.h"
#include "decoder/reasons/reasons.h"
#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"

#include <glob.h>

static char output[1 << 20];

/* Members that say that something is odd: there only where a conversation says so. */
static const char *const absent_unless_named[] = { "error",    "no_reply", "truncated", "captured", "short", "extra",
                                                   "changed",  "notes",     "event",    NULL };

static void show(const char *path, const char *what, const cJSON *item)
{
    char *text = item ? cJSON_PrintUnformatted(item) : NULL;

    printf("#     %s: %s %s\n", path, what, text ? text : "nothing");
    free(text);
}

/* Where two values differ, one line for each place. */
static void differences(const char *path, const cJSON *want, const cJSON *got)
{
    char below[256];
    const cJSON *item;
    int i = 0;

    if (!want || !got || (want->type & 0xff) != (got->type & 0xff) || !(cJSON_IsObject(want) || cJSON_IsArray(want))) {
        if (!want || !got || !cJSON_Compare(want, got, true)) {
            show(path, "expected", want);
            show(path, "     got", got);
        }
        return;
    }
    if (cJSON_IsArray(want)) {
        int most = cJSON_GetArraySize(want) > cJSON_GetArraySize(got) ? cJSON_GetArraySize(want)
                                                                      : cJSON_GetArraySize(got);

        for (; i < most; i++) {
            snprintf(below, sizeof below, "%s[%d]", path, i);
            differences(below, cJSON_GetArrayItem(want, i), cJSON_GetArrayItem(got, i));
        }
        return;
    }
    cJSON_ArrayForEach(item, want) {
        snprintf(below, sizeof below, "%s.%s", path, item->string);
        differences(below, item, cJSON_GetObjectItemCaseSensitive(got, item->string));
    }
    cJSON_ArrayForEach(item, got) {
        snprintf(below, sizeof below, "%s.%s", path, item->string);
        if (!cJSON_GetObjectItemCaseSensitive(want, item->string))
            differences(below, NULL, item);
    }
}

static void check_member(const char *name, const cJSON *want, const cJSON *got)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(got, name);
    bool same = want && !cJSON_IsNull(want) ? cJSON_Compare(want, item, true) : !item || cJSON_IsNull(item);

    if (!test_check(same, name, __FILE__, __LINE__))
        differences(name, want && !cJSON_IsNull(want) ? want : NULL, item);
}

static void check_text(const char *name, const char *want, const cJSON *got)
{
    cJSON *text = cJSON_CreateString(want);

    check_member(name, text, got);
    cJSON_Delete(text);
}

/* {"type":"memfd","size":"0x1000"} for each fd */
static void check_fds(const struct talk_line *l, const cJSON *got)
{
    static const char *const kinds[] = { "other", "memfd", "file", "eventfd", "socket", "pipe", "device" };
    cJSON *list = cJSON_CreateArray();
    char size[32];

    for (unsigned i = 0; i < l->nfds; i++) {
        cJSON *fd = cJSON_CreateObject();

        cJSON_AddStringToObject(fd, "type", kinds[l->fds[i].type]);
        snprintf(size, sizeof size, "0x%" PRIx64, l->fds[i].size);
        if (l->fds[i].has_size)
            cJSON_AddStringToObject(fd, "size", size);
        cJSON_AddItemToArray(list, fd);
    }
    check_member("fds", list, got);
    cJSON_Delete(list);
}

/* No object has a name twice: parsers keep one of them, and not all the same one. */
static void check_names(const cJSON *item)
{
    const cJSON *child, *other;

    cJSON_ArrayForEach(child, item) {
        for (other = child->next; other && cJSON_IsObject(item); other = other->next)
            if (!test_check(strcmp(child->string, other->string) != 0, "names are there once", __FILE__, __LINE__))
                printf("#     twice: %s\n", child->string);
        check_names(child);
    }
}

static void check_json(const struct talk_line *l, const char *text)
{
    static const cJSON nothing = { .type = cJSON_NULL };
    cJSON *got = cJSON_ParseWithOpts(text, NULL, true);
    const cJSON *item;
    size_t i;

    if (!CHECK(got)) {
        printf("#     %s\n", text);
        return;
    }
    check_names(got);
    check_text("command", l->command, got);
    check_text("type", l->type, got);
    check_text("from", l->from == VFU_CLIENT ? "client" : "server", got);
    check_text("channel", l->channel == VFU_MAIN ? "main" : "twin", got);
    check_fds(l, got);
    for (i = 0; absent_unless_named[i]; i++)
        if (!talk_has(l, absent_unless_named[i]))
            check_member(absent_unless_named[i], &nothing, got);
    cJSON_ArrayForEach(item, l->members) check_member(item->string, item, got);
    if (strcmp(l->type, "reply") == 0 && !talk_has(l, "reply_to"))
        CHECK(cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(got, "reply_to")));
    CHECK_EQ(cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(got, "reply_to")),
             cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(got, "latency_us")));
    for (i = 0; i < l->literal_count; i++)
        if (!CHECK(strstr(text, l->literals[i])))
            printf("#     lacks: %s\n#     %s", l->literals[i], text);
    item = cJSON_GetObjectItemCaseSensitive(got, "payload");
    if (!test_check(cJSON_Compare(l->payload, item, true), "the payload", __FILE__, __LINE__))
        differences("payload", l->payload, item);
    cJSON_Delete(got);
}

static void run(const struct talk *t)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct vfu_json json = { .hex = false };

    test_case("%s", t->path);
    if (!CHECK(s))
        return;
    for (size_t i = 0; i < t->count; i++) {
        const struct talk_line *l = &t->lines[i];
        struct vfu_message message = talk_as_message(l, i + 1);
        struct vfu_writer w = vfu_writer(output, sizeof output - 1, NULL, NULL);
        struct vfu_event event;

        test_case("%s:%d %s %s", t->path, l->line, l->command, l->type);
        CHECK(l->payload);
        vfu_session_message(s, &message, &event);
        vfu_json_event(&json, &event, &w);
        CHECK(!w.failed);
        output[w.used] = '\0';
        CHECK(w.used > 0 && output[w.used - 1] == '\n' && strchr(output, '\n') == output + w.used - 1);
        check_json(l, output);
    }
    vfu_session_free(s);
}

/* As tests/fuzz/decode.c takes them: who sent each (a bit each), then a message, a reply's with the one before it. */
static void seeds(const struct talk *t, const char *folder)
{
    const char *name = strrchr(t->path, '/');

    for (size_t i = 0; i < t->count; i++) {
        const struct talk_line *l = &t->lines[i], *before = i && strcmp(l->type, "reply") == 0 ? l - 1 : NULL;
        int how = before ? (int)before->from | (int)l->from << 1 : (int)l->from;
        char path[512];
        FILE *f;

        how |= (l->channel == VFU_TWIN) << 4 | l->swapped << 5 | (l->captured < l->size) << 6;
        snprintf(path, sizeof path, "%s/%s-%d", folder, name ? name + 1 : t->path, l->line);
        f = fopen(path, "w");
        if (!f)
            continue;
        fputc(how, f);
        if (before)
            fwrite(before->bytes, 1, before->size, f);
        fwrite(l->bytes, 1, l->captured, f);
        fclose(f);
    }
}

int main(int argc, char **argv)
{
    glob_t files;

    if (glob("tests/messages/*.txt", 0, NULL, &files) != 0) {
        printf("not ok tests/messages: no files (run from the top)\n");
        return 1;
    }
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct talk t;

        if (!talk_read(files.gl_pathv[i], &t))
            test_now.failed_cases++;
        else if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
            seeds(&t, argv[2]);
        else
            run(&t);
        talk_free(&t);
    }
    globfree(&files);
    return test_end();
}
