/*
 * One client and one server with a tap between them, and what its JSON says of that.
 */
#ifndef VFU_TESTS_WIRE_H
#define VFU_TESTS_WIRE_H

#include "tapping.h"

#include <cjson/cJSON.h>

__attribute__((unused)) static const char *const to_json[] = { "--json", "-o", "json", NULL };

struct wire {
    struct tapping tap;
    int client, server;
};

static inline void open_wire(struct wire *w, const char *const *arguments)
{
    *w = (struct wire){ 0 };
    tapping_start(&w->tap, arguments);
    w->client = connect_to(tapping_path(&w->tap, "t"));
    w->server = accept_from(w->tap.server);
}

static inline void close_wire(struct wire *w)
{
    close(w->client);
    close(w->server);
    CHECK_EQ(tapping_stop(&w->tap), 0);
}

/* The n-th line of the tap's JSON that has this member; the caller deletes it. NULL: there is none. */
static inline cJSON *json_line(const struct tapping *t, const char *member, const char *value, int n)
{
    char *text = tapping_text(t, "json"), *save;
    cJSON *found = NULL;

    for (char *line = strtok_r(text, "\n", &save); line && !found; line = strtok_r(NULL, "\n", &save)) {
        cJSON *object = cJSON_Parse(line);
        const char *is = cJSON_GetStringValue(cJSON_GetObjectItem(object, member));

        CHECK(object != NULL);
        if (is && strcmp(is, value) == 0 && n-- == 0)
            found = object;
        else
            cJSON_Delete(object);
    }
    free(text);
    return found;
}

static inline const char *text_of(const cJSON *object, const char *member)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, member));

    return text ? text : "(none)";
}

static inline double number_of(const cJSON *object, const char *member)
{
    const cJSON *item = cJSON_GetObjectItem(object, member);

    return cJSON_IsNumber(item) ? item->valuedouble : -1;
}

static inline bool has_rule(const cJSON *object, const char *rule, const char *at_fault)
{
    const cJSON *problems = cJSON_GetObjectItem(object, "problems"), *first = cJSON_GetArrayItem(problems, 0);

    return cJSON_GetArraySize(problems) == 1 && strcmp(text_of(first, "rule"), rule) == 0 &&
           strcmp(text_of(first, "at_fault"), at_fault) == 0;
}

#endif
