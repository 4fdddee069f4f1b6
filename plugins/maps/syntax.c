/*
 * Where a text stops being JSON, and what is expected there: the parser itself says that only roughly.
 */
#include "plugins/maps/inside.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH = 1000 /* as deep as the parser goes */ };

struct scan {
    const char *at, *end;
    const char *what;
    unsigned depth;
};

static void skip(struct scan *s)
{
    while (s->at < s->end && strchr(" \t\r\n", *s->at) && *s->at)
        s->at++;
}

static bool stop(struct scan *s, const char *what)
{
    s->what = s->at == s->end ? "it ends too early" : what;
    return false;
}

static bool take(struct scan *s, char c)
{
    skip(s);
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static bool string(struct scan *s)
{
    if (!take(s, '"'))
        return stop(s, "a string is expected");
    for (; s->at < s->end && *s->at != '"'; s->at++) {
        if ((uint8_t)*s->at < ' ')
            return stop(s, "the string does not end on its line");
        if (*s->at != '\\')
            continue;
        if (++s->at == s->end || !strchr("\"\\/bfnrtu", *s->at) || !*s->at)
            return stop(s, "no such escape: \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
        for (unsigned i = 0; *s->at == 'u' && i < 4; i++)
            if (s->end - s->at < 5 || !isxdigit((unsigned char)s->at[1 + i]))
                return stop(s, "four hex digits are expected behind \\u");
    }
    return take(s, '"') || stop(s, "");
}

static bool plain(struct scan *s)
{
    static const char *const words[] = { "true", "false", "null" };
    const char *from = s->at;

    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if ((size_t)(s->end - s->at) >= strlen(words[i]) && memcmp(s->at, words[i], strlen(words[i])) == 0) {
            s->at += strlen(words[i]);
            return true;
        }
    while (s->at < s->end && (isdigit((unsigned char)*s->at) || (s->at > from ? strchr(".eE+-", *s->at) : strchr("-", *s->at))) && *s->at)
        s->at++;
    if (s->at == from)
        return stop(s, "a value is expected");
    if (s->at - from > 1 && from[0] == '0' && isdigit((unsigned char)from[1])) {
        s->at = from;
        return stop(s, "no number of JSON begins with 0; in a string it may: \"0x20\"");
    }
    if (s->at < s->end && isalpha((unsigned char)*s->at)) {
        s->at = from;
        return stop(s, "no number; in a string it may be: \"0x20\"");
    }
    return true;
}

static bool value(struct scan *s);

static bool members(struct scan *s, bool object)
{
    char close = object ? '}' : ']';

    if (++s->depth > DEPTH)
        return stop(s, "it lies too deep");
    if (take(s, close)) {
        s->depth--;
        return true;
    }
    do {
        skip(s);
        if (object && (!string(s) || !(take(s, ':') || stop(s, "a colon is expected"))))
            return false;
        if (!value(s))
            return false;
    } while (take(s, ','));
    s->depth--;
    return take(s, close) || stop(s, object ? "a comma or } is expected" : "a comma or ] is expected");
}

static bool value(struct scan *s)
{
    skip(s);
    if (s->at < s->end && (*s->at == '{' || *s->at == '[')) {
        s->at++;
        return members(s, s->at[-1] == '{');
    }
    return s->at < s->end && *s->at == '"' ? string(s) : plain(s);
}

const char *maps_json_fault(const char *bytes, size_t size, const char **what)
{
    struct scan s = { .at = bytes, .end = bytes + size };

    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        s.at += 3;
    if (value(&s)) {
        skip(&s);
        s.what = s.at < s.end ? "something stands behind the map" : "no JSON";
    }
    *what = s.what;
    return s.at;
}
