/*
 * The registers that plugins name, and the commands that they add.
 */
#include "capture/child.h"
#include "plugins/host/inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOAD_MS = 10000 };

/* --- in the plugins' process --- */

static void copy_fields(struct vfu_register *to, const struct vfp_field *f)
{
    for (; f && f->name && to->field_count < REGISTER_FIELDS; f++, to->field_count++) {
        unsigned i = to->field_count;

        snprintf(to->fields[i].name, sizeof to->fields[i].name, "%s", f->name);
        to->fields[i].low = f->low;
        to->fields[i].bits = f->bits;
        to->fields[i].value_count = f->values ? f->value_count : 0;
        for (unsigned v = 0; v < to->fields[i].value_count && v < REGISTER_VALUES; v++)
            snprintf(to->fields[i].values[v], sizeof to->fields[i].values[v], "%s", f->values[v] ? f->values[v] : "");
    }
}

/* Its place, which a plugin may know only with the device before it. */
static void place(struct vfu_register *to, const struct vfp_plugin *p, const struct vfp_register *from,
                  const uint8_t *config, size_t size)
{
    uint8_t region = VFP_LOCATED;
    uint32_t offset = 0;

    to->region = from->region;
    to->offset = from->offset;
    if (from->region >= VFP_LOCATED && config && p->locate && p->locate(from, config, size, &region, &offset)) {
        to->region = region;
        to->offset = offset;
    }
}

static bool is_word(const char *name)
{
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(name);
}

static void copy_commands(struct vfu_registers *r, const struct vfp_plugin *p, unsigned plugin)
{
    unsigned index = 0;

    for (const struct vfp_command *c = p->commands; c && c->name && r->command_count < COMMANDS_MAX; c++, index++) {
        struct vfu_plugin_command *to = &r->commands[r->command_count];

        if (!is_word(c->name) || !c->run)
            continue;
        snprintf(to->name, sizeof to->name, "%s %s", p->name, c->name);
        snprintf(to->usage, sizeof to->usage, "%s", c->usage ? c->usage : "");
        snprintf(to->help, sizeof to->help, "%s", c->help ? c->help : "");
        snprintf(to->more, sizeof to->more, "%s", c->more ? c->more : "");
        snprintf(to->words, sizeof to->words, "%s", c->words ? c->words : "");
        to->min = (int)c->min;
        to->max = (int)c->max;
        to->plugin = plugin;
        to->index = index;
        r->command_count++;
    }
}

static void copy_plugin(struct vfu_registers *r, const struct plugin_loaded *l, const uint8_t *config, size_t size)
{
    const struct vfp_plugin *p = l->plugin;
    unsigned number = r->plugin_count++;

    snprintf(r->plugins[number].name, sizeof r->plugins[number].name, "%s", p->name);
    snprintf(r->plugins[number].path, sizeof r->plugins[number].path, "%s", l->path);
    copy_commands(r, p, number);
    for (size_t i = 0; i < p->claim_count && i < REGISTER_CLAIMS; i++)
        r->plugins[number].claims[r->plugins[number].claim_count++] = p->claims[i];
    for (const struct vfp_register *from = p->registers; from && from->name && r->count < REGISTERS_MAX; from++) {
        struct vfu_register *to = &r->list[r->count++];

        if (from->width != 1 && from->width != 2 && from->width != 4 && from->width != 8) {
            r->count--;
            continue;
        }
        snprintf(to->name, sizeof to->name, "%s.%s", p->name, from->name);
        snprintf(to->help, sizeof to->help, "%s", from->help ? from->help : "");
        to->plugin = number;
        to->width = from->width;
        to->flags = from->flags;
        place(to, p, from, config, size);
        copy_fields(to, from->fields);
    }
}

static void tell(struct vfu_registers *r, const struct plugin_wanted *wanted, const uint8_t *config, size_t size)
{
    static const struct rlimit no_core = { 0, 0 };
    struct plugin_loaded loaded[PLUGIN_MAX];
    unsigned count;

    setrlimit(RLIMIT_CORE, &no_core);
    if (!plugin_load(wanted, loaded, &count, r->error, NULL))
        return;
    for (unsigned i = 0; i < count; i++)
        copy_plugin(r, &loaded[i], config, size);
    r->located = config;
    r->ok = true;
}

/* --- in ours --- */

/* Wait for the process; false: it crashed or hung. */
static bool await(pid_t pid)
{
    int status = 0;

    if (child_wait(pid, LOAD_MS, &status))
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    child_kill(pid);
    return false;
}

static bool ask(struct vfu_registers *r, const struct plugin_wanted *wanted, const uint8_t *config, size_t size,
                struct vfu_error *error)
{
    pid_t pid = fork();

    if (pid == 0) {
        tell(r, wanted, config, size);
        _exit(0);
    }
    if (pid < 0)
        return vfu_fail(error, errno, "plugins: %s", strerror(errno));
    if (!await(pid))
        return vfu_fail(error, 0, "plugins: one crashed or hung when it was loaded");
    return r->ok || vfu_fail(error, 0, "%.250s", r->error);
}

/* What is said becomes the error. */
static void keep(void *context, const char *text)
{
    vfu_fail(context, 0, "%.250s", text);
}

struct vfu_registers *vfu_registers_load(const uint8_t *config, size_t size, struct vfu_error *error)
{
    const struct vfu_plugins_how how = { .say = keep, .context = error };
    struct plugin_wanted *wanted = calloc(1, sizeof *wanted);
    struct vfu_registers *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool good = false;

    if (!wanted || r == MAP_FAILED)
        vfu_fail(error, errno, "plugins: %s", strerror(errno));
    else
        good = plugin_search(&how, wanted) && ask(r, wanted, config, size, error);
    free(wanted);
    if (good)
        return r;
    vfu_registers_free(r == MAP_FAILED ? NULL : r);
    return NULL;
}

void vfu_registers_free(struct vfu_registers *r)
{
    if (r)
        munmap(r, sizeof *r);
}

const struct vfu_register *vfu_registers_find(const struct vfu_registers *r, const char *name)
{
    const struct vfu_register *found = NULL;

    for (unsigned i = 0; i < r->count; i++) {
        if (strcasecmp(r->list[i].name, name) != 0)
            continue;
        if (vfu_register_has_place(&r->list[i]))
            return &r->list[i];
        found = &r->list[i];
    }
    return found;
}

void vfu_register_fields(const struct vfu_register *r, uint64_t value, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < r->field_count && used < size; i++) {
        unsigned bits = r->fields[i].bits;
        uint64_t v = value >> (r->fields[i].low & 63) & (bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1);
        const char *comma = used ? ", " : "", *name = r->fields[i].name;
        const char *word = v < r->fields[i].value_count && v < REGISTER_VALUES ? r->fields[i].values[v] : "";

        if (!v)
            continue;
        if (word[0])
            used += (size_t)snprintf(text + used, size - used, "%s%s %s", comma, name, word);
        else if (bits == 1)
            used += (size_t)snprintf(text + used, size - used, "%s%s", comma, name);
        else
            used += (size_t)snprintf(text + used, size - used, v < 10 ? "%s%s %llu" : "%s%s 0x%llx", comma, name,
                                     (unsigned long long)v);
    }
}

bool vfu_registers_claims(const struct vfu_registers *r, unsigned plugin, uint16_t vendor, uint16_t device,
                          uint32_t class_code)
{
    for (unsigned i = 0; i < r->plugins[plugin].claim_count; i++) {
        const struct vfp_claim *c = &r->plugins[plugin].claims[i];

        if ((c->vendor == VFP_ANY || c->vendor == vendor) && (c->device == VFP_ANY || c->device == device) &&
            ((c->class_code ^ class_code) & c->class_mask) == 0)
            return true;
    }
    return r->plugins[plugin].claim_count == 0;
}
