/*
 * vfuscope fuzz: what becomes of the server. A server may refuse, and hang up, and end with its client, if it does so too when
 * the client does nothing wrong but leave; it may take its time, too. What it may not do is end otherwise, or serve nobody any
 * more, though it has the time to.
 */
#include "capture/clock.h"
#include "cli/fuzz/inside.h"
#include "decoder/wire/header.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    FIND_MS = 5000,
    TAKE_MS = 2000,  /* who takes nothing for so long is not sent more on this connection */
    STEP_MS = 2,
    SLICE_MS = 20,
    MOST_NS = 2 * SLICE_MS * 1000000,
    ALONE_MS = 100,  /* one that ends with its client has so long to do so before it is asked */
    LONGEST = 6,     /* times hang_ms, for one that is seldom let run */
    SLOWEST = 20,    /* times what an answer takes usually */
    MORE_FDS = 24,   /* than usual: that is looked into */
};

bool fuzz_init(struct fuzz *f)
{
    struct check *c = &f->check;

    if (c->client.session) {
        fuzz_leave(f);
        check_free(c);
    }
    if (!check_init(c))
        return false;
    c->client.timeout_ms = TAKE_MS;
    vfu_session_rules(c->client.session)->checks = NULL;
    c->client.hooks = (struct vfu_client_hooks){ .context = f, .watch_fd = -1, .command = fuzz_answer, .event = fuzz_keep };
    return true;
}

/* --- its end --- */

/* Has the command ended? Then `status` and `how` say how. */
static bool has_ended(struct fuzz *f)
{
    struct child *child = &f->check.server.child;

    if (!f->check.server.command)
        return false;
    if (child->pid > 0) {
        if (!child_ended(child, &f->how))
            return false;
        f->status = child->status;
        child->status = 0;
        f->ended = true;
    }
    return f->ended;
}

void fuzz_end_server(struct fuzz *f)
{
    pid_t pid = f->check.server.child.pid;

    fuzz_leave(f);
    if (pid > 0) {
        kill(-pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
        f->check.server.child.pid = 0;
    }
    fuzz_output_read(&f->output);
}

bool fuzz_serve(struct fuzz *f, struct vfu_error *error)
{
    struct check *c = &f->check;
    const uint64_t end = vfu_mono_ns() + FIND_MS * UINT64_C(1000000);
    bool good;

    if (!c->server.command || c->server.child.pid > 0)
        return true;
    f->ended = f->output.report = false;
    f->output.used = 0;
    f->output.last[0] = '\0';
    f->fds = f->memory = 0;
    while (!(good = check_server_start(c, error)) && error->number == EADDRINUSE && vfu_mono_ns() < end && !c->stopped())
        poll(NULL, 0, STEP_MS); /* what the last one started is about to leave */
    if (!good)
        return false;
    while (!fuzz_connect(f, SLICE_MS) && !has_ended(f) && vfu_mono_ns() < end + f->hang_ms * UINT64_C(1000000) && !c->stopped())
        ;
    good = c->fresh = vfu_client_is_open(&c->client); /* what is said first is said on this one: it may be the only one */
    if (!good)
        vfu_fail(error, 0, "%s", f->ended ? f->how.text : "the command does not listen there");
    return good && !c->stopped();
}

bool fuzz_is_crash(int status)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) - 128;

    return child_status_is_crash(status) || number == SIGPIPE || (WIFSIGNALED(status) && number == SIGKILL);
}

static bool is_usual(const struct fuzz *f, int status)
{
    for (unsigned i = 0; i < f->usual.status_count; i++)
        if (f->usual.statuses[i] == status)
            return true;
    return false;
}

static void say_found(struct fuzz *f, struct fuzz_finding *found, enum fuzz_kind kind, const char *text)
{
    found->kind = kind;
    found->status = kind == FUZZ_CRASH || kind == FUZZ_EXIT ? f->status : 0;
    snprintf(found->text, sizeof found->text, "%s", text);
}

/* It has ended: as it should? */
static void judge_end(struct fuzz *f, struct fuzz_finding *found)
{
    fuzz_output_read(&f->output);
    if (f->output.report && !f->usual.reports) {
        say_found(f, found, FUZZ_SANITIZER, f->output.line);
    } else if (fuzz_is_crash(f->status)) {
        say_found(f, found, FUZZ_CRASH, f->how.text);
    } else if (f->usual.learning) {
        f->usual.ends = true;
        f->usual.reports |= f->output.report;
        if (!is_usual(f, f->status) && f->usual.status_count < FUZZ_STATUSES)
            f->usual.statuses[f->usual.status_count++] = f->status;
    } else if (WIFEXITED(f->status) && !is_usual(f, f->status) &&
               (WEXITSTATUS(f->status) || (f->check.was_closed && !f->usual.ends))) {
        say_found(f, found, FUZZ_EXIT, f->how.text);
    }
}

/* --- its life --- */

static unsigned count_fds(pid_t pid)
{
    unsigned count = 0;
    char path[40];
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    dir = opendir(path);
    while (dir && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count;
}

/* What it has of its own, in bytes. */
static uint64_t memory_of(pid_t pid)
{
    unsigned long long resident, shared;
    char line[128];

    if (!vfu_process_read(pid, "statm", line, sizeof line) || sscanf(line, "%*u %llu %llu", &resident, &shared) != 2)
        return 0;
    return resident > shared ? (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

/* While it serves a client that has just come. */
void fuzz_look(struct fuzz *f)
{
    if (f->server.pid <= 0)
        return;
    f->fds = count_fds(f->server.pid);
    f->memory = memory_of(f->server.pid);
}

static void judge_life(struct fuzz *f, struct fuzz_finding *found)
{
    struct fuzz_usual *u = &f->usual;
    char text[80];

    fuzz_output_read(&f->output);
    if (f->output.report && !u->reports) {
        say_found(f, found, FUZZ_SANITIZER, f->output.line);
        return;
    }
    if (u->learning) {
        u->fds = f->fds > u->fds ? f->fds : u->fds;
        u->memory = f->memory > u->memory ? f->memory : u->memory;
        return;
    }
    if (f->fds > u->fds + MORE_FDS) {
        snprintf(text, sizeof text, "it has %llu descriptors more than at the start", (unsigned long long)(f->fds - u->fds));
        say_found(f, found, FUZZ_DESCRIPTORS, text);
    } else if (f->memory > u->memory + f->memory_limit) {
        snprintf(text, sizeof text, "it has %llu MiB more than at the start", (unsigned long long)((f->memory - u->memory) >> 20));
        say_found(f, found, FUZZ_MEMORY, text);
    }
}

/* --- whether it hangs --- */

/* What the server has done since it was to answer. */
struct patience {
    uint64_t looked_ns, waited_ns, cpu; /* clock ticks that it had used at the begin */
    unsigned looked, ran;   /* how often it was looked at, and had something to do */
    unsigned ms;
};

char fuzz_state_of(pid_t pid, uint64_t *cpu)
{
    unsigned long long user, system;
    char line[1024], state;
    const char *at;

    *cpu = 0;
    if (pid <= 0 || !vfu_process_read(pid, "stat", line, sizeof line) || (at = strrchr(line, ')')) == NULL ||
        sscanf(at + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &state, &user, &system) != 3)
        return 0;
    *cpu = user + system;
    return state;
}

static void begin_patience(struct fuzz *f, struct patience *p, unsigned ms)
{
    const uint64_t usual_ms = f->usual.answers_ns / 1000000 * SLOWEST;

    *p = (struct patience){ .looked_ns = vfu_mono_ns(), .ms = usual_ms > ms ? (unsigned)usual_ms : ms };
    fuzz_state_of(f->server.pid, &p->cpu);
}

/*
 * Does it hang? It has had its time; and it used it, or did not want any. One that wants to go on and is not let is waited for.
 */
static bool hangs(struct fuzz *f, struct patience *p, const char **how)
{
    const uint64_t now = vfu_mono_ns(), since = now - p->looked_ns;
    uint64_t cpu, used, waited;
    char state = fuzz_state_of(f->server.pid, &cpu);

    /* What passes while we ourselves are not let run is not the server's. */
    p->waited_ns += since < MOST_NS ? since : MOST_NS;
    p->looked_ns = now;
    waited = p->waited_ns / 1000000;
    if (state == 'T' || state == 't') /* somebody has stopped it, a debugger perhaps */
        begin_patience(f, p, p->ms);
    p->looked++;
    p->ran += state && state != 'S' && state != 'I';
    if (waited < p->ms)
        return false;
    used = (cpu - p->cpu) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
    *how = "it answers nothing, and waits";
    if (state && used >= p->ms / 2)
        *how = "it answers nothing, and uses the processor all the time";
    return !state || used >= p->ms / 2 || (used <= waited / 50 && p->ran <= p->looked / 10) || waited >= (uint64_t)p->ms * LONGEST;
}

/* --- the next client --- */

/* VERSION, as any client has it. False: it is closed. */
static bool ask(struct fuzz *f)
{
    struct check *c = &f->check;

    c->connected = 1;
    return check_begin(c, VFU_VERSION, PLAIN) && vfu_build_set(&c->build, "json", "{\"capabilities\":{\"max_msg_fds\":8}}") &&
           check_send(c);
}

/* True: the next client is served. One that is not yet goes on waiting for it. */
static bool next_is_served(struct fuzz *f, uint64_t *asked_ns)
{
    struct check *c = &f->check;
    struct vfu_error error;

    if (!vfu_client_is_open(&c->client)) {
        if (!fuzz_connect(f, 0))
            return false;
        *asked_ns = vfu_mono_ns();
        if (!ask(f)) {
            fuzz_leave(f);
            return false;
        }
    }
    if (vfu_client_hear(&c->client, SLICE_MS, &error) == VFU_CLIENT_CLOSED) {
        fuzz_leave(f);
        return false;
    }
    return c->client.reply.event != NULL;
}

static void serve_next(struct fuzz *f, uint64_t asked_ns, struct fuzz_finding *found)
{
    const uint64_t took = vfu_mono_ns() - asked_ns;

    if (f->usual.learning && took > f->usual.answers_ns)
        f->usual.answers_ns = took;
    fuzz_look(f);
    fuzz_leave(f);
    judge_life(f, found);
}

bool fuzz_settle(struct fuzz *f, unsigned hang_ms, struct fuzz_finding *found)
{
    const bool closed = f->check.was_closed;
    const uint64_t start = vfu_mono_ns();
    struct vfu_capwriter *capture = f->capture;
    struct patience p;
    const char *how;
    uint64_t asked_ns = start;
    bool late = false;

    *found = (struct fuzz_finding){ 0 };
    f->capture = NULL; /* what is asked here is nobody's affair */
    begin_patience(f, &p, hang_ms);
    for (;;) {
        if (has_ended(f)) {
            f->check.was_closed = closed;
            fuzz_leave(f);
            judge_end(f, found);
            break;
        }
        if (f->check.stopped())
            break;
        late = late || !f->usual.ends || vfu_mono_ns() - start >= ALONE_MS * UINT64_C(1000000);
        if (late && next_is_served(f, &asked_ns)) {
            serve_next(f, asked_ns, found);
            break;
        }
        if (hangs(f, &p, &how)) {
            bool gone = !f->check.server.command && !vfu_client_is_open(&f->check.client);

            say_found(f, found, gone ? FUZZ_GONE : FUZZ_HANG, gone ? "nobody serves there any more" : how);
            break;
        }
        if (!vfu_client_is_open(&f->check.client))
            poll(NULL, 0, STEP_MS);
    }
    fuzz_leave(f);
    f->capture = capture;
    return found->kind == FUZZ_NOTHING;
}

/* --- what is usual --- */

static void add(struct fuzz_list *list, const void *bytes, size_t size, bool waits)
{
    list->steps[list->count++] = (struct fuzz_step){ .bytes = (uint8_t *)(uintptr_t)bytes, .size = size, .waits = waits };
}

/* Clients that leave: in good order, without a word, behind a size that can't be true, amid a header, while they wait. */
static bool watch_leaving(struct fuzz *f, const struct fuzz_device *d, struct fuzz_finding *found, struct vfu_error *error)
{
    static const struct vfu_header untrue = { .command = VFU_REGION_READ, .size = 3 };
    enum { ORDERLY, WORDLESS, UNTRUE, AMID, WAITING, WAYS };
    struct fuzz_step steps[4];
    struct fuzz_state s = { .device = d };
    struct vfu_build version = { 0 }, info = { 0 };
    struct fuzz_fds fds;
    bool good = fuzz_make(&s, VFU_DEVICE_GET_INFO, &info, &fds) && vfu_build_end(&info) &&
                vfu_build_start(&version, VFU_VERSION, false) &&
                vfu_build_set(&version, "json", "{\"capabilities\":{\"max_msg_fds\":8}}") && vfu_build_end(&version);

    for (int way = ORDERLY; way < WAYS && good; way++) {
        struct fuzz_list list = { .steps = steps };

        if (way != WORDLESS && way != AMID)
            add(&list, version.bytes, version.size, true);
        if (way == ORDERLY || way == WAITING)
            add(&list, info.bytes, info.size, way == ORDERLY);
        if (way == UNTRUE)
            add(&list, &untrue, sizeof untrue, false);
        if (way == AMID)
            add(&list, version.bytes, VFU_HEADER_SIZE / 2, false);
        if (list.count)
            steps[list.count - 1].leaves = way == AMID || way == WAITING;
        good = fuzz_serve(f, error);
        if (good)
            fuzz_run(f, &list);
        good = good && fuzz_settle(f, f->hang_ms, found) && !f->check.stopped();
    }
    vfu_build_free(&version);
    vfu_build_free(&info);
    return good;
}

bool fuzz_watch_usual(struct fuzz *f, struct fuzz_finding *found, struct vfu_error *error)
{
    bool good;

    *found = (struct fuzz_finding){ 0 };
    f->usual = (struct fuzz_usual){ .learning = true };
    good = fuzz_serve(f, error);
    if (good && !fuzz_learn(&f->check, &f->device))
        good = vfu_fail(error, 0, "the server does not answer what any client asks first: there is nothing to begin with");
    good = good && fuzz_settle(f, f->hang_ms, found) && watch_leaving(f, &f->device, found, error);
    f->usual.learning = false;
    return good;
}
