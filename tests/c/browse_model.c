/*
 * What browse looks around in (cli/browse/model), over the golden captures: what an item says is what decode says of its messages,
 * wherever it is read again, and the session is what it was.
 */
#include "cli/browse/model/model.h"
#include "cli/input/input.h"
#include "cli/output/output.h"
#include "decoder/reasons/reasons.h"
#include "decoder/session/copy.h"
#include "plugins/host/host.h"
#include "test.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

static const struct cli_option no_plugins = { .name = "no-plugins" };
static struct cli_args without, with; /* plugins */
static char folder[] = "/tmp/browse-model-XXXXXX";

/* --- what decode says: all events as JSON, by a session of its own --- */

struct expected {
    char **lines; /* count of them */
    struct vfu_event **events;
    size_t count, room;
};

static char *json_of(const struct vfu_event *event)
{
    static const struct vfu_json json = { .hex = true };
    static char room[256 << 10];
    struct vfu_writer w = vfu_writer(room, sizeof room - 1, NULL, NULL);

    vfu_json_event(&json, event, &w);
    room[w.used] = '\0';
    return strdup(room);
}

static void expect(void *context, const struct vfu_event *event)
{
    struct expected *x = context;

    if (event->kind == VFU_EVENT_MEMORY)
        return;
    if (x->count == x->room) {
        x->room = x->room ? 2 * x->room : 1024;
        x->lines = realloc(x->lines, x->room * sizeof *x->lines);
        x->events = realloc(x->events, x->room * sizeof *x->events);
    }
    x->lines[x->count] = json_of(event);
    x->events[x->count++] = vfu_event_copy(event, malloc(vfu_event_size(event)));
}

static void decode(const struct cli_args *args, char *const *paths, size_t count, struct expected *x)
{
    struct vfu_session *sessions[4] = { vfu_session_new(&vfu_all_checks) };
    const struct cli_output_how how = { .session = sessions[0], .take = expect, .take_context = x };
    const struct vfu_capwait wait = { 0 };
    enum cli_status status;
    struct cli_inputs *in = cli_inputs_open(paths, count, &wait, &status);
    struct cli_output *out = cli_output_open(args, &how);
    struct vfu_event event;
    enum vfu_captured got;
    size_t which;

    *x = (struct expected){ .count = 0 };
    while (in && out && ((got = cli_inputs_next(in, &event, &which)) == VFU_CAPTURED_MESSAGE || got == VFU_CAPTURED_EVENT)) {
        if (!sessions[which])
            sessions[which] = vfu_session_new(&vfu_all_checks);
        cli_output_recorded(out, sessions[which], got == VFU_CAPTURED_MESSAGE, &event, !args->set_count);
    }
    cli_output_close(out); /* plugins say what is left; the names of files are still there */
    cli_inputs_end(in);
    cli_inputs_free(in);
    for (size_t i = 0; i < 4; i++)
        vfu_session_free(sessions[i]);
}

static void free_expected(struct expected *x)
{
    for (size_t i = 0; i < x->count; i++) {
        free(x->lines[i]);
        free(x->events[i]);
    }
    free(x->lines);
    free(x->events);
}

/* --- the model --- */

static void wait_until(struct browse_model *m, bool (*reached)(const struct browse_state *))
{
    struct browse_state state;
    struct pollfd p = { .fd = browse_model_fd(m), .events = POLLIN };

    for (;;) {
        browse_model_state(m, &state);
        if (reached(&state))
            return;
        poll(&p, 1, -1);
    }
}

static bool is_read(const struct browse_state *state) { return !state->reading; }

static struct browse_model *open_model(const struct cli_args *args, char *const *paths, size_t count)
{
    enum cli_status status;
    struct browse_model *m = browse_model_open(args, paths, count, &status);

    if (m)
        wait_until(m, is_read);
    CHECK(m);
    return m;
}

/* Which line it is, from `from` on; the event is then taken off the list. SIZE_MAX: none. */
static size_t find_line(struct expected *x, const char *line, size_t from)
{
    for (size_t i = from; i < x->count; i++)
        if (x->lines[i] && strcmp(x->lines[i], line) == 0)
            return i;
    return SIZE_MAX;
}

/* All items in some order, as often as they come: each event once, as decode says it. */
static void check_items(struct browse_model *m, struct expected *x, uint32_t step)
{
    struct browse_state state;
    size_t found = 0, from = 0;
    bool *seen = calloc(x->count + 1, sizeof *seen);

    browse_model_state(m, &state);
    CHECK_EQ(state.messages > 0, true);
    for (uint32_t n = 0; n < state.items; n++) {
        uint32_t item = (uint32_t)((uint64_t)n * step % state.items);
        struct browse_events *e = browse_model_load(m, item);
        const struct vfu_event *both[2];
        struct browse_item what;

        CHECK(e);
        if (!e)
            break;
        CHECK(browse_model_item(m, item, &what));
        both[0] = browse_events_command(e);
        both[1] = browse_events_reply(e);
        for (int i = 0; i < 2; i++) {
            char *line = both[i] ? json_of(both[i]) : NULL;
            size_t at = line ? find_line(x, line, step == 1 && i == 0 ? from : 0) : SIZE_MAX;

            while (at != SIZE_MAX && seen[at])
                at = find_line(x, line, at + 1);
            if (line && at == SIZE_MAX)
                printf("  item %u: nobody else says %s", item, line);
            CHECK(!line || at != SIZE_MAX);
            if (line && at != SIZE_MAX) {
                seen[at] = true;
                found++;
                from = i == 0 ? at : from;
            }
            free(line);
        }
        CHECK_EQ(what.no, vfu_event_no(both[0]));
        CHECK_EQ(what.reply_no, both[1] ? vfu_event_no(both[1]) : 0);
        CHECK_EQ(what.latency_ns, both[1] ? both[1]->latency_ns : 0);
        if (what.no && !what.file)
            CHECK_EQ(browse_model_by_no(m, NULL, what.no), item);
        if (what.reply_no && !what.file)
            CHECK_EQ(browse_model_by_no(m, NULL, what.reply_no), item);
        browse_events_free(e);
    }
    CHECK_EQ(found, x->count);
    free(seen);
}

/* A step that has no common divisor with the number of items. */
static uint32_t step_for(uint32_t items)
{
    uint32_t step = 617;

    while (items && items % step == 0)
        step += 2;
    for (uint32_t a = items, b = step; b;) {
        uint32_t rest = a % b;

        a = b;
        b = rest;
        if (!b && a != 1)
            return 1;
    }
    return step;
}

static void check_file(const struct cli_args *args, const char *name, char *const *paths, size_t count)
{
    struct browse_state state;
    struct browse_model *m;
    struct expected x;

    test_case("%s: every item says what decode says", name);
    decode(args, paths, count, &x);
    m = open_model(args, paths, count);
    check_items(m, &x, 1);
    browse_model_state(m, &state);
    check_items(m, &x, step_for(state.items));
    CHECK_EQ(browse_model_close(m), CLI_OK);
    free_expected(&x);
}

/* --- the session as it was --- */

static void describe(void *context, const struct vfu_session *s, const struct vfu_connection *c)
{
    struct vfu_writer *w = context;
    struct vfu_waiting waiting[64];
    size_t count;

    vfu_write_decimal(w, vfu_session_outstanding(s));
    if (!c)
        return;
    for (const struct vfu_known_map *m = vfu_ranges_first(&c->maps); m; m = vfu_ranges_next(&c->maps, m)) {
        vfu_write_decimal(w, m->address);
        vfu_write_char(w, '+');
        vfu_write_decimal(w, m->size);
        vfu_write_char(w, '#');
        vfu_write_decimal(w, m->no);
        vfu_write_char(w, '\n');
    }
    count = vfu_session_waiting(s, c->conn, waiting, 64);
    for (size_t i = 0; i < count; i++)
        vfu_write_decimal(w, waiting[i].no);
    vfu_write_decimal(w, c->migration_state);
    for (unsigned i = 0; i < VFU_MAX_KNOWN_REGIONS; i++)
        vfu_write_decimal(w, c->regions[i].size);
}

static void feed(struct vfu_session *s, const struct vfu_event *e)
{
    struct vfu_event made = *e;

    if (e->kind == VFU_EVENT_MESSAGE)
        vfu_session_message(s, &e->message, &made);
    else
        vfu_session_event(s, &made);
}

static void check_session(const char *name, char *const *paths, unsigned every)
{
    static char was[1 << 20], is[1 << 20];
    struct vfu_session *s = vfu_session_new(&vfu_all_checks);
    struct browse_model *m;
    struct expected x;

    test_case("%s: the session at an item is one that was fed up to there", name);
    decode(&without, paths, 1, &x);
    m = open_model(&without, paths, 1);
    for (size_t i = 0; i < x.count; i++) {
        const struct vfu_event *e = x.events[i];
        struct vfu_writer w = vfu_writer(was, sizeof was, NULL, NULL), now = vfu_writer(is, sizeof is, NULL, NULL);
        struct browse_item item;
        uint32_t at;

        feed(s, e);
        at = e->kind == VFU_EVENT_MESSAGE ? browse_model_by_no(m, NULL, e->message.no) : BROWSE_NONE;
        if (i % every || at == BROWSE_NONE || !browse_model_item(m, at, &item) || (item.reply_no && item.reply_no != e->message.no))
            continue;
        describe(&w, s, vfu_session_connection(s, e->conn));
        CHECK(browse_model_session(m, at, describe, &now));
        CHECK(w.used == now.used && memcmp(was, is, w.used) == 0);
    }
    browse_model_close(m);
    free_expected(&x);
    vfu_session_free(s);
}

/* --- copies of the session --- */

struct line {
    const struct expected *x;
    size_t at;
};

static void check_line(void *context, const struct vfu_event *event)
{
    struct line *l = context;
    char *line;

    if (event->kind == VFU_EVENT_MEMORY)
        return;
    line = json_of(event);
    CHECK(l->at < l->x->count && strcmp(line, l->x->lines[l->at]) == 0);
    l->at++;
    free(line);
}

/* After each record a copy goes on in the place of the session. */
static void check_copies(const char *name, const char *path)
{
    struct vfu_session *s = vfu_session_new(&vfu_all_checks), *copy;
    struct expected x;
    struct line l = { &x, 0 };
    struct vfu_error error;
    struct vfu_event event;
    enum vfu_captured got;
    struct vfu_capreader *r;

    test_case("%s: a copy of the session goes on as it would have", name);
    decode(&without, (char *[]){ (char *)path }, 1, &x);
    r = vfu_capreader_open(path, NULL, &error);
    while (r && s && ((got = vfu_capreader_next(r, &event, &error)) == VFU_CAPTURED_MESSAGE || got == VFU_CAPTURED_EVENT)) {
        cli_recorded(s, got == VFU_CAPTURED_MESSAGE, &event, false, check_line, &l);
        copy = vfu_session_copy(s);
        vfu_session_free(s);
        s = copy;
    }
    CHECK(s && l.at == x.count);
    CHECK(vfu_session_size(s) >= sizeof(struct vfu_connection));
    vfu_session_free(s);
    vfu_capreader_close(r);
    free_expected(&x);
}

/* --- copies of files --- */

static char *copy_file(const char *from, const char *name, bool packed, size_t keep)
{
    static char bytes[16 << 20];
    FILE *in = fopen(from, "r"), *out;
    size_t size = in ? fread(bytes, 1, sizeof bytes, in) : 0;
    char *path;
    gzFile zipped;

    if (in)
        fclose(in);
    size = keep && keep < size ? keep : size;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        abort();
    if (packed && (zipped = gzopen(path, "w")) != NULL) {
        gzwrite(zipped, bytes, (unsigned)size);
        gzclose(zipped);
    } else if ((out = fopen(path, "w")) != NULL) {
        fwrite(bytes, 1, size, out);
        fclose(out);
    }
    return path;
}

/* Through a pipe, on which little is at hand when it is opened. */
static void check_piped(char *const *paths)
{
    struct browse_model *m;
    struct expected x;
    char *fifo;
    pid_t writer;

    test_case("a pipe: every item says what decode says");
    if (asprintf(&fifo, "%s/fifo", folder) < 0 || mkfifo(fifo, 0600) != 0)
        abort();
    decode(&without, paths, 1, &x);
    writer = fork();
    if (writer == 0) {
        FILE *in = fopen(paths[0], "r"), *out = fopen(fifo, "w");

        for (int c, n = 0; in && out && (c = getc(in)) != EOF; n++) {
            putc(c, out);
            if (n < 64)
                fflush(out); /* byte by byte */
        }
        _exit(!out || fclose(out) != 0);
    }
    m = open_model(&without, &fifo, 1);
    check_items(m, &x, 1);
    CHECK_EQ(browse_model_close(m), CLI_OK);
    waitpid(writer, NULL, 0);
    free_expected(&x);
    unlink(fifo);
    free(fifo);
}

static void check_cut(char *const *paths)
{
    char *cut = copy_file(paths[0], "cut.pcap", false, 20001);
    struct browse_state state;
    struct browse_model *m;
    struct expected x;

    test_case("a cut capture: what is whole is there, and where it ends is said");
    decode(&without, &cut, 1, &x);
    m = open_model(&without, &cut, 1);
    browse_model_state(m, &state);
    CHECK(state.damaged && !state.reading && strstr(state.said, "cut.pcap: record "));
    check_items(m, &x, 1);
    CHECK_EQ(browse_model_close(m), CLI_FAILED);
    free_expected(&x);
    unlink(cut);
    free(cut);
}

/* --- views --- */

/* Does decode show this message with the filter? By its numbers, which stand in `shown`. */
static size_t decode_numbers(const char *path, const char *filter, bool *shown, size_t room)
{
    char command[1024], *line = NULL, *no;
    size_t size = 0, count = 0;
    FILE *p;

    snprintf(command, sizeof command, "%s decode --no-plugins --json --filter '%s' %s", getenv("VFUSCOPE"), filter, path);
    p = popen(command, "r");
    memset(shown, 0, room * sizeof *shown);
    while (p && getline(&line, &size, p) > 0) {
        no = strstr(line, "\"no\":");
        if (no && strncmp(line, "{\"event\"", 8) != 0 && strtoul(no + 5, NULL, 10) < room) {
            shown[strtoul(no + 5, NULL, 10)] = true;
            count++;
        }
    }
    free(line);
    if (p)
        pclose(p);
    return count;
}

/* --- the verdict --- */

/* Of several files they are numbered over all, unless each is judged by itself. */
static void same_connections(char *text, size_t size)
{
    static const char word[] = "(connection ";
    char *at = text;

    text[size] = '\0';
    while ((at = strstr(at, word)) != NULL)
        *(at += sizeof word - 1) = '1';
}

static void check_why(const char *name, char *const *paths, size_t count)
{
    static char theirs[64 << 10], mine[sizeof theirs];
    struct vfu_writer w = vfu_writer(mine, sizeof mine - 1, NULL, NULL);
    struct browse_model *m = open_model(&without, paths, count);
    char command[1024];
    size_t size;
    FILE *p;

    test_case("%s: the verdict is the one of why", name);
    snprintf(command, sizeof command, "%s why --no-plugins %s %s", getenv("VFUSCOPE"), paths[0], count > 1 ? paths[1] : "");
    p = popen(command, "r");
    size = p ? fread(theirs, 1, sizeof theirs - 1, p) : 0;
    if (p)
        pclose(p);
    for (size_t i = 0; i < count; i++) {
        if (i)
            vfu_write_char(&w, '\n');
        browse_model_why(m, i, &w);
        CHECK(count == 1 || strstr(browse_model_file(m, i), ".pcap"));
    }
    CHECK(!browse_model_file(m, count));
    same_connections(mine, w.used);
    same_connections(theirs, size);
    CHECK(size > 0 && w.used == size && memcmp(mine, theirs, size) == 0);
    browse_model_close(m);
}

static struct browse_view *view_of(struct browse_model *m, const char *filter, bool folded)
{
    struct pollfd p = { .fd = browse_model_fd(m), .events = POLLIN };
    struct browse_state state;
    struct browse_view *v = browse_view_new(m, filter ? vfu_filter_parse(filter, NULL, NULL) : NULL, folded);

    while (v && browse_view_filling(v, NULL)) {
        poll(&p, 1, -1);
        browse_model_state(m, &state);
    }
    return v;
}

/* An item is picked if decode shows any of its messages. */
static void check_filter(char *const *paths, const char *filter)
{
    enum { ROOM = 1 << 16 };
    static bool shown[ROOM];
    struct browse_state state;
    struct browse_model *m;
    struct browse_view *v;
    uint32_t row = 0;
    size_t expected;

    test_case("%s picks what decode picks", filter);
    expected = decode_numbers(paths[0], filter, shown, ROOM);
    shown[0] = false;
    m = open_model(&without, paths, 1);
    v = view_of(m, filter, false);
    browse_model_state(m, &state);
    for (uint32_t i = 0; i < state.items; i++) {
        struct browse_item item;

        CHECK(browse_model_item(m, i, &item));
        if (!shown[item.no] && !shown[item.reply_no])
            continue;
        CHECK_EQ(browse_view_item(v, row), i);
        CHECK_EQ(browse_view_row(v, i), row);
        row++;
    }
    CHECK(expected > 0);
    CHECK_EQ(browse_view_count(v), row);
    browse_view_free(v);
    browse_model_close(m);
}

static void check_folding(char *const *paths)
{
    struct browse_model *m = open_model(&without, paths, 1);
    struct browse_view *all = view_of(m, NULL, false), *folded = view_of(m, NULL, true);
    uint32_t polls = 0, row = 0;

    test_case("polls are folded, and nothing else");
    for (uint32_t i = 0; i < browse_view_count(all); i++) {
        struct browse_item item, before;

        CHECK(browse_model_item(m, i, &item));
        if (item.marks & BROWSE_POLL) {
            CHECK(i > 0 && browse_model_item(m, i - 1, &before) && before.place == item.place && item.place);
            polls++;
        } else {
            CHECK_EQ(browse_view_item(folded, row++), i);
        }
    }
    CHECK(polls > 0);
    CHECK_EQ(browse_view_count(folded), row);
    browse_view_free(all);
    browse_view_free(folded);
    browse_model_close(m);
}

static void check_seeking(char *const *paths, char *const *others)
{
    struct browse_model *m = open_model(&without, paths, 1);
    struct browse_view *v = view_of(m, NULL, false);
    struct vfu_error error;
    struct browse_item item, other;
    uint32_t at;

    test_case("the next of a kind, and back");
    at = browse_view_seek(v, 0, true, BROWSE_SEEK_ERROR, NULL, NULL, NULL);
    CHECK(at != BROWSE_NONE && browse_model_item(m, at, &item) && item.marks & BROWSE_ERROR);
    CHECK_EQ(browse_view_seek(v, at, false, BROWSE_SEEK_ERROR, NULL, NULL, NULL), BROWSE_NONE);
    browse_view_free(v);
    browse_model_close(m);
    m = open_model(&without, others, 1);
    v = view_of(m, NULL, false);
    at = browse_view_seek(v, 0, true, BROWSE_SEEK_TEXT, "region_(read|write)", NULL, NULL);
    CHECK(at != BROWSE_NONE && browse_model_item(m, at, &item) && item.place);
    CHECK_EQ(browse_view_seek(v, 0, true, BROWSE_SEEK_TEXT, "Region_(read|write)", NULL, NULL), BROWSE_NONE);
    at = browse_view_seek(v, at, true, BROWSE_SEEK_PLACE, NULL, NULL, NULL);
    CHECK(at == BROWSE_NONE || (browse_model_item(m, at, &other) && other.place == item.place));
    CHECK(!browse_seek_is_text("(", &error) && error.text[0]);
    browse_view_free(v);
    browse_model_close(m);
}

/* --- written --- */

static void check_written(char *const *paths)
{
    struct browse_model *m = open_model(&without, paths, 1), *again;
    struct browse_view *v = view_of(m, "region == bar0", false), *other;
    struct browse_state state;
    struct vfu_error error;
    struct stat st;
    char *path;

    test_case("a view written as a capture has what it shows, and is private");
    if (asprintf(&path, "%s/view.pcap", folder) < 0)
        abort();
    CHECK(browse_view_write(v, BROWSE_WRITE_CAPTURE, path, &error));
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    again = open_model(&without, &path, 1);
    other = view_of(again, "region == bar0", false);
    browse_model_state(again, &state);
    CHECK(browse_view_count(v) > 0 && state.messages >= browse_view_count(v));
    CHECK_EQ(browse_view_count(other), browse_view_count(v));
    CHECK(!browse_view_write(v, BROWSE_WRITE_TEXT, paths[0], &error) && strstr(error.text, "what is read"));
    CHECK(!browse_view_write(v, BROWSE_WRITE_JSON, "/nonexistent/x", &error) && error.text[0]);
    browse_view_free(other);
    browse_view_free(v);
    browse_model_close(again);
    browse_model_close(m);
    unlink(path);
    free(path);
}

/* --- live --- */

static void push(struct browse_model *m, const struct expected *x, size_t times)
{
    for (size_t n = 0; n < times; n++)
        for (size_t i = 0; i < x->count; i++)
            browse_model_event(m, x->events[i]);
}

static void nothing(void *context, const struct vfu_session *s, const struct vfu_connection *c)
{
    (void)context;
    (void)s;
    (void)c;
}

static void check_live(char *const *paths)
{
    enum { TIMES = 60 };
    struct browse_state state, empty;
    struct browse_events *e;
    struct browse_item item;
    struct browse_model *m;
    struct browse_view *v;
    struct expected x;

    test_case("live: what comes is there, with a view that grows");
    decode(&without, paths, 1, &x);
    m = browse_model_live(&without, 0);
    browse_model_state(m, &empty);
    v = browse_view_new(m, vfu_filter_parse("command == REGION_READ", NULL, NULL), true);
    push(m, &x, 1);
    browse_model_end(m);
    check_items(m, &x, 1);
    while (browse_view_filling(v, NULL))
        usleep(1000);
    CHECK(browse_view_count(v) > 0);
    browse_view_free(v);
    browse_model_close(m);

    test_case("live: the oldest fall out of a file that is bounded, and the index stays small");
    m = browse_model_live(&without, 1 << 20);
    push(m, &x, TIMES);
    browse_model_end(m);
    browse_model_state(m, &state);
    CHECK(state.gone > 0 && state.gone < state.items);
    CHECK_EQ(state.left_out.messages, 0);
    CHECK(browse_model_item(m, 0, &item) && item.marks == BROWSE_GONE && !item.wall_ns); /* not even in the index */
    CHECK(browse_model_item(m, (uint32_t)state.gone - 1, &item) && item.marks & BROWSE_GONE && item.wall_ns);
    CHECK(browse_model_session(m, state.items - 1, nothing, NULL));
    CHECK(!browse_model_load(m, 0));
    CHECK(browse_model_item(m, state.items - 1, &item) && !(item.marks & BROWSE_GONE));
    e = browse_model_load(m, state.items - 1);
    CHECK(e);
    browse_events_free(e);
    CHECK(state.bytes - empty.bytes < 100 * state.messages + (1 << 19)); /* and a piece of each table */
    CHECK_EQ(browse_model_close(m), CLI_OK);
    free_expected(&x);
}

int main(int argc, char **argv)
{
    static char edu[] = "tests/golden/edu.pcap", boot[] = "tests/golden/qemu-boot.pcap", disk[] = "tests/golden/nvme-disk.pcap",
                linux_disk[] = "tests/golden/nvme-linux.pcap", messages[] = "tests/golden/messages.pcap";
    char *several[] = { edu, disk }, *one = boot, *packed;

    if (argc == 2 && strcmp(argv[1], VFU_PLUGINS_PROCESS) == 0) /* of the models with plugins */
        vfu_plugins_process();
    if (!mkdtemp(folder))
        return 2;
    without.set[0].option = &no_plugins;
    without.set[0].value = "";
    without.set_count = 1;
    check_file(&without, "edu", &(char *){ edu }, 1);
    check_file(&without, "qemu-boot", &one, 1);
    check_file(&without, "messages", &(char *){ messages }, 1);
    check_file(&with, "nvme-linux with plugins", &(char *){ linux_disk }, 1);
    check_file(&without, "several", several, 2);
    check_why("several", several, 2);
    check_copies("edu", edu);
    check_copies("messages", messages);
    check_copies("nvme-linux", linux_disk);
    packed = copy_file(boot, "boot.pcap.gz", true, 0);
    check_file(&without, "compressed", &packed, 1);
    check_session("qemu-boot", &one, 29);
    check_session("compressed", &packed, 61);
    unlink(packed);
    free(packed);
    check_piped(&one);
    check_cut(&one);
    check_why("messages", &(char *){ messages }, 1);
    check_why("edu", &(char *){ edu }, 1);
    check_filter(&one, "region == bar0");
    check_filter(&one, "error or latency > 1ms");
    check_filter(&one, "type == reply and command == REGION_READ");
    check_folding(&one);
    check_seeking(&(char *){ messages }, &one);
    check_written(&one);
    check_live(&one);
    rmdir(folder);
    return test_end();
}
