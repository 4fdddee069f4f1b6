/*
 * The encoder: each message of tests/messages, built from the fields that were written by hand beside it, is the same
 * bytes. What its fields don't say (the id, the header's flags and errno) is taken out of the bytes by a struct that
 * only this test knows.
 */
#include "conversation.h"
#include "decoder/wire/encode.h"

#include <glob.h>
#include <stddef.h>

struct header {
    uint16_t id, command;
    uint32_t size, flags, error;
};
_Static_assert(sizeof(struct header) == 16 && offsetof(struct header, error) == 12, "the header's layout");

static bool is_shown_beside(const char *name)
{
    size_t size = strlen(name);

    return strcmp(name, "data_size") == 0 || strcmp(name, "value") == 0 || /* the number that data is */
           (size > 5 && strcmp(name + size - 5, "_name") == 0);
}

/* {"raw","names"}: the names, as one writes them: a|b|0x10 */
static bool set_flags(struct vfu_build *b, const char *path, const cJSON *names)
{
    char value[256] = "0";
    const cJSON *name;

    cJSON_ArrayForEach(name, names) {
        size_t used = strlen(value);

        snprintf(value + used, sizeof value - used, "|%s", name->valuestring);
    }
    return vfu_build_set(b, path, strncmp(value, "0|", 2) == 0 ? value + 2 : value);
}

static bool set_item(struct vfu_build *b, const char *path, const cJSON *item);

static bool set_members(struct vfu_build *b, const char *path, const cJSON *object)
{
    char below[256];
    const cJSON *item;
    bool ok = true;
    int i = 0;

    cJSON_ArrayForEach(item, object) {
        if (cJSON_IsArray(object))
            snprintf(below, sizeof below, "%s[%d]", path, i++);
        else if (is_shown_beside(item->string))
            continue;
        else
            snprintf(below, sizeof below, "%s%s%s", path, path[0] ? "." : "", item->string);
        ok = ok && set_item(b, below, item);
    }
    return ok;
}

static bool set_item(struct vfu_build *b, const char *path, const cJSON *item)
{
    if (cJSON_GetObjectItem(item, "raw"))
        return set_flags(b, path, cJSON_GetObjectItem(item, "names"));
    if (cJSON_IsObject(item) || cJSON_IsArray(item))
        return set_members(b, path, item);
    if (cJSON_IsNumber(item))
        return vfu_build_set_number(b, path, (uint64_t)item->valuedouble);
    return vfu_build_set(b, path, item->valuestring);
}

static void show(const char *what, const uint8_t *bytes, size_t size)
{
    printf("#   %s ", what);
    for (size_t i = 0; i < size; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

static void run(const struct talk_line *l)
{
    struct header header;
    struct vfu_build b = { 0 };
    cJSON *payload = cJSON_Duplicate(l->payload, true);

    memcpy(&header, l->bytes, sizeof header);
    if (strcmp(l->command, "VERSION") == 0) /* the JSON text is the field; what it says stands beside it */
        cJSON_DeleteItemFromObject(payload, "capabilities");
    if (!CHECK(vfu_build_start(&b, header.command, strcmp(l->type, "reply") == 0)))
        return;
    if (!payload->child)
        vfu_build_clear_payload(&b);
    CHECK(vfu_build_set_number(&b, "header.id", header.id));
    CHECK(vfu_build_set_number(&b, "header.flags", header.flags));
    CHECK(vfu_build_set_number(&b, "header.error", header.error));
    if (CHECK(set_members(&b, "", payload)) && CHECK(vfu_build_end(&b))) {
        CHECK_EQ(b.size, l->size);
        if (!test_check(b.size == l->size && memcmp(b.bytes, l->bytes, l->size) == 0, "the same bytes", __FILE__,
                        __LINE__)) {
            show("expected", l->bytes, l->size);
            show("     got", b.bytes, b.size);
        }
    } else {
        printf("#   %s\n", b.error);
    }
    vfu_build_free(&b);
    cJSON_Delete(payload);
}

/* NAME VALUE pairs, ended by NULL; then the bytes of the payload, by hand. */
static void filled_in_as(const char *command, bool reply, const char *const *fields, const char *payload)
{
    const struct vfu_command *row = vfu_command_by_name(command);
    struct vfu_build b = { 0 };
    struct header header = { 0 };
    char hex[512] = "";

    test_case("%s: what is not set is filled in", command);
    if (!CHECK(row && vfu_build_start(&b, row->number, reply)))
        return;
    for (; fields[0]; fields += 2)
        CHECK(vfu_build_set(&b, fields[0], fields[1]));
    CHECK(vfu_build_end(&b));
    memcpy(&header, b.bytes, sizeof header);
    CHECK_EQ(header.size, b.size);
    for (size_t i = sizeof header; i < b.size && 2 * i < sizeof hex; i++)
        snprintf(hex + 2 * (i - sizeof header), 3, "%02x", b.bytes[i]);
    CHECK_TEXT(hex, payload);
    vfu_build_free(&b);
}

static void filled_in(const char *command, const char *const *fields, const char *payload)
{
    filled_in_as(command, false, fields, payload);
}

static void fill_in(void)
{
    filled_in("DMA_MAP", (const char *const[]){ "address", "1M", "size", "4K", "flags", "readable", NULL },
              "2000000001000000" "0000000000000000" "0000100000000000" "0010000000000000");
    filled_in("REGION_WRITE", (const char *const[]){ "region", "bar2", "data", "a1b2c3", NULL },
              "0000000000000000" "0200000003000000" "a1b2c3");
    filled_in("DEVICE_SET_IRQS", (const char *const[]){ "flags", "bool|unmask", "index", "msix", "data", "0100", NULL },
              "16000000" "12000000" "02000000" "00000000" "02000000" "0100");
    filled_in("MIG_DATA_WRITE", (const char *const[]){ "data", "00112233", NULL }, "0c000000" "04000000" "00112233");
    /* by hand is by hand, however wrong */
    filled_in("MIG_DATA_WRITE", (const char *const[]){ "size", "9", "argsz", "1", "data", "00", NULL },
              "01000000" "09000000" "00");
    filled_in("REGION_WRITE_MULTI", (const char *const[]){ "writes[0].count", "7", "writes[0].data", "a1b2", "writes[1].data",
              "c3", NULL },
              "0200000000000000" "0000000000000000" "0000000007000000" "a1b2000000000000"
              "0000000000000000" "0000000001000000" "c300000000000000");
    filled_in_as("DEVICE_GET_REGION_INFO", true,
                 (const char *const[]){ "flags", "caps", "capabilities[0].id", "sparse_mmap",
                                        "capabilities[0].nr_areas", "9", "capabilities[0].areas[1].size", "4K", NULL },
                 "50000000" "08000000" "00000000" "20000000" "0000000000000000" "0000000000000000"
                 "0100000000000000" "0900000000000000" "0000000000000000" "0000000000000000"
                 "0000000000000000" "0010000000000000");
}

int main(void)
{
    unsigned count = 0;
    glob_t files;

    if (glob("tests/messages/*.txt", 0, NULL, &files) != 0) {
        printf("not ok tests/messages: no files (run from the top)\n");
        return 1;
    }
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct talk t;

        if (!talk_read(files.gl_pathv[i], &t))
            test_now.failed_cases++;
        for (size_t n = 0; n < t.count; n++) {
            const struct talk_line *l = &t.lines[n];

            /* Not what the encoder can make: odd sizes, and data that the expectation shows only in part. */
            if (l->decode_only || l->swapped || l->captured < l->size || talk_has(l, "short") || talk_has(l, "extra") ||
                strcmp(l->type, "unknown") == 0 || cJSON_GetObjectItem(l->payload, "data_size"))
                continue;
            test_case("%s:%d encode %s %s", t.path, l->line, l->command, l->type);
            run(l);
            count++;
        }
        talk_free(&t);
    }
    globfree(&files);
    fill_in();
    test_case("most messages can be encoded");
    CHECK(count > 100);
    return test_end();
}
