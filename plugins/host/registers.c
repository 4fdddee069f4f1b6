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
#include <sys/wait.h>
#include <unistd.h>

/* Wait for the process; false: a plugin crashed or hung. */
static bool await(pid_t pid)
{
    int status = 0;

    if (child_wait(pid, PLUGIN_LOAD_MS, &status))
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    child_kill(pid);
    return false;
}

static bool ask(const struct plugin_job *job, struct vfu_registers *tables, struct vfu_error *error)
{
    struct vfu_error why;
    int socket;
    pid_t pid = plugin_start(job, &socket, &why);
    bool good;

    if (!pid)
        return vfu_fail(error, why.number, "plugins: %s", strerror(why.number));
    good = await(pid);
    close(socket);
    if (!good)
        return vfu_fail(error, 0, "plugins: one crashed or hung when it was loaded");
    if (!plugin_tables_copy(tables, job->tables, job->wanted))
        return vfu_fail(error, 0, "plugins: their process says of registers what can't be true");
    return tables->ok || vfu_fail(error, 0, "%.250s", tables->error);
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
    struct vfu_registers *r = calloc(1, sizeof *r);
    struct vfu_registers *told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const struct plugin_job job = { .kind = JOB_TELL, .wanted = wanted, .tables = told, .config = config,
                                    .config_size = size };
    bool good = false;

    if (!wanted || !r || told == MAP_FAILED)
        vfu_fail(error, errno, "plugins: %s", strerror(errno));
    else
        good = plugin_search(&how, wanted) && ask(&job, r, error);
    free(wanted);
    if (told != MAP_FAILED)
        munmap(told, sizeof *told);
    if (good)
        return r;
    vfu_registers_free(r);
    return NULL;
}

void vfu_registers_free(struct vfu_registers *r)
{
    free(r);
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
    return plugin_claims(r->plugins[plugin].claims, r->plugins[plugin].claim_count, vendor, device, class_code);
}
