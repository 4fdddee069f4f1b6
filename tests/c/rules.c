/*
 * Every rule of the protocol, broken and kept: the conversations of tests/rules go into a capture file, and what a
 * session says of the messages that come out of it is compared with what the file says. Every rule has to be there. All
 * of it twice: the second time in the other byte order.
 *
 *     before                    the messages up to the next heading come first in all conversations that follow
 *     breaks RULE [by SIDE] [also RULE]...    no SIDE: nobody is at fault
 *     keeps RULE [also RULE]...     nothing is broken, but what `also` names
 *     refused REASON [guess] [also RULE]...     a command is refused, and that is why; or perhaps (guess)
 *     unsaid REASON [also RULE]...              and that is not why: a near miss
 *     says TEXT                 what a reason says, in these two; #1 is the conversation's first message
 *     [twin] SIDE [reply] COMMAND [FIELD=VALUE]... [raw=HEX] [fds=KIND[:SIZE],...] [keep=N] [cut-fds] [unknown-fds]
 *     [changed=inject|expose]
 *                               fields as the shell's `send` takes them; a command's id counts up, a reply's is that of
 *                               the last such command; keep=N: the capture kept N bytes of it; changed=: by the tap
 *     middle                    the beginning of the connection was not seen
 *     lost N | wait SECONDS | unframed SIDE TEXT | unframed-gap SIDE TEXT | closed SIDE [signal N | status N]
 *     interrupt now | interrupt late
 *     stalled SIDE GOT          of a REGION_WRITE of 96 bytes
 *     unread SIDE ID            a REGION_READ of that side's lies in the other's socket
 * A line that begins with a space goes on with the one above it, right behind it. never-answered is
 * counted where it is the rule only.
 * With an argument that is all: the capture goes there. With `all FILE` behind it the conversations of that file; with
 * `breaks NAME` or `refused NAME` only those with this heading, whose numbers and times then do not depend on others.
 */
#include "byteorder.h"
#include "capture/file/capfile.h"
#include "decoder/reasons/reasons.h"
#include "decoder/session/session.h"
#include "decoder/wire/encode.h"
#include "decoder/wire/parse.h"
#include "test.h"

#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_TALKS = 768, MAX_ALSO = 6, MAX_SAYS = 4, MAX_PROBLEMS = 16, SECOND = 1000000000 };

struct heading {
    char file[64];
    int line;
    bool breaks, refused, unsaid, guess, nobody;
    char rule[40], also[MAX_ALSO][40], says[MAX_SAYS][160];
    unsigned also_count, says_count;
    enum vfu_side by;
};

struct found {
    const struct vfu_rule *rule;
    enum vfu_side by;
    bool nobody;
    char text[160];
};

struct talk {
    struct heading heading;
    struct found found[MAX_PROBLEMS];
    unsigned count;
    uint64_t first; /* message */
    struct vfu_because because[MAX_PROBLEMS];
    unsigned because_count;
};

static struct talk talks[MAX_TALKS];
static unsigned talk_count;

struct line {
    int number;
    char *text;
};

/* What writes the capture. */
struct recorder {
    struct vfu_session *session;
    struct vfu_capwriter *writer;
    const char *file;
    const char *kind, *only; /* the conversations with this heading; NULL: all */
    uint32_t conn;
    uint64_t now;
    bool turned;  /* the other byte order */
    char why[32]; /* the connection ends */
    struct vfu_ended ended;
    uint16_t id, last[2][32]; /* the last command's id, by side and command */
};

static bool complain(const char *file, int line, const char *what)
{
    printf("not ok %s:%d: %s\n", file, line, what);
    test_now.failed_cases++;
    return false;
}

static bool record(struct recorder *r, const struct vfu_event *event)
{
    struct vfu_error error = { 0 };

    r->now += 1000;
    return vfu_capwriter_event(r->writer, event, &error) || complain(r->file, 0, error.text);
}

static bool parse_side(const char *word, enum vfu_side *side)
{
    *side = word && strcmp(word, "server") == 0 ? VFU_SERVER : VFU_CLIENT;
    return word && (strcmp(word, "client") == 0 || strcmp(word, "server") == 0);
}

static unsigned parse_fds(char *list, struct vfu_fd *fds)
{
    char *rest = NULL;
    unsigned count = 0;

    for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        char *size = strchr(word, ':');

        if (size)
            *size++ = '\0';
        fds[count] = (struct vfu_fd){ .has_size = size, .size = size ? strtoull(size, NULL, 0) : 0 };
        while (fds[count].type < VFU_FD_TYPES - 1 && strcmp(vfu_fd_type_name(fds[count].type), word) != 0)
            fds[count].type++;
        count++;
    }
    return count;
}

/* FIELD=VALUE and what else stands behind the command. */
static bool put_word(struct vfu_build *b, char *word, struct vfu_message *m, struct vfu_fd *fds)
{
    char *value = strchr(word, '=');
    uint8_t *bytes = NULL;
    size_t size;
    bool ok;

    if (strcmp(word, "cut-fds") == 0)
        return m->fds_cut = true;
    if (strcmp(word, "unknown-fds") == 0)
        return m->fds_unknown = true;
    if (!value)
        return false;
    *value++ = '\0';
    if (strcmp(word, "fds") == 0) {
        m->nfds = parse_fds(value, fds);
        return true;
    }
    if (strcmp(word, "keep") == 0) {
        m->captured = strtoul(value, NULL, 10);
        return true;
    }
    if (strcmp(word, "changed") == 0)
        return (m->changed = strcmp(value, "expose") == 0 ? VFU_CHANGED_EXPOSE : VFU_CHANGED_INJECT) != 0;
    if (strcmp(word, "raw") != 0)
        return vfu_build_set(b, word, value);
    vfu_build_clear_payload(b);
    ok = vfu_parse_hex(value, &bytes, &size) && vfu_build_append(b, bytes, size);
    free(bytes);
    return ok;
}

static bool put_message(struct recorder *r, const struct line *l, char *word, char *rest)
{
    struct vfu_message m = { .conn = r->conn, .time = { .wall_ns = 1700000000000000000 + r->now, .mono_ns = r->now } };
    const struct vfu_command *command;
    struct vfu_build b = { 0 };
    struct vfu_event event;
    struct vfu_fd fds[32];
    bool reply = false, ok;
    unsigned number;

    if (strcmp(word, "twin") == 0) {
        m.channel = VFU_TWIN;
        word = strtok_r(NULL, " ", &rest);
    }
    if (!parse_side(word, &m.from))
        return complain(r->file, l->number, "neither client nor server");
    word = strtok_r(NULL, " ", &rest);
    if (word && strcmp(word, "reply") == 0) {
        reply = true;
        word = strtok_r(NULL, " ", &rest);
    }
    command = word ? vfu_command_by_name(word) : NULL;
    number = command ? command->number : word ? (unsigned)strtoul(word, NULL, 0) : 0;
    ok = vfu_build_start(&b, number, reply);
    if (!reply)
        r->last[m.from][number % 32] = ++r->id;
    ok = ok && vfu_build_set_number(&b, "header.id", reply ? r->last[!m.from][number % 32] : r->id);
    while (ok && (word = strtok_r(NULL, " ", &rest)))
        if (!(ok = put_word(&b, word, &m, fds)))
            complain(r->file, l->number, b.error[0] ? b.error : word);
    ok = ok && vfu_build_end(&b);
    m.bytes = b.bytes;
    m.size = b.size;
    m.captured = m.captured && m.captured < b.size ? m.captured : b.size;
    m.fds = fds;
    if (ok) {
        uint8_t *copy = r->turned ? malloc(m.captured) : NULL;

        vfu_session_message(r->session, &m, &event);
        if (copy)
            byteorder_turn(&event, copy);
        ok = record(r, &event);
        free(copy);
    }
    vfu_build_free(&b);
    return ok;
}

static bool put_line(struct recorder *r, const struct line *l)
{
    char text[4096], *rest = NULL, *word;
    struct vfu_event event = { .message = { .time = { r->now, r->now }, .conn = r->conn } };
    bool ok = true;

    snprintf(text, sizeof text, "%s", l->text);
    word = strtok_r(text, " ", &rest);
    if (strcmp(word, "says") == 0) {
        struct heading *h = &talks[talk_count - 1].heading;

        return h->says_count < MAX_SAYS && snprintf(h->says[h->says_count++], sizeof h->says[0], "%s", rest) > 0;
    }
    if (strcmp(word, "lost") == 0) {
        event.kind = VFU_EVENT_DROPPED;
        event.dropped.messages = strtoul(rest, NULL, 10);
        return record(r, &event);
    }
    if (strcmp(word, "wait") == 0) {
        r->now += strtoull(rest, NULL, 10) * SECOND;
        while (ok && vfu_session_overdue(r->session, (struct vfu_time){ r->now, r->now }, 1ull * SECOND, &event))
            ok = record(r, &event);
        return ok;
    }
    if (strcmp(word, "closed") == 0) {
        char *side = strtok_r(NULL, " ", &rest), *how = strtok_r(NULL, " ", &rest);
        int number = (int)strtol(rest, NULL, 10);

        if (how)
            r->ended = (struct vfu_ended){ .pid = 4711, .name = "dev",
                                           .status = strcmp(how, "signal") == 0 ? number : number << 8 };
        return snprintf(r->why, sizeof r->why, "%s closed", side) > 0;
    }
    if (strcmp(word, "interrupt") == 0) {
        event = (struct vfu_event){ .kind = VFU_EVENT_INTERRUPT, .time = { r->now, r->now }, .conn = r->conn,
                                    .from = VFU_SERVER, .interrupt = { 1, 2, 3, false, strcmp(rest, "late") == 0 } };
        vfu_session_event(r->session, &event);
        return record(r, &event);
    }
    if (strcmp(word, "stalled") == 0) {
        event = (struct vfu_event){ .kind = VFU_EVENT_STALLED, .time = { r->now, r->now }, .conn = r->conn,
                                    .stalled = { .size = 96, .command = VFU_REGION_WRITE } };
        ok = parse_side(strtok_r(NULL, " ", &rest), &event.from);
        event.stalled.got = strtoul(rest, NULL, 10);
        vfu_event_say_stalled(&event);
        vfu_session_event(r->session, &event);
        return ok && record(r, &event);
    }
    if (strcmp(word, "unread") == 0) {
        event = (struct vfu_event){ .kind = VFU_EVENT_UNREAD, .time = { r->now, r->now }, .conn = r->conn,
                                    .unread = { .bytes = 32, .messages = 1, .size = 32, .command = VFU_REGION_READ,
                                                .pid = 4711, .name = "dev" } };
        ok = parse_side(strtok_r(NULL, " ", &rest), &event.from);
        event.unread.id = (uint16_t)strtoul(rest, NULL, 10);
        vfu_event_say_unread(&event);
        return ok && record(r, &event);
    }
    if (strncmp(word, "unframed", 8) == 0) {
        enum vfu_side from;
        bool gap = word[8];

        ok = parse_side(strtok_r(NULL, " ", &rest), &from);
        event = (struct vfu_event){ .kind = VFU_EVENT_UNFRAMED, .time = { r->now, r->now }, .conn = r->conn,
                                    .from = from, .unframed = { .offset = 100, .missing = gap } };
        snprintf(event.unframed.why, sizeof event.unframed.why, "%s", rest);
        return ok && record(r, &event);
    }
    return put_message(r, l, word, rest);
}

/* "breaks RULE by SIDE also RULE RULE", "refused REASON guess also RULE", ...: the words of the line. */
static bool parse_heading(const char *file, const struct line *l, struct heading *h)
{
    char text[256], *rest = NULL, *word;
    bool also = false;

    *h = (struct heading){ .line = l->number };
    snprintf(h->file, sizeof h->file, "%s", strrchr(file, '/') + 1);
    snprintf(text, sizeof text, "%s", l->text);
    word = strtok_r(text, " ", &rest);
    h->breaks = h->nobody = strcmp(word, "breaks") == 0;
    h->refused = strcmp(word, "refused") == 0;
    h->unsaid = strcmp(word, "unsaid") == 0;
    word = strtok_r(NULL, " ", &rest);
    snprintf(h->rule, sizeof h->rule, "%s", word ? word : "");
    while ((word = strtok_r(NULL, " ", &rest))) {
        if (strcmp(word, "by") == 0) {
            if (!parse_side(strtok_r(NULL, " ", &rest), &h->by))
                return false;
            h->nobody = false;
        } else if (strcmp(word, "guess") == 0) {
            h->guess = true;
        } else if (strcmp(word, "also") == 0) {
            also = true;
        } else if (!also || h->also_count == MAX_ALSO) {
            return false;
        } else {
            snprintf(h->also[h->also_count++], sizeof h->also[0], "%s", word);
        }
    }
    return true;
}

static bool is_heading(const char *text)
{
    return strncmp(text, "breaks ", 7) == 0 || strncmp(text, "keeps ", 6) == 0 || strncmp(text, "refused ", 8) == 0 ||
           strncmp(text, "unsaid ", 7) == 0 || strcmp(text, "before") == 0;
}

/* Write one conversation: what comes before, and the lines below the heading. */
static bool put_talk(struct recorder *r, const struct line *before, size_t before_count, const struct line *lines,
                     size_t count)
{
    struct vfu_event event;
    bool middle = count && strcmp(lines[0].text, "middle") == 0, ok = true;

    memset(r->last, 0, sizeof r->last);
    r->why[0] = '\0';
    r->ended = (struct vfu_ended){ 0 };
    r->conn++;
    if (!middle) {
        event = (struct vfu_event){ .kind = VFU_EVENT_CONNECT, .time = { r->now, r->now }, .conn = r->conn };
        vfu_session_event(r->session, &event);
        ok = record(r, &event);
    }
    for (size_t i = 0; ok && i < before_count; i++)
        ok = put_line(r, &before[i]);
    for (size_t i = middle; ok && i < count; i++)
        ok = put_line(r, &lines[i]);
    event = (struct vfu_event){ .kind = VFU_EVENT_DISCONNECT, .time = { r->now, r->now }, .conn = r->conn };
    snprintf(event.disconnect.why, sizeof event.disconnect.why, "%s", r->why);
    event.disconnect.ended = r->ended;
    vfu_session_event(r->session, &event);
    return ok && record(r, &event);
}

static size_t read_lines(const char *path, struct line **lines)
{
    FILE *f = fopen(path, "r");
    char *got = NULL;
    size_t room = 0, count = 0;
    ssize_t size;
    int number = 0;

    *lines = NULL;
    while (f && (size = getline(&got, &room, f)) >= 0) {
        number++;
        if (size && got[size - 1] == '\n')
            got[--size] = '\0';
        if (size == 0 || got[0] == '#')
            continue;
        if (got[0] == ' ' && count) {
            struct line *l = &(*lines)[count - 1];

            l->text = realloc(l->text, strlen(l->text) + (size_t)size + 1);
            strcat(l->text, got + 1);
            continue;
        }
        *lines = realloc(*lines, (count + 1) * sizeof **lines);
        (*lines)[count++] = (struct line){ number, strdup(got) };
    }
    if (f)
        fclose(f);
    free(got);
    return count;
}

static bool put_file(struct recorder *r, const char *path)
{
    struct line *lines, *before = NULL;
    size_t count = read_lines(path, &lines), before_count = 0;
    bool ok = count > 0;

    r->file = path;
    for (size_t i = 0, end; ok && i < count; i = end) {
        for (end = i + 1; end < count && !is_heading(lines[end].text);)
            end++;
        if (strcmp(lines[i].text, "before") == 0) {
            before = &lines[i + 1];
            before_count = end - i - 1;
        } else if (!is_heading(lines[i].text) || talk_count == MAX_TALKS ||
                   !parse_heading(path, &lines[i], &talks[talk_count].heading)) {
            ok = complain(path, lines[i].number, "no heading");
        } else {
            const struct heading *h = &talks[talk_count].heading;

            if (r->only && (strncmp(lines[i].text, r->kind, strlen(r->kind)) != 0 || strcmp(h->rule, r->only) != 0))
                continue;
            talk_count++;
            ok = put_talk(r, before, before_count, &lines[i + 1], end - i - 1);
        }
    }
    for (size_t i = 0; i < count; i++)
        free(lines[i].text);
    free(lines);
    return ok;
}

/* --- reading it back --- */

static void collect(const struct vfu_event *e)
{
    /* The k-th conversation is connection k. */
    struct talk *t = e->conn && e->conn <= talk_count ? &talks[e->conn - 1] : NULL;

    for (unsigned i = 0; t && i < e->problem_count && t->count < MAX_PROBLEMS; i++) {
        struct found *f = &t->found[t->count++];

        *f = (struct found){ e->problems[i].rule, e->problems[i].at_fault, e->problems[i].nobody, "" };
        snprintf(f->text, sizeof f->text, "%s", e->problems[i].text);
    }
    if (t && !t->first && e->kind == VFU_EVENT_MESSAGE)
        t->first = e->message.no;
    for (unsigned i = 0; t && i < e->because_count && t->because_count < MAX_PROBLEMS; i++)
        t->because[t->because_count++] = e->because[i];
}

static bool read_back(const char *path)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct vfu_error error = { 0 };
    struct vfu_capreader *reader = vfu_capreader_open(path, &(struct vfu_capwait){ 0 }, &error);
    enum vfu_captured got = VFU_CAPTURED_BAD;
    struct vfu_event read, event;

    while (s && reader && (got = vfu_capreader_next(reader, &read, &error)) <= VFU_CAPTURED_EVENT) {
        event = read;
        if (got == VFU_CAPTURED_MESSAGE)
            vfu_session_message(s, &read.message, &event);
        else
            vfu_session_event(s, &event);
        collect(&event);
    }
    vfu_session_free(s);
    if (reader)
        vfu_capreader_close(reader);
    return got == VFU_CAPTURED_END || complain(path, 0, error.text);
}

static bool is_expected(const struct heading *h, const struct found *f)
{
    if (h->breaks && strcmp(h->rule, f->rule->id) == 0)
        return f->nobody == h->nobody && (f->nobody || f->by == h->by);
    if (strcmp(h->rule, "never-answered") != 0 && strcmp(f->rule->id, "never-answered") == 0)
        return true; /* most conversations leave replies out that say nothing */
    for (unsigned i = 0; i < h->also_count; i++)
        if (strcmp(h->also[i], f->rule->id) == 0)
            return true;
    return false;
}

/* What a reason says, with its messages counted from the conversation's first. */
static const char *said_of(const struct talk *t, const struct vfu_because *b, char text[200])
{
    char *out = text;

    for (const char *in = b->text; *in;) {
        char *end = NULL;
        uint64_t no = *in == '#' ? strtoull(in + 1, &end, 10) : 0;

        if (no) {
            out += sprintf(out, "#%llu", (unsigned long long)(no - t->first + 1));
            in = end;
        } else {
            *out++ = *in++;
        }
    }
    *out = '\0';
    return text;
}

static const struct vfu_because *find_reason(const struct talk *t, const char *reason)
{
    for (unsigned i = 0; i < t->because_count; i++)
        if (strcmp(t->because[i].reason, reason) == 0)
            return &t->because[i];
    return NULL;
}

static bool is_said(const struct talk *t, const char *says)
{
    char text[200];

    for (unsigned i = 0; i < t->because_count; i++)
        if (strcmp(said_of(t, &t->because[i], text), says) == 0)
            return true;
    return false;
}

static void check_reasons(const struct talk *t)
{
    const struct heading *h = &t->heading;
    const struct vfu_because *b = find_reason(t, h->rule);
    bool good = h->refused ? CHECK(b && b->certain == !h->guess) : CHECK(!b);
    char text[200];

    for (unsigned i = 0; i < h->says_count; i++)
        if (!CHECK(is_said(t, h->says[i])) && good) {
            printf("#     not said: %s\n", h->says[i]);
            good = false;
        }
    for (unsigned i = 0; !good && i < t->because_count; i++)
        printf("#     %s because %s [%s]\n", t->because[i].certain ? "" : "perhaps",
               said_of(t, &t->because[i], text), t->because[i].reason);
}

static bool has_found(const struct talk *t, const char *rule)
{
    for (unsigned i = 0; i < t->count; i++)
        if (strcmp(t->found[i].rule->id, rule) == 0)
            return true;
    return false;
}

/* A misfit is said when it is learnt, and not again when somebody else asks. */
static void check_said_once(const struct talk *t)
{
    for (unsigned i = 0; i < t->count; i++)
        for (unsigned j = 0; t->found[i].rule->severity == VFU_MISFIT && j < i; j++)
            if (!CHECK(t->found[i].rule != t->found[j].rule || strcmp(t->found[i].text, t->found[j].text) != 0))
                printf("#     twice: %s\n", t->found[i].text);
}

static void check_talk(const struct talk *t, bool turned)
{
    const struct heading *h = &t->heading;

    test_case("%s:%d %s %s%s", h->file, h->line,
              h->breaks ? "breaks" : h->refused ? "refused" : h->unsaid ? "unsaid" : "keeps", h->rule,
              turned ? ", in the other byte order" : "");
    if (h->refused || h->unsaid)
        check_reasons(t);
    if (h->breaks && !CHECK(has_found(t, h->rule)))
        printf("#     %s was not said\n", h->rule);
    for (unsigned i = 0; i < h->also_count; i++)
        CHECK(has_found(t, h->also[i]));
    for (unsigned i = 0; i < t->count; i++)
        if (!CHECK(is_expected(h, &t->found[i])))
            printf("#     %s by %s: %s\n", t->found[i].rule->id,
                   t->found[i].nobody ? "nobody" : vfu_side_name(t->found[i].by), t->found[i].text);
    check_said_once(t);
}

static void check_all_there(const struct vfu_rule *(*list)(size_t *count), const char *what)
{
    size_t count;
    const struct vfu_rule *rules = list(&count);

    test_case("every %s is broken by one conversation at least, and kept by another", what);
    for (size_t i = 0; i < count; i++) {
        unsigned broken = 0, kept = 0;

        for (unsigned t = 0; t < talk_count; t++) {
            if (strcmp(talks[t].heading.rule, rules[i].id) != 0)
                continue;
            broken += talks[t].heading.breaks;
            kept += !talks[t].heading.breaks;
        }
        if (!CHECK(broken && kept))
            printf("#     %s\n", rules[i].id);
    }
}

static void check_all_reasons(void)
{
    size_t count;
    const struct vfu_reason *reasons = vfu_reasons(&count);

    test_case("every reason is given in one conversation at least, and not in another");
    for (size_t i = 0; i < count; i++) {
        unsigned given = 0, unsaid = 0;

        for (unsigned t = 0; t < talk_count; t++) {
            given += talks[t].heading.refused && strcmp(talks[t].heading.rule, reasons[i].id) == 0;
            unsaid += talks[t].heading.unsaid && strcmp(talks[t].heading.rule, reasons[i].id) == 0;
        }
        if (!CHECK(given && unsaid))
            printf("#     %s\n", reasons[i].id);
        CHECK(reasons[i].explains.means && reasons[i].explains.todo && strlen(reasons[i].id) < sizeof((struct vfu_because *)0)->reason);
    }
}

static bool is_reason(const char *id)
{
    size_t count;
    const struct vfu_reason *reasons = vfu_reasons(&count);

    while (count-- > 0)
        if (strcmp(reasons[count].id, id) == 0)
            return true;
    return false;
}

static void check_headings(void)
{
    test_case("every conversation is about a rule, a misfit or a reason that there is");
    for (unsigned t = 0; t < talk_count; t++) {
        const struct heading *h = &talks[t].heading;
        struct vfu_rule_settings settings = { 0 };

        if (!CHECK(h->refused || h->unsaid ? is_reason(h->rule) : vfu_ignore(&settings, h->rule)))
            printf("#     %s:%d\n", h->file, h->line);
    }
}

/* Write all of the files into a capture, or what has the heading `kind only`. */
static bool record_all(const glob_t *files, const char *path, bool turned, const char *kind, const char *only)
{
    struct recorder r = { .session = vfu_session_new(NULL), .now = SECOND, .turned = turned, .kind = kind, .only = only };
    struct vfu_error error = { 0 };
    bool ok = r.session;

    r.writer = ok ? vfu_capwriter_open(path, 0, NULL, &error) : NULL;
    ok = r.writer != NULL;
    memset(talks, 0, sizeof talks);
    talk_count = 0;
    for (size_t i = 0; ok && i < files->gl_pathc; i++)
        ok = put_file(&r, files->gl_pathv[i]);
    ok = r.writer && vfu_capwriter_close(r.writer, &error) && ok;
    vfu_session_free(r.session);
    return ok || complain("tests/rules", 0, error.text[0] ? error.text : "the capture was not made");
}

/* Likewise, read it back, and compare. */
static bool run(const glob_t *files, const char *path, bool turned)
{
    if (!record_all(files, path, turned, NULL, NULL) || !read_back(path))
        return false;
    for (unsigned i = 0; i < talk_count; i++)
        check_talk(&talks[i], turned);
    return true;
}

int main(int argc, char **argv)
{
    char path[] = "/tmp/rules-XXXXXX";
    glob_t files;
    int fd = mkstemp(path);
    bool all = argc > 3 && strcmp(argv[2], "all") == 0, picked = argc > 3 && !all;

    if (fd < 0 || glob(all ? argv[3] : "tests/rules/*.txt", 0, NULL, &files) != 0) {
        printf("not ok tests/rules: no files (run from the top)\n");
        return 1;
    }
    close(fd);
    if (argc > 1)
        record_all(&files, argv[1], false, picked ? argv[2] : NULL, picked ? argv[3] : NULL);
    else if (run(&files, path, false) && run(&files, path, true))
    {
        check_all_there(vfu_rules, "rule");
        check_all_there(vfu_misfits, "misfit");
        check_all_reasons();
        check_headings();
    }
    globfree(&files);
    unlink(path);
    return test_end();
}
