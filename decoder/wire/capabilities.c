/*
 * VERSION's JSON: the capabilities out of it (cJSON), and the text itself written again so that it can stand inside
 * our own JSON. cJSON keeps integers as doubles, so numbers are copied from the text, digit for digit.
 */
#include "decoder/wire/capabilities.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <string.h>

static const char key_capabilities[] = "capabilities";
#define BEYOND 18446744073709551616.0 /* the first number that 64 bits do not hold */

#define AT(member) offsetof(struct vfu_capabilities, member)
#define NUMBER(n, member, default) { n, VFU_CAPABILITY_NUMBER, .otherwise = default, .at = AT(member) }
#define BOOL(n, member) { n, VFU_CAPABILITY_BOOL, .at = AT(member) }

static const struct vfu_capability twin_socket[] = {
    BOOL("supported", twin_socket),
    { "fd_index", VFU_CAPABILITY_NUMBER, .at = AT(fd_index), .there = AT(has_fd_index) },
    { NULL },
};

static const struct vfu_capability migration[] = {
    NUMBER("pgsize", migration_pgsize, VFU_DEFAULT_PGSIZES),
    NUMBER("max_bitmap_size", migration_max_bitmap_size, VFU_DEFAULT_MAX_BITMAP_SIZE),
    { NULL },
};

const struct vfu_capability vfu_capability_list[VFU_CAPABILITIES] = {
    [VFU_CAPABILITY_MAX_MSG_FDS] = NUMBER("max_msg_fds", max_msg_fds, VFU_DEFAULT_MAX_MSG_FDS),
    [VFU_CAPABILITY_MAX_DATA_XFER_SIZE] =
        NUMBER("max_data_xfer_size", max_data_xfer_size, VFU_DEFAULT_MAX_DATA_XFER_SIZE),
    [VFU_CAPABILITY_PGSIZES] = NUMBER("pgsizes", pgsizes, VFU_DEFAULT_PGSIZES),
    [VFU_CAPABILITY_MAX_DMA_MAPS] = NUMBER("max_dma_maps", max_dma_maps, VFU_DEFAULT_MAX_DMA_MAPS),
    [VFU_CAPABILITY_WRITE_MULTIPLE] = BOOL("write_multiple", write_multiple),
    [VFU_CAPABILITY_TWIN_SOCKET] = { "twin_socket", VFU_CAPABILITY_OBJECT, .members = twin_socket },
    [VFU_CAPABILITY_SPARSE_MMAP_FDS] = BOOL("sparse_mmap_fds", sparse_mmap_fds),
    [VFU_CAPABILITY_MIGRATION] = { "migration", VFU_CAPABILITY_OBJECT, .members = migration, .there = AT(migration) },
};

static uint64_t number_of(const cJSON *n, uint64_t otherwise)
{
    if (!cJSON_IsNumber(n) || !(n->valuedouble >= 0))
        return otherwise;
    return n->valuedouble >= BEYOND ? UINT64_MAX : (uint64_t)n->valuedouble;
}

/* An integer of 64 bits. cJSON's double of the largest is that of the next one, too. */
static bool is_count(const cJSON *n)
{
    return cJSON_IsNumber(n) && n->valuedouble >= 0 && n->valuedouble <= BEYOND &&
           (n->valuedouble == BEYOND || n->valuedouble == (double)(uint64_t)n->valuedouble);
}

static bool has_kind(const cJSON *item, enum vfu_capability_kind kind)
{
    return kind == VFU_CAPABILITY_NUMBER ? is_count(item) : kind == VFU_CAPABILITY_BOOL ? cJSON_IsBool(item)
                                                                                        : cJSON_IsObject(item);
}

/* Its value, or its members', where they belong. */
static void take(const cJSON *object, const struct vfu_capability *c, struct vfu_capabilities *caps)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, c->name);
    void *at = (char *)caps + c->at;

    if (c->kind == VFU_CAPABILITY_NUMBER)
        *(uint64_t *)at = number_of(item, c->otherwise);
    else if (c->kind == VFU_CAPABILITY_BOOL)
        *(bool *)at = cJSON_IsTrue(item);
    if (c->there)
        *(bool *)((char *)caps + c->there) = has_kind(item, c->kind);
    for (const struct vfu_capability *member = c->members; member && member->name; member++)
        take(item, member, caps);
}

/* Is it there, and what it should be, with its members? */
static void look(const cJSON *object, unsigned i, struct vfu_capabilities *caps)
{
    const struct vfu_capability *c = &vfu_capability_list[i];
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, c->name);

    if (!item)
        return;
    caps->present |= 1u << i;
    if (!has_kind(item, c->kind))
        caps->wrong[i] = c;
    for (const struct vfu_capability *m = c->members; m && m->name && !caps->wrong[i]; m++) {
        const cJSON *member = cJSON_GetObjectItemCaseSensitive(item, m->name);

        if (member && !has_kind(member, m->kind))
            caps->wrong[i] = m;
    }
    caps->wrong_type |= caps->wrong[i] ? 1u << i : 0;
}

const char *vfu_capability_demand(const struct vfu_capability *c)
{
    static const char *const demands[] = {
        [VFU_CAPABILITY_NUMBER] = "an integer from 0 to 2^64 - 1",
        [VFU_CAPABILITY_BOOL] = "true or false",
        [VFU_CAPABILITY_OBJECT] = "an object",
    };

    return demands[c->kind];
}

bool vfu_capabilities_parse(const char *text, size_t size, struct vfu_capabilities *caps)
{
    cJSON *root = size ? cJSON_ParseWithLength(text, size) : NULL;
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(root, key_capabilities);

    *caps = (struct vfu_capabilities){ .known = cJSON_IsObject(root) };
    for (unsigned i = 0; i < VFU_CAPABILITIES; i++) {
        take(all, &vfu_capability_list[i], caps);
        look(all, i, caps);
    }
    if (all && !cJSON_IsObject(all))
        caps->wrong_type |= 1u << VFU_CAPABILITIES;
    cJSON_Delete(root);
    return caps->known;
}

/* Reads a text that cJSON took. */
struct scan {
    const char *at, *end;
};

static char peek(const struct scan *s)
{
    return s->at < s->end ? *s->at : '\0';
}

static void skip_space(struct scan *s)
{
    /* cJSON takes every byte up to 32 for a space. */
    while (s->at < s->end && (unsigned char)*s->at <= ' ')
        s->at++;
}

/* The inside of a string, still escaped; the scan ends after its closing quote. */
static struct scan take_string(struct scan *s)
{
    struct scan inside = { s->at + 1, s->at + 1 };

    for (s->at++; s->at < s->end && *s->at != '"'; s->at++)
        if (*s->at == '\\' && s->at + 1 < s->end)
            s->at++;
    inside.end = s->at;
    if (s->at < s->end)
        s->at++;
    return inside;
}

/* Is there \uXXXX? */
static bool has_hex(struct scan s)
{
    if (s.end - s.at < 6 || s.at[1] != 'u')
        return false;
    for (int i = 2; i < 6; i++)
        if (!isxdigit((unsigned char)s.at[i]))
            return false;
    return true;
}

/* A run of escapes that are already JSON and bytes that may be anything. */
static void write_string(struct vfu_writer *w, struct scan inside)
{
    vfu_write_char(w, '"');
    while (inside.at < inside.end) {
        const char *from = inside.at;

        while (inside.at < inside.end && *inside.at != '\\')
            inside.at++;
        vfu_write_json_string(w, (const uint8_t *)from, (size_t)(inside.at - from));
        if (has_hex(inside)) {
            vfu_write(w, inside.at, 6);
            inside.at += 6;
        } else if (inside.at + 1 < inside.end && inside.at[1] == 'u') { /* which cJSON takes for \u0000 */
            vfu_write_text(w, "\\ufffd");
            inside.at += 2;
        } else if (inside.at + 1 < inside.end) { /* cJSON knows the same escapes as JSON, and refuses others */
            vfu_write(w, inside.at, 2);
            inside.at += 2;
        } else {
            break;
        }
    }
    vfu_write_char(w, '"');
}

static bool digits(struct scan *s)
{
    const char *from = s->at;

    while (peek(s) >= '0' && peek(s) <= '9')
        s->at++;
    return s->at > from;
}

/* cJSON hands numbers to strtod: it takes 08 and 1. and more that JSON does not. */
static bool is_number(struct scan s)
{
    if (peek(&s) == '-')
        s.at++;
    if (peek(&s) == '0')
        s.at++;
    else if (!digits(&s))
        return false;
    if (peek(&s) == '.') {
        s.at++;
        if (!digits(&s))
            return false;
    }
    if (peek(&s) == 'e' || peek(&s) == 'E') {
        s.at++;
        if (peek(&s) == '+' || peek(&s) == '-')
            s.at++;
        if (!digits(&s))
            return false;
    }
    return s.at == s.end;
}

/* cJSON takes control characters as they are, and \u with what is no hex digit. */
static const char *wrong_in_string(struct scan s)
{
    for (; s.at < s.end; s.at++) {
        if ((unsigned char)*s.at < ' ')
            return "it has a control character in a string";
        if (*s.at != '\\')
            continue;
        if (s.at + 1 < s.end && s.at[1] == 'u' && !has_hex(s))
            return "it has \\u without four hex digits";
        s.at++;
    }
    return NULL;
}

/* Everything up to the next string or punctuation: a number, or a word that cJSON knows. */
static struct scan take_word(struct scan *s)
{
    struct scan word = { s->at, s->at };

    while (s->at < s->end && (unsigned char)*s->at > ' ' && !strchr(",]}", *s->at))
        s->at++;
    word.end = s->at;
    return word;
}

/* A NUL is none of them, though strchr finds one at the end of any list; cJSON takes it for a blank. */
static bool is_one_of(const char *list, char c)
{
    return c && strchr(list, c);
}

/* What cJSON took and JSON is not. */
static const char *wrong_in(struct scan s)
{
    const char *wrong = NULL;

    if (s.end - s.at >= 3 && memcmp(s.at, "\xef\xbb\xbf", 3) == 0)
        s.at += 3; /* a byte order mark, which may be let pass */
    while (s.at < s.end && !wrong) {
        if (*s.at == '"') {
            wrong = wrong_in_string(take_string(&s));
        } else if (is_one_of("tfn", *s.at)) {
            take_word(&s);
        } else if (is_one_of("-0123456789", *s.at)) {
            wrong = is_number(take_word(&s)) ? NULL : "it has a number that JSON does not know";
        } else {
            wrong = is_one_of(" \t\n\r{}[],:", *s.at) ? NULL : "it has control characters between its parts";
            s.at++;
        }
    }
    return wrong;
}

bool vfu_json_readable(const char *text, size_t size)
{
    cJSON *root = size ? cJSON_ParseWithLength(text, size) : NULL;
    bool readable = cJSON_IsObject(root);

    cJSON_Delete(root);
    return readable;
}

/* JSON's grammar allows what cJSON does not: half of a surrogate pair, and any depth. Of such a text nothing can be said. */
static bool is_beyond_cjson(struct scan s)
{
    unsigned depth = 0;

    for (; s.at < s.end; s.at++) {
        if (*s.at == '\\' && has_hex(s) && (s.at[2] == 'd' || s.at[2] == 'D') && s.at[3] > '7')
            return true;
        depth += *s.at == '{' || *s.at == '[';
    }
    return depth > CJSON_NESTING_LIMIT;
}

const char *vfu_json_wrong(const char *text, size_t size)
{
    const char *end = NULL;
    cJSON *root = size ? cJSON_ParseWithLengthOpts(text, size, &end, false) : NULL;
    bool is_object = cJSON_IsObject(root), is_read = root;

    cJSON_Delete(root);
    if (size == 0)
        return "it is empty";
    if (!is_object)
        return !is_read && is_beyond_cjson((struct scan){ text, text + size }) ? NULL : "it is no JSON object";
    for (const char *at = end; at < text + size; at++)
        if (!*at || !strchr(" \t\n\r", *at))
            return "something stands behind its object";
    return wrong_in((struct scan){ text, end });
}

/* Copy the value at the scan, without its spaces; nested as deep as it may be: braces are copied, not matched. */
static void copy_value(struct scan *s, struct vfu_writer *w)
{
    unsigned depth = 0;

    do {
        struct scan token;
        char c;

        skip_space(s);
        c = peek(s);
        if (c == '\0') {
            return;
        } else if (c == '"') {
            write_string(w, take_string(s));
        } else if (strchr("{[}],:", c)) {
            depth += c == '{' || c == '[';
            depth -= c == '}' || c == ']';
            vfu_write_char(w, c);
            s->at++;
        } else {
            token = take_word(s);
            if (strchr("tfn", c) || is_number(token))
                vfu_write(w, token.at, (size_t)(token.end - token.at));
            else
                vfu_write_text(w, "null");
        }
    } while (depth > 0);
}

static bool discard(void *context, const char *bytes, size_t size)
{
    (void)context, (void)bytes, (void)size;
    return true;
}

bool vfu_write_capabilities(const char *text, size_t size, struct vfu_writer *w)
{
    struct scan s = { text, text + size };
    char room[64];
    struct vfu_writer nowhere = vfu_writer(room, sizeof room, discard, NULL);

    if (!vfu_json_readable(text, size))
        return false;
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        s.at += 3; /* cJSON skips a byte order mark */
    skip_space(&s);
    s.at++; /* { */
    for (;;) {
        struct scan key;

        skip_space(&s);
        if (peek(&s) != '"')
            return false;
        key = take_string(&s);
        skip_space(&s);
        s.at++; /* : */
        skip_space(&s);
        if ((size_t)(key.end - key.at) == sizeof key_capabilities - 1 &&
            memcmp(key.at, key_capabilities, sizeof key_capabilities - 1) == 0) {
            if (peek(&s) != '{')
                return false;
            vfu_write_text(w, "\"capabilities\":");
            copy_value(&s, w);
            return true;
        }
        copy_value(&s, &nowhere);
        skip_space(&s);
        if (peek(&s) != ',')
            return false;
        s.at++;
    }
}
