/*
 * Fuzzer: the plugins' host, with a process that says what the input says, at any time, in memory that goes on changing. In place of
 * plugins/host/start.c the process is a thread here. What may come of it: fewer notes, never fewer events, nor others.
 *
 * The input: t for the tables of the shell, or l for a tap, or another letter; how many events, as a letter; what the callbacks
 * write meanwhile, up to a |; and what the process does, the same letters with their arguments:
 *     dV  done = V            aV  answered = V      ePV plugin P ended as V      wOOV a word at offset OO = V
 *     nQPT a note of plugin P on question Q, with text T         rQV guest memory, V bytes, on question Q
 *     f   from now on the last two words flip between what they were and are     s  the order is done     c  it ends
 *     hOOV a word of its first packet is V      tPOV a word of a part of the shell's tables, which are looked at then
 */
#include "plugins/host/inside.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FLIPPED = 2, MOST_EVENTS = 200 };

struct script {
    const uint8_t *bytes;
    size_t size, at;
};

static struct process {
    struct script script, meanwhile;
    struct plugin_shared *shared;
    struct plugin_order order;
    size_t answered;
    pthread_t thread;
    atomic_bool stop;
    int socket, status;
    struct {
        _Atomic uint32_t *word;
        uint32_t was, is;
    } flipped[FLIPPED];
    bool flips;
    unsigned taken;
} process;

static unsigned next(struct script *s)
{
    return s->at < s->size ? s->bytes[s->at++] : 0;
}

static uint32_t next_value(struct script *s)
{
    const uint32_t values[] = { 0,
                                1,
                                process.order.count,
                                process.order.count - 1,
                                process.order.count + 1,
                                (uint32_t)process.answered,
                                PLUGIN_ANSWERS,
                                PLUGIN_ANSWERS + 1,
                                0x7fffffff,
                                0xffffffff };
    unsigned c = next(s);

    return c >= '0' && c <= '9' ? values[c - '0'] : c;
}

/* --- what it writes --- */

static void write_word(struct script *s, void *memory, size_t size)
{
    size_t at = next(s) << 8;
    _Atomic uint32_t *word;

    at = (at + next(s)) * sizeof *word % size / sizeof *word;
    word = (_Atomic uint32_t *)memory + at;
    process.flipped[0] = process.flipped[1];
    process.flipped[1].was = *word;
    process.flipped[1].is = next_value(s);
    process.flipped[1].word = word;
    *word = process.flipped[1].is;
}

static void put(const void *bytes, size_t size)
{
    uint8_t *answers = process.shared->batch[process.order.batch & 1].answers;

    if (size > PLUGIN_ANSWERS - process.answered)
        return;
    memcpy(answers + process.answered, bytes, size);
    process.answered += size;
    process.shared->answered = (uint32_t)process.answered;
}

static void put_note(struct script *s)
{
    struct plugin_answer head = { .ask = next_value(s), .notes = 1 };
    struct plugin_note note = { .plugin = next(s) - '0' };

    note.kind = note.row = note.count = note.plugin; /* all that there is, and more */
    memset(note.text, (int)next(s), sizeof note.text - 1);
    put(&head, sizeof head);
    put(&note, sizeof note);
}

static void put_read(struct script *s)
{
    struct plugin_answer head = { .ask = next_value(s), .reads = 1 };
    struct plugin_read read = { .address = 0x1000, .size = next_value(s) };
    uint8_t bytes[256] = { 0 };

    put(&head, sizeof head);
    put(&read, sizeof read);
    for (size_t i = 0; i < read.size && i < PLUGIN_MEMORY; i += sizeof bytes)
        put(bytes, read.size - i < sizeof bytes ? read.size - i : sizeof bytes);
}

/* One letter; false: the order is done, or all is. */
static bool act(struct script *s)
{
    unsigned letter = next(s), plugin;

    if (s != &process.script && !strchr("dew", (int)letter)) /* only the process answers */
        return false;
    switch (letter) {
    case 'd':
        process.shared->done = next_value(s);
        return true;
    case 'a':
        process.shared->answered = next_value(s);
        return true;
    case 'e':
        plugin = next(s) % PLUGIN_MAX;
        process.shared->plugins[plugin].ended = (int)next_value(s);
        return true;
    case 'w':
        write_word(s, process.shared, sizeof *process.shared);
        return true;
    case 'n':
        put_note(s);
        return true;
    case 'r':
        put_read(s);
        return true;
    case 'f':
        process.flips = true;
        return true;
    case 's':
        return false;
    case 'c':
        s->at = s->size;
        return false;
    default:
        return s->at < s->size;
    }
}

/* --- the process --- */

/* Until there is another order. */
static void flip(void)
{
    char packet;

    for (unsigned n = 0; !process.stop && recv(process.socket, &packet, 1, MSG_PEEK | MSG_DONTWAIT) < 0; n++)
        for (unsigned i = 0; i < FLIPPED; i++)
            if (process.flipped[i].word)
                *process.flipped[i].word = n % 2 ? process.flipped[i].was : process.flipped[i].is;
}

static void *run(void *context)
{
    struct plugin_hello hello = { .ok = 1, .count = 2, .names = { "one", "two" }, .error = "why" };
    struct script *s = &process.script;

    while (s->at < s->size && s->bytes[s->at] == 'h') {
        s->at++;
        write_word(s, &hello, sizeof hello);
    }
    memset(process.flipped, 0, sizeof process.flipped);
    send(process.socket, &hello, sizeof hello, MSG_NOSIGNAL);
    while (recv(process.socket, &process.order, sizeof process.order, 0) > 0 && s->at < s->size) {
        process.answered = 0;
        process.shared->done = process.order.count;
        while (act(s))
            ;
        if (s->at == s->size)
            break;
        send(process.socket, "", 1, MSG_NOSIGNAL);
        if (process.flips)
            flip();
    }
    close(process.socket);
    return context;
}

void *plugin_memory(size_t size, int *fd)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    *fd = -1;
    if (at == MAP_FAILED)
        abort();
    process.shared = at;
    return at;
}

void plugin_memory_free(void *at, size_t size, int fd)
{
    (void)fd;
    if (at)
        munmap(at, size);
}

bool plugin_start(struct plugin_job *job, int memory, int moved, struct vfu_plugin_child *child, struct vfu_error *error)
{
    int pair[2];

    (void)job;
    (void)memory;
    (void)moved;
    *child = (struct vfu_plugin_child)VFU_PLUGIN_NO_CHILD;
    if (process.script.at == process.script.size)
        return vfu_fail(error, EAGAIN, "there is no more of it");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        abort();
    process.socket = pair[1];
    process.stop = process.flips = false;
    process.status = (int)next(&process.script) % 12; /* a signal, or status 0 */
    if (pthread_create(&process.thread, NULL, run, NULL) != 0)
        abort();
    child->pid = 1;
    child->socket = pair[0];
    return true;
}

void plugin_child_signal(const struct vfu_plugin_child *c, int signal)
{
    (void)c;
    (void)signal;
}

bool plugin_child_reap(struct vfu_plugin_child *c, int ms, int *status)
{
    if (!c->pid)
        return true;
    process.stop = true;
    close(c->socket);
    pthread_join(process.thread, NULL);
    *c = (struct vfu_plugin_child)VFU_PLUGIN_NO_CHILD;
    if (status)
        *status = process.status;
    return ms > 0;
}

void vfu_plugins_process(void)
{
}

/* --- vfuscope's side --- */

/* The callbacks' own changes, between whatever the host looks at. */
static void meddle(void)
{
    if (process.meanwhile.at < process.meanwhile.size)
        act(&process.meanwhile);
}

static void say(void *context, const char *text)
{
    (void)context;
    if (strlen(text) > 4096)
        abort();
    meddle();
}

static void look_at_notes(const struct vfu_event *event)
{
    if (event->note_count > PLUGIN_NOTES)
        abort();
    for (unsigned i = 0; i < event->note_count; i++)
        if (!memchr(event->notes[i].text, '\0', sizeof event->notes[i].text) ||
            (strcmp(event->notes[i].plugin, "one") != 0 && strcmp(event->notes[i].plugin, "two") != 0))
            abort();
}

static void take(void *context, const struct vfu_event *event)
{
    uint8_t copy[VFU_EVENT_MEMORY_MAX];

    (void)context;
    if (event->kind == VFU_EVENT_MEMORY) {
        if (event->memory.size > sizeof copy)
            abort();
        memcpy(copy, event->memory.bytes, event->memory.size);
    } else {
        if (event->kind != VFU_EVENT_INTERRUPT || event->interrupt.vector != process.taken++)
            abort(); /* left out, or out of order */
        look_at_notes(event);
    }
    meddle();
}

static void play(unsigned count, bool live)
{
    static const char *const named[] = { "/one.so", "/two.so" };
    const struct vfu_plugins_how how = { .named = named, .named_count = 2, .only_named = true, .live = live, .say = say,
                                         .take = take };
    struct vfu_event event = { .kind = VFU_EVENT_INTERRUPT };
    struct vfu_summary_plugin cost[PLUGIN_MAX];
    struct vfu_plugins *p;

    if (!vfu_plugins_open(&how, &p) || !p)
        return;
    for (unsigned i = 0; i < count; i++) {
        event.conn = i / 10;
        event.interrupt.vector = i;
        vfu_plugins_event(p, &event);
        if (i % 64 == 63)
            vfu_plugins_idle(p);
    }
    vfu_plugins_idle(p);
    if (process.taken != count || vfu_plugins_cost(p, cost, PLUGIN_MAX) > 2)
        abort();
    vfu_plugins_close(p);
}

/* A word at the begin of a part of the tables */
static void write_table(struct script *s, struct vfu_plugin_tables *claim)
{
    void *const parts[] = { claim, &claim->plugin_count, &claim->plugins[0], &claim->plugins[0].claim_count,
                            &claim->commands[0], &claim->commands[0].min, &claim->list[0], &claim->list[0].fields };
    uint32_t *words = parts[next(s) % (sizeof parts / sizeof parts[0])];
    uint8_t at = (uint8_t)(next(s) - ' ');

    words[at] = next_value(s);
}

/* The shell's tables */
static void tables(void)
{
    static struct plugin_wanted wanted = { .path = { "/one.so", "/two.so" }, .count = 2 };
    struct vfu_plugin_tables *claim = calloc(1, sizeof *claim), *r = calloc(1, sizeof *r);
    struct script *s = &process.script;
    char text[512];

    if (!claim || !r)
        abort();
    *claim = (struct vfu_plugin_tables){ .ok = 1, .plugin_count = 1, .command_count = 1, .count = 1,
                                     .plugins[0].name = "one", .commands[0].name = "one tells",
                                     .list[0] = { .name = "one.word", .width = 4, .field_count = 2 } };
    while (s->at < s->size)
        if (next(s) == 't')
            write_table(s, claim);
    if (plugin_tables_copy(r, claim, &wanted))
        for (unsigned i = 0; i < r->count; i++) {
            vfu_plugin_register_fields(&r->list[i], UINT64_MAX, text, sizeof text);
            if (vfu_plugin_tables_find(r, r->list[i].name) == NULL || !r->plugins[r->list[i].plugin].path[0])
                abort();
        }
    free(claim);
    free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 2 ? memchr(data + 2, '|', size - 2) : NULL;

    if (!end)
        return 0;
    process = (struct process){ .meanwhile = { data + 2, (size_t)(end - data) - 2, 0 },
                                .script = { end + 1, size - (size_t)(end + 1 - data), 0 } };
    setenv("VFUSCOPE_PLUGIN_TIMEOUT", "1", 1);
    if (data[0] == 't')
        tables();
    else
        play(1 + data[1] % MOST_EVENTS, data[0] == 'l');
    return 0;
}
