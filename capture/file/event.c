/*
 * Events of a capture file, read back from the JSON object that the JSON sink made of them.
 */
#include "capture/file/inside.h"
#include "decoder/wire/parse.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

/* A number, or a string that is one (64-bit values are written so). Absent: 0. */
static uint64_t number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    uint64_t number = 0;

    if (cJSON_IsString(item) && vfu_parse_number(item->valuestring, &number))
        return number;
    return cJSON_IsNumber(item) && item->valuedouble > 0 && item->valuedouble < 1e18 ? (uint64_t)item->valuedouble : 0;
}

static bool kind_of(const cJSON *object, enum vfu_event_kind *kind)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(object, "event");

    for (int k = VFU_EVENT_MESSAGE + 1; cJSON_IsString(name) && k < VFU_EVENT_KINDS; k++) {
        if (strcmp(name->valuestring, vfu_event_name((enum vfu_event_kind)k)) == 0) {
            *kind = (enum vfu_event_kind)k;
            return true;
        }
    }
    return false;
}

static unsigned digit_of(char c)
{
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

/* The bytes that `data` is the hex of. */
static bool memory_of(const cJSON *object, struct vfu_message *m, uint8_t *memory)
{
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(object, "data");
    const char *hex = cJSON_IsString(data) ? data->valuestring : "";
    size_t size = strlen(hex) / 2;

    if (strlen(hex) % 2 || size > VFU_EVENT_MEMORY_MAX)
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned high = digit_of(hex[2 * i]), low = digit_of(hex[2 * i + 1]);

        if (high > 15 || low > 15)
            return false;
        memory[i] = (uint8_t)(high << 4 | low);
    }
    m->bytes = memory;
    m->captured = m->size = size;
    return true;
}

static const char *string_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}

static void problems_of(const cJSON *object, struct vfu_event *event, struct recorded *recorded)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "problems"))
    {
        const char *rule = string_of(item, "rule"), *text = string_of(item, "text");
        bool violation = strcmp(string_of(item, "severity"), vfu_severity_name(VFU_VIOLATION)) == 0;
        bool server = strcmp(string_of(item, "at_fault"), "server") == 0;

        recorded_problem(event, recorded, rule, strlen(rule), violation ? VFU_VIOLATION : VFU_SUSPICIOUS,
                         server ? VFU_SERVER : VFU_CLIENT, text, strlen(text));
    }
}

static void notes_of(const cJSON *object, struct vfu_event *event, struct recorded *recorded)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "notes"))
    {
        const char *plugin = string_of(item, "plugin"), *text = string_of(item, "text");

        recorded_note(event, recorded, plugin, strlen(plugin), text, strlen(text),
                      cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "warning")));
    }
}

bool event_parse(const char *json, size_t size, struct vfu_event *event, uint8_t *memory,
                 struct recorded *recorded)
{
    static const char *const words[] = { "text", "spec" };
    cJSON *object = cJSON_ParseWithLength(json, size);
    bool ok = cJSON_IsObject(object) && kind_of(object, &event->kind);

    event->message.bytes = NULL;
    event->message.captured = 0;
    event->message.size = 0;
    if (ok && event->kind == VFU_EVENT_MEMORY) {
        event->offset = number_of(object, "address");
        event->about = number_of(object, "no");
        ok = memory_of(object, &event->message, memory);
    } else if (ok) {
        event->offset = number_of(object, "offset");
        event->count = number_of(object, "count");
        event->index = (uint32_t)number_of(object, event->kind == VFU_EVENT_IOEVENTFD ? "region" : "index");
        event->vector = (uint32_t)number_of(object, "vector");
        event->vector |= cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "both"));
        event->about = number_of(object, "no");
        problems_of(object, event, recorded);
        notes_of(object, event, recorded);
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            const cJSON *text = cJSON_GetObjectItemCaseSensitive(object, words[i]);

            if (cJSON_IsString(text))
                snprintf(event->text, sizeof event->text, "%s", text->valuestring);
        }
    }
    cJSON_Delete(object);
    return ok;
}
