/*
 * The job of running a command of the shell: the functions of struct vfp_shell_host are questions to the shell.
 */
#include "plugins/host/process/inside.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct vfp_shell {
    struct vfu_plugin_call call;
    struct vfu_plugin_called called;
};

/* Without a shell there is nobody to run for. */
static void tell(struct vfp_shell *s, size_t bytes)
{
    if (send(PLUGIN_FD_SOCKET, &s->call, offsetof(struct vfu_plugin_call, bytes) + bytes, MSG_NOSIGNAL) < 0)
        _exit(1);
}

static void ask_with(struct vfp_shell *s, size_t bytes)
{
    ssize_t n;

    tell(s, bytes);
    do
        n = recv(PLUGIN_FD_SOCKET, &s->called, sizeof s->called, 0);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof s->called)
        _exit(1);
}

static void ask(struct vfp_shell *s)
{
    ask_with(s, 0);
}

/* Bytes of the plugin's behind the question; more than fit are refused. */
static void ask_of(struct vfp_shell *s, enum vfu_plugin_call_kind kind, const void *bytes, size_t size)
{
    s->call.kind = kind;
    s->call.size = size <= CALL_DATA ? (uint32_t)size : CALL_DATA + 1;
    memcpy(s->call.bytes, bytes, size <= CALL_DATA ? size : 0);
    ask_with(s, size <= CALL_DATA ? size : 0);
}

static void say(struct vfp_shell *s, enum vfu_plugin_call_kind kind, const char *format, va_list args)
{
    int size;

    s->call.kind = kind;
    size = vsnprintf((char *)s->call.bytes, sizeof s->call.bytes, format, args);
    tell(s, size < 0 ? 0 : size < CALL_DATA ? (size_t)size : CALL_DATA - 1);
}

static void print(struct vfp_shell *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(s, CALL_PRINT, format, args);
    va_end(args);
}

static void fail(struct vfp_shell *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(s, CALL_FAIL, format, args);
    va_end(args);
}

static void value(struct vfp_shell *s, const char *name, uint64_t number)
{
    size_t size = strnlen(name, CALL_DATA);

    s->call.kind = CALL_VALUE;
    s->call.value = number;
    memcpy(s->call.bytes, name, size);
    tell(s, size);
}

static enum vfp_result access_to(struct vfp_shell *s, enum vfu_plugin_call_kind kind, unsigned region, uint64_t offset,
                                 size_t size)
{
    s->call.kind = kind;
    s->call.region = region;
    s->call.offset = offset;
    s->call.size = size <= CALL_DATA ? (uint32_t)size : CALL_DATA + 1; /* which is refused */
    ask(s);
    return (enum vfp_result)s->called.result;
}

static enum vfp_result get(struct vfp_shell *s, unsigned region, uint64_t offset, unsigned width, uint64_t *number)
{
    enum vfp_result result = access_to(s, CALL_GET, region, offset, width);

    *number = result == VFP_DONE ? s->called.value : 0;
    return result;
}

static enum vfp_result put(struct vfp_shell *s, unsigned region, uint64_t offset, unsigned width, uint64_t number)
{
    s->call.value = number;
    return access_to(s, CALL_PUT, region, offset, width);
}

static enum vfp_result bytes(struct vfp_shell *s, unsigned region, uint64_t offset, void *buffer, size_t size)
{
    enum vfp_result result = access_to(s, CALL_BYTES, region, offset, size);

    if (result == VFP_DONE)
        memcpy(buffer, s->called.bytes, size);
    else
        memset(buffer, 0, size);
    return result;
}

static enum vfp_memory read_memory(struct vfp_shell *s, uint64_t address, void *buffer, size_t size)
{
    enum vfp_memory result = (enum vfp_memory)access_to(s, CALL_READ, 0, address, size);

    if (result == VFP_OK)
        memcpy(buffer, s->called.bytes, size);
    else
        memset(buffer, 0, size);
    return result;
}

static const char *why(struct vfp_shell *s)
{
    s->called.why[sizeof s->called.why - 1] = '\0';
    return s->called.why;
}

static void pause_for(struct vfp_shell *s, unsigned milliseconds)
{
    s->call.kind = CALL_PAUSE;
    s->call.value = milliseconds;
    ask(s);
}

static bool number(struct vfp_shell *s, const char *word, uint64_t *value)
{
    ask_of(s, CALL_NUMBER, word, strnlen(word, CALL_DATA));
    *value = s->called.result == VFP_DONE ? s->called.value : 0;
    return s->called.result == VFP_DONE;
}

static enum vfp_result alloc(struct vfp_shell *s, const char *name, uint64_t size, uint64_t *address)
{
    s->call.value = size;
    ask_of(s, CALL_ALLOC, name, strnlen(name, CALL_DATA));
    *address = s->called.result == VFP_DONE ? s->called.value : 0;
    return (enum vfp_result)s->called.result;
}

static enum vfp_memory write_memory(struct vfp_shell *s, uint64_t address, const void *bytes_to, size_t size)
{
    s->call.offset = address;
    ask_of(s, CALL_WRITE, bytes_to, size);
    return (enum vfp_memory)s->called.result;
}

static enum vfp_memory show(struct vfp_shell *s, uint64_t address, uint64_t size)
{
    s->call.kind = CALL_SHOW;
    s->call.offset = address;
    s->call.value = size;
    ask(s);
    return (enum vfp_memory)s->called.result;
}

static enum vfp_result wait_for(struct vfp_shell *s, unsigned index, unsigned vector, unsigned milliseconds)
{
    s->call.kind = CALL_WAIT;
    s->call.region = index;
    s->call.offset = vector;
    s->call.value = milliseconds;
    ask(s);
    return (enum vfp_result)s->called.result;
}

static void recall(struct vfp_shell *s, void *state, size_t size)
{
    s->call.kind = CALL_RECALL;
    ask(s);
    memset(state, 0, size);
    memcpy(state, s->called.bytes, size < CALL_DATA ? size : CALL_DATA);
}

static void keep(struct vfp_shell *s, const void *state, size_t size)
{
    ask_of(s, CALL_KEEP, state, size < CALL_DATA ? size : CALL_DATA);
}

static const struct vfp_shell_host api = {
    .abi = VFP_ABI,
    .size = sizeof(struct vfp_shell_host),
    .print = print,
    .value = value,
    .fail = fail,
    .get = get,
    .put = put,
    .bytes = bytes,
    .read = read_memory,
    .why = why,
    .pause = pause_for,
    .number = number,
    .alloc = alloc,
    .write = write_memory,
    .show = show,
    .wait = wait_for,
    .recall = recall,
    .keep = keep,
};

void plugin_run(struct plugin_job *job)
{
    static struct vfp_shell s;
    static char *argv[PLUGIN_WORDS + 1];
    struct plugin_loaded loaded[PLUGIN_MAX];
    char error[PLUGIN_ERROR], *word = job->words;
    unsigned count;
    uint32_t open;

    for (unsigned i = 0; i < job->argc; i++, word += strlen(word) + 1)
        argv[i] = word;
    if (plugin_load(&job->wanted, loaded, &count, error, NULL) && plugin_confine(job, &open, error)) {
        s.call.value = (uint64_t)loaded[0].plugin->commands[job->command].run(&s, &api, (int)job->argc, argv);
    } else {
        fail(&s, "%s", error);
        s.call.value = 1;
    }
    s.call.kind = CALL_END;
    tell(&s, 0);
}
