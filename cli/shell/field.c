/*
 * What `expect` and variables look at: a member of the last command's JSON object, of the last reply's payload, or of
 * its header, by the names that --json shows.
 */
#include "cli/shell/inside.h"
#include "cli/shell/message.h"
#include "decoder/wire/compare.h"
#include "decoder/wire/parse.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A member by path: "capabilities[0].areas[1].size". `name_beside` gets NAME_name, if there is one. */
static const cJSON *find(const cJSON *at, const char *path, const cJSON **name_beside)
{
    char word[80], beside[96];

    *name_beside = NULL;
    while (at && *path) {
        size_t size = strcspn(path, ".[");

        if (*path == '[') {
            char *end;
            unsigned long n = strtoul(path + 1, &end, 10);

            if (!isdigit((unsigned char)path[1]) || *end != ']' || n > 1000000 || !cJSON_IsArray(at))
                return NULL;
            at = cJSON_GetArrayItem(at, (int)n);
            path = end + 1;
            *name_beside = NULL;
        } else {
            if (size == 0 || size >= sizeof word || !cJSON_IsObject(at))
                return NULL;
            memcpy(word, path, size);
            word[size] = '\0';
            snprintf(beside, sizeof beside, "%s_name", word);
            *name_beside = cJSON_GetObjectItemCaseSensitive(at, beside);
            at = cJSON_GetObjectItemCaseSensitive(at, word);
            path += size;
        }
        if (*path == '.')
            path++;
    }
    return at;
}

static cJSON *last_payload(struct shell *sh)
{
    const struct vfu_json json = { .hex = true };
    struct shell_buffer b;
    cJSON *root;

    if (!sh->link.client.reply.event)
        return NULL;
    shell_buffer_init(&b);
    vfu_json_payload(&json, sh->link.client.reply.event, &b.w);
    root = cJSON_Parse(shell_buffer_text(&b));
    shell_buffer_free(&b);
    return root;
}

static cJSON *last_header(struct shell *sh)
{
    struct shell_buffer b;
    cJSON *root;

    if (!sh->link.client.reply.event)
        return NULL;
    shell_buffer_init(&b);
    shell_header_json(sh->link.client.reply.event, &b.w);
    root = cJSON_Parse(shell_buffer_text(&b));
    shell_buffer_free(&b);
    return root;
}

/* A node's number: JSON's own, or a string "0x..."; flags by their raw value. */
static bool node_number(const cJSON *node, uint64_t *number)
{
    if (cJSON_IsObject(node)) {
        const cJSON *raw = cJSON_GetObjectItemCaseSensitive(node, "raw");

        node = raw ? raw : cJSON_GetObjectItemCaseSensitive(node, "errno");
    }
    if (cJSON_IsNumber(node)) {
        *number = node->valuedouble < 0 ? 0 : (uint64_t)node->valuedouble;
        return node->valuedouble >= 0;
    }
    if (cJSON_IsBool(node)) {
        *number = cJSON_IsTrue(node);
        return true;
    }
    return cJSON_IsString(node) && strncmp(node->valuestring, "0x", 2) == 0 &&
           vfu_parse_number(node->valuestring, number);
}

static bool list_has(const cJSON *names, const char *name, size_t size)
{
    const cJSON *n;

    cJSON_ArrayForEach(n, names)
        if (cJSON_IsString(n) && strlen(n->valuestring) == size && strncasecmp(n->valuestring, name, size) == 0)
            return true;
    return false;
}

/* All the names in `a|b` are among the list. */
static bool list_has_all(const cJSON *names, const char *value)
{
    while (*value) {
        size_t size = strcspn(value, "|");

        if (!list_has(names, value, size))
            return false;
        value += size + (value[size] == '|');
    }
    return true;
}

/* Does the node equal the value, as a name or a text? */
static bool equals_text(const cJSON *node, const cJSON *name_beside, const char *value)
{
    if (cJSON_IsObject(node)) {
        const cJSON *names = cJSON_GetObjectItemCaseSensitive(node, "names");
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(node, "name");

        return names ? list_has_all(names, value) : cJSON_IsString(name) && strcasecmp(name->valuestring, value) == 0;
    }
    if (cJSON_IsArray(node))
        return list_has_all(node, value);
    if (cJSON_IsBool(node))
        return strcasecmp(value, cJSON_IsTrue(node) ? "true" : "false") == 0;
    if (cJSON_IsString(name_beside) && strcasecmp(name_beside->valuestring, value) == 0)
        return true;
    return cJSON_IsString(node) && strcasecmp(node->valuestring, value) == 0;
}

/* What the field is, for people. */
static void show(const cJSON *node, const cJSON *name_beside, char *out, size_t size)
{
    char *text = cJSON_PrintUnformatted(node);

    snprintf(out, size, "%.120s%s%.40s%s", text ? text : "?", name_beside ? " (" : "",
             cJSON_IsString(name_beside) ? name_beside->valuestring : "", name_beside ? ")" : "");
    cJSON_free(text);
}

/* A..B */
static bool in_range(struct shell *sh, uint64_t number, const char *value, bool *holds)
{
    const char *dots = strstr(value, "..");
    char first[40];
    uint64_t a, b;

    if (!dots || (size_t)(dots - value) >= sizeof first)
        return shell_fail(sh, "%.80s: a range is A..B", value);
    memcpy(first, value, (size_t)(dots - value));
    first[dots - value] = '\0';
    if (!shell_number(sh, "A", first, &a) || !shell_number(sh, "B", dots + 2, &b))
        return false;
    *holds = vfu_compare(VFU_IN, number, a, b);
    return true;
}

static bool judge(struct shell *sh, const char *field, enum vfu_operator op, const char *value, const cJSON *node,
                  const cJSON *name_beside)
{
    uint64_t is = 0, wanted = 0;
    bool number = node_number(node, &is), holds = false, numeric = vfu_parse_number(value, &wanted);
    char found[200], wanted_text[100];

    if (op == VFU_IN) {
        if (!number)
            return shell_fail(sh, "%.80s is not a number", field);
        if (!in_range(sh, is, value, &holds))
            return false;
    } else if (number && numeric) {
        holds = vfu_compare(op, is, wanted, 0);
    } else if (op == VFU_EQ || op == VFU_NE) {
        holds = equals_text(node, name_beside, value) == (op == VFU_EQ);
    } else {
        return shell_fail(sh, "%.80s %s %.80s: only numbers can be compared so", field, vfu_operator_names[op], value);
    }
    if (holds)
        return true;
    show(node, name_beside, found, sizeof found);
    snprintf(wanted_text, sizeof wanted_text, "%s %.80s", vfu_operator_names[op], value);
    shell_json_string(sh, "field", field);
    shell_json_string(sh, "expected", wanted_text);
    shell_json_string(sh, "found", found);
    return shell_fail(sh, "%.60s %s %.60s was expected, and it is %s", field, vfu_operator_names[op], value, found);
}

/* Where the last command's result is, parsed. */
struct result {
    cJSON *last, *payload, *header;
};

static struct result last_result(struct shell *sh)
{
    struct result r = { cJSON_Parse(shell_buffer_text(&sh->outcome.last)), last_payload(sh), last_header(sh) };

    if (sh->outcome.elapsed_us > 0)
        cJSON_AddNumberToObject(r.last, "elapsed_us", sh->outcome.elapsed_us);
    return r;
}

static void free_result(struct result *r)
{
    cJSON_Delete(r->last);
    cJSON_Delete(r->payload);
    cJSON_Delete(r->header);
}

/*
 * A bare name is looked for in the command's object, then in the reply's payload, then in its header, unless such a
 * command's payload has that field: then this reply lacks it.
 */
static const cJSON *look_up(struct shell *sh, const struct result *r, const char *field, const cJSON **name_beside)
{
    const cJSON *node;

    if (strncmp(field, "reply.", 6) == 0)
        return find(r->payload, field + 6, name_beside);
    if (strncmp(field, "header.", 7) == 0)
        return find(r->header, field + 7, name_beside);
    node = find(r->last, field, name_beside);
    if (!node)
        node = find(r->payload, field, name_beside);
    if (!node && !(sh->link.client.reply.event && vfu_payload_has(sh->link.client.reply.event->command, field)))
        node = find(r->header, field, name_beside);
    return node;
}

bool shell_field_holds(struct shell *sh, const char *field, const char *op, const char *value)
{
    struct result r = last_result(sh);
    const cJSON *name_beside, *node = look_up(sh, &r, field, &name_beside);
    enum vfu_operator which;
    bool holds = false;

    if (!vfu_operator_by_name(op, &which))
        shell_fail(sh, "%.20s: the operators are == != < <= > >= and in", op);
    else if (!node)
        shell_fail(sh, "the last reply has no %.80s", field);
    else
        holds = judge(sh, field, which, value, node, name_beside);
    free_result(&r);
    return holds;
}

char *shell_field_text(struct shell *sh, const char *field)
{
    struct result r = last_result(sh);
    const cJSON *name_beside, *node = look_up(sh, &r, field, &name_beside);
    const cJSON *raw = cJSON_IsObject(node) ? cJSON_GetObjectItemCaseSensitive(node, "raw") : NULL;
    char *text = NULL, *printed;

    if (raw)
        node = raw;
    if (cJSON_IsString(node)) {
        text = strdup(cJSON_GetStringValue(node));
    } else if (node && (printed = cJSON_PrintUnformatted(node))) {
        text = strdup(printed);
        cJSON_free(printed);
    }
    free_result(&r);
    return text;
}
