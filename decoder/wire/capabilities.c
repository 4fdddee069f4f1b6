/*
 * VERSION's JSON: the capabilities out of it (cJSON), and the text itself written again so that it can stand inside
 * our own JSON. cJSON keeps integers as doubles, so numbers are copied from the text, digit for digit.
 */
#include "decoder/wire/capabilities.h"

#include <cjson/cJSON.h>
#include <string.h>

static const char key_capabilities[] = "capabilities";

const struct vfu_name vfu_capability_names[] = {
    { cJSON_Number, "max_msg_fds" }, { cJSON_Number, "max_data_xfer_size" }, { cJSON_Number, "pgsizes" },
    { cJSON_Number, "max_dma_maps" }, { cJSON_True, "write_multiple" }, { cJSON_Object, "twin_socket" },
    { cJSON_Object, "migration" }, { 0, NULL },
};

static uint64_t get_number(const cJSON *object, const char *name, uint64_t otherwise)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(object, name);

    if (!cJSON_IsNumber(n) || !(n->valuedouble >= 0))
        return otherwise;
    return n->valuedouble >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)n->valuedouble;
}

static bool get_bool(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* Which capabilities are there, and which of those are not what they should be. */
static void take_stock(const cJSON *object, struct vfu_capabilities *caps)
{
    for (unsigned i = 0; i < VFU_CAPABILITIES; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, vfu_capability_names[i].name);
        int wanted = (int)vfu_capability_names[i].value;
        const cJSON *supported = cJSON_GetObjectItemCaseSensitive(item, "supported");
        bool good = item && (!supported || cJSON_IsBool(supported)) && (wanted == cJSON_True ? cJSON_IsBool(item) : (item->type & 0xff) == wanted);

        if (item)
            caps->present |= 1u << i;
        if (item && !good)
            caps->wrong_type |= 1u << i;
    }
    if (object && !cJSON_IsObject(object))
        caps->wrong_type |= 1u << VFU_CAPABILITIES;
}

bool vfu_capabilities_parse(const char *text, size_t size, struct vfu_capabilities *caps)
{
    cJSON *root = size ? cJSON_ParseWithLength(text, size) : NULL;
    const cJSON *c = cJSON_GetObjectItemCaseSensitive(root, key_capabilities);
    const cJSON *twin = cJSON_GetObjectItemCaseSensitive(c, "twin_socket");
    const cJSON *migration = cJSON_GetObjectItemCaseSensitive(c, "migration");

    *caps = (struct vfu_capabilities){
        .known = cJSON_IsObject(root),
        .max_msg_fds = get_number(c, "max_msg_fds", VFU_DEFAULT_MAX_MSG_FDS),
        .max_data_xfer_size = get_number(c, "max_data_xfer_size", VFU_DEFAULT_MAX_DATA_XFER_SIZE),
        .pgsizes = get_number(c, "pgsizes", VFU_DEFAULT_PGSIZES),
        .max_dma_maps = get_number(c, "max_dma_maps", VFU_DEFAULT_MAX_DMA_MAPS),
        .write_multiple = get_bool(c, "write_multiple"),
        .twin_socket = get_bool(twin, "supported"),
        .has_fd_index = cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(twin, "fd_index")),
        .fd_index = get_number(twin, "fd_index", 0),
        .migration = cJSON_IsObject(migration),
        .migration_pgsize = get_number(migration, "pgsize", VFU_DEFAULT_PGSIZES),
        .migration_max_bitmap_size = get_number(migration, "max_bitmap_size", 256u << 20),
    };
    take_stock(c, caps);
    cJSON_Delete(root);
    return caps->known;
}

bool vfu_json_valid(const char *text, size_t size)
{
    cJSON *root = size ? cJSON_ParseWithLength(text, size) : NULL;
    bool valid = cJSON_IsObject(root);

    cJSON_Delete(root);
    return valid;
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

/* A run of escapes that are already JSON and bytes that may be anything. */
static void write_string(struct vfu_writer *w, struct scan inside)
{
    vfu_write_char(w, '"');
    while (inside.at < inside.end) {
        const char *from = inside.at;

        while (inside.at < inside.end && *inside.at != '\\')
            inside.at++;
        vfu_write_json_string(w, (const uint8_t *)from, (size_t)(inside.at - from));
        if (inside.at + 1 < inside.end) { /* cJSON knows the same escapes as JSON, and refuses others */
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

/* cJSON hands numbers to strtod: it takes 01 and 1. and more that JSON does not. Those become null. */
static void write_number(struct vfu_writer *w, struct scan token)
{
    struct scan s = token;
    bool good;

    if (peek(&s) == '-')
        s.at++;
    if (peek(&s) == '0') {
        s.at++;
        good = true;
    } else {
        good = digits(&s);
    }
    if (peek(&s) == '.') {
        s.at++;
        good = digits(&s) && good;
    }
    if (peek(&s) == 'e' || peek(&s) == 'E') {
        s.at++;
        if (peek(&s) == '+' || peek(&s) == '-')
            s.at++;
        good = digits(&s) && good;
    }
    if (good && s.at == s.end)
        vfu_write(w, token.at, (size_t)(token.end - token.at));
    else
        vfu_write_text(w, "null");
}

/* Copy the value at the scan, without its spaces; nested as deep as it may be: braces are copied, not matched. */
static void copy_value(struct scan *s, struct vfu_writer *w)
{
    unsigned depth = 0;

    do {
        struct scan token;
        char c;

        skip_space(s);
        token.at = s->at;
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
            while (s->at < s->end && (unsigned char)*s->at > ' ' && !strchr(",]}", *s->at))
                s->at++;
            token.end = s->at;
            if (c == 't' || c == 'f' || c == 'n')
                vfu_write(w, token.at, (size_t)(token.end - token.at));
            else
                write_number(w, token);
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

    if (!vfu_json_valid(text, size))
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
